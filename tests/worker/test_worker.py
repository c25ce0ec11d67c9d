"""The worker: each piece of work is done once, in order, and ends as done or needs_attention; never in silence."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import structlog
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from billing_service.context import Context
from billing_service.core.ids import new_id
from billing_service.errors import Busy, InvalidInput
from billing_service.store import outbox
from billing_service.store.findings import Finding
from billing_service.store.session import Database
from billing_service.store.work import OutboxRow
from billing_service.worker import claims
from billing_service.worker.claims import ALL_KINDS, Claimed, Kinds, LeaseLost
from billing_service.worker.handlers import Handler
from billing_service.worker.process import Worker
from billing_service.worker.work import Pace, Work
from tests import builders

LEASE = timedelta(seconds=60)
LONG_AGO = builders.NOW


def handler(run: Callable[[Work], timedelta | None]) -> dict[str, Handler]:
    return {"call": Handler(run, lambda work: ("invoice", work.subject_id))}


def worker(database: Database, run: Callable[[Work], timedelta | None], **pace: Any) -> Worker:
    return Worker(Context(database), Pace(**pace), handler(run), {})


@pytest.fixture
def administration(database: Database) -> UUID:
    with database.write() as session:
        return builders.administration(session)


@pytest.fixture
def ask(database: Database, administration: UUID) -> Callable[..., UUID]:
    """Asks for work in a transaction of its own; gives the id of its subject."""

    def asking(subject: UUID | None = None, kind: str = "call", **values: Any) -> UUID:
        subject = subject or new_id()
        with database.write() as session:
            outbox.enqueue(builders.scope(session, administration), kind, subject, **values)
        return subject

    return asking


def rows(database: Database) -> list[OutboxRow]:
    with database.read() as session:
        return list(session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


def claim(database: Database, batch: int = 50) -> list[Claimed]:
    with database.write() as session:
        return claims.claim(session, ALL_KINDS, batch=batch, lease=LEASE)


def let_leases_end(database: Database) -> None:
    """As if the time of every lease had passed: by the clock that leases go by, nothing waits."""
    with database.write() as session:
        session.execute(update(OutboxRow).where(OutboxRow.state == "running").values(lease_until=LONG_AGO))


def let_waits_end(database: Database) -> None:
    with database.write() as session:
        session.execute(update(OutboxRow).where(OutboxRow.state == "ready").values(due_at=LONG_AGO))


def test_work_is_done_without_a_transaction_around_it_and_recorded(database, ask):
    seen = []

    def run(work: Work) -> None:
        with work.context.database.write() as session:  # nobody holds a lock: on SQLite there is only one
            session.execute(update(OutboxRow).where(OutboxRow.id == new_id()).values(error=""))
        seen.append(work.subject_id)

    subject = ask()
    assert worker(database, run).drain() == 1
    assert seen == [subject]
    [row] = rows(database)
    assert (row.state, row.attempts, row.error, row.lease_token) == ("done", 1, None, None)
    assert row.done_at is not None


def test_two_workers_share_the_work_and_do_nothing_twice(database, ask):
    subjects = {ask() for _ in range(60)}
    done: list[UUID] = []
    together = threading.Barrier(2)

    def work_along() -> None:
        together.wait()
        worker(database, lambda work: done.append(work.subject_id), batch=7).drain()

    threads = [threading.Thread(target=work_along) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 60
    assert set(done) == subjects
    assert {(row.state, row.attempts) for row in rows(database)} == {("done", 1)}


def test_a_claimed_row_is_nobody_elses_until_its_lease_ends(database, ask):
    ask()
    [first] = claim(database)
    assert claim(database) == []
    let_leases_end(database)
    [second] = claim(database)
    assert second.id == first.id
    assert (first.taken_over, second.taken_over) == (False, True)
    assert (first.attempts, second.attempts) == (1, 2)


def test_work_that_is_not_due_waits(database, ask):
    ask(due_at=builders.NOW + timedelta(days=36500))
    assert claim(database) == []


def test_of_one_subject_the_older_work_goes_first(database, ask):
    subject = ask()
    ask(subject)
    other = ask()
    first = claim(database)
    assert [one.subject_id for one in first] == [subject, other]
    assert claim(database) == [], "the second of the subject waits while the first runs"
    with database.write() as session:
        claims.finish(session, first[:1])
    [second] = claim(database)
    assert second.subject_id == subject


def test_work_that_waits_for_another_attempt_still_goes_before_younger_work_of_its_subject(database, ask):
    subject = ask()
    ask(subject)
    seen: list[int] = []

    def run(work: Work) -> None:
        seen.append(work.claimed.attempts)
        if len(seen) == 1:
            raise ConnectionError("the line went dead")

    worker(database, run).drain()
    assert seen == [1], "the younger one does not overtake"
    let_waits_end(database)
    worker(database, run).drain()
    assert seen == [1, 2, 1]


def test_a_late_worker_cannot_record_after_losing_its_lease(database, ask, administration):
    ask()
    [late] = claim(database)
    let_leases_end(database)
    [taker] = claim(database)
    with database.write() as session:
        assert claims.finish(session, [late]) == 1, "one was lost"
    for ending in (claims.release, claims.hold):
        with pytest.raises(LeaseLost), database.write() as session:
            ending(session, late)
    for ending in (claims.try_again, claims.needs_attention):
        with pytest.raises(LeaseLost), database.write() as session:
            ending(session, late, "too late")
    with database.write() as session:
        claims.renew(session, late.token, timedelta(days=1))
        assert claims.finish(session, [taker]) == 0
    [row] = rows(database)
    assert (row.state, row.error) == ("done", None)


def test_a_worker_that_lost_its_lease_while_working_changes_nothing_more(database, ask, administration):
    ask()
    written = []

    def run(work: Work) -> None:
        let_leases_end(database)
        claim(database)  # another worker
        with work.scope() as scope:
            written.append(scope)

    worker(database, run).drain()
    [row] = rows(database)
    assert written == []
    assert (row.state, row.attempts) == ("running", 2), "it is in the other worker's hands"


def test_a_claim_cannot_be_taken_over_while_its_transaction_is_open(postgresql_database):
    database = postgresql_database
    with database.write() as session:
        administration = builders.administration(session)
        outbox.enqueue(builders.scope(session, administration), "call", new_id())
    [mine] = claim(database)
    let_leases_end(database)
    with database.write() as session:
        claims.hold(session, mine)
        assert claim(database) == []
        with database.write() as heartbeat:  # must not wait for the open transaction
            claims.renew(heartbeat, mine.token, LEASE)
    with database.write() as session:
        assert claims.finish(session, [mine]) == 0


def test_an_unexpected_failure_is_tried_again_later_and_may_succeed(database, ask):
    ask()
    attempts = []

    def run(work: Work) -> None:
        attempts.append(work.claimed.attempts)
        if len(attempts) < 3:
            raise ConnectionResetError("connection reset")

    for _ in range(3):
        worker(database, run).drain()
        let_waits_end(database)
    assert attempts == [1, 2, 3]
    [row] = rows(database)
    assert row.state == "done"


def test_the_wait_between_attempts_doubles_up_to_five_minutes(database, ask):
    ask()
    waits = []
    for _ in range(11):
        [claimed] = claim(database)
        with database.write() as session:
            before = claims.database_now(session)
            claims.try_again(session, claimed, "no")
        waits.append(round((rows(database)[0].due_at - before).total_seconds()))
        let_waits_end(database)
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_what_keeps_failing_needs_attention_with_a_finding(database, ask, administration):
    subject = ask()

    def run(work: Work) -> None:
        raise RuntimeError("the font is gone")

    for _ in range(3):
        worker(database, run, max_attempts=3).drain()
        let_waits_end(database)
    [row] = rows(database)
    assert (row.state, row.attempts, row.error) == ("needs_attention", 3, "RuntimeError: the font is gone")
    with database.read() as session:
        [finding] = session.scalars(select(Finding)).all()
    assert (finding.code, finding.noun, finding.subject_id) == ("work_failed", "invoice", subject)
    assert finding.facts == {"kind": "call", "reason": "RuntimeError: the font is gone", "attempts": 3}


def test_a_refusal_is_not_tried_again_but_a_busy_answer_is(database, ask):
    errors = {ask(): InvalidInput("This tariff has no rules."), ask(): Busy("A twin is running.")}

    def run(work: Work) -> None:
        raise errors[work.subject_id]

    worker(database, run).drain()
    assert [(row.state, row.error) for row in rows(database)] == [
        ("needs_attention", "This tariff has no rules."),
        ("ready", "A twin is running."),
    ]


def test_work_of_an_unknown_kind_needs_attention(database, ask):
    ask(kind="teleport")
    worker(database, lambda work: None).drain()
    [row] = rows(database)
    assert (row.state, row.error) == ("needs_attention", "Nothing here does work of kind 'teleport'.")


def test_work_that_kills_its_worker_each_time_needs_attention(database, ask):
    ask()
    for _ in range(2):
        claim(database)
        let_leases_end(database)
    worker(database, lambda work: None, max_attempts=2).drain()
    [row] = rows(database)
    assert (row.state, row.error) == ("needs_attention", "Its worker ended without a word, 2 times.")


def test_a_stopping_worker_gives_its_claims_back(database, ask):
    for _ in range(3):
        ask()
    seen = []

    def run(work: Work) -> None:
        with work.scope():
            seen.append(work.subject_id)
        stopping.stop()

    stopping = worker(database, run)
    stopping.drain()
    assert len(seen) == 1
    assert [(row.state, row.attempts, row.lease_token) for row in rows(database)] == [
        ("done", 1, None),
        ("ready", 0, None),
        ("ready", 0, None),
    ]


def test_an_idle_worker_hears_of_new_work_and_stops_when_asked(database, ask, monkeypatch):
    done = threading.Event()
    both_lanes_looked = threading.Semaphore(0)
    look = Worker._claim

    def looking(self: Worker, kinds: Kinds, batch: int) -> list[Claimed]:
        found = look(self, kinds, batch)
        both_lanes_looked.release()
        return found

    monkeypatch.setattr(Worker, "_claim", looking)
    # It would not look by itself within this test: only the bell can wake it.
    running = worker(database, lambda work: done.set(), poll=timedelta(seconds=600))
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        for _ in range(2):
            assert both_lanes_looked.acquire(timeout=30)
        ask()
        assert done.wait(30)
    finally:
        running.stop()
        thread.join(30)
    assert not thread.is_alive()
    assert rows(database)[0].state == "done"


def test_the_heartbeat_keeps_long_work(database, ask, monkeypatch):
    ask()
    renewed = threading.Event()
    renew = claims.renew

    def renewing(session: Session, token: UUID, lease: timedelta) -> None:
        renew(session, token, lease)
        renewed.set()

    monkeypatch.setattr(claims, "renew", renewing)
    kept: list[bool] = []

    def run(work: Work) -> None:
        let_leases_end(database)  # nearly: the next beat comes before another worker looks
        renewed.clear()
        assert renewed.wait(30)
        kept.append(True)

    worker(database, run, lease=timedelta(seconds=0.3)).drain()
    assert kept == [True]
    assert [(row.state, row.attempts) for row in rows(database)] == [("done", 1)]


def test_a_worker_outlives_lost_connections(postgresql_database, monkeypatch):
    database = postgresql_database
    with database.write() as session:
        administration = builders.administration(session)
    done, listening = threading.Event(), threading.Event()
    monkeypatch.setattr(Worker, "_claim", _then(Worker._claim, listening))
    running = worker(database, lambda work: done.set(), poll=timedelta(seconds=0.2))
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        assert listening.wait(30)
        with database.write() as session:
            session.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
            outbox.enqueue(builders.scope(session, administration), "call", new_id())
        assert done.wait(30)
    finally:
        running.stop()
        thread.join(30)
    assert not thread.is_alive()


def _then(function: Callable[..., Any], event: threading.Event) -> Callable[..., Any]:
    def wrapped(*arguments: Any) -> Any:
        found = function(*arguments)
        event.set()
        return found

    return wrapped


def test_work_is_logged_under_the_request_that_asked_for_it_and_so_is_what_follows_from_it(
    database: Database, ask: Callable[..., UUID]
) -> None:
    seen: list[Any] = []

    def run(work: Work) -> None:
        seen.append(structlog.contextvars.get_contextvars().get("request_id"))
        if len(seen) == 1:
            with work.scope() as scope:
                outbox.enqueue(scope, "call", new_id())

    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        ask()
    worker(database, run).drain()
    ask()
    worker(database, run).drain()
    assert seen == ["r-1", "r-1", None]
