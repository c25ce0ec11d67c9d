"""What a replay of a tariff works on: a row per question while its job runs, and nothing afterwards."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Owned, one_of, points_to
from billing_service.store.types import Cents


class ReplayRow(Base, Owned):
    """One question: what is stored about it (``old``) beside what the replayed tariff says (``new``).

    ``kind``: *compared*; *by_person* (a person decided it, kept); *changed* (its facts changed after its release);
    *counted* (closed before the period, it only holds an ordinal or a place on an invoice). ``counter`` is what an
    ordinal counts in. A row without external id is no question: the difference that rounding time together makes.
    """

    __tablename__ = "replay_rows"

    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    question_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    contract_id: Mapped[UUID]
    customer_id: Mapped[UUID]
    decided_on: Mapped[date]
    closed_at: Mapped[datetime]
    source: Mapped[str]
    external_id: Mapped[str]
    subject: Mapped[str]
    old_state: Mapped[str]
    old_reason: Mapped[str | None]
    old_disposition: Mapped[str | None]
    old_rule: Mapped[str | None]
    old_minutes: Mapped[int | None]
    old_amount: Mapped[Decimal | None] = mapped_column(Cents)
    old_counter: Mapped[str | None]
    old_ordinal: Mapped[int | None]
    new_state: Mapped[str]
    new_reason: Mapped[str | None]
    new_disposition: Mapped[str | None]
    new_rule: Mapped[str | None]
    new_minutes: Mapped[int | None]
    new_amount: Mapped[Decimal | None] = mapped_column(Cents)
    new_counter: Mapped[str | None]
    new_ordinal: Mapped[int | None]
    difference: Mapped[Decimal] = mapped_column(Cents)

    __table_args__ = (points_to("jobs", "job_id"), one_of("kind", "compared", "by_person", "changed", "counted"))
