"""Dated records beside an invoice: disputes and write-offs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import invoicing, receivables
from billing_service.api.glue import Answer, Routes, created, page
from billing_service.api.glue.paging import PageQuery
from billing_service.api.schemas.questions import ReasonIn
from billing_service.api.schemas.receivables import DisputeEndIn, DisputeIn, DisputeOut, WriteOffIn, WriteOffOut
from billing_service.receivables.reading import get
from billing_service.store.receivables import Dispute, WriteOff
from billing_service.store.scope import Scope

routes = Routes("invoice records", "What happened to an issued invoice besides payment: contested, written off.")

READ, WRITE = "receivables:read", "receivables:write"
_INVOICE = "/invoices/<uuid:invoice_id>"
_DISPUTES, _WRITE_OFFS = f"{_INVOICE}/disputes", f"{_INVOICE}/write-offs"


@routes.operation("POST", _DISPUTES, scope=WRITE, body=DisputeIn, out=DisputeOut, status=201)
def open_dispute(scope: Scope, invoice_id: UUID, body: dict[str, Any]) -> Answer:
    """Record that the customer contests an invoice. One dispute at a time."""
    row = receivables.open_dispute(scope, invoice_id, body["reason"], body.get("opened_on"))
    return created(row, f"/v1/disputes/{row.id}")


@routes.operation("GET", _DISPUTES, scope=READ, query=PageQuery, page_of=DisputeOut)
def list_disputes(scope: Scope, invoice_id: UUID, query: dict[str, Any]) -> Any:
    """List the disputes about an invoice, oldest first."""
    invoicing.get_invoice(scope, invoice_id)
    statement = select(Dispute).where(
        Dispute.administration_id == scope.administration_id, Dispute.invoice_id == invoice_id
    )
    return page(scope, statement, Dispute.id, query)


@routes.operation("GET", "/disputes/<uuid:dispute_id>", scope=READ, out=DisputeOut)
def get_dispute(scope: Scope, dispute_id: UUID) -> Dispute:
    """Read a dispute."""
    return get(scope, Dispute, dispute_id)


@routes.operation("POST", "/disputes/<uuid:dispute_id>/end", scope=WRITE, body=DisputeEndIn, out=DisputeOut)
def end_dispute(scope: Scope, dispute_id: UUID, body: dict[str, Any]) -> Dispute:
    """Record that a dispute is over, and how."""
    return receivables.end_dispute(scope, dispute_id, body["outcome"], body.get("ended_on"))


@routes.operation("POST", _WRITE_OFFS, scope=WRITE, body=WriteOffIn, out=WriteOffOut, status=201)
def write_off(scope: Scope, invoice_id: UUID, body: dict[str, Any]) -> Answer:
    """Write off what is open of an invoice, or part of it: nobody expects it to be paid any more."""
    row = receivables.write_off(scope, invoice_id, body["reason"], body.get("amount"), body.get("written_off_on"))
    return created(row, f"/v1/write-offs/{row.id}")


@routes.operation("GET", _WRITE_OFFS, scope=READ, query=PageQuery, page_of=WriteOffOut)
def list_write_offs(scope: Scope, invoice_id: UUID, query: dict[str, Any]) -> Any:
    """List the write-offs of an invoice, oldest first, those that undo others among them."""
    invoicing.get_invoice(scope, invoice_id)
    statement = select(WriteOff).where(
        WriteOff.administration_id == scope.administration_id, WriteOff.invoice_id == invoice_id
    )
    return page(scope, statement, WriteOff.id, query)


@routes.operation("GET", "/write-offs/<uuid:write_off_id>", scope=READ, out=WriteOffOut)
def get_write_off(scope: Scope, write_off_id: UUID) -> WriteOff:
    """Read a write-off."""
    return get(scope, WriteOff, write_off_id)


@routes.operation(
    "POST", "/write-offs/<uuid:write_off_id>/undo", scope=WRITE, body=ReasonIn, out=WriteOffOut, status=201
)
def undo_write_off(scope: Scope, write_off_id: UUID, body: dict[str, Any]) -> Answer:
    """Undo a write-off by a row with the opposite amount, which is the answer; the amount is open again."""
    row = receivables.undo_write_off(scope, write_off_id, body["reason"])
    return created(row, f"/v1/write-offs/{row.id}")
