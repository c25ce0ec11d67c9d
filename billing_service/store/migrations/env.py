"""Alembic runs inside the connection and transaction that ``store.schema`` hands over."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from billing_service.store.tables import METADATA
from billing_service.store.types import Instant, ScaledDecimal


def render_item(kind: str, item: Any, _autogen: object) -> str | Literal[False]:
    """Migrations name plain column types, so that an old one never changes with our code."""
    if kind == "type" and isinstance(item, ScaledDecimal):
        return "sa.BigInteger()"
    if kind == "type" and isinstance(item, Instant):
        return "sa.DateTime(timezone=True)"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    render_item=render_item,
    transaction_per_migration=False,
)
context.run_migrations()
