"""A worker says that it runs, so that ``/readyz`` and the metrics can tell when none does."""

from __future__ import annotations

import os
import socket
import time
from datetime import timedelta
from typing import Final

from sqlalchemy import delete, update

from billing_service.core.ids import new_id
from billing_service.store.clock import database_now
from billing_service.store.session import Database
from billing_service.store.work import WorkerRow

EVERY: Final = 10.0
"""Seconds between two signs of life."""
FORGOTTEN_AFTER: Final = timedelta(days=1)


class Presence:
    """The row of this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._id = new_id()
        self._noted_at: float | None = None

    def note(self) -> None:
        """Say that this worker runs, where it is time to; rows of workers that vanished go after a day."""
        if self._noted_at is not None and time.monotonic() - self._noted_at < EVERY:
            return
        with self._database.write() as session:
            now = database_now(session)
            seen = update(WorkerRow).where(WorkerRow.id == self._id).values(seen_at=now).returning(WorkerRow.id)
            if session.execute(seen).first() is None:
                session.execute(delete(WorkerRow).where(WorkerRow.seen_at < now - FORGOTTEN_AFTER))
                row = WorkerRow(
                    id=self._id, host=socket.gethostname(), process_id=os.getpid(), started_at=now, seen_at=now
                )
                session.add(row)
        self._noted_at = time.monotonic()

    def end(self) -> None:
        """This worker stops."""
        with self._database.write() as session:
            session.execute(delete(WorkerRow).where(WorkerRow.id == self._id))
