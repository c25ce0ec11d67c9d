"""Deciding questions: by the tariff alone, and from the rows in the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import partial
from typing import Any
from uuid import UUID

from bench import places
from bench.measure import Goal, Measurement, Setting, in_turns, per_processor_second, per_second, profiled
from bench.stored import store_questions
from bench.world import TARIFF, Office, open_office, question
from billing_service.core.tariff import QuestionFacts, Tariff, TimeFacts, decide, parse_tariff
from billing_service.rating.outcome import decide_question
from billing_service.rating.questions import load_closed
from billing_service.rating.terms import terms_for
from billing_service.store.session import Database

GOAL = Goal("at_least", 25_000)
_CENT = Decimal("0.01")


def measure(setting: Setting) -> Iterator[Measurement]:
    """Questions per second on one core."""
    tariff = parse_tariff(TARIFF, "helpdesk 1")
    facts = [_facts(question(number, "org-0")) for number in range(setting.size(20_000))]
    found = in_turns(
        setting,
        {
            "ours": lambda: per_processor_second(len(facts), lambda: _decide_all(facts, tariff)),
            "floor": lambda: per_processor_second(len(facts), lambda: _decimals(len(facts))),
        },
    )
    with profiled(setting, "rating"):
        _decide_all(facts, tariff)
    yield Measurement(
        "rating",
        "rate facts, per second of one core",
        "/s",
        found["ours"],
        GOAL,
        found["floor"],
        "one Decimal product rounded to cents each",
    )
    for kind in setting.databases:
        yield _stored(setting, kind)


def _stored(setting: Setting, kind: str) -> Measurement:
    """Reading questions and terms from the database and deciding them; nothing is written."""
    with places.database(setting, kind) as database:
        office = open_office(database, customers=20)
        keys = store_questions(database, office, setting.size(4_000))
        found = in_turns(setting, {"ours": lambda: per_second(len(keys), partial(_rate, database, office, keys))})
        with profiled(setting, f"rating-stored-{kind}"):
            _rate(database, office, keys)
    return Measurement(
        "rating", f"rate stored questions, read from {kind}", "/s", found["ours"], notes=("database time included",)
    )


def _facts(document: dict[str, Any]) -> QuestionFacts:
    return QuestionFacts(
        subject=document["subject"],
        category=document["category"],
        kind=document["kind"],
        channel=document["channel"],
        support_line=document["support_line"],
        customer="10000",
        organisation=document["organisation"],
        contract="C-0",
        tags=tuple(document["tags"]),
        urgency=document["urgency"],
        source=document["source"],
        quantities={name: Decimal(text) for name, text in document["quantities"].items()},
        time_entries=tuple(
            TimeFacts(entry["minutes"], None, entry["role"], entry["handler"]) for entry in document["time_entries"]
        ),
    )


def _decide_all(facts: Sequence[QuestionFacts], tariff: Tariff) -> None:
    for one in facts:
        decide(one, tariff)


def _decimals(count: int) -> None:
    quantity, price = Decimal(50), Decimal("95.00")
    for _ in range(count):
        (quantity * price / 60).quantize(_CENT, ROUND_HALF_UP)


def _rate(database: Database, office: Office, keys: Sequence[UUID]) -> None:
    with database.read() as session:
        scope = office.scope(session)
        questions = load_closed(scope, keys)
        terms = terms_for(scope, questions)
        for one in questions:
            decide_question(one, terms)
