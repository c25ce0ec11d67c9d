"""Contracts: what was agreed with one customer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select

from billing_service import rating, subscriptions
from billing_service.core.ids import new_id
from billing_service.parties import common
from billing_service.rating.locking import lock_contracts
from billing_service.store import audit
from billing_service.store.administrations import Series
from billing_service.store.base import Keyed
from billing_service.store.parties import (
    Contract,
    ContractContact,
    ContractOrganisation,
    ContractPhase,
    Customer,
    Organisation,
    Person,
)
from billing_service.store.scope import Scope
from billing_service.store.tariffs import Tariff

FIELDS: Final = (
    "reference",
    "title",
    "customer_id",
    "tariff_id",
    "valid_from",
    "valid_to",
    "rhythm",
    "invoice_reference",
    "group_equal_lines",
    "annex",
    "recipient_name",
    "recipient_email",
    "pickup_hours",
    "solve_hours",
    "system_owner",
    "series_id",
)
_ROLES: Final = {"known_contacts": "known_contact", "key_users": "key_user"}
LISTS: Final = ("organisations", *_ROLES, "phases")
_NOTHING: Final = dict.fromkeys(FIELDS)
_DECIDING: Final = frozenset({"reference", "customer_id", "tariff_id", "valid_from", "valid_to", *LISTS})
"""What a decision may depend on: a change of these has questions decided again."""
_DATED: Final = frozenset({"tariff_id", "valid_from", "valid_to", "phases"})
"""What is agreed on a day: a change of these may reach back into days that were invoiced."""


def create(scope: Scope, values: Mapping[str, Any]) -> Contract:
    """A new contract. Beside its fields ``values`` may hold ``organisations`` (ids covered), ``known_contacts`` and
    ``key_users`` (ids of persons) and ``phases`` (``valid_from`` and ``label``).

    Raises:
        InvalidInput: an id that is none, a validity that ends before it begins, half a recipient, phases outside the
            validity or twice on one day.
        AlreadyExists: the reference is taken.
    """
    common.refuse_taken(scope, Contract, "reference", values["reference"], "contract")
    contract = Contract(administration_id=scope.administration_id, id=new_id(), created_at=scope.now)
    _apply(scope, contract, values)
    scope.session.add(contract)
    scope.session.flush()
    _store_lists(scope, contract, values)
    audit.record(scope, "create", "contract", contract.id, values)
    _decide_again(scope, contract, set(values.get("organisations", ())))
    return contract


def get(scope: Scope, contract_id: UUID) -> Contract:
    return common.get(scope, Contract, contract_id, "contract")


def change(scope: Scope, contract: Contract, values: Mapping[str, Any]) -> Contract:
    """Change the fields and lists given; raises as ``create``. Unreleased questions it may touch are decided again.

    Where released ones were decided under other terms than those of now, a finding says so.
    """
    if "reference" in values:
        common.refuse_taken(scope, Contract, "reference", values["reference"], "contract", besides=contract.id)
    if "valid_to" in values:
        lock_contracts(scope, [contract.id])  # before the row itself: in the order of everybody who bills it
    before = shown(scope, [contract])[0]
    agreed = None if _DATED.isdisjoint(values) else rating.agreed_before(scope, contract.id)
    _apply(scope, contract, values, before)
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not changed.keys().isdisjoint(LISTS):
        common.touch(contract)
    scope.session.flush()
    _store_lists(scope, contract, changed)
    if changed:
        audit.record(scope, "change", "contract", contract.id, changed)
    if not _DECIDING.isdisjoint(changed):
        _decide_again(scope, contract, {*before["organisations"], *values.get("organisations", ())})
    if "valid_to" in changed:
        subscriptions.contract_ends_otherwise(scope, contract.id)
    if agreed is not None and not _DATED.isdisjoint(changed):
        rating.report_contract_changed(scope, contract.id, agreed)
    return contract


def shown(scope: Scope, contracts: Sequence[Contract]) -> list[dict[str, Any]]:
    """Contracts with their lists, as plain values."""
    ids = [contract.id for contract in contracts]
    lists: dict[UUID, dict[str, list[Any]]] = {contract_id: {name: [] for name in LISTS} for contract_id in ids}
    for covered in _below(scope, ContractOrganisation, ids, ContractOrganisation.organisation_id):
        lists[covered.contract_id]["organisations"].append(covered.organisation_id)
    for contact in _below(scope, ContractContact, ids, ContractContact.person_id):
        name = next(name for name, role in _ROLES.items() if role == contact.role)
        lists[contact.contract_id][name].append(contact.person_id)
    for phase in _below(scope, ContractPhase, ids, ContractPhase.valid_from):
        lists[phase.contract_id]["phases"].append({"valid_from": phase.valid_from, "label": phase.label})
    columns = ("id", "version", "created_at", *FIELDS)
    return [{name: getattr(contract, name) for name in columns} | lists[contract.id] for contract in contracts]


def _apply(scope: Scope, contract: Contract, values: Mapping[str, Any], before: Mapping[str, Any] = _NOTHING) -> None:
    """Check everything against what the contract would become, then set its columns."""
    after = {**before, **values}
    problems = common.Problems()
    _check_dates(after, problems)
    _check_recipient(after, problems)
    _check_ids(scope, values, problems)
    problems.refuse("contract")
    common.assign(contract, {name: values[name] for name in FIELDS if name in values})


def _check_dates(after: Mapping[str, Any], problems: common.Problems) -> None:
    first, last = after["valid_from"], after["valid_to"]
    if last is not None and last < first:
        problems.add("/valid_to", "lies before valid_from")
    days = [phase["valid_from"] for phase in after.get("phases", ())]
    for index, day in enumerate(days):
        if day < first or (last is not None and day > last):
            problems.add(f"/phases/{index}/valid_from", "lies outside the contract's validity")
        if day in days[:index]:
            problems.add(f"/phases/{index}/valid_from", "is there twice")


def _check_recipient(after: Mapping[str, Any], problems: common.Problems) -> None:
    if (after["recipient_name"] is None) != (after["recipient_email"] is None):
        missing = "recipient_name" if after["recipient_name"] is None else "recipient_email"
        problems.add(f"/{missing}", "is required: a recipient needs a name and an e-mail address")


def _check_ids(scope: Scope, values: Mapping[str, Any], problems: common.Problems) -> None:
    singles: tuple[tuple[str, type[Keyed]], ...] = (("customer_id", Customer), ("tariff_id", Tariff))
    if values.get("series_id") is not None:
        _check_series(scope, values["series_id"], problems)
    for name, kind in singles:
        if name in values and not _known(scope, kind, [values[name]]):
            problems.add(f"/{name}", f"is no {kind.__name__.lower()}")
    lists: tuple[tuple[str, type[Keyed]], ...] = (
        ("organisations", Organisation),
        *((name, Person) for name in _ROLES),
    )
    for name, kind in lists:
        wanted = values.get(name, ())
        known = _known(scope, kind, wanted)
        for index, object_id in enumerate(wanted):
            if object_id not in known:
                problems.add(f"/{name}/{index}", f"is no {kind.__name__.lower()}")
            elif object_id in wanted[:index]:
                problems.add(f"/{name}/{index}", "is there twice")


def _check_series(scope: Scope, series_id: UUID, problems: common.Problems) -> None:
    series = scope.session.get(Series, (scope.administration_id, series_id))
    if series is None or series.document_type != "invoice":
        problems.add("/series_id", "is no number series for invoices")


def _known(scope: Scope, kind: type[Any], ids: Iterable[UUID]) -> set[UUID]:
    found = scope.session.scalars(
        select(kind.id).where(kind.administration_id == scope.administration_id, kind.id.in_(list(ids)))
    )
    return set(found)


def _store_lists(scope: Scope, contract: Contract, values: Mapping[str, Any]) -> None:
    key = {"administration_id": scope.administration_id, "contract_id": contract.id}
    if "organisations" in values:
        _clear(scope, ContractOrganisation, contract)
        scope.session.add_all(ContractOrganisation(**key, organisation_id=one) for one in values["organisations"])
    if "phases" in values:
        _clear(scope, ContractPhase, contract)
        scope.session.add_all(ContractPhase(**key, **phase) for phase in values["phases"])
    for name, role in _ROLES.items():
        if name in values:
            _clear(scope, ContractContact, contract, ContractContact.role == role)
            scope.session.add_all(ContractContact(**key, person_id=one, role=role) for one in values[name])
    scope.session.flush()


def _clear(scope: Scope, kind: type[Any], contract: Contract, *conditions: Any) -> None:
    scope.session.execute(
        delete(kind)
        .where(kind.administration_id == scope.administration_id, kind.contract_id == contract.id, *conditions)
        .execution_options(synchronize_session="fetch")
    )


def _below(scope: Scope, kind: type[Any], contract_ids: Sequence[UUID], order: Any) -> Sequence[Any]:
    return scope.session.scalars(
        select(kind)
        .where(kind.administration_id == scope.administration_id, kind.contract_id.in_(contract_ids))
        .order_by(order)
    ).all()


def _decide_again(scope: Scope, contract: Contract, organisations: set[UUID]) -> None:
    rating.redecide(scope, cause="contract_changed", contracts=[contract.id], organisations=organisations)
