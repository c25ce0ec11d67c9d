"""Time entries as a source tells them: new ones, and revisions of their raw minutes.

Every revision is kept. A person's correction is a second value that a later revision does not touch: it goes on
counting, and a finding asks a person to look again (``time_revised_after_correction``). An entry that a source leaves
out when it sends a question again stays; a source takes time back by revising it to 0 minutes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, select, update

from billing_service import findings
from billing_service.core.ids import new_id
from billing_service.intake.references import References
from billing_service.intake.rules import QuestionInput, TimeEntryInput
from billing_service.store import audit, bulk
from billing_service.store.questions import Question, TimeEntry, TimeEntryRevision
from billing_service.store.scope import Scope

TIME_REVISED_AFTER_CORRECTION: Final = "time_revised_after_correction"
_ENTRIES: Final = cast(Table, TimeEntry.__table__)


def insert_entries(scope: Scope, questions: Sequence[tuple[UUID, QuestionInput]], references: References) -> None:
    """Store the entries of new questions, each as its first revision."""
    rows = [_row(scope, key, question.source, entry, references) for key, question, entry in _named(questions)]
    _insert(scope, rows)


def store_entries(scope: Scope, questions: Sequence[tuple[UUID, QuestionInput]], references: References) -> None:
    """Store the entries of known questions: new ones, and revisions of those that say something else now."""
    known = _known(scope, questions)
    new: list[dict[str, Any]] = []
    revised: list[tuple[Any, dict[str, Any]]] = []
    for key, question, entry in _named(questions):
        values = _row(scope, key, question.source, entry, references)
        row = known.get((question.source, values["external_id"]))
        if row is None:
            new.append(values)
        elif any(getattr(row, name) != values[name] for name in ("handler_id", "role", "worked_on", "raw_minutes")):
            revised.append((row, values))
    _insert(scope, new)
    _revise(scope, revised)


def _named(
    questions: Sequence[tuple[UUID, QuestionInput]],
) -> Iterator[tuple[UUID, QuestionInput, TimeEntryInput]]:
    return ((key, question, entry) for key, question in questions for entry in question.time_entries)


def _row(scope: Scope, question_id: UUID, source: str, entry: TimeEntryInput, references: References) -> dict[str, Any]:
    return {
        "administration_id": scope.administration_id,
        "id": new_id(),
        "version": 1,
        "question_id": question_id,
        "source": source,
        "external_id": entry.external_id,
        "handler_id": references.find("person", entry.handler),
        "role": entry.role,
        "worked_on": entry.worked_on,
        "raw_minutes": entry.minutes,
        "revision": 1,
        "created_at": scope.now,
    }


def _known(scope: Scope, questions: Sequence[tuple[UUID, QuestionInput]]) -> dict[tuple[str, str], Any]:
    found: dict[tuple[str, str], Any] = {}
    for source, external_ids in _by_source(question for _, question in questions).items():
        query = select(*_ENTRIES.columns).where(
            TimeEntry.administration_id == scope.administration_id,
            TimeEntry.source == source,
            TimeEntry.external_id.in_(external_ids),
        )
        found.update(((row.source, row.external_id), row) for row in scope.session.execute(query.with_for_update()))
    return found


def owners(scope: Scope, questions: Iterable[QuestionInput]) -> dict[tuple[str, str], tuple[str, str]]:
    """The question (source, external id) of every stored entry that these questions name, by (source, external id)."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for source, external_ids in _by_source(questions).items():
        values = {"mine": scope.administration_id, "of_source": source, "keys": external_ids}
        found.update(((source, entry), (of, key)) for entry, of, key in scope.session.execute(_OWNERS, values))
    return found


# Built once: every request with a question runs it.
_OWNERS = (
    select(TimeEntry.external_id, Question.source, Question.external_id)
    .join(
        Question, and_(Question.administration_id == TimeEntry.administration_id, Question.id == TimeEntry.question_id)
    )
    .where(
        TimeEntry.administration_id == bindparam("mine"),
        TimeEntry.source == bindparam("of_source"),
        TimeEntry.external_id.in_(bindparam("keys", expanding=True)),
    )
)


def _by_source(questions: Iterable[QuestionInput]) -> dict[str, list[str]]:
    by_source: dict[str, list[str]] = {}
    for question in questions:
        if question.time_entries:
            by_source.setdefault(question.source, []).extend(entry.external_id for entry in question.time_entries)
    return by_source


def _insert(scope: Scope, rows: list[dict[str, Any]]) -> None:
    bulk.insert_rows(scope.session, TimeEntry, rows)
    bulk.insert_rows(scope.session, TimeEntryRevision, [_revision(scope, row["id"], 1, row) for row in rows])


def _revise(scope: Scope, revised: Sequence[tuple[Any, dict[str, Any]]]) -> None:
    if not revised:
        return
    names = ("handler_id", "role", "worked_on", "raw_minutes", "revision")
    statement = (
        update(_ENTRIES)
        .where(_ENTRIES.c.administration_id == scope.administration_id, _ENTRIES.c.id == bindparam("of_entry"))
        .values({name: bindparam(name) for name in names} | {"version": _ENTRIES.c.version + 1})
    )
    scope.session.connection().execute(
        statement,
        [
            {**{name: values[name] for name in names}, "revision": row.revision + 1, "of_entry": row.id}
            for row, values in revised
        ],
    )
    revisions = [_revision(scope, row.id, row.revision + 1, values) for row, values in revised]
    bulk.insert_rows(scope.session, TimeEntryRevision, revisions)
    for row, values in revised:
        changes = {"revision": row.revision + 1, "raw_minutes": values["raw_minutes"], "worked_on": values["worked_on"]}
        audit.record(scope, "change", "time_entry", row.id, changes)
        if row.corrected_minutes is not None and row.raw_minutes != values["raw_minutes"]:
            minutes = {"raw": values["raw_minutes"], "raw_before": row.raw_minutes, "corrected": row.corrected_minutes}
            findings.report(scope, TIME_REVISED_AFTER_CORRECTION, "time_entry", row.id, minutes)


def _revision(scope: Scope, entry_id: UUID, revision: int, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "administration_id": scope.administration_id,
        "time_entry_id": entry_id,
        "revision": revision,
        "worked_on": values["worked_on"],
        "raw_minutes": values["raw_minutes"],
        "actor": scope.actor,
        "at": scope.now,
    }
