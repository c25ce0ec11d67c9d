"""Every statement that claims, holds and ends work in the outbox.

A claim is a lease by the clock of the database with a token. Whoever holds the token may record how the work ended;
when the lease runs out another worker takes the work over with a token of its own, and the late one finds nothing to
record. Functions here work in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, cast
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Interval,
    Select,
    String,
    Table,
    Update,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    or_,
    select,
    tuple_,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session

from billing_service.store.clock import clock, database_now
from billing_service.store.types import Instant
from billing_service.store.work import OutboxRow

LONGEST_WAIT = timedelta(minutes=5)

# Statements are built once: building one costs a multiple of running it, and a claim stands between work and its start.
_ROWS = cast(Table, OutboxRow.__table__)
_C = _ROWS.c
# Written into the statement: a planner that sees a parameter cannot tell that the index of open rows is enough.
_OPEN: tuple[ColumnElement[str], ...] = (literal_column("'ready'"), literal_column("'running'"))
_KEY = tuple_(_C.administration_id, _C.id)


class LeaseLost(Exception):
    """The lease ran out and another worker may have taken the work over: nothing more is recorded here."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """One claimed row. ``attempts`` counts this one; ``taken_over``: its worker vanished before."""

    administration_id: UUID
    id: UUID
    kind: str
    subject_id: UUID
    payload: dict[str, Any]
    attempts: int
    taken_over: bool
    token: UUID


@dataclass(frozen=True, slots=True)
class Kinds:
    """Which kinds a lane works on: only these, or all but these."""

    names: tuple[str, ...]
    excluded: bool = False

    def condition(self) -> ColumnElement[bool]:
        return _C.kind.not_in(self.names) if self.excluded else _C.kind.in_(self.names)


ALL_KINDS = Kinds((), excluded=True)


def any_due(session: Session, kinds: Kinds) -> bool:
    """Whether a claim would find something: a read, which takes no lock."""
    return session.connection().execute(_due(_on_sqlite(session), kinds), {"batch": 1}).first() is not None


def busy(session: Session, kinds: Kinds) -> list[UUID]:
    """The administrations that somebody does work of these kinds for now."""
    return list(session.connection().execute(_busy(_on_sqlite(session), kinds)).scalars())


def claim(
    session: Session, kinds: Kinds, *, batch: int, lease: timedelta, besides: Collection[UUID] = ()
) -> list[Claimed]:
    """Take at most ``batch`` due rows that nobody holds, oldest first and never two of one subject.

    ``besides`` are administrations whose work is left to others.
    """
    connection, sqlite = session.connection(), _on_sqlite(session)
    values: dict[str, Any] = {"batch": batch}
    statement = _due(sqlite, kinds)
    if besides:
        statement, values["besides"] = _due_elsewhere(sqlite, kinds), list(besides)
    rows = connection.execute(statement, values).all()
    if not rows:
        return []
    token = uuid4()
    keys = [(row.administration_id, row.id) for row in rows]
    connection.execute(_claiming(sqlite), {"keys": keys, "token": token, "later": _later(sqlite, lease)})
    return [
        Claimed(
            administration_id=row.administration_id,
            id=row.id,
            kind=row.kind,
            subject_id=row.subject_id,
            payload=row.payload,
            attempts=row.attempts + 1,
            taken_over=row.state == "running",
            token=token,
        )
        for row in rows
    ]


def hold(session: Session, claimed: Claimed) -> None:
    """Make sure that the work is still ours until this transaction ends: nobody can take it over meanwhile.

    Raises:
        LeaseLost: it is not.
    """
    # KEY SHARE keeps out a claim (FOR UPDATE SKIP LOCKED) but not the heartbeat (an UPDATE of other columns).
    ours = select(_C.id).where(_ours(claimed)).with_for_update(read=True, key_share=True)
    if session.execute(ours).first() is None:
        raise LeaseLost


def renew(session: Session, token: UUID, lease: timedelta) -> None:
    """Extend the lease of everything claimed with this token."""
    sqlite = _on_sqlite(session)
    session.connection().execute(_renewing(sqlite), {"held_by": token, "later": _later(sqlite, lease)})


def finish(session: Session, done: Sequence[Claimed]) -> int:
    """These, all of one claim, are done. Returns how many of them had been taken over by another worker meanwhile."""
    keys = [(one.administration_id, one.id) for one in done]
    ended = session.connection().execute(_finishing(_on_sqlite(session)), {"keys": keys, "held_by": done[0].token})
    return len(done) - len(ended.all())


def release(session: Session, claimed: Claimed) -> None:
    """Give it back untouched: this worker stops. The attempt does not count."""
    _end(session, claimed, state="ready", attempts=_C.attempts - 1)


def try_again(session: Session, claimed: Claimed, reason: str) -> None:
    """It failed; another attempt follows after a wait that doubles from one second to five minutes."""
    wait = min(timedelta(seconds=2 ** min(claimed.attempts - 1, 30)), LONGEST_WAIT)
    _end(session, claimed, state="ready", due_at=database_now(session) + wait, error=reason)


def come_back(session: Session, claimed: Claimed, wait: timedelta) -> None:
    """It asked to go on after this long: no failure, and no attempt that counts."""
    _end(
        session,
        claimed,
        state="ready",
        due_at=database_now(session) + max(wait, timedelta()),
        attempts=_C.attempts - 1,
        error=None,
    )


def needs_attention(session: Session, claimed: Claimed, reason: str) -> None:
    """No further attempt by itself: a person must look at ``reason``."""
    _end(session, claimed, state="needs_attention", done_at=database_now(session), error=reason)


def _end(session: Session, claimed: Claimed, **values: Any) -> None:
    free = {"lease_until": None, "lease_token": None}
    ended = session.execute(update(_ROWS).where(_ours(claimed)).values(values | free).returning(_C.id))
    if ended.first() is None:
        raise LeaseLost


def _ours(claimed: Claimed) -> ColumnElement[bool]:
    return and_(
        _C.administration_id == claimed.administration_id,
        _C.id == claimed.id,
        _C.state == "running",
        _C.lease_token == claimed.token,
    )


# --- statements, by kind of database ---


def _on_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _clock_later(sqlite: bool) -> ColumnElement[datetime]:
    """The clock plus the parameter ``later``."""
    if sqlite:
        return func.strftime("%Y-%m-%d %H:%M:%f000", "now", bindparam("later", type_=String), type_=Instant())
    return type_coerce(func.clock_timestamp() + bindparam("later", type_=Interval), Instant())


def _later(sqlite: bool, time: timedelta) -> object:
    return f"{time.total_seconds():+.3f} seconds" if sqlite else time


@lru_cache
def _due(sqlite: bool, kinds: Kinds) -> Select[Any]:
    now = clock(sqlite)
    older = _ROWS.alias("older")
    goes_first = exists().where(
        older.c.administration_id == _C.administration_id,
        older.c.subject_id == _C.subject_id,
        older.c.id < _C.id,
        older.c.state.in_(_OPEN),
    )
    return (
        select(_C.administration_id, _C.id, _C.kind, _C.subject_id, _C.payload, _C.attempts, _C.state)
        .where(
            _C.state.in_(_OPEN),
            _C.due_at <= now,
            or_(_C.lease_until.is_(None), _C.lease_until <= now),
            kinds.condition(),
            ~goes_first,
        )
        .order_by(_C.due_at, _C.id)
        .limit(bindparam("batch"))
        .with_for_update(skip_locked=True, of=_ROWS)
    )


@lru_cache
def _due_elsewhere(sqlite: bool, kinds: Kinds) -> Select[Any]:
    return _due(sqlite, kinds).where(_C.administration_id.not_in(bindparam("besides", expanding=True)))


@lru_cache
def _busy(sqlite: bool, kinds: Kinds) -> Select[Any]:
    held = and_(_C.state.in_(_OPEN), _C.state == _OPEN[1], _C.lease_until > clock(sqlite))
    return select(_C.administration_id).distinct().where(held, kinds.condition())


@lru_cache
def _claiming(sqlite: bool) -> Update:
    return (
        update(_ROWS)
        .where(_KEY.in_(bindparam("keys", expanding=True)))
        .values(
            state="running",
            attempts=_C.attempts + 1,
            lease_until=_clock_later(sqlite),
            lease_token=bindparam("token", type_=_C.lease_token.type),
        )
    )


@lru_cache
def _renewing(sqlite: bool) -> Update:
    return update(_ROWS).where(_held()).values(lease_until=_clock_later(sqlite))


@lru_cache
def _finishing(sqlite: bool) -> Update:
    return (
        update(_ROWS)
        .where(_KEY.in_(bindparam("keys", expanding=True)), _held())
        .values(state="done", done_at=clock(sqlite), error=None, lease_until=None, lease_token=None)
        .returning(_C.id)
    )


def _held() -> ColumnElement[bool]:
    return and_(_C.state == "running", _C.lease_token == bindparam("held_by", type_=_C.lease_token.type))
