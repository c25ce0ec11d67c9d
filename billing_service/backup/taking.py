"""Taking a backup: one consistent picture of the whole database, while web and workers go on."""

from __future__ import annotations

from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from billing_service.backup import file, rows
from billing_service.backup.file import Backup
from billing_service.store import schema
from billing_service.store.administrations import Series
from billing_service.store.session import Database
from billing_service.store.tables import METADATA


def take(database: Database, path: Path, now: datetime) -> Backup:
    """Write everything the database holds to ``path``, as of one moment, with memory that does not grow with it.

    PostgreSQL reads a REPEATABLE READ snapshot, SQLite one read transaction; neither stops a writer. The SHA-256
    digests of API keys are part of it, their secrets are stored nowhere.

    Raises:
        AlreadyExists: there is a file of that name.
        WrongSchema: the database has another schema than this program.
    """
    with file.written(path) as out, database.read() as session:
        connection = session.connection()
        schema.refuse_other(connection)
        if not database.is_sqlite:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
        backup = Backup(
            schema=schema.head(),
            moment=now.isoformat(),
            program=version("billing-service"),
            tables=rows.describe(METADATA),
            series=_series(connection),
        )
        file.write_header(out, backup)
        for described in backup.tables:
            file.write_table(out, backup, described.name, rows.lines(connection, described))
        file.write_end(out, backup)
    return backup


def _series(connection: Connection) -> list[dict[str, Any]]:
    """Where every number series stood: what a person compares with what was really sent."""
    found = connection.execute(
        select(
            Series.administration_id, Series.code, Series.last_number, Series.last_issue_date, Series.next_number
        ).order_by(Series.administration_id, Series.code)
    )
    return [dict(row._mapping) for row in found]
