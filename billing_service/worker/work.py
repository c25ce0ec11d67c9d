"""One claimed piece of work, as its handler sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from billing_service.context import Context
from billing_service.store.scope import Scope
from billing_service.worker import claims
from billing_service.worker.claims import Claimed

ACTOR = "worker"


@dataclass(frozen=True, slots=True)
class Pace:
    """How a worker goes about it.

    ``lease``: how long a claim lasts unless extended; ``poll``: after how long an idle worker looks by itself;
    ``batch``: short pieces in one claim; ``max_attempts``: unexpected failures before work needs attention;
    ``callers``: how many pieces that call others over a network run side by side.
    """

    lease: timedelta = timedelta(seconds=6)
    poll: timedelta = timedelta(seconds=1)
    batch: int = 20
    max_attempts: int = 8
    callers: int = 4


class Interrupted(Exception):
    """This worker stops; the work goes back and another worker goes on with it."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a handler works on: it opens its own transactions and holds none while it computes or calls out."""

    context: Context
    claimed: Claimed
    pace: Pace
    stopping: Callable[[], bool]

    @property
    def administration_id(self) -> UUID:
        return self.claimed.administration_id

    @property
    def subject_id(self) -> UUID:
        return self.claimed.subject_id

    @property
    def payload(self) -> Mapping[str, Any]:
        return self.claimed.payload

    @contextmanager
    def scope(self) -> Iterator[Scope]:
        """One write transaction that commits only while the work is still ours; it extends the lease as well.

        Raises:
            LeaseLost: another worker has taken the work over.
            Interrupted: this worker has been asked to stop.
        """
        if self.stopping():
            raise Interrupted
        with self.context.database.write() as session:
            claims.hold(session, self.claimed)
            actor = self.payload.get("actor", ACTOR)
            clock = self.context.clock
            yield Scope(session, self.administration_id, actor, clock(), clock)
            claims.renew(session, self.claimed.token, self.pace.lease)

    @contextmanager
    def recording(self) -> Iterator[Scope]:
        """One write transaction that commits whether or not the work is still ours, also while this worker stops.

        For what a call to others came to; the handler sees to it that nothing newer is overwritten.
        """
        clock = self.context.clock
        with self.context.database.write() as session:
            yield Scope(session, self.administration_id, self.payload.get("actor", ACTOR), clock(), clock)

    @contextmanager
    def reading(self) -> Iterator[Scope]:
        """One transaction that only reads, however long it takes.

        Raises:
            Interrupted: this worker has been asked to stop.
        """
        if self.stopping():
            raise Interrupted
        clock = self.context.clock
        with self.context.database.read() as session:
            yield Scope(session, self.administration_id, self.payload.get("actor", ACTOR), clock(), clock)
