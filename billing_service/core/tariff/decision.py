"""What a tariff says about one question."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from billing_service.core.calendar import PeriodKind
from billing_service.core.minutes import TimeRule
from billing_service.core.money import ZERO
from billing_service.core.prepaid import Draw
from billing_service.core.tariff.model import Disposition, Per
from billing_service.core.vat import VatClass

State = Literal["decided", "needs_decision", "blocked"]
Pricing = Literal["quantity", "time", "amount"]


@dataclass(frozen=True, slots=True)
class Part:
    """One disposition and one price of a decided question.

    ``pricing`` tells how ``amount`` is printed: ``quantity`` × ``unit_price``; ``time`` (``minutes`` × ``unit_price``
    of an hour / 60); or just the ``amount``. Only a charged part has an amount and a unit price other than 0.00;
    ``value`` is what the part would have cost if charged (what a waived part gives away). ``minutes`` are the billed
    minutes, 0 where the price does not depend on time. ``together``: how this time is rounded at release, together
    with other time of the day or invoice; until then it stands as it was spent. ``drawn_from`` names, by language, the
    card or allowance that a drawn part was taken from.
    """

    disposition: Disposition
    pricing: Pricing
    quantity: Decimal | None
    minutes: int
    unit_price: Decimal | None
    amount: Decimal
    value: Decimal
    vat_class: VatClass
    revenue_group: str | None = None
    together: TimeRule | None = None
    drawn_from: Mapping[str, str] | None = None


class PartDraw(NamedTuple):
    """What is taken off a pot for the part with this number."""

    part: int
    draw: Draw


@dataclass(frozen=True, slots=True)
class OrdinalUse:
    """Which ordinal a decision was priced with: the question's place among those decided by ``table``, counted per
    contract or customer, per period. Hand another ``ordinal`` to ``decide`` to price again."""

    table: str
    per: Per
    period: PeriodKind
    ordinal: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome for one question.

    ``state``: decided; needs_decision (``reason``: no_rule, no_tariff, missing_rate, missing_quantity,
    missing_base_amount, negative_measure, amount_too_large, prepaid_short); blocked (missing_time, missing_correction,
    no_contract).
    ``closed`` says whether the question is done with: only a not billable one may still have to be closed by a person.
    ``provisional``: priced with an ordinal that may still change. ``explanation`` is plain JSON; ``explain`` words it.
    ``contends``: it depends on what there is to draw, and ``draws`` is what it takes of that.
    """

    state: State
    reason: str | None
    rule: str | None
    parts: tuple[Part, ...]
    explanation: dict[str, Any]
    closed: bool = True
    provisional: bool = False
    ordinal_use: OrdinalUse | None = None
    contends: bool = False
    draws: tuple[PartDraw, ...] = ()

    @property
    def disposition(self) -> Disposition | None:
        """The first part's: by it decisions are counted."""
        return self.parts[0].disposition if self.parts else None

    @property
    def amount(self) -> Decimal:
        """All parts' amounts together."""
        return sum([part.amount for part in self.parts], ZERO)

    @property
    def minutes(self) -> int:
        """All parts' billed minutes together."""
        return sum([part.minutes for part in self.parts])
