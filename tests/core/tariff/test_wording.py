"""Explanations read well in Dutch and English, and every code the decider knows has words in both."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from string import Formatter
from typing import get_args

import pytest
from hypothesis import given

from billing_service.core.calendar import PERIOD_KINDS
from billing_service.core.formats import LANGUAGES
from billing_service.core.minutes import Direction
from billing_service.core.tariff import (
    QuestionFacts,
    TimeFacts,
    by_person,
    decide,
    explain,
    parse_tariff,
    sentences,
    without_contract,
    without_tariff,
)
from billing_service.core.tariff.codes import REASONS, STEPS
from billing_service.core.tariff.model import CONDITIONS, QUESTION_KINDS, YES_NO_CONDITIONS, Per
from billing_service.core.tariff.sentences import Texts
from tests.core.tariff.documents import documented, hourly, rule, tariff
from tests.core.tariff.questions import ORDINALS, QUESTIONS, varied

ALL_TEXTS = [sentences.OUTLINE, sentences.STEPS, sentences.REASONS, sentences.FACTS, sentences.WORDS]
VARIED = parse_tariff(varied(), "Test, versie 1")
NBSP = "\u00a0"


def said(facts: QuestionFacts, language: str, ordinal: int | None = None) -> str:
    """The explanation under the documented tariff as one text, with plain spaces."""
    decision = decide(facts, parse_tariff(documented(), "Standaard 2026, versie 1"), ordinal)
    return "\n".join(explain(decision.explanation, language)).replace(NBSP, " ")


@pytest.mark.parametrize("texts", ALL_TEXTS)
def test_dutch_and_english_have_the_same_keys_with_the_same_facts_in_them(texts: Texts) -> None:
    assert tuple(texts) == LANGUAGES
    assert texts["nl"].keys() == texts["en"].keys()
    for key, sentence in texts["nl"].items():
        named = [
            sorted({field for _, field, _, _ in Formatter().parse(text) if field})
            for text in (sentence, texts["en"][key])
        ]
        assert named[0] == named[1], key


def test_every_code_the_decider_knows_has_a_sentence() -> None:
    assert sentences.STEPS["nl"].keys() == STEPS
    assert sentences.REASONS["nl"].keys() >= REASONS
    words = {"day", "invoice", *get_args(Direction), *get_args(Per), *PERIOD_KINDS, *QUESTION_KINDS}
    assert sentences.WORDS["nl"].keys() == words
    for condition in CONDITIONS:
        ends = ("_yes", "_no") if condition in YES_NO_CONDITIONS else ("", "_unknown")
        assert all(f"{condition}{end}" in sentences.FACTS["nl"] for end in ends)
    assert {field.name for field in fields(QuestionFacts)} | {"raw_minutes"} > set(CONDITIONS)


@given(QUESTIONS, ORDINALS)
def test_every_decision_can_be_told_in_both_languages(facts: QuestionFacts, ordinal: int | None) -> None:
    explanation = decide(facts, VARIED, ordinal).explanation
    told = {language: explain(explanation, language) for language in LANGUAGES}
    assert len(told["nl"]) == len(told["en"]) >= 3
    for sentence in told["nl"] + told["en"]:
        assert sentence.endswith(".")
        assert "{" not in sentence
        assert "None" not in sentence


def test_a_quarter_rounded_question_in_dutch() -> None:
    facts = QuestionFacts(kind="question", channel="mail", time_entries=(TimeFacts(51),))
    assert said(facts, "nl").splitlines() == [
        "Tarief: Standaard 2026, versie 1.",
        "Regel bug past niet: het is een vraag.",
        "Regel livegang past niet: het contract heeft op deze datum geen fase.",
        "Regel kort past niet: de vraagsteller is geen key-user.",
        "Regel nabewerking past niet: het onderwerp is niet bekend.",
        "Regel bemiddeling past niet: de categorie is niet bekend.",
        "Regel telefoon past niet: het kanaal is “mail”.",
        "Regel uurtarief past: Bestede tijd per kwartier.",
        "Bestede tijd: 0:51.",
        "Gecorrigeerde tijd: 0:51.",
        "Daarvan is 0:51 niet gecorrigeerd en telt zoals besteed.",
        "Afgerond naar boven (stappen van 15 min): 1:00.",
        "Gefactureerde tijd: 1:00.",
        "1:00 uur × € 95,00 = € 95,00.",
        "Te factureren: € 95,00, exclusief btw.",
    ]


def test_the_same_steps_in_english() -> None:
    facts = QuestionFacts(kind="question", channel="mail", time_entries=(TimeFacts(50, 50, "consultant"),))
    assert said(facts, "en").splitlines()[7:] == [
        "Rule uurtarief fits: Time spent, per quarter of an hour.",
        "Time spent: 0:50.",
        "Corrected time: 0:50.",
        "An excess of at most 5 min is dropped: 0:45.",
        "Billed time: 0:45.",
        "Hourly rate for the role consultant: €120.00.",
        "0:45 hours × €120.00 = €90.00.",
        "To be invoiced: €90.00, excluding VAT.",
    ]


def test_fifty_minutes_read_as_79_17() -> None:
    decision = decide(QuestionFacts(time_entries=(TimeFacts(50),)), parse_tariff(tariff(hourly())))
    assert f"0:50 uur × €{NBSP}95,00 = €{NBSP}79,17." in explain(decision.explanation, "nl")
    assert "0:50 hours × €95.00 = €79.17." in explain(decision.explanation, "en")


def test_slices_read_as_a_sum() -> None:
    facts = QuestionFacts(category="bemiddeling", base_amount=Decimal("1150.00"))
    text = said(facts, "nl")
    assert "Staffel bemiddeling over het grondbedrag: € 1.150,00." in text
    assert "Schijf tot en met 100.\n10% van € 100,00 = € 10,00." in text
    assert "Schijf boven 100.\n8% van € 1.050,00 = € 84,00.\nAlle schijven samen: € 94,00." in text


def test_small_prices_keep_their_decimals() -> None:
    facts = QuestionFacts(subject="import", tags=("bestand",), quantities={"records": Decimal("6001")})
    assert "1.001 × € 0,0125 = € 12,5125." in said(facts, "nl")
    assert "1,001 × €0.0125 = €12.5125." in said(facts, "en")


@pytest.mark.parametrize(
    ("ordinal", "sentence"),
    [
        (11, "Staffel vragen per maand: vraag nummer 11 per contract in de kalendermaand."),
        (None, "volgnummer per contract in de kalendermaand is nog niet bekend; voorlopig geprijsd als nummer 1."),
    ],
)
def test_an_ordinal_is_told(ordinal: int | None, sentence: str) -> None:
    assert sentence in said(QuestionFacts(channel="phone"), "nl", ordinal)


def test_a_provisional_ordinal_says_that_it_may_change() -> None:
    decision = decide(QuestionFacts(channel="phone"), parse_tariff(documented()), 4, provisional=True)
    assert any("voorlopig vraag nummer 4" in sentence for sentence in explain(decision.explanation, "nl"))


@pytest.mark.parametrize(
    ("fields", "dutch"),
    [
        ({"disposition": "included"}, "Inbegrepen in het contract: € 0,00 (waarde € 25,00)."),
        ({"disposition": "included", "price": None}, "Inbegrepen in het contract: € 0,00."),
        ({"disposition": "waived"}, "Kwijtgescholden: € 0,00 (waarde € 25,00)."),
        ({"disposition": "not_billable", "close": True, "price": None}, "Niet te factureren; afgesloten."),
        ({"disposition": "not_billable"}, "Niet te factureren; nog door een medewerker af te sluiten."),
    ],
)
def test_the_outcome_of_what_is_not_charged(fields: dict[str, object], dutch: str) -> None:
    decision = decide(QuestionFacts(), parse_tariff(tariff(rule(**fields))))
    assert explain(decision.explanation, "nl")[-1].replace(NBSP, " ") == dutch


@pytest.mark.parametrize(
    ("decision", "dutch"),
    [
        (without_contract("ORG-7"), "Geblokkeerd: geen geldig contract dekt organisatie ORG-7."),
        (without_contract(None), "Geblokkeerd: de vraag noemt geen contract en geen organisatie."),
        (
            without_contract("ORG-7", candidates=("C-2", "C-1")),
            "Geblokkeerd: meer dan één geldig contract dekt organisatie ORG-7: C-1, C-2.",
        ),
        (
            without_contract("ORG-7", named="C-9"),
            "Geblokkeerd: contract C-9 bestaat niet of is op deze datum niet geldig.",
        ),
        (
            without_tariff("C-1"),
            "Contract C-1 heeft op deze datum geen gepubliceerd tarief: een medewerker moet beslissen.",
        ),
    ],
)
def test_what_stands_in_the_way_is_said_in_one_sentence(decision: object, dutch: str) -> None:
    assert hasattr(decision, "explanation")
    assert explain(decision.explanation, "nl") == [dutch]
    assert len(explain(decision.explanation, "en")) == 1


def test_a_persons_decision_is_told_with_its_note() -> None:
    charged = by_person("charge", amount=Decimal("40.00"), note="zo afgesproken")
    assert [sentence.replace(NBSP, " ") for sentence in explain(charged.explanation, "nl")] == [
        "Besloten door een medewerker: zo afgesproken.",
        "Te factureren: € 40,00, exclusief btw.",
    ]
    assert explain(by_person("waived").explanation, "en") == ["Decided by a member of staff.", "Waived: €0.00."]


def test_words_of_the_asker_cannot_become_a_template() -> None:
    facts = replace(QuestionFacts(), subject="{0.__class__}", channel="{x}")
    document = tariff(rule("a", when={"subject": ["x"]}), rule("b", when={"channel": ["x"]}))
    told = explain(decide(facts, parse_tariff(document)).explanation, "nl")
    assert any("“{0.__class__}”" in sentence for sentence in told)
