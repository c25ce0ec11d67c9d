"""VAT over time: rates of laws made after this program, and how customers' VAT numbers were checked."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.core.ids import new_id
from billing_service.store.base import Base, Keyed, one_of, points_to
from billing_service.store.types import Cents


class VatRate(Base):
    """A Dutch rate (a percentage) from a day on, for every administration; ``source`` is the law that says so."""

    __tablename__ = "vat_rates"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    vat_class: Mapped[str]
    valid_from: Mapped[date]
    rate: Mapped[Decimal] = mapped_column(Cents)
    source: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        Index("uq_vat_rates_class_day", "vat_class", "valid_from", unique=True),
        one_of("vat_class", "standard", "reduced"),
        CheckConstraint("rate > 0 AND rate < 10000", name="rate"),
    )


class VatNumberCheck(Base, Keyed):
    """A customer's VAT number was checked: what was checked, by which rule, and what came out. Never changed."""

    __tablename__ = "vat_number_checks"

    customer_id: Mapped[UUID]
    vat_number: Mapped[str]
    country: Mapped[str]
    rule: Mapped[str]
    valid: Mapped[bool]
    problem: Mapped[str | None]
    checked_at: Mapped[datetime]

    __table_args__ = (
        points_to("customers", "customer_id"),
        one_of("rule", "form"),
        Index(None, "administration_id", "customer_id", "checked_at"),
    )
