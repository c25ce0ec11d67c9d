"""Work that leaves the request: the outbox that workers claim from, jobs that callers follow, the schedule, and
the workers that were seen."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.core.ids import new_id
from billing_service.store.base import Base, Keyed, Versioned, one_of

_OPEN = text("state IN ('ready', 'running')")
_STUCK = text("state = 'needs_attention'")
_NOT_DONE = text("state <> 'done'")


class OutboxRow(Base, Keyed):
    """One piece of work, written in the transaction of the change that asks for it.

    A worker claims it under a lease (by the database's clock). It ends ``done``, or ``needs_attention`` with ``error``.
    """

    __tablename__ = "outbox"

    kind: Mapped[str]
    subject_id: Mapped[UUID]
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="ready")
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("state", "ready", "running", "done", "needs_attention"),
        Index(
            "ix_outbox_open",
            "due_at",
            "id",
            postgresql_where=_OPEN,
            sqlite_where=_OPEN,
        ),
        Index("ix_outbox_stuck", "kind", postgresql_where=_STUCK, sqlite_where=_STUCK),
        Index(None, "administration_id", "subject_id", "id"),
    )


class Job(Base, Keyed, Versioned):
    """Long work that a caller follows. ``payload`` is its input, ``result`` what came out, ``errors`` the bad rows."""

    __tablename__ = "jobs"

    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default="queued")
    subject_id: Mapped[UUID | None]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    media_type: Mapped[str | None]
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("state", "queued", "running", "done", "needs_attention"),
        Index("ix_jobs_not_done", "kind", "state", postgresql_where=_NOT_DONE, sqlite_where=_NOT_DONE),
    )


class ScheduleRow(Base):
    """Work that comes back: claimed once when due, however many workers run."""

    __tablename__ = "schedule"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    last_run_at: Mapped[datetime | None]
    last_error: Mapped[str | None]


class WorkerRow(Base):
    """A worker process that runs, and when it last said so. One that ends takes its row with it; of one that was
    killed the row stays for a day."""

    __tablename__ = "workers"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    host: Mapped[str]
    process_id: Mapped[int]
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime]
