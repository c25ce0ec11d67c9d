"""What a consult is made of: its sessions, and the questions that are answered in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from billing_service.consults.deciding import hand_back, take_over
from billing_service.consults.records import contract_of, get, refuse_ended
from billing_service.core.calendar import business_date
from billing_service.core.ids import new_id
from billing_service.core.minutes import whole_minutes
from billing_service.errors import Conflict, FieldError, InvalidInput, NotFound
from billing_service.rating.terms import Agreement, terms_for
from billing_service.store import audit
from billing_service.store.consults import Consult, ConsultQuestion, ConsultSession
from billing_service.store.parties import Person
from billing_service.store.questions import Question
from billing_service.store.scope import Scope


def add_session(scope: Scope, consult_id: UUID, values: Mapping[str, Any]) -> ConsultSession:
    """A session was held: ``held_on``, ``minutes`` (0 to 1440), ``kind``; optionally ``title`` and the ``handler``,
    the code of a person.

    Raises:
        Conflict: the consult is completed, rejected or cancelled.
        InvalidInput: a day to come, an unknown handler.
    """
    row = get(scope, consult_id, lock=True)
    refuse_ended(row)
    if values["held_on"] > scope.today:
        detail = f"lies in the future; today is {scope.today}"
        raise InvalidInput(f"The day of the session {detail}.", errors=[FieldError("/held_on", detail)])
    session = ConsultSession(
        administration_id=scope.administration_id,
        id=new_id(),
        consult_id=row.id,
        held_on=values["held_on"],
        minutes=whole_minutes(values["minutes"], "/minutes"),
        kind=values["kind"],
        title=values.get("title"),
        handler_id=_handler(scope, values.get("handler")),
        created_at=scope.now,
    )
    scope.session.add(session)
    scope.session.flush()
    told = {name: getattr(session, name) for name in ("held_on", "minutes", "kind", "title", "handler_id")}
    audit.record(scope, "add_session", "consult", row.id, {"session_id": session.id, **told})
    return session


def remove_session(scope: Scope, consult_id: UUID, session_id: UUID) -> None:
    """A session was not held after all. Raises ``NotFound``, and ``Conflict`` for a consult that ended."""
    row = get(scope, consult_id, lock=True)
    session = scope.session.get(ConsultSession, (scope.administration_id, session_id))
    if session is None or session.consult_id != row.id:
        raise NotFound("There is no such session in this consult.")
    refuse_ended(row)
    scope.session.delete(session)
    scope.session.flush()
    told = {"session_id": session_id, "held_on": session.held_on, "minutes": session.minutes}
    audit.record(scope, "remove_session", "consult", row.id, told)


def add_question(scope: Scope, consult_id: UUID, question_id: UUID) -> Consult:
    """The question is answered in this consult. Once that is confirmed, it decides the question.

    Raises:
        InvalidInput: no such question; one of another contract.
        Conflict: the consult ended; the question is withdrawn, released, or in a consult already.
    """
    row = get(scope, consult_id, lock=True)
    refuse_ended(row)
    question = scope.session.get(Question, (scope.administration_id, question_id))
    if question is None:
        raise InvalidInput("There is no such question.", errors=[FieldError("/question_id", "is no question")])
    if question.withdrawn_at is not None:
        raise Conflict("This question was withdrawn: it counts nowhere.", code="already_withdrawn")
    _refuse_other_contract(scope, row, question)
    _refuse_taken(scope, question_id)
    attach(scope, row, question_id)
    if row.state == "confirmed":
        take_over(scope, row, [question_id])
    return row


def attach(scope: Scope, row: Consult, question_id: UUID) -> None:
    """Put the question into the consult. Raises ``Conflict`` where another one took it at the same moment."""
    key = {"administration_id": scope.administration_id, "consult_id": row.id, "question_id": question_id}
    scope.session.add(ConsultQuestion(**key, live=True, created_at=scope.now))
    try:
        scope.session.flush()
    except IntegrityError as twin:
        raise _taken("another consult") from twin
    audit.record(scope, "add_question", "consult", row.id, {"question_id": question_id})


def remove_question(scope: Scope, consult_id: UUID, question_id: UUID) -> None:
    """The question is not answered in this consult after all: the tariff decides it again. One that is released stays,
    with a finding. Raises ``NotFound``, and ``Conflict`` for a consult that ended."""
    row = get(scope, consult_id, lock=True)
    held = scope.session.get(ConsultQuestion, (scope.administration_id, row.id, question_id))
    if held is None:
        raise NotFound("There is no such question in this consult.")
    refuse_ended(row)
    scope.session.delete(held)
    scope.session.flush()
    audit.record(scope, "remove_question", "consult", row.id, {"question_id": question_id})
    if row.state == "confirmed":
        hand_back(scope, [question_id])


def _handler(scope: Scope, code: str | None) -> UUID | None:
    if code is None:
        return None
    query = select(Person.id).where(Person.administration_id == scope.administration_id, Person.code == code)
    found = scope.session.scalars(query).first()
    if found is None:
        detail = f"there is no person {code!r}"
        raise InvalidInput(detail, errors=[FieldError("/handler", detail)])
    return found


def _refuse_other_contract(scope: Scope, row: Consult, question: Question) -> None:
    """A question that no contract covers may be answered in the consult of any; its zero then stands with that."""
    mine = contract_of(scope, row).reference
    day = business_date(question.closed_at or question.opened_at)
    found = terms_for(scope, [question]).agreement(question.contract_id, question.organisation_id, day)
    other = found.contract.reference if isinstance(found, Agreement) else found.named
    if other is not None and other != mine:
        detail = f"falls under contract {other}, the consult under {mine}"
        raise InvalidInput(f"The question {detail}.", errors=[FieldError("/question_id", detail)])


def _refuse_taken(scope: Scope, question_id: UUID) -> None:
    query = (
        select(Consult.reference)
        .join(
            ConsultQuestion,
            (ConsultQuestion.administration_id == Consult.administration_id)
            & (ConsultQuestion.consult_id == Consult.id),
        )
        .where(
            Consult.administration_id == scope.administration_id,
            ConsultQuestion.question_id == question_id,
            ConsultQuestion.live,
        )
    )
    taken = scope.session.scalars(query).first()
    if taken is not None:
        raise _taken(f"consult {taken}")


def _taken(where: str) -> Conflict:
    return Conflict(f"The question is in {where} already; it can be in one only.", code="question_in_consult")
