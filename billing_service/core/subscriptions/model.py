"""What was agreed about a subscription, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, Literal, get_args

PeriodLength = Literal["month", "quarter", "half_year", "year"]
PERIODS: Final[tuple[PeriodLength, ...]] = get_args(PeriodLength)
MONTHS: Final[dict[PeriodLength, int]] = {"month": 1, "quarter": 3, "half_year": 6, "year": 12}

Anchor = Literal["calendar", "start"]
"""Where periods begin: with the calendar's month, quarter, half-year or year, or on the day the subscription began."""
ANCHORS: Final[tuple[Anchor, ...]] = get_args(Anchor)

Timing = Literal["in_advance", "in_arrears"]
"""A period is charged on its first day, or on its last."""
TIMINGS: Final[tuple[Timing, ...]] = get_args(Timing)

Policy = Literal["full", "none", "days", "thirty"]
"""What a period costs that the subscription covers in part: all of it, nothing, the days covered of the days it has, or
the days covered of 30 in every month."""
POLICIES: Final[tuple[Policy, ...]] = get_args(Policy)

TermKind = Literal["amount", "percentage", "per_mille", "index", "quantity"]
TERM_KINDS: Final[tuple[TermKind, ...]] = get_args(TermKind)


@dataclass(frozen=True, slots=True)
class Term:
    """Something agreed from a day on.

    ``amount``: ``value`` is the price of one period, of one piece. ``percentage``, ``per_mille``: ``value`` per cent or
    per thousand a year of the investment ``base``. ``index``: the price (or the investment) rises by ``value`` per
    cent. ``quantity``: ``value`` pieces.
    """

    valid_from: date
    kind: TermKind
    value: Decimal
    base: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A price once (``once``, on ``starts_on``) and a price per period, from ``starts_on`` to ``ends_on`` (included).

    ``terms`` are in the order in which they hold: by day, and of one day in the order in which they were agreed.
    ``first_policy`` and ``last_policy`` say what the first and the last period cost where they are covered in part.
    A ``cancelled`` subscription never began: it costs nothing.
    """

    starts_on: date
    ends_on: date | None
    period: PeriodLength
    terms: tuple[Term, ...]
    anchor: Anchor = "calendar"
    timing: Timing = "in_advance"
    first_policy: Policy = "days"
    last_policy: Policy = "days"
    once: Decimal | None = None
    cancelled: bool = False
