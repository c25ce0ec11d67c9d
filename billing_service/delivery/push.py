"""One delivery in the hands of a worker: what is recorded around each call. No transaction is open during one.

Before a call that creates something: ``begin``. It stores that an attempt is made, and until when it may still come
through, under the lease of the work. After it: ``arrived``, or how it failed. What a call came to is a fact, so it is
stored also when this worker stops or has lost its lease, unless another attempt was begun meanwhile.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import structlog
from sqlalchemy import func, select

from billing_service import connections
from billing_service.connections import Outside
from billing_service.connections.limiter import StoredLimiter
from billing_service.delivery import telling
from billing_service.delivery.patience import TROUBLE, Attention, Later, backoff, verdict
from billing_service.delivery.steps import Progress
from billing_service.store import audit
from billing_service.store.deliveries import IS_WAITING, Delivery
from billing_service.store.scope import Scope
from connectors.base import (
    Capabilities,
    Connector,
    ConnectorError,
    Difference,
    OutcomeUnknown,
    SignInAgain,
    TryAgainLater,
)

log = structlog.get_logger(__name__)

OpenScope = Callable[[], AbstractContextManager[Scope]]

FENCE: Final = timedelta(seconds=5)
"""Between storing that an attempt is made and making it there is less than this, or it is stored anew."""
LONGEST_PAUSE: Final = timedelta(minutes=1)
"""How long the others leave a package alone at most, after one found it unreachable."""
CALLS_IN_A_STEP: Final = 3
"""Calls to the package that one step makes at most until the one that creates has ended."""


@dataclass(frozen=True, slots=True)
class Hands:
    """The transactions of a worker: ``reading`` only reads, ``scope`` writes under the lease of its work.

    ``recording`` writes without it, also while the worker stops: for what a call came to.
    """

    reading: OpenScope
    scope: OpenScope
    recording: OpenScope


class Superseded(Exception):
    """Another worker has begun an attempt of its own meanwhile: nothing of ours is recorded any more."""


@dataclass(slots=True)
class Push:
    """``row`` is the delivery as it was stored last; ``calling`` says that an attempt of this worker is under way."""

    outside: Outside
    hands: Hands
    connector: Connector
    row: Delivery
    call_time: timedelta
    calling: bool = field(default=False, init=False)

    @property
    def capabilities(self) -> Capabilities:
        return self.connector.capabilities

    @property
    def progress(self) -> Progress:
        """What is recorded."""
        row = self.row
        return Progress(row.step, row.remote_id, row.attached, row.unclear, row.look_after, row.tried_at, row.digest)

    def now(self) -> datetime:
        return self.outside.clock()

    # --- around a call ----------------------------------------------------------------------------------------------

    def begin(self, step: str, digest: str | None = None) -> None:
        """The next call creates something. From now on it may have come through, until somebody has looked."""
        while True:
            began, now = time.monotonic(), self.now()
            silent = CALLS_IN_A_STEP * self.call_time + FENCE + self.capabilities.settle.value
            values = {"step": step, "tried_at": now, "unclear": True, "look_after": now + silent}
            if digest is not None:
                values["digest"] = digest
            self._change(self.hands.scope, **values)
            if time.monotonic() - began < FENCE.total_seconds():
                break
        self.calling = True

    def arrived(self, **values: Any) -> None:
        """A step was taken; ``values`` is what is known of it."""
        self._change(self.hands.recording, **_QUIET, unclear=False, attempts=0, **values)
        self.calling = False

    # --- how an attempt ends ----------------------------------------------------------------------------------------

    def delivered(self, record: Callable[[Scope], bool] = lambda scope: True, **values: Any) -> timedelta | None:
        """It stands there as ours. ``record`` stores what belongs with it, and says whether that is the end of it."""
        with self.hands.recording() as scope:
            row = self._locked(scope)
            _assign(row, {**_QUIET, "unclear": False, "attempts": 0, **values})
            if ended := record(scope):
                _assign(row, {"state": "delivered", "delivered_at": scope.now, **_NO_CAUSE})
                audit.record(scope, "delivered", "delivery", row.id, {"remote_id": row.remote_id})
                telling.delivered(scope, row)
            scope.session.flush()
        self.row = row
        return None if ended else timedelta()

    def later(self, later: Later) -> timedelta:
        """It goes on by itself; after how long."""
        values: dict[str, Any] = {"waits": later.waits, "waiting_since": later.since, "next_at": later.at}
        self._change(self.hands.recording, **values)
        return later.at - self.now()

    def attention(
        self, attention: Attention, differences: Sequence[Difference] = (), *, done_nothing: bool = False
    ) -> timedelta | None:
        """A person must look at it; it does not go on by itself.

        ``done_nothing``: the attempt that was begun did not come through, for certain.
        """
        with self.hands.recording() as scope:
            telling.lock(scope, self.row.connection_id)  # before the delivery, as whoever resumes a connection does
            row = self._locked(scope)
            if row.state == "cancelled":
                return None
            _assign(row, {**_QUIET, "state": "needs_attention", "attempts": row.attempts + 1})
            if done_nothing:
                row.unclear = False
            row.cause, row.fix, row.field = attention.cause, attention.fix, attention.field
            row.detail = attention.detail
            row.differences = [{"field": one.field, "ours": one.ours, "theirs": one.theirs} for one in differences]
            scope.session.flush()
            audit.record(scope, "needs_attention", "delivery", row.id, {"cause": row.cause, "field": row.field})
            telling.needs_attention(scope, row)
        log.warning("delivery.needs_attention", delivery=str(self.row.id), noun=self.row.noun, cause=attention.cause)
        self.row = row
        return None

    def cancel(self) -> timedelta | None:
        """There is nothing to deliver any more."""
        self._change(self.hands.recording, **_QUIET, state="cancelled")
        return None

    def failed(self, error: ConnectorError) -> timedelta | None:
        """What becomes of it after this error; after how long it goes on by itself, if it does."""
        if isinstance(error, SignInAgain):
            return self._sign_in_again(error)
        attempts = self.row.attempts + 1
        decided = verdict(
            error,
            attempts=attempts,
            waiting_since=self.row.waiting_since,
            settle=self.capabilities.settle.value,
            now=self.now(),
        )
        if isinstance(decided, Attention):
            return self.attention(decided, done_nothing=self.calling and not isinstance(error, OutcomeUnknown))
        values: dict[str, Any] = {"attempts": attempts}
        if self.calling:  # our call has ended: from here on it is the package that may be late
            unclear = isinstance(error, OutcomeUnknown)
            values |= {"unclear": unclear, "look_after": decided.at if unclear else self.row.look_after}
        self._change(self.hands.recording, **values)
        self.calling = False
        self._leave_alone(error)
        return self.later(decided)

    def _sign_in_again(self, error: SignInAgain) -> timedelta | None:
        values = {"unclear": False} if self.calling else {}
        self._change(self.hands.recording, waits="sign_in_again", next_at=None, **values)
        self.calling = False
        with self.hands.recording() as scope:
            connections.sign_in_lost(scope, self.row.connection_id, " ".join(filter(None, (str(error), error.detail))))
        return None

    def _leave_alone(self, error: ConnectorError) -> None:
        """A package that cannot be reached is left alone by the other deliveries of its connection, too."""
        if not isinstance(error, TryAgainLater) or error.wait not in TROUBLE or error.after is not None:
            return
        with self.hands.reading() as scope:
            troubled = select(func.count()).where(
                Delivery.administration_id == scope.administration_id,
                Delivery.connection_id == self.row.connection_id,
                IS_WAITING,
                Delivery.waits.in_(TROUBLE),
            )
            many = scope.session.execute(troubled).scalar_one()
        limiter = StoredLimiter(self.outside.database, self.row.administration_id, self.outside.clock)
        limiter.pause(str(self.row.connection_id), min(backoff(many + 1), LONGEST_PAUSE))

    # --- storing ----------------------------------------------------------------------------------------------------

    def _change(self, open_scope: OpenScope, **values: Any) -> None:
        with open_scope() as scope:
            row = self._locked(scope)
            _assign(row, values)
            scope.session.flush()
        self.row = row

    def _locked(self, scope: Scope) -> Delivery:
        key = (scope.administration_id, self.row.id)
        row = scope.session.get_one(Delivery, key, with_for_update=True)
        if row.tried_at != self.row.tried_at:
            raise Superseded
        return row


_QUIET: Final[Mapping[str, Any]] = {"waits": None, "waiting_since": None, "next_at": None}
_NO_CAUSE: Final[Mapping[str, Any]] = dict.fromkeys(("cause", "fix", "field", "detail", "differences"))


def _assign(row: Delivery, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
