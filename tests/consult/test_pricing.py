"""What a consult costs: fixed, by the hour, in blocks; the sixteen indicators; a pricing that cannot be."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.charge_texts import SENTENCES, explain_charge
from billing_service.core.charge_texts.consult import SENTENCES as CONSULT_SENTENCES
from billing_service.core.consult import (
    INDICATORS,
    ConsultPolicy,
    parse_policy,
    parse_pricing,
    price_consult,
    read_indicators,
)
from billing_service.core.minutes import TimeRule
from billing_service.core.money import line_amount, time_amount
from billing_service.errors import InvalidInput

QUARTERS = {"step": 15, "direction": "up", "minimum": 30, "grace": 5}


def amounts() -> st.SearchStrategy[Decimal]:
    return st.decimals(min_value=0, max_value=100_000, places=2)


def pricings() -> st.SearchStrategy[dict[str, Any]]:
    price = amounts().map(str)
    step = st.integers(1, 120)
    time = step.flatmap(
        lambda step: st.fixed_dictionaries(
            {
                "step": st.just(step),
                "direction": st.sampled_from(["up", "nearest", "down"]),
                "minimum": st.integers(0, 240),
                "grace": st.integers(0, max(step - 1, 0)),
            }
        )
    )
    counted = st.sampled_from(["counted", "not"])
    return st.one_of(
        st.fixed_dictionaries({"kind": st.just("fixed"), "amount": price}),
        st.fixed_dictionaries({"kind": st.just("hourly"), "rate": price, "time": time, "question_time": counted}),
        st.fixed_dictionaries(
            {
                "kind": st.just("blocks"),
                "block_price": price,
                "block_minutes": st.integers(1, 600),
                "question_time": counted,
            }
        ),
    )


def test_two_hours_and_twenty_minutes_by_the_hour_fixed_and_in_blocks() -> None:
    hourly = price_consult(parse_pricing({"kind": "hourly", "rate": "95.00"}), 140)
    assert (hourly.pricing, hourly.minutes, hourly.amount) == ("time", 140, Decimal("221.67"))
    quarters = price_consult(parse_pricing({"kind": "hourly", "rate": "95.00", "time": QUARTERS}), 140)
    assert (quarters.minutes, quarters.amount) == (135, Decimal("213.75"))  # 2:20 is 2:15 with a grace of 5 minutes
    assert explain_charge(quarters.steps, "en") == [
        "The excess of at most 5 min is dropped: 2:15.",
        "2:15 hours × €95.00 = €213.75.",
    ]
    fixed = price_consult(parse_pricing({"kind": "fixed", "amount": "450"}), 140)
    assert (fixed.pricing, fixed.amount) == ("amount", Decimal("450.00"))
    blocks = price_consult(parse_pricing({"kind": "blocks", "block_price": "280.00", "block_minutes": 240}), 241)
    assert (blocks.quantity, blocks.amount) == (2, Decimal("560.00"))
    assert explain_charge(blocks.steps, "nl") == [
        "2 blok(ken) van 4:00 uur × € 280,00 = € 560,00; een begonnen blok telt geheel.".replace("€ ", "€\xa0")
    ]


@pytest.mark.parametrize(
    ("spent", "billed", "code"),
    [
        (7, 30, "consult_minimum"),
        (52, 60, "consult_rounded_up"),
        (64, 60, "consult_grace"),
    ],
)
def test_time_goes_through_grace_rounding_and_minimum_as_in_a_tariff(spent: int, billed: int, code: str) -> None:
    found = price_consult(parse_pricing({"kind": "hourly", "rate": "60.00", "time": QUARTERS}), spent)
    assert found.minutes == billed == TimeRule(15, "up", 30, 5).bill(spent).billed
    assert code in [step[0] for step in found.steps]


@given(pricings(), st.integers(0, 20_000))
def test_the_printed_line_multiplies_out_and_every_step_has_words(document: dict[str, Any], minutes: int) -> None:
    pricing = parse_pricing(document)
    assert parse_pricing(pricing.to_plain()) == pricing
    found = price_consult(pricing, minutes)
    if found.pricing == "time":
        assert found.minutes is not None
        assert found.unit_price is not None
        assert found.amount == time_amount(found.minutes, found.unit_price)
    elif found.pricing == "quantity":
        assert found.quantity is not None
        assert found.unit_price is not None
        assert found.amount == line_amount(found.quantity, found.unit_price)
    else:
        assert found.amount == (pricing.price if pricing.kind == "fixed" else 0)
    for language in ("nl", "en"):
        assert all(explain_charge(found.steps, language))


@given(pricings(), st.integers(0, 5_000), st.integers(0, 500))
def test_more_time_never_costs_less(document: dict[str, Any], minutes: int, more: int) -> None:
    pricing = parse_pricing(document)
    assert price_consult(pricing, minutes + more).amount >= price_consult(pricing, minutes).amount


@given(st.integers(1, 600), st.integers(1, 20_000), amounts())
def test_blocks_cover_the_time_and_one_fewer_would_not(block: int, minutes: int, price: Decimal) -> None:
    document = {"kind": "blocks", "block_price": str(price), "block_minutes": block}
    found = price_consult(parse_pricing(document), minutes)
    assert found.quantity is not None
    assert (found.quantity - 1) * block < minutes <= found.quantity * block


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/pricing/kind"),
        ("free", "/pricing"),
        ({"kind": "hourly"}, "/pricing/rate"),
        ({"kind": "hourly", "rate": "95.00", "amount": "1"}, "/pricing/amount"),
        ({"kind": "hourly", "rate": "95.00", "time": {"step": 15, "grace": 15}}, "/pricing/time/grace"),
        ({"kind": "hourly", "rate": "95.00", "question_time": "half"}, "/pricing/question_time"),
        ({"kind": "blocks", "block_price": "280.00"}, "/pricing/block_minutes"),
        ({"kind": "blocks", "block_price": "280.00", "block_minutes": 0}, "/pricing/block_minutes"),
        ({"kind": "fixed", "amount": "-1.00"}, "/pricing/amount"),
        ({"kind": "fixed", "amount": 450.0}, "/pricing/amount"),
    ],
)
def test_a_pricing_that_cannot_be_is_refused_where_it_is_wrong(document: object, pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_pricing(document)
    assert pointer in [error.pointer for error in refused.value.errors]


def test_a_policy_says_every_setting_and_reads_back_as_itself() -> None:
    assert parse_policy({}) == ConsultPolicy()
    given = {
        "many_questions": None,
        "several_administrations": None,
        "urgent": [],
        "import_not_one_dimensional": False,
        "pricing": {"kind": "fixed", "amount": "450.00"},
        "contracts": {"C-1": {"kind": "hourly", "rate": "80.00"}},
    }
    policy = parse_policy(given)
    assert parse_policy(policy.to_plain()) == policy
    assert (policy.many_questions, policy.several_administrations, policy.urgent) == (None, None, ())
    one, other = policy.pricing_for("C-1"), policy.pricing_for("C-2")
    assert one is not None
    assert other is not None
    assert (one.kind, other.kind) == ("hourly", "fixed")
    with pytest.raises(InvalidInput) as refused:
        parse_policy(
            {"many_questions": {"more_than": 0}, "several_administrations": 1, "urgent": "x", "contracts": {"A": {}}}
        )
    assert {error.pointer for error in refused.value.errors} == {
        "/many_questions/more_than",
        "/several_administrations",
        "/urgent",
        "/contracts/A/kind",
    }


def test_there_are_sixteen_indicators_in_two_languages_and_others_are_refused() -> None:
    assert len(INDICATORS) == 16
    assert all(texts["nl"] and texts["en"] for texts in INDICATORS.values())
    assert read_indicators(["privacy", "complex_file", "privacy"]) == ["complex_file", "privacy"]
    with pytest.raises(InvalidInput) as refused:
        read_indicators(["privacy", "expensive"])
    assert [error.pointer for error in refused.value.errors] == ["/indicators/1"]


def test_the_sentences_of_both_languages_have_the_same_places() -> None:
    assert CONSULT_SENTENCES.items() <= SENTENCES.items()
    for code, sentence in CONSULT_SENTENCES.items():
        for at in range(len(sentence.arguments)):
            assert f"{{{at}}}" in sentence.nl, code
            assert f"{{{at}}}" in sentence.en, code
