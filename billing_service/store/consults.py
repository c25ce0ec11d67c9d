"""Consults: proposed from facts or made by a person, confirmed or rejected, held in sessions, charged once."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Index, UniqueConstraint, literal_column, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Owned, Versioned, one_of, points_to
from billing_service.store.guards import Guard, never

CONSULT_STATES: Final = ("proposed", "confirmed", "rejected", "completed", "cancelled")
SESSION_KINDS: Final = ("webinar", "call", "visit", "other")
_LIVE: Final = text("live")


class ConsultPolicyRow(Base, Owned, Versioned):
    """What an administration asks for consults and when one is proposed: every setting, as ``core.consult`` reads it.
    Without this row nothing is proposed."""

    __tablename__ = "consult_policies"

    document: Mapped[dict[str, Any]]
    changed_at: Mapped[datetime]


class Consult(Base, Keyed, Versioned):
    """A service for one customer under one contract.

    ``rule`` and ``cause`` say which rule of ``core.consult`` proposed it and for what, ``facts`` what it was based on;
    a person's has none. ``pricing`` is as ``core.consult.pricing`` reads it. ``charge_id`` is what completing it made.
    """

    __tablename__ = "consults"

    contract_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    reference: Mapped[str]
    title: Mapped[str]
    state: Mapped[str]
    rule: Mapped[str | None]
    cause: Mapped[str | None]
    facts: Mapped[dict[str, Any]]
    indicators: Mapped[list[Any]]
    pricing: Mapped[dict[str, Any] | None]
    vat_class: Mapped[str]
    revenue_group: Mapped[str | None]
    proposed_by: Mapped[str]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    completed_on: Mapped[date | None]
    charge_id: Mapped[UUID | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "reference"),
        UniqueConstraint("administration_id", "contract_id", "cause"),
        UniqueConstraint("administration_id", "charge_id"),
        points_to("contracts", "contract_id"),
        points_to("customers", "customer_id"),
        points_to("charges", "charge_id"),
        one_of("state", *CONSULT_STATES),
        one_of("vat_class", "standard", "reduced", "zero", "exempt"),
        CheckConstraint("(rule IS NULL) = (cause IS NULL)", name="cause"),
        CheckConstraint("(state = 'completed') = (charge_id IS NOT NULL)", name="charged"),
        CheckConstraint("(charge_id IS NULL) = (completed_on IS NULL)", name="completed_on"),
        CheckConstraint("state NOT IN ('confirmed', 'completed') OR pricing IS NOT NULL", name="priced"),
        CheckConstraint("state NOT IN ('rejected', 'cancelled') OR reason IS NOT NULL", name="reason"),
    )


class ConsultSession(Base, Keyed):
    """One webinar, call or visit of a consult: how long it took, and who gave it."""

    __tablename__ = "consult_sessions"

    consult_id: Mapped[UUID]
    held_on: Mapped[date]
    minutes: Mapped[int]
    kind: Mapped[str]
    title: Mapped[str | None]
    handler_id: Mapped[UUID | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("consults", "consult_id"),
        points_to("persons", "handler_id"),
        one_of("kind", *SESSION_KINDS),
        CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes"),
        Index(None, "administration_id", "consult_id"),
    )


class ConsultQuestion(Base, Owned):
    """A question that is answered in a consult. ``live`` until the consult is rejected or cancelled: a question is in
    one live consult at most."""

    __tablename__ = "consult_questions"

    consult_id: Mapped[UUID] = mapped_column(primary_key=True)
    question_id: Mapped[UUID] = mapped_column(primary_key=True)
    live: Mapped[bool]
    created_at: Mapped[datetime]

    __table_args__ = (
        points_to("consults", "consult_id"),
        points_to("questions", "question_id"),
        Index(
            "uq_consult_questions_live",
            "administration_id",
            "question_id",
            unique=True,
            postgresql_where=_LIVE,
            sqlite_where=_LIVE,
        ),
        # SQLite uses no partial index for an outer join, and every question that is decided again asks for its consult.
        Index(None, "administration_id", "question_id"),
    )


IS_LIVE: Final = literal_column("consult_questions.live", Boolean())
"""As the index of live ones says it: with ``= 1`` SQLite would not use that."""

_CHARGED: Final = (
    "OLD.state = 'completed' AND (NEW.charge_id IS NULL OR NEW.charge_id <> OLD.charge_id) AND EXISTS (SELECT 1"
    " FROM charges c WHERE c.administration_id = OLD.administration_id AND c.id = OLD.charge_id"
    " AND c.state <> 'cancelled')"
)
"""A completed consult lets go of its charge only after that was cancelled: there are never two."""


def consult_guards() -> list[Guard]:
    """A consult is charged once, an ended one does not come back, and none disappears."""
    return [
        *never(
            "consults_charge", "a completed consult keeps its charge", "UPDATE", table="consults", condition=_CHARGED
        ),
        *never(
            "consults_ended",
            "a rejected or cancelled consult does not come back",
            "UPDATE",
            table="consults",
            condition="OLD.state IN ('rejected', 'cancelled') AND NEW.state <> OLD.state",
        ),
        *never("consults", "a consult is kept for ever", "DELETE"),
    ]
