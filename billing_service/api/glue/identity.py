"""The key behind a request, what it may do, and how often."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from typing import Final

import flask
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from sqlalchemy.exc import OperationalError

from billing_service import access
from billing_service.access import Identity
from billing_service.api.errors import TooManyRequests
from billing_service.context import Context
from billing_service.errors import NotAllowed, NotSignedIn

_LONGEST_KEY: Final = 200
FAILURES_PER_MINUTE: Final = 60
"""Refused keys per address and minute."""


@dataclass(slots=True)
class Rate:
    """What the RateLimit headers of this answer say."""

    quota: int
    remaining: int
    reset: int


class RateLimits:
    """Counts per key in this process: with several web processes a key gets the quota once per process."""

    def __init__(self, requests_per_minute: int) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._requests = RateLimitItemPerMinute(requests_per_minute)
        self._failures = RateLimitItemPerMinute(FAILURES_PER_MINUTE)

    def count_request(self, identity: Identity) -> Rate:
        allowed = self._limiter.hit(self._requests, "key", identity.public_id)
        window = self._limiter.get_window_stats(self._requests, "key", identity.public_id)
        # ``limits`` counts in windows of the wall clock, whatever clock the business runs on.
        rate = Rate(self._requests.amount, window.remaining, max(1, round(window.reset_time - time.time())))
        flask.g.rate = rate
        if not allowed:
            raise TooManyRequests("This API key asked too often.", retry_after=rate.reset)
        return rate

    def forget(self) -> None:
        """Start counting anew."""
        self._limiter.storage.reset()

    def count_guess(self, address: str) -> None:
        """Links that lead nowhere are counted by address; a link that works is never stopped for them."""
        if not self._limiter.hit(self._failures, "guess", address):
            raise TooManyRequests("Too many links that lead nowhere from this address.", retry_after=60)

    def count_link(self, link: str) -> None:
        """A customer's link is counted by itself: whoever has it cannot use it to keep the service busy."""
        if not self._limiter.hit(self._failures, "link", link):
            raise TooManyRequests("This link was opened too often.", retry_after=60)

    def count_failure(self, address: str) -> None:
        """Refused keys are counted by address. A valid key is never stopped for them: behind a proxy all share one."""
        if not self._limiter.hit(self._failures, "address", address):
            raise TooManyRequests("Too many refused API keys from this address.", retry_after=60)


def current_context() -> Context:
    context: Context = flask.current_app.extensions["billing"]
    return context


def current_identity() -> Identity:
    """The verified key of this request."""
    identity: Identity = flask.g.identity
    return identity


def current_currency() -> str:
    """The currency of the key's administration."""
    return current_identity().currency or "EUR"


def sign_in(scopes: tuple[str, ...]) -> Identity:
    """Verify the key of this request and that it has one of ``scopes``.

    Raises:
        NotSignedIn: no key or no valid one.
        NotAllowed: a valid key without the scope.
        TooManyRequests: the key (or the address, with refused keys) asks too often.
    """
    context, limits = current_context(), rate_limits()
    now = context.clock()
    try:
        presented = _presented()
        with context.database.read() as session:
            identity = access.verify(session, presented, now)
    except NotSignedIn:
        limits.count_failure(flask.request.remote_addr or "-")
        raise
    flask.g.identity = identity
    limits.count_request(identity)
    if not identity.scopes.intersection(scopes):
        raise NotAllowed(f"This API key lacks the scope {' or '.join(scopes)}.")
    if access.use_is_unnoted(identity, now):
        # Noting the use is a courtesy: a busy database must not fail the request for it.
        with contextlib.suppress(OperationalError), context.database.write() as session:
            access.note_use(session, identity, now)
    return identity


def rate_limits() -> RateLimits:
    limits: RateLimits = flask.current_app.extensions["billing_rate_limits"]
    return limits


def _presented() -> str:
    header = flask.request.headers.get("Authorization", "")
    kind, _, value = header.partition(" ")
    if not header:
        raise NotSignedIn("An API key is required: Authorization: Bearer bk_…")
    if kind.lower() != "bearer" or len(value) > _LONGEST_KEY:
        raise NotSignedIn("The Authorization header must be: Bearer bk_…")
    return value.strip()
