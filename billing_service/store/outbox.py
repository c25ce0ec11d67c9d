"""Writing work into the outbox, in the transaction of the change that asks for it. Workers claim it (``worker``).

A row carries the id of the request that led to it, where one is bound for logging, and the worker logs under that id.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import structlog
from sqlalchemy import insert

from billing_service.core.ids import new_id
from billing_service.store.scope import Scope
from billing_service.store.work import OutboxRow

REQUEST_ID: Final = "request_id"
"""Where the payload of a row keeps the id of the request that led to it."""


def enqueue(
    scope: Scope,
    kind: str,
    subject_id: UUID,
    *,
    due_at: datetime | None = None,
    payload: Mapping[str, Any] | None = None,
) -> None:
    """Ask for work of this kind on this subject, now or from ``due_at`` on."""
    scope.session.execute(insert(OutboxRow), [row(scope, kind, subject_id, due_at=due_at, payload=payload)])


def row(
    scope: Scope,
    kind: str,
    subject_id: UUID,
    *,
    due_at: datetime | None = None,
    payload: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The values of one outbox row, for callers that insert many at once."""
    request_id = structlog.contextvars.get_contextvars().get(REQUEST_ID)
    return {
        "administration_id": scope.administration_id,
        "id": new_id(),
        "kind": kind,
        "subject_id": subject_id,
        "payload": dict(payload or {}) | ({REQUEST_ID: request_id} if request_id else {}),
        "state": "ready",
        "due_at": due_at or scope.now,
        "attempts": 0,
        "created_at": scope.now,
    }
