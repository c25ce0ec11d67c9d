"""The date on which an instant falls is the one in Amsterdam; periods are whole days."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.calendar import PERIOD_KINDS, Period, business_date, period_of, start_of_day
from billing_service.errors import InvalidInput

DAYS = st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31))


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2025, 12, 31, 22, 59, tzinfo=UTC), date(2025, 12, 31)),
        (datetime(2025, 12, 31, 23, 0, tzinfo=UTC), date(2026, 1, 1)),  # winter: one hour ahead
        (datetime(2026, 6, 30, 21, 59, tzinfo=UTC), date(2026, 6, 30)),
        (datetime(2026, 6, 30, 22, 0, tzinfo=UTC), date(2026, 7, 1)),  # summer: two hours ahead
    ],
)
def test_midnight_is_amsterdams(instant: datetime, day: date) -> None:
    assert business_date(instant) == day


def test_an_instant_without_time_zone_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        business_date(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
    assert refused.value.code == "naive_instant"


@given(DAYS)
def test_a_day_holds_exactly_the_instants_between_its_midnights(day: date) -> None:
    start, end = Period(day, day).instants()
    assert business_date(start) == day
    assert business_date(end - timedelta(microseconds=1)) == day
    assert business_date(end) == day + timedelta(days=1)
    assert start == start_of_day(day)


def test_the_day_summer_time_begins_has_23_hours() -> None:
    start, end = Period(date(2026, 3, 29), date(2026, 3, 29)).instants()
    assert end - start == timedelta(hours=23)


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        ("calendar_month", date(2024, 2, 1), date(2024, 2, 29)),
        ("calendar_quarter", date(2024, 1, 1), date(2024, 3, 31)),
        ("calendar_year", date(2024, 1, 1), date(2024, 12, 31)),
        ("contract_year", date(2023, 5, 15), date(2024, 5, 14)),
    ],
)
def test_periods_that_hold_the_29th_of_february(kind: str, first: date, last: date) -> None:
    assert period_of(date(2024, 2, 29), kind, date(2020, 5, 15)) == Period(first, last)  # type: ignore[arg-type]


@given(DAYS, st.sampled_from(PERIOD_KINDS), st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 12, 31)))
def test_periods_join_up_without_gap_or_overlap(day: date, kind: str, contract_start: date) -> None:
    start = min(contract_start, day)
    period = period_of(day, kind, start)  # type: ignore[arg-type]
    assert day in period
    following = period_of(period.last + timedelta(days=1), kind, start)  # type: ignore[arg-type]
    assert following.first == period.last + timedelta(days=1)
    assert period_of(period.first, kind, start) == period_of(period.last, kind, start) == period  # type: ignore[arg-type]


def test_a_contract_of_29_february_begins_its_other_years_on_1_march() -> None:
    start = date(2024, 2, 29)
    assert period_of(date(2025, 2, 28), "contract_year", start) == Period(date(2024, 2, 29), date(2025, 2, 28))
    assert period_of(date(2025, 3, 1), "contract_year", start) == Period(date(2025, 3, 1), date(2026, 2, 28))


@pytest.mark.parametrize("start", [None, date(2026, 1, 2)])
def test_a_contract_year_needs_a_contract_that_had_begun(start: date | None) -> None:
    with pytest.raises(InvalidInput):
        period_of(date(2026, 1, 1), "contract_year", start)
