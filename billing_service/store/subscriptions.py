"""Subscriptions: what was agreed, what was agreed from which day on, and which periods were billed."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Owned, Versioned, one_of, points_to
from billing_service.store.types import Cents, UnitPrice


class Subscription(Base, Keyed, Versioned):
    """A price once and a price per period, under a contract; ``core.subscriptions.Subscription`` has the meanings.

    ``title`` holds texts by language, ``label`` is what several can be found and indexed together by. ``billed_until``
    is the last day of the last period that was billed, uncut; the day before the start where only what is charged once
    was. ``next_due`` is the date of the next charge that a run will make, null where there is none to come.
    """

    __tablename__ = "subscriptions"

    contract_id: Mapped[UUID]
    title: Mapped[dict[str, Any]]
    label: Mapped[str | None]
    once_amount: Mapped[Decimal | None] = mapped_column(Cents)
    period: Mapped[str]
    anchor: Mapped[str]
    timing: Mapped[str]
    first_policy: Mapped[str]
    last_policy: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]
    vat_class: Mapped[str]
    revenue_group: Mapped[str | None]
    cancelled_at: Mapped[datetime | None]
    billed_until: Mapped[date | None]
    next_due: Mapped[date | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("contracts", "contract_id"),
        one_of("period", "month", "quarter", "half_year", "year"),
        one_of("anchor", "calendar", "start"),
        one_of("timing", "in_advance", "in_arrears"),
        one_of("first_policy", "full", "none", "days", "thirty"),
        one_of("last_policy", "full", "none", "days", "thirty"),
        one_of("vat_class", "standard", "reduced", "zero", "exempt"),
        CheckConstraint("once_amount >= 0", name="once_amount"),
        CheckConstraint("ends_on >= starts_on", name="validity"),
        Index(None, "administration_id", "contract_id"),
        Index(
            "ix_subscriptions_due",
            "administration_id",
            "contract_id",
            "next_due",
            postgresql_where=text("next_due IS NOT NULL"),
            sqlite_where=text("next_due IS NOT NULL"),
        ),
    )


class SubscriptionTerm(Base, Keyed):
    """Something agreed from a day on: a price, an indexation, a quantity. Never changed, only followed by another."""

    __tablename__ = "subscription_terms"

    subscription_id: Mapped[UUID]
    valid_from: Mapped[date]
    kind: Mapped[str]
    value: Mapped[Decimal] = mapped_column(UnitPrice)
    base: Mapped[Decimal | None] = mapped_column(Cents)
    actor: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("subscriptions", "subscription_id"),
        one_of("kind", "amount", "percentage", "per_mille", "index", "quantity"),
        CheckConstraint("value >= 0 OR kind = 'index'", name="value"),
        CheckConstraint("(base IS NOT NULL) = (kind IN ('percentage', 'per_mille'))", name="base"),
        Index(None, "administration_id", "subscription_id"),
        Index(
            "uq_subscription_terms_index",
            "administration_id",
            "subscription_id",
            "valid_from",
            unique=True,
            postgresql_where=text("kind = 'index'"),
            sqlite_where=text("kind = 'index'"),
        ),
    )


class SubscriptionPeriod(Base, Owned):
    """A period that was billed, or (part ``once``) the price once: there is one row 0 for each, so it is billed once.

    Rows from 1 on are corrections: what a later end, or none, adds or takes off. ``last_day`` is where the period ended
    when the row was made, ``whole`` what all of it cost. A row without charge came to nothing.
    """

    __tablename__ = "subscription_periods"

    subscription_id: Mapped[UUID] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    first_day: Mapped[date] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_day: Mapped[date]
    whole: Mapped[Decimal] = mapped_column(Cents)
    charge_id: Mapped[UUID | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("subscriptions", "subscription_id"),
        points_to("charges", "charge_id"),
        one_of("part", "once", "periodic"),
        CheckConstraint("number >= 0", name="number"),
        UniqueConstraint("administration_id", "charge_id"),
    )
