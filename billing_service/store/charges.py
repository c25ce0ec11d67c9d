"""What the tariff said about a question, and the amounts ready to be invoiced."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, false, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Owned, Versioned, one_of, points_to
from billing_service.store.types import Cents, UnitPrice

CHARGE_SOURCES: Final = (
    "question",
    "manual",
    "import",
    "card",
    "block",
    "consult",
    "subscription",
    "correction",
    "rounding",
)


class Decision(Base, Owned, Versioned):
    """What the tariff says about one question. One row per question; it is replaced until its charge is released.

    ``parts`` and ``explanation`` are the plain values of ``core.tariff``; the first part gives ``disposition``.
    Where a table over ordinals priced it, ``ordinal_counter`` names what it counts in (``rating.ordinals``): table,
    contract or customer, period; ``ordinal`` is the number it was last priced with, final once ``released``.
    ``invoice_id`` is the document it was released with, also when it puts no line on it (a waived question).
    ``draws``: made by a rule (or a person) that draws prepaid time, whatever there was to draw (``rating.drawing``).
    """

    __tablename__ = "decisions"

    question_id: Mapped[UUID] = mapped_column(primary_key=True)
    state: Mapped[str]
    reason: Mapped[str | None]
    decided_on: Mapped[date]
    contract_id: Mapped[UUID | None]
    customer_id: Mapped[UUID | None]
    tariff_version_id: Mapped[UUID | None]
    phase: Mapped[str | None]
    rule: Mapped[str | None]
    disposition: Mapped[str | None]
    minutes: Mapped[int | None]
    amount: Mapped[Decimal | None] = mapped_column(Cents)
    provisional: Mapped[bool] = mapped_column(default=False)
    ordinal: Mapped[int | None]
    ordinal_table: Mapped[str | None]
    ordinal_counter: Mapped[str | None]
    by_person: Mapped[str | None]
    released: Mapped[bool] = mapped_column(default=False)
    invoice_id: Mapped[UUID | None]
    closed: Mapped[bool] = mapped_column(default=True)
    draws: Mapped[bool] = mapped_column(default=False, server_default=false())
    parts: Mapped[list[Any]]
    explanation: Mapped[dict[str, Any]]
    decided_at: Mapped[datetime]

    __table_args__ = (
        points_to("questions", "question_id"),
        points_to("contracts", "contract_id"),
        points_to("customers", "customer_id"),
        points_to("tariff_versions", "tariff_version_id"),
        points_to("invoices", "invoice_id"),
        one_of("state", "decided", "needs_decision", "blocked"),
        one_of("disposition", "charge", "included", "draw", "waived", "not_billable"),
        CheckConstraint("invoice_id IS NULL OR released", name="released_with"),
        Index(None, "administration_id", "contract_id", "decided_on"),
        Index(None, "administration_id", "state"),
        Index(
            "ix_decisions_drawing",
            "administration_id",
            "contract_id",
            "decided_on",
            postgresql_where=text("draws"),
            sqlite_where=text("draws"),
        ),
        Index(
            None,
            "administration_id",
            "ordinal_counter",
            postgresql_where=text("ordinal_counter IS NOT NULL"),
            sqlite_where=text("ordinal_counter IS NOT NULL"),
        ),
        Index(
            None,
            "administration_id",
            "invoice_id",
            postgresql_where=text("invoice_id IS NOT NULL"),
            sqlite_where=text("invoice_id IS NOT NULL"),
        ),
    )


class Charge(Base, Keyed, Versioned):
    """An amount ready to be invoiced. ``invoice_id`` and ``line`` say on which single document line it stands.

    ``description`` holds texts by language: ``{"nl": ..., "en": ...}``. ``pricing`` tells how the amount
    is printed: ``quantity`` × ``unit_price``, ``minutes`` × ``unit_price`` per hour, or the plain ``amount``.
    A charge whose question was corrected after issue is ``credited``; the charge that replaces it names it as
    ``replaces_id``. ``detail``, by language too, is what stands in small under the description where no question
    tells it. ``rounding``: this time is rounded together with other time of the day or invoice (``core.rounding``); a
    charge with source ``rounding`` is the difference. ``explanation``: the steps to the amount of a charge
    that no question, import or person tells about (``core.charge_texts``).
    """

    __tablename__ = "charges"

    contract_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    source: Mapped[str]
    question_id: Mapped[UUID | None]
    part: Mapped[int] = mapped_column(default=0)
    date: Mapped[date]
    description: Mapped[dict[str, Any]]
    detail: Mapped[dict[str, Any] | None]
    rounding: Mapped[dict[str, Any] | None]
    explanation: Mapped[list[Any] | None]
    disposition: Mapped[str] = mapped_column(default="charge")
    pricing: Mapped[str]
    quantity: Mapped[Decimal | None] = mapped_column(UnitPrice)
    minutes: Mapped[int | None]
    unit_price: Mapped[Decimal | None] = mapped_column(UnitPrice)
    amount: Mapped[Decimal] = mapped_column(Cents)
    vat_class: Mapped[str]
    revenue_group: Mapped[str | None]
    rule: Mapped[str | None]
    state: Mapped[str] = mapped_column(default="open")
    invoice_id: Mapped[UUID | None]
    line: Mapped[int | None]
    replaces_id: Mapped[UUID | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        Index(
            "uq_charges_question_part",
            "administration_id",
            "question_id",
            "part",
            unique=True,
            postgresql_where=text("state <> 'credited'"),
            sqlite_where=text("state <> 'credited'"),
        ),
        points_to("contracts", "contract_id"),
        points_to("customers", "customer_id"),
        points_to("questions", "question_id"),
        points_to("invoice_lines", "invoice_id", "line", key=("invoice_id", "line")),
        points_to("charges", "replaces_id"),
        one_of("source", *CHARGE_SOURCES),
        one_of("disposition", "charge", "included"),
        one_of("pricing", "quantity", "time", "amount"),
        one_of("vat_class", "standard", "reduced", "zero", "exempt"),
        one_of("state", "open", "released", "invoiced", "credited", "cancelled"),
        CheckConstraint("(state IN ('released', 'invoiced', 'credited')) = (invoice_id IS NOT NULL)", name="on_a_line"),
        # Without the state in it: issuing then moves nothing within an index of all charges there ever were.
        Index(None, "administration_id", "contract_id"),
        Index(
            "ix_charges_open",
            "administration_id",
            "contract_id",
            "date",
            postgresql_where=text("state = 'open'"),
            sqlite_where=text("state = 'open'"),
        ),
        Index(
            "ix_charges_rounded",
            "administration_id",
            "contract_id",
            "date",
            postgresql_where=text("rounding IS NOT NULL"),
            sqlite_where=text("rounding IS NOT NULL"),
        ),
        Index(None, "administration_id", "invoice_id", "line"),
    )


IS_OPEN: Final = Charge.state == literal_column("'open'")
"""With the word in the statement itself: a parameter would keep both databases from the index of open charges."""
