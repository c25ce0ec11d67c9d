"""Time that is rounded together: all of a day, or all on an invoice (domain.md, "Time": the difference is a charge).

Each question stands on its line as it was spent. The difference makes the total what the rounded sum costs, to the
cent: also where lines that are rounded by themselves (3 × 0:20 at 95.00 is 95.01) come to another cent than their sum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from billing_service.core.formats import long_date
from billing_service.core.minutes import TimeRule, hours_and_minutes
from billing_service.core.money import ZERO, apportion, time_amount

_FIELDS: Final = ("step", "direction", "minimum", "grace", "scope")

TEXTS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "description": "Afronding van de tijd: {name}",
        "day": "Alle tijd van {day} samen: {spent}; gefactureerd: {billed} ({rule})",
        "invoice": "Alle tijd op deze factuur samen: {spent}; gefactureerd: {billed} ({rule})",
        "before": "{earlier} daarvan stond op een eerdere factuur",
        "up": "naar boven op {step} min",
        "nearest": "op de dichtstbijzijnde {step} min",
        "down": "naar beneden op {step} min",
        "grace": "uitloop tot en met {grace} min vervalt",
        "minimum": "minimum {minimum}",
    },
    "en": {
        "description": "Rounding of time: {name}",
        "day": "All time of {day} together: {spent}; billed: {billed} ({rule})",
        "invoice": "All time on this invoice together: {spent}; billed: {billed} ({rule})",
        "before": "{earlier} of it stood on an earlier invoice",
        "up": "up to {step} min",
        "nearest": "to the nearest {step} min",
        "down": "down to {step} min",
        "grace": "an excess of up to {grace} min is dropped",
        "minimum": "minimum {minimum}",
    },
}


class TimeLine(NamedTuple):
    """A line as it stands or stood on an invoice: whole minutes, the price of an hour, the amount."""

    minutes: int
    hourly: Decimal
    amount: Decimal


class Together(NamedTuple):
    """Minutes before and after rounding, and what is still to be charged (negative: given back)."""

    spent: int
    billed: int
    difference: Decimal


def round_together(rule: TimeRule, lines: Sequence[TimeLine], charged: Decimal = ZERO) -> Together:
    """Grace, rounding and minimum over the sum of ``lines``, and what that costs beyond what they cost.

    Where lines have several prices the billed minutes are divided over them as within one question: in proportion to
    the minutes, by largest remainder, a minute that could go either way to the lower price. ``charged`` is what was
    charged for rounding these lines before, some of them then perhaps not yet there.
    """
    minutes_at: dict[Decimal, int] = {}
    for line in lines:
        minutes_at[line.hourly] = minutes_at.get(line.hourly, 0) + line.minutes
    spent = sum(minutes_at.values())
    billed = rule.bill(spent).billed
    prices = sorted(minutes_at)
    shares = apportion(billed, [minutes_at[price] for price in prices]) if billed else [0 for _ in prices]
    whole = sum((time_amount(share, price) for share, price in zip(shares, prices, strict=True)), ZERO)
    return Together(spent, billed, whole - sum((line.amount for line in lines), ZERO) - charged)


def as_plain(rule: TimeRule, name: Mapping[str, str]) -> dict[str, Any]:
    """A time rule and the name of the tariff's rule it belongs to, as a charge keeps them."""
    return {**{field: getattr(rule, field) for field in _FIELDS}, "name": dict(name)}


def from_plain(kept: Mapping[str, Any]) -> TimeRule:
    return TimeRule(**{field: kept[field] for field in _FIELDS})


def describe(name: Mapping[str, str]) -> dict[str, str]:
    """What the line of a difference says."""
    return {language: texts["description"].format(name=name[language]) for language, texts in TEXTS.items()}


def detail(rule: TimeRule, together: Together, day: date, earlier: int) -> dict[str, str]:
    """What stands in small under it: the sum, what it was rounded to and how. ``earlier`` minutes were invoiced
    before."""
    return {language: _detail(language, rule, together, day, earlier) for language in TEXTS}


def _detail(language: str, rule: TimeRule, together: Together, day: date, earlier: int) -> str:
    texts = TEXTS[language]
    how = [texts[rule.direction].format(step=rule.step)]
    if rule.grace:
        how.append(texts["grace"].format(grace=rule.grace))
    if rule.minimum:
        how.append(texts["minimum"].format(minimum=hours_and_minutes(rule.minimum)))
    said = texts[rule.scope].format(
        day=long_date(day, language),
        spent=hours_and_minutes(together.spent),
        billed=hours_and_minutes(together.billed),
        rule=", ".join(how),
    )
    if earlier:
        said += f"; {texts['before'].format(earlier=hours_and_minutes(earlier))}"
    return said
