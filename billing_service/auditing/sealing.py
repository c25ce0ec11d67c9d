"""The sealer: gives unsealed audit rows their place in the chain of their trail.

Rows are found by having no seal, never by "id after the last one": ids become visible out of order. Whoever seals a
trail holds its head meanwhile, so that of several workers one seals it; all of a batch is one transaction, so a worker
that dies leaves its rows unsealed for the next. Why rows are not chained when they are written: docs/decisions/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Table, bindparam, exists, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from billing_service.auditing.trails import Trail, columns
from billing_service.core.audit_chain import Seal, seal_of

BATCH: Final = 1000
"""Rows sealed in one transaction at most: others who write the same trail's head, or SQLite, wait that long."""
_OPERATORS: Final = Trail(None)
_ROWS: Final = Trail(UUID(int=0)).rows


def anything_unsealed(session: Session) -> bool:
    """Whether a sealer would find something: a read that takes no lock."""
    return any(
        session.execute(select(exists().where(rows.c.seal_number.is_(None)))).scalar_one()
        for rows in (_ROWS, _OPERATORS.rows)
    )


def seal_some(session: Session, now: datetime) -> bool:
    """Seal the oldest unsealed rows of all trails, at most ``BATCH``. True when more may wait.

    Trails whose head another sealer holds are left to it.
    """
    waiting = select(_ROWS.c.administration_id).where(_ROWS.c.seal_number.is_(None)).order_by(_ROWS.c.id).limit(BATCH)
    keys = sorted(set(session.execute(waiting).scalars()))
    held = {key: head for key in keys if (head := _hold(session, Trail(key))) is not None}
    sealed = 0
    for key, rows in groupby(_unsealed(session, list(held)), key=lambda row: row["administration_id"]):
        sealed += _seal(session, Trail(key), held[key], list(rows))
    operators = _hold(session, _OPERATORS)
    if operators is not None:
        sealed += _seal(session, _OPERATORS, operators, _unsealed(session, None))
    return sealed >= BATCH


def _hold(session: Session, trail: Trail) -> Seal | None:
    """The head of the trail, locked until the transaction ends, or None while another sealer has it.

    Number 0 without a seal is the head of a trail of which nothing is sealed.
    """
    heads = trail.heads
    locked = select(heads.c.seal_number, heads.c.seal).where(trail.of(heads)).with_for_update(skip_locked=True)
    row = session.execute(locked).one_or_none()
    if row is None:
        make = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgresql_insert
        session.execute(make(heads).values(**trail.key, seal_number=0, seal="").on_conflict_do_nothing())
        row = session.execute(locked).one_or_none()
    return Seal(row.seal_number, row.seal) if row else None


def _unsealed(session: Session, keys: Sequence[UUID] | None) -> Sequence[Mapping[Any, Any]]:
    """The oldest unsealed rows of the trails held, by trail and then by age; read after the heads were locked, so
    that what another sealer did just before is seen."""
    rows = _OPERATORS.rows if keys is None else _ROWS
    query = select(*columns(rows)).where(rows.c.seal_number.is_(None)).order_by(rows.c.id).limit(BATCH)
    if keys is not None:
        query = query.where(rows.c.administration_id.in_(keys))
    found = session.execute(query).mappings().all()
    return found if keys is None else sorted(found, key=lambda row: row["administration_id"])


def _seal(session: Session, trail: Trail, head: Seal, rows: Sequence[Mapping[Any, Any]]) -> int:
    if not rows:
        return 0
    sealed = list(_chained(head, rows))
    connection = session.connection()
    connection.execute(_sealing(trail), sealed)
    last = {"seal_number": sealed[-1]["new_number"], "seal": sealed[-1]["new_seal"]}
    connection.execute(update(trail.heads).where(trail.of(trail.heads)).values(last))
    return len(sealed)


def _chained(head: Seal, rows: Sequence[Mapping[Any, Any]]) -> Iterator[dict[str, Any]]:
    seal: str | None = head.seal
    for number, row in enumerate(rows, head.number + 1):
        seal = seal_of(row, seal)
        key = {"of_administration": row["administration_id"]} if "administration_id" in row else {}
        yield key | {"of_row": row["id"], "new_number": number, "new_seal": seal}


def _sealing(trail: Trail) -> Any:
    rows: Table = trail.rows
    statement = update(rows).where(rows.c.id == bindparam("of_row"), rows.c.seal_number.is_(None))
    if trail.administration_id is not None:
        statement = statement.where(rows.c.administration_id == bindparam("of_administration"))
    return statement.values(seal_number=bindparam("new_number"), seal=bindparam("new_seal"))
