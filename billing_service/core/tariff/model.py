"""A tariff as typed, ready-to-use values: what ``parse_tariff`` makes of a document. Everything here is immutable."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple, get_args

from billing_service.core.calendar import PeriodKind
from billing_service.core.minutes import TimeRule
from billing_service.core.prepaid import PotKind, Unit
from billing_service.core.tariff.facts import QuestionFacts
from billing_service.core.vat import VatClass

Disposition = Literal["charge", "included", "draw", "waived", "not_billable"]
DISPOSITIONS: Final[tuple[Disposition, ...]] = get_args(Disposition)
QUESTION_KINDS: Final = ("question", "remark", "change", "improvement", "bug", "consult")
Minutes = Literal["actual", "corrected"]

# Conditions on a list of words, in the order in which a rule is tested.
WORD_CONDITIONS: Final = (
    "subject",
    "category",
    "kind",
    "channel",
    "support_line",
    "phase",
    "customer",
    "customer_group",
    "organisation",
    "contract",
    "urgency",
    "source",
)
YES_NO_CONDITIONS: Final = ("known_contact", "key_user")
CONDITIONS: Final = (*WORD_CONDITIONS, *YES_NO_CONDITIONS, "tags", "raw_minutes")


@dataclass(frozen=True, slots=True)
class Rates:
    """Prices of an hour. The handler's own rate goes before the role's, the role's before the default one."""

    default: Decimal | None
    roles: Mapping[str, Decimal]
    handlers: Mapping[str, Decimal]

    def __bool__(self) -> bool:
        return self.default is not None or bool(self.roles) or bool(self.handlers)


RowPrice = Literal["amount", "per_unit", "percentage", "per_mille"]
ROW_PRICES: Final[tuple[RowPrice, ...]] = get_args(RowPrice)


@dataclass(frozen=True, slots=True)
class TierRow:
    """One row: everything above the previous row's bound up to and including ``up_to`` (None: no end)."""

    lower: Decimal
    up_to: Decimal | None
    price: RowPrice
    value: Decimal


Measure = Literal["ordinal", "billed_minutes", "quantity", "base_amount"]
TierKind = Literal["class", "bracket"]
Per = Literal["contract", "customer"]


@dataclass(frozen=True, slots=True)
class TierTable:
    """A price table (staffel). ``class``: the row in which the measure falls prices all of it; ``bracket``: each slice
    has its own price. ``per`` and ``period`` say within what an ordinal counts."""

    name: str
    measure: Measure
    quantity: str | None
    kind: TierKind
    rows: tuple[TierRow, ...]
    per: Per = "contract"
    period: PeriodKind | None = None
    minimum: Decimal | None = None
    maximum: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FixedPrice:
    amount: Decimal


@dataclass(frozen=True, slots=True)
class TimePrice:
    """Minutes × the price of an hour. ``rate`` is the rule's own price of an hour; without it the tariff's rates."""

    minutes: Minutes
    raw_allowed: bool
    rate: Decimal | None


@dataclass(frozen=True, slots=True)
class TieredPrice:
    """By a table; ``minutes`` says which time a table over billed minutes measures."""

    table: TierTable
    minutes: Minutes | None
    raw_allowed: bool


Price = FixedPrice | TimePrice | TieredPrice


Rest = Literal["charge", "finding"]


@dataclass(frozen=True, slots=True)
class DrawFrom:
    """What a rule draws from: pots of these ``kinds``, with this ``code`` if any, in this ``unit``.

    ``rest``: what no pot has is charged at the rule's price, or a person decides about the question.
    """

    kinds: tuple[PotKind, ...]
    code: str | None
    unit: Unit
    rest: Rest


class Condition(NamedTuple):
    """One condition: the fact it looks at, and the compiled test."""

    fact: str
    holds: Callable[[QuestionFacts], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a tariff. ``facts_seen`` gives the facts that this rule and those before it look at."""

    code: str
    name: Mapping[str, str]
    conditions: tuple[Condition, ...]
    disposition: Disposition
    close: bool
    price: Price | None
    time: TimeRule
    vat_class: VatClass
    revenue_group: str | None
    facts_seen: Callable[[QuestionFacts], dict[str, Any]]
    draw_from: DrawFrom | None = None


@dataclass(frozen=True, slots=True)
class Tariff:
    """A tariff version. ``label`` names the version in explanations."""

    label: str
    name: str
    rates: Rates
    tables: Mapping[str, TierTable]
    rules: tuple[Rule, ...]
