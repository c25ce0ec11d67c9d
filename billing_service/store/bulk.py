"""Inserting many rows at once, past the ORM: COPY on PostgreSQL, one executemany on SQLite.

Values go through the same column types as everywhere else, so amounts, instants and ids are stored alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

import psycopg
from sqlalchemy import JSON, Dialect, Table
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Session

from billing_service.store.pipeline import is_pipelined
from billing_service.store.types import Instant

_FEW: Final = 3
"""Up to this many rows a COPY costs more round trips than it saves."""

_BLOCK: Final = 500
_ESCAPED: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})

Process = Callable[[Any], Any]


def insert_rows(session: Session, model: type[DeclarativeBase], rows: Sequence[dict[str, Any]]) -> None:
    """Insert ``rows``, all with the same keys, into the table of ``model``; columns not named get NULL.

    Python-side defaults do not run: a row says everything itself, its version (1) included. Nothing the session holds
    is refreshed.
    """
    if not rows:
        return
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - every mapped class of ours stands on one table
    columns = tuple(rows[0])
    connection = session.connection()
    dialect = connection.dialect
    values = _bound(rows, columns, _processors(dialect, table, columns))
    named = ", ".join(f'"{name}"' for name in columns)
    if dialect.name == "sqlite" or len(rows) <= _FEW or is_pipelined(connection):
        marks = ", ".join(["?" if dialect.name == "sqlite" else "%s"] * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({named}) VALUES ({marks})", list(values))  # noqa: S608
        return
    _copy(connection.connection.driver_connection, dialect, f"COPY {table.name} ({named}) FROM STDIN", values)


def _copy(driver: Any, dialect: Dialect, statement: str, values: Iterator[tuple[Any, ...]]) -> None:
    """Raises what SQLAlchemy would: this goes past it, and callers wait for its ``IntegrityError``."""
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            while block := "".join(_line(row) for row in islice(values, _BLOCK)):
                copy.write(block)
    except psycopg.Error as error:
        raise DBAPIError.instance(statement, None, error, psycopg.Error, dialect=dialect) from error


def _bound(
    rows: Sequence[dict[str, Any]], columns: tuple[str, ...], processors: Sequence[tuple[int, Process]]
) -> Iterator[tuple[Any, ...]]:
    """Each row as the driver wants it."""
    values_of = itemgetter(*columns)
    for row in rows:
        values = list(values_of(row))
        for index, process in processors:
            values[index] = process(values[index])
        yield tuple(values)


@lru_cache(maxsize=256)
def _processors(dialect: Dialect, table: Table, columns: tuple[str, ...]) -> tuple[tuple[int, Process], ...]:
    found: list[tuple[int, Process]] = []
    for index, name in enumerate(columns):
        kind = table.c[name].type.dialect_impl(dialect)
        # PostgreSQL's driver would wrap JSON in an object of its own; as text it goes the same way on both databases.
        if isinstance(table.c[name].type, Instant):
            found.append((index, _instants(dialect.name == "sqlite")))
            continue
        reader: Any = JSON.bind_processor if isinstance(kind, JSON) else type(kind).bind_processor
        process = reader(kind, dialect)
        if process is not None:
            found.append((index, process))
    return tuple(found)


def _instants(as_text: bool) -> Process:
    """As ``Instant`` binds them, without its detours: three of four columns of most rows are instants."""
    # The moment of intake stands in every row. One tuple, replaced as a whole: threads share what is cached here.
    last: list[tuple[datetime | None, Any]] = [(None, None)]

    def process(value: datetime | None) -> Any:
        known, bound = last[0]
        if value is known or value is None:
            return bound if value is known else None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        moment = value.astimezone(UTC)
        bound = moment.isoformat(" ", "microseconds")[:26] if as_text else moment
        last[0] = (value, bound)
        return bound

    return process


def _line(row: tuple[Any, ...]) -> str:
    """One row in PostgreSQL's text format of COPY."""
    return "\t".join([_copied(value) for value in row]) + "\n"


def _copied(value: Any) -> Any:
    kind = type(value)
    if kind is str:
        return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPED)
    if value is None:
        return "\\N"
    if kind is UUID:
        return value.hex
    if kind is datetime:
        return value.isoformat()
    if kind is bool:
        return "t" if value else "f"
    return str(value)
