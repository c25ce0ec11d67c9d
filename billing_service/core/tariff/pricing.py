"""The four bases of a price: fixed, tiered, actual time, corrected time."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, NamedTuple

from billing_service.core import money
from billing_service.core.minutes import TimeRule
from billing_service.core.tariff.codes import Reason, Step
from billing_service.core.tariff.decision import OrdinalUse, Pricing
from billing_service.core.tariff.facts import QuestionFacts
from billing_service.core.tariff.model import FixedPrice, Minutes, Price, Rates, TieredPrice, TierTable, TimePrice
from billing_service.core.tariff.tiers import CannotPrice, plain, price_by_table

_ONE: Final = Decimal(1)
_MINUTES_IN_HOUR: Final = Decimal(60)
_FIRST: Final = 1


class PriceLine(NamedTuple):
    """One price; the fields mean what they mean on ``Part``."""

    pricing: Pricing
    quantity: Decimal | None
    minutes: int
    unit_price: Decimal | None
    amount: Decimal


class Priced(NamedTuple):
    """What a rule's price makes of the facts: its lines, and the steps of time and price."""

    lines: list[PriceLine]
    steps: list[list[Any]]
    provisional: bool = False
    ordinal_use: OrdinalUse | None = None


def price_question(
    price: Price, time: TimeRule, rates: Rates, facts: QuestionFacts, ordinal: int | None, provisional: bool
) -> Priced:
    """Price ``facts``; see ``decide`` for ``ordinal``. Raises ``CannotPrice`` where a fact is missing."""
    if isinstance(price, TimePrice):
        return _by_time(price, time, rates, facts)
    if isinstance(price, FixedPrice):
        line = PriceLine("quantity", _ONE, 0, price.amount, price.amount)
        return Priced([line], [[Step.FIXED, str(price.amount)]])
    if price.table.measure == "ordinal":
        return _by_ordinal(price.table, facts, ordinal, provisional)
    return _by_table(price, time, facts)


def _by_time(price: TimePrice, time: TimeRule, rates: Rates, facts: QuestionFacts) -> Priced:
    """Minutes × hourly price, one line per price.

    Grace, rounding and minimum apply to the question's total, which is then divided over the prices in proportion to
    the minutes spent at each, by largest remainder; a minute that could go either way goes to the lower price. Lines
    go up in price; a price left without minutes has no line. What is rounded per day or invoice stays as spent here.
    """
    steps: list[list[Any]] = []
    spent = _spent_minutes(price.minutes, price.raw_allowed, facts, steps)
    if time.scope == "question":
        billed = _bill(sum(spent), time, steps)
    else:
        billed = sum(spent)
        steps.append([Step.ROUNDED_TOGETHER, time.scope])
    if price.rate is not None:
        weights = {price.rate: billed}
    elif rates.default is not None and not rates.roles and not rates.handlers:
        weights = {rates.default: billed}
    else:
        weights = _minutes_by_rate(rates, facts, spent, steps)
    prices = sorted(weights)
    shares = money.apportion(billed, [weights[hourly] for hourly in prices]) if len(prices) > 1 else [billed]
    lines: list[PriceLine] = []
    for hourly, minutes in zip(prices, shares, strict=True):
        if minutes or (billed == 0 and not lines):
            amount = money.time_amount(minutes, hourly)
            lines.append(PriceLine("time", None, minutes, hourly, amount))
            steps.append([Step.TIME_PRICE, minutes, str(hourly), str(amount)])
    return Priced(lines, steps)


def _spent_minutes(which: Minutes, raw_allowed: bool, facts: QuestionFacts, steps: list[list[Any]]) -> list[int]:
    """The minutes of each entry that count, with the steps that say which they are."""
    entries = facts.time_entries
    if not entries:
        raise CannotPrice(Reason.MISSING_TIME)
    raw = [entry.raw for entry in entries]
    steps.append([Step.RAW_MINUTES, sum(raw)])
    if which == "actual":
        return raw
    uncorrected = [entry.raw for entry in entries if entry.corrected is None]
    if uncorrected and not raw_allowed:
        raise CannotPrice(Reason.MISSING_CORRECTION)
    spent = [entry.raw if entry.corrected is None else entry.corrected for entry in entries]
    steps.append([Step.CORRECTED_MINUTES, sum(spent)])
    if uncorrected:
        steps.append([Step.RAW_USED, sum(uncorrected)])
    return spent


def _bill(spent: int, time: TimeRule, steps: list[list[Any]]) -> int:
    """Billed minutes of ``spent``; a step that changes nothing is not told."""
    result = time.bill(spent)
    if result.after_grace != spent:
        steps.append([Step.GRACE, time.grace, result.after_grace])
    if result.rounded != result.after_grace:
        steps.append([Step.ROUNDED, time.direction, time.step, result.rounded])
    if result.billed != result.rounded:
        steps.append([Step.TIME_MINIMUM, time.minimum])
    steps.append([Step.BILLED_MINUTES, result.billed])
    return result.billed


def _minutes_by_rate(
    rates: Rates, facts: QuestionFacts, spent: list[int], steps: list[list[Any]]
) -> dict[Decimal, int]:
    """Minutes spent at each price of an hour: the handler's, else the role's, else the default."""
    minutes_at: dict[Decimal, int] = {}
    named: dict[tuple[str, str], Decimal] = {}
    for entry, minutes in zip(facts.time_entries, spent, strict=True):
        if (hourly := rates.handlers.get(entry.handler or "")) is not None:
            named[Step.RATE_HANDLER, entry.handler or ""] = hourly
        elif (hourly := rates.roles.get(entry.role or "")) is not None:
            named[Step.RATE_ROLE, entry.role or ""] = hourly
        elif (hourly := rates.default) is None:
            raise CannotPrice(Reason.MISSING_RATE, entry.role or entry.handler)
        minutes_at[hourly] = minutes_at.get(hourly, 0) + minutes
    steps += [[code, name, str(hourly)] for (code, name), hourly in sorted(named.items())]
    return minutes_at


def _by_table(price: TieredPrice, time: TimeRule, facts: QuestionFacts) -> Priced:
    table = price.table
    steps: list[list[Any]] = []
    minutes = 0
    if table.measure == "billed_minutes":
        minutes = _bill(sum(_spent_minutes(price.minutes or "actual", price.raw_allowed, facts, steps)), time, steps)
        measure = Decimal(minutes)
        steps.append([Step.MEASURE_MINUTES, table.name, minutes])
    elif table.measure == "quantity":
        measure = _quantity(table.quantity or "", facts)
        steps.append([Step.MEASURE_QUANTITY, table.name, table.quantity, plain(measure)])
    else:
        if facts.base_amount is None:
            raise CannotPrice(Reason.MISSING_BASE_AMOUNT)
        measure = facts.base_amount
        steps.append([Step.MEASURE_BASE_AMOUNT, table.name, plain(measure)])
    return _table_line(table, measure, minutes, facts, steps)


def _by_ordinal(table: TierTable, facts: QuestionFacts, ordinal: int | None, provisional: bool) -> Priced:
    if table.period is None:
        raise AssertionError("parse_tariff lets no ordinal table be without a period")
    number = _FIRST if ordinal is None else ordinal
    if ordinal is None:
        code = Step.ORDINAL_ASSUMED
    elif provisional:
        code = Step.ORDINAL_PROVISIONAL
    else:
        code = Step.ORDINAL
    priced = _table_line(table, Decimal(number), 0, facts, [[code, table.name, number, table.per, table.period]])
    use = OrdinalUse(table.name, table.per, table.period, number)
    return Priced(priced.lines, priced.steps, code != Step.ORDINAL, use)


def _quantity(name: str, facts: QuestionFacts) -> Decimal:
    quantity = facts.quantities.get(name)
    if quantity is None:
        raise CannotPrice(Reason.MISSING_QUANTITY, name)
    return quantity


def _table_line(
    table: TierTable, measure: Decimal, minutes: int, facts: QuestionFacts, steps: list[list[Any]]
) -> Priced:
    found = price_by_table(table, measure, facts.base_amount)
    steps += found.steps
    if found.flat:
        line = PriceLine("quantity", _ONE, minutes, found.amount, found.amount)
    elif found.unit_price is None:
        line = PriceLine("amount", None, minutes, None, found.amount)
    elif table.measure == "billed_minutes":
        line = PriceLine("time", None, minutes, money.multiply(found.unit_price, _MINUTES_IN_HOUR), found.amount)
    else:
        line = PriceLine("quantity", measure, minutes, found.unit_price, found.amount)
    return Priced([line], steps)
