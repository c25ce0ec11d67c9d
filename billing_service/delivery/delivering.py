"""The worker's part: one delivery, from wherever it stands, as far as it comes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import select

from billing_service.connections import Outside, open_connector
from billing_service.delivery import telling
from billing_service.delivery.customers import push_customer
from billing_service.delivery.documents import push_document
from billing_service.delivery.push import Hands, OpenScope, Push, Superseded
from billing_service.delivery.receipts import push_receipt, report_undone
from billing_service.store import dispatch
from billing_service.store.connections import Connection
from billing_service.store.deliveries import Delivery
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope
from connectors.base import ConnectorError

FAILED_HERE: Final = "failed_here"
"""The cause of a delivery that went wrong in our own program, again and again."""
AT_ONCE: Final = 200
"""Documents asked for in one transaction when a connection begins."""

_PUSHES: Final[dict[str, Callable[[Push], timedelta | None]]] = {
    "document": push_document,
    "customer": push_customer,
    "receipt": push_receipt,
}


def deliver(outside: Outside, hands: Hands, delivery_id: UUID) -> timedelta | None:
    """Take every step that can be taken now. ``None``: nothing is left for a worker to do; else go on after this long.

    While the connection is stopped nothing is done; whoever resumes it asks for everything anew.
    """
    with hands.reading() as scope:
        row = scope.session.get_one(Delivery, (scope.administration_id, delivery_id))
        connection = scope.session.get_one(Connection, (scope.administration_id, row.connection_id))
        now = scope.now
    if row.state == "delivered" and row.noun == "receipt":
        with hands.scope() as scope:
            report_undone(scope, row)
    if row.state != "waiting" or connection.state != "active":
        return None
    if row.next_at is not None and now < row.next_at:
        return row.next_at - now
    connector = open_connector(outside, row.administration_id, row.connection_id)
    push = Push(outside, hands, connector, row, timedelta(seconds=outside.call_seconds))
    try:
        return _pushed(push)
    except Superseded:
        return None


def _pushed(push: Push) -> timedelta | None:
    try:
        return _PUSHES[push.row.noun](push)
    except ConnectorError as error:
        return push.failed(error)


def gave_up(scope: Scope, delivery_id: UUID, reason: str) -> None:
    """Our own program failed at it too often: a person must look."""
    row = scope.session.get_one(Delivery, (scope.administration_id, delivery_id))
    if row.state != "waiting":
        return
    telling.lock(scope, row.connection_id)
    row.state, row.cause, row.fix, row.detail = "needs_attention", FAILED_HERE, "fix_support", reason
    row.waits = row.waiting_since = row.next_at = None
    scope.session.flush()
    telling.needs_attention(scope, row)


def dispatch_since_start(open_scope: OpenScope, connection_id: UUID) -> None:
    """Ask for the delivery of everything issued since the start date of a connection that began. May be repeated."""
    after: UUID | None = None
    while True:
        with open_scope() as scope:
            to = dispatch.destination(scope)
            if to is None or to.connection_id != connection_id:
                return
            found = _not_asked_for(scope, to, after)
            dispatch.documents_to(scope, to, found)
        if len(found) < AT_ONCE:
            return
        after = found[-1].id


def _not_asked_for(scope: Scope, to: dispatch.Destination, after: UUID | None) -> list[dispatch.Paper]:
    asked = select(Delivery.subject_id).where(
        Delivery.administration_id == Invoice.administration_id,
        Delivery.connection_id == to.connection_id,
        Delivery.noun == "document",
        Delivery.subject_id == Invoice.id,
    )
    found = (
        select(Invoice.id, Invoice.number, Invoice.issue_date, Invoice.customer_id)
        .where(
            Invoice.administration_id == scope.administration_id,
            Invoice.state == "issued",
            Invoice.number.is_not(None),
            Invoice.issue_date >= to.start_date,
            ~asked.exists(),
        )
        .order_by(Invoice.id)
        .limit(AT_ONCE)
    )
    if after is not None:
        found = found.where(Invoice.id > after)
    return [dispatch.Paper(*row) for row in scope.session.execute(found)]
