"""Time that was paid for before it is spent: hour cards and blocks, allowances, and every movement of them.

What is left of a card, or of a period of an allowance, is the sum of its movements and is stored nowhere. Movements are
written once; a draw is undone by a movement of its own. What is left of a card after its last day does not move: it can
no longer be drawn for later days, and a day before it still draws from the card (``core.prepaid``).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.core.calendar import PERIOD_KINDS
from billing_service.store.base import Base, Keyed, Owned, Versioned, one_of, points_to
from billing_service.store.types import Cents

_OF_QUESTION = text("question_id IS NOT NULL")
_SALES = text("kind = 'sale'")
_GRANTS = text("kind = 'grant'")


class HourCard(Base, Keyed, Versioned):
    """Prepaid minutes of one contract: an hour card, or a block for one piece of work.

    ``code`` is what a rule's ``draw_from`` may ask for. ``title`` holds texts by language. ``multi_purpose``: sold
    without VAT, which is due when it is used. ``follows_id``: the finished block whose feedback this block pays for.
    ``charge_id`` is the sale. A cancelled card is drawn no more.
    """

    __tablename__ = "hour_cards"

    contract_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    reference: Mapped[str]
    kind: Mapped[str]
    code: Mapped[str]
    title: Mapped[dict[str, Any]]
    minutes: Mapped[int]
    price: Mapped[Decimal] = mapped_column(Cents)
    vat_class: Mapped[str]
    revenue_group: Mapped[str | None]
    multi_purpose: Mapped[bool] = mapped_column(default=False)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    low_balance_minutes: Mapped[int | None]
    follows_id: Mapped[UUID | None]
    sold_on: Mapped[date]
    charge_id: Mapped[UUID | None]
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "reference"),
        points_to("contracts", "contract_id"),
        points_to("customers", "customer_id"),
        points_to("hour_cards", "follows_id"),
        points_to("charges", "charge_id"),
        one_of("kind", "card", "block"),
        one_of("vat_class", "standard", "reduced", "zero", "exempt"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("price >= 0", name="price"),
        CheckConstraint("valid_to >= valid_from", name="validity"),
        CheckConstraint("low_balance_minutes >= 0", name="low_balance_minutes"),
        Index(None, "administration_id", "contract_id"),
    )


class Allowance(Base, Keyed, Versioned):
    """Questions or minutes that a contract gives in every period. ``title`` holds texts by language.

    What is left of a period may be used up to ``carry_over_periods`` periods later. The first period gives the whole
    quantity, also where the allowance begins within it.
    """

    __tablename__ = "allowances"

    contract_id: Mapped[UUID]
    code: Mapped[str]
    title: Mapped[dict[str, Any]]
    unit: Mapped[str]
    quantity: Mapped[int]
    period: Mapped[str]
    carry_over_periods: Mapped[int] = mapped_column(default=0)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("contracts", "contract_id"),
        one_of("unit", "questions", "minutes"),
        one_of("period", *PERIOD_KINDS),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("carry_over_periods >= 0", name="carry_over_periods"),
        CheckConstraint("valid_to >= valid_from", name="validity"),
        Index(None, "administration_id", "contract_id"),
    )


class CardMovement(Base, Keyed):
    """What came on or went off a card, or a period of an allowance: whole minutes, or questions.

    ``sale`` and ``grant`` begin it; ``draw`` takes for a question (``part`` of its decision) on the day of the work;
    ``undo`` takes back the movement it names as ``reverses_id``; ``correction`` is a person's, with a reason.
    """

    __tablename__ = "card_movements"

    hour_card_id: Mapped[UUID | None]
    allowance_id: Mapped[UUID | None]
    period_first: Mapped[date | None]
    kind: Mapped[str]
    quantity: Mapped[int]
    work_date: Mapped[date]
    question_id: Mapped[UUID | None]
    part: Mapped[int | None]
    reverses_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    actor: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("hour_cards", "hour_card_id"),
        points_to("allowances", "allowance_id"),
        points_to("questions", "question_id"),
        points_to("card_movements", "reverses_id"),
        UniqueConstraint("administration_id", "reverses_id"),
        one_of("kind", "sale", "grant", "draw", "undo", "correction"),
        CheckConstraint("(hour_card_id IS NULL) <> (allowance_id IS NULL)", name="pot"),
        CheckConstraint("(allowance_id IS NULL) = (period_first IS NULL)", name="period"),
        CheckConstraint("(kind = 'undo') = (reverses_id IS NOT NULL)", name="undo"),
        CheckConstraint("kind <> 'draw' OR question_id IS NOT NULL AND part IS NOT NULL", name="draw"),
        CheckConstraint("kind <> 'correction' OR reason IS NOT NULL", name="correction"),
        CheckConstraint(
            "quantity <> 0 AND (kind NOT IN ('sale', 'grant') OR quantity > 0) AND (kind <> 'draw' OR quantity < 0)",
            name="quantity",
        ),
        CheckConstraint(
            "(kind <> 'sale' OR hour_card_id IS NOT NULL) AND (kind <> 'grant' OR allowance_id IS NOT NULL)",
            name="begins",
        ),
        # With the quantity in them: what is left is read from the index alone.
        Index("ix_card_movements_card", "administration_id", "hour_card_id", "quantity"),
        Index("ix_card_movements_allowance", "administration_id", "allowance_id", "period_first", "quantity"),
        Index(
            "ix_card_movements_question",
            "administration_id",
            "question_id",
            postgresql_where=_OF_QUESTION,
            sqlite_where=_OF_QUESTION,
        ),
        Index(
            "uq_card_movements_sale",
            "administration_id",
            "hour_card_id",
            unique=True,
            postgresql_where=_SALES,
            sqlite_where=_SALES,
        ),
        Index(
            "uq_card_movements_grant",
            "administration_id",
            "allowance_id",
            "period_first",
            unique=True,
            postgresql_where=_GRANTS,
            sqlite_where=_GRANTS,
        ),
    )


class PrintedMovement(Base, Owned):
    """On which document a movement stands: one, once. A document that is withdrawn before issue gives it back."""

    __tablename__ = "printed_movements"

    movement_id: Mapped[UUID] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID]

    __table_args__ = (
        points_to("card_movements", "movement_id"),
        points_to("invoices", "invoice_id"),
        Index(None, "administration_id", "invoice_id"),
    )
