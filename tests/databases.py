"""The databases that tests run on: SQLite always, a real PostgreSQL where one answers.

``BILLING_TEST_POSTGRESQL`` names the server (default: 127.0.0.1:5432, user postgres; a superuser). Every test process
makes a database of its own there, migrated once and emptied before each test.

Neither waits for the disk at a commit: processes are killed here, computers are not.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import event, make_url

from billing_service.store import schema
from billing_service.store.session import Database
from billing_service.store.tables import METADATA
from tests.left_out import skip_left_out

SERVER = os.environ.get("BILLING_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/postgres")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite file to copy."""
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite3"
    database = Database(f"sqlite:///{path}")
    schema.migrate(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The address of a migrated database of our own on the PostgreSQL server."""
    try:
        server = psycopg.connect(SERVER, autocommit=True, connect_timeout=3)
    except psycopg.OperationalError as error:
        skip_left_out("PostgreSQL", f"no server answers ({str(error).splitlines()[0]})")
    name = f"billing_test_{uuid4().hex[:12]}"
    with server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        server.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')
        url = make_url(SERVER).set(database=name).render_as_string(hide_password=False)
        database = Database(url)
        schema.migrate(database)
        database.close()
        yield url
        server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(sqlite_template, tmp_path / "billing.sqlite3")
    database = Database(f"sqlite:///{tmp_path / 'billing.sqlite3'}")
    event.listen(database.engine, "connect", without_waiting_for_the_disk)
    yield database
    database.close()


@pytest.fixture
def postgresql_database(postgresql_url: str) -> Iterator[Database]:
    empty(postgresql_url)
    database = Database(postgresql_url)
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """An empty database with the current schema: the test runs once on SQLite and once on PostgreSQL."""
    found = request.getfixturevalue(f"{request.param}_database")
    assert isinstance(found, Database)
    return found


def without_waiting_for_the_disk(connection: Any, _record: object) -> None:
    """What an engine of SQLite does with each new connection."""
    connection.execute("PRAGMA synchronous=OFF")


def empty(postgresql_url: str) -> None:
    """Delete every row, once whoever still writes has ended.

    As a replica, so that neither the guards that refuse single changes nor the foreign keys are asked. TRUNCATE asks
    neither, but makes every table and index anew, also those that hold nothing: forty times slower.
    """
    names = [f'"{table.name}"' for table in METADATA.sorted_tables]
    with psycopg.connect(postgresql_url) as connection:
        connection.execute(f"LOCK TABLE {', '.join(names)} IN SHARE MODE")
        connection.execute("SET LOCAL session_replication_role = replica")
        connection.execute("; ".join(f"DELETE FROM {name}" for name in names))
