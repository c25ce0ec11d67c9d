"""What the helpdesk answered: contact moments, questions, time entries with revisions and corrections."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Owned, Versioned, one_of, points_to
from billing_service.store.types import Cents


class ContactMoment(Base, Keyed, Versioned):
    """One call, mail, chat or portal message; holds one or more questions."""

    __tablename__ = "contact_moments"

    source: Mapped[str]
    external_id: Mapped[str | None]
    channel: Mapped[str]
    occurred_at: Mapped[datetime]
    asker_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID | None]
    note: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "source", "external_id"),
        points_to("persons", "asker_id"),
        points_to("organisations", "organisation_id"),
    )


class Question(Base, Keyed, Versioned):
    """The unit that is billed. ``facts_digest`` tells whether a source that sends it again changed anything: it is of
    what the source last said, also when a person has changed the question since."""

    __tablename__ = "questions"

    source: Mapped[str]
    external_id: Mapped[str]
    facts_digest: Mapped[str]
    contact_moment_id: Mapped[UUID | None]
    subject: Mapped[str]
    category: Mapped[str | None]
    kind: Mapped[str] = mapped_column(default="question")
    channel: Mapped[str | None]
    support_line: Mapped[str | None]
    urgency: Mapped[str | None]
    tags: Mapped[list[Any]] = mapped_column(default=list)
    asker_id: Mapped[UUID | None]
    handler_id: Mapped[UUID | None]
    organisation_id: Mapped[UUID | None]
    contract_id: Mapped[UUID | None]
    opened_at: Mapped[datetime]
    picked_up_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    solution_summary: Mapped[str | None]
    quantities: Mapped[dict[str, Any]] = mapped_column(default=dict)
    base_amount: Mapped[Decimal | None] = mapped_column(Cents)
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "source", "external_id"),
        points_to("contact_moments", "contact_moment_id"),
        points_to("persons", "asker_id"),
        points_to("persons", "handler_id"),
        points_to("organisations", "organisation_id"),
        points_to("contracts", "contract_id"),
        one_of("kind", "question", "remark", "change", "improvement", "bug", "consult"),
        Index(None, "administration_id", "closed_at"),
        Index(None, "administration_id", "organisation_id"),
    )


class TimeEntry(Base, Keyed, Versioned):
    """Who spent how many whole minutes on which day: the newest revision, and a correction beside it."""

    __tablename__ = "time_entries"

    question_id: Mapped[UUID]
    source: Mapped[str]
    external_id: Mapped[str]
    handler_id: Mapped[UUID | None]
    role: Mapped[str | None]
    worked_on: Mapped[date]
    raw_minutes: Mapped[int]
    revision: Mapped[int] = mapped_column(default=1)
    corrected_minutes: Mapped[int | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "source", "external_id"),
        points_to("questions", "question_id"),
        points_to("persons", "handler_id"),
        CheckConstraint("raw_minutes BETWEEN 0 AND 1440", name="raw"),
        CheckConstraint("corrected_minutes BETWEEN 0 AND 1440", name="corrected"),
        Index(None, "administration_id", "question_id"),
    )


class TimeEntryRevision(Base, Owned):
    """What the source said at a moment; kept for ever (a trigger refuses changes)."""

    __tablename__ = "time_entry_revisions"

    time_entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    worked_on: Mapped[date]
    raw_minutes: Mapped[int]
    actor: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (points_to("time_entries", "time_entry_id"),)


class TimeCorrection(Base, Keyed):
    """A person's second value for the minutes, with reason, actor and moment; kept for ever."""

    __tablename__ = "time_corrections"

    time_entry_id: Mapped[UUID]
    revision: Mapped[int]
    kind: Mapped[str]
    minutes: Mapped[int]
    reason: Mapped[str]
    actor: Mapped[str]
    at: Mapped[datetime]

    __table_args__ = (
        points_to("time_entries", "time_entry_id"),
        one_of("kind", "correction", "confirmation"),
        CheckConstraint("minutes BETWEEN 0 AND 1440", name="minutes"),
        Index(None, "administration_id", "time_entry_id"),
    )
