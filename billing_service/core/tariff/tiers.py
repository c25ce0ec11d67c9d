"""Tier tables (staffels): from a measure to an amount.

Up to 100 at 10 %, above at 8 %, base 150: a class table says 12.00 (all of 150 at 8 %), a bracket table 14.00
(100 at 10 %, 50 at 8 %).
Bounds are inclusive at their upper end. In a bracket table a row counts when part of the measure lies in it, so a
measure of 0 enters no slice; in a class table 0 falls in the first row. The sum of the slices is rounded once.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from billing_service.core import money
from billing_service.core.tariff.codes import Reason, Step
from billing_service.core.tariff.model import TierRow, TierTable


class CannotPrice(Exception):
    """The facts do not suffice for this price; ``reason`` is a code of ``Reason``, ``subject`` what it is about."""

    def __init__(self, reason: str, subject: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.subject = subject


class TierPrice(NamedTuple):
    """An amount and the steps that led to it.

    ``flat``: the amount is one row's plain amount. ``unit_price``: the amount is the measure × this price, rounded.
    """

    amount: Decimal
    steps: list[list[Any]]
    flat: bool = False
    unit_price: Decimal | None = None


def price_by_table(table: TierTable, measure: Decimal, base_amount: Decimal | None) -> TierPrice:
    """What ``measure`` costs by ``table``; percentages are taken of ``base_amount`` (in brackets of the slice).

    Raises ``CannotPrice`` for a negative measure and where a percentage has no base amount.
    """
    if measure < 0:
        raise CannotPrice(Reason.NEGATIVE_MEASURE)
    by_kind = _by_class(table, measure, base_amount) if table.kind == "class" else _by_bracket(table, measure)
    amount, steps = by_kind.amount, by_kind.steps
    if table.minimum is not None and amount < table.minimum:
        steps.append([Step.TABLE_MINIMUM, str(table.minimum)])
        return TierPrice(table.minimum, steps)
    if table.maximum is not None and amount > table.maximum:
        steps.append([Step.TABLE_MAXIMUM, str(table.maximum)])
        return TierPrice(table.maximum, steps)
    return by_kind


def _by_class(table: TierTable, measure: Decimal, base_amount: Decimal | None) -> TierPrice:
    row = _row_of(table, measure)
    base = measure if row.price in ("amount", "per_unit") else base_amount
    if base is None:
        raise CannotPrice(Reason.MISSING_BASE_AMOUNT)
    if base < 0:
        raise CannotPrice(Reason.NEGATIVE_MEASURE)
    exact, step = _row_price(row, base)
    steps = [*_range(row, Step.CLASS_UP_TO, Step.CLASS_RANGE, Step.CLASS_OPEN), step]
    amount = money.round_cents(exact)
    unit_price = row.value if row.price == "per_unit" else None
    return TierPrice(amount, steps, row.price == "amount", unit_price)


def _by_bracket(table: TierTable, measure: Decimal) -> TierPrice:
    total = money.ZERO
    steps: list[list[Any]] = []
    for row in table.rows:
        if measure <= row.lower:
            break
        reached = measure if row.up_to is None or measure < row.up_to else row.up_to
        exact, step = _row_price(row, reached - row.lower)
        total = money.add(total, exact)
        steps += [*_range(row, Step.SLICE_UP_TO, Step.SLICE_RANGE, Step.SLICE_OPEN), step]
    amount = money.round_cents(total)
    steps.append([Step.TABLE_TOTAL, str(amount)])
    return TierPrice(amount, steps)


def _row_of(table: TierTable, measure: Decimal) -> TierRow:
    for row in table.rows:
        if row.up_to is None or measure <= row.up_to:
            return row
    raise AssertionError("parse_tariff lets no table end with a closed row")


def _row_price(row: TierRow, base: Decimal) -> tuple[Decimal, list[Any]]:
    """The exact amount of ``base`` at this row, and the step that says so."""
    if row.price == "amount":
        return row.value, [Step.ROW_AMOUNT, str(row.value)]
    if row.price == "per_unit":
        exact, code = money.multiply(base, row.value), Step.ROW_PER_UNIT
    elif row.price == "percentage":
        exact, code = money.percentage_of(base, row.value), Step.ROW_PERCENTAGE
    else:
        exact, code = money.per_mille_of(base, row.value), Step.ROW_PER_MILLE
    return exact, [code, plain(base), str(row.value), plain(exact)]


def _range(row: TierRow, first: str, between: str, last: str) -> list[list[Any]]:
    """The step that names the row; none for a table of one row, where everything is in it."""
    if row.up_to is None:
        return [[last, plain(row.lower)]] if row.lower else []
    return [[between, plain(row.lower), plain(row.up_to)]] if row.lower else [[first, plain(row.up_to)]]


def plain(number: Decimal) -> str:
    """Digits without exponent and without zeros that say nothing: 150, 0.125."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
