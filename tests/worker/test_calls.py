"""Work that waits for others over a network: it goes on when it asked to, and never holds up anybody else's."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from billing_service.context import Context
from billing_service.core.ids import new_id
from billing_service.store import outbox
from billing_service.store.clock import database_now
from billing_service.store.session import Database
from billing_service.store.work import OutboxRow
from billing_service.worker.handlers import Handler
from billing_service.worker.process import Worker
from billing_service.worker.work import Pace, Work
from tests import builders

SOON = timedelta(seconds=60)


def rows(database: Database) -> list[OutboxRow]:
    with database.read() as session:
        return list(session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


def founded(database: Database) -> UUID:
    with database.write() as session:
        return builders.administration(session)


def ask(database: Database, administration: UUID, kind: str = "call", subject: UUID | None = None) -> UUID:
    subject = subject or new_id()
    with database.write() as session:
        outbox.enqueue(builders.scope(session, administration), kind, subject)
    return subject


def handlers(run: Callable[[Work], timedelta | None], **more: Handler) -> dict[str, Handler]:
    return {"call": Handler(run, lambda work: ("delivery", work.subject_id), calls_out=True), **more}


def test_work_that_asks_to_go_on_later_is_no_failure_and_does_not_run_out_of_attempts(database: Database) -> None:
    ask(database, founded(database))
    waits = iter([timedelta(), timedelta(), timedelta(), SOON])
    worker = Worker(Context(database), Pace(max_attempts=2), handlers(lambda work: next(waits)), {})
    assert worker.drain() == 4
    [row] = rows(database)
    with database.read() as session:
        left = row.due_at - database_now(session)
    assert (row.state, row.attempts, row.error, row.lease_token) == ("ready", 0, None, None)
    assert SOON - timedelta(seconds=20) < left <= SOON


def test_later_work_on_the_same_subject_waits_until_the_earlier_has_gone_on(database: Database) -> None:
    administration = founded(database)
    subject = ask(database, administration)
    ask(database, administration, subject=subject)
    seen: list[int] = []

    def run(work: Work) -> timedelta | None:
        seen.append(len(seen))
        return SOON

    Worker(Context(database), Pace(), handlers(run), {}).drain()
    assert seen == [0]


@contextmanager
def running(worker: Worker) -> Iterator[None]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(30)


def test_who_waits_for_a_slow_package_holds_up_neither_documents_nor_another_administration(database: Database) -> None:
    slow, other = founded(database), founded(database)
    for _ in range(3):
        ask(database, slow)
    answers, called, others_called, drawn = threading.Event(), threading.Semaphore(0), threading.Event(), []

    def call(work: Work) -> None:
        if work.administration_id == other:
            others_called.set()
            return
        called.release()
        assert answers.wait(30)

    drawing = Handler(lambda work: drawn.append(work.subject_id), lambda work: ("invoice", work.subject_id))
    worker = Worker(Context(database), Pace(callers=2, poll=timedelta(seconds=0.05)), handlers(call, draw=drawing), {})
    try:
        with running(worker):
            for _ in range(2):
                assert called.acquire(timeout=30)
            ask(database, slow)
            ask(database, other)
            subject = ask(database, slow, "draw")
            for _ in range(600):
                if drawn:
                    break
                threading.Event().wait(0.05)
            assert drawn == [subject], "both callers wait, and the PDF is drawn all the same"
            assert not others_called.is_set()
            answers.set()
            assert others_called.wait(30)
    finally:
        answers.set()


def test_a_free_caller_turns_first_to_an_administration_that_nobody_works_for(database: Database) -> None:
    slow, other = founded(database), founded(database)
    for _ in range(5):
        ask(database, slow)
    ask(database, other)
    answers, others_called = threading.Event(), threading.Event()

    def call(work: Work) -> None:
        if work.administration_id == other:
            others_called.set()
        elif not others_called.is_set():
            answers.wait(30)

    worker = Worker(Context(database), Pace(callers=2, poll=timedelta(seconds=0.05)), handlers(call), {})
    with running(worker):
        try:
            assert others_called.wait(10), "five pieces for the slow one came first"
        finally:
            answers.set()
