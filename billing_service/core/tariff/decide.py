"""Decide a question: rules are tried in order, the first whose conditions all hold wins and prices it.

Pure: the outcome depends on the facts, the tariff and, for a table over ordinals, the ordinal handed in; on nothing
else. A question that no rule fits is never billed or dropped in silence: it needs a person's decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from billing_service.core.money import ZERO, InvalidAmount
from billing_service.core.tariff.codes import BLOCKING, Reason
from billing_service.core.tariff.decision import Decision, Part
from billing_service.core.tariff.facts import QuestionFacts
from billing_service.core.tariff.model import Rule, Tariff
from billing_service.core.tariff.parse import check_publishable
from billing_service.core.tariff.pricing import OrdinalGiven, Priced, PriceLine, price_question
from billing_service.core.tariff.tiers import CannotPrice

_WITHOUT_PRICE: Final = Priced([PriceLine("amount", None, 0, None, ZERO)], [])
_SORTED_FACTS: Final = frozenset({"tags"})


def decide(facts: QuestionFacts, tariff: Tariff, ordinal: int | None = None, *, provisional: bool = False) -> Decision:
    """What ``tariff`` says about a question with these ``facts``.

    ``ordinal`` matters only where the winning rule prices by the question's ordinal in a period; the decision's
    ``ordinal_use`` then tells which table counted, so the caller can determine the number and decide again: the same
    call at intake, preview and release. Say ``provisional=True`` while the number may still change. Without any
    number the question is priced as the first of its period, and the decision says that it is provisional.

    Raises ``InvalidTariff`` for a tariff that could not be published.
    """
    if tariff.absent:
        check_publishable(tariff)
    tried: list[list[str]] = []
    for rule in tariff.rules:
        for condition in rule.conditions:
            if not condition.holds(facts):
                tried.append([rule.code, condition.fact])
                break
        else:
            return _decide_by(rule, tariff, facts, tried, OrdinalGiven(ordinal, provisional))
    seen = tariff.rules[-1].facts_seen
    return _undecided(Reason.NO_RULE, None, _explanation(tariff.label, _facts_seen(facts, seen), tried, None))


def without_contract(organisation: str | None, named: str | None = None, candidates: Sequence[str] = ()) -> Decision:
    """Blocked: there is not exactly one valid contract. ``named`` is the contract the question named (unknown or not
    valid that day), ``candidates`` the references of those that cover the asker's organisation."""
    facts = {"organisation": organisation, "contract": named, "candidates": sorted(candidates)}
    return _undecided(Reason.NO_CONTRACT, None, _explanation(None, facts, [], None))


def without_tariff(contract: str) -> Decision:
    """Needs a decision: ``contract`` has no tariff version that is published and valid on the day."""
    return _undecided(Reason.NO_TARIFF, None, _explanation(None, {"contract": contract}, [], None))


def _decide_by(
    rule: Rule, tariff: Tariff, facts: QuestionFacts, tried: list[list[str]], ordinal: OrdinalGiven
) -> Decision:
    explanation = _explanation(tariff.label, _facts_seen(facts, rule.facts_seen), tried, rule)
    try:
        priced = (
            _WITHOUT_PRICE
            if rule.price is None
            else price_question(rule.price, rule.time, tariff.rates, facts, ordinal)
        )
    except CannotPrice as missing:
        return _undecided(missing.reason, rule.code, explanation, missing.subject)
    except InvalidAmount:
        return _undecided(Reason.AMOUNT_TOO_LARGE, rule.code, explanation)
    parts = tuple([_part(rule, line) for line in priced.lines])
    explanation["state"] = "decided"
    explanation["disposition"] = rule.disposition
    explanation["amount"] = str(sum([part.amount for part in parts], ZERO))
    explanation["value"] = str(sum([part.value for part in parts], ZERO))
    explanation["steps"] = priced.steps
    closed = rule.disposition != "not_billable" or rule.close
    explanation["closed"] = closed
    return Decision("decided", None, rule.code, parts, explanation, closed, priced.provisional, priced.ordinal_use)


def _part(rule: Rule, line: PriceLine) -> Part:
    """A price as a part: only ``charge`` costs anything, the others keep the price as their value."""
    free = rule.disposition != "charge"
    return Part(
        rule.disposition,
        line.pricing,
        line.quantity,
        line.minutes,
        ZERO if free and line.unit_price is not None else line.unit_price,
        ZERO if free else line.amount,
        line.amount,
        rule.vat_class,
        rule.revenue_group,
    )


def _undecided(reason: str, rule: str | None, explanation: dict[str, Any], subject: str | None = None) -> Decision:
    state: Any = "blocked" if reason in BLOCKING else "needs_decision"
    explanation["state"] = state
    explanation["reason"] = reason
    if subject is not None:
        explanation["subject"] = subject
    return Decision(state, reason, rule, (), explanation, closed=False)


def _explanation(
    label: str | None, facts: dict[str, Any], tried: list[list[str]], winner: Rule | None
) -> dict[str, Any]:
    return {
        "tariff": label,
        "facts": facts,
        "tried": tried,
        "rule": winner.code if winner else None,
        "name": dict(winner.name) if winner else None,
    }


def _facts_seen(facts: QuestionFacts, names: tuple[str, ...]) -> dict[str, Any]:
    """The facts that the rules tried so far look at, as plain values."""
    seen: dict[str, Any] = {}
    for name in names:
        value = getattr(facts, name)
        seen[name] = sorted(set(value)) if name in _SORTED_FACTS else value
    return seen
