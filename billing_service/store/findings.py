"""Findings: what a person must look at, with cause and next action."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Versioned, one_of

_OPEN = text("state = 'open'")


class Finding(Base, Keyed, Versioned):
    """``code`` names the cause; ``facts`` fill its sentence when it is read. One open row per cause and subject."""

    __tablename__ = "findings"

    code: Mapped[str]
    noun: Mapped[str]
    subject_id: Mapped[UUID]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="open")
    resolution: Mapped[str | None]
    created_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("state", "open", "resolved"),
        Index(
            "uq_findings_open",
            "administration_id",
            "code",
            "subject_id",
            unique=True,
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
    )
