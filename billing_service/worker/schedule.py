"""Work that comes back: each task is one row, due once and claimed once, however many workers run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID, uuid4

import structlog
from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from billing_service import collection, consults, job_files, jobs, notifying, reconciliation, replay
from billing_service.auditing.sealing import anything_unsealed, seal_some
from billing_service.connections import reading
from billing_service.context import Context
from billing_service.ownership import looking
from billing_service.store.access import IdempotencyKey, OperatorIdempotencyKey
from billing_service.store.clock import database_now
from billing_service.store.work import ScheduleRow

log = structlog.get_logger(__name__)

IDEMPOTENCY_KEPT: Final = timedelta(days=30)
LEASE: Final = timedelta(minutes=10)
"""A task that takes longer may be run by a second worker as well; tasks stand that."""
AFTER_FAILURE: Final = timedelta(minutes=15)
"""A task that is due more often comes back after ten of its periods, but not within ten seconds."""
OFTEN: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Task:
    """Runs in one transaction; doing it twice does no harm.

    ``run`` returns True when more is left to do: it is then due again at once. ``wanted`` says whether there is
    anything to do, by reading alone: a task that is due every second must not write every second for nothing.
    ``lease``: after how long another worker takes over from one that vanished.
    """

    run: Callable[[Session, datetime], bool | None]
    every: timedelta
    wanted: Callable[[Session], bool] | None = None
    lease: timedelta = LEASE


def prune_idempotency_keys(session: Session, now: datetime) -> None:
    """Forget the answers to requests of over 30 days ago."""
    for table in (IdempotencyKey, OperatorIdempotencyKey):
        session.execute(delete(table).where(table.created_at < now - IDEMPOTENCY_KEPT))


TASKS: Final[Mapping[str, Task]] = MappingProxyType(
    {
        "prune_idempotency_keys": Task(prune_idempotency_keys, timedelta(days=1)),
        "prune_job_payloads": Task(jobs.prune_payloads, timedelta(days=1)),
        "prune_job_files": Task(job_files.prune, timedelta(days=1)),
        "prune_events": Task(notifying.prune, timedelta(days=1)),
        "prune_replays": Task(replay.prune, timedelta(days=1)),
        "read_connections": Task(reading.read_again, timedelta(hours=1)),
        "reconcile_connections": Task(reconciliation.nightly, timedelta(minutes=10), wanted=reading.any_connected),
        "look_at_customers": Task(looking.ask_all, timedelta(days=1)),
        "check_mappings": Task(reading.check_mappings, timedelta(minutes=5), wanted=reading.any_connected),
        "collect_payments": Task(collection.ask_due, timedelta(minutes=1), wanted=reading.any_connected),
        "look_at_consults": Task(consults.look_everywhere, timedelta(days=1), wanted=consults.anything_to_see),
        "seal_audit_trail": Task(
            seal_some, timedelta(seconds=1), wanted=anything_unsealed, lease=timedelta(seconds=30)
        ),
    }
)


class Schedule:
    """The tasks of a program and their rows. A row of a task that this program does not know is left alone."""

    def __init__(self, context: Context, tasks: Mapping[str, Task] = TASKS) -> None:
        self._context = context
        self._tasks = tasks
        self._planned = False

    def run_due(self) -> list[str]:
        """Run every task that is due and that nobody holds; returns the names of those that succeeded."""
        if not self._planned:
            self._plan()
        return [name for name in self._due() if self._run(name)]

    def _plan(self) -> None:
        with self._context.database.write() as session:
            now = database_now(session)
            insert = sqlite_insert if self._context.database.is_sqlite else postgresql_insert
            for name in self._tasks:
                session.execute(insert(ScheduleRow).values(name=name, due_at=now).on_conflict_do_nothing())
        self._planned = True

    def _due(self) -> list[str]:
        with self._context.database.read() as session:
            due = select(ScheduleRow.name).where(self._is_due(database_now(session))).order_by(ScheduleRow.due_at)
            return [name for name in session.scalars(due).all() if self._is_wanted(name, session)]

    def _is_wanted(self, name: str, session: Session) -> bool:
        wanted = self._tasks[name].wanted
        return wanted is None or wanted(session)

    def _is_due(self, now: datetime) -> ColumnElement[bool]:
        free = or_(ScheduleRow.lease_until.is_(None), ScheduleRow.lease_until <= now)
        return and_(ScheduleRow.name.in_(list(self._tasks)), ScheduleRow.due_at <= now, free)

    def _run(self, name: str) -> bool:
        task, token = self._tasks[name], self._claim(name)
        if token is None:
            return False
        try:
            with self._context.database.write() as session:
                more = task.run(session, self._context.clock())
        except Exception as error:
            log.exception("schedule.failed", task=name)
            again_after = min(AFTER_FAILURE, max(10 * task.every, timedelta(seconds=10)))
            self._end(name, token, again_after, f"{type(error).__name__}: {error}")
            return False
        self._end(name, token, timedelta(0) if more else task.every, None)
        (log.debug if task.every < OFTEN else log.info)("schedule.ran", task=name)
        return True

    def _claim(self, name: str) -> UUID | None:
        token = uuid4()
        with self._context.database.write() as session:
            now = database_now(session)
            claimed = session.execute(
                update(ScheduleRow)
                .where(ScheduleRow.name == name, self._is_due(now))
                .values(lease_token=token, lease_until=now + self._tasks[name].lease)
                .returning(ScheduleRow.name)
                .execution_options(synchronize_session=False)
            ).first()
        return token if claimed else None

    def _end(self, name: str, token: UUID, again_after: timedelta, error: str | None) -> None:
        with self._context.database.write() as session:
            now = database_now(session)
            session.execute(
                update(ScheduleRow)
                .where(ScheduleRow.name == name, ScheduleRow.lease_token == token)
                .values(
                    lease_token=None,
                    lease_until=None,
                    due_at=now + again_after,
                    last_error=error,
                    **({} if error else {"last_run_at": now}),
                )
                .execution_options(synchronize_session=False)
            )
