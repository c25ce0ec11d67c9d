"""A tariff document is read strictly: all its errors at once, each with its place, or a tariff."""

from __future__ import annotations

import copy
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.tariff import parse_tariff
from billing_service.core.tariff.model import TimePrice
from billing_service.errors import InvalidTariff
from tests.core.tariff.documents import QUARTERS, by_table, documented, hourly, rule, table, tariff


def pointers(document: Any) -> list[str]:
    """Where the errors of this document are."""
    with pytest.raises(InvalidTariff) as refused:
        parse_tariff(document)
    assert refused.value.code == "invalid_tariff"
    assert all(error.detail for error in refused.value.errors)
    return [error.pointer for error in refused.value.errors]


def test_the_example_of_the_documentation_is_a_tariff_that_can_be_published() -> None:
    read = parse_tariff(documented(), "Standaard 2026, versie 1")
    assert read.label == "Standaard 2026, versie 1"
    assert [rule.code for rule in read.rules] == [
        "bug", "livegang", "kort", "nabewerking", "bemiddeling", "telefoon", "uurtarief",
    ]  # fmt: skip
    assert read.rates.handlers == {"J. de Vries": Decimal("135.00")}
    assert [table.kind for table in read.tables.values()] == ["class", "bracket", "bracket"]
    assert read.rules[-1].price == TimePrice("corrected", True, None)


def test_parsing_leaves_the_document_as_it_was() -> None:
    document = documented()
    before = copy.deepcopy(document)
    parse_tariff(document)
    assert document == before


def test_all_errors_are_told_at_once_and_each_only_once() -> None:
    document = tariff(
        rule("a", price={"basis": "fixed", "amount": 25.0}),
        rule("a", vat_class=None, colour="red"),
        rule("c", name={"nl": "Alleen Nederlands"}, disposition="gratis"),
    )
    assert pointers(document) == [
        "/rules/0/price/amount",
        "/rules/1/colour",
        "/rules/1/vat_class",
        "/rules/1/code",
        "/rules/2/disposition",
        "/rules/2/name/en",
    ]


def test_the_callers_pointer_goes_before_each_error() -> None:
    with pytest.raises(InvalidTariff) as refused:
        parse_tariff({"name": "x"}, pointer="/document")
    assert [error.pointer for error in refused.value.errors] == ["/document/rules"]


def test_a_name_in_a_pointer_is_escaped() -> None:
    assert pointers(tariff(rates={"roles": {"a/b~c": 1.5}})) == ["/rates/roles/a~1b~0c"]


@pytest.mark.parametrize(
    "document", [None, [], "tariff", 1, {}, {"name": "x", "rules": []}, {"name": "x", "rules": {}}]
)
def test_what_is_no_tariff_at_all_is_refused(document: Any) -> None:
    assert pointers(document)


@pytest.mark.parametrize(
    "amount", [25.5, float("nan"), True, None, "1e3", "25,00", "-1", "1.234", "9" * 30, 10**30, {}, []]
)
def test_an_amount_is_text_or_a_whole_number(amount: Any) -> None:
    assert pointers(tariff(rule(price={"basis": "fixed", "amount": amount}))) == ["/rules/0/price/amount"]


@pytest.mark.parametrize("code", ["", "has space", "-dash", "a" * 65, "é", "nul\x00", 7, None])
def test_a_rule_code_is_a_plain_word(code: Any) -> None:
    document = tariff(rule())
    document["rules"][0]["code"] = code
    assert set(pointers(document)) == {"/rules/0/code"}


@pytest.mark.parametrize(
    ("when", "pointer"),
    [
        ({"colour": ["red"]}, "/colour"),
        ({"channel": "phone"}, "/channel"),
        ({"channel": []}, "/channel"),
        ({"channel": ["phone", "phone"]}, "/channel/1"),
        ({"channel": ["phone", 3]}, "/channel/1"),
        ({"channel": ["pho\x00ne"]}, "/channel/0"),
        ({"channel": [" phone"]}, "/channel/0"),
        ({"channel": ["x" * 201]}, "/channel/0"),
        ({"kind": ["question", "vraag"]}, "/kind"),
        ({"known_contact": "yes"}, "/known_contact"),
        ({"key_user": 1}, "/key_user"),
        ({"key_user": None}, "/key_user"),
        ({"raw_minutes": 5}, "/raw_minutes"),
        ({"raw_minutes": {}}, "/raw_minutes"),
        ({"raw_minutes": {"from": -1}}, "/raw_minutes/from"),
        ({"raw_minutes": {"from": 1.5}}, "/raw_minutes/from"),
        ({"raw_minutes": {"to": 10**30}}, "/raw_minutes/to"),
        ({"raw_minutes": {"from": 10, "to": 9}}, "/raw_minutes/to"),
        ([], ""),
    ],
)
def test_conditions_that_cannot_be_meant(when: Any, pointer: str) -> None:
    assert pointers(tariff(rule(when=when))) == [f"/rules/0/when{pointer}"]


@pytest.mark.parametrize(
    ("time", "field"),
    [
        ({"step": 0}, "/step"),
        ({"step": -15}, "/step"),
        ({"step": 1441}, "/step"),
        ({"step": 15.0}, "/step"),
        ({"step": "15"}, "/step"),
        ({"step": 15, "grace": 15}, "/grace"),
        ({"grace": 1}, "/grace"),
        ({"grace": -1}, "/grace"),
        ({"minimum": 10**6}, "/minimum"),
        ({"direction": "sideways"}, "/direction"),
        ({"scope": "week"}, "/scope"),
        ({"stap": 15}, "/stap"),
    ],
)
def test_absurd_time_rules_are_refused(time: dict[str, Any], field: str) -> None:
    assert pointers(tariff(hourly(time=time))) == [f"/rules/0/time{field}"]


def test_time_without_any_price_of_an_hour_is_refused() -> None:
    document = tariff(hourly(), rates={})
    assert pointers(document) == ["/rules/0/price"]
    document["rules"][0]["price"]["rate"] = "80"
    assert parse_tariff(document).rules[0].price == TimePrice("actual", False, Decimal("80.00"))


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"time": QUARTERS}, "/time"),
        ({"price": None}, "/price"),
        ({"close": True}, "/close"),
        ({"draw_from": "card"}, "/draw_from"),
        ({"vat_class": "luxury"}, "/vat_class"),
        ({"revenue_group": ""}, "/revenue_group"),
        ({"price": {"amount": "1"}}, "/price/basis"),
        ({"price": {"basis": "fixed"}}, "/price/amount"),
        ({"price": {"basis": "fixed", "amount": "1", "rate": "2"}}, "/price/rate"),
        ({"price": {"basis": "actual_time", "raw_allowed": True}}, "/price/raw_allowed"),
        ({"price": {"basis": "corrected_time", "raw_allowed": "yes"}}, "/price/raw_allowed"),
        ({"price": {"basis": "tiered"}}, "/price/table"),
        ({"price": {"basis": "tiered", "table": "nowhere"}}, "/price/table"),
    ],
)
def test_fields_of_a_rule_that_do_not_go_together(fields: dict[str, Any], pointer: str) -> None:
    assert pointers(tariff(rule(**fields))) == [f"/rules/0{pointer}"]


OPEN = (None, "amount", "1.00")


@pytest.mark.parametrize(
    ("staffel", "pointer"),
    [
        (table("class"), "/rows"),
        (table("class", ("10", "amount", "1")), "/rows/0/up_to"),
        (table("class", OPEN, OPEN), "/rows/0/up_to"),
        (table("class", ("0", "amount", "1"), OPEN), "/rows/0/up_to"),
        (table("class", ("10", "amount", "1"), ("10", "amount", "2"), OPEN), "/rows/1/up_to"),
        (table("class", ("10", "amount", "1"), ("5", "amount", "2"), OPEN), "/rows/1/up_to"),
        (table("class", ("-5", "amount", "1"), OPEN), "/rows/0/up_to"),
        (table("class", ("10", "percentage", "101"), OPEN), "/rows/0/percentage"),
        (table("class", ("10", "per_mille", "1001"), OPEN), "/rows/0/per_mille"),
        (table("class", ("10", "per_unit", "1"), OPEN), "/rows/0/per_unit"),
        (table("class", ("10", "discount", "1"), OPEN), "/rows/0/discount"),
        (table("steps", OPEN), "/kind"),
        (table("class", OPEN, measure="weight"), "/measure"),
        (table("class", OPEN, measure="quantity"), "/measure"),
        (table("class", OPEN, measure={"quantity": ""}), "/measure/quantity"),
        (table("class", OPEN, minimum="2", maximum="1"), "/maximum"),
        (table("class", OPEN, minimum=1.5), "/minimum"),
        (table("class", OPEN, period="calendar_month"), "/period"),
        (table("class", OPEN, per="customer"), "/per"),
        (table("class", OPEN, measure="ordinal"), "/period"),
        (table("class", OPEN, measure="ordinal", period="week"), "/period"),
        (table("bracket", OPEN, measure="ordinal", period="calendar_year"), "/kind"),
        (table("class", ("1.5", "amount", "1"), OPEN, measure="ordinal", period="calendar_year"), "/rows/0/up_to"),
        (table("bracket", (None, "percentage", "5"), measure={"quantity": "records"}), "/rows/0/percentage"),
    ],
)
def test_tables_that_cannot_be_meant(staffel: dict[str, Any], pointer: str) -> None:
    assert f"/tables/staffel{pointer}" in pointers(by_table(staffel))


@pytest.mark.parametrize(("begin", "problem"), [("5", "overlap"), ("15", "gap")])
def test_overlapping_rows_and_gaps_are_refused(begin: str, problem: str) -> None:
    staffel = table("class", ("10", "amount", "1"), ("20", "amount", "2"), OPEN)
    staffel["rows"][1]["from"] = begin
    with pytest.raises(InvalidTariff) as refused:
        parse_tariff(by_table(staffel))
    assert [error.pointer for error in refused.value.errors] == ["/tables/staffel/rows/1/from"]
    assert problem in refused.value.errors[0].detail


def test_a_row_gives_exactly_one_price() -> None:
    staffel = table("class", ("10", "amount", "1"), OPEN)
    staffel["rows"][0]["percentage"] = "5"
    del staffel["rows"][1]["amount"]
    assert pointers(by_table(staffel)) == ["/tables/staffel/rows/0", "/tables/staffel/rows/1"]


def test_a_table_over_billed_minutes_must_say_which_minutes() -> None:
    staffel = table("class", OPEN, measure="billed_minutes")
    assert pointers(by_table(staffel)) == ["/rules/0/price/minutes"]
    assert pointers(by_table(staffel, minutes="actual", raw_allowed=True)) == ["/rules/0/price/raw_allowed"]
    assert pointers(by_table(table("class", OPEN), minutes="actual")) == ["/rules/0/price/minutes"]


def test_time_can_be_rounded_per_day_or_invoice_where_it_has_a_price_of_an_hour() -> None:
    for scope in ("question", "day", "invoice"):
        read = parse_tariff(tariff(hourly(time={"step": 15, "scope": scope})))
        assert read.rules[0].time.scope == scope
    staffel = table("class", OPEN, measure="billed_minutes")
    document = by_table(staffel, minutes="actual")
    document["rules"][0]["time"] = {"step": 15, "scope": "day"}
    assert pointers(document) == ["/rules/0/time/scope"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.data())
def test_whatever_stands_somewhere_in_a_document_it_is_read_or_refused_with_pointers(data: st.DataObject) -> None:
    document: Any = documented()
    place = document
    while True:
        keys: list[Any] = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if isinstance(place[key], dict | list) and place[key] and data.draw(st.booleans()):
            place = place[key]
        else:
            break
    place[key] = data.draw(JSON)
    try:
        parse_tariff(document)
    except InvalidTariff as error:
        refused = error.errors
    else:
        refused = None
    assert refused is None or (refused and all(error.pointer.startswith("/") for error in refused))
