"""Tier tables: class and bracket, bounds inclusive at the upper end, minimum and maximum."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.money import round_cents
from billing_service.core.tariff import Decision, QuestionFacts, TimeFacts, decide, parse_tariff
from tests.core.tariff.documents import QUARTERS, by_table, table

TEN_THEN_EIGHT = [("100", "percentage", "10"), (None, "percentage", "8")]
RECORDS = {"quantity": "records"}


def priced(staffel: dict[str, Any], measure: str, **price: Any) -> Decision:
    """A question with this base amount, number of records and minutes, decided by the table."""
    number = Decimal(measure)
    entries = (TimeFacts(int(number)),) if staffel["measure"] == "billed_minutes" else ()
    facts = QuestionFacts(base_amount=round_cents(number), quantities={"records": number}, time_entries=entries)
    return decide(facts, parse_tariff(by_table(staffel, **price)))


def amount(staffel: dict[str, Any], measure: str, **price: Any) -> Decimal:
    return priced(staffel, measure, **price).amount


def test_class_prices_150_at_8_percent_bracket_each_slice_at_its_own() -> None:
    assert amount(table("class", *TEN_THEN_EIGHT), "150.00") == Decimal("12.00")
    assert amount(table("bracket", *TEN_THEN_EIGHT), "150.00") == Decimal("14.00")


@pytest.mark.parametrize(
    ("base", "by_class", "by_bracket"),
    [
        ("0.00", "0.00", "0.00"),
        ("99.99", "10.00", "10.00"),
        ("100.00", "10.00", "10.00"),  # the bound belongs to the row below it
        ("100.01", "8.00", "10.00"),
        ("125.00", "10.00", "12.00"),
    ],
)
def test_the_boundary_of_two_rows(base: str, by_class: str, by_bracket: str) -> None:
    assert amount(table("class", *TEN_THEN_EIGHT), base) == Decimal(by_class)
    assert amount(table("bracket", *TEN_THEN_EIGHT), base) == Decimal(by_bracket)


@pytest.mark.parametrize(
    ("records", "total"), [("0", "0"), ("1", "5"), ("10", "5"), ("11", "8"), ("20", "8"), ("21", "10")]
)
def test_a_bracket_rows_plain_amount_counts_once_per_slice_entered(records: str, total: str) -> None:
    staffel = table("bracket", ("10", "amount", "5"), ("20", "amount", "3"), (None, "amount", "2"), measure=RECORDS)
    assert amount(staffel, records) == Decimal(total)


@pytest.mark.parametrize(("records", "price"), [("0", "5"), ("10", "5"), ("10.5", "3"), ("20", "3"), ("20.0001", "2")])
def test_a_class_rows_plain_amount_is_the_whole_price(records: str, price: str) -> None:
    staffel = table("class", ("10", "amount", "5"), ("20", "amount", "3"), (None, "amount", "2"), measure=RECORDS)
    assert amount(staffel, records) == Decimal(price)


def test_rows_of_different_kinds_in_one_bracket_table() -> None:
    staffel = table("bracket", ("1000", "amount", "25.00"), (None, "per_unit", "0.0250"), measure=RECORDS)
    assert amount(staffel, "1000") == Decimal("25.00")
    assert amount(staffel, "1001") == Decimal("25.03")
    assert amount(staffel, "3000") == Decimal("75.00")


def test_per_mille_of_the_base_amount() -> None:
    assert amount(table("class", (None, "per_mille", "2.5")), "10000.00") == Decimal("25.00")


def test_slices_are_added_up_before_they_are_rounded() -> None:
    """Two slices of half a cent each are one cent, not two."""
    staffel = table("bracket", ("0.05", "percentage", "10"), (None, "percentage", "10"))
    assert amount(staffel, "0.10") == Decimal("0.01")


@pytest.mark.parametrize(
    ("base", "total"),
    [("0.00", "7.50"), ("75.00", "7.50"), ("76.00", "7.60"), ("150.00", "14.00"), ("999.00", "50.00")],
)
def test_minimum_and_maximum_bound_the_outcome(base: str, total: str) -> None:
    assert amount(table("bracket", *TEN_THEN_EIGHT, minimum="7.50", maximum="50.00"), base) == Decimal(total)


def test_a_price_per_unit_is_printed_as_quantity_times_price() -> None:
    (part,) = priced(table("class", (None, "per_unit", "0.0125"), measure=RECORDS), "1234").parts
    assert (part.pricing, part.quantity, part.unit_price, part.amount) == (
        "quantity",
        Decimal(1234),
        Decimal("0.0125"),
        Decimal("15.43"),
    )


def test_a_price_per_unit_raised_to_the_minimum_is_printed_as_an_amount() -> None:
    (part,) = priced(table("class", (None, "per_unit", "0.0125"), measure=RECORDS, minimum="30.00"), "1234").parts
    assert (part.pricing, part.quantity, part.unit_price, part.amount) == ("amount", None, None, Decimal("30.00"))


def test_a_table_over_billed_minutes_measures_them_after_rounding() -> None:
    staffel = table("class", ("15", "amount", "20.00"), (None, "amount", "50.00"), measure="billed_minutes")
    document = by_table(staffel, minutes="actual")
    document["rules"][0]["time"] = QUARTERS
    read = parse_tariff(document)
    cheap, dear = (decide(QuestionFacts(time_entries=(TimeFacts(spent),)), read) for spent in (20, 21))
    assert (cheap.minutes, cheap.amount) == (15, Decimal("20.00"))
    assert (dear.minutes, dear.amount) == (30, Decimal("50.00"))


def test_a_price_per_minute_is_printed_as_time_at_a_price_of_an_hour() -> None:
    (part,) = priced(
        table("class", (None, "per_unit", "1.5833"), measure="billed_minutes"), "50", minutes="actual"
    ).parts
    assert (part.pricing, part.minutes, part.unit_price) == ("time", 50, Decimal("94.9980"))
    assert part.amount == Decimal("79.17")


@pytest.mark.parametrize(
    ("facts", "staffel", "reason"),
    [
        (QuestionFacts(), table("class", *TEN_THEN_EIGHT), "missing_base_amount"),
        (QuestionFacts(base_amount=Decimal("-1.00")), table("class", *TEN_THEN_EIGHT), "negative_measure"),
        (QuestionFacts(), table("class", (None, "amount", "1"), measure=RECORDS), "missing_quantity"),
        (
            QuestionFacts(quantities={"records": Decimal(5)}),
            table("class", (None, "percentage", "1"), measure=RECORDS),
            "missing_base_amount",
        ),
        (
            QuestionFacts(quantities={"records": Decimal(5)}, base_amount=Decimal("-1.00")),
            table("class", (None, "percentage", "1"), measure=RECORDS),
            "negative_measure",
        ),
        (
            QuestionFacts(quantities={"records": Decimal("9" * 30)}),
            table("class", (None, "per_unit", "1"), measure=RECORDS),
            "amount_too_large",
        ),
    ],
)
def test_a_question_that_cannot_be_measured_waits_for_a_person(
    facts: QuestionFacts, staffel: dict[str, Any], reason: str
) -> None:
    decision = decide(facts, parse_tariff(by_table(staffel)))
    assert (decision.state, decision.reason, decision.rule, decision.parts) == ("needs_decision", reason, "tiers", ())


BOUNDS = st.lists(st.integers(1, 10_000), min_size=1, max_size=6, unique=True).map(sorted)


@given(BOUNDS, st.integers(0, 10**6), st.data())
def test_bracket_slices_cover_the_measure_exactly(bounds: list[int], cents: int, data: st.DataObject) -> None:
    """At one percentage in every row, slicing makes no difference at all: nothing is counted twice or left out."""
    percentage = str(data.draw(st.integers(0, 100)))
    rows = [(str(bound), "percentage", percentage) for bound in bounds] + [(None, "percentage", percentage)]
    base = Decimal(cents).scaleb(-2)
    expected = round_cents(base * Decimal(percentage) / 100)
    assert amount(table("bracket", *rows), str(base)) == amount(table("class", *rows), str(base)) == expected


@given(BOUNDS, st.integers(0, 12_000))
def test_every_measure_falls_in_exactly_one_class(bounds: list[int], records: int) -> None:
    rows = [(str(bound), "amount", str(place)) for place, bound in enumerate(bounds)] + [
        (None, "amount", str(len(bounds)))
    ]
    expected = sum(records > bound for bound in bounds)
    assert amount(table("class", *rows, measure=RECORDS), str(records)) == expected
