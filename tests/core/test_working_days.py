"""Dutch working days against lists written by hand, and working time between two moments."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.calendar import AMSTERDAM
from billing_service.core.working_days import WorkingTime, holidays, service_hours
from billing_service.errors import InvalidInput

BY_HAND = {
    # New Year, Easter Sunday and Monday, King's Day, Ascension, Whit Sunday and Monday, Christmas; 5 May in a lustrum.
    2014: "01-01 04-20 04-21 04-26 05-29 06-08 06-09 12-25 12-26",
    2020: "01-01 04-12 04-13 04-27 05-05 05-21 05-31 06-01 12-25 12-26",
    2024: "01-01 03-31 04-01 04-27 05-09 05-19 05-20 12-25 12-26",
    2025: "01-01 04-20 04-21 04-26 05-05 05-29 06-08 06-09 12-25 12-26",
    2026: "01-01 04-05 04-06 04-27 05-14 05-24 05-25 12-25 12-26",
    2027: "01-01 03-28 03-29 04-27 05-06 05-16 05-17 12-25 12-26",
    2030: "01-01 04-21 04-22 04-27 05-05 05-30 06-09 06-10 12-25 12-26",
    2038: "01-01 04-25 04-26 04-27 06-03 06-13 06-14 12-25 12-26",
}
OFFICE = WorkingTime()


@pytest.mark.parametrize("year", BY_HAND)
def test_the_holidays_of_a_year(year: int) -> None:
    assert sorted(holidays(year)) == [date.fromisoformat(f"{year}-{day}") for day in BY_HAND[year].split()]


def test_liberation_day_and_good_friday_are_chosen() -> None:
    assert date(2025, 5, 5) in holidays(2025)
    assert date(2026, 5, 5) not in holidays(2026)
    assert date(2025, 5, 5) not in holidays(2025, "none")
    assert date(2026, 5, 5) in holidays(2026, "every_year")
    assert date(2026, 4, 3) not in holidays(2026)
    assert date(2026, 4, 3) in holidays(2026, good_friday=True)


def at(text: str) -> datetime:
    """A moment on the clock in Amsterdam."""
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "end", "minutes"),
    [
        ("2026-03-03 10:00", "2026-03-03 10:00", 0),
        ("2026-03-03 10:00", "2026-03-03 09:00", 0),
        ("2026-03-03 10:00", "2026-03-03 11:30", 90),
        ("2026-03-03 08:00", "2026-03-03 09:10", 10),  # before somebody is there nothing counts
        ("2026-03-03 15:00", "2026-03-04 15:00", 480),  # one working day
        ("2026-03-06 16:30", "2026-03-09 09:30", 60),  # over a weekend
        ("2026-03-06 20:00", "2026-03-09 17:00", 480),
        ("2026-03-07 12:00", "2026-03-08 12:00", 0),
        ("2026-04-02 16:00", "2026-04-07 10:00", 60 + 480 + 60),  # Good Friday is worked, Easter Monday not
        ("2026-04-24 16:00", "2026-04-28 10:00", 120),  # King's Day
        ("2026-05-13 16:00", "2026-05-15 10:00", 120),  # Ascension Day
        ("2025-12-31 16:00", "2026-01-02 10:00", 120),  # into another year
        ("2025-12-24 16:00", "2025-12-29 10:00", 120),  # Christmas, then a weekend
        ("2026-03-27 16:00", "2026-03-30 10:00", 120),  # summer time begins on the 29th
        ("2026-10-23 16:00", "2026-10-26 10:00", 120),  # and ends on the 25th
        ("2026-03-29 01:30", "2026-03-29 04:30", 0),
        ("2026-03-03 10:00:00", "2026-03-03 11:00:01", 61),  # a minute that was begun counts
    ],
)
def test_working_time_between_two_moments(start: str, end: str, minutes: int) -> None:
    assert OFFICE.minutes_between(at(start), at(end)) == minutes


def test_around_the_clock_no_working_day_is_longer_for_summer_time() -> None:
    always = WorkingTime(*service_hours("00:00-24:00"))
    assert always.minutes_between(at("2026-03-27 00:00"), at("2026-03-31 00:00")) == 2 * 1440
    assert always.minutes_between(at("2026-10-23 00:00"), at("2026-10-27 00:00")) == 2 * 1440


def test_working_days_of_years_that_were_counted_by_hand() -> None:
    # 261 weekdays in 2026, less New Year, Easter Monday, King's Day, Ascension, Whit Monday, 25 December.
    assert OFFICE.working_days(date(2026, 1, 1), date(2026, 12, 31)) == 261 - 6
    assert OFFICE.working_days(date(2025, 12, 24), date(2026, 1, 2)) == 5
    assert OFFICE.working_days(date(2026, 3, 5), date(2026, 3, 4)) == 0


moments = st.integers(0, 4 * 366 * 1440).map(lambda minutes: at("2024-01-01 00:00") + timedelta(minutes=minutes))


@given(moments, moments, moments)
def test_time_adds_up_whatever_lies_between(one: datetime, other: datetime, third: datetime) -> None:
    start, middle, end = sorted((one, other, third))
    whole = OFFICE.minutes_between(start, end)
    assert whole == OFFICE.minutes_between(start, middle) + OFFICE.minutes_between(middle, end)
    assert 0 <= whole <= (end - start).total_seconds() / 60


@given(st.dates(date(2024, 1, 1), date(2027, 6, 1)), st.integers(0, 500))
def test_counting_by_years_is_counting_by_days(first: date, more: int) -> None:
    days = [first + timedelta(days=at) for at in range(more)]
    counted = sum(OFFICE.is_working_day(day) for day in days)
    assert OFFICE.working_days(first, first + timedelta(days=more - 1)) == counted


def test_hours_as_people_write_them() -> None:
    assert service_hours("08:30-17:00") == (510, 1020)
    assert WorkingTime(*service_hours("08:30-24:00")).hours == "08:30-24:00"
    for wrong in ("", "9-17", "17:00-09:00", "09:00-09:00", "09:00-25:00", "09:00-24:30", "09:00 - 17:00"):
        with pytest.raises(InvalidInput, match="09:00-17:00"):
            service_hours(wrong)
    with pytest.raises(InvalidInput):
        WorkingTime(600, 600)
