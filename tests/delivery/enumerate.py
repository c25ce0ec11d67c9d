"""Deliveries killed at every point, for each class of package: ``python -m tests.delivery.enumerate --runs 5000``.

First every point of every kind of run, then every pair of points until half of the runs are spent, then runs by chance:
kills, trouble on the wire, workers that stand still. Whatever is printed can be repeated: ``--seed`` with ``--only``
makes one run by chance again, ``--kind invoice --kills 6,13`` kills there. The tests do some hundreds of each class.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

import structlog

from billing_service.store import schema
from billing_service.store.session import Database
from connectors.fake.wire import Manner, Trouble
from tests.delivery.crashing import CALL_SECONDS, Plan, Stage
from tests.delivery.exploring import Explored, explore
from tests.delivery.stock import CLASSES, KINDS, SqliteCopies, stock_of

CALLS: Final = (
    r"GET /v1/documents",
    r"POST /v1/documents",
    r"GET /v1/documents/\d+",
    r"POST /v1/documents/\d+/attachments",
    r"POST /v1/documents/\d+/book",
    r"GET /v1/customers",
    r"POST /v1/customers",
    r"PUT /v1/customers/\d+",
    r"POST /v1/payments",
    r".*",
)
STATUSES: Final = (408, 429, 500, 502, 503, 200)


def by_chance(stage: Stage, seed: str) -> Iterator[Plan]:
    """Plans without end, each from the seed and its number alone."""
    number = 0
    while True:
        number += 1
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 repeatable
        kind, manner = chance.choice(stage.kinds), chance.random()
        lingers = chance.uniform(1, CALL_SECONDS + stage.late)
        kills = tuple(chance.randint(1, 60) for _ in range(chance.choice((0, 1, 1, 2, 3))))
        if manner < 0.2:
            yield Plan(kind, freeze=(chance.randint(1, 8), chance.uniform(7, 170)))
        elif manner < 0.4:
            yield Plan(kind, kills or (1,), lingers)
        else:
            troubles = tuple(_trouble(chance, stage.late) for _ in range(chance.randint(1, 3)))
            yield Plan(kind, kills, lingers, None, troubles)


def _trouble(chance: random.Random, latest: float) -> Trouble:
    kind = chance.random()
    applies = chance.random() < 0.5
    late = chance.uniform(1, latest) if latest and chance.random() < 0.5 else 0.0
    when, times = chance.choice(CALLS), chance.choice((1, 1, 1, 2, 5))
    if kind < 0.6:
        manner = chance.choice((Manner.RESET, Manner.SILENCE, Manner.DRIP, Manner.CUT))
        return Trouble(when, applies, late, manner=manner, times=times)
    status = chance.choice(STATUSES)
    if status == 200:  # an answer that nobody can read
        return Trouble(when, applies, late, 200, "<html>", times=times)
    if status == 429:  # it did nothing, and says so
        return Trouble(when, applies=False, status=429, headers={"Retry-After": "30"}, times=times)
    return Trouble(when, applies, late, status, times=times)


@dataclass
class Tally:
    """``kills``: points, and pairs of points, that were gone on from, each in one of ``recoveries``; ``chances``: runs
    by chance. ``broken`` promises, each with how to repeat it."""

    kills: int = 0
    recoveries: int = 0
    chances: int = 0
    broken: list[str] = field(default_factory=list)

    def note(self, found: Explored) -> None:
        """One recovery, and all kills that it stands for."""
        self.recoveries += 1
        self.kills += found.stands_for
        self.broken += found.broken

    @property
    def runs(self) -> int:
        """Everything that was gone through."""
        return self.kills + self.chances


def enumerated(stage: Stage, seed: str, *, kills: int, chances: int) -> Tally:
    """Every point of every kind of run, pairs of them until there are so many ``kills``, and so many runs by chance."""
    tally, latest = Tally(), CALL_SECONDS + stage.late
    for kind in stage.kinds:
        for found in explore(stage, kind, 1, latest):
            tally.note(found)
    for found in _pairs(stage, seed, latest):
        if tally.kills >= kills:
            break
        tally.note(found)
    for number, plan in enumerate(islice(by_chance(stage, seed), chances), start=1):
        tally.chances += 1
        tally.broken += [f"run {number} by chance, seed {seed}: {one}" for one in stage.run(plan)]
    return tally


def _pairs(stage: Stage, seed: str, latest: float) -> Iterator[Explored]:
    """Every pair of points, in an order by chance."""
    chance = random.Random(seed)  # noqa: S311 repeatable
    for kind in chance.sample(stage.kinds, len(stage.kinds)):
        yield from (found for found in explore(stage, kind, 2, latest, chance) if len(found.plan.kills) > 1)


def stage_of(folder: Path, name: str) -> Stage:
    """A new one for this class of package, on SQLite."""
    database = Database(f"sqlite:///{folder / name}.sqlite3")
    schema.migrate(database)
    return Stage(stock_of(database, name), SqliteCopies(database))


def main() -> None:
    reader = argparse.ArgumentParser(prog="python -m tests.delivery.enumerate", description=__doc__.splitlines()[0])
    reader.add_argument("--runs", type=int, default=1000, help="of each class of package")
    reader.add_argument("--class", dest="classes", choices=CLASSES, action="append")
    reader.add_argument("--seed", default=str(random.SystemRandom().randrange(10**6)))
    reader.add_argument("--only", type=int, help="the number of one run by chance")
    reader.add_argument("--kind", choices=KINDS, help="with --kills: one run of this kind")
    reader.add_argument("--kills", help="the points at which one worker after the other is killed: 6,13")
    given = reader.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    broken: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="enumerate-") as folder:
        for name in given.classes or CLASSES:
            began = time.monotonic()
            stage = stage_of(Path(folder), name)
            tally = _asked_for(stage, given)
            stage.delivering.database.close()
            broken[name] = len(tally.broken)
            for one in tally.broken:
                print(f"{name}: {one}", flush=True)
            seconds = time.monotonic() - began
            print(
                f"{name}: {tally.kills} kills by {tally.recoveries} recoveries, {tally.chances} runs by chance"
                f" with seed {given.seed}, {len(tally.broken)} promises broken, {seconds:.0f} s, {dict(stage.ended)}",
                flush=True,
            )
    sys.exit(bool(broken.total()))


def _asked_for(stage: Stage, given: argparse.Namespace) -> Tally:
    plan: Plan | None = None
    if given.only:
        plan = next(islice(by_chance(stage, given.seed), given.only - 1, None))
    elif given.kills:
        kills = tuple(int(point) for point in given.kills.split(","))
        plan = Plan(given.kind or "invoice", kills, CALL_SECONDS + stage.late)
    if plan is not None:
        return Tally(chances=1, broken=stage.run(plan))
    return enumerated(stage, given.seed, kills=given.runs // 2, chances=given.runs // 2)


if __name__ == "__main__":
    main()
