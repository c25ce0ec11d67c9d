"""Billing runs and documents. An issued document, its lines and its PDF never change (triggers keep that).

A credit note is a document of its own kind that names its invoice; triggers keep it within that invoice.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Owned, Versioned, one_of, points_to
from billing_service.store.types import Cents, UnitPrice

_NOT_ISSUED: Final = text("state <> 'issued'")


class BillingRun(Base, Keyed, Versioned):
    """Release and issue of everything uninvoiced up to ``until``, for all contracts or those chosen."""

    __tablename__ = "billing_runs"

    until: Mapped[date]
    contract_ids: Mapped[list[Any] | None]
    state: Mapped[str]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]

    __table_args__ = (one_of("state", "releasing", "released", "issuing", "issued", "withdrawn"),)


class Invoice(Base, Keyed, Versioned):
    """A document. ``document`` is the canonical JSON of ``core.document``, complete once issued; ``digest`` its hash,
    chained to ``previous_digest``, the document before it in the series."""

    __tablename__ = "invoices"

    billing_run_id: Mapped[UUID | None]
    credits_invoice_id: Mapped[UUID | None]
    contract_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    kind: Mapped[str] = mapped_column(default="invoice")
    state: Mapped[str]
    number: Mapped[str | None]
    series_id: Mapped[UUID | None]
    period: Mapped[str | None]
    sequence: Mapped[int | None]
    issue_date: Mapped[date | None]
    due_date: Mapped[date | None]
    supply_from: Mapped[date]
    supply_to: Mapped[date]
    payment_reference: Mapped[str | None]
    currency: Mapped[str]
    net: Mapped[Decimal] = mapped_column(Cents)
    vat: Mapped[Decimal] = mapped_column(Cents)
    gross: Mapped[Decimal] = mapped_column(Cents)
    document: Mapped[str]
    digest: Mapped[str | None]
    previous_digest: Mapped[str | None]
    created_at: Mapped[datetime]
    issued_at: Mapped[datetime | None]

    __table_args__ = (
        UniqueConstraint("administration_id", "number"),
        UniqueConstraint("administration_id", "series_id", "period", "sequence"),
        points_to("billing_runs", "billing_run_id"),
        points_to("invoices", "credits_invoice_id"),
        points_to("contracts", "contract_id"),
        points_to("customers", "customer_id"),
        points_to("series", "series_id"),
        one_of("kind", "invoice", "credit_note", "zero_statement"),
        one_of("state", "released", "issued", "withdrawn"),
        CheckConstraint("net + vat = gross", name="totals"),
        CheckConstraint("(kind = 'credit_note') = (credits_invoice_id IS NOT NULL)", name="credits"),
        CheckConstraint(
            "state <> 'issued' OR kind = 'zero_statement' OR"
            " (number IS NOT NULL AND digest IS NOT NULL AND issue_date IS NOT NULL)",
            name="issued_is_complete",
        ),
        Index(None, "administration_id", "billing_run_id", "state"),
        Index(
            "uq_invoices_run_contract",
            "administration_id",
            "billing_run_id",
            "contract_id",
            unique=True,
            postgresql_where=text("state <> 'withdrawn'"),
            sqlite_where=text("state <> 'withdrawn'"),
        ),
        Index(
            "ix_invoices_credits",
            "administration_id",
            "credits_invoice_id",
            postgresql_where=text("credits_invoice_id IS NOT NULL"),
            sqlite_where=text("credits_invoice_id IS NOT NULL"),
        ),
        # One credit note of an invoice follows the other: each is computed on those before it.
        Index(
            "uq_invoices_waiting_credit",
            "administration_id",
            "credits_invoice_id",
            unique=True,
            postgresql_where=text("credits_invoice_id IS NOT NULL AND state = 'released'"),
            sqlite_where=text("credits_invoice_id IS NOT NULL AND state = 'released'"),
        ),
        Index(None, "administration_id", "contract_id"),
        Index(None, "administration_id", "customer_id"),
        Index(None, "administration_id", "due_date"),
        # What a payer quotes.
        Index(
            "ix_invoices_payment_reference",
            "administration_id",
            "payment_reference",
            postgresql_where=text("payment_reference IS NOT NULL"),
            sqlite_where=text("payment_reference IS NOT NULL"),
        ),
        # The few that are not issued, in the order of a list, among a million that are. An index over all states would
        # lead SQLite, which keeps no statistics, away from better ones.
        Index(
            "ix_invoices_not_issued",
            "administration_id",
            "id",
            postgresql_where=_NOT_ISSUED,
            sqlite_where=_NOT_ISSUED,
        ),
    )


# Written into the statement: where it is a parameter neither database sees that the index of the few is enough.
NOT_ISSUED: Final = Invoice.state != literal_column("'issued'")


class InvoiceLine(Base, Owned):
    """One line of a document, as printed. A line of a credit note says which line of its invoice it credits; its
    quantity or minutes are then what it takes of that line, also where only the amount is printed."""

    __tablename__ = "invoice_lines"

    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    description: Mapped[str]
    pricing: Mapped[str]
    quantity: Mapped[Decimal | None] = mapped_column(UnitPrice)
    minutes: Mapped[int | None]
    unit_price: Mapped[Decimal | None] = mapped_column(UnitPrice)
    amount: Mapped[Decimal] = mapped_column(Cents)
    vat_category: Mapped[str]
    vat_rate: Mapped[Decimal | None] = mapped_column(Cents)
    revenue_group: Mapped[str | None]
    credits_line: Mapped[int | None]

    __table_args__ = (points_to("invoices", "invoice_id"),)


class InvoicePdf(Base, Owned):
    """The PDF of an issued document, rendered once from its frozen value."""

    __tablename__ = "invoice_pdfs"

    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (points_to("invoices", "invoice_id"),)
