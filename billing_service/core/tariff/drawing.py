"""What a rule draws for a question: its billed minutes, or the question itself.

Minutes are billed first (grace, rounding, minimum) and spread over the days of the work (``core.prepaid``). What is
drawn takes from every price of an hour in proportion, as the minutes themselves were divided.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from billing_service.core import money
from billing_service.core.prepaid import Draw, Drawn, Pot, PotKey, Wanted, draw, spread
from billing_service.core.tariff.codes import Step
from billing_service.core.tariff.facts import QuestionFacts
from billing_service.core.tariff.model import DrawFrom, Rates, Rule, TimePrice
from billing_service.core.tariff.pricing import Priced, PriceLine, price_question

Prepaid = Callable[[Collection[date]], Iterable[Pot]]
"""What may be drawn for work of these days."""


def NOTHING(_days: Collection[date]) -> Iterable[Pot]:  # noqa: N802 a value, for callers that have nothing to draw
    """There is nothing to draw."""
    return ()


@dataclass(frozen=True, slots=True)
class Lot:
    """What was drawn from one pot: its price as if it were charged, its draws, and what the pot is called."""

    line: PriceLine
    draws: tuple[Draw, ...]
    label: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class Taken:
    """The drawn lots, the lines of what is charged, and the steps; or what is ``short``, and then nothing is drawn."""

    lots: list[Lot]
    charged: list[PriceLine]
    steps: list[list[Any]]
    short: dict[str, Any] | None = None


def take(rule: Rule, rates: Rates, facts: QuestionFacts, prepaid: Prepaid) -> Taken:
    """What ``rule`` draws and charges for a question. Raises ``CannotPrice`` and ``InvalidAmount`` as pricing does, and
    ``ValueError`` for a question without a day."""
    asked = rule.draw_from
    if asked is None or facts.day is None:
        raise ValueError("a rule that draws needs to know from what, and the day of the question")
    priced = Priced([], []) if rule.price is None else price_question(rule.price, rule.time, rates, facts, None, False)
    wanted = _wanted(rule, priced, facts, facts.day)
    pots = [pot for pot in prepaid([one.day for one in wanted]) if _fits(pot, asked)] if wanted else []
    drawn = draw(pots, wanted, asked.kinds, asked.unit, asked.code)
    if drawn.rest and asked.rest == "finding":
        return Taken([], [], [], _short(asked, drawn, pots))
    if asked.unit == "questions":
        return _question(priced, drawn, pots)
    return _minutes(priced, drawn, pots)


def _fits(pot: Pot, asked: DrawFrom) -> bool:
    return pot.kind in asked.kinds and pot.unit == asked.unit and asked.code in (None, pot.code)


def _wanted(rule: Rule, priced: Priced, facts: QuestionFacts, day: date) -> list[Wanted]:
    if not isinstance(rule.price, TimePrice) or (rule.draw_from and rule.draw_from.unit == "questions"):
        return [Wanted(day, 1)]
    actual = rule.price.minutes == "actual"
    spent = [
        Wanted(entry.day or day, entry.raw if actual or entry.corrected is None else entry.corrected)
        for entry in facts.time_entries
    ]
    return spread(sum(line.minutes for line in priced.lines), spent)


def _short(asked: DrawFrom, drawn: Drawn, pots: Sequence[Pot]) -> dict[str, Any]:
    days = {one.day for one in drawn.rest}
    named = [pot.label for pot in pots if any(pot.valid_on(day) for day in days)]
    return {"missing": None if asked.unit == "questions" else drawn.missing, "pots": named}


def _question(priced: Priced, drawn: Drawn, pots: Sequence[Pot]) -> Taken:
    """The question is drawn, or charged at the rule's price."""
    if drawn.rest:
        return Taken([], priced.lines, [*_why_charged(drawn, pots, None), *priced.steps])
    (one,) = drawn.draws
    value = sum((line.amount for line in priced.lines), money.ZERO)
    line = PriceLine("quantity", Decimal(1), sum(line.minutes for line in priced.lines), value, value)
    step = [Step.DRAWN_QUESTION, [one.pot.label], one.day.isoformat(), None, one.before, one.after]
    return Taken([Lot(line, (one,), one.pot.label)], [], [step])


def _minutes(priced: Priced, drawn: Drawn, pots: Sequence[Pot]) -> Taken:
    """A lot per pot, in the order of their first draws; the rest at the prices of the hours it is of."""
    steps = [step for step in priced.steps if step[0] != Step.TIME_PRICE]
    by_pot: dict[PotKey, list[Draw]] = {}
    for one in drawn.draws:
        by_pot.setdefault(one.pot.key, []).append(one)
        label, day = [one.pot.label], one.day.isoformat()
        steps.append([Step.DRAWN_MINUTES, label, day, one.quantity, one.before, one.after])
    if not drawn.draws and not drawn.rest:  # no minutes are billed: there is nothing to draw
        return Taken([Lot(priced.lines[0], (), None)], [], [*steps])
    spent = [line.minutes for line in priced.lines]
    resting = money.apportion(drawn.missing, spent)
    taken = [minutes - rest for minutes, rest in zip(spent, resting, strict=True)]
    lots = _lots(list(by_pot.values()), _value(priced.lines, taken))
    charged = [_part_of(line, rest) for line, rest in zip(priced.lines, resting, strict=True) if rest]
    if charged:
        steps += _why_charged(drawn, pots, drawn.missing)
        steps += [[Step.TIME_PRICE, line.minutes, str(line.unit_price), str(line.amount)] for line in charged]
    return Taken(lots, charged, steps)


def _lots(drawn: Sequence[list[Draw]], value: Decimal) -> list[Lot]:
    minutes = [sum(one.quantity for one in draws) for draws in drawn]
    values = money.split(value, minutes) if drawn else []
    return [
        Lot(PriceLine("time", None, quantity, money.ZERO, worth), tuple(draws), draws[0].pot.label)
        for draws, quantity, worth in zip(drawn, minutes, values, strict=True)
    ]


def _value(lines: Sequence[PriceLine], minutes: Sequence[int]) -> Decimal:
    return sum((_part_of(line, some).amount for line, some in zip(lines, minutes, strict=True)), money.ZERO)


def _part_of(line: PriceLine, minutes: int) -> PriceLine:
    hourly = line.unit_price or money.ZERO
    return PriceLine("time", None, minutes, hourly, money.time_amount(minutes, hourly))


def _why_charged(drawn: Drawn, pots: Sequence[Pot], missing: int | None) -> list[list[Any]]:
    """Per day: which pots were valid on it and hold nothing any more, or that none was."""
    steps: list[list[Any]] = []
    for one in drawn.rest:
        named = [pot.label for pot in pots if pot.valid_on(one.day)]
        quantity = None if missing is None else one.quantity
        day = one.day.isoformat()
        steps.append([Step.USED_UP, named, day, quantity] if named else [Step.NONE_VALID, day, quantity])
    return steps
