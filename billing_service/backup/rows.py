"""How a row of a table becomes one line of JSON and back: the same line from SQLite and from PostgreSQL.

A backup names the kind of every column, so it can be read without the tables of the program that wrote it.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Connection,
    Date,
    Integer,
    LargeBinary,
    MetaData,
    String,
    TableClause,
    Text,
    Uuid,
    collate,
    column,
    select,
    table,
)
from sqlalchemy.types import TypeEngine

from billing_service.store.types import Instant, ScaledDecimal

KINDS: Final[dict[str, TypeEngine[Any]]] = {
    "uuid": Uuid(),
    "instant": Instant(),
    "date": Date(),
    "binary": LargeBinary(),
    "json": JSON(none_as_null=True),
    "boolean": Boolean(),
    "integer": BigInteger(),
    "text": Text(),
}
_KIND_OF: Final[tuple[tuple[type[Any], str], ...]] = (
    (ScaledDecimal, "integer"),  # as it is stored: whole cents
    (Uuid, "uuid"),
    (Instant, "instant"),
    (Date, "date"),
    (LargeBinary, "binary"),
    (JSON, "json"),
    (Boolean, "boolean"),
    (Integer, "integer"),
    (String, "text"),
)
_READ: Final[dict[str, Callable[[Any], Any]]] = {
    "uuid": UUID,
    "instant": datetime.fromisoformat,
    "date": date.fromisoformat,
    "binary": lambda text: base64.b64decode(text, validate=True),
}
_AT_ONCE: Final = 200
"""Rows fetched or inserted in one go; one at a time where a column holds files, so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Described:
    """A table as a backup knows it: its columns with their kinds, and its primary key, by which rows are ordered."""

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]

    @property
    def clause(self) -> TableClause:
        return table(self.name, *(column(name, KINDS[kind]) for name, kind in self.columns))

    @property
    def at_once(self) -> int:
        return 1 if any(kind == "binary" for _, kind in self.columns) else _AT_ONCE


def describe(metadata: MetaData) -> tuple[Described, ...]:
    """Every table of ours, those that others point to first.

    Raises:
        TypeError: a column of a type that no kind stands for.
    """
    return tuple(
        Described(
            found.name,
            tuple((each.name, _kind(each.type)) for each in found.columns),
            tuple(each.name for each in found.primary_key.columns),
        )
        for found in metadata.sorted_tables
    )


def _kind(of: TypeEngine[Any]) -> str:
    for known, kind in _KIND_OF:
        if isinstance(of, known):
            return kind
    raise TypeError(f"a backup knows no kind for {of!r}")


def lines(connection: Connection, described: Described) -> Iterator[bytes]:
    """Every row as a line, in the order of the key whatever the collation of the database, fetched as needed."""
    clause, on_postgresql = described.clause, connection.dialect.name == "postgresql"
    kinds = dict(described.columns)
    order = [
        collate(clause.c[name], "C") if on_postgresql and kinds[name] == "text" else clause.c[name]
        for name in described.key
    ]
    binary = [at for at, (_, kind) in enumerate(described.columns) if kind == "binary"]
    options = {"yield_per": described.at_once}
    for row in connection.execute(select(*clause.c).order_by(*order), execution_options=options):
        values = list(row)
        for at in binary:
            values[at] = None if values[at] is None else base64.b64encode(values[at]).decode()
        yield orjson.dumps(values) + b"\n"


def insert(connection: Connection, described: Described, found: Iterator[bytes]) -> None:
    """Insert rows as ``lines`` wrote them: COPY on PostgreSQL.

    Raises:
        ValueError: a line that is no row of this table.
    """
    rows = _bound(connection, described, found)
    named = ", ".join(f'"{name}"' for name, _ in described.columns)
    if connection.dialect.name == "postgresql":
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f'COPY "{described.name}" ({named}) FROM STDIN') as copy:
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" for _ in described.columns)
    statement = f'INSERT INTO "{described.name}" ({named}) VALUES ({marks})'  # noqa: S608 our own names
    while some := list(islice(rows, described.at_once)):
        connection.exec_driver_sql(statement, some)


def _bound(connection: Connection, described: Described, found: Iterator[bytes]) -> Iterator[tuple[Any, ...]]:
    """Each row as the driver wants it."""
    dialect = connection.dialect
    steps: list[tuple[int, list[Callable[[Any], Any]]]] = []
    for at, (_, kind) in enumerate(described.columns):
        bind = KINDS[kind].dialect_impl(dialect).bind_processor(dialect)
        doing = [step for step in (_READ.get(kind), bind) if step is not None]
        if doing:
            steps.append((at, doing))
    for line in found:
        values = orjson.loads(line)
        if not isinstance(values, list) or len(values) != len(described.columns):
            raise ValueError(f"a row of {described.name} has another number of values than its columns")
        for at, doing in steps:
            for step in doing if values[at] is not None else ():
                values[at] = step(values[at])
        yield tuple(values)
