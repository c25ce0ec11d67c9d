"""Conflicts: a customer or document of ours changed in the package, or a payment of theirs recorded here."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import ownership
from billing_service.api.glue import Routes, page
from billing_service.api.schemas.conflicts import ConflictOut, ConflictQuery, ConflictResolveIn
from billing_service.store.agreements import SyncConflict
from billing_service.store.scope import Scope

routes = Routes("conflicts", "Changes on the wrong side of a connection: ours, theirs, and what was agreed on last.")

READ, WRITE = "conflicts:read", "conflicts:write"


@routes.operation("GET", "/conflicts", scope=READ, query=ConflictQuery, page_of=ConflictOut)
def list_conflicts(scope: Scope, query: dict[str, Any]) -> Any:
    """List conflicts, oldest first. Each open one has a finding in words."""
    statement = select(SyncConflict).where(SyncConflict.administration_id == scope.administration_id)
    for name in ("state", "noun", "connection_id", "subject_id"):
        if name in query:
            statement = statement.where(getattr(SyncConflict, name) == query[name])
    return page(scope, statement, SyncConflict.id, query)


@routes.operation("GET", "/conflicts/<uuid:conflict_id>", scope=READ, out=ConflictOut)
def get_conflict(scope: Scope, conflict_id: UUID) -> SyncConflict:
    """Read a conflict."""
    return ownership.get(scope, conflict_id)


@routes.operation("POST", "/conflicts/<uuid:conflict_id>/resolve", scope=WRITE, body=ConflictResolveIn, out=ConflictOut)
def resolve_conflict(scope: Scope, conflict_id: UUID, body: dict[str, Any]) -> SyncConflict:
    """Resolve a conflict: ours again, theirs accepted, or kept as it is with a reason. Its finding goes with it."""
    return ownership.resolve(scope, conflict_id, body["choice"], body.get("reason"))
