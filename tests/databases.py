"""The databases that tests run on: SQLite always, a real PostgreSQL where one answers.

``BILLING_TEST_POSTGRESQL`` names the server (default: 127.0.0.1:5432, user postgres). Every test process makes a
database of its own there, migrated once and emptied before each test.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

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


def empty(postgresql_url: str) -> None:
    """Delete every row; TRUNCATE passes by the guards that refuse single changes."""
    names = ", ".join(f'"{table.name}"' for table in METADATA.sorted_tables)
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f"TRUNCATE {names}")
