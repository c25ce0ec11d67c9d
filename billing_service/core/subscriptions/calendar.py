"""The periods of a subscription, laid end to end, and which part of one is covered.

A part is a fraction between two positions in the period: what lies before the subscription begins, and what lies up to
its end. What a part costs is the difference of what it costs up to both, each in cents; so the parts of a period that
was cut into several always add up to the whole.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from fractions import Fraction
from typing import Final

from billing_service.core.calendar import Period
from billing_service.core.subscriptions.model import MONTHS, Policy, Subscription

_DAY: Final = timedelta(days=1)
DAYS_OF_A_MONTH: Final = 30
"""Days of every month by the policy ``thirty``: the 30th and the 31st are one, and so is all that February lacks."""


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last day of a month that has no such day (31 January → 28 February)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def origin(subscription: Subscription) -> date:
    """The day from which periods are counted."""
    if subscription.anchor == "start":
        return subscription.starts_on
    months = MONTHS[subscription.period]
    return date(subscription.starts_on.year, (subscription.starts_on.month - 1) // months * months + 1, 1)


def period_at(subscription: Subscription, day: date) -> tuple[int, Period]:
    """The period that holds ``day`` (not before the start), uncut, and its number: 0 is the first."""
    begin, months = origin(subscription), MONTHS[subscription.period]
    number = ((day.year - begin.year) * 12 + day.month - begin.month) // months
    if add_months(begin, number * months) > day:
        number -= 1
    return number, nth_period(subscription, number)


def nth_period(subscription: Subscription, number: int) -> Period:
    """Counted from the origin, so that a period that begins on the 28th for want of a 31st does not move the next."""
    begin, months = origin(subscription), MONTHS[subscription.period]
    return Period(add_months(begin, number * months), add_months(begin, (number + 1) * months) - _DAY)


def place_in_year(subscription: Subscription, number: int) -> int:
    """Which period of its year this is, from 0: of the calendar year, or of the year since the start."""
    months = MONTHS[subscription.period]
    if subscription.anchor == "calendar":
        return (origin(subscription).month - 1 + number * months) % 12 // months
    return number % (12 // months)


def before(subscription: Subscription, period: Period, first: date) -> Fraction:
    """The part of ``period`` that lies before ``first`` and therefore costs nothing."""
    policy = subscription.first_policy
    if first <= period.first or policy == "full":
        return Fraction(0)
    return Fraction(1) if policy == "none" else _through(subscription, period, first - _DAY, policy)


def through(subscription: Subscription, period: Period, last: date) -> Fraction:
    """The part of ``period`` up to and including ``last``, which is paid for."""
    policy = subscription.last_policy
    if last >= period.last or policy == "full":
        return Fraction(1)
    return Fraction(0) if policy == "none" else _through(subscription, period, last, policy)


def _through(subscription: Subscription, period: Period, last: date, policy: Policy) -> Fraction:
    if policy == "days":
        return Fraction((last - period.first).days + 1, (period.last - period.first).days + 1)
    begin = origin(subscription)
    earlier = _thirty(begin, period.first - _DAY)
    return Fraction(_thirty(begin, last) - earlier, DAYS_OF_A_MONTH * MONTHS[subscription.period])


def _thirty(begin: date, last: date) -> int:
    """Days from ``begin`` to ``last``, where every month counted from ``begin`` has 30 of them."""
    months = (last.year - begin.year) * 12 + last.month - begin.month
    if add_months(begin, months) > last:
        months -= 1
    first, following = add_months(begin, months), add_months(begin, months + 1)
    whole = last == following - _DAY
    return months * DAYS_OF_A_MONTH + (DAYS_OF_A_MONTH if whole else min((last - first).days + 1, DAYS_OF_A_MONTH - 1))
