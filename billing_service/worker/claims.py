"""Every statement that claims, holds and ends work in the outbox.

A claim is a lease by the clock of the database with a token. Whoever holds the token may record how the work ended;
when the lease runs out another worker takes the work over with a token of its own, and the late one finds nothing to
record. Functions here work in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Update, and_, exists, func, literal_column, or_, select, tuple_, update
from sqlalchemy.orm import Session, aliased

from billing_service.store.types import Instant
from billing_service.store.work import OutboxRow

LONGEST_WAIT = timedelta(minutes=5)
_OPEN = ("ready", "running")
# Six digits of a second, because that is how instants are stored and read.
_SQLITE_CLOCK = literal_column("strftime('%Y-%m-%d %H:%M:%f000', 'now')", Instant())
_POSTGRESQL_CLOCK = func.clock_timestamp(type_=Instant())


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

    names: Collection[str]
    excluded: bool = False

    def condition(self) -> ColumnElement[bool]:
        return OutboxRow.kind.not_in(self.names) if self.excluded else OutboxRow.kind.in_(self.names)


ALL_KINDS = Kinds((), excluded=True)


def database_now(session: Session) -> datetime:
    """The clock that leases go by: that of the database, the same for all workers."""
    on_sqlite = session.get_bind().dialect.name == "sqlite"
    return session.execute(select(_SQLITE_CLOCK if on_sqlite else _POSTGRESQL_CLOCK)).scalar_one()


def any_due(session: Session, kinds: Kinds) -> bool:
    """Whether a claim would find something: a read, so that idle workers never take a write lock."""
    return session.execute(_due(kinds, database_now(session)).limit(1)).first() is not None


def claim(session: Session, kinds: Kinds, *, batch: int, lease: timedelta) -> list[Claimed]:
    """Take at most ``batch`` due rows that nobody holds, oldest first and never two of one subject."""
    now = database_now(session)
    rows = session.execute(
        _due(kinds, now)
        .order_by(OutboxRow.due_at, OutboxRow.id)
        .limit(batch)
        .with_for_update(skip_locked=True, of=OutboxRow)
    ).all()
    if not rows:
        return []
    token = uuid4()
    session.execute(
        update(OutboxRow)
        .where(tuple_(OutboxRow.administration_id, OutboxRow.id).in_([(row.administration_id, row.id) for row in rows]))
        .values(state="running", attempts=OutboxRow.attempts + 1, lease_until=now + lease, lease_token=token)
        .execution_options(synchronize_session=False)
    )
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


def _due(kinds: Kinds, now: datetime) -> Any:
    older = aliased(OutboxRow)
    goes_first = exists().where(
        older.administration_id == OutboxRow.administration_id,
        older.subject_id == OutboxRow.subject_id,
        older.id < OutboxRow.id,
        older.state.in_(_OPEN),
    )
    return select(
        OutboxRow.administration_id,
        OutboxRow.id,
        OutboxRow.kind,
        OutboxRow.subject_id,
        OutboxRow.payload,
        OutboxRow.attempts,
        OutboxRow.state,
    ).where(
        OutboxRow.state.in_(_OPEN),
        OutboxRow.due_at <= now,
        or_(OutboxRow.lease_until.is_(None), OutboxRow.lease_until <= now),
        kinds.condition(),
        ~goes_first,
    )


def hold(session: Session, claimed: Claimed) -> None:
    """Make sure that the work is still ours until this transaction ends: nobody can take it over meanwhile.

    Raises:
        LeaseLost: it is not.
    """
    # KEY SHARE keeps out a claim (FOR UPDATE SKIP LOCKED) but not the heartbeat (an UPDATE of other columns).
    ours = select(OutboxRow.id).where(_ours(claimed)).with_for_update(read=True, key_share=True)
    if session.execute(ours).first() is None:
        raise LeaseLost


def renew(session: Session, token: UUID, lease: timedelta) -> None:
    """Extend the lease of everything claimed with this token."""
    session.execute(
        update(OutboxRow)
        .where(OutboxRow.state == "running", OutboxRow.lease_token == token)
        .values(lease_until=database_now(session) + lease)
        .execution_options(synchronize_session=False)
    )


def finish(session: Session, claimed: Claimed) -> None:
    """It is done."""
    _end(session, claimed, state="done", done_at=database_now(session), error=None)


def release(session: Session, claimed: Claimed) -> None:
    """Give it back untouched: this worker stops. The attempt does not count."""
    _end(session, claimed, state="ready", attempts=OutboxRow.attempts - 1)


def try_again(session: Session, claimed: Claimed, reason: str) -> None:
    """It failed; another attempt follows after a wait that doubles from one second to five minutes."""
    wait = min(timedelta(seconds=2 ** min(claimed.attempts - 1, 30)), LONGEST_WAIT)
    _end(session, claimed, state="ready", due_at=database_now(session) + wait, error=reason)


def needs_attention(session: Session, claimed: Claimed, reason: str) -> None:
    """No further attempt by itself: a person must look at ``reason``."""
    _end(session, claimed, state="needs_attention", done_at=database_now(session), error=reason)


def _end(session: Session, claimed: Claimed, **values: Any) -> None:
    statement: Update = update(OutboxRow).where(_ours(claimed)).values(lease_until=None, lease_token=None, **values)
    ended = session.execute(statement.execution_options(synchronize_session=False).returning(OutboxRow.id))
    if ended.first() is None:
        raise LeaseLost


def _ours(claimed: Claimed) -> ColumnElement[bool]:
    return and_(
        OutboxRow.administration_id == claimed.administration_id,
        OutboxRow.id == claimed.id,
        OutboxRow.state == "running",
        OutboxRow.lease_token == claimed.token,
    )
