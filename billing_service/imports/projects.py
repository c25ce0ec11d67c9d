"""Import projects: opened under a contract and the policy of that day, and what is recorded about them until they are
closed. Deliveries and quotes are modules of their own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service.core.ids import new_id
from billing_service.core.imports import (
    NOTHING,
    Assessed,
    Closed,
    FeedbackGiven,
    FurtherMomentAgreed,
    ImportFacts,
    NewStructureAgreed,
    Opened,
    ReturnAgreed,
    WebsiteAdded,
)
from billing_service.errors import AlreadyExists, FieldError, InvalidInput
from billing_service.imports.deliveries import facts_in, files_of, get_delivery
from billing_service.imports.history import History, append, business_day, load
from billing_service.imports.policies import policy_on, settings_of
from billing_service.store import audit
from billing_service.store.imports import ImportProject
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope

AGREEMENTS: Final[dict[str, type[FurtherMomentAgreed | NewStructureAgreed | ReturnAgreed]]] = {
    "further_moment": FurtherMomentAgreed,
    "new_structure": NewStructureAgreed,
    "return": ReturnAgreed,
}
"""What a customer can agree to pay for before it is charged."""


def open_project(scope: Scope, values: Mapping[str, Any]) -> History:
    """Open a project: ``reference`` (unique), ``name``, ``contract_id``, ``website``, and ``on`` which day.

    The policy in force on that day is the project's for good.

    Raises:
        InvalidInput: no such contract, or not valid that day; a day to come.
        AlreadyExists: the reference is taken.
    """
    day = business_day(scope, values.get("on"))
    contract = _contract(scope, values["contract_id"], day)
    _refuse_taken(scope, values["reference"])
    stored, policy = policy_on(scope, day)
    row = ImportProject(
        administration_id=scope.administration_id,
        id=new_id(),
        contract_id=contract.id,
        customer_id=contract.customer_id,
        reference=values["reference"],
        name=values["name"],
        opened_on=day,
        policy_id=stored.id if stored else None,
        policy_label=policy.label,
        policy_settings=settings_of(policy),
        state="open",
        events=0,
        created_at=scope.now,
    )
    scope.session.add(row)
    scope.session.flush()
    told = {"reference": row.reference, "contract_id": contract.id, "policy": policy.label}
    audit.record(scope, "create", "import_project", row.id, told)
    return append(scope, History(row, policy, NOTHING, ()), Opened(day, values["website"]))


def confirm_facts(scope: Scope, project_id: UUID, values: Mapping[str, Any]) -> History:
    """A person confirms what was delivered: ``one_dimensional``, with ``files`` and ``columns`` or the ``delivery_id``
    to count them in; optionally ``skipped``, ``extra_fields``, ``on``.

    Raises:
        InvalidInput: both or neither given, or counts that cannot be.
        Conflict: a quote is open; it would be accepted for something else.
        NotFound: no such delivery in this project.
    """
    history = load(scope, project_id, lock=True)
    facts = _facts(scope, project_id, values)
    return append(scope, history, Assessed(business_day(scope, values.get("on")), facts))


def add_website(scope: Scope, project_id: UUID, on: date | None = None) -> History:
    """A website was added to a project sold without one. Raises ``Conflict`` where it has one."""
    return append(scope, load(scope, project_id, lock=True), WebsiteAdded(business_day(scope, on)))


def record_agreement(scope: Scope, project_id: UUID, to: str, by: str, on: date | None = None) -> History:
    """The customer agreed to pay for what ``AGREEMENTS`` names; ``by`` is who said so, and how.

    Raises:
        Conflict: no agreement is needed, or its price is not known yet.
    """
    return append(scope, load(scope, project_id, lock=True), AGREEMENTS[to](business_day(scope, on), by))


def give_feedback(scope: Scope, project_id: UUID, text: str, on: date | None = None) -> History:
    """The customer said which fields were imported wrongly. Raises ``Conflict`` where there is no round of feedback."""
    return append(scope, load(scope, project_id, lock=True), FeedbackGiven(business_day(scope, on), text))


def close_project(scope: Scope, project_id: UUID, reason: str, on: date | None = None) -> History:
    """Nothing happens in the project any more; its charges stay. Raises ``Conflict`` for a closed one."""
    return append(scope, load(scope, project_id, lock=True), Closed(business_day(scope, on), reason))


def _facts(scope: Scope, project_id: UUID, values: Mapping[str, Any]) -> ImportFacts:
    counted = [name for name in ("files", "columns", "skipped") if values.get(name) is not None]
    judged = {"one_dimensional": values["one_dimensional"], "extra_fields": values.get("extra_fields")}
    if values.get("delivery_id") is not None:
        if counted:
            detail = "is counted in the delivery"
            raise InvalidInput(f"{counted[0]} {detail}.", errors=[FieldError(f"/{name}", detail) for name in counted])
        delivery = get_delivery(scope, project_id, values["delivery_id"])
        return facts_in(files_of(scope, delivery), **judged)
    missing = [name for name in ("files", "columns") if values.get(name) is None]
    if missing:
        detail = "is required without delivery_id"
        raise InvalidInput(f"{missing[0]} {detail}.", errors=[FieldError(f"/{name}", detail) for name in missing])
    return ImportFacts(values["files"], values["columns"], skipped=values.get("skipped") or 0, **judged)


def _contract(scope: Scope, contract_id: UUID, day: date) -> Contract:
    contract = scope.session.get(Contract, (scope.administration_id, contract_id))
    if contract is None:
        raise InvalidInput("There is no such contract.", errors=[FieldError("/contract_id", "is no contract")])
    if day < contract.valid_from or (contract.valid_to is not None and day > contract.valid_to):
        problem = f"lies outside the contract {contract.reference}"
        raise InvalidInput(f"The date {day} {problem}.", errors=[FieldError("/on", problem)])
    return contract


def _refuse_taken(scope: Scope, reference: str) -> None:
    mine = ImportProject.administration_id == scope.administration_id
    if scope.session.execute(select(ImportProject.id).where(mine, ImportProject.reference == reference)).first():
        raise AlreadyExists(f"There is an import project {reference} already.")
