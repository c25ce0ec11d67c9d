"""Why an event is not allowed now: a stable code, and a sentence in both languages (``sentences.REFUSALS``)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from billing_service.core.imports.sentences import REFUSALS
from billing_service.errors import Conflict


@dataclass(frozen=True, slots=True)
class Refusal:
    """``code`` is the problem's, ``case`` says which sentence tells it, with the ``facts`` in it."""

    case: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def describe(self, language: str) -> str:
        return REFUSALS[language][self.case].format(**self.facts)

    def error(self) -> Conflict:
        return Conflict(self.describe("en"), code=self.code)


def not_open(case: str) -> Refusal:
    return Refusal(case, code="import_not_open")


def dates_run_back(last: str) -> Refusal:
    return Refusal("dates_run_back", code="import_dates_run_back", facts={"last": last})


def not_assessed(case: str) -> Refusal:
    return Refusal(case, code="import_not_assessed")


def quote_needed(case: str) -> Refusal:
    return Refusal(case, code="import_quote_needed")


def quote_open(quote_id: str) -> Refusal:
    return Refusal("quote_open", code="import_quote_open", facts={"quote": quote_id})


def quote_not_open(case: str, quote_id: str = "") -> Refusal:
    return Refusal(case, code="import_quote_not_open", facts={"quote": quote_id})


def no_quote_needed(case: str) -> Refusal:
    return Refusal(case, code="import_no_quote_needed")


def agreement_needed(case: str) -> Refusal:
    return Refusal(case, code="import_agreement_needed")


def no_agreement_needed(case: str) -> Refusal:
    return Refusal(case, code="import_no_agreement_needed")


def feedback_refused(case: str) -> Refusal:
    return Refusal(case, code="import_feedback_refused")


def feedback_open() -> Refusal:
    return Refusal("feedback_open", code="import_feedback_open")


def no_feedback() -> Refusal:
    return Refusal("no_feedback", code="import_no_feedback")


def other_structure() -> Refusal:
    return Refusal("other_structure", code="import_other_structure")


def nothing_delivered() -> Refusal:
    return Refusal("nothing_delivered", code="import_nothing_delivered")


def delivery_handled(delivery_id: str) -> Refusal:
    return Refusal("delivery_handled", code="import_delivery_handled", facts={"delivery": delivery_id})


def website_already() -> Refusal:
    return Refusal("website_already", code="import_website_already")
