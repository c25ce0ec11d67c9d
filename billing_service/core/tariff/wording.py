"""An explanation's codes and facts as sentences for a bookkeeper or customer, in Dutch or English.

Sentences are templates; ``{0}``, ``{1}`` … are the step's arguments, shown as ``_ARGUMENTS`` says: ``time`` h:mm,
``money`` with its currency, ``number``, ``text`` as it stands, ``word`` a word of our own (a direction, a period),
``day``, ``titles`` (names by language), ``drawn`` (minutes, or nothing where it is a question that is drawn).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from billing_service.core.minutes import hours_and_minutes
from billing_service.core.tariff.codes import Reason, Step
from billing_service.core.tariff.sentences import FACTS, OUTLINE, REASONS, STEPS, WORDS
from billing_service.core.wording import shown

_ARGUMENTS: Final[dict[str, tuple[str, ...]]] = {
    Step.RAW_MINUTES: ("time",),
    Step.CORRECTED_MINUTES: ("time",),
    Step.RAW_USED: ("time",),
    Step.GRACE: ("number", "time"),
    Step.ROUNDED: ("word", "number", "time"),
    Step.TIME_MINIMUM: ("time",),
    Step.BILLED_MINUTES: ("time",),
    Step.ROUNDED_TOGETHER: ("word",),
    Step.FIXED: ("money",),
    Step.RATE_ROLE: ("text", "money"),
    Step.RATE_HANDLER: ("text", "money"),
    Step.DRAWN_MINUTES: ("titles", "day", "time", "time", "time"),
    Step.DRAWN_QUESTION: ("titles", "day", "drawn", "number", "number"),
    Step.USED_UP: ("titles", "day", "drawn"),
    Step.NONE_VALID: ("day", "drawn"),
    Step.TIME_PRICE: ("time", "money", "money"),
    Step.ORDINAL: ("text", "number", "word", "word"),
    Step.ORDINAL_PROVISIONAL: ("text", "number", "word", "word"),
    Step.ORDINAL_ASSUMED: ("text", "number", "word", "word"),
    Step.MEASURE_MINUTES: ("text", "time"),
    Step.MEASURE_QUANTITY: ("text", "text", "number"),
    Step.MEASURE_BASE_AMOUNT: ("text", "money"),
    Step.CLASS_UP_TO: ("number",),
    Step.CLASS_RANGE: ("number", "number"),
    Step.CLASS_OPEN: ("number",),
    Step.SLICE_UP_TO: ("number",),
    Step.SLICE_RANGE: ("number", "number"),
    Step.SLICE_OPEN: ("number",),
    Step.ROW_AMOUNT: ("money",),
    Step.ROW_PER_UNIT: ("number", "money", "money"),
    Step.ROW_PERCENTAGE: ("money", "number", "money"),
    Step.ROW_PER_MILLE: ("money", "number", "money"),
    Step.TABLE_TOTAL: ("money",),
    Step.TABLE_MINIMUM: ("money",),
    Step.TABLE_MAXIMUM: ("money",),
    Step.IN_CONSULT: ("text",),
    Step.BY_PERSON: (),
    Step.BY_PERSON_NOTE: ("text",),
}


def explain(explanation: Mapping[str, Any], language: str, currency: str = "EUR") -> list[str]:
    """The sentences of ``explanation`` (as ``Decision`` holds it), in ``nl`` or ``en``.

    First the tariff and the rules that did not fit, each with its first failed condition; then the rule that won, the
    steps of time and price, and the outcome.
    """
    words = _Words(language, currency)
    sentences = []
    if explanation["tariff"] is not None:
        sentences.append(words.outline("tariff", explanation["tariff"]))
    sentences += [words.failed(code, fact, explanation["facts"]) for code, fact in explanation["tried"]]
    if explanation["rule"] is not None:
        sentences.append(words.outline("rule", explanation["rule"], explanation["name"][language]))
    sentences += [words.step(step) for step in explanation.get("steps", ())]
    return [*sentences, *words.outcome(explanation)]


class _Words:
    """One language and currency."""

    def __init__(self, language: str, currency: str) -> None:
        self.language = language
        self.currency = currency

    def outline(self, key: str, *arguments: object) -> str:
        return OUTLINE[self.language][key].format(*arguments)

    def step(self, step: Sequence[Any]) -> str:
        code, *arguments = step
        shown = [self._show(kind, value) for kind, value in zip(_ARGUMENTS[code], arguments, strict=True)]
        return STEPS[self.language][code].format(*shown)

    def failed(self, code: str, fact: str, facts: Mapping[str, Any]) -> str:
        return self.outline("failed", code, self._fact(fact, facts[fact]))

    def outcome(self, explanation: Mapping[str, Any]) -> list[str]:
        if explanation["state"] != "decided":
            return [self._reason(explanation["reason"], explanation)]
        disposition = explanation["disposition"]
        key = disposition
        if disposition == "draw":
            key = "draw_with_rest" if Decimal(explanation["amount"]) else "draw"
        elif disposition == "not_billable" and not explanation["closed"]:
            key = "not_billable_open"
        elif explanation.get("consult"):
            key = f"{disposition}_in_consult"
        elif disposition != "charge" and Decimal(explanation["value"]):
            key = f"{disposition}_with_value"
        return [self.outline(key, *(self._show("money", explanation[part]) for part in ("amount", "value")))]

    def _reason(self, reason: str, explanation: Mapping[str, Any]) -> str:
        facts, key = explanation["facts"], reason
        if reason == Reason.NO_CONTRACT:
            key = self._contract_case(facts)
        if reason == Reason.MISSING_RATE and explanation["subject"] is None:
            key = f"{reason}_unnamed"
        short = explanation.get("short", {"missing": 0, "pots": []})
        if reason == Reason.PREPAID_SHORT and not short["pots"]:
            key = f"{reason}_none"
        return REASONS[self.language][key].format(
            subject=explanation["subject"],
            contract=facts.get("contract"),
            organisation=facts.get("organisation"),
            candidates=", ".join(facts.get("candidates", ())),
            missing=self._show("drawn", short["missing"]),
            pots=self._show("titles", short["pots"]),
        )

    @staticmethod
    def _contract_case(facts: Mapping[str, Any]) -> str:
        if facts["contract"] is not None:
            return f"{Reason.NO_CONTRACT}_named"
        if facts["candidates"]:
            return f"{Reason.NO_CONTRACT}_several"
        return Reason.NO_CONTRACT if facts["organisation"] is not None else f"{Reason.NO_CONTRACT}_no_organisation"

    def _fact(self, fact: str, value: Any) -> str:
        """What the question says about a condition, as the end of a sentence: ``het onderwerp is "Import"``."""
        key = fact
        if isinstance(value, bool):
            key = f"{fact}_{'yes' if value else 'no'}"
        elif value is None or value == []:
            key = f"{fact}_unknown"
        shown = hours_and_minutes(value) if fact == "raw_minutes" and value is not None else value
        if isinstance(value, list):
            shown = ", ".join(value)
        elif fact == "kind" and value is not None:
            shown = WORDS[self.language].get(value, value)
        return FACTS[self.language][key].format(shown)

    def _show(self, kind: str, value: Any) -> str:
        if kind == "titles":
            return ", ".join(title[self.language] for title in value)
        if kind == "drawn":
            return self.outline("one_question") if value is None else hours_and_minutes(value)
        return WORDS[self.language][value] if kind == "word" else shown(kind, value, self.language, self.currency)
