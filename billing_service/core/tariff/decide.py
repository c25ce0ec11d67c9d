"""Decide a question: rules are tried in order, the first whose conditions all hold wins and prices it.

Pure: the outcome depends on the facts, the tariff and, for a table over ordinals, the ordinal handed in; on nothing
else. A question that no rule fits is never billed or dropped in silence: it needs a person's decision.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from billing_service.core.minutes import TimeRule
from billing_service.core.money import ZERO, InvalidAmount
from billing_service.core.money import amount as cents
from billing_service.core.tariff.codes import BLOCKING, Reason, Step
from billing_service.core.tariff.decision import Decision, Part, PartDraw, State
from billing_service.core.tariff.drawing import NOTHING, Prepaid, Taken, take
from billing_service.core.tariff.facts import QuestionFacts
from billing_service.core.tariff.model import Disposition, Rule, Tariff
from billing_service.core.tariff.pricing import Priced, PriceLine, price_question
from billing_service.core.tariff.tiers import CannotPrice
from billing_service.core.vat import VatClass

_WITHOUT_PRICE: Final = Priced([PriceLine("amount", None, 0, None, ZERO)], [])

_FREE: Final = str(ZERO)


def decide(
    facts: QuestionFacts,
    tariff: Tariff,
    ordinal: int | None = None,
    *,
    provisional: bool = False,
    prepaid: Prepaid = NOTHING,
) -> Decision:
    """What ``tariff`` says about a question with these ``facts``.

    ``ordinal`` matters only where the winning rule prices by the question's ordinal in a period; the decision's
    ``ordinal_use`` then tells which table counted, so the caller can determine the number and decide again: the same
    call at intake, preview and release. Say ``provisional=True`` while the number may still change. Without any
    number the question is priced as the first of its period, and the decision says that it is provisional.

    ``prepaid`` tells what may be drawn for the days of the work, where the winning rule draws; the decision then
    ``contends``, and its ``draws`` say what it took. The caller determines what is there and decides again.
    """
    tried: list[list[str]] = []
    for rule in tariff.rules:
        for fact, holds in rule.conditions:
            if not holds(facts):
                tried.append([rule.code, fact])
                break
        else:
            if rule.draw_from is not None:
                return _draw_by(rule, tariff, facts, tried, prepaid)
            return _decide_by(rule, tariff, facts, tried, ordinal, provisional)
    return _undecided(Reason.NO_RULE, tariff.label, tariff.rules[-1].facts_seen(facts), tried)


def without_contract(organisation: str | None, named: str | None = None, candidates: Sequence[str] = ()) -> Decision:
    """Blocked: there is not exactly one valid contract. ``named`` is the contract the question named (unknown or not
    valid that day), ``candidates`` the references of those that cover the asker's organisation."""
    facts = {"organisation": organisation, "contract": named, "candidates": sorted(candidates)}
    return _undecided(Reason.NO_CONTRACT, None, facts, [])


def without_tariff(contract: str) -> Decision:
    """Needs a decision: ``contract`` has no tariff version that is published and valid on the day."""
    return _undecided(Reason.NO_TARIFF, None, {"contract": contract}, [])


def by_person(
    disposition: Disposition,
    vat_class: VatClass = "standard",
    amount: Decimal = ZERO,
    *,
    revenue_group: str | None = None,
    note: str | None = None,
) -> Decision:
    """A person's decision: one part, closed. ``amount`` in cents is charged where ``disposition`` is charge, else it is
    the value given away. No rule replaces it. Raises ``InvalidAmount``."""
    value = cents(amount)
    line = PriceLine("quantity", Decimal(1), 0, value, value)
    part = _part(disposition, vat_class, revenue_group, line)
    explanation: dict[str, Any] = {
        "tariff": None,
        "facts": {},
        "tried": [],
        "rule": None,
        "name": None,
        "state": "decided",
        "disposition": disposition,
        "closed": True,
        "amount": str(part.amount),
        "value": str(part.value),
        "steps": [[Step.BY_PERSON] if note is None else [Step.BY_PERSON_NOTE, note]],
    }
    return Decision("decided", None, None, (part,), explanation)


def in_consult(reference: str) -> Decision:
    """Answered in the consult with this ``reference``, which charges it: included, whatever the tariff says."""
    part = _part("included", "standard", None, PriceLine("quantity", Decimal(1), 0, ZERO, ZERO))
    explanation: dict[str, Any] = {
        "tariff": None,
        "facts": {},
        "tried": [],
        "rule": None,
        "name": {"nl": f"Consult {reference}", "en": f"Consult {reference}"},
        "consult": reference,
        "state": "decided",
        "disposition": "included",
        "closed": True,
        "amount": _FREE,
        "value": _FREE,
        "steps": [[Step.IN_CONSULT, reference]],
    }
    return Decision("decided", None, f"consult {reference}", (part,), explanation)


def _decide_by(
    rule: Rule,
    tariff: Tariff,
    facts: QuestionFacts,
    tried: list[list[str]],
    ordinal: int | None,
    provisional: bool,
) -> Decision:
    seen = rule.facts_seen(facts)
    try:
        priced = (
            _WITHOUT_PRICE
            if rule.price is None
            else price_question(rule.price, rule.time, tariff.rates, facts, ordinal, provisional)
        )
    except CannotPrice as missing:
        return _undecided(missing.reason, tariff.label, seen, tried, rule, missing.subject)
    except InvalidAmount:
        return _undecided(Reason.AMOUNT_TOO_LARGE, tariff.label, seen, tried, rule)
    value = str(priced.lines[0].amount if len(priced.lines) == 1 else sum([line.amount for line in priced.lines], ZERO))
    closed = rule.disposition != "not_billable" or rule.close
    explanation = {
        "tariff": tariff.label,
        "facts": seen,
        "tried": tried,
        "rule": rule.code,
        "name": dict(rule.name),
        "state": "decided",
        "disposition": rule.disposition,
        "closed": closed,
        "amount": value if rule.disposition == "charge" else _FREE,
        "value": value,
        "steps": priced.steps,
    }
    together = rule.time if rule.disposition == "charge" and rule.time.scope != "question" else None
    parts = tuple(
        [_part(rule.disposition, rule.vat_class, rule.revenue_group, line, together) for line in priced.lines]
    )
    return Decision("decided", None, rule.code, parts, explanation, closed, priced.provisional, priced.ordinal_use)


def _draw_by(rule: Rule, tariff: Tariff, facts: QuestionFacts, tried: list[list[str]], prepaid: Prepaid) -> Decision:
    seen = rule.facts_seen(facts)
    try:
        taken = take(rule, tariff.rates, facts, prepaid)
    except CannotPrice as missing:
        return _undecided(missing.reason, tariff.label, seen, tried, rule, missing.subject)
    except InvalidAmount:
        return _undecided(Reason.AMOUNT_TOO_LARGE, tariff.label, seen, tried, rule)
    if taken.short is not None:
        decision = _undecided(Reason.PREPAID_SHORT, tariff.label, seen, tried, rule)
        decision.explanation["short"] = taken.short
        return replace(decision, contends=True)
    parts = _drawn_parts(rule, taken)
    explanation = {
        "tariff": tariff.label,
        "facts": seen,
        "tried": tried,
        "rule": rule.code,
        "name": dict(rule.name),
        "state": "decided",
        "disposition": parts[0].disposition,
        "closed": True,
        "amount": str(sum([part.amount for part in parts], ZERO)),
        "value": str(sum([part.value for part in parts], ZERO)),
        "steps": taken.steps,
    }
    draws = tuple(PartDraw(number, draw) for number, lot in enumerate(taken.lots) for draw in lot.draws)
    return Decision("decided", None, rule.code, parts, explanation, contends=True, draws=draws)


def _drawn_parts(rule: Rule, taken: Taken) -> tuple[Part, ...]:
    """A part per pot that was drawn from, named after it, then what is charged."""
    drawn = [
        replace(_part("draw", rule.vat_class, rule.revenue_group, lot.line), drawn_from=lot.label) for lot in taken.lots
    ]
    return (*drawn, *(_part("charge", rule.vat_class, rule.revenue_group, line) for line in taken.charged))


def _part(
    disposition: Disposition,
    vat_class: VatClass,
    revenue_group: str | None,
    line: PriceLine,
    together: TimeRule | None = None,
) -> Part:
    """A price as a part: only ``charge`` costs anything, the others keep the price as their value."""
    pricing, quantity, minutes, unit_price, value = line
    amount = value
    if disposition != "charge":
        amount, unit_price = ZERO, None if unit_price is None else ZERO
    return Part(disposition, pricing, quantity, minutes, unit_price, amount, value, vat_class, revenue_group, together)


def _undecided(
    reason: str,
    label: str | None,
    facts: dict[str, Any],
    tried: list[list[str]],
    rule: Rule | None = None,
    subject: str | None = None,
) -> Decision:
    state: State = "blocked" if reason in BLOCKING else "needs_decision"
    code = rule.code if rule else None
    explanation = {
        "tariff": label,
        "facts": facts,
        "tried": tried,
        "rule": code,
        "name": dict(rule.name) if rule else None,
        "state": state,
        "reason": reason,
        "subject": subject,
    }
    return Decision(state, reason, code, (), explanation, closed=False)
