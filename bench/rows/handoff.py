"""How soon a worker process starts what was committed, how much it takes on, when another takes over from a dead one.

The work itself is nothing, so that only the outbox is measured; ``delivery`` measures real deliveries.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from statistics import median
from typing import Any, cast
from uuid import UUID

from bench import places
from bench.measure import Figure, Goal, Measurement, Setting, per_second
from bench.world import Office, open_office
from billing_service import logs
from billing_service.context import Context, utc_now
from billing_service.core.ids import new_id
from billing_service.store import bulk, outbox
from billing_service.store.session import Database
from billing_service.store.work import OutboxRow
from billing_service.worker.handlers import Handler
from billing_service.worker.process import Worker
from billing_service.worker.work import Pace, Work

START_GOALS: Mapping[str, Goal] = {"postgresql": Goal("at_most", 5), "sqlite": Goal("at_most", 20)}
TAKEOVER_GOAL = Goal("at_most", 10_000)
KIND = "bench"
BATCH = 50
_REST = 0.02
_LONGEST = 60.0
_LASTS = "lasts"
_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class _Start:
    """A piece of work began, in this process; ``at`` is the monotonic clock, which all of a machine share."""

    subject_id: UUID
    at: float
    process: int


@dataclass
class _Crew:
    """Worker processes on one database, which say what they start."""

    database: Database
    office: Office
    processes: dict[int, BaseProcess] = field(default_factory=dict)
    ours: list[Pipe] = field(default_factory=list)

    def add(self) -> None:
        mine, theirs = _SPAWN.Pipe(duplex=False)
        process = _SPAWN.Process(target=_work, args=(theirs, self.database.url))
        process.start()
        theirs.close()
        if not mine.poll(_LONGEST) or mine.recv() != "ready":
            raise RuntimeError("the worker did not begin")
        self.processes[process.pid or 0] = process
        self.ours.append(mine)

    def ask(self, lasts: float = 0.0) -> UUID:
        """Commit one piece of work; its first attempt lasts so many seconds."""
        subject = new_id()
        with self.database.write() as session:
            outbox.enqueue(self.office.scope(session, utc_now()), KIND, subject, payload={_LASTS: lasts})
        return subject

    def next_start(self, subject_id: UUID) -> _Start:
        for one in wait(self.ours, _LONGEST):
            started: _Start = cast(Pipe, one).recv()
            if started.subject_id != subject_id:
                raise RuntimeError("a worker started something else")
            return started
        raise RuntimeError("no worker started the work")

    def kill(self, process: int) -> float:
        """With no chance to tidy up; the moment."""
        place = list(self.processes).index(process)
        os.kill(process, signal.SIGKILL)
        killed = time.monotonic()
        self.processes.pop(process).join()
        self.ours.pop(place).close()
        return killed

    def end(self) -> None:
        for process in list(self.processes):
            self.kill(process)


def measure(setting: Setting) -> Iterator[Measurement]:
    """Latency, throughput and takeover on each database."""
    for kind in setting.databases:
        with places.database(setting, kind) as database:
            office = open_office(database, customers=1)
            yield _throughput(setting, kind, database, office)
            crew = _Crew(database, office)
            try:
                crew.add()
                yield _latency(setting, kind, crew)
                yield _takeover(setting, kind, crew)
            finally:
                crew.end()


def _latency(setting: Setting, kind: str, crew: _Crew) -> Measurement:
    count = setting.size(200, least=5)
    waits = [_one_start(crew) for _ in range(count)][count // 10 :]
    slowest = 1000 * sorted(waits)[round(0.99 * (len(waits) - 1))]
    return Measurement(
        "handoff",
        f"hand off a delivery: commit to start in a worker process, p50, {kind}",
        "ms",
        Figure((1000 * median(waits),)),
        START_GOALS[kind],
        notes=(f"{count} one by one, p99 {slowest:.1f} ms",),
    )


def _one_start(crew: _Crew) -> float:
    subject = crew.ask()
    committed = time.monotonic()
    started = crew.next_start(subject)
    time.sleep(_REST)
    return max(0.0, started.at - committed)


def _throughput(setting: Setting, kind: str, database: Database, office: Office) -> Measurement:
    count = setting.size(20_000, least=100)
    context, handlers = Context(database), {KIND: Handler(lambda _: None, _about)}
    rates = []
    for _ in range(setting.repetitions):
        with database.write() as session:
            scope = office.scope(session, utc_now())
            bulk.insert_rows(session, OutboxRow, [outbox.row(scope, KIND, new_id()) for _ in range(count)])
        worker = Worker(context, Pace(batch=BATCH), handlers, tasks={})
        rates.append(per_second(count, worker.drain))
    notes = (f"one process, leases, batches of {BATCH}, each piece recorded",)
    return Measurement("handoff", f"hand off short pieces of work, {kind}", "/s", Figure(tuple(rates)), notes=notes)


def _takeover(setting: Setting, kind: str, crew: _Crew) -> Measurement:
    waits = []
    for _ in range(1 if setting.repetitions == 1 else 3):
        crew.add()
        subject = crew.ask(lasts=_LONGEST)
        killed = crew.kill(crew.next_start(subject).process)
        waits.append(crew.next_start(subject).at - killed)
    return Measurement(
        "handoff",
        f"taken over by another worker after kill -9, {kind}",
        "ms",
        Figure(tuple(1000 * waited for waited in waits)),
        TAKEOVER_GOAL,
        notes=("lease and heartbeat as set by default",),
    )


def _work(parent: Any, url: str) -> None:
    logs.configure("warning")

    def run(work: Work) -> timedelta | None:
        parent.send(_Start(work.subject_id, time.monotonic(), os.getpid()))
        if not work.claimed.taken_over:
            time.sleep(work.payload[_LASTS])
        return None

    handlers = {KIND: Handler(run, _about, calls_out=True)}  # a delivery calls out, in lanes of its own
    worker = Worker(Context(Database(url)), handlers=handlers, tasks={})
    parent.send("ready")
    worker.run()


def _about(work: Work) -> tuple[str, UUID]:
    return "outbox", work.subject_id
