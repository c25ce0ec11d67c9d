"""Business dates and periods. An instant is aware (UTC); the date it falls on is the one in Amsterdam."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo

from billing_service.errors import InvalidInput

AMSTERDAM: Final = ZoneInfo("Europe/Amsterdam")

PeriodKind = Literal["calendar_month", "calendar_quarter", "calendar_year", "contract_year"]
PERIOD_KINDS: Final[tuple[PeriodKind, ...]] = get_args(PeriodKind)


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """Days ``first`` to ``last``, both included."""

    first: date
    last: date

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def instants(self) -> tuple[datetime, datetime]:
        """The half-open range of UTC instants that fall in this period: ``start <= instant < end``."""
        return start_of_day(self.first), start_of_day(self.last + timedelta(days=1))


def business_date(instant: datetime) -> date:
    """The date in Europe/Amsterdam on which ``instant`` falls. Raises ``InvalidInput`` for a naive instant."""
    if instant.tzinfo is None:
        raise InvalidInput("an instant needs a time zone", code="naive_instant")
    return instant.astimezone(AMSTERDAM).date()


def start_of_day(day: date) -> datetime:
    """The UTC instant at which ``day`` begins in Amsterdam."""
    return datetime.combine(day, time(), tzinfo=AMSTERDAM).astimezone(UTC)


def period_of(day: date, kind: PeriodKind, contract_start: date | None = None) -> Period:
    """The period of ``kind`` that holds ``day``.

    A contract year runs from the day the contract began to the day before its anniversary (a contract of 29 February
    begins its years on 1 March where there is no 29th); it needs ``contract_start``. Raises ``InvalidInput`` without
    it, and for a day before it.
    """
    if kind == "calendar_month":
        return _months(day.replace(day=1), 1)
    if kind == "calendar_quarter":
        return _months(date(day.year, 3 * ((day.month - 1) // 3) + 1, 1), 3)
    if kind == "calendar_year":
        return _months(date(day.year, 1, 1), 12)
    if contract_start is None or day < contract_start:
        raise InvalidInput("a contract year needs a contract that had begun", code="no_contract_year")
    year = day.year if day >= _anniversary(contract_start, day.year) else day.year - 1
    return Period(_anniversary(contract_start, year), _anniversary(contract_start, year + 1) - timedelta(days=1))


def _months(first: date, count: int) -> Period:
    year, month = divmod(first.month - 1 + count, 12)
    return Period(first, date(first.year + year, month + 1, 1) - timedelta(days=1))


def _anniversary(start: date, year: int) -> date:
    try:
        return start.replace(year=year)
    except ValueError:  # 29 February in a year that has none
        return date(year, 3, 1)
