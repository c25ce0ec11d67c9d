"""Databases of our own: made with the current schema, gone afterwards."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import make_url

from bench.measure import Setting
from billing_service.store import schema
from billing_service.store.session import Database


@contextmanager
def database(setting: Setting, kind: str) -> Iterator[Database]:
    """An empty, migrated database of this kind (``postgresql`` or ``sqlite``)."""
    with _url(setting, kind) as url:
        made = Database(url)
        try:
            schema.migrate(made)
            yield made
        finally:
            made.close()


@contextmanager
def _url(setting: Setting, kind: str) -> Iterator[str]:
    if kind == "sqlite":
        with tempfile.TemporaryDirectory(prefix="billing-bench-") as folder:
            yield f"sqlite:///{Path(folder) / 'billing.sqlite3'}"
        return
    name = f"billing_bench_{uuid4().hex[:12]}"
    with psycopg.connect(setting.postgresql, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
        try:
            yield make_url(setting.postgresql).set(database=name).render_as_string(hide_password=False)
        finally:
            server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
