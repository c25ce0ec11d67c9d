"""What both sides of a connection agreed on last, and where one of them has departed from it since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, literal_column, select, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Owned, Versioned, one_of, points_to
from billing_service.store.scope import Scope

_OPEN: Final = text("state = 'open'")

NOUNS: Final = ("customer", "document", "receipt")
KINDS: Final = ("changed", "gone", "cancelled", "by_hand")
CHOICES: Final = ("ours", "theirs", "keep")
CODES: Final = {
    "customer": "customer_changed_there",
    "document": "document_changed_there",
    "receipt": "receipt_changed_there",
}
"""The finding about a conflict, by its noun; about one that was recorded here:"""
BY_HAND: Final = "receipt_by_hand"


class Agreement(Base, Owned):
    """What the package read back of one of ours when it was delivered, or when a person settled a conflict about it.

    ``noun`` and ``subject_id`` as in :class:`~billing_service.store.deliveries.Delivery`. ``facts`` are texts by the
    name of the field, as they stand there; a field that the package does not tell is absent.
    """

    __tablename__ = "agreements"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    noun: Mapped[str] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, Any]]
    agreed_at: Mapped[datetime]

    __table_args__ = (points_to("connections", "connection_id"), one_of("noun", *NOUNS))


class SyncConflict(Base, Keyed, Versioned):
    """A change on the wrong side: of a customer or document of ours over there, or of a payment of theirs here.

    ``number`` is what people call it. ``compared`` has for each field that differs ``name``, ``ours``, ``theirs`` and
    ``agreed``. ``found_by`` is who noticed: a hook, collection, reconciliation, or the daily look.
    ``choice`` is how a person resolved it; ``none`` where it went by itself.
    """

    __tablename__ = "sync_conflicts"

    connection_id: Mapped[UUID]
    noun: Mapped[str]
    subject_id: Mapped[UUID]
    kind: Mapped[str]
    number: Mapped[str]
    remote_id: Mapped[str | None]
    compared: Mapped[list[Any]]
    found_by: Mapped[str]
    state: Mapped[str] = mapped_column(default="open")
    choice: Mapped[str | None]
    reason: Mapped[str | None]
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("connections", "connection_id"),
        one_of("noun", *NOUNS),
        one_of("kind", *KINDS),
        one_of("state", "open", "resolved"),
        one_of("choice", *CHOICES, "none"),
        CheckConstraint("(state = 'resolved') = (choice IS NOT NULL)", name="resolved"),
        CheckConstraint("choice <> 'keep' OR reason IS NOT NULL", name="reason"),
        Index(
            "uq_sync_conflicts_open",
            "administration_id",
            "connection_id",
            "noun",
            "subject_id",
            unique=True,
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
    )


# Written into the statement, see store.deliveries.
IS_OPEN: Final = SyncConflict.state == literal_column("'open'")


def code_of(row: SyncConflict) -> str:
    """The code of its finding."""
    return BY_HAND if row.kind == "by_hand" else CODES[row.noun]


def open_conflicts(scope: Scope, connection_id: UUID) -> Sequence[SyncConflict]:
    """Those of this connection that nobody has resolved yet."""
    mine = SyncConflict.administration_id == scope.administration_id, SyncConflict.connection_id == connection_id
    return scope.session.scalars(select(SyncConflict).where(*mine, IS_OPEN)).all()


def agreed(scope: Scope, connection_id: UUID, noun: str, subject_id: UUID) -> Agreement | None:
    """What was agreed on last, if anything was."""
    return scope.session.get(Agreement, (scope.administration_id, connection_id, noun, subject_id))


def agree(scope: Scope, connection_id: UUID, noun: str, subject_id: UUID, facts: Mapping[str, str | None]) -> None:
    """From now on this is what both sides agree on."""
    row = agreed(scope, connection_id, noun, subject_id)
    if row is None:
        key = {"administration_id": scope.administration_id, "connection_id": connection_id, "noun": noun}
        row = Agreement(**key, subject_id=subject_id, facts={}, agreed_at=scope.now)
        scope.session.add(row)
    row.facts, row.agreed_at = dict(facts), scope.now
    scope.session.flush()
