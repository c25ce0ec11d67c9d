"""Jobs: asked for in a transaction, done by a worker, followed by their row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from billing_service import jobs
from billing_service.context import Context
from billing_service.errors import InvalidInput, NotFound
from billing_service.jobs import RunningJob
from billing_service.store.audit import AuditRow
from billing_service.store.findings import Finding
from billing_service.store.parties import Organisation
from billing_service.store.session import Database
from billing_service.store.work import Job, OutboxRow
from billing_service.worker.process import Worker
from billing_service.worker.work import Pace
from tests import builders

KIND = "test_add_organisations"
CODES = ["assen", "breda", "castricum"]


class Shaky:
    """Fails once at the organisation with this code."""

    at: str | None = None


@jobs.runs(KIND)
def add_organisations(job: RunningJob) -> Mapping[str, Any]:
    """One organisation a transaction, from where an earlier attempt came."""
    codes = job.payload.decode().split()
    for number, code in enumerate(codes[job.done :], start=job.done + 1):
        with job.scope() as scope:
            if code == Shaky.at:
                Shaky.at = None
                raise ConnectionError("gone")
            builders.organisation(scope.session, scope.administration_id, code)
            job.progress(scope, number, len(codes))
    if job.options.get("refuse"):
        raise InvalidInput("These organisations are refused.")
    return {"added": len(codes)}


@pytest.fixture
def administration(database: Database) -> UUID:
    with database.write() as session:
        return builders.administration(session)


def ask(database: Database, administration: UUID, **options: Any) -> UUID:
    with database.write() as session:
        scope = builders.scope(session, administration, actor="key:abc")
        job = jobs.start(scope, KIND, payload=" ".join(CODES).encode(), options=options)
        return job.id


def work(database: Database) -> None:
    Worker(Context(database), Pace(max_attempts=3), tasks={}).drain()


def read(database: Database, administration: UUID, job_id: UUID) -> Job:
    with database.read() as session:
        return jobs.get(builders.scope(session, administration), job_id)


def organisations(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Organisation.code).order_by(Organisation.code)))


def test_a_job_is_queued_until_a_worker_does_it(database, administration):
    job_id = ask(database, administration)
    queued = read(database, administration, job_id)
    assert (queued.state, queued.done, queued.total) == ("queued", 0, None)
    work(database)
    done = read(database, administration, job_id)
    assert (done.state, done.done, done.total, done.result) == ("done", 3, 3, {"added": 3})
    assert done.started_at is not None
    assert done.finished_at is not None
    assert done.version > queued.version
    assert organisations(database) == CODES


def test_a_job_works_in_the_name_of_who_asked_for_it(database, administration):
    ask(database, administration)
    actors = []

    @jobs.runs("test_who")
    def who(job: RunningJob) -> Mapping[str, Any]:
        with job.scope() as scope:
            actors.append(scope.actor)
        return {}

    try:
        with database.write() as session:
            jobs.start(builders.scope(session, administration, actor="key:abc"), "test_who")
        work(database)
    finally:
        del jobs._RUNNERS["test_who"]
    assert actors == ["key:abc"]
    with database.read() as session:
        assert set(session.scalars(select(AuditRow.actor))) == {"key:abc"}


def test_a_job_that_was_cut_off_goes_on_where_it_was(database, administration, monkeypatch):
    monkeypatch.setattr(Shaky, "at", "breda")
    job_id = ask(database, administration)
    work(database)
    cut = read(database, administration, job_id)
    assert (cut.state, cut.done) == ("running", 1)
    assert organisations(database) == ["assen"]
    with database.write() as session:
        session.execute(update(OutboxRow).values(due_at=builders.NOW))
    work(database)
    assert read(database, administration, job_id).state == "done"
    assert organisations(database) == CODES


def test_a_job_that_cannot_be_done_says_why_and_leaves_a_finding(database, administration):
    job_id = ask(database, administration, refuse=True)
    work(database)
    failed = read(database, administration, job_id)
    assert (failed.state, failed.error) == ("needs_attention", "These organisations are refused.")
    assert failed.finished_at is not None
    with database.read() as session:
        [finding] = session.scalars(select(Finding)).all()
    assert (finding.noun, finding.subject_id) == ("job", job_id)
    assert finding.facts["reason"] == "These organisations are refused."


def test_jobs_about_one_subject_run_in_the_order_they_were_asked_for(database, administration):
    order = []

    @jobs.runs("test_note")
    def note(job: RunningJob) -> Mapping[str, Any]:
        order.append(job.options["name"])
        return {}

    try:
        with database.write() as session:
            scope = builders.scope(session, administration)
            for name in ("release", "issue", "issue again"):
                jobs.start(scope, "test_note", subject_id=administration, options={"name": name})
        work(database)
    finally:
        del jobs._RUNNERS["test_note"]
    assert order == ["release", "issue", "issue again"]


def test_nobody_can_ask_for_a_job_that_nothing_runs_or_see_another_administrations(database, administration):
    job_id = ask(database, administration)
    with database.write() as session:
        other = builders.administration(session)
        with pytest.raises(InvalidInput, match="no jobs of kind"):
            jobs.start(builders.scope(session, other), "teleport")
        with pytest.raises(NotFound):
            jobs.get(builders.scope(session, other), job_id)


def test_a_kind_of_job_has_one_function():
    with pytest.raises(ValueError, match="two functions"):
        jobs.runs(KIND)(lambda job: {})
