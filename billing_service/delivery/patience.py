"""What an error means for a delivery: when it goes on by itself, or what a person is told. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from connectors.base import (
    ConnectorError,
    NotSupported,
    OutcomeUnknown,
    Refused,
    TryAgainLater,
    Wait,
)

UNCLEAR: Final = "unclear"
"""Why a delivery waits after an outcome that nobody saw."""
CUSTOMER, INVOICE = "customer", "invoice"
"""Its customer, or the invoice that it credits or settles, goes first."""

DAY: Final = timedelta(days=1)
PATIENCE: Final[dict[str, timedelta]] = {
    Wait.LIMIT: 7 * DAY,
    Wait.ERROR_BUDGET: 2 * DAY,
    Wait.UNREACHABLE: 3 * DAY,
    Wait.UNAVAILABLE: 3 * DAY,
    Wait.SIGN_IN: DAY,
    UNCLEAR: 3 * DAY,
}
"""How long a delivery keeps trying by itself, by why it waits; then a person is told.

A limit passes by itself, however long; a package that is down over a weekend is back on Monday.
"""
TROUBLE: Final = (Wait.UNREACHABLE, Wait.UNAVAILABLE)
"""What concerns the package and not this delivery alone."""
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(minutes=15)
SOONEST_LOOK, LATEST_LOOK = timedelta(seconds=1), timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Later:
    """It goes on by itself at ``at``."""

    waits: str
    since: datetime
    at: datetime


@dataclass(frozen=True, slots=True)
class Attention:
    """A person is to repair ``fix``, for this ``cause``; then it may be tried again."""

    cause: str
    fix: str
    field: str | None = None
    detail: str | None = None


def after_others(waits: str, waiting_since: datetime | None, now: datetime) -> Later:
    """What goes first says so itself when it is there; but it may do so just before this one is stored as waiting.

    So somebody looks, after as long as it has waited already, within 1 to 15 seconds.
    """
    since = waiting_since or now
    return Later(waits, since, now + min(max(now - since, SOONEST_LOOK), LATEST_LOOK))


def backoff(attempts: int) -> timedelta:
    """How long to wait after this many attempts in a row, 1 for the first: from 5 seconds, doubling, to 15 minutes."""
    return min(FIRST_WAIT * float(2 ** min(max(attempts - 1, 0), 20)), LONGEST_WAIT)


def verdict(
    error: ConnectorError, *, attempts: int, waiting_since: datetime | None, settle: timedelta, now: datetime
) -> Later | Attention:
    """What becomes of a delivery after this error, its ``attempts``-th in a row.

    ``waiting_since`` is since when nothing went on; ``settle`` how long after an unclear outcome a search is true. Not
    for ``SignInAgain``, which stops the connection, nor for ``AlreadyThere``, which is looked into.
    """
    since = waiting_since or now
    if isinstance(error, TryAgainLater):
        wait = backoff(attempts) if error.after is None else error.after
        return _later(error.wait, since, wait, now, error.detail or str(error))
    if isinstance(error, OutcomeUnknown):
        asked = error.after or timedelta()
        wait = max(settle, asked, FIRST_WAIT if attempts <= 1 else backoff(attempts))
        return _later(UNCLEAR, since, wait, now, error.detail or str(error))
    if isinstance(error, Refused):
        return Attention(error.cause, error.fix, error.field, error.detail or str(error))
    if isinstance(error, NotSupported):
        return Attention("not_supported", "fix_support", error.capability, str(error))
    return Attention("answer_not_understood", "fix_support", None, error.detail or str(error))


def _later(waits: str, since: datetime, wait: timedelta, now: datetime, detail: str) -> Later | Attention:
    if now - since >= PATIENCE[waits]:
        return Attention(f"still_{waits}", "wait", None, detail)
    return Later(waits, since, now + wait)
