"""Engines and transactions.

SQLite runs in WAL with ``synchronous=FULL``; writers say ``BEGIN IMMEDIATE`` so that they wait for each other instead
of failing half-way. PostgreSQL runs READ COMMITTED with time-outs on locks and statements.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.orm import Session

LOCK_WAIT_SECONDS = 10
"""How long a statement waits for a lock (a twin request, a series) before it gives up."""


class Database:
    """Opens transactions on one database. ``write()`` commits at its end and rolls back on any exception."""

    def __init__(self, url: str, *, pool_size: int = 10, lock_wait_seconds: float = LOCK_WAIT_SECONDS) -> None:
        self.url = url
        self.engine = _make_engine(url, pool_size, lock_wait_seconds)
        self._writing = self.engine.execution_options(begin="IMMEDIATE")

    @property
    def is_sqlite(self) -> bool:
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction that changes things; this is the only place that commits."""
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """One transaction that only reads, on one consistent picture; nothing it does is kept."""
        with Session(self.engine, expire_on_commit=False) as session:
            if not self.is_sqlite:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            yield session

    def close(self) -> None:
        self.engine.dispose()


def _make_engine(url: str, pool_size: int, lock_wait_seconds: float) -> Engine:
    parsed = make_url(url)
    milliseconds = int(lock_wait_seconds * 1000)
    options: dict[str, Any] = {
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": orjson.loads,
        "pool_size": pool_size,
        "max_overflow": pool_size,
        "hide_parameters": True,  # an error names its statement, never the customer's values in it
    }
    if parsed.get_backend_name() == "sqlite":
        if parsed.database:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, **options)
        _prepare_sqlite(engine, milliseconds)
        return engine
    parsed = parsed.set(drivername="postgresql+psycopg")
    settings = f"-c timezone=UTC -c lock_timeout={milliseconds} -c statement_timeout=300000"
    return create_engine(parsed, connect_args={"options": settings}, pool_pre_ping=True, **options)


def _prepare_sqlite(engine: Engine, busy_milliseconds: int) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
        for pragma in (
            f"busy_timeout={busy_milliseconds}",  # first: changing the journal mode may have to wait too
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(f"BEGIN {connection.get_execution_options().get('begin', 'DEFERRED')}")
