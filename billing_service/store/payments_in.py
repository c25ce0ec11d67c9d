"""Payments that an accounting package told: how far it was read, and what stands there of each payment.

What was told last of a payment is what counts. Which receipt was booked here because of it stands beside it.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Owned, Versioned, one_of, points_to
from billing_service.store.types import Cents

_UNDECIDED: Final = text("state = 'needs_decision'")
_UNDOES: Final = text("undoes IS NOT NULL")
_OWN: Final = text("number IS NOT NULL")
_BOOKED: Final = text("receipt_id IS NOT NULL")

STATES: Final = (
    "settled",
    "recognised",
    "needs_decision",
    "balance",
    "opening",
    "elsewhere",
    "not_ours",
    "taken_back",
    "reversal",
)
"""What became of a payment here.

settled         it settles documents of ours: a receipt or a refund stands here
recognised      a receipt of our own that was pushed there
needs_decision  nobody but a person can tell; ``doubt`` says why
balance         a person kept it as what its customer has to its credit
opening         it settles a document of the opening balance that is none of ours
elsewhere       it concerns no document of ours
not_ours        a person said so
taken_back      nothing of it stands there any more
reversal        it takes another payment back
"""


class PaymentPull(Base, Owned):
    """How far the payments of one connection were read.

    ``cursor`` is what to go on with; ``began_at`` when the pull that is under way began, ``pulled_at`` when one last
    came to its end. ``asked_at`` is when the schedule last asked. One that waits says why in ``waits`` and goes on at
    ``next_at``; ``waiting_since`` is when that cause began, ``attempts`` how often in a row it failed, ``problem`` what
    it needs a person for.
    """

    __tablename__ = "payment_pulls"

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    cursor: Mapped[str | None]
    asked_at: Mapped[datetime | None]
    began_at: Mapped[datetime | None]
    pulled_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    waits: Mapped[str | None]
    waiting_since: Mapped[datetime | None]
    next_at: Mapped[datetime | None]
    problem: Mapped[str | None]

    __table_args__ = (points_to("connections", "connection_id"),)


class PaymentIn(Base, Keyed, Versioned):
    """One payment as it stands in the package, and what became of it here.

    ``remote_id``, ``document``, ``customer`` and ``undoes`` are ids there: of the payment, of what it settles, of who
    paid, and of the payment that it takes back (its own where it was removed). ``number`` is our number of a receipt of
    ours that was pushed. ``derived``: the package tells no payments; this is by how much an open amount there changed.
    ``digest`` is of all that was told.

    ``booked`` is the digest of what stands here because of it: ``receipt_id`` or ``refund_id``. ``evidence`` is what
    the link to our documents rests on; ``doubt`` and ``proposals`` (invoices) are for the person who decides, and
    ``decision`` is what that person said.
    """

    __tablename__ = "payments_in"

    connection_id: Mapped[UUID]
    remote_id: Mapped[str]
    amount: Mapped[Decimal] = mapped_column(Cents)
    paid_on: Mapped[date]
    currency: Mapped[str]
    document: Mapped[str | None]
    document_number: Mapped[str | None]
    customer: Mapped[str | None]
    reference: Mapped[str | None]
    iban: Mapped[str | None]
    undoes: Mapped[str | None]
    number: Mapped[str | None]
    derived: Mapped[bool] = mapped_column(default=False)
    digest: Mapped[str]
    state: Mapped[str]
    evidence: Mapped[str | None]
    doubt: Mapped[str | None]
    proposals: Mapped[list[Any] | None]
    decision: Mapped[dict[str, Any] | None]
    customer_id: Mapped[UUID | None]
    receipt_id: Mapped[UUID | None]
    refund_id: Mapped[UUID | None]
    booked: Mapped[str | None]
    told_at: Mapped[datetime]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("connections", "connection_id"),
        points_to("customers", "customer_id"),
        points_to("receipts", "receipt_id"),
        points_to("refunds", "refund_id"),
        one_of("state", *STATES),
        CheckConstraint("(state = 'needs_decision') = (doubt IS NOT NULL)", name="doubt"),
        CheckConstraint("receipt_id IS NULL OR refund_id IS NULL", name="booked"),
        UniqueConstraint("administration_id", "connection_id", "remote_id", name="uq_payments_in_remote"),
        Index("ix_payments_in_document", "administration_id", "connection_id", "document"),
        Index("ix_payments_in_state", "administration_id", "state", "id"),
        Index("ix_payments_in_customer", "administration_id", "customer_id", "id"),
        Index(
            "ix_payments_in_undoes",
            "administration_id",
            "connection_id",
            "undoes",
            postgresql_where=_UNDOES,
            sqlite_where=_UNDOES,
        ),
        Index(
            "ix_payments_in_number",
            "administration_id",
            "connection_id",
            "number",
            postgresql_where=_OWN,
            sqlite_where=_OWN,
        ),
        Index(
            "ix_payments_in_receipt", "administration_id", "receipt_id", postgresql_where=_BOOKED, sqlite_where=_BOOKED
        ),
        Index(
            "ix_payments_in_undecided",
            "administration_id",
            "connection_id",
            "id",
            postgresql_where=_UNDECIDED,
            sqlite_where=_UNDECIDED,
        ),
    )


UNDECIDED: Final = PaymentIn.state == literal_column("'needs_decision'")
ELSEWHERE: Final = PaymentIn.state == literal_column("'elsewhere'")
