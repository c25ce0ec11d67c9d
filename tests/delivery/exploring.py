"""Every point at which a worker can be killed, and every pair: each is gone on from, once for all that leave the same.

What a killed process leaves is what it committed, what stands in the package, and perhaps a question that is on its
way. A :class:`Moment` is that, saved while a worker goes on undisturbed; later another worker begins from it. So no
pass up to a kill is made twice, and points that leave the same (after one commit and before the next) are gone on from
once. For SQLite; :meth:`tests.delivery.crashing.Stage.run` really kills, on every database.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from connectors.fake.wire import Request
from tests.crash import CrashPoints
from tests.delivery.crashing import Asked, Plan, Stage


@dataclass(slots=True)
class Moment:
    """What is left when the worker is killed at ``point``, and at ``points - 1`` others."""

    point: int
    database: bytes
    asked: Sequence[Asked]
    under_way: Request | None
    now: datetime
    points: int = 1


class Moments(CrashPoints):
    """Nobody is killed; what a kill would leave is saved at each point."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self._stage, self._path = stage, stage.delivering.database.engine.url.database or ""
        self._watching = sqlite3.connect(self._path)
        self._last: object = None
        self.found: list[Moment] = []

    def hit(self) -> None:
        super().hit()
        way = self._stage.way
        changes = way.under_way if way.under_way is not None and way.under_way.method != "GET" else None
        asked = [one for one in way.asked if one.request.method != "GET"]
        (version,) = self._watching.execute("PRAGMA data_version").fetchone()
        left = version, len(asked), changes is not None
        if left == self._last:
            self.found[-1].points += 1
            return
        self._last = left
        moment = Moment(self.passed, self._watching.serialize(), asked, changes, self._stage.clock())
        self.found.append(moment)

    def close(self) -> None:
        """Nothing more is saved."""
        self._watching.close()


@dataclass(frozen=True, slots=True)
class Explored:
    """A kill, or kills one after the other; ``stands_for`` all those that leave the same. ``broken`` promises."""

    plan: Plan
    stands_for: int
    broken: list[str]


def explore(
    stage: Stage, kind: str, depth: int, lingers: float, order: random.Random | None = None
) -> Iterator[Explored]:
    """Every point of a run of this kind; with a ``depth`` of 2 every point after each of them as well.

    ``lingers``: after how many seconds the package carries out what was on its way. ``order``: by chance.
    """
    plan = Plan(kind, lingers=lingers)
    with closing(Moments(stage)) as moments:
        broken = stage.run(plan, moments)
    yield Explored(plan, 1, broken)
    if order is not None:
        order.shuffle(moments.found)
    yield from _gone_on(stage, plan, moments.found, 1, depth)


def _gone_on(stage: Stage, before: Plan, moments: Sequence[Moment], so_many: int, depth: int) -> Iterator[Explored]:
    for moment in moments:
        plan = replace(before, kills=(*before.kills, moment.point))
        _return_to(stage, moment, plan)
        with closing(Moments(stage) if depth > 1 else _Nothing()) as then:
            broken = stage.go_on(plan, then)
        yield Explored(plan, so_many * moment.points, broken)
        if isinstance(then, Moments):
            yield from _gone_on(stage, plan, then.found, so_many * moment.points, depth - 1)


class _Nothing(CrashPoints):
    def close(self) -> None:
        """Nothing was saved."""


def _return_to(stage: Stage, moment: Moment, plan: Plan) -> None:
    """The process is dead; this is what it left."""
    stage.delivering.database.close()
    path = Path(stage.delivering.database.engine.url.database or "")
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.write_bytes(moment.database)
    stage.open(moment.now, plan.lingers)
    package = stage.delivering.books
    for one in moment.asked:
        package.clock = partial(lambda at: at, one.at)
        stage.way.ask(one.request, one.late)
    package.clock = stage.clock
    if moment.under_way is not None:
        stage.way.ask(moment.under_way, plan.lingers)
    stage.let_leases_end()
