"""Consults as rows: found, numbered, made by a person or from a proposal, and changed until they are completed."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service import findings
from billing_service.consults.policies import get_policy
from billing_service.core.consult import ConsultPricing, Proposal, parse_pricing, read_indicators
from billing_service.core.ids import new_id
from billing_service.errors import AlreadyExists, Conflict, FieldError, InvalidInput, NotFound
from billing_service.store import audit
from billing_service.store.administrations import Administration
from billing_service.store.consults import Consult
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope

PROPOSED: Final = "consult_proposed"
"""The finding about a consult that waits for a person."""

TIME_CHANGED: Final = "consult_time_changed"
"""The finding about a completed consult whose time is not what was charged any more."""

CHANGEABLE: Final = ("proposed", "confirmed")
_MADE: Final = re.compile(r"C-([0-9]{4,9})", re.ASCII)


def get(scope: Scope, consult_id: UUID, *, lock: bool = False) -> Consult:
    """The consult with this id, with ``lock`` held until the transaction ends. Raises ``NotFound``."""
    query = select(Consult).where(Consult.administration_id == scope.administration_id, Consult.id == consult_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = scope.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("There is no such consult.")
    return row


def create(scope: Scope, values: Mapping[str, Any]) -> Consult:
    """A person makes a consult, proposed; ``deciding.confirm`` confirms it.

    ``values``: ``contract_id``, ``title``; optionally ``reference`` (else the next C-0001 …), ``indicators``,
    ``pricing``, ``vat_class``, ``revenue_group`` (else those of the policy).

    Raises:
        InvalidInput: no such contract, an unknown indicator, a pricing that cannot be.
        AlreadyExists: the reference is taken.
    """
    _, policy = get_policy(scope)
    contract = scope.session.get(Contract, (scope.administration_id, values["contract_id"]))
    if contract is None:
        raise InvalidInput("There is no such contract.", errors=[FieldError("/contract_id", "is no contract")])
    pricing = None if values.get("pricing") is None else parse_pricing(values["pricing"])
    indicators = read_indicators(values.get("indicators") or ())
    lock_references(scope)
    reference = values.get("reference") or next_reference(scope)
    refuse_taken(scope, reference)
    return _store(
        scope,
        contract,
        reference=reference,
        title=values["title"],
        indicators=indicators,
        facts={},
        pricing=pricing and pricing.to_plain(),
        vat_class=values.get("vat_class") or policy.vat_class,
        revenue_group=values.get("revenue_group", policy.revenue_group),
    )


def store_proposal(scope: Scope, contract: Contract, proposal: Proposal, title: str) -> Consult:
    """What a rule proposes, under the reference that comes next. The caller holds ``lock_references``."""
    _, policy = get_policy(scope)
    pricing = policy.pricing_for(contract.reference)
    return _store(
        scope,
        contract,
        reference=next_reference(scope),
        title=title,
        indicators=list(proposal.indicators),
        facts=proposal.facts,
        rule=proposal.rule,
        cause=proposal.cause,
        pricing=pricing and pricing.to_plain(),
        vat_class=policy.vat_class,
        revenue_group=policy.revenue_group,
    )


def change(scope: Scope, row: Consult, values: Mapping[str, Any]) -> Consult:
    """Change ``title``, ``indicators``, ``pricing``, ``vat_class`` or ``revenue_group``; only those given.

    Raises:
        Conflict: it is completed, rejected or cancelled.
        InvalidInput: as ``create``; a confirmed consult without pricing.
    """
    row = get(scope, row.id, lock=True)
    refuse_ended(row)
    wanted = dict(values)
    if "indicators" in wanted:
        wanted["indicators"] = read_indicators(wanted["indicators"])
    if wanted.get("pricing") is not None:
        wanted["pricing"] = parse_pricing(wanted["pricing"]).to_plain()
    elif "pricing" in wanted and row.state == "confirmed":
        detail = "cannot be taken from a confirmed consult"
        raise InvalidInput(f"The pricing {detail}.", errors=[FieldError("/pricing", detail)])
    changed = {name: value for name, value in wanted.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    if changed:
        scope.session.flush()
        audit.record(scope, "change", "consult", row.id, changed)
    return row


def pricing_of(row: Consult) -> ConsultPricing | None:
    """What the consult costs, as far as that was said."""
    return None if row.pricing is None else parse_pricing(row.pricing)


def refuse_ended(row: Consult) -> None:
    """Raises ``Conflict`` for a consult that nothing is added to or changed in any more."""
    if row.state not in CHANGEABLE:
        more = ": reopen it first" if row.state == "completed" else ""
        raise Conflict(f"Consult {row.reference} is {row.state}{more}.", code="consult_ended")


def move(scope: Scope, row: Consult, state: str, action: str, **told: Any) -> None:
    """The consult is in another state, by the decision of a person."""
    row.state = state
    scope.session.flush()
    audit.record(scope, action, "consult", row.id, {"state": state, **told})


def lock_references(scope: Scope) -> None:
    """Hold the numbering of the administration's consults until the transaction ends."""
    query = select(Administration.id).where(Administration.id == scope.administration_id)
    scope.session.execute(query.with_for_update(key_share=True)).all()


def next_reference(scope: Scope) -> str:
    """One more than the highest of those made here, C-0001 first. The caller holds ``lock_references``."""
    mine = Consult.administration_id == scope.administration_id
    query = select(Consult.reference).where(mine, Consult.reference.like("C-%"))
    made = [int(found[1]) for reference in scope.session.scalars(query) if (found := _MADE.fullmatch(reference))]
    return f"C-{max(made, default=0) + 1:04d}"


def refuse_taken(scope: Scope, reference: str) -> None:
    """Raises ``AlreadyExists``."""
    mine = Consult.administration_id == scope.administration_id
    if scope.session.execute(select(Consult.id).where(mine, Consult.reference == reference)).first():
        raise AlreadyExists(f"There is a consult {reference} already.", errors=[FieldError("/reference", "is taken")])


def by_reference(scope: Scope, reference: str) -> Consult:
    """Raises ``NotFound``."""
    mine = Consult.administration_id == scope.administration_id
    row = scope.session.scalars(select(Consult).where(mine, Consult.reference == reference)).one_or_none()
    if row is None:
        raise NotFound(f"There is no consult {reference}.")
    return row


def contract_of(scope: Scope, row: Consult) -> Contract:
    """The contract that the consult is charged to."""
    return scope.session.get_one(Contract, (scope.administration_id, row.contract_id))


def references_of(scope: Scope, contract_ids: Collection[UUID]) -> dict[UUID, str]:
    """The references of these contracts."""
    query = select(Contract.id, Contract.reference).where(
        Contract.administration_id == scope.administration_id, Contract.id.in_(list(contract_ids))
    )
    return {row.id: row.reference for row in scope.session.execute(query)}


def _store(scope: Scope, contract: Contract, **values: Any) -> Consult:
    row = Consult(
        administration_id=scope.administration_id,
        id=new_id(),
        contract_id=contract.id,
        customer_id=contract.customer_id,
        state="proposed",
        proposed_by=scope.actor,
        created_at=scope.now,
        **values,
    )
    scope.session.add(row)
    scope.session.flush()
    told = {"reference": row.reference, "contract_id": contract.id, "rule": row.rule, "indicators": row.indicators}
    audit.record(scope, "create", "consult", row.id, told)
    about = {"reference": row.reference, "contract": contract.reference, "rule": row.rule or "by_person"}
    findings.report(scope, PROPOSED, "consult", row.id, about | {"facts": row.facts})
    return row
