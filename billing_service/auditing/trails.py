"""The audit trails: one per administration, and that of the operators."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, select, true
from sqlalchemy.orm import Session

from billing_service.core.audit_chain import CONTENT, Seal
from billing_service.store.audit import AuditHead, AuditRow, OperatorAuditHead, OperatorAuditRow

OPERATORS_HEAD = 1
"""The only key of the operators' head."""


@dataclass(frozen=True, slots=True)
class Trail:
    """The rows and the head of one trail. ``administration_id`` is None for that of the operators."""

    administration_id: UUID | None

    @property
    def rows(self) -> Table:
        return _table(OperatorAuditRow if self.administration_id is None else AuditRow)

    @property
    def heads(self) -> Table:
        return _table(OperatorAuditHead if self.administration_id is None else AuditHead)

    @property
    def key(self) -> dict[str, Any]:
        """The key of the head."""
        if self.administration_id is None:
            return {"id": OPERATORS_HEAD}
        return {"administration_id": self.administration_id}

    def of(self, table: Table) -> ColumnElement[bool]:
        """The condition that a row or head belongs to this trail."""
        if self.administration_id is None:
            return true()
        return table.c.administration_id == self.administration_id


@dataclass(frozen=True, slots=True)
class Unsealed:
    """How many rows wait for their seal, and the oldest of them."""

    count: int
    oldest_id: UUID | None
    oldest_at: datetime | None


def head_of(session: Session, trail: Trail) -> Seal | None:
    """Where the chain ends now, or None while nothing is sealed."""
    heads = trail.heads
    row = session.execute(select(heads.c.seal_number, heads.c.seal).where(trail.of(heads))).one_or_none()
    return Seal(row.seal_number, row.seal) if row else None


def unsealed(session: Session, trail: Trail) -> Unsealed:
    """What waits for the sealer."""
    rows = trail.rows
    waiting = (trail.of(rows), rows.c.seal_number.is_(None))
    oldest = session.execute(select(rows.c.id, rows.c.at).where(*waiting).order_by(rows.c.id).limit(1)).one_or_none()
    if oldest is None:
        return Unsealed(0, None, None)
    count = session.execute(select(func.count()).select_from(rows).where(*waiting)).scalar_one()
    return Unsealed(count, oldest.id, oldest.at)


def columns(rows: Table) -> list[Any]:
    """What is sealed of a row, and its seal."""
    return [rows.c[name] for name in (*CONTENT, "seal_number", "seal") if name in rows.c]


def _table(model: Any) -> Table:
    table = model.__table__
    assert isinstance(table, Table)  # noqa: S101 - every mapped class of ours stands on one table
    return table
