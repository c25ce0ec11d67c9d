"""Repairs that a person decides on and the service carries out: what is gone is delivered again, a draft is booked.

Both are steps of a delivery like any other: the package is looked at first, nothing is created while it may stand
there, and whatever goes wrong needs attention as a delivery.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

from billing_service.connections import capabilities_of, connecting
from billing_service.core.reconciling import Repair
from billing_service.delivery import again, telling
from billing_service.errors import Conflict
from billing_service.reconciliation.reading import difference
from billing_service.store import audit, dispatch
from billing_service.store.connections import Connection
from billing_service.store.deliveries import Delivery
from billing_service.store.reconciliations import ReconciliationDifference
from billing_service.store.scope import Scope

CARRIED_OUT: Final = frozenset({Repair.DELIVER_AGAIN, Repair.BOOK})
"""What can be done from here; all others are done by a person, there or here."""


def carry_out(scope: Scope, reconciliation_id: UUID, difference_id: UUID) -> Delivery:
    """Do what is proposed for this difference; the delivery that goes again. Twice does no more than once.

    Raises:
        NotFound: no such difference.
        Conflict: a person must do it (``not_carried_out``); the connection is not active (``not_active``); or the
            document was delivered elsewhere since, or has a delivery that needs attention (``difference_changed``).
    """
    made, found = difference(scope, reconciliation_id, difference_id)
    telling.lock(scope, made.connection_id)
    connection = connecting.get(scope, made.connection_id)
    _refuse(connection, found)
    assert found.document_id is not None  # noqa: S101 - what is gone or a draft there is a document of ours
    row = dispatch.delivery_of(scope, made.connection_id, "document", found.document_id)
    if row is not None and row.state == "waiting":  # it goes already
        return row
    if row is None or row.state != "delivered" or row.remote_id != found.remote_id:
        raise Conflict("This document stands otherwise by now: reconcile again first.", code="difference_changed")
    if found.repair == Repair.DELIVER_AGAIN:
        again.anew(scope, made.connection_id, "document", found.document_id)
    else:
        again.overwrite(scope, made.connection_id, found.document_id)
    audit.record(
        scope, str(found.repair), "delivery", row.id, {"difference_id": found.id, "remote_id": found.remote_id}
    )
    return row


def _refuse(connection: Connection, found: ReconciliationDifference) -> None:
    if connection.state != "active":
        raise Conflict("This connection is not active.", code="not_active")
    if found.repair not in CARRIED_OUT:
        raise Conflict("What is proposed for this difference is done by a person.", code="not_carried_out")
    if found.repair == Repair.BOOK and not capabilities_of(connection).posts_separately.value:
        raise Conflict("This package is not asked to book a draft: do it there.", code="not_carried_out")
