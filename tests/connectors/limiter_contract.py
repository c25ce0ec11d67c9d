"""What every limiter must do, whatever it counts with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from connectors.base import ErrorBudget, Limit
from connectors.limits import Limiter

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def check_limiter(limiter: Limiter, advance: Callable[[timedelta], None]) -> None:
    """Windows, pauses and error budgets, each apart per connection. ``advance`` moves the clock the limiter goes by."""
    two = [Limit(2, MINUTE)]
    assert [limiter.take("a", "x", two, None) for _ in range(2)] == [None, None]
    assert limiter.take("a", "y", two, None) == MINUTE, "the limits of a connection are those of all its endpoints"
    assert limiter.take("b", "x", two, None) is None, "another connection has limits of its own"
    advance(MINUTE)
    assert limiter.take("a", "x", two, None) is None
    limiter.pause("a", timedelta(seconds=30))
    limiter.pause("a", timedelta(seconds=10))
    assert limiter.take("a", "x", (), None) == timedelta(seconds=30), "the longer pause stays"
    advance(timedelta(seconds=30))
    assert limiter.take("a", "x", (), None) is None
    one = ErrorBudget(1, HOUR)
    limiter.refused("b", "x", one)
    assert limiter.take("b", "x", (), one) == HOUR
    assert limiter.take("b", "y", (), one) is None, "another endpoint has a budget of its own"
    advance(HOUR)
    assert limiter.take("b", "x", (), one) is None
