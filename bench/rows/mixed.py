"""One run over charges of every kind: what an invoice costs among a thousand charges and among a hundred thousand.

Both runs are whole: release, issue, every PDF drawn and stored. Every contract has the same twenty charges, so that an
invoice is the same work whatever the size of the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select

from bench import mixture, places
from bench.apart import run_apart
from bench.measure import Figure, Goal, Measurement, Setting
from bench.rows.month import Run, month_end
from bench.world import Office, open_office
from billing_service.store.charges import Charge
from billing_service.store.session import Database

FLAT: Final = Goal("share_at_most", 1.2)
_FEW: Final = 50
_MANY: Final = 5_000
"""Contracts; with ``mixture.EACH`` charges each a thousand and a hundred thousand."""


@dataclass(frozen=True, slots=True)
class _Side:
    """One run: its contracts, the seconds of its phases, its peak of memory in MiB."""

    contracts: int
    run: Run
    peak: float

    @property
    def charges(self) -> int:
        return self.contracts * mixture.EACH

    def milliseconds(self, seconds: float) -> Figure:
        """What an invoice costs."""
        return Figure((1000 * seconds / self.contracts,))


def measure(setting: Setting) -> Iterator[Measurement]:
    """Once each, the small run first: a hundred thousand charges are their own repetition."""
    for kind in setting.databases:
        few, many = (_measured(setting, kind, setting.size(size)) for size in (_FEW, _MANY))
        note = f"{many.charges:,} charges for {many.contracts:,} contracts in {many.run.whole:.0f} s, by one worker"
        whole = Figure((many.charges / many.run.whole,))
        yield Measurement("mixed", f"charges of every kind to stored PDFs, {kind}", "/s", whole, notes=(note,))
        for phase in ("release", "issue", "draw"):
            yield _beside(f"{phase} an invoice of {mixture.EACH} charges", kind, few, many, phase)
        peaks = Figure((many.peak,)), FLAT, Figure((few.peak,))
        yield Measurement("mixed", f"memory of the worker, {kind}", "MiB", *peaks, f"the same, {few.charges:,} charges")


def _beside(work: str, kind: str, few: _Side, many: _Side, phase: str) -> Measurement:
    ours, floor = (side.milliseconds(getattr(side.run, phase)) for side in (many, few))
    name = f"{work}, among {many.charges:,}, {kind}"
    return Measurement("mixed", name, "ms", ours, FLAT, floor, f"the same among {few.charges:,}")


def _measured(setting: Setting, kind: str, contracts: int) -> _Side:
    with places.database(setting, kind) as database:
        office = open_office(database, customers=mixture.contracts(contracts))
        mixture.fill(database, office)
        measured = run_apart(month_end, database.url, office)
        _check(database, office)
    return _Side(len(office.contracts), measured.answer, measured.peak)


def _check(database: Database, office: Office) -> None:
    """Raises RuntimeError where not every charge that there should be was invoiced."""
    mine = Charge.administration_id == office.administration_id
    with database.read() as session:
        query = select(func.count()).select_from(Charge).where(mine, Charge.state == "invoiced")
        found = session.scalars(query).one()
    if found != len(office.contracts) * mixture.EACH:
        raise RuntimeError(f"{found} charges are invoiced, not {len(office.contracts) * mixture.EACH}")
