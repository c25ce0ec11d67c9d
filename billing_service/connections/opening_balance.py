"""The opening balance: what was still open there, of documents from before the start date, taken once.

From the start date on everything is delivered and compared; older documents are not. So that a payment of one of them
is no riddle later, each is kept as it stood there that day, with our customer, and with our document where it has our
number.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select

from billing_service import jobs
from billing_service.connections import connecting, reading
from billing_service.connections.opening import open_connector
from billing_service.core.ids import new_id
from billing_service.errors import Conflict
from billing_service.jobs import RunningJob
from billing_service.store import audit
from billing_service.store.connections import Connection, ConnectionCustomer, OpeningItem
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope
from billing_service.store.work import Job
from connectors.base import ConnectorError, OpenItem, everything

OPENING: Final = "connection_opening"
_AT_ONCE: Final = 500


def start(scope: Scope, connection: Connection) -> Job:
    """Asks for the opening balance. Raises ``Conflict``: without a start date, or where it was taken before."""
    _refuse(connection)
    return jobs.start(scope, OPENING, subject_id=connection.id)


@jobs.runs(OPENING)
def run(job: RunningJob) -> Mapping[str, Any]:
    """Reads all open items there and keeps those from before the start date, all of them or none."""
    with job.scope() as scope:
        connection = connecting.get(scope, job.subject_id or job.id)
        _refuse(connection)
    connector = open_connector(job.outside, connection.administration_id, connection.id)
    try:
        items = list(everything(connector.open_items))
    except ConnectorError as error:
        with job.scope() as scope:
            return reading.not_read(scope, connection.id, error)
    with job.scope() as scope:
        return _store(scope, connecting.get(scope, connection.id), items)


def _refuse(connection: Connection) -> None:
    connecting.refuse_closed(connection)
    if connection.start_date is None:
        raise Conflict("Activate the connection first: the start date says what is older.", code="not_active")
    if connection.opening_taken_at is not None:
        raise Conflict("The opening balance was taken before.", code="opening_taken")


def _store(scope: Scope, connection: Connection, items: Sequence[OpenItem]) -> Mapping[str, Any]:
    _refuse(connection)
    older = {one.document: one for one in items if connection.start_date and one.issue_date < connection.start_date}
    customers, invoices = _customers(scope, connection), _invoices(scope, list(older.values()))
    rows = [
        {
            "administration_id": scope.administration_id,
            "id": new_id(),
            "connection_id": connection.id,
            "document_remote_id": one.document,
            "customer_remote_id": one.customer,
            "customer_id": customers.get(one.customer or ""),
            "invoice_id": invoices.get((one.kind, one.number or "")),
            "created_at": scope.now,
            **{name: getattr(one, name) for name in ("kind", "number", "issue_date", "due_date", "currency")},
            **{name: getattr(one, name) for name in ("total", "open")},
        }
        for one in older.values()
    ]
    if rows:
        scope.session.execute(insert(OpeningItem), rows)
    connection.opening_taken_at = scope.now
    scope.session.flush()
    audit.record(scope, "opening_taken", "connection", connection.id, {"items": len(rows)})
    return {"read": True, "items": len(rows), "without_customer": sum(row["customer_id"] is None for row in rows)}


def _customers(scope: Scope, connection: Connection) -> dict[str, UUID]:
    mine = {"administration_id": scope.administration_id, "connection_id": connection.id}
    known = select(ConnectionCustomer.remote_id, ConnectionCustomer.customer_id).filter_by(**mine)
    return {row.remote_id: row.customer_id for row in scope.session.execute(known)}


def _invoices(scope: Scope, items: Sequence[OpenItem]) -> dict[tuple[str, str], UUID]:
    """Our documents by kind and number, of those that stand there."""
    found: dict[tuple[str, str], UUID] = {}
    numbers = [one.number for one in items if one.number]
    for start_at in range(0, len(numbers), _AT_ONCE):
        some = select(Invoice.kind, Invoice.number, Invoice.id).where(
            Invoice.administration_id == scope.administration_id,
            Invoice.number.in_(numbers[start_at : start_at + _AT_ONCE]),
        )
        found |= {(row.kind, row.number): row.id for row in scope.session.execute(some)}
    return found
