"""Fees, reasons, differences and history as sentences for a customer or bookkeeper, in Dutch or English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final

from billing_service.core import formats
from billing_service.core.imports.events import (
    Assessed,
    Event,
    MomentDelivered,
    Opened,
    QuoteAccepted,
    QuoteDeclined,
    QuoteSent,
    QuoteWithdrawn,
)
from billing_service.core.imports.facts import Reason
from billing_service.core.imports.fees import Cost
from billing_service.core.imports.policy import ImportPolicy
from billing_service.core.imports.proposal import Proposal
from billing_service.core.imports.structure import Difference
from billing_service.core.imports.texts import COSTS, DIFFERENCES, FEES, HISTORY, REASONS, WORDS
from billing_service.core.imports.values import Fee

_MONEY: Final = ("amount", "price")
_IN_DETAIL: Final = frozenset(
    {"quote_accepted", "moments_included", "further_moment_free_import", "further_moment_quoted", "new_structure"}
    | {"new_structure_free_import", "new_structure_quoted", "second_feedback", "returns_used"}
)


# --- fees -------------------------------------------------------------------------------------------------------------


def describe_fee(fee: Fee, language: str) -> str:
    """What the invoice line says: ``Derde importmoment van het ledenbestand (12 december 2026)``."""
    key: str = fee.code
    if any(reason.code == "second_feedback" for reason in fee.reasons):
        key = "second_feedback"
    files = max((reason.facts.get("files", 1) for reason in fee.reasons), default=1)
    return FEES[language][key].format(
        ordinal=_ordinal(fee.moment or 1, language),
        files=WORDS[language]["file" if files == 1 else "files"],
        on=formats.long_date(fee.on, language),
    )


def explain_fee(fee: Fee, policy: ImportPolicy, language: str, currency: str = "EUR") -> list[str]:
    """Why it costs this: what was delivered when, the rule, who agreed, and the policy's label."""
    said = [sentence for reason in fee.reasons for sentence in describe_reason(reason, language, currency)]
    return [*said, *_label(policy, language)]


def fee_detail(fee: Fee, policy: ImportPolicy, language: str, currency: str = "EUR") -> str:
    """The reason in brief, for the small line under the invoice line."""
    said = [describe_reason(reason, language, currency)[0] for reason in fee.reasons if reason.code in _IN_DETAIL]
    return " ".join([*said, *_label(policy, language)])


def describe_cost(cost: Cost, language: str, currency: str = "EUR") -> list[str]:
    """What the next moment would cost, and what must be recorded first."""
    texts = COSTS[language]
    said = [texts[need] for need in cost.needs]
    if cost.amount is None:
        return said
    if not cost.amount:
        return [texts["nothing"], *said]
    return [texts["amount"].format(amount=formats.money(cost.amount, currency, language)), *said]


def _label(policy: ImportPolicy, language: str) -> list[str]:
    return [FEES[language]["policy"].format(label=policy.label)] if policy.label else []


# --- reasons ----------------------------------------------------------------------------------------------------------


def describe_reasons(reasons: Iterable[Reason], language: str, currency: str = "EUR") -> list[str]:
    """Every reason's sentences, in order."""
    return [sentence for reason in reasons for sentence in describe_reason(reason, language, currency)]


def describe_reason(reason: Reason, language: str, currency: str = "EUR") -> list[str]:
    """The sentences of one reason: one, and for a new structure also one per difference."""
    facts, texts = reason.facts, REASONS[language]
    shown = _shown(facts, language, currency)
    if reason.code == "new_structure":
        return _new_structure(facts, shown, language)
    if reason.code == "moments_included":
        case = "restarted" if facts["restarted"] else "quoted" if facts["quoted"] else "free"
        return [texts[f"moments_included_{case}"].format(**shown)]
    if reason.code == "further_moment_quoted" and Decimal(facts["percentage"]) == 50:
        return [texts["further_moment_half"].format(**shown)]
    if reason.code == "new_structure_quoted" and Decimal(facts["percentage"]) == 100:
        return [texts["new_structure_again"].format(**shown)]
    return [texts[reason.code].format(**shown)]


def describe_proposal(proposal: Proposal, language: str) -> list[str]:
    """Each title that does not look one-dimensional, and what it suggests; nothing where none does."""
    return describe_reasons(proposal.reasons, language)


def _new_structure(facts: Mapping[str, Any], shown: Mapping[str, Any], language: str) -> list[str]:
    texts = REASONS[language]
    case = "new_structure_one" if facts["delivered"] == 1 else "new_structure_several"
    said = [texts[case].format(**shown), *describe_differences(_differences(facts["differences"]), language)]
    return [*said, texts["new_structure_more"].format(**shown)] if facts["more"] else said


def _shown(facts: Mapping[str, Any], language: str, currency: str) -> dict[str, Any]:
    words = WORDS[language]
    shown = dict(facts)
    for name in _MONEY:
        if name in facts:
            shown[name] = formats.money(Decimal(facts[name]), currency, language)
    if "percentage" in facts:
        shown["percentage"] = formats.number(Decimal(facts["percentage"]), language)
    if "on" in facts:
        shown["on"] = _date(facts["on"], language)
    if "sign" in facts:
        shown["sign"] = words[facts["sign"]]
    if "days" in facts:
        shown["days"] = _list([_date(day, language) for day in facts["days"]], language)
        shown["moments"] = count_moments(len(facts["days"]), language)
        shown["with_website"] = words["with_website" if facts["website"] else "without_website"]
    return shown


# --- differences ------------------------------------------------------------------------------------------------------


def describe_differences(differences: Sequence[Difference], language: str) -> list[str]:
    """One sentence per difference; with the number of the file where several differ."""
    texts = DIFFERENCES[language]
    several = len({difference.file for difference in differences}) > 1
    said = []
    for difference in differences:
        sentence = texts[difference.kind].format(
            title=difference.title,
            new_title=difference.new_title,
            place=difference.place,
            new_place=difference.new_place,
        )
        whole_file = difference.kind in ("file_added", "file_removed")
        said.append(
            texts["in_file"].format(file=difference.file, said=sentence) if several and not whole_file else sentence
        )
    return said


def _differences(plain: Iterable[Mapping[str, Any]]) -> list[Difference]:
    return [Difference(**difference) for difference in plain]


# --- history ----------------------------------------------------------------------------------------------------------


def describe_event(event: Event, language: str, currency: str = "EUR") -> str:
    """What happened, without its date; a reason or the customer's own words follow it as they were written."""
    texts, words = HISTORY[language], WORDS[language]
    key: str = event.kind
    facts: dict[str, Any] = {"by": getattr(event, "by", "")}
    if isinstance(event, Opened):
        key = "opened_with" if event.website else "opened_without"
    elif isinstance(event, Assessed):
        dimensions = words["one_dimensional" if event.facts.one_dimensional else "more_dimensional"]
        facts |= {"files": event.facts.files, "columns": event.facts.columns, "dimensions": dimensions}
    elif isinstance(event, QuoteSent):
        key = f"quote_sent_{event.purpose}"
        facts |= {"quote": event.quote_id, "price": formats.money(event.price, currency, language)}
        facts["until"] = formats.long_date(event.valid_until, language)
    elif isinstance(event, QuoteAccepted | QuoteDeclined | QuoteWithdrawn):
        facts["quote"] = event.quote_id
    elif isinstance(event, MomentDelivered) and event.skipped:
        key = "skipped"
        facts["titles"] = ", ".join(event.skipped)
    added = getattr(event, "reason", "") or getattr(event, "text", "")
    return " ".join(part for part in (texts[key].format(**facts), added) if part)


def tell(events: Sequence[Event], fees: Iterable[Fee], language: str, currency: str = "EUR") -> list[tuple[date, str]]:
    """The project's history, a dated sentence per event; an event that charged something says how much."""
    charged: dict[int, Decimal] = {}
    for fee in fees:
        charged[fee.event] = charged.get(fee.event, Decimal("0.00")) + fee.amount
    told = []
    for place, event in enumerate(events):
        sentence = describe_event(event, language, currency)
        if place in charged:
            amount = formats.money(charged[place], currency, language)
            sentence = f"{sentence} {HISTORY[language]['fee'].format(amount=amount)}"
        told.append((event.on, sentence))
    return told


# --- words ------------------------------------------------------------------------------------------------------------


def count_moments(count: int, language: str) -> str:
    """``één moment``, ``twee momenten``."""
    numbers = WORDS[language]["numbers"].split()
    shown = numbers[count - 1] if 1 <= count <= len(numbers) else str(count)
    return WORDS[language]["moment" if count == 1 else "moments"].format(count=shown)


def _ordinal(number: int, language: str) -> str:
    words = WORDS[language]["ordinals"].split()
    if number <= len(words):
        return words[number - 1]
    if language == "en" and number % 100 not in (11, 12, 13):
        return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"
    return WORDS[language]["ordinal"].format(number)


def _date(iso: str, language: str) -> str:
    return formats.long_date(date.fromisoformat(iso), language)


def _list(parts: Sequence[str], language: str) -> str:
    if len(parts) == 1:
        return parts[0]
    return WORDS[language]["and"].format(", ".join(parts[:-1]), parts[-1])
