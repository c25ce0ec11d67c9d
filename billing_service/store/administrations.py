"""Administrations and what is dated within them: VAT status, book years, number series."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.core.ids import new_id
from billing_service.store.base import Base, Keyed, Owned, Versioned, one_of


class Administration(Base, Versioned):
    """One financial entity that issues invoices. Nothing is shared between administrations."""

    __tablename__ = "administrations"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    legal_name: Mapped[str]
    trade_name: Mapped[str | None]
    street: Mapped[str]
    postal_code: Mapped[str]
    city: Mapped[str]
    country: Mapped[str] = mapped_column(default="NL")
    kvk: Mapped[str | None]
    vat_number: Mapped[str | None]
    iban: Mapped[str | None]
    bic: Mapped[str | None]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    website: Mapped[str | None]
    currency: Mapped[str] = mapped_column(default="EUR")
    language: Mapped[str] = mapped_column(default="nl")
    payment_term_days: Mapped[int] = mapped_column(default=30)
    zero_statements: Mapped[bool] = mapped_column(default=True)
    digest_salt: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (one_of("language", "nl", "en"), CheckConstraint("payment_term_days >= 0", name="term"))


class VatStatus(Base, Owned):
    """From this date on the administration is liable for VAT, uses the small-business scheme, or is no entrepreneur."""

    __tablename__ = "vat_statuses"

    valid_from: Mapped[date] = mapped_column(primary_key=True)
    status: Mapped[str]

    __table_args__ = (one_of("status", "liable", "small_business", "not_entrepreneur"),)


class BookYear(Base, Keyed):
    """A financial year with a free start and end; its label appears in invoice numbers. Years never overlap."""

    __tablename__ = "book_years"

    label: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]

    __table_args__ = (
        UniqueConstraint("administration_id", "label"),
        CheckConstraint("ends_on >= starts_on", name="order"),
    )


class Series(Base, Keyed, Versioned):
    """A gapless number series for one document type; its row is the lock under which numbers are given.

    ``counter_period`` is the label of the book year that ``next_number`` counts in (empty when it counts on).
    ``last_digest`` is the digest of the newest document, to which the next one is chained. ``is_default``: documents of
    this type are numbered here unless something else was chosen. ``cut_over_number`` is the first number where that is
    not 1. ``blocked_at``: restored from a backup then; nothing is issued until a person confirms the last number sent.
    ``jumps`` are the numbers skipped by that: ``period``, ``from``, ``to``, ``first``, ``last`` (printed),
    ``confirmed_at``, ``confirmed_by``.
    """

    __tablename__ = "series"

    code: Mapped[str]
    document_type: Mapped[str]
    pattern: Mapped[str]
    per_book_year: Mapped[bool]
    is_default: Mapped[bool] = mapped_column(default=False)
    next_number: Mapped[int] = mapped_column(default=1)
    counter_period: Mapped[str] = mapped_column(default="")
    last_issue_date: Mapped[date | None]
    last_number: Mapped[str | None]
    last_digest: Mapped[str | None]
    cut_over_at: Mapped[datetime | None]
    cut_over_number: Mapped[int | None]
    blocked_at: Mapped[datetime | None]
    jumps: Mapped[list[Any]] = mapped_column(default=list)

    __table_args__ = (
        UniqueConstraint("administration_id", "code"),
        UniqueConstraint("administration_id", "document_type", "pattern"),
        one_of("document_type", "invoice", "credit_note"),
        CheckConstraint("next_number >= 1", name="next_number"),
        Index(
            "uq_series_default",
            "administration_id",
            "document_type",
            unique=True,
            postgresql_where=text("is_default"),
            sqlite_where=text("is_default"),
        ),
    )
