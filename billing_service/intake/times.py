"""Time spent, entry by entry: what sources tell about known questions, and what persons make of it.

A person's correction is a second value beside the raw minutes, with reason, actor and moment; every correction is
kept, the newest counts. Confirming raw minutes is a correction to the same number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from billing_service import findings
from billing_service.core.ids import new_id
from billing_service.errors import Busy, FieldError, InvalidInput, NotFound
from billing_service.intake.entries import TIME_REVISED_AFTER_CORRECTION, owners, store_entries
from billing_service.intake.references import References
from billing_service.intake.rules import Bounds, QuestionInput, TimeEntryInput, read_minutes, read_time_entry, refused
from billing_service.rating import decide_stored
from billing_service.store import audit, bulk
from billing_service.store.audit import AuditRow
from billing_service.store.questions import Question, TimeCorrection, TimeEntry, TimeEntryRevision
from billing_service.store.scope import Scope

MOST_CONFIRMED: Final = 1_000
CAUSE_TIME: Final = "time_changed"
CAUSE_CORRECTION: Final = "time_corrected"


def get_entry(scope: Scope, entry_id: UUID) -> TimeEntry:
    """Raises ``NotFound``, also for an entry of another administration."""
    row = scope.session.get(TimeEntry, (scope.administration_id, entry_id))
    if row is None:
        raise NotFound("There is no such time entry.")
    return row


def receive_entry(scope: Scope, question: Question, row: Mapping[str, Any]) -> tuple[TimeEntry, bool]:
    """Take in one time entry of a known question; whether it is new.

    An entry that the question's source told before is revised: the same external id, other values. The question is
    decided again.

    Raises:
        InvalidInput: with a pointer for every wrong field; the external id belongs to another question's entry.
    """
    entry = read_time_entry(row, Bounds(scope.now, ""))
    entry.external_id = entry.external_id or str(new_id())
    references = References(scope)
    references.look_up({"person": {entry.handler}})
    if not references.knows("person", entry.handler):
        raise refused("time entry", [FieldError("/handler", f"there is no person {entry.handler!r}")])
    told = _only_entries(question, [entry])
    owner = owners(scope, [told]).get((question.source, entry.external_id))
    if owner not in (None, (question.source, question.external_id)):
        raise refused("time entry", [FieldError("/external_id", "is that of a time entry of another question")])
    try:
        store_entries(scope, [(question.id, told)], references)
    except IntegrityError as twin:
        raise Busy("This time entry is being taken in by another request at this moment: send it again.") from twin
    decide_stored(scope, [question.id], cause=CAUSE_TIME)
    scope.session.expire_all()
    query = select(TimeEntry).where(
        TimeEntry.administration_id == scope.administration_id,
        TimeEntry.source == question.source,
        TimeEntry.external_id == entry.external_id,
    )
    return scope.session.scalars(query).one(), owner is None


def correct_entry(scope: Scope, entry: TimeEntry, minutes: Any, reason: str) -> TimeCorrection:
    """A person's value for the minutes of an entry. Its question is decided again. Raises ``InvalidInput``."""
    correction = _correction(scope, entry, "correction", read_minutes(minutes), reason)
    bulk.insert_rows(scope.session, TimeCorrection, [correction])
    entry.corrected_minutes = correction["minutes"]
    scope.session.flush()
    told = {"corrected_minutes": entry.corrected_minutes, "raw_minutes": entry.raw_minutes, "reason": reason}
    audit.record(scope, "correct", "time_entry", entry.id, told)
    _settle_revised(scope, [entry.id])
    decide_stored(scope, [entry.question_id], cause=CAUSE_CORRECTION)
    return scope.session.get_one(TimeCorrection, (scope.administration_id, correction["id"]))


def confirm_raw(
    scope: Scope, reason: str, *, entry_ids: Sequence[UUID] = (), question_ids: Sequence[UUID] = ()
) -> list[UUID]:
    """Confirm the raw minutes of these entries, and of all entries of these questions: a correction to the same number.

    All or none. An entry that has a correction already keeps it. Returns the entries confirmed now; their questions
    are decided again.

    Raises ``InvalidInput`` naming each id that is no time entry or question here.
    """
    found = _entries(scope, entry_ids, question_ids)
    open_ones = [entry for entry in found if entry.corrected_minutes is None]
    if not open_ones:
        return []
    rows = [_correction(scope, entry, "confirmation", entry.raw_minutes, reason) for entry in open_ones]
    bulk.insert_rows(scope.session, TimeCorrection, rows)
    confirmed = [entry.id for entry in open_ones]
    scope.session.execute(
        update(TimeEntry)
        .where(TimeEntry.administration_id == scope.administration_id, TimeEntry.id.in_(confirmed))
        .values(corrected_minutes=TimeEntry.raw_minutes, version=TimeEntry.version + 1),
        execution_options={"synchronize_session": False},
    )
    trail = [
        audit.row(scope, "confirm", "time_entry", entry.id, {"minutes": entry.raw_minutes, "reason": reason})
        for entry in open_ones
    ]
    bulk.insert_rows(scope.session, AuditRow, trail)
    decide_stored(scope, {entry.question_id for entry in open_ones}, cause=CAUSE_CORRECTION)
    scope.session.expire_all()
    return confirmed


def history(
    scope: Scope, entry_ids: Sequence[UUID]
) -> tuple[dict[UUID, list[TimeEntryRevision]], dict[UUID, list[TimeCorrection]]]:
    """Every revision and correction of these entries, oldest first."""
    revisions: dict[UUID, list[TimeEntryRevision]] = {key: [] for key in entry_ids}
    corrections: dict[UUID, list[TimeCorrection]] = {key: [] for key in entry_ids}
    mine = scope.administration_id
    for revision in scope.session.scalars(
        select(TimeEntryRevision)
        .where(TimeEntryRevision.administration_id == mine, TimeEntryRevision.time_entry_id.in_(entry_ids))
        .order_by(TimeEntryRevision.revision)
    ):
        revisions[revision.time_entry_id].append(revision)
    for correction in scope.session.scalars(
        select(TimeCorrection)
        .where(TimeCorrection.administration_id == mine, TimeCorrection.time_entry_id.in_(entry_ids))
        .order_by(TimeCorrection.id)
    ):
        corrections[correction.time_entry_id].append(correction)
    return revisions, corrections


def _only_entries(question: Question, entries: list[TimeEntryInput]) -> QuestionInput:
    """The question as a carrier of time entries: storing those looks at nothing else but its source and id."""
    return QuestionInput(
        question.source, question.external_id, question.subject, None, question.kind, None, None, None, [], None, None,
        None, None, question.opened_at, None, None, None, None, {}, None, None, entries,
    )  # fmt: skip


def _entries(scope: Scope, entry_ids: Sequence[UUID], question_ids: Sequence[UUID]) -> list[TimeEntry]:
    mine = TimeEntry.administration_id == scope.administration_id
    query = (
        select(TimeEntry)
        .where(mine, TimeEntry.id.in_(entry_ids) | TimeEntry.question_id.in_(question_ids))
        .order_by(TimeEntry.id)
        .with_for_update()
    )
    found = list(scope.session.scalars(query))
    known = {entry.id for entry in found}
    questions = set(
        scope.session.scalars(
            select(Question.id).where(
                Question.administration_id == scope.administration_id, Question.id.in_(question_ids)
            )
        )
    )
    errors = [
        FieldError(f"/{name}/{index}", f"is no {noun}")
        for name, noun, keys, there in (
            ("time_entry_ids", "time entry", entry_ids, known),
            ("question_ids", "question", question_ids, questions),
        )
        for index, key in enumerate(keys)
        if key not in there
    ]
    if errors:
        raise InvalidInput("Not everything named here exists.", errors=errors)
    return found


def _correction(
    scope: Scope, entry: TimeEntry, kind: Literal["correction", "confirmation"], minutes: int, reason: str
) -> dict[str, Any]:
    return {
        "administration_id": scope.administration_id,
        "id": new_id(),
        "time_entry_id": entry.id,
        "revision": entry.revision,
        "kind": kind,
        "minutes": minutes,
        "reason": reason,
        "actor": scope.actor,
        "at": scope.now,
    }


def _settle_revised(scope: Scope, entry_ids: Sequence[UUID]) -> None:
    for key in entry_ids:
        findings.settle(scope, TIME_REVISED_AFTER_CORRECTION, key, "corrected_again")
