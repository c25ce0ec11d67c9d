"""The schedule: a task is due once and claimed once, however many workers run."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from billing_service.context import Context
from billing_service.core.ids import new_id
from billing_service.store.access import IdempotencyKey, OperatorIdempotencyKey
from billing_service.store.session import Database
from billing_service.store.work import Job, ScheduleRow
from billing_service.worker.schedule import TASKS, Schedule, Task
from tests import builders

DAY = timedelta(days=1)
NOW = builders.NOW


def context(database: Database) -> Context:
    return Context(database, lambda: NOW)


def row(database: Database, name: str = "nightly") -> ScheduleRow:
    with database.read() as session:
        found = session.get(ScheduleRow, name)
        assert found is not None
        return found


def test_a_task_runs_once_and_is_due_again_after_its_period(database):
    runs: list[datetime] = []
    schedule = Schedule(context(database), {"nightly": Task(lambda session, now: runs.append(now), DAY)})
    assert schedule.run_due() == ["nightly"]
    assert schedule.run_due() == []
    after = row(database)
    assert runs == [NOW]
    assert after.last_run_at is not None
    assert after.due_at - after.last_run_at == DAY
    with database.write() as session:
        session.execute(update(ScheduleRow).values(due_at=NOW))
    assert schedule.run_due() == ["nightly"]


def test_while_one_worker_runs_a_task_no_other_does(database):
    seen_by_another: list[list[str]] = []

    def run(session: Session, now: datetime) -> None:
        # On SQLite a reader never waits for the writer that this task is.
        seen_by_another.append(Schedule(context(database), {"nightly": Task(lambda *_: None, DAY)})._due())

    Schedule(context(database), {"nightly": Task(run, DAY)}).run_due()
    assert seen_by_another == [[]]


def test_many_workers_at_once_run_a_due_task_once(database):
    runs: list[int] = []
    together = threading.Barrier(4)
    Schedule(context(database), {"nightly": Task(lambda *_: None, DAY)}).run_due()
    with database.write() as session:
        session.execute(update(ScheduleRow).values(due_at=NOW))

    def look(number: int) -> None:
        together.wait()
        Schedule(context(database), {"nightly": Task(lambda *_: runs.append(number), DAY)}).run_due()

    threads = [threading.Thread(target=look, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(runs) == 1


def test_a_task_of_a_worker_that_vanished_is_run_by_another(database):
    schedule = Schedule(context(database), {"nightly": Task(lambda *_: None, DAY)})
    schedule.run_due()
    with database.write() as session:
        session.execute(update(ScheduleRow).values(due_at=NOW, lease_until=NOW, lease_token=new_id()))
    assert schedule.run_due() == ["nightly"]


def test_a_failing_task_changes_nothing_says_why_and_comes_back_sooner(database):
    def run(session: Session, now: datetime) -> None:
        session.execute(update(ScheduleRow).values(due_at=NOW))
        raise RuntimeError("disk full")

    schedule = Schedule(context(database), {"nightly": Task(run, DAY)})
    assert schedule.run_due() == []
    failed = row(database)
    assert failed.last_error == "RuntimeError: disk full"
    assert (failed.last_run_at, failed.lease_token) == (None, None)
    assert timedelta(0) < failed.due_at - NOW


@pytest.mark.parametrize("name", sorted(TASKS))
def test_every_task_of_the_service_runs(database, name):
    task = replace(TASKS[name], wanted=None)  # also where there is nothing to do
    assert Schedule(context(database), {name: task}).run_due() == [name]


def test_answers_to_repeated_requests_are_forgotten_after_30_days(database):
    with database.write() as session:
        administration = builders.administration(session)
        for days in (29, 31):
            values = {"key": f"{days} days", "operation": "post", "body_sha256": "", "created_at": NOW - days * DAY}
            session.add(IdempotencyKey(administration_id=administration, **values))
            session.add(OperatorIdempotencyKey(**values))
    Schedule(context(database), TASKS).run_due()
    with database.read() as session:
        assert session.scalars(select(IdempotencyKey.key)).all() == ["29 days"]
        assert session.scalars(select(OperatorIdempotencyKey.key)).all() == ["29 days"]


def test_the_input_of_old_jobs_is_forgotten_but_not_the_job(database):
    with database.write() as session:
        administration = builders.administration(session)
        for days in (29, 31):
            ended = NOW - days * DAY
            job = Job(
                administration_id=administration, kind="k", state="done", payload=b"rows", total=days,
                created_at=ended, finished_at=ended,
            )  # fmt: skip
            session.add(job)
    Schedule(context(database), TASKS).run_due()
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 2
        assert session.scalars(select(Job.total).where(Job.payload.is_not(None))).all() == [29]
