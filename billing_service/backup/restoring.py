"""Putting a backup into an empty database: all of it, verified, or nothing.

One transaction makes the schema of the backup, loads the rows, reads them back, brings the schema up to date, verifies
the books and holds the copy (``holding``): no number is given and nothing is called until a person says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import psycopg
from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from billing_service.auditing.completeness import Proving
from billing_service.auditing.trails import Trail
from billing_service.auditing.verifying import Verifying
from billing_service.backup import file, rows
from billing_service.backup.file import Backup, Reading
from billing_service.backup.holding import Held, hold
from billing_service.core.audit_chain import SENTENCES
from billing_service.core.completeness import sentence
from billing_service.core.ids import new_id
from billing_service.errors import Conflict, UnreadableFile, WrongSchema
from billing_service.store import schema, triggers
from billing_service.store.administrations import Administration, Series
from billing_service.store.audit import OperatorAuditRow
from billing_service.store.session import Database


@dataclass(frozen=True, slots=True)
class Restored:
    """What was restored, what waits for a person, and what is not sound in the books (accepted)."""

    backup: Backup
    held: Held
    breaks: tuple[str, ...]


def restore(
    database: Database, path: Path, now: datetime, actor: str, *, accept_broken_books: bool = False
) -> Restored:
    """Restore a backup into an empty database and hold it until a person says what it may do.

    Raises:
        Conflict: the database is not empty; or its books are not sound and that is not accepted.
        NotFound: no such file.
        UnreadableFile: damaged, incomplete, or its rows do not fit together.
        WrongSchema: the backup was made by a newer program, or the database has another schema than the backup.
    """
    _refuse_newer(file.check(path))  # before the first row: a damaged file is called that, not a row that does not fit
    with file.reading(path) as reading:
        try:
            with schema.exclusive(database) as connection:
                return _restore(connection, reading, now, actor, accept_broken_books)
        except (psycopg.errors.IntegrityError, psycopg.errors.DataError, DBAPIError, ValueError) as error:
            if getattr(error, "connection_invalidated", False):
                raise
            first = next(iter(str(getattr(error, "orig", None) or error).splitlines()), type(error).__name__)
            raise UnreadableFile(f"The rows of this backup do not fit into a database: {first}") from error


def _refuse_newer(backup: Backup) -> None:
    if backup.schema > schema.head():
        raise WrongSchema(
            f"This backup has schema {backup.schema}, newer than {schema.head()} of this program: restore it with the"
            " program that wrote it or a newer one.",
            code="schema_newer",
        )


def _restore(connection: Connection, reading: Reading, now: datetime, actor: str, accept: bool) -> Restored:
    backup = reading.backup
    _refuse_filled(connection, backup)
    schema.upgrade(connection, backup.schema)
    _load(connection, reading)
    _read_back(connection, backup)
    schema.upgrade(connection)
    with Session(connection, expire_on_commit=False) as session:
        broken = tuple(_breaks(session))
        if broken and not accept:
            raise Conflict(
                f"The books were not sound when this backup was made. {broken[0]} Nothing was restored;"
                " --accept-broken-books restores them as they are.",
                code="broken_books",
            )
        held = hold(session, now, actor)
        session.add(
            OperatorAuditRow(
                id=(made := new_id()),
                at=now,
                actor=actor,
                action="database.restored",
                noun="database",
                object_id=made,
                changes={
                    "backup_of": backup.moment,
                    "schema": backup.schema,
                    "rows": sum(backup.rows.values()),
                    **asdict(held),
                    "breaks": list(broken),
                },
            )
        )
        session.flush()
    return Restored(backup, held, broken)


def _refuse_filled(connection: Connection, backup: Backup) -> None:
    found = schema.found_in(connection)
    if found not in (None, backup.schema):
        raise WrongSchema(
            f"The database has schema {found}, the backup {backup.schema}: restore into a database without tables;"
            " billing restore makes them."
        )
    tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
    filled = [name for name in sorted(tables) if connection.exec_driver_sql(f'SELECT 1 FROM "{name}" LIMIT 1').first()]  # noqa: S608
    if filled or (found is None and tables):
        raise Conflict(
            f"This database is not empty ({', '.join((filled or sorted(tables))[:5])} …): a backup is restored into an"
            " empty one only.",
            code="database_not_empty",
        )


# --- loading ---


def _load(connection: Connection, reading: Reading) -> None:
    """Insert every row past guards and foreign keys, which are there again, and hold, before anything is read back."""
    backup = reading.backup
    made = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if made != {one.name for one in backup.tables}:
        raise UnreadableFile("This backup does not hold the tables of its schema.")
    _drop_triggers(connection)
    keys = _drop_foreign_keys(connection)
    for described in backup.tables:
        rows.insert(connection, described, reading.table(described))
    reading.end()
    for table, name, definition in keys:
        connection.exec_driver_sql(f'ALTER TABLE "{table}" ADD CONSTRAINT "{name}" {definition}')


def _drop_triggers(connection: Connection) -> None:
    """``schema.upgrade`` installs them anew."""
    triggers.lift(connection)
    if connection.dialect.name != "sqlite":
        named = (
            "SELECT t.tgname, c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
        )
        for name, table in connection.exec_driver_sql(named).all():
            connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON "{table}"')


def _drop_foreign_keys(connection: Connection) -> list[tuple[str, str, str]]:
    """Checking them once at the end is far cheaper than for every row; SQLite's are off and checked before commit."""
    if connection.dialect.name == "sqlite":
        return []
    known = connection.exec_driver_sql(
        "SELECT c.relname, k.conname, pg_get_constraintdef(k.oid) FROM pg_constraint k JOIN pg_class c"
        " ON c.oid = k.conrelid WHERE k.contype = 'f' AND k.connamespace = current_schema()::regnamespace"
    ).all()
    for table, name, _definition in known:
        connection.exec_driver_sql(f'ALTER TABLE "{table}" DROP CONSTRAINT "{name}"')
    return [(row[0], row[1], row[2]) for row in known]


# --- verifying ---


def _read_back(connection: Connection, backup: Backup) -> None:
    """What the database holds is, to the byte, what was backed up."""
    stored = Backup(backup.schema, backup.moment, backup.program, backup.tables, backup.series)
    for described in backup.tables:
        file.count(stored, described.name, rows.lines(connection, described))
        if stored.digests[described.name] != backup.digests[described.name]:
            raise UnreadableFile(f"The rows of {described.name} read back other than they were written.")


def _breaks(session: Session) -> Iterator[str]:
    """A sentence for whatever cannot be in sound books: a number or a row missing, a document or a row changed."""
    for key, series_id, code in session.execute(select(Series.administration_id, Series.id, Series.code)).all():
        proving = Proving(key, series_id)
        while proving.step(session):
            pass
        for found in proving.result().first_breaks:
            yield f"Series {code}, {found.number or 'no number'}: {sentence(found, 'en')}"
    for key in [*session.scalars(select(Administration.id)), None]:
        verifying = Verifying(Trail(key))
        while verifying.step(session):
            pass
        if (link := verifying.result().first) is not None:
            yield f"Audit trail of {key or 'the operators'}, row {link.seal_number}: {SENTENCES['en'][link.code]}"
