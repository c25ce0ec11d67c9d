"""The worker process: lanes that claim and do work, a heartbeat that keeps the claims, the schedule.

Jobs have a lane of their own, so that an import of minutes does not hold up a PDF of milliseconds; what calls others
over a network has several, each of which turns first to administrations that nobody works for, so that a package that
does not answer holds up its own administration only. Any number of workers share one database.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

import structlog

from billing_service.context import Context
from billing_service.errors import WrongSchema
from billing_service.jobs import OUTBOX_KIND
from billing_service.store import schema
from billing_service.worker import claims
from billing_service.worker.attempt import attempt
from billing_service.worker.bell import Bell, bell_of
from billing_service.worker.claims import ALL_KINDS, Claimed, Kinds
from billing_service.worker.handlers import HANDLERS, Handler
from billing_service.worker.heartbeat import Heartbeat
from billing_service.worker.presence import Presence
from billing_service.worker.schedule import TASKS, Schedule, Task
from billing_service.worker.work import Pace, Work

log = structlog.get_logger(__name__)

JOBS = Kinds((OUTBOX_KIND,))
RECORD_EVERY = 1.0
"""Seconds after which work that is done is recorded, though more of the same claim is to be done."""
BETWEEN_RUNS = 0.05
"""Seconds of rest while the schedule has more to do, in which others get to write to SQLite."""


class Worker:
    """``run()`` works until ``stop()``; ``drain()`` does all that is due and returns."""

    def __init__(
        self,
        context: Context,
        pace: Pace | None = None,
        handlers: Mapping[str, Handler] = HANDLERS,
        tasks: Mapping[str, Task] = TASKS,
    ) -> None:
        self._context = context
        self._pace = pace or Pace()
        self._handlers = handlers
        self._claiming_calls = threading.Lock()
        self._calls = Kinds(tuple(sorted(kind for kind, handler in handlers.items() if handler.calls_out)))
        self._schedule = Schedule(context, tasks)
        self._heartbeat = Heartbeat(context.database, self._pace.lease)
        self._schema = schema.Watch()
        self._stopped = threading.Event()
        self._rings: list[threading.Event] = []

    def stop(self) -> None:
        """Ask it to end: what runs comes as far as its next transaction, what is claimed goes back."""
        self._stopped.set()
        for ring in self._rings:
            ring.set()

    def run(self) -> None:
        """Work until stopped."""
        others = Kinds((OUTBOX_KIND, *self._calls.names), excluded=True)
        lanes = [self._lane_thread(JOBS, 1), self._lane_thread(others, self._pace.batch)]
        if self._calls.names:
            lanes += [self._lane_thread(self._calls, 1) for _ in range(self._pace.callers)]
        log.info("worker.started", lease_seconds=self._pace.lease.total_seconds())
        bell = bell_of(self._context.database)  # before the lanes look, so that nothing comes in between unheard
        with self._heartbeat:
            for lane in lanes:
                lane.start()
            self._wait_for_work(bell)
            for lane in lanes:
                lane.join()
        log.info("worker.stopped")

    def drain(self) -> int:
        """Do all that is due now, in this thread, unless stopped; returns how many pieces.

        Raises ``WrongSchema``: a migration passed this program by.
        """
        done = 0
        with self._heartbeat:
            while not self._stopped.is_set() and (claimed := self._claim(ALL_KINDS, self._pace.batch)):
                self._do_all(claimed)
                done += len(claimed)
        return done

    def _wait_for_work(self, bell: Bell) -> None:
        presence = Presence(self._context.database)
        try:
            while not self._stopped.is_set():
                with self._surviving("worker.presence_failed"):
                    self._note(presence)
                with self._surviving("worker.schedule_failed"):
                    while not self._stopped.is_set() and self._schedule.run_due():
                        self._stopped.wait(BETWEEN_RUNS)
                        self._note(presence)
                bell.wait(self._pace.poll.total_seconds(), self._stopped.is_set)
                for ring in self._rings:
                    ring.set()
        finally:
            bell.close()
            with _survived("worker.presence_failed"):
                presence.end()

    def _note(self, presence: Presence) -> None:
        self._schema.refuse_other(self._context.database)
        presence.note()

    @contextmanager
    def _surviving(self, event: str) -> Iterator[None]:
        """As ``_survived``; but once a migration passed this worker by it takes no more work and ends."""
        with _survived(event):
            try:
                yield
            except WrongSchema as error:
                log.error("worker.wrong_schema", reason=error.detail)
                self.stop()

    def _lane_thread(self, kinds: Kinds, batch: int) -> threading.Thread:
        ring = threading.Event()
        self._rings.append(ring)
        return threading.Thread(target=self._lane, args=(kinds, batch, ring), name=f"lane-{len(self._rings)}")

    def _lane(self, kinds: Kinds, batch: int, ring: threading.Event) -> None:
        while not self._stopped.is_set():
            ring.clear()
            claimed: list[Claimed] = []
            with self._surviving("worker.claim_failed"):
                claimed = self._claim(kinds, batch)
            if claimed:
                self._do_all(claimed)
            elif not self._stopped.is_set():
                ring.wait(self._pace.poll.total_seconds())

    def _claim(self, kinds: Kinds, batch: int) -> list[Claimed]:
        database = self._context.database
        self._schema.refuse_other(database)
        if database.is_sqlite:  # there a claim takes the one write lock, which an idle worker must not do
            with database.read() as session:
                if not claims.any_due(session, kinds):
                    return []
        if kinds is self._calls:
            with self._claiming_calls:  # one after another, so that each sees whom the others work for
                return self._claim_call(batch)
        with database.write() as session:
            return claims.claim(session, kinds, batch=batch, lease=self._pace.lease)

    def _claim_call(self, batch: int) -> list[Claimed]:
        with self._context.database.write() as session:
            busy = claims.busy(session, self._calls)
            taking = partial(claims.claim, session, self._calls, batch=batch, lease=self._pace.lease)
            return (taking(besides=busy) if busy else []) or taking()

    def _do_all(self, claimed: list[Claimed]) -> None:
        """Do what one claim took. What is done is recorded together, at least every second: a worker that dies before
        that has its work repeated, as when it dies before the end of it."""
        done: list[Claimed] = []
        recorded_at = time.monotonic()
        with self._heartbeat.keeping(claimed[0].token):
            for one in claimed:
                with _survived("worker.attempt_failed"):
                    if attempt(Work(self._context, one, self._pace, self._stopped.is_set), self._handlers):
                        done.append(one)
                if done and time.monotonic() - recorded_at >= RECORD_EVERY:
                    self._record(done)
                    done, recorded_at = [], time.monotonic()
            if done:
                self._record(done)

    def _record(self, done: list[Claimed]) -> None:
        with _survived("worker.record_failed"):
            with self._context.database.write() as session:
                lost = claims.finish(session, done)
            if lost:
                log.warning("worker.lease_lost", pieces=lost)


@contextmanager
def _survived(event: str) -> Iterator[None]:
    """The database may be away for a while: say so and go on; what was claimed comes back when its lease ends."""
    try:
        yield
    except Exception:
        log.exception(event)
