"""Receipts, allocations, refunds and a customer's balance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from billing_service import receivables
from billing_service.api.glue import Answer, Routes, created, page
from billing_service.api.schemas.questions import ReasonIn
from billing_service.api.schemas.receivables import (
    AllocationIn,
    AllocationOut,
    AllocationQuery,
    BalanceOut,
    BalanceQuery,
    ReceiptIn,
    ReceiptOut,
    ReceiptQuery,
    RefundIn,
    RefundOut,
    RefundQuery,
)
from billing_service.receivables.reading import get
from billing_service.receivables.standing import RECEIPT_REST
from billing_service.store.receivables import Allocation, Receipt, Refund
from billing_service.store.scope import Scope

routes = Routes("receivables", "Money that comes in and what it settles. Rows are undone by a row of their own.")

READ, WRITE = "receivables:read", "receivables:write"
_RECEIPT = "/receipts/<uuid:receipt_id>"
_ALLOCATION = "/allocations/<uuid:allocation_id>"
_REFUND = "/refunds/<uuid:refund_id>"


@routes.operation("POST", "/receipts", scope=WRITE, body=ReceiptIn, out=ReceiptOut, status=201)
def record_receipt(scope: Scope, body: dict[str, Any]) -> Answer:
    """Record money that came in. It settles nothing until it is allocated."""
    row = receivables.record_receipt(scope, body)
    return created(_shown(scope, [row])[0], f"/v1/receipts/{row.id}")


@routes.operation("GET", "/receipts", scope=READ, query=ReceiptQuery, page_of=ReceiptOut)
def list_receipts(scope: Scope, query: dict[str, Any]) -> Any:
    """List receipts, oldest first."""
    statement = select(Receipt).where(Receipt.administration_id == scope.administration_id)
    if "customer_id" in query:
        statement = statement.where(Receipt.customer_id == query["customer_id"])
    if "received_from" in query:
        statement = statement.where(Receipt.received_on >= query["received_from"])
    if "received_until" in query:
        statement = statement.where(Receipt.received_on <= query["received_until"])
    if "left" in query:
        statement = statement.where(RECEIPT_REST > 0 if query["left"] else RECEIPT_REST == 0)
    return page(scope, statement, Receipt.id, query, lambda rows: _shown(scope, rows))


@routes.operation("GET", _RECEIPT, scope=READ, out=ReceiptOut)
def get_receipt(scope: Scope, receipt_id: UUID) -> dict[str, Any]:
    """Read a receipt and what is left of it."""
    return _shown(scope, [get(scope, Receipt, receipt_id)])[0]


@routes.operation("POST", f"{_RECEIPT}/cancel", scope=WRITE, body=ReasonIn, out=ReceiptOut)
def cancel_receipt(scope: Scope, receipt_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Cancel a receipt that was recorded by mistake and of which nothing is allocated or refunded."""
    return _shown(scope, [receivables.cancel_receipt(scope, receipt_id, body["reason"])])[0]


@routes.operation("POST", "/allocations", scope=WRITE, body=AllocationIn, out=AllocationOut, status=201)
def allocate(scope: Scope, body: dict[str, Any]) -> Answer:
    """Settle an invoice with a receipt, or set off what is left of a credit note, of the same customer.

    Never more than is left of the one and open of the other, unless `overpays` says that the payer meant this invoice.
    """
    row = receivables.allocate(scope, body)
    return created(row, f"/v1/allocations/{row.id}")


@routes.operation("GET", "/allocations", scope=READ, query=AllocationQuery, page_of=AllocationOut)
def list_allocations(scope: Scope, query: dict[str, Any]) -> Any:
    """List allocations, oldest first, those that undo others among them."""
    return page(scope, _filtered(scope, Allocation, query), Allocation.id, query)


@routes.operation("GET", _ALLOCATION, scope=READ, out=AllocationOut)
def get_allocation(scope: Scope, allocation_id: UUID) -> Allocation:
    """Read an allocation."""
    return get(scope, Allocation, allocation_id)


@routes.operation("POST", f"{_ALLOCATION}/undo", scope=WRITE, body=ReasonIn, out=AllocationOut, status=201)
def undo_allocation(scope: Scope, allocation_id: UUID, body: dict[str, Any]) -> Answer:
    """Undo an allocation by a row with the opposite amount, which is the answer."""
    row = receivables.undo_allocation(scope, allocation_id, body["reason"])
    return created(row, f"/v1/allocations/{row.id}")


@routes.operation("POST", "/refunds", scope=WRITE, body=RefundIn, out=RefundOut, status=201)
def record_refund(scope: Scope, body: dict[str, Any]) -> Answer:
    """Record what a person paid back of a receipt or a credit note. Nothing is paid by this service."""
    row = receivables.record_refund(scope, body)
    return created(row, f"/v1/refunds/{row.id}")


@routes.operation("GET", "/refunds", scope=READ, query=RefundQuery, page_of=RefundOut)
def list_refunds(scope: Scope, query: dict[str, Any]) -> Any:
    """List refunds, oldest first, those that undo others among them."""
    return page(scope, _filtered(scope, Refund, query), Refund.id, query)


@routes.operation("GET", _REFUND, scope=READ, out=RefundOut)
def get_refund(scope: Scope, refund_id: UUID) -> Refund:
    """Read a refund."""
    return get(scope, Refund, refund_id)


@routes.operation("POST", f"{_REFUND}/undo", scope=WRITE, body=ReasonIn, out=RefundOut, status=201)
def undo_refund(scope: Scope, refund_id: UUID, body: dict[str, Any]) -> Answer:
    """Undo a refund by a row with the opposite amount, which is the answer."""
    row = receivables.undo_refund(scope, refund_id, body["reason"])
    return created(row, f"/v1/refunds/{row.id}")


@routes.operation("GET", "/customers/<uuid:customer_id>/balance", scope=READ, query=BalanceQuery, out=BalanceOut)
def get_balance(scope: Scope, customer_id: UUID, query: dict[str, Any]) -> receivables.Balance:
    """Read what a customer owes, with the statement of a period: invoices, credits, receipts, refunds, write-offs."""
    return receivables.balance_of(scope, customer_id, query.get("date_from"), query.get("date_until"))


def _filtered(scope: Scope, table: type[Allocation] | type[Refund], query: dict[str, Any]) -> Select[Any]:
    statement = select(table).where(table.administration_id == scope.administration_id)
    for name in ("receipt_id", "credit_note_id", "invoice_id", "customer_id"):
        if name in query:
            statement = statement.where(getattr(table, name) == query[name])
    return statement


def _shown(scope: Scope, rows: Sequence[Receipt]) -> list[dict[str, Any]]:
    left = receivables.receipt_rests(scope, [row.id for row in rows])
    columns = [column.key for column in Receipt.__table__.columns]
    return [{name: getattr(row, name) for name in columns} | {"left": left[row.id]} for row in rows]
