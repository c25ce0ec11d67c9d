"""What a consult costs. No price and no unit is built in: each consult carries its own, or its administration's.

A fixed amount; by the hour, with the same grace, rounding and minimum as a tariff's time rules; or in blocks, of which
one that was begun counts whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, get_args

from billing_service.core import money
from billing_service.core.minutes import MINUTES_PER_DAY, Direction, TimeRule
from billing_service.core.money import ZERO
from billing_service.core.tariff.reading import Fields
from billing_service.errors import FieldError, InvalidInput

Kind = Literal["fixed", "hourly", "blocks"]
QuestionTime = Literal["counted", "not"]

_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_QUESTION_TIMES: Final[tuple[QuestionTime, ...]] = get_args(QuestionTime)
_DIRECTIONS: Final[tuple[Direction, ...]] = get_args(Direction)
_PRICES: Final[Mapping[Kind, str]] = {"fixed": "amount", "hourly": "rate", "blocks": "block_price"}
_FIELDS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "fixed": ("kind", "amount"),
    "hourly": ("kind", "rate", "time", "question_time"),
    "blocks": ("kind", "block_price", "block_minutes", "question_time"),
}
_EVERY_MINUTE: Final = TimeRule()


@dataclass(frozen=True, slots=True)
class ConsultPricing:
    """How a consult is priced. ``price`` is in the administration's currency without VAT: all of it (``fixed``), of an
    hour (``hourly``), or of one block of ``block_minutes`` (``blocks``).

    ``question_time``: whether the time written on the consult's questions counts beside that of its sessions.
    """

    kind: Kind
    price: Decimal
    block_minutes: int = 0
    time: TimeRule = _EVERY_MINUTE
    question_time: QuestionTime = "counted"

    @property
    def by_time(self) -> bool:
        """Whether the amount depends on the minutes."""
        return self.kind != "fixed"

    @property
    def counts_questions(self) -> bool:
        """Whether time written on questions has a say in the amount."""
        return self.by_time and self.question_time == "counted"

    def to_plain(self) -> dict[str, Any]:
        """As ``parse_pricing`` reads it, every field said."""
        plain: dict[str, Any] = {"kind": self.kind, _PRICES[self.kind]: str(self.price)}
        if self.kind == "hourly":
            rule = self.time
            plain["time"] = {
                "step": rule.step,
                "direction": rule.direction,
                "minimum": rule.minimum,
                "grace": rule.grace,
            }
        if self.kind == "blocks":
            plain["block_minutes"] = self.block_minutes
        return plain | ({"question_time": self.question_time} if self.by_time else {})


@dataclass(frozen=True, slots=True)
class ConsultPrice:
    """The line a consult becomes. ``pricing`` tells how ``amount`` is printed: plain; ``time``, ``minutes`` ×
    ``unit_price`` of an hour / 60; or ``quantity`` blocks × ``unit_price``. ``steps`` explain it in codes."""

    pricing: Literal["amount", "time", "quantity"]
    amount: Decimal
    steps: tuple[tuple[Any, ...], ...]
    quantity: Decimal | None = None
    minutes: int | None = None
    unit_price: Decimal | None = None


def parse_pricing(document: object, pointer: str = "/pricing") -> ConsultPricing:
    """The pricing that ``document`` (JSON) says. Raises ``InvalidInput`` with a pointer for everything wrong."""
    errors: list[FieldError] = []
    found = read_pricing(document, pointer, errors)
    if found is None or errors:
        raise InvalidInput("The pricing of the consult cannot be right.", errors=errors)
    return found


def read_pricing(document: object, pointer: str, errors: list[FieldError]) -> ConsultPricing | None:
    """As ``parse_pricing``, for a document within another one: what is wrong is added to ``errors``."""
    before = len(errors)
    kind = Fields(document, pointer, errors, None).choice("kind", _KINDS)
    if len(errors) > before:
        return None
    fields = Fields(document, pointer, errors, _FIELDS[kind])
    guard = money.amount if kind == "fixed" else money.unit_price
    price = fields.number(_PRICES[kind], guard, required=True)
    minutes = fields.whole("block_minutes", 1, 100 * MINUTES_PER_DAY) if kind == "blocks" else 0
    if minutes is None and "block_minutes" not in fields:
        fields.fail("block_minutes", "is required")
    question_time = fields.choice("question_time", _QUESTION_TIMES, "counted")
    rule = _time_rule(fields)
    if price is None or minutes is None:
        return None
    return ConsultPricing(kind, price, minutes, rule, question_time)


def price_consult(pricing: ConsultPricing, minutes: int) -> ConsultPrice:
    """What a consult of ``minutes`` (0 or more) costs, with every step to it.

    0 minutes cost nothing by the hour or in blocks; that prints as a plain 0.00. Raises ``InvalidAmount`` for an amount
    that is too large to invoice.
    """
    if pricing.kind == "fixed":
        return ConsultPrice("amount", pricing.price, (("consult_fixed", str(pricing.price)),))
    if minutes == 0:
        return ConsultPrice("amount", ZERO, (("consult_no_time",),))
    return _by_the_hour(pricing, minutes) if pricing.kind == "hourly" else _in_blocks(pricing, minutes)


def _by_the_hour(pricing: ConsultPricing, minutes: int) -> ConsultPrice:
    rule, rate = pricing.time, pricing.price
    after_grace, rounded, billed = rule.bill(minutes)
    steps: list[tuple[Any, ...]] = []
    if after_grace != minutes:
        steps.append(("consult_grace", rule.grace, after_grace))
    if rounded != after_grace:
        steps.append((f"consult_rounded_{rule.direction}", rule.step, rounded))
    if billed != rounded:
        steps.append(("consult_minimum", billed))
    amount = money.time_amount(billed, rate)
    steps.append(("consult_hourly", billed, str(rate), str(amount)))
    return ConsultPrice("time", amount, tuple(steps), minutes=billed, unit_price=rate)


def _in_blocks(pricing: ConsultPricing, minutes: int) -> ConsultPrice:
    blocks = -(-minutes // pricing.block_minutes)  # one that was begun counts whole
    amount = money.line_amount(blocks, pricing.price)
    step = ("consult_blocks", blocks, pricing.block_minutes, str(pricing.price), str(amount))
    return ConsultPrice("quantity", amount, (step,), quantity=Decimal(blocks), unit_price=pricing.price)


def _time_rule(fields: Fields) -> TimeRule:
    time = fields.child("time", ("step", "direction", "minimum", "grace"))
    if time is None:
        return _EVERY_MINUTE
    step = time.whole("step", 1, MINUTES_PER_DAY, 1) or 1
    grace = time.whole("grace", 0, MINUTES_PER_DAY, 0) or 0
    if grace >= step and grace:
        time.fail("grace", f"must be less than the step of {step} minutes")
    minimum = time.whole("minimum", 0, MINUTES_PER_DAY, 0) or 0
    return TimeRule(step, time.choice("direction", _DIRECTIONS, "up"), minimum, grace)
