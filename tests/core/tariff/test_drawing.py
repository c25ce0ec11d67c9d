"""Rules that draw: what they take of what is there, what they charge, and what they say about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.formats import LANGUAGES
from billing_service.core.prepaid import Pot, PotKey
from billing_service.core.tariff import Prepaid, QuestionFacts, TimeFacts, decide, explain, parse_tariff
from billing_service.errors import InvalidTariff
from tests.core.tariff.documents import QUARTERS, by_table, rule, table, tariff

DAY = date(2026, 3, 2)
QUESTION = QuestionFacts(time_entries=(TimeFacts(90, day=DAY),), day=DAY)
RATES = {"default": "95.00", "roles": {"trainee": "60.00"}}


def drawing(**fields: Any) -> dict[str, Any]:
    values = {"disposition": "draw", "price": {"basis": "actual_time"}, "draw_from": {"rest": "charge"}} | fields
    return tariff(rule("draw", **values)) | {"rates": RATES}


def a_card(minutes: int, number: int = 1, **fields: Any) -> Pot:
    card = Pot(
        PotKey(number), "card", "support", f"UK-{number:04}", {"nl": "Kaart", "en": "Card"}, "minutes",
        date(2026, 1, 1), None, minutes,
    )  # fmt: skip
    return replace(card, **fields)


def holding(*pots: Pot) -> Prepaid:
    def prepaid(_days: Collection[date]) -> Iterable[Pot]:
        return pots

    return prepaid


def pointers(document: dict[str, Any]) -> list[str]:
    with pytest.raises(InvalidTariff) as refused:
        parse_tariff(document)
    return [error.pointer for error in refused.value.errors]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"draw_from": None}, "/draw_from"),
        ({"draw_from": {}}, "/draw_from/rest"),
        ({"draw_from": {"rest": "lost"}}, "/draw_from/rest"),
        ({"draw_from": {"rest": "charge", "kinds": ["wallet"]}}, "/draw_from/kinds"),
        ({"draw_from": {"rest": "charge", "unit": "questions", "kinds": ["card"]}}, "/draw_from/kinds"),
        ({"draw_from": {"rest": "charge", "unit": "days"}}, "/draw_from/unit"),
        ({"draw_from": {"rest": "charge", "code": 1}}, "/draw_from/code"),
        ({"draw_from": {"rest": "charge", "cards": []}}, "/draw_from/cards"),
        ({"price": {"basis": "fixed", "amount": "1.00"}}, "/price"),
        ({"price": None, "draw_from": {"rest": "finding"}}, "/price"),
        ({"price": None, "draw_from": {"rest": "charge", "unit": "questions"}}, "/price"),
        ({"time": {"step": 15, "scope": "day"}}, "/time"),
        ({"vat_class": None}, "/vat_class"),
    ],
)
def test_what_a_rule_that_draws_needs(fields: dict[str, Any], pointer: str) -> None:
    assert pointers(drawing(**fields)) == [f"/rules/0{pointer}"]


def test_no_table_over_ordinals_prices_the_rest() -> None:
    staffel = table("class", (None, "amount", "10.00"), measure="ordinal", per="contract", period="calendar_month")
    document = by_table(staffel)
    draws = {"disposition": "draw", "draw_from": {"unit": "questions", "rest": "charge"}}
    document["rules"][0] = document["rules"][0] | draws
    assert pointers(document) == ["/rules/0/price"]


def test_a_rule_that_draws_questions_and_charges_nothing_needs_no_price() -> None:
    read = parse_tariff(drawing(price=None, vat_class=None, draw_from={"unit": "questions", "rest": "finding"}))
    short = decide(QUESTION, read)
    assert (short.state, short.reason, short.contends) == ("needs_decision", "prepaid_short", True)
    assert explain(short.explanation, "en")[-1] == (
        "No hour card, block or allowance is valid to draw 1 question from: a member of staff must decide."
    )


def test_a_rule_that_does_not_draw_does_not_ask_what_is_there() -> None:
    def nobody(_days: Collection[date]) -> Iterable[Pot]:
        raise AssertionError

    decision = decide(QUESTION, parse_tariff(tariff()), prepaid=nobody)
    assert (decision.contends, decision.draws) == (False, ())


def test_without_its_day_nothing_is_drawn() -> None:
    with pytest.raises(ValueError, match="day"):
        decide(replace(QUESTION, day=None), parse_tariff(drawing()))


def test_what_is_drawn_keeps_its_value() -> None:
    decision = decide(QUESTION, parse_tariff(drawing()), prepaid=holding(a_card(60), a_card(10, 2)))
    told = [(part.disposition, part.minutes, part.amount, part.value) for part in decision.parts]
    assert told == [
        ("draw", 60, Decimal("0.00"), Decimal("95.00")),
        ("draw", 10, Decimal("0.00"), Decimal("15.83")),
        ("charge", 20, Decimal("31.67"), Decimal("31.67")),
    ]
    assert [(one.part, one.draw.pot.reference, one.draw.quantity) for one in decision.draws] == [
        (0, "UK-0001", 60),
        (1, "UK-0002", 10),
    ]
    assert (decision.disposition, decision.amount, decision.minutes) == ("draw", Decimal("31.67"), 90)


POTS = st.lists(
    st.builds(
        a_card,
        st.integers(0, 120),
        st.integers(1, 9),
        kind=st.sampled_from(["card", "block", "allowance"]),
        valid_from=st.integers(-30, 10).map(lambda days: DAY + timedelta(days=days)),
    ),
    max_size=4,
    unique_by=lambda pot: pot.key,
)
ENTRIES = st.lists(
    st.builds(
        TimeFacts,
        st.integers(0, 200),
        role=st.none() | st.just("trainee"),
        day=st.integers(-9, 9).map(lambda days: DAY + timedelta(days=days)),
    ),
    min_size=1,
    max_size=4,
).map(tuple)


@given(POTS, ENTRIES, st.sampled_from([None, QUARTERS]))
def test_drawn_and_charged_minutes_are_the_billed_ones(
    pots: list[Pot], entries: tuple[TimeFacts, ...], time: dict[str, Any] | None
) -> None:
    facts = replace(QUESTION, time_entries=entries)
    charged = decide(facts, parse_tariff(tariff(rule(price={"basis": "actual_time"}, time=time)) | {"rates": RATES}))
    decision = decide(facts, parse_tariff(drawing(time=time)), prepaid=holding(*pots))
    drawn = sum(one.draw.quantity for one in decision.draws)
    assert decision.minutes == charged.minutes
    assert drawn == sum(part.minutes for part in decision.parts if part.disposition == "draw")
    assert decision.amount <= charged.amount + Decimal("0.02")  # a cent per price, where the rest rounds otherwise
    assert all(part.amount == 0 for part in decision.parts if part.disposition == "draw")
    assert {part.drawn_from is not None for part in decision.parts if part.disposition == "draw"} <= {drawn > 0}
    for language in LANGUAGES:
        for sentence in explain(decision.explanation, language):
            assert sentence.endswith(".")
            assert "{" not in sentence
            assert "None" not in sentence


@given(POTS, ENTRIES)
def test_with_a_finding_it_is_all_or_nothing(pots: list[Pot], entries: tuple[TimeFacts, ...]) -> None:
    facts = replace(QUESTION, time_entries=entries)
    decision = decide(facts, parse_tariff(drawing(draw_from={"rest": "finding"})), prepaid=holding(*pots))
    if decision.state == "decided":
        assert {part.disposition for part in decision.parts} == {"draw"}
        assert decision.amount == 0
    else:
        assert (decision.reason, decision.draws, decision.parts) == ("prepaid_short", (), ())
        assert decision.explanation["short"]["missing"] > 0
