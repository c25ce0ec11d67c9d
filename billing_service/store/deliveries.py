"""What is on its way to an accounting package, or arrived there, with all that the next worker has to go by."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Versioned, one_of, points_to

_FEW: Final = text("state IN ('waiting', 'needs_attention')")
_RECEIPT: Final = text("noun = 'receipt'")


NOUNS: Final = ("document", "customer", "receipt")
STATES: Final = ("waiting", "delivered", "needs_attention", "cancelled")


class Delivery(Base, Keyed, Versioned):
    """One document, customer or receipt on its way over one connection.

    ``subject_id`` is an invoice or credit note, a customer, or (noun ``receipt``) the allocation of a receipt to one
    invoice. ``number`` is what stands there as its number; of a receipt it is made for this purpose.

    ``key`` is the idempotency key and never changes. ``step`` is the last change that was begun there, and
    ``tried_at`` when: stored before the call, with ``unclear``, so that whoever goes on knows that it may have come
    through; nobody looks before ``look_after``. ``digest`` is the SHA-256 of what was sent. ``attached``: the package
    said that it has the file; ``without_file``: a person decided that it goes without.

    ``asked_at`` is when it was last asked for. A waiting one says why in ``waits`` and goes on at ``next_at``;
    ``waiting_since`` is when that cause began. One that needs attention has a ``cause`` and what is to be repaired
    (``fix``), ``field`` and ``detail`` where the package told them, and ``differences`` where what stands there is not
    ours.
    """

    __tablename__ = "deliveries"

    connection_id: Mapped[UUID]
    noun: Mapped[str]
    subject_id: Mapped[UUID]
    number: Mapped[str]
    state: Mapped[str] = mapped_column(default="waiting")
    key: Mapped[str]
    step: Mapped[str | None]
    remote_id: Mapped[str | None]
    attached: Mapped[bool] = mapped_column(default=False)
    without_file: Mapped[bool] = mapped_column(default=False)
    digest: Mapped[str | None]
    tried_at: Mapped[datetime | None]
    unclear: Mapped[bool] = mapped_column(default=False)
    look_after: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    waits: Mapped[str | None]
    waiting_since: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    cause: Mapped[str | None]
    fix: Mapped[str | None]
    field: Mapped[str | None]
    detail: Mapped[str | None]
    differences: Mapped[list[Any] | None]
    asked_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("connections", "connection_id"),
        one_of("noun", *NOUNS),
        one_of("state", *STATES),
        one_of("fix", "fix_data", "fix_mapping", "fix_rights", "fix_support", "look_there", "wait"),
        CheckConstraint("(state = 'needs_attention') = (cause IS NOT NULL)", name="cause"),
        CheckConstraint("(cause IS NULL) = (fix IS NULL)", name="cause_and_fix"),
        CheckConstraint("state <> 'delivered' OR (delivered_at IS NOT NULL AND NOT unclear)", name="delivered"),
        CheckConstraint("NOT unclear OR (tried_at IS NOT NULL AND look_after IS NOT NULL)", name="unclear"),
        # The names that the convention makes of these are longer than PostgreSQL keeps.
        UniqueConstraint("administration_id", "connection_id", "noun", "subject_id", name="uq_deliveries_subject"),
        UniqueConstraint("administration_id", "connection_id", "noun", "remote_id", name="uq_deliveries_remote"),
        Index(
            "uq_deliveries_receipt",
            "administration_id",
            "connection_id",
            "number",
            unique=True,
            postgresql_where=_RECEIPT,
            sqlite_where=_RECEIPT,
        ),
        Index(
            "ix_deliveries_not_delivered",
            "administration_id",
            "state",
            "id",
            postgresql_where=_FEW,
            sqlite_where=_FEW,
        ),
    )


# Written into the statement: where it is a parameter neither database sees that the index of the few is enough.
IS_WAITING: Final = Delivery.state == literal_column("'waiting'")
IS_STUCK: Final = Delivery.state == literal_column("'needs_attention'")
NOT_DELIVERED: Final = Delivery.state.in_((literal_column("'waiting'"), literal_column("'needs_attention'")))
