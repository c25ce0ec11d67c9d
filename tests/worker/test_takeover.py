"""A worker that is killed loses nothing: another one goes on when the lease ends."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from billing_service.context import Context
from billing_service.core.ids import new_id
from billing_service.store import outbox
from billing_service.store.session import Database
from billing_service.store.work import OutboxRow
from billing_service.worker.handlers import Handler
from billing_service.worker.process import Worker
from billing_service.worker.work import Pace, Work
from tests import builders

ROOT = Path(__file__).resolve().parents[2]
PROMISED_SECONDS = 10
LEASE_SECONDS = 2.0


def test_with_the_usual_settings_the_promise_leaves_room():
    usual = Pace()
    assert (usual.lease + usual.poll).total_seconds() <= 0.75 * PROMISED_SECONDS


def test_after_kill_9_another_worker_does_the_work(database: Database):
    subject = new_id()
    with database.write() as session:
        scope = builders.scope(session, builders.administration(session))
        outbox.enqueue(scope, "call", subject)

    with worker_process(database) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == str(subject)
        [row] = rows(database)
        assert (row.state, row.attempts) == ("running", 1)
        process.kill()
        process.wait()
    killed_at = time.monotonic()

    done: list[tuple[object, bool]] = []
    finished = threading.Event()

    def run(work: Work) -> None:
        done.append((work.subject_id, work.claimed.taken_over))
        finished.set()

    handlers = {"call": Handler(run, lambda work: ("invoice", work.subject_id))}
    other = Worker(Context(database), Pace(lease=timedelta(seconds=LEASE_SECONDS)), handlers, {})
    thread = threading.Thread(target=other.run)
    thread.start()
    try:
        assert finished.wait(PROMISED_SECONDS)
        assert time.monotonic() - killed_at <= PROMISED_SECONDS
    finally:
        other.stop()
        thread.join()
    assert done == [(subject, True)]
    [row] = rows(database)
    assert (row.state, row.attempts) == ("done", 2)


@contextmanager
def worker_process(database: Database) -> Iterator[subprocess.Popen[str]]:
    program = ROOT / "tests" / "worker" / "waiting_worker.py"
    process = subprocess.Popen(
        [sys.executable, str(program), database.url, str(LEASE_SECONDS)],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def rows(database: Database) -> list[OutboxRow]:
    with database.read() as session:
        return list(session.scalars(select(OutboxRow)))
