"""What an invoice costs among a thousand stored invoices and among a million: each pair measured in turns.

Both databases hold as many contracts; only what was issued before differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from bench import load, places, web
from bench.apart import run_apart
from bench.filler import fill
from bench.keys import make_key
from bench.measure import Figure, Goal, Measurement, Setting, in_turns, per_second
from bench.released import add_all_charges, release_all, release_invoices
from bench.rows.issuing import Side, issue
from bench.rows.question import Traffic
from bench.world import Office, open_office, part_of
from billing_service.invoicing.drafts import contracts_to_bill
from billing_service.invoicing.issue import BATCH
from billing_service.store.session import Database

GOAL = Goal("share_at_most", 1.2)
_UNTIL = date(2026, 3, 31)
_READ: Final = (
    ("list released invoices", "/v1/invoices?state=released"),
    ("list issued invoices", "/v1/invoices?state=issued"),
    ("balance of a customer", "/v1/customers/{customer}/balance"),
)


@dataclass(frozen=True, slots=True)
class _Store:
    """A database, its office, and how many issued invoices it began with."""

    database: Database
    office: Office
    count: int


@dataclass(frozen=True, slots=True)
class _Pair:
    """The few are the floor of the many."""

    setting: Setting
    kind: str
    few: _Store
    many: _Store

    def in_turns(self, work: str, figure: Callable[[_Store], float], unit: str = "ms") -> Measurement:
        """The row of what ``figure`` says of each store."""
        found = in_turns(self.setting, {"few": partial(figure, self.few), "many": partial(figure, self.many)})
        return self.row(work, unit, found["few"], found["many"])

    def row(
        self, work: str, unit: str, few: Figure, many: Figure, *notes: str, goal: Goal | None = GOAL
    ) -> Measurement:
        whole = f"{work}, {self.many.count:,} stored, {self.kind}"
        return Measurement("growth", whole, unit, many, goal, few, f"the same, {self.few.count:,} stored", notes)


def measure(setting: Setting) -> Iterator[Measurement]:
    """Milliseconds per invoice, memory, and how readers fare."""
    few, many = setting.size(1_000, least=20), setting.size(1_000_000, least=100)
    for kind in setting.databases:
        with places.database(setting, kind) as small, places.database(setting, kind) as large:
            pair = _Pair(setting, kind, _filled(setting, small, few), _filled(setting, large, many))
            yield from _writing(pair)
            yield from _reading(pair)


def _filled(setting: Setting, database: Database, count: int) -> _Store:
    office = open_office(database, customers=setting.size(10_000, least=20))
    fill(database, office, count)
    return _Store(database, office, count)


def _writing(pair: _Pair) -> Iterator[Measurement]:
    one, run = pair.setting.size(100), pair.setting.size(300)
    yield pair.in_turns("issue one invoice with its own commit", lambda store: _issuing(store, one, 1))
    yield pair.in_turns(f"issue an invoice in batches of {BATCH}", lambda store: _issuing(store, run, BATCH))
    few, many = (
        run_apart(_release_and_issue, store.database.url, part_of(store.office, run)) for store in (pair.few, pair.many)
    )
    note = f"{run} invoices released and issued; peak of resident memory, interpreter included"
    yield pair.row("memory of a billing run", "MiB", Figure((few.peak,)), Figure((many.peak,)), note)
    # The last to write: what it releases waits to be issued, for the lists to show.
    yield pair.in_turns("release one contract", lambda store: _releasing(store, one))


def _issuing(store: _Store, count: int, batch: int) -> float:
    side = Side(store.database, part_of(store.office, count), batch)
    return 1000 / side.per_second(lambda batches: issue(side.database, side.office, batches))


def _release_and_issue(url: str, office: Office) -> None:
    database = Database(url)
    ids = release_invoices(database, office)
    issue(database, office, [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)])
    database.close()


def _releasing(store: _Store, count: int) -> float:
    office = part_of(store.office, count)
    add_all_charges(store.database, office)
    return 1000 / per_second(count, lambda: release_all(store.database, office))


def _reading(pair: _Pair) -> Iterator[Measurement]:
    for store in (pair.few, pair.many):
        add_all_charges(store.database, part_of(store.office, pair.setting.size(100)))
    yield pair.in_turns("find the contracts of a run", _finding)
    with web.our_service(pair.few.database.url) as small, web.our_service(pair.many.database.url) as large:
        for work, path in _READ:
            yield _asking(pair, f"{work} over HTTP", _Reader(small, pair.few, path), _Reader(large, pair.many, path))


def _asking(pair: _Pair, work: str, few: _Reader, many: _Reader) -> Measurement:
    count = pair.setting.size(200, least=5)
    found = in_turns(pair.setting, {"few": lambda: few.per_second(count), "many": lambda: many.per_second(count)})
    notes = (f"few: {few.traffic.note()}", f"many: {many.traffic.note()}")
    return pair.row(work, "/s", found["few"], found["many"], *notes, goal=None)


def _finding(store: _Store) -> float:
    with store.database.read() as session:
        scope = store.office.scope(session)
        return 1000 / per_second(1, lambda: contracts_to_bill(scope, _UNTIL, None))


class _Reader:
    """Asks one server for one thing."""

    def __init__(self, server: web.Server, store: _Store, path: str) -> None:
        self.traffic = Traffic(server, expected=200)
        key = make_key(store.database, store.office)
        self._request = load.request("GET", path.format(customer=store.office.customers[0]), key=key)

    def per_second(self, count: int) -> float:
        return self.traffic.per_second([self._request] * count)
