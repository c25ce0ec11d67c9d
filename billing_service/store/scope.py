"""On whose behalf a use case works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@dataclass(frozen=True, slots=True)
class Scope:
    """One transaction, in one administration, by one actor, at one moment.

    ``actor`` is what the audit trail shows: ``key:<public id>``, ``cli``, ``worker``. ``now`` is an aware instant.
    ``clock`` is where ``now`` came from; every edge hands it in. Without it the moment stands still (previews, tests).
    """

    session: Session
    administration_id: UUID
    actor: str
    now: datetime
    clock: Callable[[], datetime] | None = None

    @property
    def today(self) -> date:
        """The business date: the calendar day in Amsterdam."""
        return self.now.astimezone(AMSTERDAM).date()

    def at_this_moment(self) -> Scope:
        """The same scope with ``now`` read anew: for what must be dated after a lock it had to wait for."""
        return self if self.clock is None else replace(self, now=self.clock())


@dataclass(frozen=True, slots=True)
class OperatorScope:
    """One transaction of an operator, outside any one administration."""

    session: Session
    actor: str
    now: datetime

    def within(self, administration_id: UUID) -> Scope:
        """The same work inside one administration."""
        return Scope(self.session, administration_id, self.actor, self.now)
