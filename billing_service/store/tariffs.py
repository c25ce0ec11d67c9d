"""Tariffs and their dated versions; a published version never changes (a trigger keeps that)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Versioned, one_of, points_to


class Tariff(Base, Keyed, Versioned):
    __tablename__ = "tariffs"

    code: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("administration_id", "code"),)


class TariffVersion(Base, Keyed, Versioned):
    """A dated, ordered list of rules. ``document`` is the tariff as given; ``core.tariff.parse_tariff`` reads it."""

    __tablename__ = "tariff_versions"

    tariff_id: Mapped[UUID]
    number: Mapped[int]
    valid_from: Mapped[date]
    state: Mapped[str] = mapped_column(default="draft")
    document: Mapped[dict[str, Any]]
    published_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "tariff_id", "number"),
        points_to("tariffs", "tariff_id"),
        one_of("state", "draft", "published"),
    )
