"""API keys and the memory of requests that may be repeated (Idempotency-Key)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.core.ids import new_id
from billing_service.store.base import Base, Owned


class ApiKey(Base):
    """A key of one administration, or an operator key (no administration). Only the SHA-256 of its secret is stored."""

    __tablename__ = "api_keys"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    administration_id: Mapped[UUID | None] = mapped_column(Uuid(), ForeignKey("administrations.id"), index=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    secret_sha256: Mapped[str]
    label: Mapped[str]
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]


class _Remembered:
    key: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str]
    body_sha256: Mapped[str]
    status: Mapped[int | None]
    headers: Mapped[dict[str, Any] | None]
    body: Mapped[str | None]
    secret_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = mapped_column(index=True)


class IdempotencyKey(Base, Owned, _Remembered):
    """The first answer to a request, stored in the transaction of its effect. ``secret_id``: the answer held a secret
    and was not stored; this is the id of what was made."""

    __tablename__ = "idempotency_keys"


class OperatorIdempotencyKey(Base, _Remembered):
    __tablename__ = "operator_idempotency_keys"
