"""Reading tier tables (staffels) from a tariff document."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, Final, get_args

from billing_service.core import money
from billing_service.core.calendar import PERIOD_KINDS
from billing_service.core.tariff.model import ROW_PRICES, Measure, Per, RowPrice, TierKind, TierRow, TierTable
from billing_service.core.tariff.reading import Fields, pointer_to

_MOST_ROWS: Final = 500
_MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
_KINDS: Final[tuple[TierKind, ...]] = get_args(TierKind)
_PERS: Final[tuple[Per, ...]] = get_args(Per)
_TABLE_FIELDS: Final = ("measure", "kind", "per", "period", "rows", "minimum", "maximum")
_MOST: Final[dict[RowPrice, Decimal]] = {"percentage": Decimal(100), "per_mille": Decimal(1000)}

_whole = partial(money.to_decimal, places=0, integer_digits=9)
_quantity = partial(money.to_decimal, places=4, integer_digits=9)
_BOUNDS: Final[dict[Measure, Callable[[object], Decimal]]] = {
    "ordinal": _whole,
    "billed_minutes": _whole,
    "quantity": _quantity,
    "base_amount": money.to_decimal,
}
_VALUES: Final[dict[RowPrice, Callable[[object], Decimal]]] = {
    "amount": money.amount,
    "per_unit": money.unit_price,
    "percentage": partial(money.to_decimal, places=4),
    "per_mille": partial(money.to_decimal, places=4),
}


def read_tables(tables: Fields | None) -> dict[str, TierTable]:
    """Every table by its name."""
    if tables is None:
        return {}
    return {
        name: _read_table(name, Fields(value, tables.at(name), tables.errors, _TABLE_FIELDS))
        for name, value in tables.items()
    }


def _read_table(name: str, table: Fields) -> TierTable:
    measure, quantity = _read_measure(table)
    kind = table.choice("kind", _KINDS)
    if measure == "ordinal" and kind == "bracket":
        table.fail("kind", "must be class where the measure is ordinal: an ordinal prices only its own question")
    per, period = _read_period(table, measure)
    minimum, maximum = table.number("minimum", money.amount), table.number("maximum", money.amount)
    if minimum is not None and maximum is not None and minimum > maximum:
        table.fail("maximum", "is lower than the minimum")
    return TierTable(name, measure, quantity, kind, _read_rows(table, measure, kind), per, period, minimum, maximum)


def _read_measure(table: Fields) -> tuple[Measure, str | None]:
    value = table.raw("measure")
    if isinstance(value, dict):
        named = table.child("measure", ("quantity",))
        return "quantity", named.text("quantity", required=True) if named else None
    if value == "quantity":
        table.fail("measure", 'must name the quantity: {"quantity": "…"}')
        return "quantity", None
    return table.choice("measure", _MEASURES), None


def _read_period(table: Fields, measure: Measure) -> tuple[Per, Any]:
    if measure == "ordinal":
        return table.choice("per", _PERS, "contract"), table.choice("period", PERIOD_KINDS)
    for field in ("per", "period"):
        if field in table:
            table.fail(field, "belongs only to a table whose measure is ordinal")
    return "contract", None


def _read_rows(table: Fields, measure: Measure, kind: TierKind) -> tuple[TierRow, ...]:
    rows: list[TierRow] = []
    lower: Decimal | None = Decimal(0)
    listed = table.listed("rows", _MOST_ROWS, required=True)
    for index, value in enumerate(listed):
        row = Fields(value, pointer_to(table.at("rows"), index), table.errors, ("from", "up_to", *ROW_PRICES))
        upper = _read_upper(row, measure, lower, is_last=index == len(listed) - 1)
        price, amount = _read_row_price(row, measure, kind)
        rows.append(TierRow(lower or Decimal(0), upper, price, amount))
        lower = upper
    return tuple(rows)


def _read_upper(row: Fields, measure: Measure, lower: Decimal | None, *, is_last: bool) -> Decimal | None:
    """The row's upper bound; ``lower`` is the previous row's (None after a row in error)."""
    begin = row.number("from", _BOUNDS[measure])
    if begin is not None and lower is not None and begin != lower:
        row.fail("from", f"must be {lower}, where the row before ends: rows neither overlap nor leave a gap")
    if "up_to" not in row:
        row.fail("up_to", "is required (null in the last row)")
        return None
    if row.raw("up_to") is None:
        if not is_last:
            row.fail("up_to", "may be null in the last row only")
        return None
    upper = row.number("up_to", _BOUNDS[measure])
    if is_last:
        row.fail("up_to", "must be null: the last row has no end")
    if upper is not None and lower is not None and upper <= lower:
        row.fail("up_to", f"must be above {lower}, where the row before ends: rows neither overlap nor leave a gap")
    return upper


def _read_row_price(row: Fields, measure: Measure, kind: TierKind) -> tuple[RowPrice, Decimal]:
    given = [price for price in ROW_PRICES if price in row]
    if len(given) != 1:
        row.fail(None, f"must give exactly one of {', '.join(ROW_PRICES)}")
        return "amount", money.ZERO
    price = given[0]
    value = row.number(price, _VALUES[price])
    if value is not None and value > _MOST.get(price, value):
        row.fail(price, f"cannot be more than {_MOST[price]}")
    if price == "per_unit" and measure in ("ordinal", "base_amount"):
        row.fail(price, "needs a table over billed minutes or a quantity")
    if kind == "bracket" and price in _MOST and measure != "base_amount":
        row.fail(price, "in brackets needs base_amount as the measure")
    return price, money.ZERO if value is None else value
