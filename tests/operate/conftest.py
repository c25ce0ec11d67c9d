"""A second database, without tables, for what is restored into it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import make_url

from billing_service.store.session import Database
from tests.databases import SERVER

Elsewhere = Callable[[str], Database]


@pytest.fixture
def elsewhere(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Elsewhere]:
    """Makes a database of this kind (``sqlite`` or ``postgresql``) that holds nothing, not even a schema."""
    with ExitStack() as stack:

        def make(kind: str) -> Database:
            name = f"billing_restore_{uuid4().hex[:12]}"
            if kind == "sqlite":
                database = Database(f"sqlite:///{tmp_path / name}.sqlite3")
            else:
                request.getfixturevalue("postgresql_url")  # leaves the test out where no server answers
                server = stack.enter_context(psycopg.connect(SERVER, autocommit=True))
                server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
                stack.callback(server.execute, f'DROP DATABASE "{name}" WITH (FORCE)')
                database = Database(make_url(SERVER).set(database=name).render_as_string(hide_password=False))
            stack.callback(database.close)
            return database

        yield make


def kind_of(database: Database) -> str:
    return "sqlite" if database.is_sqlite else "postgresql"
