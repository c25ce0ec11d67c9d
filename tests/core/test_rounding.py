"""Time rounded per day or invoice: what is billed in all is what the rounded sum costs."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.minutes import TimeRule
from billing_service.core.money import ZERO, time_amount
from billing_service.core.rounding import TEXTS, TimeLine, as_plain, detail, from_plain, round_together

QUARTERS = TimeRule(step=15, direction="up", grace=5, minimum=15, scope="day")
HOURLY = Decimal("95.00")


def line(minutes: int, hourly: Decimal = HOURLY) -> TimeLine:
    return TimeLine(minutes, hourly, time_amount(minutes, hourly))


@pytest.mark.parametrize(
    ("minutes", "billed", "difference"),
    [
        ([3], 15, "19.00"),
        ([10, 10, 31], 60, "14.26"),
        ([20, 30], 45, "-7.92"),
        ([20, 20, 20], 60, "-0.01"),
        ([0, 0], 0, "0.00"),
        ([], 0, "0.00"),
    ],
)
def test_the_difference_takes_the_lines_to_what_their_rounded_sum_costs(
    minutes: list[int], billed: int, difference: str
) -> None:
    lines = [line(one) for one in minutes]
    together = round_together(QUARTERS, lines)
    assert (together.spent, together.billed) == (sum(minutes), billed)
    assert together.difference == Decimal(difference)
    assert sum((one.amount for one in lines), together.difference) == time_amount(billed, HOURLY)


def test_a_late_question_adds_only_what_the_day_then_comes_to() -> None:
    first = round_together(QUARTERS, [line(50)])
    assert first.billed == 45
    late = round_together(QUARTERS, [line(50), line(6)], charged=first.difference)
    assert late.billed == 60
    assert first.difference + late.difference == time_amount(60, HOURLY) - line(50).amount - line(6).amount


def test_two_prices_share_the_rounded_minutes_by_the_time_spent() -> None:
    lines = [line(10, Decimal("60.00")), line(10, Decimal("90.00"))]
    together = round_together(TimeRule(step=15), lines)
    assert together.billed == 30
    assert together.difference == time_amount(15, Decimal("60.00")) + time_amount(15, Decimal("90.00")) - Decimal("25")


RULES = st.integers(1, 90).flatmap(
    lambda step: st.builds(
        TimeRule,
        step=st.just(step),
        direction=st.sampled_from(["up", "nearest", "down"]),
        minimum=st.integers(0, 120),
        grace=st.integers(0, step - 1),
        scope=st.sampled_from(["day", "invoice"]),
    )
)
LINES = st.lists(
    st.builds(line, st.integers(0, 400), st.sampled_from([HOURLY, Decimal("60.00"), Decimal("0.3333")])), max_size=12
)


@given(rule=RULES, lines=LINES)
def test_the_total_billed_is_the_rounded_sum(rule: TimeRule, lines: list[TimeLine]) -> None:
    together = round_together(rule, lines)
    assert together.billed == rule.bill(sum(one.minutes for one in lines)).billed
    total = sum((one.amount for one in lines), together.difference)
    assert (total == ZERO) if not together.billed else total >= ZERO
    if len({one.hourly for one in lines}) == 1:
        assert total == time_amount(together.billed, lines[0].hourly)


@given(rule=RULES, lines=LINES, cut=st.integers(0, 12))
def test_it_makes_no_difference_how_many_releases_a_day_took(rule: TimeRule, lines: list[TimeLine], cut: int) -> None:
    first = round_together(rule, lines[:cut])
    second = round_together(rule, lines, charged=first.difference)
    assert first.difference + second.difference == round_together(rule, lines).difference
    assert round_together(rule, lines, charged=first.difference + second.difference).difference == ZERO


@given(rule=RULES, lines=LINES)
def test_it_makes_no_difference_whether_lines_at_one_price_are_added_up_first(
    rule: TimeRule, lines: list[TimeLine]
) -> None:
    sums = []
    for hourly in {one.hourly for one in lines}:
        of_price = [one for one in lines if one.hourly == hourly]
        sums.append(TimeLine(sum(one.minutes for one in of_price), hourly, sum((one.amount for one in of_price), ZERO)))
    assert round_together(rule, sums) == round_together(rule, lines)


def test_what_a_charge_keeps_of_its_rule_comes_back() -> None:
    kept = as_plain(QUARTERS, {"nl": "Werk", "en": "Work"})
    assert from_plain(kept) == QUARTERS
    assert kept["name"] == {"nl": "Werk", "en": "Work"}


def test_the_line_says_the_sum_and_how_it_was_rounded_in_both_languages() -> None:
    told = detail(QUARTERS, round_together(QUARTERS, [line(31), line(20)]), date(2026, 3, 3), earlier=20)
    assert told["nl"] == (
        "Alle tijd van 3 maart 2026 samen: 0:51; gefactureerd: 1:00 (naar boven op 15 min, "
        "uitloop tot en met 5 min vervalt, minimum 0:15); 0:20 daarvan stond op een eerdere factuur"
    )
    assert told["en"].startswith("All time of 3 March 2026 together: 0:51; billed: 1:00 (up to 15 min, an excess")
    assert set(TEXTS["nl"]) == set(TEXTS["en"])
