"""Rules in order, the first that fits decides; what is missing is said, and nothing is billed or dropped in silence."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from billing_service.core.money import InvalidAmount
from billing_service.core.tariff import (
    Decision,
    OrdinalUse,
    QuestionFacts,
    TimeFacts,
    by_person,
    decide,
    parse_tariff,
    without_contract,
    without_tariff,
)
from tests.core.tariff.documents import QUARTERS, by_table, documented, hourly, rule, table, tariff

QUESTION = QuestionFacts(
    subject="import",
    category="data",
    kind="question",
    channel="phone",
    support_line="first",
    phase="live",
    customer="1001",
    customer_group="verenigingen",
    organisation="ORG-7",
    contract="C-2026-1",
    tags=("bestand", "haast"),
    urgency="high",
    source="topdesk",
    time_entries=(TimeFacts(20), TimeFacts(30)),
)


def decided(document: dict[str, Any], facts: QuestionFacts = QUESTION, ordinal: int | None = None) -> Decision:
    return decide(facts, parse_tariff(document, "Test, versie 1"), ordinal)


@pytest.mark.parametrize(
    ("when", "fits"),
    [
        ({"subject": ["import"]}, True),
        ({"subject": ["export", "import"]}, True),
        ({"subject": ["Import"]}, False),
        ({"category": ["data"]}, True),
        ({"kind": ["bug", "change"]}, False),
        ({"channel": ["phone"]}, True),
        ({"support_line": ["second"]}, False),
        ({"phase": ["live"]}, True),
        ({"customer": ["1001"]}, True),
        ({"customer": ["01001"]}, False),
        ({"customer_group": ["verenigingen"]}, True),
        ({"organisation": ["ORG-8"]}, False),
        ({"contract": ["C-2026-1"]}, True),
        ({"urgency": ["high"]}, True),
        ({"source": ["topdesk"]}, True),
        ({"tags": ["haast", "vip"]}, True),
        ({"tags": ["vip"]}, False),
        ({"known_contact": False}, True),
        ({"known_contact": True}, False),
        ({"key_user": False}, True),
        ({"raw_minutes": {"from": 50, "to": 50}}, True),
        ({"raw_minutes": {"from": 51}}, False),
        ({"raw_minutes": {"to": 49}}, False),
        ({"subject": ["import"], "channel": ["mail"]}, False),
        ({}, True),
    ],
)
def test_each_condition(when: dict[str, Any], fits: bool) -> None:
    decision = decided(tariff(rule(when=when)))
    assert (decision.state, decision.rule) == (("decided", "only") if fits else ("needs_decision", None))


@pytest.mark.parametrize("fact", ["subject", "kind", "channel", "phase", "customer_group", "organisation", "urgency"])
def test_what_is_not_known_fulfils_no_condition(fact: str) -> None:
    known = getattr(QUESTION, fact)
    unknown = replace(QUESTION, **{fact: None})
    assert decided(tariff(rule(when={fact: [known]})), unknown).reason == "no_rule"


def test_a_question_without_time_entries_has_no_raw_minutes_not_zero() -> None:
    document = tariff(rule(when={"raw_minutes": {"from": 0}}))
    assert decided(document, replace(QUESTION, time_entries=())).reason == "no_rule"
    assert decided(document, replace(QUESTION, time_entries=(TimeFacts(0),))).state == "decided"


def test_the_first_rule_that_fits_decides_and_the_others_say_why_they_did_not() -> None:
    decision = decided(
        tariff(
            rule("mail", when={"channel": ["mail"], "kind": ["bug"]}),
            rule("vip", when={"tags": ["vip"]}),
            rule("phone", when={"channel": ["phone"]}, price={"basis": "fixed", "amount": "12.50"}),
            rule("rest"),
        )
    )
    assert (decision.rule, decision.amount) == ("phone", Decimal("12.50"))
    assert decision.explanation["tried"] == [["mail", "kind"], ["vip", "tags"]]
    assert decision.explanation["tariff"] == "Test, versie 1"
    assert decision.explanation["facts"] == {"kind": "question", "channel": "phone", "tags": ["bestand", "haast"]}


def test_no_rule_means_a_person_decides() -> None:
    decision = decided(tariff(rule("mail", when={"channel": ["mail"]})))
    assert (decision.state, decision.reason, decision.parts) == ("needs_decision", "no_rule", ())
    assert decision.disposition is None
    assert decision.explanation["tried"] == [["mail", "channel"]]


@pytest.mark.parametrize(
    ("disposition", "close", "closed"),
    [
        ("included", None, True),
        ("waived", None, True),
        ("not_billable", None, False),
        ("not_billable", False, False),
        ("not_billable", True, True),
    ],
)
def test_what_is_not_charged_costs_nothing_and_keeps_its_value(disposition: str, close: Any, closed: bool) -> None:
    decision = decided(tariff(rule(disposition=disposition, close=close, vat_class="reduced", revenue_group="support")))
    (part,) = decision.parts
    assert (decision.state, decision.disposition, decision.closed) == ("decided", disposition, closed)
    assert (part.amount, part.unit_price, part.value) == (Decimal("0.00"), Decimal("0.00"), Decimal("25.00"))
    assert (part.vat_class, part.revenue_group) == ("reduced", "support")


def test_an_included_question_needs_no_price() -> None:
    (part,) = decided(tariff(rule(disposition="included", price=None, vat_class=None))).parts
    assert (part.amount, part.value, part.vat_class) == (Decimal("0.00"), Decimal("0.00"), "standard")


def test_fifty_minutes_of_an_hour_at_95() -> None:
    (part,) = decided(tariff(hourly())).parts
    assert (part.pricing, part.minutes, part.unit_price, part.amount) == (
        "time",
        50,
        Decimal("95.00"),
        Decimal("79.17"),
    )


def test_three_questions_of_twenty_minutes_are_95_01_together() -> None:
    facts = replace(QUESTION, time_entries=(TimeFacts(20),))
    assert sum(decided(tariff(hourly()), facts).amount for _ in range(3)) == Decimal("95.01")


def test_time_without_entries_is_blocked_and_entries_of_zero_bill_zero() -> None:
    document = tariff(hourly(time=QUARTERS))
    blocked = decided(document, replace(QUESTION, time_entries=()))
    assert (blocked.state, blocked.reason, blocked.rule) == ("blocked", "missing_time", "hourly")
    nothing = decided(document, replace(QUESTION, time_entries=(TimeFacts(0), TimeFacts(0))))
    assert (nothing.state, nothing.minutes, nothing.amount) == ("decided", 0, Decimal("0.00"))
    assert len(nothing.parts) == 1


def test_corrected_time_waits_until_every_entry_is_corrected_or_confirmed() -> None:
    document = tariff(hourly("corrected_time"))
    half = replace(QUESTION, time_entries=(TimeFacts(20, corrected=10), TimeFacts(30)))
    assert (decided(document, half).state, decided(document, half).reason) == ("blocked", "missing_correction")
    whole = replace(QUESTION, time_entries=(TimeFacts(20, corrected=10), TimeFacts(30, corrected=30)))
    assert decided(document, whole).minutes == 40


def test_a_rule_may_let_raw_minutes_stand_in_for_the_entries_nobody_corrected() -> None:
    document = tariff(rule("hourly", price={"basis": "corrected_time", "raw_allowed": True}))
    half = replace(QUESTION, time_entries=(TimeFacts(20, corrected=10), TimeFacts(30)))
    decision = decided(document, half)
    assert decision.minutes == 40
    assert decision.explanation["steps"][:3] == [["raw_minutes", 50], ["corrected_minutes", 40], ["raw_used", 30]]


def test_a_correction_to_zero_bills_nothing_also_under_a_minimum() -> None:
    document = tariff(hourly("corrected_time", time=QUARTERS))
    assert decided(document, replace(QUESTION, time_entries=(TimeFacts(20, corrected=0),))).minutes == 0


def test_actual_time_does_not_look_at_corrections() -> None:
    assert decided(tariff(hourly()), replace(QUESTION, time_entries=(TimeFacts(50, corrected=5),))).minutes == 50


def test_the_steps_of_time_are_grace_rounding_minimum() -> None:
    short = decided(tariff(hourly(time=QUARTERS)), replace(QUESTION, time_entries=(TimeFacts(3),)))
    assert short.explanation["steps"] == [
        ["raw_minutes", 3],
        ["grace", 5, 0],
        ["time_minimum", 15],
        ["billed_minutes", 15],
        ["time_price", 15, "95.00", "23.75"],
    ]
    longer = decided(tariff(hourly(time=QUARTERS)), replace(QUESTION, time_entries=(TimeFacts(51),)))
    assert longer.explanation["steps"][1] == ["rounded", "up", 15, 60]


RATES = {"default": "95.00", "roles": {"consultant": "120.00"}, "handlers": {"J. de Vries": "135.00"}}


@pytest.mark.parametrize(
    ("entry", "hourly_price"),
    [
        (TimeFacts(60), "95.00"),
        (TimeFacts(60, role="helpdesk", handler="P. Bakker"), "95.00"),
        (TimeFacts(60, role="consultant"), "120.00"),
        (TimeFacts(60, role="consultant", handler="J. de Vries"), "135.00"),
    ],
)
def test_the_handlers_rate_goes_before_the_roles_and_that_before_the_default(
    entry: TimeFacts, hourly_price: str
) -> None:
    decision = decided(tariff(hourly(), rates=RATES), replace(QUESTION, time_entries=(entry,)))
    assert decision.amount == Decimal(hourly_price)


def test_a_rules_own_rate_goes_before_all_others() -> None:
    document = tariff(rule(price={"basis": "actual_time", "rate": "60"}), rates=RATES)
    facts = replace(QUESTION, time_entries=(TimeFacts(30, role="consultant"), TimeFacts(30)))
    (part,) = decided(document, facts).parts
    assert (part.minutes, part.unit_price, part.amount) == (60, Decimal("60.00"), Decimal("60.00"))


def test_time_at_two_prices_becomes_two_parts_that_hold_all_billed_minutes() -> None:
    """20 + 31 spent, billed 60: 23.53 and 36.47 minutes become 24 and 36 by the largest remainder."""
    facts = replace(QUESTION, time_entries=(TimeFacts(31, role="consultant"), TimeFacts(20)))
    parts = decided(tariff(hourly(time=QUARTERS), rates=RATES), facts).parts
    assert [(part.minutes, part.unit_price, part.amount) for part in parts] == [
        (24, Decimal("95.00"), Decimal("38.00")),
        (36, Decimal("120.00"), Decimal("72.00")),
    ]


def test_a_minute_that_could_go_either_way_goes_to_the_lower_price() -> None:
    facts = replace(QUESTION, time_entries=(TimeFacts(10, role="consultant"), TimeFacts(10)))
    parts = decided(tariff(hourly(time={"step": 15}), rates={**RATES, "default": "95"}), facts).parts
    assert [part.minutes for part in parts] == [15, 15]
    odd = tariff(hourly(time={"step": 25}), rates=RATES)
    assert [part.minutes for part in decided(odd, facts).parts] == [13, 12]


def test_equal_prices_are_one_line() -> None:
    facts = replace(QUESTION, time_entries=(TimeFacts(20, role="helpdesk"), TimeFacts(20), TimeFacts(20)))
    document = tariff(hourly(), rates={"default": "95.00", "roles": {"helpdesk": "95"}})
    assert [part.amount for part in decided(document, facts).parts] == [Decimal("95.00")]


@pytest.mark.parametrize(("role", "subject"), [("trainee", "trainee"), (None, None)])
def test_an_entry_without_a_rate_waits_for_a_person(role: str | None, subject: str | None) -> None:
    facts = replace(QUESTION, time_entries=(TimeFacts(20, role=role),))
    decision = decided(tariff(hourly(), rates={"roles": {"consultant": "120.00"}}), facts)
    assert (decision.state, decision.reason) == ("needs_decision", "missing_rate")
    assert decision.explanation["subject"] == subject


ORDINAL_TABLE = table(
    "class",
    ("10", "amount", "0.00"),
    ("50", "amount", "12.50"),
    (None, "amount", "10.00"),
    measure="ordinal",
    per="customer",
    period="contract_year",
)


@pytest.mark.parametrize(
    ("ordinal", "amount"), [(1, "0.00"), (10, "0.00"), (11, "12.50"), (50, "12.50"), (51, "10.00")]
)
def test_an_ordinal_prices_its_own_question(ordinal: int, amount: str) -> None:
    decision = decided(by_table(ORDINAL_TABLE), ordinal=ordinal)
    assert decision.amount == Decimal(amount)
    assert decision.ordinal_use == OrdinalUse("staffel", "customer", "contract_year", ordinal)
    assert not decision.provisional


def test_an_ordinal_that_may_still_change_makes_the_decision_provisional() -> None:
    read = parse_tariff(by_table(ORDINAL_TABLE))
    assert decide(QUESTION, read, 11, provisional=True).provisional
    assert decide(QUESTION, read, 11, provisional=True).parts == decide(QUESTION, read, 11).parts


def test_without_its_ordinal_a_question_is_priced_as_the_first_and_says_so() -> None:
    decision = decided(by_table(ORDINAL_TABLE))
    assert decision.provisional
    assert decision.ordinal_use == OrdinalUse("staffel", "customer", "contract_year", 1)
    assert decision.explanation["steps"][0][0] == "ordinal_assumed"


def test_an_ordinal_means_nothing_to_a_rule_that_does_not_count() -> None:
    read = parse_tariff(tariff(hourly()))
    assert decide(QUESTION, read) == decide(QUESTION, read, 7, provisional=True)
    assert decide(QUESTION, read).ordinal_use is None


def test_an_amount_beyond_all_bounds_waits_for_a_person() -> None:
    staffel = table("class", (None, "per_unit", "999999999999.9999"), measure={"quantity": "records"})
    facts = replace(QUESTION, quantities={"records": Decimal("9" * 15)})
    assert decided(by_table(staffel), facts).reason == "amount_too_large"


def test_a_question_without_one_valid_contract_is_blocked() -> None:
    for decision in (
        without_contract("ORG-7"),
        without_contract(None),
        without_contract("ORG-7", named="C-0"),
        without_contract("ORG-7", candidates=("C-2", "C-1")),
    ):
        assert (decision.state, decision.reason, decision.parts) == ("blocked", "no_contract", ())
    assert without_contract("ORG-7", None, ("C-2", "C-1")).explanation["facts"]["candidates"] == ["C-1", "C-2"]


def test_a_contract_without_a_published_tariff_waits_for_a_person() -> None:
    assert (without_tariff("C-1").state, without_tariff("C-1").reason) == ("needs_decision", "no_tariff")


def test_a_persons_decision_has_one_part_and_needs_no_rule() -> None:
    charged = by_person("charge", "reduced", Decimal("40"), revenue_group="support", note="Afgesproken")
    assert (charged.state, charged.rule, charged.closed, charged.amount) == ("decided", None, True, Decimal("40.00"))
    assert by_person("waived", amount=Decimal("40.00")).parts[0].value == Decimal("40.00")
    assert by_person("waived", amount=Decimal("40.00")).amount == Decimal("0.00")
    with pytest.raises(InvalidAmount):
        by_person("charge", amount=Decimal("0.001"))


@pytest.mark.parametrize(
    ("facts", "code", "amount"),
    [
        (replace(QUESTION, kind="bug"), "bug", "0.00"),
        (replace(QUESTION, phase="implementatie", known_contact=True), "livegang", "0.00"),
        (replace(QUESTION, key_user=True, time_entries=(TimeFacts(5),)), "kort", "0.00"),
        (replace(QUESTION, quantities={"records": Decimal(6000)}), "nabewerking", "137.50"),
        (
            replace(QUESTION, subject="sepa", category="bemiddeling", base_amount=Decimal("150.00")),
            "bemiddeling",
            "14.00",
        ),
        (replace(QUESTION, subject="sepa"), "telefoon", "12.50"),
        (replace(QUESTION, subject="sepa", channel="mail"), "uurtarief", "71.25"),
    ],
)
def test_the_worked_example_of_the_documentation(facts: QuestionFacts, code: str, amount: str) -> None:
    decision = decided(documented(), facts, ordinal=11)
    assert (decision.state, decision.rule, decision.amount) == ("decided", code, Decimal(amount))


def test_an_explanation_is_plain_json() -> None:
    explanation = decided(documented(), QUESTION, ordinal=3).explanation
    assert json.loads(json.dumps(explanation)) == explanation
