"""What happened, and the endpoints of other services that hear of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Versioned, one_of, points_to


class Event(Base, Keyed):
    """Something that happened to ``noun`` ``subject_id``. Written only where an endpoint exists; kept for 90 days."""

    __tablename__ = "events"

    kind: Mapped[str]
    noun: Mapped[str]
    subject_id: Mapped[UUID]
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]

    __table_args__ = (Index(None, "administration_id", "subject_id"), Index(None, "created_at"))


class WebhookEndpoint(Base, Keyed, Versioned):
    """Where another service wants to hear of events. ``kinds``: of these alone; empty: of all.

    ``secrets`` holds, encrypted, the signing secret and, until ``previous_until``, the one before it.
    """

    __tablename__ = "webhook_endpoints"

    url: Mapped[str]
    description: Mapped[str | None]
    kinds: Mapped[list[Any]]
    secrets: Mapped[bytes] = mapped_column(LargeBinary)
    previous_until: Mapped[datetime | None]
    state: Mapped[str] = mapped_column(default="active")
    disabled_reason: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        one_of("state", "active", "disabled"),
        CheckConstraint("(state = 'disabled') = (disabled_reason IS NOT NULL)", name="disabled"),
    )


class WebhookDelivery(Base, Keyed):
    """One event on its way to one endpoint; ``attempts`` counts since it was (last) asked for."""

    __tablename__ = "webhook_deliveries"

    endpoint_id: Mapped[UUID]
    event_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
    tried_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("webhook_endpoints", "endpoint_id"),
        points_to("events", "event_id"),
        one_of("state", "waiting", "delivered", "failed"),
        CheckConstraint("(state = 'delivered') = (delivered_at IS NOT NULL)", name="delivered"),
        UniqueConstraint("administration_id", "endpoint_id", "event_id"),
        Index(None, "administration_id", "event_id"),
    )
