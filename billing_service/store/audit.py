"""The audit trail: a row per change with its actor, in the transaction of the change.

A row never changes, but for being sealed once, a moment later: ``seal_number`` is then its place in the chain of its
trail and ``seal`` the hash over the seal before it and its content (``core/audit_chain``). A head says where a chain
ends, and is what a sealer locks.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, insert, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from billing_service.core.ids import new_id
from billing_service.store.administrations import Administration
from billing_service.store.base import Base, Keyed, Owned
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


_UNSEALED = text("seal_number IS NULL")
_SEALED = text("seal_number IS NOT NULL")


class AuditRow(Base, Keyed):
    __tablename__ = "audit_trail"

    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    noun: Mapped[str]
    object_id: Mapped[UUID]
    changes: Mapped[dict[str, Any]]
    seal_number: Mapped[int | None] = mapped_column(BigInteger)
    seal: Mapped[str | None]

    __table_args__ = (
        Index(None, "administration_id", "object_id"),
        Index("ix_audit_trail_unsealed", "id", postgresql_where=_UNSEALED, sqlite_where=_UNSEALED),
        Index(
            "uq_audit_trail_seal_number",
            "administration_id",
            "seal_number",
            unique=True,
            postgresql_where=_SEALED,
            sqlite_where=_SEALED,
        ),
    )


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
    seal_number: Mapped[int | None] = mapped_column(BigInteger)
    seal: Mapped[str | None]

    __table_args__ = (
        Index("ix_operator_audit_trail_unsealed", "id", postgresql_where=_UNSEALED, sqlite_where=_UNSEALED),
        Index(
            "uq_operator_audit_trail_seal_number",
            "seal_number",
            unique=True,
            postgresql_where=_SEALED,
            sqlite_where=_SEALED,
        ),
    )


class AuditHead(Base, Owned):
    """Where the chain of an administration's trail ends; 0 and empty while nothing is sealed."""

    __tablename__ = "audit_heads"

    seal_number: Mapped[int] = mapped_column(BigInteger)
    seal: Mapped[str]


class OperatorAuditHead(Base):
    """Where the chain of the operators' trail ends: one row."""

    __tablename__ = "operator_audit_heads"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seal_number: Mapped[int] = mapped_column(BigInteger)
    seal: Mapped[str]

    __table_args__ = (CheckConstraint("id = 1", name="one"),)


def record(scope: Scope, action: str, noun: str, object_id: UUID, changes: Mapping[str, Any] | None = None) -> None:
    """Write one audit row. ``changes`` holds the new values by field; personal ones are replaced by salted digests."""
    scope.session.execute(insert(AuditRow), [row(scope, action, noun, object_id, changes)])


def row(
    scope: Scope, action: str, noun: str, object_id: UUID, changes: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The values of one audit row, for callers that insert many at once."""
    return next(rows(scope, [(action, noun, object_id, changes or {})]))


def rows(scope: Scope, changed: Iterable[tuple[str, str, UUID, Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The values of audit rows, each from action, noun, object and changes; the salt is asked for once."""
    salt = ""
    for action, noun, object_id, changes in changed:
        if PERSONAL.isdisjoint(changes):
            yield _row(scope, action, noun, object_id, changes)
            continue
        salt = salt or _salt(scope.session, scope.administration_id)
        hidden = {field: _digest(salt, value) if field in PERSONAL else value for field, value in changes.items()}
        yield _row(scope, action, noun, object_id, hidden)


def _row(scope: Scope, action: str, noun: str, object_id: UUID, changes: Mapping[str, Any]) -> dict[str, Any]:
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
