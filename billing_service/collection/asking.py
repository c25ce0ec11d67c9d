"""The schedule's part: asking for the payments of every connection, as often as its package can bear."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_service.connections import capabilities_of
from billing_service.store import collecting
from billing_service.store.connections import Connection
from billing_service.store.scope import Scope
from connectors.base import Capabilities

EVERY: Final = timedelta(minutes=5)
ACTOR: Final = "worker"
CALLS_IN_A_PULL: Final = 6
"""What a pull without much news costs, about."""
SHARE: Final = 4
"""One call in so many may be a pull of ours; the others are for deliveries and reconciliation."""


def interval(capabilities: Capabilities) -> timedelta:
    """How long from one pull to the next: five minutes, or what the declared limits of the package ask for."""
    slowest = [limit.per * CALLS_IN_A_PULL * SHARE / limit.calls for limit in capabilities.limits.value]
    return max([EVERY, *slowest])


def ask_due(session: Session, now: datetime) -> None:
    """Asks for the payments of every active connection for which it is time."""
    for connection in session.scalars(select(Connection).where(Connection.state == "active").order_by(Connection.id)):
        scope = Scope(session, connection.administration_id, ACTOR, now)
        pull = collecting.lock(scope, connection.id)
        if pull.asked_at is None or now - pull.asked_at >= interval(capabilities_of(connection)):
            pull.asked_at = now
            collecting.ask(scope, connection.id)
