"""The floor under issuing: the same rows written by the driver alone, without checks, types or history.

Each document costs the same statements as ours: lock it, lock the series, move the series on, freeze the document, its
charges, an outbox row, an audit row, one commit.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, Protocol
from uuid import UUID

import psycopg
from sqlalchemy import make_url

from billing_service.core.ids import new_id
from billing_service.store.session import Database

_DAY = date(2026, 3, 31)

_LOCK_INVOICE = "SELECT id, document, digest FROM invoices WHERE administration_id = ? AND id = ?"
_LOCK_SERIES = "SELECT id, next_number, last_digest FROM series WHERE administration_id = ?"
_MOVE_ON = "UPDATE series SET next_number = ?, last_number = ?, last_digest = ?, last_issue_date = ? WHERE id = ?"
_FREEZE = (
    "UPDATE invoices SET state = 'issued', number = ?, period = '2026', sequence = ?, issue_date = ?, due_date = ?,"
    " payment_reference = ?, document = ?, digest = ?, previous_digest = ?, issued_at = ?, version = version + 1"
    " WHERE administration_id = ? AND id = ?"
)
_INVOICED = (
    "UPDATE charges SET state = 'invoiced', version = version + 1 WHERE administration_id = ? AND invoice_id = ?"
)
_OUTBOX = (
    "INSERT INTO outbox (administration_id, id, kind, subject_id, payload, state, due_at, attempts, created_at)"
    " VALUES (?, ?, 'render_pdf', ?, '{}', 'ready', ?, 0, ?)"
)
_AUDIT = (
    "INSERT INTO audit_trail (administration_id, id, at, actor, action, noun, object_id, changes)"
    " VALUES (?, ?, ?, 'bench', 'invoice.issued', 'invoice', ?, ?)"
)


class RawSql(Protocol):
    """A connection of the driver itself."""

    def issue(self, administration_id: UUID, invoice_ids: Sequence[UUID]) -> None:
        """Issue these documents in one transaction."""

    def close(self) -> None:
        """Let the database go."""


def raw_sql(database: Database) -> RawSql:
    return _Sqlite(database) if database.is_sqlite else _Postgresql(database)


class _Postgresql:
    def __init__(self, database: Database) -> None:
        address = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
        self._connection = psycopg.connect(address)

    def issue(self, administration_id: UUID, invoice_ids: Sequence[UUID]) -> None:
        with self._connection.transaction(), self._connection.cursor() as cursor:
            documents = [
                cursor.execute(_psycopg(_LOCK_INVOICE) + " FOR UPDATE", (administration_id, key)).fetchone()
                for key in invoice_ids
            ]
            series = cursor.execute(_psycopg(_LOCK_SERIES) + " FOR UPDATE", (administration_id,)).fetchone()
            for statement, rows in _statements(administration_id, documents, series, datetime.now(UTC)):
                if len(rows) == 1:
                    cursor.execute(_psycopg(statement), rows[0])
                else:
                    cursor.executemany(_psycopg(statement), rows)

    def close(self) -> None:
        self._connection.close()


class _Sqlite:
    def __init__(self, database: Database) -> None:
        path = make_url(database.url).database
        assert path is not None
        self._connection = sqlite3.connect(path, isolation_level=None, timeout=10)
        self._connection.execute("PRAGMA synchronous=FULL")
        self._connection.execute("PRAGMA foreign_keys=ON")

    def issue(self, administration_id: UUID, invoice_ids: Sequence[UUID]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        key = administration_id.hex
        documents = [self._connection.execute(_LOCK_INVOICE, (key, one.hex)).fetchone() for one in invoice_ids]
        series = self._connection.execute(_LOCK_SERIES, (key,)).fetchone()
        now = datetime.now(UTC).replace(tzinfo=None)
        for statement, rows in _statements(administration_id, documents, series, now):
            self._connection.executemany(statement, [tuple(map(_sqlite, row)) for row in rows])
        self._connection.execute("COMMIT")

    def close(self) -> None:
        self._connection.close()


def _statements(
    administration_id: UUID, documents: Sequence[Any], series: Any, now: datetime
) -> list[tuple[str, list[tuple[Any, ...]]]]:
    """Every statement that writes, with its rows."""
    first = series[1]
    numbers = [f"2026{first + at:06}" for at in range(len(documents))]
    last = (first + len(documents), numbers[-1], documents[-1][2], _DAY, series[0])
    frozen = [
        (number, first + at, _DAY, _DAY, f"RF{number}", text, digest, series[2], now, administration_id, key)
        for at, (number, (key, text, digest)) in enumerate(zip(numbers, documents, strict=True))
    ]
    keys = [document[0] for document in documents]
    changes = [f'{{"number": "{number}", "issue_date": "2026-03-31"}}' for number in numbers]
    return [
        (_MOVE_ON, [last]),
        (_FREEZE, frozen),
        (_INVOICED, [(administration_id, key) for key in keys]),
        (_OUTBOX, [(administration_id, new_id(), key, now, now) for key in keys]),
        (_AUDIT, [(administration_id, new_id(), now, key, text) for key, text in zip(keys, changes, strict=True)]),
    ]


def _psycopg(statement: str) -> str:
    return statement.replace("?", "%s")


def _sqlite(value: Any) -> Any:
    """As our column types store it: ids as 32 hexadecimal digits, dates as text."""
    if isinstance(value, UUID):
        return value.hex
    return value.isoformat(" ") if isinstance(value, datetime) else str(value) if isinstance(value, date) else value
