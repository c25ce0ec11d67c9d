"""The counters of calls in the database: every worker on every machine counts into the same ones.

Calls are counted in small slots of time instead of one by one. A slot counts until its last call has left the window,
so the limit is never passed, and calls are held back by at most one slot too long.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from billing_service.store.connections import ConnectionCalls, ConnectionLimit
from billing_service.store.session import Database
from connectors.base import ErrorBudget, Limit
from connectors.limits import Clock

SLOTS: Final = 20
"""Slots in the shortest window of a connection: a call is held back by at most a twentieth of it too long."""
NEVER_LONGER: Final = timedelta(hours=1)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class StoredLimiter:
    """A :class:`connectors.limits.Limiter`; every method is one short transaction of its own."""

    def __init__(self, database: Database, administration_id: UUID, clock: Clock) -> None:
        self._database, self._administration_id, self._clock = database, administration_id, clock

    def take(
        self, connection: str, endpoint: str, limits: Sequence[Limit], budget: ErrorBudget | None
    ) -> timedelta | None:
        """See :class:`connectors.limits.Limiter`."""
        with (
            self._database.write() if limits else self._database.read() as session
        ):  # only what is counted needs a lock
            paused_until = self._lock(session, connection) if limits else self._paused(session, connection)
            now = self._clock()
            waits = [timedelta() if paused_until is None else paused_until - now]
            calls = self._slots(session, connection, "call", "") if limits else []
            waits += [_full(calls, limit.calls, limit.per, now) for limit in limits]
            if budget is not None:
                refused = self._slots(session, connection, "refused", endpoint)
                waits.append(_full(refused, budget.errors, budget.per, now))
            if (wait := max(waits)) > timedelta():
                return wait
            if limits:
                windows = [limit.per for limit in limits]
                self._count(session, connection, "call", "", min(windows), max(windows), now)
        return None

    def pause(self, connection: str, wait: timedelta) -> None:
        """See :class:`connectors.limits.Limiter`."""
        with self._database.write() as session:
            paused_until = self._lock(session, connection)
            until = self._clock() + wait
            row = session.get_one(ConnectionLimit, (self._administration_id, UUID(connection)))
            row.paused_until = until if paused_until is None else max(until, paused_until)

    def refused(self, connection: str, endpoint: str, budget: ErrorBudget) -> None:
        """See :class:`connectors.limits.Limiter`."""
        with self._database.write() as session:
            self._lock(session, connection)
            self._count(session, connection, "refused", endpoint, budget.per, budget.per, self._clock())

    def _lock(self, session: Session, connection: str) -> datetime | None:
        """Alone with the counters of this connection until the transaction ends; until when it is paused."""
        key = {"administration_id": self._administration_id, "connection_id": UUID(connection)}
        insert = sqlite_insert if self._database.is_sqlite else postgresql_insert
        session.execute(insert(ConnectionLimit).values(**key).on_conflict_do_nothing())
        session.execute(select(ConnectionLimit.connection_id).filter_by(**key).with_for_update())
        return self._paused(session, connection)

    def _paused(self, session: Session, connection: str) -> datetime | None:
        key = {"administration_id": self._administration_id, "connection_id": UUID(connection)}
        return session.execute(select(ConnectionLimit.paused_until).filter_by(**key)).scalar_one_or_none()

    def _slots(self, session: Session, connection: str, kind: str, endpoint: str) -> list[tuple[int, datetime]]:
        """How many calls fell into each slot and when the last of them, oldest first."""
        rows = session.execute(
            select(ConnectionCalls.calls, ConnectionCalls.last_at)
            .filter_by(
                administration_id=self._administration_id,
                connection_id=UUID(connection),
                kind=kind,
                endpoint=endpoint,
            )
            .order_by(ConnectionCalls.slot)
        )
        return [(row.calls, row.last_at) for row in rows]

    def _count(
        self,
        session: Session,
        connection: str,
        kind: str,
        endpoint: str,
        shortest: timedelta,
        longest: timedelta,
        now: datetime,
    ) -> None:
        """One more call in the slot of now; what has left the longest window is forgotten."""
        width = min(shortest, NEVER_LONGER) / SLOTS
        key = {
            "administration_id": self._administration_id,
            "connection_id": UUID(connection),
            "kind": kind,
            "endpoint": endpoint,
        }
        session.execute(delete(ConnectionCalls).filter_by(**key).where(ConnectionCalls.last_at <= now - longest))
        insert = sqlite_insert if self._database.is_sqlite else postgresql_insert
        slot = _EPOCH + (now - _EPOCH) // width * width
        counted = insert(ConnectionCalls).values(**key, slot=slot, calls=1, last_at=now)
        session.execute(
            counted.on_conflict_do_update(
                index_elements=[*key, "slot"],
                set_={"calls": ConnectionCalls.calls + 1, "last_at": now},
            )
        )


def _full(slots: Sequence[tuple[int, datetime]], most: int, per: timedelta, now: datetime) -> timedelta:
    """How long until fewer than ``most`` calls fall within the window; zero or less if that is so now."""
    inside = 0
    for count, last_at in reversed(slots):
        if last_at <= now - per:
            break
        inside += count
        if inside >= most:
            return last_at + per - now
    return timedelta()
