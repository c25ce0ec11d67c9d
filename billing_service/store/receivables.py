"""Money that came in and what it settles; disputes and write-offs beside the documents.

Every row is written once; allocations, refunds and write-offs are undone by a row of their own with the opposite
amount. What is open, paid or left is always computed from these rows and never stored.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Versioned, one_of, points_to
from billing_service.store.types import Cents

_PAYER_KNOWN = text("payer_iban IS NOT NULL")
_FROM_RECEIPT = text("receipt_id IS NOT NULL")
_FROM_CREDIT = text("credit_note_id IS NOT NULL")


class Receipt(Base, Keyed, Versioned):
    """Money received from a customer. One recorded by mistake is cancelled, once nothing is allocated from it."""

    __tablename__ = "receipts"

    customer_id: Mapped[UUID]
    received_on: Mapped[date]
    amount: Mapped[Decimal] = mapped_column(Cents)
    method: Mapped[str]
    payer_name: Mapped[str | None]
    payer_iban: Mapped[str | None]
    reference: Mapped[str | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("customers", "customer_id"),
        one_of("method", "bank_transfer", "direct_debit", "card", "cash", "other"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(cancelled_at IS NULL) = (cancel_reason IS NULL)", name="cancelled"),
        Index(None, "administration_id", "customer_id", "received_on"),
        Index(
            "ix_receipts_payer",
            "administration_id",
            "payer_iban",
            "customer_id",
            postgresql_where=_PAYER_KNOWN,
            sqlite_where=_PAYER_KNOWN,
        ),
    )


class Allocation(Base, Keyed):
    """What of a receipt or of a credit note settles an invoice. ``overpays``: it may be more than was open."""

    __tablename__ = "allocations"

    customer_id: Mapped[UUID]
    receipt_id: Mapped[UUID | None]
    credit_note_id: Mapped[UUID | None]
    invoice_id: Mapped[UUID]
    amount: Mapped[Decimal] = mapped_column(Cents)
    overpays: Mapped[bool] = mapped_column(default=False)
    allocated_on: Mapped[date]
    reverses_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("customers", "customer_id"),
        points_to("receipts", "receipt_id"),
        points_to("invoices", "credit_note_id"),
        points_to("invoices", "invoice_id"),
        points_to("allocations", "reverses_id"),
        UniqueConstraint("administration_id", "reverses_id"),
        CheckConstraint("(receipt_id IS NULL) <> (credit_note_id IS NULL)", name="source"),
        CheckConstraint("amount <> 0 AND (amount < 0) = (reverses_id IS NOT NULL)", name="amount"),
        # With the amount in it: what is open of an invoice is read from the index alone.
        Index("ix_allocations_invoice", "administration_id", "invoice_id", "credit_note_id", "amount"),
        Index(
            "ix_allocations_receipt",
            "administration_id",
            "receipt_id",
            "amount",
            postgresql_where=_FROM_RECEIPT,
            sqlite_where=_FROM_RECEIPT,
        ),
        Index(
            "ix_allocations_credit",
            "administration_id",
            "credit_note_id",
            "amount",
            postgresql_where=_FROM_CREDIT,
            sqlite_where=_FROM_CREDIT,
        ),
    )


class Refund(Base, Keyed):
    """Money paid back to the customer by a person, out of what was left of a receipt or a credit note."""

    __tablename__ = "refunds"

    customer_id: Mapped[UUID]
    receipt_id: Mapped[UUID | None]
    credit_note_id: Mapped[UUID | None]
    amount: Mapped[Decimal] = mapped_column(Cents)
    refunded_on: Mapped[date]
    reference: Mapped[str | None]
    reverses_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("customers", "customer_id"),
        points_to("receipts", "receipt_id"),
        points_to("invoices", "credit_note_id"),
        points_to("refunds", "reverses_id"),
        UniqueConstraint("administration_id", "reverses_id"),
        CheckConstraint("(receipt_id IS NULL) <> (credit_note_id IS NULL)", name="source"),
        CheckConstraint("amount <> 0 AND (amount < 0) = (reverses_id IS NOT NULL)", name="amount"),
        Index(None, "administration_id", "customer_id"),
        Index(
            "ix_refunds_receipt",
            "administration_id",
            "receipt_id",
            "amount",
            postgresql_where=_FROM_RECEIPT,
            sqlite_where=_FROM_RECEIPT,
        ),
        Index(
            "ix_refunds_credit",
            "administration_id",
            "credit_note_id",
            "amount",
            postgresql_where=_FROM_CREDIT,
            sqlite_where=_FROM_CREDIT,
        ),
    )


class WriteOff(Base, Keyed):
    """What of an invoice nobody expects to be paid any more."""

    __tablename__ = "write_offs"

    customer_id: Mapped[UUID]
    invoice_id: Mapped[UUID]
    amount: Mapped[Decimal] = mapped_column(Cents)
    written_off_on: Mapped[date]
    reason: Mapped[str]
    reverses_id: Mapped[UUID | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("customers", "customer_id"),
        points_to("invoices", "invoice_id"),
        points_to("write_offs", "reverses_id"),
        UniqueConstraint("administration_id", "reverses_id"),
        CheckConstraint("amount <> 0 AND (amount < 0) = (reverses_id IS NOT NULL)", name="amount"),
        Index("ix_write_offs_invoice", "administration_id", "invoice_id", "amount"),
        Index(None, "administration_id", "customer_id"),
    )


class Dispute(Base, Keyed, Versioned):
    """The customer contests an invoice, from ``opened_on`` until ``ended_on``. One at a time."""

    __tablename__ = "disputes"

    invoice_id: Mapped[UUID]
    opened_on: Mapped[date]
    reason: Mapped[str]
    ended_on: Mapped[date | None]
    outcome: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("invoices", "invoice_id"),
        CheckConstraint("ended_on >= opened_on", name="days"),
        CheckConstraint("(ended_on IS NULL) = (outcome IS NULL)", name="ended"),
        Index(None, "administration_id", "invoice_id"),
        Index(
            "uq_disputes_open",
            "administration_id",
            "invoice_id",
            unique=True,
            postgresql_where=text("ended_on IS NULL"),
            sqlite_where=text("ended_on IS NULL"),
        ),
    )
