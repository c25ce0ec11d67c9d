"""Intake of one thing at a time, for requests: questions, withdrawals, contact moments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from billing_service.core.ids import new_id
from billing_service.errors import AlreadyExists, Busy, Conflict, FieldError, InvalidInput, NotFound
from billing_service.intake.accept import Receipt, accept, question_columns, unknown_codes
from billing_service.intake.describe import describe_questions
from billing_service.intake.references import CreateMissing, References
from billing_service.intake.rules import QUESTION_FIELDS, Bounds, read_question, refused
from billing_service.rating import decide_stored
from billing_service.store import audit
from billing_service.store.administrations import Administration
from billing_service.store.questions import ContactMoment, Question
from billing_service.store.scope import Scope

CAUSE_WITHDRAWN: Final = "question_withdrawn"
CHANGEABLE: Final = QUESTION_FIELDS - {"source", "external_id", "contact_moment", "time_entries"}


def bounds(scope: Scope) -> Bounds:
    """What rows of this administration are held against, at the moment of the scope."""
    query = select(Administration.currency).where(Administration.id == scope.administration_id)
    return Bounds(scope.now, scope.session.scalars(query).one())


def receive_question(scope: Scope, row: Any, currency: str | None = None) -> Receipt:
    """Take one question in and decide it if it is closed. Known by (source, external id), it is not taken twice.

    A ``row`` without external id is a question that no source will send again: its own id becomes its external id.

    Raises:
        InvalidInput: with a pointer for every wrong field.
        Busy: the same question was taken in at the same moment by somebody else.
    """
    limits = bounds(scope) if currency is None else Bounds(scope.now, currency)
    if isinstance(row, Mapping) and row.get("external_id") is None:
        row = {**row, "external_id": str(new_id())}
    question = read_question(row, limits)
    try:
        (receipt,) = accept(scope, [question], References(scope, CreateMissing()))
    except IntegrityError as twin:
        raise Busy("This question is being taken in by another request at this moment: send it again.") from twin
    if receipt.what == "refused":
        raise refused("question", receipt.errors)
    return receipt


def get_question(scope: Scope, question_id: UUID) -> Question:
    """Raises ``NotFound``, also for a question of another administration."""
    row = scope.session.get(Question, (scope.administration_id, question_id))
    if row is None:
        raise NotFound("There is no such question.")
    return row


def withdraw_question(scope: Scope, question: Question, reason: str) -> Question:
    """The source takes the question back: it counts nowhere any more, whatever the source sends about it later.

    Its decision and open charges go. What is released stays, with a finding. Raises ``Conflict`` the second time.
    """
    if question.withdrawn_at is not None:
        raise Conflict("This question was withdrawn before.", code="already_withdrawn")
    question.withdrawn_at = scope.now
    scope.session.flush()
    audit.record(scope, "withdraw", "question", question.id, {"reason": reason})
    decide_stored(scope, [question.id], cause=CAUSE_WITHDRAWN)
    return question


def receive_moment(scope: Scope, values: Mapping[str, Any]) -> tuple[ContactMoment, bool]:
    """Take one contact moment in; whether it is new. The same (source, external id) again changes the one known.

    Raises ``InvalidInput`` for an unknown asker or organisation, and for a moment that lies in the future.
    """
    _refuse_future(scope, values)
    references = References(scope)
    references.look_up({"organisation": {values.get("organisation")}, "person": {values.get("asker")}})
    errors = [
        FieldError(f"/{name}", f"there is no {noun} {values[name]!r}")
        for name, noun in (("organisation", "organisation"), ("asker", "person"))
        if not references.knows(noun, values.get(name))  # type: ignore[arg-type]
    ]
    if errors:
        raise refused("contact moment", errors)
    told = {
        "channel": values["channel"],
        "occurred_at": values["occurred_at"],
        "asker_id": references.find("person", values.get("asker")),
        "organisation_id": references.find("organisation", values.get("organisation")),
        "note": values.get("note"),
    }
    known = _known_moment(scope, values["source"], values.get("external_id"))
    if known is not None:
        changed = {name: value for name, value in told.items() if getattr(known, name) != value}
        for name, value in changed.items():
            setattr(known, name, value)
        if changed:
            audit.record(scope, "change", "contact_moment", known.id, changed)
        return known, False
    moment = ContactMoment(
        administration_id=scope.administration_id,
        id=new_id(),
        source=values["source"],
        external_id=values.get("external_id"),
        created_at=scope.now,
        **told,
    )
    scope.session.add(moment)
    try:
        scope.session.flush()
    except IntegrityError as twin:
        raise AlreadyExists("This contact moment is being taken in by another request: send it again.") from twin
    audit.record(scope, "create", "contact_moment", moment.id, {"source": moment.source, **told})
    return moment, True


def get_moment(scope: Scope, moment_id: UUID) -> ContactMoment:
    """Raises ``NotFound``, also for one of another administration."""
    row = scope.session.get(ContactMoment, (scope.administration_id, moment_id))
    if row is None:
        raise NotFound("There is no such contact moment.")
    return row


def _known_moment(scope: Scope, source: str, external_id: str | None) -> ContactMoment | None:
    if external_id is None:
        return None
    query = select(ContactMoment).where(
        ContactMoment.administration_id == scope.administration_id,
        ContactMoment.source == source,
        ContactMoment.external_id == external_id,
    )
    return scope.session.scalars(query).first()


def _refuse_future(scope: Scope, values: Mapping[str, Any]) -> None:
    if values["occurred_at"] > Bounds(scope.now, "").latest:
        raise InvalidInput(
            "The contact moment lies in the future.", errors=[FieldError("/occurred_at", "lies in the future")]
        )


def change_question(scope: Scope, question: Question, changes: Mapping[str, Any]) -> Question:
    """A person sets some facts right, under the same rules as intake; the question is decided again.

    A source that sends the question again unchanged does not undo this; one that tells something new does, except for
    a contract it does not name. Raises ``InvalidInput`` with a pointer for every wrong field.
    """
    limits = bounds(scope)
    told = describe_questions(scope, [question])[0]
    row = {name: _as_sent(told[name]) for name in CHANGEABLE | {"source", "external_id", "contact_moment"}}
    row["base_amount"] = told["base_amount"] and {"amount": str(told["base_amount"]), "currency": limits.currency}
    wanted = read_question({**row, **changes}, limits)
    references = References(scope)
    references.load([wanted])
    errors = unknown_codes(wanted, references)
    if errors:
        raise refused("question", errors)
    values = question_columns(wanted, references)
    del values["facts_digest"]  # that is of what the source said
    changed = {name: value for name, value in values.items() if getattr(question, name) != value}
    if changed:
        for name, value in changed.items():
            setattr(question, name, value)
        scope.session.flush()
        audit.record(scope, "change", "question", question.id, changed)
        decide_stored(scope, [question.id], cause="question_changed")
    return question


def _as_sent(value: Any) -> Any:
    """A stored value as JSON would have brought it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
