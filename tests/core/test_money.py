"""Amounts: one rounding, half-up away from zero; floats and absurd numbers never come in; parts always add up."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core import money
from billing_service.core.money import InvalidAmount
from billing_service.errors import InvalidInput

CENTS = st.integers(min_value=-(10**15), max_value=10**15).map(lambda cents: Decimal(cents).scaleb(-2))
PRICES = st.integers(min_value=0, max_value=10**10).map(lambda units: Decimal(units).scaleb(-4))


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [
        ("0.004", "0.00"),
        ("0.005", "0.01"),
        ("-0.005", "-0.01"),
        ("0.015", "0.02"),
        ("0.025", "0.03"),  # half to even would say 0.02
        ("-0.025", "-0.03"),
        ("2.675", "2.68"),  # a float would say 2.67
        ("-2.674999", "-2.67"),
    ],
)
def test_a_half_cent_goes_away_from_zero(exact: str, rounded: str) -> None:
    assert money.round_cents(Decimal(exact)) == Decimal(rounded)


@given(CENTS, st.integers(min_value=-(10**6), max_value=10**6))
def test_a_credit_is_the_mirror_of_what_it_credits(amount: Decimal, extra: int) -> None:
    exact = amount + Decimal(extra).scaleb(-8)
    assert money.round_cents(-exact) == -money.round_cents(exact)


def test_fifty_minutes_at_95_is_79_17() -> None:
    assert money.time_amount(50, Decimal("95.00")) == Decimal("79.17")


def test_three_times_twenty_minutes_at_95_is_three_lines_of_31_67() -> None:
    lines = [money.time_amount(20, Decimal("95.00")) for _ in range(3)]
    assert lines == [Decimal("31.67")] * 3
    assert sum(lines) == Decimal("95.01")


def test_the_callers_decimal_context_has_no_say() -> None:
    with localcontext() as context:
        context.prec, context.rounding = 4, ROUND_DOWN
        assert money.time_amount(50, Decimal("95.00")) == Decimal("79.17")
        assert money.line_amount(Decimal("1234567.89"), Decimal("1234.5678")) == Decimal("1524157763.91")
        assert money.percentage_of(Decimal("123456.78"), Decimal("10")) == Decimal("12345.678")


@pytest.mark.parametrize(
    "value",
    [
        12.5,
        float("nan"),
        float("inf"),
        True,
        None,
        [],
        "",
        " 1",
        "1e5",
        "1_000",
        "1,50",
        "+1",
        "１２",
        "NaN",
        "Infinity",
        "1\x00",
        Decimal("NaN"),
        Decimal("sNaN"),
        Decimal("-Infinity"),
        Decimal("1E+20"),
        Decimal("1E+400"),
        Decimal("1E-400"),
        Decimal("1.001"),
        "1.001",
        "9" * 16,
        "9" * 30,
        "9" * 5000,
        10**15,
        10**100,
        -(10**30),
    ],
)
def test_what_is_no_amount_is_refused_with_its_pointer(value: object) -> None:
    with pytest.raises(InvalidAmount) as refused:
        money.amount(value, "/amount")
    assert refused.value.code == "invalid_amount"
    assert [error.pointer for error in refused.value.errors] == ["/amount"]
    assert len(refused.value.detail) < 200


@pytest.mark.parametrize("function", [money.round_cents, lambda value: money.line_amount(Decimal(2), value)])
@pytest.mark.parametrize("value", [1.5, Decimal("NaN"), Decimal("Infinity"), Decimal(10) ** 15, -(Decimal(10) ** 30)])
def test_the_rounding_refuses_what_the_database_could_not_keep(function: object, value: object) -> None:
    assert callable(function)
    with pytest.raises(InvalidInput):
        function(value)


def test_the_product_of_two_large_numbers_is_a_clear_error_not_a_crash() -> None:
    huge = Decimal("9" * 15)
    with pytest.raises(InvalidAmount, match="15 digits"):
        money.line_amount(huge, huge)
    with pytest.raises(InvalidAmount):
        money.time_amount(10**20, huge)


@pytest.mark.parametrize(
    ("given", "kept"), [("12.5", "12.50"), (12, "12.00"), ("0.0250", "0.025"), ("95.0000", "95.00"), ("-0", "0.00")]
)
def test_a_unit_price_keeps_two_to_four_decimals(given: object, kept: str) -> None:
    assert str(money.unit_price(given)) == kept


@given(CENTS)
def test_every_amount_reads_back_from_its_own_text(amount: Decimal) -> None:
    if abs(amount) < 10**15:
        assert money.amount(str(amount)) == amount


@given(CENTS, st.lists(PRICES, min_size=1, max_size=12).filter(any))
def test_split_adds_up_and_strays_less_than_a_cent(total: Decimal, weights: list[Decimal]) -> None:
    if abs(total) >= 10**15:
        return
    parts = money.split(total, weights)
    assert sum(parts) == total
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * whole - total * weight) < Decimal("0.01") * whole


def test_split_gives_the_cents_that_are_left_to_the_largest_remainders_then_to_the_first() -> None:
    assert money.split(Decimal("10.00"), [1, 1, 1]) == [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]
    assert money.split(Decimal("0.05"), [1, 3]) == [Decimal("0.01"), Decimal("0.04")]
    assert money.split(Decimal("-10.00"), [1, 1, 1]) == [Decimal("-3.34"), Decimal("-3.33"), Decimal("-3.33")]


def test_split_refuses_weights_that_cannot_carry_the_total() -> None:
    assert money.split(Decimal("0.00"), [0, 0]) == [Decimal(0), Decimal(0)]
    with pytest.raises(ValueError, match="all zero"):
        money.split(Decimal("1.00"), [0, 0])
    with pytest.raises(ValueError, match="negative"):
        money.split(Decimal("1.00"), [2, -1])
    with pytest.raises(InvalidAmount):
        money.split(Decimal("1.00"), [0.5])  # type: ignore[list-item]


def test_money_at_the_edges_is_exact_cents_of_a_known_currency() -> None:
    assert money.money(Decimal("12.50")).amount == Decimal("12.50")
    assert str(money.money(Decimal("12.50"), "USD").currency) == "USD"
    for wrong in (12.5, 12, Decimal("0.125"), Decimal("9" * 30)):
        with pytest.raises(InvalidInput):
            money.money(wrong)  # type: ignore[arg-type]
    for currency in ("XXY", "euro", "JPY", "EUR\x00", ""):
        with pytest.raises(InvalidInput) as refused:
            money.money(Decimal("1.00"), currency)
        assert refused.value.code == "unknown_currency"


def test_vat_is_rounded_once_over_the_sum() -> None:
    assert money.vat_amount(Decimal("95.01"), Decimal("21.00")) == Decimal("19.95")
    assert money.vat_amount(Decimal("-95.01"), Decimal("21.00")) == Decimal("-19.95")
