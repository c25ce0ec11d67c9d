"""docs/consult.md: its examples cost what it says, its tables list what there is."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

from billing_service.core.consult import (
    INDICATORS,
    RULES,
    ConsultPolicy,
    ConsultPricing,
    parse_policy,
    parse_pricing,
    price_consult,
)
from tests.sessions import page

DOCS = page("docs/consult.md")
SESSIONS, QUESTIONS = 75 + 45, 20


def example(name: str) -> Any:
    [found] = re.findall(rf"<!-- {name} -->\n```json\n(.*?)```", DOCS, re.S)
    return json.loads(found)


def costs(pricing: ConsultPricing) -> Decimal:
    return price_consult(pricing, SESSIONS + (QUESTIONS if pricing.counts_questions else 0)).amount


def test_the_worked_examples_cost_what_the_page_says() -> None:
    assert costs(parse_pricing(example("fixed"))) == Decimal("450.00")
    hourly, blocks = example("hourly"), example("blocks")
    assert costs(parse_pricing(hourly)) == Decimal("237.50")
    assert costs(parse_pricing({**hourly, "time": {}})) == Decimal("221.67")
    assert costs(parse_pricing(blocks)) == Decimal("180.00")
    assert costs(parse_pricing({**blocks, "question_time": "counted"})) == Decimal("270.00")


def test_the_settings_rules_and_indicators_are_those_there_are() -> None:
    settings = dict(re.findall(r"^\| `(\w+)` \| [^|]+ \| `([^|]+)` \|$", DOCS, re.M))
    assert {name: json.loads(value) for name, value in settings.items()} == ConsultPolicy().to_plain()
    assert set(re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|`]+ \| [^|]+ \|$", DOCS, re.M)) == set(RULES)
    listed = dict(re.findall(r"^\| `(\w+)` \| ([^|`]+) \|$", DOCS, re.M))
    assert listed == {code: texts["en"] for code, texts in INDICATORS.items()}
    assert parse_policy(example("policy")).many_questions is not None
