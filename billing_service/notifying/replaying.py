"""Sending again what an endpoint lost, and forgetting what is old."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session

from billing_service.errors import Conflict, NotFound
from billing_service.store import audit, outbox
from billing_service.store.scope import Scope
from billing_service.store.telling import DELIVER, send
from billing_service.store.webhooks import Event, WebhookDelivery, WebhookEndpoint

KEPT: Final = timedelta(days=90)
MOST: Final = 10_000
"""Events in one replay."""


def replay(scope: Scope, delivery_id: UUID) -> WebhookDelivery:
    """Sends one event to one endpoint again, delivered before or not. Raises ``NotFound``, and ``Conflict``
    (``endpoint_disabled``, or ``still_waiting``)."""
    row = scope.session.get(WebhookDelivery, (scope.administration_id, delivery_id), with_for_update=True)
    if row is None:
        raise NotFound("There is no such webhook delivery.")
    endpoint = scope.session.get_one(WebhookEndpoint, (scope.administration_id, row.endpoint_id))
    if endpoint.state != "active":
        raise Conflict("This endpoint is disabled.", code="endpoint_disabled")
    if row.state == "waiting" and row.attempts == 0:
        raise Conflict("This event is on its way already.", code="still_waiting")
    _again(scope, [row])
    return row


def replay_since(scope: Scope, endpoint: WebhookEndpoint, since: datetime, *, only_missed: bool = True) -> int:
    """Sends this endpoint every event since a moment that it subscribes to; ``only_missed``: that it has not taken.

    Returns how many. Raises Conflict (``endpoint_disabled``, ``too_many_events``: more than 10,000 at once).
    """
    if endpoint.state != "active":
        raise Conflict("This endpoint is disabled.", code="endpoint_disabled")
    mine = Event.administration_id == scope.administration_id
    query = select(Event.id).where(mine, Event.created_at >= since, Event.kind != "endpoint.test")
    if endpoint.kinds:
        query = query.where(Event.kind.in_(endpoint.kinds))
    events = list(scope.session.scalars(query.order_by(Event.id).limit(MOST + 1)))
    if len(events) > MOST:
        raise Conflict(f"More than {MOST:,} events; choose a later moment.", code="too_many_events")
    of_endpoint = (
        WebhookDelivery.administration_id == scope.administration_id,
        WebhookDelivery.endpoint_id == endpoint.id,
        WebhookDelivery.created_at >= since,  # none is older than its event
    )
    known = {row.event_id: row for row in scope.session.scalars(select(WebhookDelivery).where(*of_endpoint))}
    again = [known[event] for event in events if event in known and not (only_missed and _taken(known[event]))]
    _again(scope, again)
    new = [event for event in events if event not in known]
    send(scope, [(endpoint.id, event) for event in new])
    told = {"since": since, "events": len(again) + len(new)}
    audit.record(scope, "webhook_endpoint.replayed", "webhook_endpoint", endpoint.id, told)
    return len(again) + len(new)


def prune(session: Session, now: datetime) -> None:
    """Forgets events of over 90 days ago with their deliveries."""
    old = select(Event.administration_id, Event.id).where(Event.created_at < now - KEPT)
    of_event = tuple_(WebhookDelivery.administration_id, WebhookDelivery.event_id)
    session.execute(delete(WebhookDelivery).where(of_event.in_(old)))
    session.execute(delete(Event).where(Event.created_at < now - KEPT))


def _taken(row: WebhookDelivery) -> bool:
    """Delivered, or still being tried for the first time."""
    return row.state == "delivered" or (row.state == "waiting" and row.attempts == 0)


def _again(scope: Scope, rows: list[WebhookDelivery]) -> None:
    for row in rows:
        if row.state != "waiting":
            outbox.enqueue(scope, DELIVER, row.id)
        row.state, row.attempts, row.delivered_at, row.last_error = "waiting", 0, None, None
    scope.session.flush()
