"""Questions put into the database as rows, where taking them in is not what is measured."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from bench.world import Office, question
from billing_service.core.ids import new_id
from billing_service.store import bulk
from billing_service.store.parties import Organisation, Person
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.session import Database

_TAKEN_OVER = ("source", "external_id", "subject", "category", "kind", "channel", "support_line", "urgency", "tags")


def store_questions(database: Database, office: Office, count: int, first: int = 0) -> list[UUID]:
    """So many closed questions with a time entry each, numbered from ``first``, over the office's organisations."""
    with database.write() as session:
        key = office.administration_id
        persons = _ids(session, Person, key)
        organisations = _ids(session, Organisation, key)
        rows, entries = [], []
        for number in range(first, first + count):
            code = office.organisations[number % len(office.organisations)]
            document = question(number, code)
            row = _row(key, document, persons, organisations[code])
            rows.append(row)
            entries += [_entry(key, row["id"], entry, persons) for entry in document["time_entries"]]
        bulk.insert_rows(session, Question, rows)
        bulk.insert_rows(session, TimeEntry, entries)
    return [row["id"] for row in rows]


def _ids(session: Any, model: Any, key: UUID) -> dict[str, UUID]:
    found = session.execute(select(model.code, model.id).where(model.administration_id == key))
    return {row.code: row.id for row in found}


def _row(key: UUID, document: dict[str, Any], persons: dict[str, UUID], organisation: UUID) -> dict[str, Any]:
    instants = ("opened_at", "picked_up_at", "answered_at", "closed_at")
    return {
        **{name: document[name] for name in _TAKEN_OVER},
        **{name: datetime.fromisoformat(document[name]) for name in instants},
        "administration_id": key,
        "id": new_id(),
        "version": 1,
        "facts_digest": document["external_id"],
        "asker_id": persons[document["asker"]],
        "handler_id": persons[document["handler"]],
        "organisation_id": organisation,
        "solution_summary": document["solution_summary"],
        "quantities": document["quantities"],
        "created_at": datetime.fromisoformat(document["closed_at"]),
    }


def _entry(key: UUID, question_id: UUID, entry: dict[str, Any], persons: dict[str, UUID]) -> dict[str, Any]:
    worked_on = date.fromisoformat(entry["worked_on"])
    return {
        "administration_id": key,
        "id": new_id(),
        "version": 1,
        "question_id": question_id,
        "source": "helpdesk",
        "external_id": entry["external_id"],
        "handler_id": persons[entry["handler"]],
        "role": entry["role"],
        "worked_on": worked_on,
        "raw_minutes": entry["minutes"],
        "revision": 1,
        "created_at": datetime.fromisoformat(f"{worked_on}T12:00:00+00:00"),
    }
