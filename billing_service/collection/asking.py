"""Asking for payments: the schedule, as often as a package can bear, and people, who also ask how far it is."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_service.connections import capabilities_of, connecting
from billing_service.core.delivery_texts import WAITS
from billing_service.errors import Conflict
from billing_service.store import collecting
from billing_service.store.connections import Connection
from billing_service.store.payments_in import PaymentPull
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


def ask_now(scope: Scope, connection_id: UUID) -> dict[str, Any]:
    """A person wants them read now; how far it is. Raises ``NotFound``, and ``Conflict`` (``not_active``)."""
    if connecting.get(scope, connection_id).state != "active":
        raise Conflict("Nothing is read while the connection is not active.", code="not_active")
    collecting.ask(scope, connection_id)
    return progress(scope, connection_id)


def progress(scope: Scope, connection_id: UUID) -> dict[str, Any]:
    """How far the payments of a connection were read, as people read it. Raises ``NotFound``."""
    connecting.get(scope, connection_id)
    pull = scope.session.get(PaymentPull, (scope.administration_id, connection_id))
    waits = None if pull is None else pull.waits
    return {
        "connection_id": connection_id,
        "pulled_at": None if pull is None else pull.pulled_at,
        "waits_for": None if waits is None else {language: texts[waits] for language, texts in WAITS.items()},
        "next_at": None if pull is None else pull.next_at,
        "problem": None if pull is None else pull.problem,
    }
