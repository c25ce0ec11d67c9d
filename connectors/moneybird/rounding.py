"""Lines whose VAT comes to the same, whether it is rounded line by line or once for each rate.

Moneybird computes the VAT itself, cannot be told an amount, and does not say how it rounds (accounting-apis 2.4). No
document may get another total than ours (domain.md), so the question is not left open: where the two ways differ, a few
cents go from one line to another of the same rate until they agree. The sum of each rate, its VAT and the total stay.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from connectors.base import Line, cents

MOST_MOVED: Final = 100
"""Cents. Every rate from 1 % on gains or loses a cent of VAT with so much."""
_CENT: Final = Decimal("0.01")


def agreeing(lines: Sequence[Line]) -> tuple[Line, ...]:
    """The lines with amounts for which both ways of rounding give the same VAT for each code.

    Cents go between lines of one ledger account and cost centre where that can be.
    """
    agreed = list(lines)
    codes: dict[str, list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        codes[line.vat_code].append(place)
    for places in codes.values():
        while move := _move(agreed, places):
            giver, taker, amount = move
            agreed[giver] = replace(agreed[giver], amount=agreed[giver].amount - amount)
            agreed[taker] = replace(agreed[taker], amount=agreed[taker].amount + amount)
    return tuple(agreed)


def _move(lines: Sequence[Line], places: Sequence[int]) -> tuple[int, int, Decimal] | None:
    """From which line to which other how much goes, so that the two ways come a cent closer; ``None``: they agree."""
    rate = lines[places[0]].vat_rate
    amounts = [lines[place].amount for place in places]
    apart = sum((_tax(amount, rate) for amount in amounts), Decimal()) - _tax(sum(amounts, Decimal()), rate)
    if not apart:
        return None
    wanted = -_CENT if apart > 0 else _CENT
    for count in range(1, MOST_MOVED + 1):
        found = _pair(lines, places, rate, count * _CENT, wanted)
        if found:
            return (*found, count * _CENT)
    return None


def _pair(
    lines: Sequence[Line], places: Sequence[int], rate: Decimal, amount: Decimal, wanted: Decimal
) -> tuple[int, int] | None:
    """Two lines between which this amount changes the VAT, line by line, as wanted; of one account if possible."""
    givers: dict[tuple[object, Decimal], list[int]] = defaultdict(list)
    for place in places:
        line = lines[place]
        change = _tax(line.amount - amount, rate) - _tax(line.amount, rate)
        for account in (_account(line), None):
            givers[account, change].append(place)
    for same_account in (True, False):
        for taker in places:
            line = lines[taker]
            change = _tax(line.amount + amount, rate) - _tax(line.amount, rate)
            for giver in givers[_account(line) if same_account else None, wanted - change]:
                if giver != taker:
                    return giver, taker
    return None


def _account(line: Line) -> tuple[str, str | None]:
    return line.ledger_account, line.cost_centre


def _tax(amount: Decimal, rate: Decimal) -> Decimal:
    return cents(amount * rate / 100)
