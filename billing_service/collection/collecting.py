"""The worker's part: one pull of a connection, page by page."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from billing_service.connections import Outside
from billing_service.delivery import Hands


def collect(outside: Outside, hands: Hands, connection_id: UUID) -> timedelta | None:
    """Read what is new."""
    return None
