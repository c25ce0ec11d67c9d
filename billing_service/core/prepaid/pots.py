"""What can be drawn from: an hour card, a block, or one period of an allowance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, NamedTuple, get_args

from billing_service.core.formats import long_date

PotKind = Literal["allowance", "card", "block"]
POT_KINDS: Final[tuple[PotKind, ...]] = get_args(PotKind)
Unit = Literal["minutes", "questions"]
UNITS: Final[tuple[Unit, ...]] = get_args(Unit)


class PotKey(NamedTuple):
    """Which pot: the id of a card or block, or that of an allowance with the first day of one of its periods."""

    owner: Any
    period_first: date | None = None


@dataclass(frozen=True, slots=True)
class Pot:
    """``balance`` whole minutes, or questions, for days from ``valid_from`` up to and including ``valid_to``.

    ``reference`` is what people call it: the card's reference, the allowance's code. ``title`` holds texts by language.
    """

    key: PotKey
    kind: PotKind
    code: str
    reference: str
    title: Mapping[str, str]
    unit: Unit
    valid_from: date
    valid_to: date | None
    balance: int

    def valid_on(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)

    @property
    def age(self) -> tuple[date, date, str]:
        """Its place among others: the oldest valid first, one that ends before one that ends later or never."""
        return (self.valid_from, self.valid_to or date.max, self.reference)

    @property
    def label(self) -> dict[str, str]:
        """What it is called on an invoice and in an explanation."""
        if self.kind == "allowance":
            first = self.key.period_first or self.valid_from
            return {
                language: _LABELS[language]["allowance"].format(self.title[language], long_date(first, language))
                for language in _LABELS
            }
        return {language: words[self.kind].format(self.reference) for language, words in _LABELS.items()}


_LABELS: Final[dict[str, dict[PotKind, str]]] = {
    "nl": {"card": "strippenkaart {0}", "block": "blok {0}", "allowance": "{0} (vanaf {1})"},
    "en": {"card": "hour card {0}", "block": "block {0}", "allowance": "{0} (from {1})"},
}
