"""Reconciliations as people read them."""

from __future__ import annotations

from uuid import UUID

from billing_service.errors import NotFound
from billing_service.store.reconciliations import Reconciliation, ReconciliationDifference
from billing_service.store.scope import Scope


def get(scope: Scope, reconciliation_id: UUID) -> Reconciliation:
    """Raises ``NotFound``."""
    row = scope.session.get(Reconciliation, (scope.administration_id, reconciliation_id))
    if row is None:
        raise NotFound("There is no such reconciliation.")
    return row


def difference(
    scope: Scope, reconciliation_id: UUID, difference_id: UUID
) -> tuple[Reconciliation, ReconciliationDifference]:
    """One difference with what it was found in. Raises ``NotFound``."""
    made = get(scope, reconciliation_id)
    row = scope.session.get(ReconciliationDifference, (scope.administration_id, difference_id))
    if row is None or row.reconciliation_id != made.id:
        raise NotFound("There is no such difference.")
    return made, row
