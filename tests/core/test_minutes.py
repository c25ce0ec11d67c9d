"""Whole minutes and how a rule bills them: grace, rounding, minimum, in that order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.minutes import InvalidMinutes, TimeRule, hours_and_minutes, whole_minutes

QUARTERS = TimeRule(step=15, direction="up", grace=5, minimum=15)
MINUTES = st.integers(min_value=0, max_value=10_000)
STEPS = st.integers(min_value=1, max_value=240)


@pytest.mark.parametrize(("spent", "billed"), [(0, 0), (3, 15), (20, 15), (21, 30), (50, 45), (51, 60)])
def test_quarters_with_five_minutes_grace_and_a_quarter_minimum(spent: int, billed: int) -> None:
    assert QUARTERS.bill(spent).billed == billed


def test_the_minimum_applies_also_when_grace_left_nothing() -> None:
    assert QUARTERS.bill(3) == (0, 0, 15)


@pytest.mark.parametrize(
    ("direction", "spent", "billed"),
    [
        ("up", 1, 10),
        ("up", 10, 10),
        ("up", 11, 20),
        ("down", 19, 10),
        ("down", 20, 20),
        ("nearest", 14, 10),
        ("nearest", 15, 20),  # exactly half a step goes up
        ("nearest", 16, 20),
    ],
)
def test_directions_of_rounding_to_ten_minutes(direction: str, spent: int, billed: int) -> None:
    assert TimeRule(step=10, direction=direction).bill(spent).billed == billed  # type: ignore[arg-type]


@pytest.mark.parametrize(("spent", "billed"), [(7, 0), (8, 15), (22, 15), (23, 30)])
def test_nearest_quarter(spent: int, billed: int) -> None:
    assert TimeRule(step=15, direction="nearest").bill(spent).billed == billed


@given(MINUTES)
def test_without_a_rule_every_minute_is_billed_as_spent(spent: int) -> None:
    assert TimeRule().bill(spent) == (spent, spent, spent)


@given(MINUTES, STEPS, st.sampled_from(["up", "nearest", "down"]), MINUTES, st.data())
def test_billed_time_stays_within_a_step_and_never_falls_as_time_grows(
    spent: int, step: int, direction: str, minimum: int, data: st.DataObject
) -> None:
    grace = data.draw(st.integers(min_value=0, max_value=step - 1))
    rule = TimeRule(step, direction, minimum, grace)  # type: ignore[arg-type]
    result = rule.bill(spent)
    assert spent - grace <= result.after_grace <= spent
    assert abs(result.rounded - result.after_grace) < step
    assert result.rounded % step == 0
    assert result.billed == (max(result.rounded, minimum) if spent else 0)
    assert rule.bill(spent + 1).billed >= result.billed


@pytest.mark.parametrize("value", [-1, 1441, 10**30, 1.5, 30.0, "30", True, None])
def test_minutes_nobody_can_have_spent_on_a_day_are_refused(value: object) -> None:
    with pytest.raises(InvalidMinutes) as refused:
        whole_minutes(value, "/minutes")
    assert refused.value.errors[0].pointer == "/minutes"


def test_a_whole_day_and_nothing_at_all_are_minutes() -> None:
    assert (whole_minutes(0), whole_minutes(1440)) == (0, 1440)


@pytest.mark.parametrize(
    ("minutes", "printed"), [(0, "0:00"), (50, "0:50"), (65, "1:05"), (725, "12:05"), (-20, "-0:20")]
)
def test_minutes_are_printed_as_hours_and_minutes(minutes: int, printed: str) -> None:
    assert hours_and_minutes(minutes) == printed
