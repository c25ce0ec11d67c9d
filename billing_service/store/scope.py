"""On whose behalf a use case works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


@dataclass(frozen=True, slots=True)
class Scope:
    """One transaction, in one administration, by one actor, at one moment.

    ``actor`` is what the audit trail shows: ``key:<public id>``, ``cli``, ``worker``. ``now`` is an aware instant.
    """

    session: Session
    administration_id: UUID
    actor: str
    now: datetime

    @property
    def today(self) -> date:
        """The business date: the calendar day in Amsterdam."""
        return self.now.astimezone(AMSTERDAM).date()
