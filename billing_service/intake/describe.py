"""Stored questions and time entries as callers see them: with the codes they speak in beside the ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select, union_all

from billing_service.store.parties import Contract, Organisation, Person
from billing_service.store.questions import ContactMoment, Question, TimeEntry
from billing_service.store.scope import Scope

_PLAIN: Final = (
    "id",
    "version",
    "created_at",
    "source",
    "external_id",
    "subject",
    "category",
    "kind",
    "channel",
    "support_line",
    "urgency",
    "tags",
    "asker_id",
    "handler_id",
    "organisation_id",
    "contract_id",
    "opened_at",
    "picked_up_at",
    "answered_at",
    "closed_at",
    "withdrawn_at",
    "solution_summary",
    "quantities",
    "base_amount",
)


def describe_questions(scope: Scope, rows: Sequence[Question]) -> list[dict[str, Any]]:
    """Each question with its codes and its time entries."""
    entries: dict[UUID, list[TimeEntry]] = {row.id: [] for row in rows}
    for entry in scope.session.scalars(_ENTRIES, {"mine": scope.administration_id, "keys": list(entries)}):
        entries[entry.question_id].append(entry)
    codes = _codes(
        scope,
        (key for row in rows for key in (row.asker_id, row.handler_id, row.organisation_id, row.contract_id)),
        (entry.handler_id for found in entries.values() for entry in found),
    )
    return [
        {
            **{name: getattr(row, name) for name in _PLAIN},
            "asker": codes.get(row.asker_id),
            "handler": codes.get(row.handler_id),
            "organisation": codes.get(row.organisation_id),
            "contract": codes.get(row.contract_id),
            "contact_moment": row.contact_moment_id,
            "time_entries": [_described(entry, codes) for entry in entries[row.id]],
        }
        for row in rows
    ]


def describe_entries(scope: Scope, rows: Sequence[TimeEntry]) -> list[dict[str, Any]]:
    """Each time entry with its handler's code."""
    codes = _codes(scope, (row.handler_id for row in rows))
    return [_described(row, codes) for row in rows]


def describe_moments(scope: Scope, rows: Sequence[ContactMoment]) -> list[dict[str, Any]]:
    """Each contact moment with its codes and the ids of its questions."""
    codes = _codes(scope, (key for row in rows for key in (row.asker_id, row.organisation_id)))
    questions: dict[UUID, list[UUID]] = {row.id: [] for row in rows}
    for moment, question in scope.session.execute(
        select(Question.contact_moment_id, Question.id)
        .where(Question.administration_id == scope.administration_id, Question.contact_moment_id.in_(questions))
        .order_by(Question.id)
    ):
        if moment is not None:
            questions[moment].append(question)
    names = ("id", "version", "created_at", "source", "external_id", "channel", "occurred_at", "note")
    return [
        {
            **{name: getattr(row, name) for name in (*names, "asker_id", "organisation_id")},
            "asker": codes.get(row.asker_id),
            "organisation": codes.get(row.organisation_id),
            "questions": questions[row.id],
        }
        for row in rows
    ]


def _described(entry: TimeEntry, codes: Mapping[UUID | None, str]) -> dict[str, Any]:
    names = ("id", "version", "created_at", "question_id", "source", "external_id", "role", "worked_on", "handler_id")
    return {
        **{name: getattr(entry, name) for name in names},
        "handler": codes.get(entry.handler_id),
        "minutes": entry.raw_minutes,
        "corrected_minutes": entry.corrected_minutes,
        "revision": entry.revision,
    }


def _codes(scope: Scope, *ids: Iterable[UUID | None]) -> dict[UUID | None, str]:
    """Codes of organisations and persons, references of contracts, by id: ids are unique over all nouns."""
    wanted = {key for some in ids for key in some if key is not None}
    if not wanted:
        return {}
    rows: Any = scope.session.execute(_CODES, {"mine": scope.administration_id, "keys": list(wanted)}).all()
    return dict(rows)


# Built once: every answer with a question runs them.

_ENTRIES = (
    select(TimeEntry)
    .where(
        TimeEntry.administration_id == bindparam("mine"),
        TimeEntry.question_id.in_(bindparam("keys", expanding=True)),
    )
    .order_by(TimeEntry.worked_on, TimeEntry.id)
)
_CODES = union_all(
    *(
        select(table.id, code).where(
            table.administration_id == bindparam("mine"), table.id.in_(bindparam("keys", expanding=True))
        )
        for table, code in (
            (Organisation, Organisation.code),
            (Person, Person.code),
            (Contract, Contract.reference),
        )
    )
)
