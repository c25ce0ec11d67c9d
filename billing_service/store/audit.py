"""The audit trail: a row per change with its actor, in the transaction of the change; rows are never changed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, insert, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_service.core.ids import new_id
from billing_service.store.administrations import Administration
from billing_service.store.base import Base, Keyed
from billing_service.store.scope import Scope

PERSONAL = frozenset(
    {
        "name",
        "email",
        "street",
        "postal_code",
        "phone",
        "iban",
        "note",
        "solution_summary",
        "recipient_name",
        "recipient_email",
        "legal_name",
    }
)
"""Fields whose values enter the trail only as salted digests, so that erasing them elsewhere erases them."""


class AuditRow(Base, Keyed):
    __tablename__ = "audit_trail"

    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    noun: Mapped[str]
    object_id: Mapped[UUID]
    changes: Mapped[dict[str, Any]]

    __table_args__ = (Index(None, "administration_id", "object_id"),)


class OperatorAuditRow(Base):
    """What operators did: administrations and keys made, outside any one administration."""

    __tablename__ = "operator_audit_trail"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    noun: Mapped[str]
    object_id: Mapped[UUID]
    changes: Mapped[dict[str, Any]]


def record(scope: Scope, action: str, noun: str, object_id: UUID, changes: Mapping[str, Any] | None = None) -> None:
    """Write one audit row. ``changes`` holds the new values by field; personal ones are replaced by salted digests."""
    scope.session.execute(insert(AuditRow), [row(scope, action, noun, object_id, changes)])


def row(
    scope: Scope, action: str, noun: str, object_id: UUID, changes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The values of one audit row, for callers that insert many at once."""
    changes = changes or {}
    if not PERSONAL.isdisjoint(changes):
        salt = _salt(scope.session, scope.administration_id)
        changes = {field: _digest(salt, value) if field in PERSONAL else value for field, value in changes.items()}
    return {
        "administration_id": scope.administration_id,
        "id": new_id(),
        "at": scope.now,
        "actor": scope.actor,
        "action": action,
        "noun": noun,
        "object_id": object_id,
        "changes": plain(changes),
    }


def plain(value: Any) -> Any:
    """The value as JSON can hold it: dates, decimals and ids as text."""
    kind = type(value)
    if kind is str or kind is int or value is None or kind is bool:  # most values: this runs for every row of a file
        return value
    if kind is dict or isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int) else str(value)


def _salt(session: Session, administration_id: UUID) -> str:
    return session.scalars(select(Administration.digest_salt).where(Administration.id == administration_id)).one()


def _digest(salt: str, value: Any) -> str | None:
    if value is None:
        return None
    return "digest:" + hmac.new(salt.encode(), str(value).encode(), hashlib.sha256).hexdigest()
