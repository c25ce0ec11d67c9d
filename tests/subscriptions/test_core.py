"""What a subscription costs, period by period: the published example, every policy, indexation, and the sums."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.subscriptions import (
    ANCHORS,
    PERIODS,
    POLICIES,
    TIMINGS,
    Subscription,
    Term,
    description,
    due_charges,
    price_on,
    span,
)

DAY = timedelta(days=1)


def subscription(starts_on: date = date(2026, 1, 1), price: str = "30.00", **fields: Any) -> Subscription:
    """The Financial app: 30.00 a month in advance, by the calendar, unless said otherwise."""
    terms = fields.pop("terms", (Term(starts_on, "amount", Decimal(price)),))
    return Subscription(**({"starts_on": starts_on, "ends_on": None, "period": "month", "terms": terms} | fields))


def amounts(of: Subscription, until: date) -> list[str]:
    return [str(due.amount) for due in due_charges(of, until)]


# --- the published example ------------------------------------------------------------------------------------------


def test_300_once_and_30_a_month_is_660_in_the_first_year_and_360_in_each_next() -> None:
    app = subscription(once=Decimal("300.00"))
    found = list(due_charges(app, date(2028, 12, 31)))
    years = {year: sum(due.amount for due in found if due.on.year == year) for year in (2026, 2027, 2028)}
    assert years == {2026: Decimal("660.00"), 2027: Decimal("360.00"), 2028: Decimal("360.00")}
    assert (found[0].part, found[0].on, found[1].first, found[1].last) == (
        "once",
        date(2026, 1, 1),
        date(2026, 1, 1),
        date(2026, 1, 31),
    )


def test_twelve_months_from_a_start_in_the_middle_of_a_month_are_360_where_periods_follow_the_start() -> None:
    app = subscription(date(2026, 3, 17), once=Decimal("300.00"), anchor="start")
    assert sum(due.amount for due in due_charges(app, date(2027, 3, 16))) == Decimal("660.00")


@pytest.mark.parametrize(
    ("policy", "first", "last"),
    [("days", "14.52", "10.00"), ("thirty", "14.00", "10.00"), ("full", "30.00", "30.00"), ("none", "0.00", "0.00")],
)
def test_a_start_on_17_march_and_an_end_on_10_june_under_each_policy(policy: str, first: str, last: str) -> None:
    app = subscription(date(2026, 3, 17), ends_on=date(2026, 6, 10), first_policy=policy, last_policy=policy)
    assert amounts(app, date(2026, 12, 31)) == [first, "30.00", "30.00", last]


def test_start_and_end_within_one_period() -> None:
    dates = {"starts_on": date(2026, 3, 11), "ends_on": date(2026, 3, 20)}
    month = {"price": "31.00"}
    assert amounts(subscription(**dates, **month), date(2027, 1, 1)) == ["10.00"]
    assert amounts(subscription(**dates, **month, first_policy="full"), date(2027, 1, 1)) == ["20.00"]
    assert amounts(subscription(**dates, **month, last_policy="full"), date(2027, 1, 1)) == ["21.00"]
    assert amounts(subscription(**dates, **month, last_policy="none"), date(2027, 1, 1)) == ["0.00"]
    assert amounts(subscription(**dates, **month, first_policy="none"), date(2027, 1, 1)) == ["0.00"]


def test_maintenance_of_15_percent_of_12000_is_150_a_month_and_shares_always_add_up_to_the_year() -> None:
    start = date(2026, 1, 1)
    care = subscription(start, terms=(Term(start, "percentage", Decimal(15), Decimal("12000.00")),))
    assert amounts(care, date(2026, 12, 31)) == ["150.00"] * 12
    odd = subscription(start, terms=(Term(start, "percentage", Decimal("12.5"), Decimal("10000.00")),))
    months = amounts(odd, date(2026, 12, 31))
    assert set(months) == {"104.16", "104.17"}
    assert sum(map(Decimal, months)) == Decimal("1250.00")
    quarters = subscription(start, period="quarter", terms=(Term(start, "per_mille", Decimal(5), Decimal("12345.67")),))
    assert amounts(quarters, date(2026, 12, 31)) == ["15.43", "15.44", "15.43", "15.43"]


# --- when periods begin and are charged -----------------------------------------------------------------------------


def test_periods_that_begin_on_the_31st_begin_on_the_last_day_of_shorter_months() -> None:
    days = [due.first for due in due_charges(subscription(date(2027, 12, 31), anchor="start"), date(2028, 5, 31))]
    assert days[:2] == [date(2027, 12, 31), date(2028, 1, 31)]
    assert days[2:] == [date(2028, month, day) for month, day in ((2, 29), (3, 31), (4, 30), (5, 31))]


def test_in_arrears_a_period_is_charged_on_its_last_day_and_the_price_once_at_the_start() -> None:
    app = subscription(
        date(2026, 2, 10), ends_on=date(2026, 5, 5), period="quarter", timing="in_arrears", once=Decimal(300)
    )
    found = [(due.on, due.first, due.last) for due in due_charges(app, date(2026, 12, 31))]
    assert found == [
        (date(2026, 2, 10), date(2026, 2, 10), date(2026, 2, 10)),
        (date(2026, 3, 31), date(2026, 2, 10), date(2026, 3, 31)),
        (date(2026, 5, 5), date(2026, 4, 1), date(2026, 5, 5)),
    ]


# --- indexation and quantity ----------------------------------------------------------------------------------------


def test_indexations_build_on_each_other_and_hold_from_the_first_period_that_begins_under_them() -> None:
    start = date(2026, 1, 1)
    terms = (
        Term(start, "amount", Decimal("30.00")),
        Term(date(2027, 1, 1), "index", Decimal("2.5")),
        Term(date(2028, 1, 15), "index", Decimal("3.1")),
        Term(date(2028, 3, 1), "quantity", Decimal(3)),
        Term(date(2028, 4, 1), "amount", Decimal("25.00")),
    )
    app = subscription(start, terms=terms)
    found = {due.first: due for due in due_charges(app, date(2028, 12, 31))}
    assert found[date(2026, 12, 1)].amount == Decimal("30.00")
    assert found[date(2027, 1, 1)].amount == Decimal("30.75")
    assert found[date(2028, 1, 1)].amount == Decimal("30.75")
    assert (found[date(2028, 2, 1)].unit_price, found[date(2028, 2, 1)].amount) == (
        Decimal("31.7033"),
        Decimal("31.70"),
    )
    assert found[date(2028, 3, 1)].amount == Decimal("95.11")
    assert found[date(2028, 4, 1)].amount == Decimal("75.00")
    assert price_on(app, date(2028, 2, 1)).index == terms[2]
    assert price_on(app, date(2028, 4, 1)).index is None


def test_an_indexation_raises_the_investment_that_maintenance_is_a_part_of() -> None:
    start = date(2026, 1, 1)
    terms = (Term(start, "percentage", Decimal(15), Decimal("12000.00")), Term(date(2027, 1, 1), "index", Decimal(2)))
    care = subscription(start, terms=terms)
    assert sum(due.amount for due in due_charges(care, date(2027, 12, 31)) if due.on.year == 2027) == Decimal("1836.00")


# --- words ----------------------------------------------------------------------------------------------------------


def test_a_line_says_which_days_it_is_for_as_briefly_as_it_can() -> None:
    title = {"nl": "Financiële app", "en": "Financial app"}
    march = (date(2026, 3, 1), date(2026, 3, 31))
    assert description(title, march) == {
        "nl": "Financiële app, 1 t/m 31 maart 2026",
        "en": "Financial app, 1 to 31 March 2026",
    }
    assert description(title, None) == {"nl": "Financiële app, eenmalig", "en": "Financial app, one-off"}
    assert span(date(2026, 1, 15), date(2026, 2, 14), "nl") == "15 januari t/m 14 februari 2026"
    assert span(date(2026, 12, 28), date(2027, 1, 27), "nl") == "28 december 2026 t/m 27 januari 2027"
    assert span(date(2026, 3, 31), date(2026, 3, 31), "en") == "31 March 2026"


# --- properties -----------------------------------------------------------------------------------------------------

days = st.dates(date(2020, 1, 1), date(2030, 12, 31))
cents = st.integers(0, 10_000_000).map(lambda number: Decimal(number) / 100)


@st.composite
def subscriptions(draw: st.DrawFn, *policies: str) -> Subscription:
    start = draw(days)
    length = draw(st.none() | st.integers(0, 1500))
    chosen = st.sampled_from(policies or POLICIES)
    return subscription(
        start,
        str(draw(cents)),
        ends_on=None if length is None else start + length * DAY,
        period=draw(st.sampled_from(PERIODS)),
        anchor=draw(st.sampled_from(ANCHORS)),
        timing=draw(st.sampled_from(TIMINGS)),
        first_policy=draw(chosen),
        last_policy=draw(chosen),
        once=draw(st.none() | cents),
    )


@given(subscriptions(), st.integers(0, 1500))
def test_periods_lie_end_to_end_without_gap_or_overlap(given_: Subscription, length: int) -> None:
    found = [due for due in due_charges(given_, given_.starts_on + length * DAY) if due.part == "periodic"]
    assert all(one.last + DAY == other.first for one, other in pairwise(found))
    assert all(one.first == given_.starts_on for one in found[:1])
    for due in found:
        assert due.period.first <= due.first <= due.last <= due.period.last
        assert 0 <= due.share <= 1
        assert Decimal(0) <= due.amount <= due.whole
        assert (due.share == 1) or (due.first, due.last) != (due.period.first, due.period.last)
        assert due.on == (due.first if given_.timing == "in_advance" else due.last)


@given(subscriptions(), st.lists(st.integers(0, 1500), max_size=6))
def test_it_is_the_same_whatever_dates_were_asked_for_before(given_: Subscription, lengths: list[int]) -> None:
    asked, billed_until = [], None
    for length in lengths:
        for due in due_charges(given_, given_.starts_on + length * DAY, billed_until):
            asked.append(due)
            billed_until = given_.starts_on - DAY if due.part == "once" else due.period.last
    latest = given_.starts_on + max(lengths, default=-1) * DAY
    assert asked == list(due_charges(given_, latest))


@given(subscriptions("days", "thirty"), st.integers(0, 400))
def test_a_subscription_cut_in_two_costs_what_it_cost_in_one(given_: Subscription, cut: int) -> None:
    """The new one follows the calendar of the old one; whoever follows the start begins anew."""
    whole = subscription(
        given_.starts_on, str(given_.terms[0].value), period=given_.period, first_policy=given_.first_policy
    )
    until = date(2036, 1, 1)
    end = whole.starts_on + cut * DAY
    one = subscription(
        whole.starts_on,
        str(whole.terms[0].value),
        period=whole.period,
        ends_on=end,
        first_policy=given_.first_policy,
        last_policy=given_.first_policy,
    )
    other = subscription(end + DAY, str(whole.terms[0].value), period=whole.period, first_policy=given_.first_policy)

    def total(of: Subscription) -> Decimal:
        return sum((due.amount for due in due_charges(of, until)), Decimal(0))

    assert total(one) + total(other) == total(whole)


@given(cents, st.decimals(0, 100, places=2), st.sampled_from(PERIODS), days, st.sampled_from(ANCHORS))
def test_a_year_of_a_percentage_comes_to_that_percentage(
    base: Decimal, rate: Decimal, period: str, day: date, anchor: str
) -> None:
    start = day if anchor == "start" else day.replace(month=1, day=1)
    care = subscription(start, period=period, anchor=anchor, terms=(Term(start, "percentage", rate, base),))
    parts = 12 // {"month": 1, "quarter": 3, "half_year": 6, "year": 12}[period]
    found = [due.amount for due in due_charges(care, start + 366 * DAY)][:parts]
    assert sum(found) == price_on(care, start).a_year
