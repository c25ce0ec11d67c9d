"""How often a package may be called: counters shared by all processes, and what its answers say about waiting.

The counters live behind the contract :class:`Limiter`; the service keeps them in its database. ``MemoryLimiter`` is for
one process.
"""

from __future__ import annotations

import re
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

from connectors.base import ErrorBudget, Limit

Clock = Callable[[], datetime]
"""Gives the present moment as an aware UTC datetime."""

LONGEST_WAIT: Final = timedelta(days=1)
"""However long a package asks to wait, we ask again after a day."""


class Limiter(Protocol):
    """Counts calls per connection and refused calls per connection and endpoint, for all processes together."""

    def take(
        self, connection: str, endpoint: str, limits: Sequence[Limit], budget: ErrorBudget | None
    ) -> timedelta | None:
        """Counts one call against every limit and gives ``None``; or counts nothing and says how long to wait.

        It says so too while the connection is paused, or the error budget of the endpoint is spent. Counting is atomic:
        two processes never both take the last call.
        """

    def pause(self, connection: str, wait: timedelta) -> None:
        """The package itself asked for this pause; a longer one that is running already stays."""

    def refused(self, connection: str, endpoint: str, budget: ErrorBudget) -> None:
        """One call to this endpoint was refused; it counts against the error budget."""


class MemoryLimiter:
    """The contract for one process, with sliding windows."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._calls: dict[str, deque[datetime]] = defaultdict(deque)
        self._errors: dict[tuple[str, str], deque[datetime]] = defaultdict(deque)
        self._paused: dict[str, datetime] = {}

    def take(
        self, connection: str, endpoint: str, limits: Sequence[Limit], budget: ErrorBudget | None
    ) -> timedelta | None:
        """See :class:`Limiter`."""
        with self._lock:
            now = self._clock()
            calls = self._calls[connection]
            waits = [self._paused.get(connection, now) - now]
            waits += [_full(calls, limit.calls, limit.per, now) for limit in limits]
            if budget is not None:
                waits.append(_full(self._errors[connection, endpoint], budget.errors, budget.per, now))
            if (wait := max(waits)) > timedelta():
                return wait
            calls.append(now)
            longest = max((limit.per for limit in limits), default=timedelta())
            while calls and calls[0] <= now - longest:
                calls.popleft()
            return None

    def pause(self, connection: str, wait: timedelta) -> None:
        """See :class:`Limiter`."""
        with self._lock:
            until = self._clock() + wait
            self._paused[connection] = max(until, self._paused.get(connection, until))

    def refused(self, connection: str, endpoint: str, budget: ErrorBudget) -> None:
        """See :class:`Limiter`."""
        with self._lock:
            now = self._clock()
            errors = self._errors[connection, endpoint]
            errors.append(now)
            while errors[0] <= now - budget.per:
                errors.popleft()


def _full(happened: deque[datetime], most: int, per: timedelta, now: datetime) -> timedelta:
    """How long until fewer than ``most`` fall within the window; zero or less if that is so now."""
    inside = [moment for moment in happened if moment > now - per]
    return inside[-most] + per - now if len(inside) >= most else timedelta()


# --- what an answer says about waiting ------------------------------------------------------------------------------

_PROSE = re.compile(
    r"(?:again|wait|retry|after|over|na|wacht)\D{0,30}?(\d{1,6})\s*(ms|milliseconds?|s|sec\w*|m|min\w*|h|hours?|uur|u)\b",
    re.IGNORECASE,
)
_UNITS: Final = {"ms": 0.001, "m": 60, "s": 1, "h": 3600, "u": 3600}
_RESETS: Final = ("X-RateLimit-Minutely", "X-RateLimit")
_EPOCH: Final = 1_000_000_000  # seconds: a larger number is a moment, not a time to wait
_EPOCH_MS: Final = 100_000_000_000


def wait_asked(headers: Mapping[str, str], body: str, now: datetime) -> timedelta | None:
    """How long the package asks to leave it alone, ``None`` if it does not say.

    ``Retry-After`` in seconds, as an HTTP date, or as Unix time (Moneybird: accounting-apis 2.8); else the reset of a
    limit that has nothing left, in epoch milliseconds (Exact: 1.8); else prose such as "try again in 25 seconds".
    """
    asked = _moment(headers.get("Retry-After", ""), now)
    if asked is None:
        spent = [_moment(headers.get(f"{name}-Reset", ""), now) for name in _RESETS if _is_spent(headers, name)]
        asked = max((wait for wait in spent if wait is not None), default=None)
    if asked is None:
        asked = _prose(body)
    return None if asked is None else min(max(asked, timedelta()), LONGEST_WAIT)


def _is_spent(headers: Mapping[str, str], name: str) -> bool:
    return headers.get(f"{name}-Remaining", "0").strip() == "0"


def _moment(text: str, now: datetime) -> timedelta | None:
    text = text.strip()
    if re.fullmatch(r"\d{1,15}(\.\d{1,6})?", text):
        number = float(text)
        if number >= _EPOCH_MS:
            return datetime.fromtimestamp(number / 1000, UTC) - now
        if number >= _EPOCH:
            return datetime.fromtimestamp(number, UTC) - now
        return timedelta(seconds=number)
    try:
        return parsedate_to_datetime(text).astimezone(UTC) - now
    except (TypeError, ValueError):
        return None


def _prose(body: str) -> timedelta | None:
    found = _PROSE.search(body[:2000])
    if not found:
        return None
    unit = found[2].lower()
    seconds = _UNITS["ms"] if unit.startswith(("ms", "milli")) else _UNITS[unit[0]]
    return timedelta(seconds=int(found[1]) * seconds)
