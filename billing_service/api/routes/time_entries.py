"""Time entries: told by sources, corrected and confirmed by persons."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import intake
from billing_service.api.glue import Answer, Routes, page
from billing_service.api.glue.fields import Identifier
from billing_service.api.schemas.questions import (
    ConfirmedOut,
    ConfirmIn,
    CorrectionIn,
    TimeEntryIn,
    TimeEntryOut,
    TimeEntryQuery,
    TimeEntryWithHistoryOut,
)
from billing_service.errors import FieldError, InvalidInput, NotFound
from billing_service.intake import times
from billing_service.intake.describe import describe_entries
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.scope import Scope

routes = Routes("time-entries", "Who spent how many whole minutes on which day; raw, corrected and confirmed.")

_ONE = "/time-entries/<uuid:time_entry_id>"


@routes.operation(
    "POST",
    "/time-entries",
    scope="time_entries:write",
    body=TimeEntryIn,
    out=TimeEntryOut,
    status=201,
    also={200: "Known already: revised where it says something else now."},
)
def receive_time_entry(scope: Scope, body: dict[str, Any]) -> Answer:
    """Take in time spent on a question.

    The same external id again revises the entry; every revision is kept, and so is a correction, with a finding. The
    question is decided again.
    """
    question = _question(scope, body.get("question_id"))
    told = {name: value for name, value in body.items() if name != "question_id"}
    entry, is_new = times.receive_entry(scope, question, told)
    shown = describe_entries(scope, [entry])[0]
    return Answer(shown, 201 if is_new else 200, {"Location": f"/v1/time-entries/{entry.id}"})


@routes.operation("GET", "/time-entries", scope="time_entries:read", query=TimeEntryQuery, page_of=TimeEntryOut)
def list_time_entries(scope: Scope, query: dict[str, Any]) -> Any:
    """List time entries, oldest first."""
    statement = select(TimeEntry).where(TimeEntry.administration_id == scope.administration_id)
    if "question_id" in query:
        statement = statement.where(TimeEntry.question_id == query["question_id"])
    if "corrected" in query:
        corrected = TimeEntry.corrected_minutes.is_not(None)
        statement = statement.where(corrected if query["corrected"] else ~corrected)
    return page(scope, statement, TimeEntry.id, query, lambda rows: describe_entries(scope, rows))


@routes.operation("GET", _ONE, scope="time_entries:read", out=TimeEntryWithHistoryOut)
def get_time_entry(scope: Scope, time_entry_id: UUID) -> dict[str, Any]:
    """Read a time entry with all its revisions and corrections."""
    return _with_history(scope, times.get_entry(scope, time_entry_id))


@routes.operation(
    "POST",
    f"{_ONE}/corrections",
    scope="time_entries:write",
    body=CorrectionIn,
    out=TimeEntryWithHistoryOut,
    status=201,
)
def correct_time_entry(scope: Scope, time_entry_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Correct the minutes of a time entry: a second value beside the raw minutes. The question is decided again."""
    entry = times.get_entry(scope, time_entry_id)
    times.correct_entry(scope, entry, body["minutes"], body["reason"])
    return _with_history(scope, entry)


@routes.operation("POST", "/time-entries/confirm", scope="time_entries:write", body=ConfirmIn, out=ConfirmedOut)
def confirm_time_entries(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Confirm raw minutes, also in bulk; it counts as a correction to the same number. All or none."""
    confirmed = times.confirm_raw(
        scope, body["reason"], entry_ids=body["time_entry_ids"], question_ids=body["question_ids"]
    )
    return {"confirmed": confirmed}


def _question(scope: Scope, told: Any) -> Question:
    key = Identifier().deserialize(told) if isinstance(told, str) and len(told) == 36 else None
    try:
        if key is not None:
            return intake.get_question(scope, key)
    except NotFound:
        pass
    raise InvalidInput("There is no such question.", errors=[FieldError("/question_id", "is no question")])


def _with_history(scope: Scope, entry: TimeEntry) -> dict[str, Any]:
    revisions, corrections = times.history(scope, [entry.id])
    history = {"revisions": revisions[entry.id], "corrections": corrections[entry.id]}
    return describe_entries(scope, [entry])[0] | history
