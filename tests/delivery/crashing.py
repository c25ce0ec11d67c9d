"""The crash enumerator: the real delivery code on a real database, killed at every point where it can be killed.

A *point* is a moment just before or just after a commit, or before, during or after a call to the package; they are
counted by watching the engine and the transport, so that new ones cannot be forgotten. Each run begins with an exact
copy of a :class:`tests.delivery.stock.Stock` and follows a :class:`Plan`: kills, trouble on the wire, a worker that
stands still in the middle of a call. Then time passes until nothing is left to do, and the run is judged.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

import requests
from requests.adapters import BaseAdapter
from sqlalchemy import Engine, func, select, text

from billing_service.store import dispatch
from billing_service.store.clock import database_now
from billing_service.store.deliveries import Delivery
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Customer
from billing_service.store.work import OutboxRow
from billing_service.worker.process import Worker
from billing_service.worker.work import Pace
from connectors.fake.profiles import capabilities
from connectors.fake.wire import InMemory, Reply, Request, Trouble, prepared
from connectors.http import Http
from tests.connections.fakes import FakeBooks
from tests.crash import Crash, CrashPoints
from tests.delivery.judging import broken
from tests.delivery.stock import Copies, Stock

LEASE: Final = timedelta(minutes=10)
"""Long: the thread that extends leases must not add commits of its own to what is counted."""
CALL_SECONDS: Final = 60.0
"""How long a worker waits for an answer at most, and so how long the package may take over what a dead one asked."""
MOST_ROUNDS: Final = 80


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens in one run.

    ``kills`` are the points at which one worker after the other is killed; what was on its way then is carried out
    after ``lingers`` seconds. ``freeze`` is the call before which the first worker stands still, and for how many
    seconds. ``troubles`` meet whoever comes first.
    """

    kind: str = "invoice"
    kills: tuple[int, ...] = ()
    lingers: float = CALL_SECONDS
    freeze: tuple[int, float] | None = None
    troubles: tuple[Trouble, ...] = ()

    def __str__(self) -> str:
        told = [self.kind, *(f"killed at {point}" for point in self.kills)]
        if self.kills:
            told.append(f"what was asked lingers {self.lingers:.0f} s")
        if self.freeze:
            told.append(f"call {self.freeze[0]} frozen for {self.freeze[1]:.0f} s")
        told += [
            f"{one.manner} {one.status or ''} {'applies' if one.applies else 'lost'}"
            f"{f' {one.late:.0f} s late' if one.late else ''} at {one.when} x{one.times}"
            for one in self.troubles
        ]
        return ", ".join(told)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question to the package: when, and how many seconds after that it was carried out."""

    at: datetime
    request: Request
    late: float = 0


@dataclass
class Watched(BaseAdapter):
    """The way to the package: every call is three points, and no transaction of ours is open during one.

    ``asked`` is every question that was ever on its way; ``under_way`` one that has left and has not arrived.
    """

    engine: Engine
    books: FakeBooks
    points: CrashPoints = field(default_factory=CrashPoints)
    asked: list[Asked] = field(default_factory=list)
    under_way: Request | None = None
    lingers: float = CALL_SECONDS
    frozen: tuple[int, Callable[[], None]] | None = None

    def send(self, request: requests.PreparedRequest, *given: Any, **named: Any) -> requests.Response:
        assert self.engine.pool.checkedout() == 0, "a transaction is open during a call"  # type: ignore[attr-defined]
        if self.frozen is not None and self.frozen[0] == len(self.asked) + 1:
            (_, others_work), self.frozen = self.frozen, None
            others_work()
        self.points.hit()
        self.under_way = prepared(request)
        try:
            self.points.hit()
        except Crash:  # the worker is dead, but its question is on its way
            self.ask(self.under_way, self.lingers)
            raise
        finally:
            self.under_way = None
        try:
            return InMemory(self.ask).send(request, *given, **named)
        finally:
            self.points.hit()

    def ask(self, request: Request, late: float = 0) -> Reply:
        """The package gets it, now or so many seconds late."""
        self.asked.append(Asked(self.books.clock(), request, late))
        if not late:
            return self.books.package.handle(request)
        self.books.package.troubled.delay(request, late)
        return Reply(504)

    def close(self) -> None:
        """Nothing is held open."""


@contextmanager
def awake() -> Iterator[None]:
    """Calls that are repeated at once are repeated without a nap in between."""
    named = Http.__init__.__kwdefaults__
    napping, named["sleep"] = named["sleep"], lambda seconds: None
    try:
        yield
    finally:
        named["sleep"] = napping


class Stage:
    """Runs on copies of one stock. ``passed`` is how many points each worker of the last run came to, and ``ended`` how
    often deliveries ended how, over all runs."""

    def __init__(self, stock: Stock, copies: Copies) -> None:
        self.delivering, self._stock, self._copies = stock.delivering, stock, copies
        self._began_at, self._began = stock.delivering.now, time.monotonic()
        self.way = Watched(stock.delivering.database.engine, stock.delivering.books)
        self.passed: list[int] = []
        self.ended: Counter[str] = Counter()

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds of run there are for this package."""
        return tuple(self._stock.runs)

    @property
    def late(self) -> float:
        """How many seconds late this package may still do what broke off, so that it is found in time."""
        settle = capabilities(self.delivering.books.profile).settle.value.total_seconds()
        return settle - self.delivering.books.package.dials.index_lag

    def points(self, kind: str) -> int:
        """How many points a worker passes in a run of this kind in which nothing goes wrong."""
        wrong = self.run(Plan(kind))
        assert wrong == [], wrong
        return self.passed[0]

    def run(self, plan: Plan, last: CrashPoints | None = None) -> list[str]:
        """Every promise that this plan broke: duplicates, losses, differences. ``last`` watches the last worker."""
        self._begin(plan)
        if plan.freeze is not None:
            call, seconds = plan.freeze
            self.way.frozen = call, lambda: self._others_work(seconds)
        self.passed = []
        for kill in plan.kills:
            self._work(CrashPoints(kill))
        return self.go_on(plan, last or CrashPoints())

    def go_on(self, plan: Plan, points: CrashPoints) -> list[str]:
        """A worker goes on from wherever things stand; every promise broken in the end."""
        self._work(points)
        return self._judged(plan)

    def _begin(self, plan: Plan) -> None:
        self._copies.again()
        self.open(self._began_at, plan.lingers)
        for trouble in plan.troubles:
            self.delivering.books.control.trouble(trouble)
        with self.delivering.scope() as scope:
            dispatch.ask(scope, self._stock.runs[plan.kind])

    def open(self, now: datetime, lingers: float) -> None:
        """A package in which nothing stands yet but one customer, at this moment."""
        self.delivering.now, self._began = now, time.monotonic()
        self.delivering.books = FakeBooks(self.delivering.books.profile, self.clock)
        self.delivering.books.package.books.put_customer(dict(self._stock.stands_there))
        self.way = Watched(self.delivering.database.engine, self.delivering.books, lingers=lingers)

    def clock(self) -> datetime:
        """Turned by hand, and running besides, as that of the database does: else whoever waits for both waits long."""
        return self.delivering.now + timedelta(seconds=time.monotonic() - self._began)

    # --- working ----------------------------------------------------------------------------------------------------

    def _work(self, points: CrashPoints) -> None:
        """One process works until nothing is left to do, or it is killed; the next one need not wait for its leases."""
        self.way.points = points
        try:
            with points.on(self.delivering.database.engine), awake():
                self._until_done(points)
        except Crash:
            self.let_leases_end()
        self.passed.append(points.passed)

    def _until_done(self, points: CrashPoints) -> None:
        for _ in range(MOST_ROUNDS):
            self._worker().drain()
            with self._quietly():
                wait = self._next_due()
                if wait is None:
                    return
                self.delivering.advance(wait)

    def _others_work(self, seconds: float) -> None:
        """While one worker stands still in a call, its lease runs out and others go on."""
        with self._quietly():
            end = self.delivering.now + timedelta(seconds=seconds)
            self.delivering.advance(timedelta(seconds=1))
            self.let_leases_end()
            while self.delivering.now < end:
                self._worker().drain()
                self.delivering.advance(min(timedelta(seconds=15), end - self.delivering.now))

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """Nothing of this is a point of the worker under way."""
        points, self.way.points = self.way.points, CrashPoints()
        dialect = self.delivering.database.engine.dialect
        commit = dialect.do_commit
        dialect.do_commit = lambda connection: type(dialect).do_commit(dialect, connection)  # type: ignore[method-assign]
        try:
            yield
        finally:
            dialect.do_commit, self.way.points = commit, points  # type: ignore[method-assign]

    def _worker(self) -> Worker:
        context = replace(self.delivering.context, clock=self.clock, transport=lambda package: self.way)
        return Worker(context, Pace(lease=LEASE), tasks={})

    def let_leases_end(self) -> None:
        """Nobody waits for those of a dead worker."""
        with self.delivering.database.write() as session:
            session.execute(text("UPDATE outbox SET lease_until = due_at WHERE state = 'running'"))

    def _next_due(self) -> timedelta | None:
        """How long until something is to be done; ``None`` if nothing is."""
        later = func.max if self.delivering.database.is_sqlite else func.greatest
        due = later(OutboxRow.due_at, func.coalesce(OutboxRow.lease_until, OutboxRow.due_at))
        with self.delivering.database.read() as session:
            found = session.scalars(select(due).where(OutboxRow.state.in_(("ready", "running")))).all()
            now = database_now(session)
        return max(min(found) - now, timedelta()) + timedelta(milliseconds=5) if found else None

    # --- judging ----------------------------------------------------------------------------------------------------

    def _judged(self, plan: Plan) -> list[str]:
        """Every promise broken, once what was late came."""
        self.delivering.books.control.calm()
        self.delivering.advance(timedelta(hours=2))
        self.delivering.books.control.books()
        ids = self._stock.runs[plan.kind]
        with self.delivering.database.read() as session:
            rows = session.scalars(select(Delivery).where(Delivery.id.in_(ids))).all()
            subjects = [*session.scalars(select(Invoice)), *session.scalars(select(Customer))]
        rows = sorted(rows, key=lambda row: ids.index(row.id))
        self.ended.update(row.state for row in rows)
        sure = not plan.troubles
        return [
            f"{plan}: {one}" for one in broken(self.delivering.books, rows, {one.id: one for one in subjects}, sure)
        ]
