"""Questions: taken in one by one or in bulk, set right, withdrawn."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import intake
from billing_service.api.glue import (
    Answer,
    Routes,
    Upload,
    accepted,
    check_version,
    current_identity,
    page,
)
from billing_service.api.schemas.questions import QuestionIn, QuestionOut, QuestionPatch, QuestionQuery, ReasonIn
from billing_service.api.schemas.watching import JobOut
from billing_service.core.calendar import Period
from billing_service.intake.describe import describe_questions
from billing_service.intake.rows import MEDIA_TYPES
from billing_service.intake.single import change_question
from billing_service.store.questions import Question
from billing_service.store.scope import Scope

routes = Routes("questions", "What the helpdesk answered: the unit that is billed. Decided when closed.")

_ONE = "/questions/<uuid:question_id>"


@routes.operation(
    "POST",
    "/questions",
    scope="questions:write",
    body=QuestionIn,
    out=QuestionOut,
    status=201,
    also={200: "Known already: nothing changed, or the facts that did."},
)
def receive_question(scope: Scope, body: dict[str, Any]) -> Answer:
    """Take in a question.

    One with a known source and external id is the same question: it changes nothing, or its facts change and it is
    decided again until its charge is released. A closed question is decided in the same transaction.
    """
    receipt = intake.receive_question(scope, body, current_identity().currency)
    assert receipt.question_id is not None  # noqa: S101 - what is refused is raised
    shown = _shown(scope, intake.get_question(scope, receipt.question_id))
    status = 201 if receipt.what == "taken" else 200
    return Answer(shown, status, {"Location": f"/v1/questions/{receipt.question_id}"})


@routes.operation("POST", "/questions/bulk", scope="questions:write", upload=MEDIA_TYPES, out=JobOut, status=202)
def receive_questions(scope: Scope, upload: Upload) -> Answer:
    """Take in many questions.

    Good rows are taken, bad rows are listed in the job's result with line, pointer and reason. The same body again
    takes nothing twice.
    """
    return accepted(intake.start_import(scope, upload.content, upload.media_type, upload.charset))


@routes.operation("GET", "/questions", scope="questions:read", query=QuestionQuery, page_of=QuestionOut)
def list_questions(scope: Scope, query: dict[str, Any]) -> Any:
    """List questions, oldest first."""
    statement = select(Question).where(Question.administration_id == scope.administration_id)
    for name in ("source", "external_id", "organisation_id", "asker_id"):
        if name in query:
            statement = statement.where(getattr(Question, name) == query[name])
    if "contact_moment" in query:
        statement = statement.where(Question.contact_moment_id == query["contact_moment"])
    if "closed" in query:
        closed = Question.closed_at.is_not(None)
        statement = statement.where(closed if query["closed"] else ~closed)
    if "closed_from" in query:
        statement = statement.where(Question.closed_at >= _day(query["closed_from"])[0])
    if "closed_until" in query:
        statement = statement.where(Question.closed_at < _day(query["closed_until"])[1])
    return page(scope, statement, Question.id, query, lambda rows: describe_questions(scope, rows))


@routes.operation("GET", _ONE, scope="questions:read", out=QuestionOut)
def get_question(scope: Scope, question_id: UUID) -> dict[str, Any]:
    """Read a question with its time entries."""
    return _shown(scope, intake.get_question(scope, question_id))


@routes.operation("PATCH", _ONE, scope="questions:write", body=QuestionPatch, out=QuestionOut)
def change_question_facts(scope: Scope, question_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Set facts of a question right, such as its contract; only the fields given.

    It is decided again until its charge is released. The source sending it again unchanged does not undo this.
    """
    row = intake.get_question(scope, question_id)
    check_version(row)
    return _shown(scope, change_question(scope, row, body))


@routes.operation("POST", f"{_ONE}/withdraw", scope="questions:write", body=ReasonIn, out=QuestionOut)
def withdraw_question(scope: Scope, question_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Withdraw a question: it counts nowhere any more.

    Its decision and open charges go; what is released stays, with a finding.
    """
    row = intake.get_question(scope, question_id)
    return _shown(scope, intake.withdraw_question(scope, row, body["reason"]))


def _shown(scope: Scope, row: Question) -> dict[str, Any]:
    return describe_questions(scope, [row])[0]


def _day(day: Any) -> Any:
    return Period(day, day).instants()
