"""Dutch working days, and the working time between two moments: what agreed hours are measured in.

A working day is Monday to Friday and no holiday. Holidays are the generally recognised ones of the Algemene
termijnenwet, article 3: New Year's Day, Easter Monday, Ascension Day, Whit Monday, both days of Christmas and King's
Day (since 2014: 27 April, the 26th where that is a Sunday). Easter Sunday and Whit Sunday are Sundays anyhow. Two days
differ from employer to employer and are settings: Liberation Day (5 May) and Good Friday.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, Literal, get_args

from dateutil.easter import easter

from billing_service.core.calendar import AMSTERDAM
from billing_service.core.minutes import MINUTES_PER_DAY
from billing_service.errors import InvalidInput

LiberationDay = Literal["none", "lustrum", "every_year"]
LIBERATION_DAYS: Final[tuple[LiberationDay, ...]] = get_args(LiberationDay)

_HOURS: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)|([01]\d|2[0-3]):([0-5]\d)-24:00")
_SUNDAY: Final = 6
_SATURDAY: Final = 5
_DAY: Final = timedelta(days=1)


@lru_cache(maxsize=512)
def holidays(year: int, liberation_day: LiberationDay = "lustrum", good_friday: bool = False) -> frozenset[date]:
    """The holidays of a year. ``liberation_day``: 5 May is one never, in years that end in 0 or 5, or always."""
    sunday = easter(year)
    days = {date(year, 1, 1), date(year, 12, 25), date(year, 12, 26), _kings_day(year)}
    days |= {sunday + timedelta(days=after) for after in (0, 1, 39, 49, 50)}
    if good_friday:
        days.add(sunday - timedelta(days=2))
    if liberation_day == "every_year" or (liberation_day == "lustrum" and year % 5 == 0):
        days.add(date(year, 5, 5))
    return frozenset(days)


def _kings_day(year: int) -> date:
    day = date(year, 4, 27)
    return day - _DAY if day.weekday() == _SUNDAY else day


def service_hours(text: str) -> tuple[int, int]:
    """The hours of a working day, written ``09:00-17:00`` (until ``24:00`` at most), as minutes since midnight.

    Raises ``InvalidInput`` for anything else, and for hours that end before they begin.
    """
    found = _HOURS.fullmatch(text)
    if found is not None:
        numbers = [int(part) for part in found.groups() if part is not None]
        hour, minute, last_hour, last_minute = (*numbers, 24, 0)[:4]
        opens, closes = hour * 60 + minute, last_hour * 60 + last_minute
        if opens < closes:
            return opens, closes
    raise InvalidInput("must be hours such as 09:00-17:00")


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """When somebody is there: from ``opens`` to ``closes`` (minutes since midnight in Amsterdam) on working days.

    Summer time begins and ends on Sundays: every working day has the same length.
    """

    opens: int = 9 * 60
    closes: int = 17 * 60
    liberation_day: LiberationDay = "lustrum"
    good_friday: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.opens < self.closes <= MINUTES_PER_DAY:
            raise InvalidInput("service hours must end after they begin")

    @property
    def day_minutes(self) -> int:
        """How much working time one working day holds."""
        return self.closes - self.opens

    @property
    def hours(self) -> str:
        """As it is written: ``09:00-17:00``."""
        return "-".join(f"{at // 60:02}:{at % 60:02}" for at in (self.opens, self.closes))

    def is_working_day(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in holidays(day.year, self.liberation_day, self.good_friday)

    def working_days(self, first: date, last: date) -> int:
        """How many working days there are from ``first`` to ``last``, both included."""
        count = 0
        for year in range(first.year, last.year + 1):
            days = _of_year(year, self.liberation_day, self.good_friday)
            count += bisect_left(days, last + _DAY) - bisect_left(days, first)
        return count

    def minutes_between(self, start: datetime, end: datetime) -> int:
        """The working time from ``start`` to ``end``, in minutes; a minute that was begun counts whole, so that what
        took longer than was agreed never looks as if it had not. 0 where ``end`` is not after ``start``."""
        if end <= start:
            return 0
        begun, ended = start.astimezone(AMSTERDAM), end.astimezone(AMSTERDAM)
        first, last = begun.date(), ended.date()
        if first == last:
            seconds = self._within(first, _seconds(begun), _seconds(ended))
        else:
            seconds = self._within(first, _seconds(begun), MINUTES_PER_DAY * 60)
            seconds += self.working_days(first + _DAY, last - _DAY) * self.day_minutes * 60
            seconds += self._within(last, 0, _seconds(ended))
        return -(-seconds // 60)

    def _within(self, day: date, start: int, end: int) -> int:
        """The seconds of working time between two times of one day."""
        if not self.is_working_day(day):
            return 0
        return max(0, min(end, self.closes * 60) - max(start, self.opens * 60))


@lru_cache(maxsize=512)
def _of_year(year: int, liberation_day: LiberationDay, good_friday: bool) -> tuple[date, ...]:
    working = WorkingTime(liberation_day=liberation_day, good_friday=good_friday)
    days = (date(year, 1, 1) + timedelta(days=at) for at in range(366))
    return tuple(day for day in days if day.year == year and working.is_working_day(day))


def _seconds(moment: datetime) -> int:
    return moment.hour * 3600 + moment.minute * 60 + moment.second
