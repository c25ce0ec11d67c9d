"""Drawing: from the pots that are valid on the day of the work, the oldest first, over as many as it takes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import NamedTuple

from billing_service.core.prepaid.pots import Pot, PotKey, PotKind, Unit


class Wanted(NamedTuple):
    """Minutes or questions of one day."""

    day: date
    quantity: int


class Draw(NamedTuple):
    """``quantity`` (above 0) off ``pot`` for work of ``day``; ``before`` and ``after`` is what the pot holds then."""

    pot: Pot
    day: date
    quantity: int
    before: int
    after: int


class Drawn(NamedTuple):
    """The draws in the order in which they are made, and per day what no pot had."""

    draws: list[Draw]
    rest: list[Wanted]

    @property
    def missing(self) -> int:
        return sum(wanted.quantity for wanted in self.rest)


def draw(
    pots: Iterable[Pot], wanted: Iterable[Wanted], kinds: Collection[PotKind], unit: Unit, code: str | None = None
) -> Drawn:
    """Draw what is ``wanted``, the earliest day first, from pots of these ``kinds``, this ``unit`` and this ``code``.

    Draws and rest together are exactly what is wanted; nothing is drawn below 0. In whatever order ``pots`` and
    ``wanted`` come, the outcome is the same.
    """
    usable = sorted(
        (pot for pot in pots if pot.kind in kinds and pot.unit == unit and code in (None, pot.code)),
        key=lambda pot: (pot.age, pot.key.period_first or date.min),
    )
    left: dict[PotKey, int] = {pot.key: pot.balance for pot in usable}
    draws: list[Draw] = []
    rest: list[Wanted] = []
    for day, quantity in sorted(wanted):
        missing = quantity
        for pot in usable:
            before = left[pot.key]
            taken = min(missing, before) if pot.valid_on(day) else 0
            if taken > 0:
                left[pot.key] = before - taken
                missing -= taken
                draws.append(Draw(pot, day, taken, before, before - taken))
        if missing:
            rest.append(Wanted(day, missing))
    return Drawn(draws, rest)


def spread(billed: int, spent: Sequence[Wanted]) -> list[Wanted]:
    """``billed`` minutes of a question over the days on which was worked, the earliest first.

    Each day gets at most what was spent on it, and the last day with work what rounding added; what rounding took away
    is missing from the last days. Days without minutes are left out.
    """
    by_day: dict[date, int] = {}
    for day, minutes in spent:
        by_day[day] = by_day.get(day, 0) + minutes
    days = sorted(day for day, minutes in by_day.items() if minutes)
    found: list[Wanted] = []
    for day in days:
        minutes = billed if day == days[-1] else min(billed, by_day[day])
        if minutes:
            found.append(Wanted(day, minutes))
        billed -= minutes
    return found
