"""Moneybird computes the VAT and does not say how it rounds (accounting-apis 2.4): ours stands there all the same."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Line, cents, differences
from connectors.moneybird.rounding import agreeing
from tests.connectors.papers import document, line
from tests.connectors.stages.moneybird import MoneybirdStage


@pytest.fixture(params=MoneybirdStage.kinds)
def stage(request: pytest.FixtureRequest) -> Iterator[MoneybirdStage]:
    """One kind rounds by rate, the other line by line."""
    with MoneybirdStage(request.param, unlimited=True) as running:
        yield running


RATES = (Decimal(21), Decimal(9), Decimal(6), Decimal(0))


def coded(amount: Decimal, rate: Decimal, account: str) -> Line:
    return Line("Hulp", amount, f"vat-{rate}", "S" if rate else "O", rate, account)


@st.composite
def lines(draw: st.DrawFn) -> list[Line]:
    amounts = st.decimals(Decimal("-200.00"), Decimal("2000.00"), places=2)
    parts = st.builds(coded, amounts, st.sampled_from(RATES), st.sampled_from(("8000", "8100")))
    return draw(st.lists(parts, min_size=1, max_size=25))


def by_code(many: list[Line]) -> dict[str, list[Line]]:
    codes: dict[str, list[Line]] = {}
    for one in many:
        codes.setdefault(one.vat_code, []).append(one)
    return codes


@settings(max_examples=150, deadline=None)
@given(lines())
def test_the_vat_is_ours_whether_it_is_rounded_by_line_or_by_rate(ours: list[Line]):
    """2.4 does not say how Moneybird rounds, so the lines are sent in amounts for which it does not matter."""
    sent = by_code(list(agreeing(ours)))
    for code, members in by_code(ours).items():
        rate, net = members[0].vat_rate, sum((one.amount for one in members), Decimal())
        assert sum(one.amount for one in sent[code]) == net
        assert sum(cents(one.amount * rate / 100) for one in sent[code]) == cents(net * rate / 100)
        moved = [abs(old.amount - new.amount) for old, new in zip(members, sent[code], strict=True)]
        assert max(moved) <= Decimal("0.25")


def test_a_line_is_left_alone_where_both_ways_agree_and_cents_stay_within_an_account():
    plain = [coded(Decimal("50.00"), Decimal(21), "8000")] * 3
    assert list(agreeing(plain)) == plain
    odd = [coded(Decimal("10.03"), Decimal(21), account) for account in ("8000", "8000", "8100")]
    told = agreeing(odd)
    assert sum(one.amount for one in told[:2]) == Decimal("20.06")
    assert told[2] == odd[2]


def test_what_is_left_to_be_rounded_in_a_price_is_not_left_to_moneybird(stage: MoneybirdStage):
    """2.4, [M1]: prices come back in cents, so 100 × 0.045 is sent as 1 × 4.50."""
    connector = stage.connector()
    small = line(connector, "4.50", "zero", quantity=Decimal(100), unit_price=Decimal("0.045"))
    half = line(connector, "49.99", "zero", quantity=Decimal("1.5"), unit_price=Decimal("33.325"))
    whole = line(connector, "39.90", "zero", quantity=Decimal("0.5"), unit_price=Decimal("79.80"))
    ours = document(connector, "20260101", small, half, whole)
    made = connector.create_document(ours, key="k")
    assert differences(ours, made, connector.capabilities) == ()
    told = [(one["amount_decimal"], one["price"]) for one in stage.invoice("20260101")["details"]]
    assert told == [("1.0", "4.5"), ("1.0", "49.99"), ("0.5", "79.8")]


def test_rates_without_vat_are_told_all_the_same(stage: MoneybirdStage):
    """[M1]: ``tax_totals`` leaves out rates of 0 %. An invoice of others may tell no lines at all."""
    connector = stage.connector()
    mixed = document(connector, "20260101", line(connector, "100.00"), line(connector, "80.00", "zero"))
    made = connector.create_document(mixed, key="k")
    assert made.vat is not None
    assert {(one.taxable, one.tax) for one in made.vat} == {(Decimal(100), Decimal(21)), (Decimal(80), Decimal(0))}
    stage.invoice("20260101")["details"] = []
    assert connector.read_document(made.id).vat is None


def test_the_lists_hold_what_a_sales_invoice_may_be_booked_on(stage: MoneybirdStage):
    """2.4: rates for sales, not for purchases; which rate of 0 % is which is left to the bookkeeper."""
    lists = stage.connector().lists()
    assert [(one.code, one.category, one.active) for one in lists.vat_codes] == [
        ("21%", "S", True),
        ("9%", "S", True),
        ("0%", None, True),
        ("0%", None, True),
        ("19%", "S", False),
        ("19%", None, True),
    ]
    assert [one.code for one in lists.ledger_accounts] == ["80011", "Omzet import", "80090", "49900"]
    assert [(one.name, one.active) for one in lists.cost_centres] == [("Helpdesk", True), ("Oud project", False)]
    assert [one.code for one in lists.payment_methods] == ["NL91ABNA0417164300"]


def test_an_invoice_of_many_odd_lines_and_two_accounts_stands_there_as_issued(stage: MoneybirdStage):
    connector = stage.connector()
    accounts = [one.id for one in connector.lists().ledger_accounts if one.active]
    odd = [
        line(connector, f"{place}.{37 * place % 100:02}", kind, ledger_account=accounts[place % 2])
        for place in range(1, 41)
        for kind in ("standard", "reduced")
    ]
    ours = document(connector, "20260101", *odd)
    made = connector.create_document(ours, key="k")
    assert differences(ours, made, connector.capabilities) == ()


def test_three_hundred_lines_take_no_time_that_anybody_notices():
    odd = [coded(Decimal(f"{place % 90 + 3}.{61 * place % 100:02}"), Decimal(21), "8000") for place in range(300)]
    told = agreeing(odd)
    net = sum((one.amount for one in odd), Decimal())
    assert sum(cents(one.amount * 21 / 100) for one in told) == cents(net * 21 / 100)
