"""Drawing from pots: whatever is there and whatever is wanted, nothing is lost and nothing is made up."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.prepaid import POT_KINDS, AllowanceTerms, Pot, PotKey, Wanted, draw, periods_on, spread

FIRST = date(2026, 1, 1)
DAYS = st.integers(0, 60).map(lambda days: FIRST + timedelta(days=days))
ALL = POT_KINDS


@st.composite
def a_pot(pick: Any) -> Pot:
    first = pick(DAYS)
    last = pick(st.none() | st.integers(0, 40).map(lambda days: first + timedelta(days=days)))
    number = pick(st.integers(0, 9999))
    return Pot(
        PotKey(number), pick(st.sampled_from(ALL)), pick(st.sampled_from(["support", "design"])), f"UK-{number:04}",
        {"nl": "Kaart", "en": "Card"}, pick(st.sampled_from(["minutes", "questions"])), first, last,
        pick(st.integers(0, 240)),
    )  # fmt: skip


POTS = st.lists(a_pot(), max_size=6, unique_by=lambda pot: pot.key)
WANTED = st.lists(st.builds(Wanted, DAYS, st.integers(1, 300)), max_size=5)
CODES = st.none() | st.just("support")


@given(POTS, WANTED, CODES)
def test_draws_and_rest_are_what_is_wanted_and_no_pot_goes_below_zero(
    pots: list[Pot], wanted: list[Wanted], code: str | None
) -> None:
    drawn = draw(pots, wanted, ALL, "minutes", code)
    assert sum(one.quantity for one in drawn.draws) + drawn.missing == sum(one.quantity for one in wanted)
    left = {pot.key: pot.balance for pot in pots}
    for one in drawn.draws:
        assert one.quantity > 0
        assert one.before == left[one.pot.key]
        left[one.pot.key] -= one.quantity
        assert one.after == left[one.pot.key] >= 0


@given(POTS, WANTED, CODES)
def test_only_what_is_valid_on_the_day_and_asked_for_and_the_oldest_first(
    pots: list[Pot], wanted: list[Wanted], code: str | None
) -> None:
    drawn = draw(pots, wanted, ("card", "block"), "minutes", code)
    fits = [pot for pot in pots if pot.kind != "allowance" and pot.unit == "minutes" and code in (None, pot.code)]
    left = {pot.key: pot.balance for pot in pots}
    for one in drawn.draws:
        valid = [pot for pot in fits if pot.valid_on(one.day) and left[pot.key]]
        assert one.pot.age == min(pot.age for pot in valid)
        left[one.pot.key] -= one.quantity
    for rest in drawn.rest:
        assert all(left[pot.key] == 0 for pot in fits if pot.valid_on(rest.day))


@given(POTS, WANTED, st.randoms())
def test_the_order_in_which_they_are_told_does_not_matter(pots: list[Pot], wanted: list[Wanted], chance: Any) -> None:
    told = draw(pots, wanted, ALL, "minutes")
    chance.shuffle(pots)
    chance.shuffle(wanted)
    assert draw(pots, wanted, ALL, "minutes") == told


@given(st.integers(0, 2000), st.lists(st.builds(Wanted, DAYS, st.integers(0, 300)), max_size=5))
def test_billed_minutes_are_spread_over_the_days_of_work(billed: int, spent: list[Wanted]) -> None:
    total = sum(one.quantity for one in spent)
    told = spread(billed if total else 0, spent)
    assert sum(one.quantity for one in told) == (billed if total else 0)
    assert [one.day for one in told] == sorted({one.day for one in told})
    worked = {one.day: sum(other.quantity for other in spent if other.day == one.day) for one in spent}
    assert all(0 < one.quantity <= worked[one.day] for one in told[:-1])


def allowance(**terms: Any) -> AllowanceTerms:
    given_: dict[str, Any] = {
        "id": 1, "quantity": 2, "period": "calendar_month", "carry_over_periods": 1, "valid_from": date(2026, 1, 15),
        "valid_to": None, "contract_start": date(2026, 1, 1),
    }  # fmt: skip
    return AllowanceTerms(**given_ | terms)


def test_a_period_may_be_used_until_its_carry_over_ends() -> None:
    january, february = periods_on(allowance(), date(2026, 2, 3))
    assert january == (date(2026, 1, 1), date(2026, 1, 15), date(2026, 2, 28))
    assert february == (date(2026, 2, 1), date(2026, 2, 1), date(2026, 3, 31))
    assert [one.first.month for one in periods_on(allowance(), date(2026, 4, 1))] == [3, 4]
    assert periods_on(allowance(), date(2026, 1, 14)) == []


def test_an_allowance_that_ends_takes_along_what_it_carried_over() -> None:
    ends = allowance(valid_to=date(2026, 2, 10))
    assert [one.usable_to for one in periods_on(ends, date(2026, 2, 10))] == [date(2026, 2, 10)] * 2
    assert periods_on(ends, date(2026, 2, 11)) == []


def test_years_of_the_contract_begin_on_its_anniversary() -> None:
    yearly = allowance(period="contract_year", valid_from=date(2024, 5, 1), contract_start=date(2024, 5, 1))
    assert [one.first for one in periods_on(yearly, date(2026, 3, 1))] == [date(2024, 5, 1), date(2025, 5, 1)]
    assert [one.first for one in periods_on(yearly, date(2024, 6, 1))] == [date(2024, 5, 1)]
    assert periods_on(yearly, date(2024, 4, 1)) == []
