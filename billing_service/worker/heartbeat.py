"""Keeps the claims of a worker alive while it works, from a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from billing_service.store.session import Database
from billing_service.worker import claims

log = structlog.get_logger(__name__)


class Heartbeat:
    """While entered, extends every claim it keeps each third of the lease."""

    def __init__(self, database: Database, lease: timedelta) -> None:
        self._database = database
        self._lease = lease
        self._tokens: set[UUID] = set()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def keeping(self, token: UUID) -> Iterator[None]:
        self._tokens.add(token)
        try:
            yield
        finally:
            self._tokens.discard(token)

    def __enter__(self) -> Heartbeat:
        self._ended.clear()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._thread:
            self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(self._lease.total_seconds() / 3):
            for token in list(self._tokens):
                try:
                    with self._database.write() as session:
                        claims.renew(session, token, self._lease)
                except SQLAlchemyError as error:
                    # A missed beat costs nothing yet; a lost lease is noticed by whoever records under it.
                    log.warning("worker.heartbeat_missed", reason=str(error).splitlines()[0])
