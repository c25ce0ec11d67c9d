"""The price in force on a day, from the terms agreed up to that day, and what a whole period comes to.

An indexation raises the price that was in force before it: a price per period is rounded half-up to the 4 decimals of a
unit price, an investment to cents. The next one builds on the rounded price, so that every price in force can be
printed and agreed on as it is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from billing_service.core import money
from billing_service.core.subscriptions.calendar import place_in_year
from billing_service.core.subscriptions.model import MONTHS, Subscription, Term

_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Price:
    """What holds on a day: ``quantity`` pieces at ``unit_price`` a period, or (``base`` is not None) at ``rate`` per
    cent or per mille a year of ``base``. ``index`` is the last indexation behind it, where there is one."""

    kind: str
    quantity: Decimal
    unit_price: Decimal | None = None
    rate: Decimal | None = None
    base: Decimal | None = None
    index: Term | None = None

    @property
    def a_year(self) -> Decimal | None:
        """What one piece costs a year, in cents, where the price is a part of an investment."""
        if self.base is None or self.rate is None:
            return None
        part = money.percentage_of if self.kind == "percentage" else money.per_mille_of
        return money.round_cents(part(self.base, self.rate))


def price_on(subscription: Subscription, day: date) -> Price:
    """The price in force on ``day``. The terms of the first day hold before it too."""
    price = Price("amount", Decimal(1), money.ZERO)
    first = subscription.terms[0].valid_from
    for term in subscription.terms:
        if term.valid_from <= max(day, first):
            price = _with(price, term)
    return price


def indexed(price: Price, percentage: Decimal) -> Price:
    """The price after it rose by ``percentage`` (fell, where that is negative)."""
    factor = money.add(_HUNDRED, percentage)
    if price.base is not None:
        return replace(price, base=money.round_cents(money.percentage_of(price.base, factor)))
    old = price.unit_price or money.ZERO
    return replace(price, unit_price=money.round_unit_price(money.percentage_of(old, factor)))


def full_amount(subscription: Subscription, number: int, price: Price) -> tuple[Decimal, Decimal]:
    """What one piece and what all pieces cost for the whole of period ``number``.

    The periods of a year share a percentage of an investment such that they add up to it: of 1,250.00 a year ten
    months cost 104.17 and two 104.16 or the like.
    """
    a_year = price.a_year
    if a_year is None:
        piece = price.unit_price or money.ZERO
    else:
        periods, place = 12 // MONTHS[subscription.period], place_in_year(subscription, number)
        piece = money.part_amount(a_year, place + 1, periods) - money.part_amount(a_year, place, periods)
    return piece, money.line_amount(price.quantity, piece)


def _with(price: Price, term: Term) -> Price:
    if term.kind == "quantity":
        return replace(price, quantity=term.value)
    if term.kind == "index":
        return replace(indexed(price, term.value), index=term)
    if term.kind == "amount":
        return Price("amount", price.quantity, unit_price=term.value)
    return Price(term.kind, price.quantity, rate=term.value, base=term.base)
