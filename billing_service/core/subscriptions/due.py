"""What of a subscription falls due up to a date: once, and period by period."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from billing_service.core.calendar import Period
from billing_service.core.money import ZERO, part_amount
from billing_service.core.subscriptions.calendar import DAYS_OF_A_MONTH, before, period_at, through
from billing_service.core.subscriptions.model import MONTHS, Policy, Subscription
from billing_service.core.subscriptions.price import Price, full_amount, price_on

ONCE: Final = "once"
PERIODIC: Final = "periodic"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Due:
    """An amount that falls due on ``on``, for the days ``first`` to ``last`` of the uncut ``period``.

    ``share`` of the period's ``whole`` amount is paid for. ``price`` is None for what is charged once; ``unit_price``
    is that of one piece for the whole period. ``steps`` are codes with facts: how the amount came about.
    """

    part: str
    first: date
    last: date
    period: Period
    on: date
    share: Fraction
    price: Price | None
    unit_price: Decimal
    whole: Decimal
    amount: Decimal
    steps: tuple[tuple[Any, ...], ...]


def due_charges(subscription: Subscription, until: date, billed_until: date | None = None) -> Iterator[Due]:
    """Everything dated up to and including ``until``, oldest first, after what was billed.

    ``billed_until`` is the last day of the last period that was billed, uncut; the day before the start where only
    what is charged once was; None where nothing was. Asking in several steps gives what asking at once gives.
    """
    if subscription.cancelled:
        return
    if billed_until is None:
        billed_until = subscription.starts_on - _DAY
        found = once(subscription)
        if found is not None and found.on <= until:
            yield found
    day = max(billed_until + _DAY, subscription.starts_on)
    while subscription.ends_on is None or day <= subscription.ends_on:
        due = periodic(subscription, day)
        if due.on > until:
            return
        yield due
        day = due.period.last + _DAY


def once(subscription: Subscription) -> Due | None:
    """What is charged once, on the day the subscription starts; None where nothing is."""
    if subscription.once is None:
        return None
    day, amount = subscription.starts_on, ZERO if subscription.cancelled else subscription.once
    share = Fraction(0 if subscription.cancelled else 1)
    steps = (("subscription_once", str(amount)),)
    return Due(ONCE, day, day, Period(day, day), day, share, None, subscription.once, subscription.once, amount, steps)


def periodic(subscription: Subscription, day: date, whole: Decimal | None = None) -> Due:
    """The period that holds ``day``, with what it costs.

    A price or quantity that changes within the period holds from the next one on: the price in force is that of its
    first day covered. ``whole`` holds a period at what it cost when it was billed. A period after the end, or of a
    cancelled subscription, costs nothing.
    """
    number, period = period_at(subscription, day)
    first = max(period.first, subscription.starts_on)
    last = period.last if subscription.ends_on is None else min(period.last, subscription.ends_on)
    price = price_on(subscription, first)
    unit_price, priced = full_amount(subscription, number, price)
    whole = priced if whole is None else whole
    begin, end = before(subscription, period, first), through(subscription, period, last)
    if subscription.cancelled or last < first:
        begin, end = Fraction(0), Fraction(0)
    share = max(Fraction(0), end - begin)
    amount = _up_to(whole, end) - _up_to(whole, begin) if share else ZERO
    steps = (("subscription_period", str(first), str(last)), *_priced(subscription, price, unit_price, priced))
    cut = _cut(subscription, period, first, last, share, amount)
    on = first if subscription.timing == "in_advance" else max(first, last)
    return Due(PERIODIC, first, last, period, on, share, price, unit_price, whole, amount, (*steps, *cut))


def _up_to(whole: Decimal, share: Fraction) -> Decimal:
    return part_amount(whole, share.numerator, share.denominator)


def _priced(subscription: Subscription, price: Price, unit_price: Decimal, whole: Decimal) -> Iterator[tuple[Any, ...]]:
    if price.a_year is not None:
        code = f"subscription_{price.kind}_{subscription.period}"
        yield (code, str(price.rate), str(price.base), str(price.a_year), str(unit_price))
    else:
        yield (f"subscription_price_{subscription.period}", str(unit_price))
    if price.index is not None:
        yield ("subscription_index", str(price.index.value), str(price.index.valid_from))
    if price.quantity != 1:
        yield ("subscription_quantity", str(price.quantity), str(unit_price), str(whole))


def _cut(
    subscription: Subscription, period: Period, first: date, last: date, share: Fraction, amount: Decimal
) -> Iterator[tuple[Any, ...]]:
    """What became of a period that is covered in part."""
    policies: list[Policy] = []
    if first > period.first:
        policies.append(subscription.first_policy)
    if last < period.last:
        policies.append(subscription.last_policy)
    if not policies:
        return
    days = str((last - first).days + 1), str((period.last - period.first).days + 1)
    if not share:
        yield ("subscription_free", *days)
    elif share == 1:
        yield ("subscription_full", *days)
    elif len(set(policies)) > 1:
        yield ("subscription_part", *days, str(amount))
    elif policies == ["thirty"] * len(policies):
        parts = DAYS_OF_A_MONTH * MONTHS[subscription.period]
        yield ("subscription_thirty", str(share * parts), str(parts), str(amount))
    else:
        yield ("subscription_days", *days, str(amount))
