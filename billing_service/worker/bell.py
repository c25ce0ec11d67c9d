"""How an idle worker hears of new work: at once on PostgreSQL (LISTEN), within some 10 ms on SQLite (its data version).

A bell may miss a ring; the worker looks by itself every ``poll_seconds``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

import structlog
from sqlalchemy.exc import SQLAlchemyError

from billing_service.store.session import Database
from billing_service.store.triggers import NEW_WORK

log = structlog.get_logger(__name__)

LOOK_EVERY = 0.01
"""Seconds between two looks at SQLite's data version: some microseconds of work each."""
SLICE = 0.25
"""Seconds after which a waiting bell sees that the worker stops."""


class Bell(Protocol):
    def wait(self, seconds: float, stopping: Callable[[], bool]) -> None:
        """Return when there may be new work, after this many seconds, or when the worker stops."""

    def close(self) -> None: ...


def bell_of(database: Database) -> Bell:
    return SqliteBell(database) if database.is_sqlite else PostgresBell(database)


class SqliteBell:
    """``PRAGMA data_version`` changes on a connection whenever another one commits."""

    def __init__(self, database: Database) -> None:
        self._connection = database.engine.raw_connection()
        self._seen = self._version()

    def _version(self) -> int:
        cursor = self._connection.cursor()
        try:
            (version,) = cursor.execute("PRAGMA data_version").fetchone()
        finally:
            cursor.close()
        return int(version)

    def wait(self, seconds: float, stopping: Callable[[], bool]) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not stopping():
            version = self._version()
            if version != self._seen:
                self._seen = version
                return
            time.sleep(LOOK_EVERY)

    def close(self) -> None:
        self._connection.close()


class PostgresBell:
    """LISTEN on a connection of its own; a trigger on the outbox notifies. A lost connection is made anew."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Any = None
        self._connect()

    def wait(self, seconds: float, stopping: Callable[[], bool]) -> None:
        import psycopg

        end = time.monotonic() + seconds
        if self._connection is None and self._connect():
            return  # while it was gone it may have missed a ring
        try:
            while (left := end - time.monotonic()) > 0 and not stopping():
                if self._connection is None:
                    time.sleep(LOOK_EVERY)
                elif any(True for _ring in self._connection.notifies(timeout=min(left, SLICE), stop_after=1)):
                    return
        except psycopg.Error as error:
            log.warning("worker.bell_lost", reason=str(error).splitlines()[0])
            self.close()

    def _connect(self) -> bool:
        import psycopg  # here, so that SQLite alone does not load it

        try:
            fairy = self._database.engine.raw_connection()
        except (psycopg.Error, SQLAlchemyError) as error:
            log.warning("worker.bell_lost", reason=str(error).splitlines()[0])
            return False
        driver: Any = fairy.driver_connection
        fairy.detach()  # it listens for ever: the pool must not get it back
        driver.autocommit = True
        driver.execute(f"LISTEN {NEW_WORK}")
        self._connection = driver
        return True

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
