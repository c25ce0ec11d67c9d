"""The periods of an allowance: when each may be used, its carry-over included."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from billing_service.core.calendar import Period, PeriodKind, period_of

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class AllowanceTerms:
    """What an allowance gives; the fields are those of ``store.prepaid.Allowance``.

    ``contract_start`` is the day from which contract years count.
    """

    id: Any
    quantity: int
    period: PeriodKind
    carry_over_periods: int
    valid_from: date
    valid_to: date | None
    contract_start: date


class AllowancePeriod(NamedTuple):
    """One period, by its ``first`` day, and the days on which what it gives may be used."""

    first: date
    usable_from: date
    usable_to: date


def periods_on(terms: AllowanceTerms, day: date) -> list[AllowancePeriod]:
    """The periods that may be used on ``day``, the oldest first: its own and those whose rest is carried over to it.

    None on a day on which the allowance is not valid: where it ends, what it carried over ends with it.
    """
    if day < terms.valid_from or (terms.valid_to is not None and day > terms.valid_to):
        return []
    if terms.period == "contract_year" and day < terms.contract_start:
        return []
    current = period_of(day, terms.period, terms.contract_start)
    found = [current]
    while len(found) <= terms.carry_over_periods and (earlier := _before(found[0], terms)):
        found.insert(0, earlier)
    return [_usable(period, terms) for period in found]


def _before(period: Period, terms: AllowanceTerms) -> Period | None:
    """The period before this one, where the allowance was valid in it already."""
    last = period.first - _DAY
    if last < terms.valid_from or (terms.period == "contract_year" and last < terms.contract_start):
        return None
    return period_of(last, terms.period, terms.contract_start)


def _usable(period: Period, terms: AllowanceTerms) -> AllowancePeriod:
    last = period
    for _ in range(terms.carry_over_periods):
        last = period_of(last.last + _DAY, terms.period, terms.contract_start)
    until = last.last if terms.valid_to is None else min(last.last, terms.valid_to)
    return AllowancePeriod(period.first, max(period.first, terms.valid_from), until)
