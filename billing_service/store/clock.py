"""The clock of the database: the same for every web and worker machine, so leases and ages go by it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from billing_service.store.types import Instant


def clock(sqlite: bool) -> ColumnElement[datetime]:
    """The present, as an expression."""
    if sqlite:  # six digits of a second, because that is how instants are stored and read
        return func.strftime("%Y-%m-%d %H:%M:%f000", "now", type_=Instant())
    return func.clock_timestamp(type_=Instant())


def database_now(session: Session) -> datetime:
    """The present."""
    return session.execute(select(clock(session.get_bind().dialect.name == "sqlite"))).scalar_one()
