"""Files of jobs: written and read in parts, handed out to keys that may see them, gone after 30 days."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from billing_service import job_files, jobs
from billing_service.context import Context
from billing_service.jobs import RunningJob
from billing_service.store.job_files import JobFilePart
from billing_service.store.session import Database
from billing_service.store.work import Job
from billing_service.worker.process import Worker
from billing_service.worker.schedule import TASKS
from tests import builders
from tests.api.client import World, make_world, problem

KIND = "test_write_a_file"
CONTENT = bytes(range(256)) * 10_000
"""Of 2.4 parts."""


@pytest.fixture(autouse=True)
def _a_job_that_writes() -> Iterator[None]:
    @jobs.runs(KIND)
    def write(job: RunningJob) -> Mapping[str, Any]:
        with job_files.drafting() as folder:
            path = folder / "big.bin"
            path.write_bytes(CONTENT)
            job_files.keep(job, path, "application/octet-stream", "invoices:read")
            return {"files": [job_files.keep(job, path, "application/octet-stream", "invoices:read")]}

    yield
    del jobs._RUNNERS[KIND]


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def made(world: World) -> UUID:
    with world.database.write() as session:
        job_id = jobs.start(builders.scope(session, world.ours_id), KIND).id
    Worker(Context(world.database, lambda: world.now[0]), tasks={}).drain()
    return job_id


def test_a_file_comes_back_as_it_was_written_and_a_second_attempt_replaces_the_first(world: World) -> None:
    job_id = made(world)
    told = world.ours.get(f"/v1/jobs/{job_id}").get_json()["result"]["files"]
    assert told == [
        {
            "name": "big.bin",
            "media_type": "application/octet-stream",
            "size": len(CONTENT),
            "sha256": hashlib.sha256(CONTENT).hexdigest(),
        }
    ]
    answer = world.ours.get(f"/v1/jobs/{job_id}/files/big.bin")
    assert answer.data == CONTENT
    assert answer.headers["Content-Length"] == str(len(CONTENT))
    assert "big.bin" in answer.headers["Content-Disposition"]
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(JobFilePart)) == 3


def test_a_key_needs_the_scope_of_what_is_in_the_file(world: World) -> None:
    job_id = made(world)
    path = f"/v1/jobs/{job_id}/files/big.bin"
    problem(world.caller("jobs:read").get(path), 403, "not_allowed")
    assert world.caller("jobs:read", "invoices:read").get(path).status_code == 200
    problem(world.theirs.get(path), 404, "not_found")
    problem(world.ours.get(f"/v1/jobs/{job_id}/files/other.bin"), 404, "not_found")


def test_files_are_forgotten_thirty_days_after_their_job(world: World) -> None:
    job_id = made(world)
    path = f"/v1/jobs/{job_id}/files/big.bin"
    for days, status in ((30, 200), (31, 404)):
        with world.database.write() as session:
            TASKS["prune_job_files"].run(session, world.now[0] + timedelta(days=days))
        assert world.ours.get(path).status_code == status
    with world.database.read() as session:
        assert session.scalar(select(func.count()).select_from(JobFilePart)) == 0
        assert session.scalars(select(Job.result).where(Job.id == job_id)).one()["files"]
