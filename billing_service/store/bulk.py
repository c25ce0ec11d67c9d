"""Inserting many rows at once, past the ORM: COPY on PostgreSQL, one executemany on SQLite.

Values go through the same column types as everywhere else, so amounts, instants and ids are stored alike.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Dialect, Table
from sqlalchemy.orm import DeclarativeBase, Session

from billing_service.store import tables  # noqa: F401 - a key column takes its type from the table it points to

_FEW = 3
"""Up to this many rows a COPY costs more round trips than it saves."""


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
    values = _bound(dialect, table, columns, rows)
    quoted = ", ".join(f'"{name}"' for name in columns)
    if dialect.name == "sqlite":
        marks = ", ".join("?" * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({quoted}) VALUES ({marks})", list(values))  # noqa: S608
    elif len(rows) <= _FEW:
        marks = ", ".join(["%s"] * len(columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} ({quoted}) VALUES ({marks})", list(values))  # noqa: S608
    else:
        driver = connection.connection.driver_connection
        assert driver is not None  # noqa: S101
        with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({quoted}) FROM STDIN") as copy:
            for row in values:
                copy.write_row(row)


def _bound(
    dialect: Dialect, table: Table, columns: tuple[str, ...], rows: Sequence[dict[str, Any]]
) -> Iterable[Sequence[Any]]:
    """Each row as the driver wants it."""
    values_of = itemgetter(*columns)
    processors = _processors(dialect, table, columns)
    for row in rows:
        values = list(values_of(row))
        for index, process in processors:
            values[index] = process(values[index])
        yield tuple(values)


@lru_cache(maxsize=256)
def _processors(
    dialect: Dialect, table: Table, columns: tuple[str, ...]
) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    found = []
    for index, name in enumerate(columns):
        process = table.c[name].type.dialect_impl(dialect).bind_processor(dialect)
        if process is not None:
            found.append((index, process))
    return tuple(found)
