"""What holds for every question: a decision depends on its stored inputs only, parts add up, no minute is lost."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.minutes import TimeRule
from billing_service.core.money import line_amount, time_amount
from billing_service.core.tariff import Decision, QuestionFacts, decide, parse_tariff
from billing_service.core.tariff.model import TimePrice
from tests.core.tariff.questions import ORDINALS, QUESTIONS, varied

TARIFF = parse_tariff(varied(), "Test, versie 1")
RULES = {rule.code: rule for rule in TARIFF.rules}


def reversed_keys(document: object) -> object:
    """The same JSON document with every object's keys in the opposite order."""
    if isinstance(document, dict):
        return {key: reversed_keys(document[key]) for key in reversed(document)}
    return [reversed_keys(member) for member in document] if isinstance(document, list) else document


SHUFFLED = parse_tariff(reversed_keys(varied()), "Test, versie 1")  # type: ignore[arg-type]


def canonical(decision: Decision) -> str:
    return json.dumps([repr(decision.parts), decision.state, decision.reason, decision.explanation], sort_keys=True)


@given(QUESTIONS, ORDINALS, st.randoms(use_true_random=False))
def test_the_order_of_tags_quantities_entries_and_keys_makes_no_difference(
    facts: QuestionFacts, ordinal: int | None, random: object
) -> None:
    assert hasattr(random, "sample")
    shuffled = replace(
        facts,
        tags=tuple(random.sample(facts.tags, len(facts.tags))),
        quantities=dict(random.sample(list(facts.quantities.items()), len(facts.quantities))),
        time_entries=tuple(random.sample(facts.time_entries, len(facts.time_entries))),
    )
    expected = canonical(decide(facts, TARIFF, ordinal))
    assert canonical(decide(shuffled, TARIFF, ordinal)) == expected
    assert canonical(decide(facts, SHUFFLED, ordinal)) == expected


PRICED_BY = {"quantities", "base_amount", "time_entries"}


@given(QUESTIONS, QUESTIONS, ORDINALS)
def test_only_the_facts_in_the_explanation_and_the_price_matter(
    facts: QuestionFacts, other: QuestionFacts, ordinal: int | None
) -> None:
    """Facts that the explanation does not name may be anything: the decision stays as it was."""
    decision = decide(facts, TARIFF, ordinal)
    named = set(decision.explanation["facts"]) | PRICED_BY
    unnamed = [field.name for field in fields(QuestionFacts) if field.name not in named]
    changed = replace(facts, **{name: getattr(other, name) for name in unnamed})
    assert canonical(decide(changed, TARIFF, ordinal)) == canonical(decision)


@given(QUESTIONS, st.integers(1, 60), st.integers(1, 60))
def test_an_ordinal_matters_only_where_the_decision_says_it_counted(facts: QuestionFacts, one: int, other: int) -> None:
    decision = decide(facts, TARIFF, one)
    if decision.ordinal_use is None:
        assert canonical(decide(facts, TARIFF, other)) == canonical(decision)
        assert canonical(decide(facts, TARIFF)) == canonical(decision)
    else:
        assert decision.ordinal_use.ordinal == one
        assert canonical(decide(facts, TARIFF, decision.ordinal_use.ordinal)) == canonical(decision)


@given(QUESTIONS, ORDINALS)
def test_every_question_is_decided_or_says_why_not(facts: QuestionFacts, ordinal: int | None) -> None:
    decision = decide(facts, TARIFF, ordinal)
    if decision.state == "decided":
        assert decision.parts
        assert decision.reason is None
        assert decision.rule in RULES
    else:
        assert not decision.parts
        assert decision.reason
        assert (decision.state == "blocked") == (decision.reason in {"missing_time", "missing_correction"})


@given(QUESTIONS, ORDINALS)
def test_parts_add_up_and_multiply_out_as_printed(facts: QuestionFacts, ordinal: int | None) -> None:
    decision = decide(facts, TARIFF, ordinal)
    assert decision.amount == sum((part.amount for part in decision.parts), Decimal(0))
    if decision.state == "decided":
        assert decision.explanation["amount"] == str(decision.amount)
        assert decision.explanation["value"] == str(sum(part.value for part in decision.parts))
    for part in decision.parts:
        assert part.amount == (part.value if part.disposition == "charge" else 0)
        assert int(part.amount.as_tuple().exponent) == -2
        if part.pricing == "time":
            assert part.unit_price is not None
            assert part.amount == time_amount(part.minutes, part.unit_price)
        elif part.pricing == "quantity":
            assert part.quantity is not None
            assert part.unit_price is not None
            assert part.amount == line_amount(part.quantity, part.unit_price)
        else:
            assert part.quantity is part.unit_price is None


@given(QUESTIONS)
def test_no_minutes_are_lost(facts: QuestionFacts) -> None:
    """The parts' minutes are exactly what the rule's rounding makes of the question's total, and none is negative."""
    decision = decide(facts, TARIFF, 1)
    price = RULES[decision.rule].price if decision.rule else None
    if decision.state != "decided" or not isinstance(price, TimePrice):
        return
    corrected = price.minutes == "corrected"
    spent = sum(e.corrected if corrected and e.corrected is not None else e.raw for e in facts.time_entries)
    assert decision.minutes == RULES[decision.rule or ""].time.bill(spent).billed
    assert all(part.minutes > 0 for part in decision.parts) or decision.minutes == 0


@given(QUESTIONS)
def test_each_prices_share_of_the_minutes_strays_less_than_a_minute(facts: QuestionFacts) -> None:
    plain = parse_tariff({**varied(), "rules": [varied()["rules"][-1] | {"when": {}}]})
    decision = decide(facts, plain)
    if decision.state != "decided":
        return
    spent: dict[Decimal, int] = {}
    for entry in facts.time_entries:
        own = plain.rates.handlers.get(entry.handler or "") or plain.rates.roles.get(entry.role or "")
        hourly = own or plain.rates.default or Decimal(0)
        spent[hourly] = spent.get(hourly, 0) + (entry.raw if entry.corrected is None else entry.corrected)
    total, billed = sum(spent.values()), decision.minutes
    shares = {part.unit_price: part.minutes for part in decision.parts}
    if total:
        assert all(abs(shares.get(hourly, 0) * total - minutes * billed) < total for hourly, minutes in spent.items())
    assert TimeRule(15, "up", 15, 5).bill(total).billed == billed
