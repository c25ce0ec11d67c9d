"""From the facts of a closed question to the values of its decision and its charges. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from billing_service.core.calendar import business_date, period_of
from billing_service.core.rounding import as_plain
from billing_service.core.tariff import (
    NOTHING,
    Decision,
    OrdinalUse,
    Part,
    PartDraw,
    Prepaid,
    decide,
    in_consult,
    without_contract,
    without_tariff,
)
from billing_service.rating.questions import ClosedQuestion, Place
from billing_service.rating.terms import Agreement, ContractTerms, NoAgreement, Terms

ON_A_LINE: Final = {"charge": "charge", "included": "included", "draw": "included"}
"""Dispositions whose parts become charges, and what each is on the invoice: at zero where it is included or drawn."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A question that draws from what its contract has; ``decide`` says what it takes where this may be drawn.

    Those of one contract draw in the order of their ``place``; see ``rating.drawing``.
    """

    contract_id: UUID
    place: Place
    decide: Callable[[Prepaid], Outcome]


@dataclass(slots=True)
class Outcome:
    """What is to be stored about one question: the columns of its decision, and those of its charges by part.

    Where the question draws, ``contender`` decides it anew; ``draws`` is what it takes of what it was decided with.
    """

    question_id: UUID
    decision: dict[str, Any]
    charges: list[dict[str, Any]]
    contender: Contender | None = None
    draws: tuple[PartDraw, ...] = ()


def decide_question(
    question: ClosedQuestion, terms: Terms, ordinal: int | None = None, *, provisional: bool = False
) -> Outcome:
    """What the tariff in force when ``question`` was closed says about it; see ``core.tariff.decide``."""
    day = business_date(question.closed_at)
    agreement = terms.agreement(question.contract_id, question.organisation_id, day)
    if isinstance(agreement, NoAgreement):
        blocked = without_contract(question.organisation, agreement.named, agreement.candidates)
        return Outcome(question.id, _decision_values(question.id, blocked, day), [])
    return decide_under(question, agreement, day, ordinal, provisional=provisional)


def decide_under(
    question: ClosedQuestion,
    agreement: Agreement,
    day: date,
    ordinal: int | None = None,
    *,
    provisional: bool = False,
    prepaid: Prepaid = NOTHING,
) -> Outcome:
    """What the tariff of ``agreement`` says about a question closed on ``day``; see ``core.tariff.decide``.

    A question that is answered in a confirmed consult is charged with that, whatever the tariff says.
    """
    if question.consult is not None:
        decision = in_consult(question.consult)
    elif agreement.tariff is None:
        decision = without_tariff(agreement.contract.reference)
    else:
        decision = decide(
            question.facts(agreement, day), agreement.tariff, ordinal, provisional=provisional, prepaid=prepaid
        )
    values = _decision_values(question.id, decision, day, agreement)
    use = decision.ordinal_use
    if use is not None:
        values["ordinal"] = ordinal
        values["ordinal_table"] = use.table
        values["ordinal_counter"] = _counter(use, agreement, day)
    charges = charge_values(question.id, agreement.contract, day, decision, question.subject)
    if not decision.contends:
        return Outcome(question.id, values, charges)

    def again(prepaid: Prepaid) -> Outcome:
        return decide_under(question, agreement, day, prepaid=prepaid)

    contender = Contender(agreement.contract.id, question.place, again)
    return Outcome(question.id, values, charges, contender, decision.draws)


def person_outcome(question: ClosedQuestion, decision: Decision, agreement: Agreement | None, person: str) -> Outcome:
    """A person's decision about ``question``; ``agreement`` may be missing where nothing is to stand on an invoice."""
    day = business_date(question.closed_at)
    values = _decision_values(question.id, decision, day, agreement)
    values["by_person"] = person
    if agreement is None:
        return Outcome(question.id, values, [])
    return Outcome(question.id, values, charge_values(question.id, agreement.contract, day, decision, question.subject))


def charge_values(
    question_id: UUID, contract: ContractTerms, day: date, decision: Decision, subject: str
) -> list[dict[str, Any]]:
    """A charge per part that stands on a line of the invoice; a drawn one says what it was drawn from."""
    name = decision.explanation.get("name")
    return [
        {
            "contract_id": contract.id,
            "customer_id": contract.customer_id,
            "source": "question",
            "question_id": question_id,
            "part": index,
            "date": day,
            "description": _description(name, subject, part.drawn_from),
            "disposition": ON_A_LINE[part.disposition],
            "pricing": part.pricing,
            "quantity": part.quantity,
            "minutes": part.minutes if part.pricing == "time" else None,
            "unit_price": part.unit_price,
            "amount": part.amount,
            "vat_class": part.vat_class,
            "revenue_group": part.revenue_group,
            "rule": decision.rule,
            "rounding": as_plain(part.together, decision.explanation["name"]) if part.together else None,
        }
        for index, part in enumerate(decision.parts)
        if part.disposition in ON_A_LINE
    ]


def plain_parts(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Parts as JSON holds them: decimals as text."""
    return [
        {
            "disposition": part.disposition,
            "pricing": part.pricing,
            "quantity": _text(part.quantity),
            "minutes": part.minutes,
            "unit_price": _text(part.unit_price),
            "amount": str(part.amount),
            "value": str(part.value),
            "vat_class": part.vat_class,
            "revenue_group": part.revenue_group,
            **({} if part.drawn_from is None else {"drawn_from": dict(part.drawn_from)}),
        }
        for part in parts
    ]


def _decision_values(
    question_id: UUID, decision: Decision, day: date, agreement: Agreement | None = None
) -> dict[str, Any]:
    decided = decision.state == "decided"
    contract = agreement.contract if agreement else None
    return {
        "question_id": question_id,
        "state": decision.state,
        "reason": decision.reason,
        "decided_on": day,
        "contract_id": contract.id if contract else None,
        "customer_id": contract.customer_id if contract else None,
        "tariff_version_id": agreement.version.id if agreement and agreement.version else None,
        "phase": agreement.phase if agreement else None,
        "rule": decision.rule,
        "disposition": decision.disposition,
        "minutes": decision.minutes if decided else None,
        "amount": decision.amount if decided else None,
        "provisional": decision.provisional,
        "ordinal": None,
        "ordinal_table": None,
        "ordinal_counter": None,
        "by_person": None,
        "closed": decision.closed,
        "draws": decision.contends,
        "parts": plain_parts(decision.parts),
        "explanation": decision.explanation,
    }


def _counter(use: OrdinalUse, agreement: Agreement, day: date) -> str:
    """What an ordinal counts in: a table of a tariff (its versions together), per contract or customer, in a period."""
    contract, version = agreement.contract, agreement.version
    tariff_id = version.tariff_id if version else contract.tariff_id
    holder = contract.customer_id if use.per == "customer" else contract.id
    first = period_of(day, use.period, contract.valid_from).first
    return f"{tariff_id}/{use.table}/{use.per}/{holder}/{first}"


def _description(name: Mapping[str, str] | None, subject: str, drawn_from: Mapping[str, str] | None) -> dict[str, str]:
    """What the line says: the rule's name, then what was asked, and what it was drawn from."""
    words = {language: f"{text}: {subject}" for language, text in name.items()} if name else _in_both(subject)
    if drawn_from is None:
        return words
    return {language: f"{text} ({drawn_from[language]})" for language, text in words.items()}


def _in_both(text: str) -> dict[str, str]:
    return {"nl": text, "en": text}


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)
