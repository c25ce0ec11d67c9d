"""Asking for a look at one of ours in the package: somebody has reason to think that it was changed there."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import literal_column, select

from billing_service.store import outbox
from billing_service.store.scope import Scope
from billing_service.store.work import OutboxRow

LOOK: Final = "look"
"""Reading one customer or document there; its subject is ours."""
LOOK_AT_CUSTOMERS: Final = "look_at_customers"
"""Reading all customers there; its subject is the connection."""


def ask(scope: Scope, connection_id: UUID, noun: str, subject_id: UUID) -> None:
    """Look at this customer or document now. Where somebody asked before and nobody has looked yet, that is enough."""
    if not is_asked(scope, LOOK, subject_id):
        outbox.enqueue(scope, LOOK, subject_id, payload={"connection_id": str(connection_id), "noun": noun})


def is_asked(scope: Scope, kind: str, subject_id: UUID) -> bool:
    """Whether such work waits, due now, for a worker that has not begun it."""
    waiting = select(OutboxRow.id).where(
        OutboxRow.administration_id == scope.administration_id,
        OutboxRow.subject_id == subject_id,
        OutboxRow.kind == kind,
        OutboxRow.state == literal_column("'ready'"),
        OutboxRow.due_at <= scope.now,
    )
    return scope.session.scalars(waiting.limit(1)).first() is not None
