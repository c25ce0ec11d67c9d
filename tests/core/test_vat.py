"""The VAT table of domain.md, row by row: the first match decides."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from string import Formatter
from typing import get_args

import pytest

from billing_service.core.vat import (
    MISSING_VAT_NUMBER,
    VAT_CLASSES,
    VAT_STATUSES,
    VAT_TEXTS,
    VatBuyer,
    VatCategory,
    VatDecision,
    decide_vat,
    is_eu_country,
    vat_rate,
    vat_text,
)
from billing_service.errors import InvalidInput

TODAY = date(2026, 11, 1)
DUTCH_BUSINESS = VatBuyer("NL", is_business=True, vat_number_valid=True)
DUTCH_PERSON = VatBuyer("NL", is_business=False)
BELGIAN_BUSINESS = VatBuyer("BE", is_business=True, vat_number_valid=True)
BELGIAN_WITHOUT_NUMBER = VatBuyer("BE", is_business=True, vat_number_valid=False)
BELGIAN_PERSON = VatBuyer("BE", is_business=False)
SWISS_BUSINESS = VatBuyer("CH", is_business=True)
SWISS_PERSON = VatBuyer("CH", is_business=False)
EVERYBODY = [
    DUTCH_BUSINESS,
    DUTCH_PERSON,
    BELGIAN_BUSINESS,
    BELGIAN_WITHOUT_NUMBER,
    BELGIAN_PERSON,
    SWISS_BUSINESS,
    SWISS_PERSON,
]
ZERO, REDUCED, STANDARD = Decimal("0.00"), Decimal("9.00"), Decimal("21.00")


@pytest.mark.parametrize("buyer", EVERYBODY)
@pytest.mark.parametrize("vat_class", VAT_CLASSES)
def test_an_administration_that_is_no_entrepreneur_is_outside_vat(buyer: VatBuyer, vat_class: str) -> None:
    decision = decide_vat(TODAY, "not_entrepreneur", vat_class, buyer)  # type: ignore[arg-type]
    assert decision == VatDecision("O", ZERO, "not_entrepreneur")


@pytest.mark.parametrize("buyer", EVERYBODY)
@pytest.mark.parametrize("vat_class", VAT_CLASSES)
def test_the_small_business_scheme_goes_before_class_and_customer(buyer: VatBuyer, vat_class: str) -> None:
    decision = decide_vat(TODAY, "small_business", vat_class, buyer)  # type: ignore[arg-type]
    assert decision == VatDecision("E", ZERO, "small_business")
    assert "KOR" in vat_text("small_business", "nl")
    assert "KOR" in vat_text("small_business", "en")


@pytest.mark.parametrize("buyer", EVERYBODY)
def test_an_exempt_class_is_exempt_whoever_buys(buyer: VatBuyer) -> None:
    assert decide_vat(TODAY, "liable", "exempt", buyer) == VatDecision("E", ZERO, "exempt")


@pytest.mark.parametrize("vat_class", ["standard", "reduced", "zero"])
def test_a_business_outside_the_eu_is_outside_dutch_vat(vat_class: str) -> None:
    decision = decide_vat(TODAY, "liable", vat_class, SWISS_BUSINESS)  # type: ignore[arg-type]
    assert decision == VatDecision("O", ZERO, "outside_eu")


@pytest.mark.parametrize("vat_class", ["standard", "reduced", "zero"])
def test_an_eu_business_with_a_valid_number_is_reverse_charged(vat_class: str) -> None:
    decision = decide_vat(TODAY, "liable", vat_class, BELGIAN_BUSINESS)  # type: ignore[arg-type]
    assert decision == VatDecision("AE", ZERO, "reverse_charge")
    assert vat_text("reverse_charge", "nl").lower().startswith("btw verlegd")
    assert "btw verlegd" in vat_text("reverse_charge", "en")


@pytest.mark.parametrize("buyer", [DUTCH_BUSINESS, DUTCH_PERSON, BELGIAN_PERSON, SWISS_PERSON])
@pytest.mark.parametrize(
    ("vat_class", "category", "rate"), [("standard", "S", STANDARD), ("reduced", "S", REDUCED), ("zero", "Z", ZERO)]
)
def test_everyone_else_pays_by_class(buyer: VatBuyer, vat_class: str, category: str, rate: Decimal) -> None:
    decision = decide_vat(TODAY, "liable", vat_class, buyer)  # type: ignore[arg-type]
    assert decision == VatDecision(category, rate)  # type: ignore[arg-type]


def test_an_eu_business_without_a_valid_number_pays_by_class_and_somebody_must_look() -> None:
    decision = decide_vat(TODAY, "liable", "standard", BELGIAN_WITHOUT_NUMBER)
    assert decision == VatDecision("S", STANDARD, None, MISSING_VAT_NUMBER)


@pytest.mark.parametrize(
    ("vat_class", "day", "rate"),
    [
        ("standard", date(2012, 9, 30), "19"),
        ("standard", date(2012, 10, 1), "21"),
        ("reduced", date(2018, 12, 31), "6"),
        ("reduced", date(2019, 1, 1), "9"),
        ("zero", date(2018, 12, 31), "0"),
    ],
)
def test_rates_by_date(vat_class: str, day: date, rate: str) -> None:
    assert vat_rate(vat_class, day) == Decimal(rate)  # type: ignore[arg-type]
    assert decide_vat(day, "liable", vat_class, DUTCH_PERSON).rate == Decimal(rate)  # type: ignore[arg-type]


def test_a_date_without_a_known_rate_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        vat_rate("standard", date(2000, 12, 31))
    assert refused.value.code == "no_vat_rate"


def test_the_eu_had_other_members_at_other_times() -> None:
    british = VatBuyer("GB", is_business=True, vat_number_valid=True)
    assert decide_vat(date(2020, 12, 31), "liable", "standard", british).category == "AE"
    assert decide_vat(date(2021, 1, 1), "liable", "standard", british).category == "O"
    assert not is_eu_country("HR", date(2013, 6, 30))
    assert is_eu_country("HR", date(2013, 7, 1))


def test_greece_is_known_by_both_its_codes() -> None:
    for code in ("GR", "EL"):
        assert decide_vat(TODAY, "liable", "standard", VatBuyer(code, True, True)).category == "AE"


def test_the_eu_has_27_members_and_monaco_counts_as_france() -> None:
    letters = [chr(65 + n) for n in range(26)]
    found = [a + b for a in letters for b in letters if is_eu_country(a + b, TODAY)]
    assert len(found) == 27 + len(["MC", "EL"])


def test_every_reason_has_a_dutch_and_an_english_text() -> None:
    assert VAT_TEXTS["nl"].keys() == VAT_TEXTS["en"].keys()
    reasons = {
        decide_vat(TODAY, status, vat_class, buyer).text_code
        for status in VAT_STATUSES
        for vat_class in VAT_CLASSES
        for buyer in EVERYBODY
    }
    assert reasons - {None} == VAT_TEXTS["nl"].keys()
    for texts in VAT_TEXTS.values():
        assert all(not [field for _, field, _, _ in Formatter().parse(text) if field] for text in texts.values())


def test_only_categories_of_services_are_used() -> None:
    assert set(get_args(VatCategory)) == {"S", "Z", "E", "AE", "O"}
