"""The floor under bulk work: the rows that it wrote, written again by the driver alone over one connection.

Nothing is read, checked or decided; indexes, foreign keys and guards are the same.
"""

from __future__ import annotations

import sqlite3
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from billing_service.store import triggers
from billing_service.store.session import Database

TABLES = ("questions", "time_entries", "time_entry_revisions", "decisions", "charges", "audit_trail")
"""What taking in and deciding a question writes to, parents first."""


def seconds(database: Database, tables: Sequence[str] = TABLES) -> float:
    """How long it takes to write all rows of these tables again, parents first, committed."""
    return _sqlite(database, tables) if database.is_sqlite else _postgresql(database, tables)


def _postgresql(database: Database, tables: Sequence[str]) -> float:
    """Takes the rows out of the database and puts them back by COPY."""
    address = make_url(database.url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address) as connection, connection.cursor() as cursor:
        contents = []
        for table in tables:
            with cursor.copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(table))) as out:
                contents.append(b"".join(out))
        names = sql.SQL(", ").join(map(sql.Identifier, tables))
        cursor.execute(sql.SQL("TRUNCATE {} CASCADE").format(names))
        connection.commit()
        start = time.perf_counter()
        for table, content in zip(tables, contents, strict=True):
            with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(table))) as copy:
                copy.write(content)
        connection.commit()
        return time.perf_counter() - start


def _sqlite(database: Database, tables: Sequence[str]) -> float:
    """Puts the rows into a copy of the file from which they were taken out."""
    path = make_url(database.url).database
    assert path is not None
    with tempfile.TemporaryDirectory(prefix="billing-bench-") as folder:
        copy = Path(folder) / "floor.sqlite3"
        # By SQLite itself: opening the file beside it would drop the locks that this process holds on it.
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
            source.backup(target)
        contents = _taken_out(copy, tables)
        with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA foreign_keys=ON")
            start = time.perf_counter()
            connection.execute("BEGIN IMMEDIATE")
            for table, rows in zip(tables, contents, strict=True):
                marks = ", ".join("?" * len(rows[0]))
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)
            connection.execute("COMMIT")
            return time.perf_counter() - start


def _taken_out(copy: Path, tables: Sequence[str]) -> list[list[tuple[object, ...]]]:
    """The rows of these tables, deleted behind the guards' back; the guards stand again afterwards."""
    database = Database(f"sqlite:///{copy}")
    with database.engine.begin() as connection:
        for guard in triggers.GUARDS:
            connection.exec_driver_sql(f"DROP TRIGGER {guard.name}")
        contents = [[tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}")] for table in tables]
        for table in reversed(tables):
            connection.exec_driver_sql(f"DELETE FROM {table}")
        triggers.install(connection)
    database.close()
    return contents
