"""Our side of what is compared, as texts by the names of ``connections.facts``."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from billing_service.connections.facts import STATE, Facts
from billing_service.core.document import from_json
from billing_service.store.connections import ConnectionCustomer
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Customer
from billing_service.store.receivables import Allocation, Receipt
from billing_service.store.scope import Scope

COLUMNS: Final = {
    "code": "number",
    "name": "name",
    "vat_number": "vat_number",
    "kvk_number": "kvk",
    "postal_code": "postal_code",
    "email": "email",
}
"""What a package calls it, and our column of a customer."""


def customer(scope: Scope, customer_id: UUID) -> tuple[str, Facts]:
    """Its number, and what would be sent of it now."""
    row = scope.session.get_one(Customer, (scope.administration_id, customer_id))
    return row.number, {STATE: "there"} | {name: getattr(row, column) or None for name, column in COLUMNS.items()}


def document(scope: Scope, connection_id: UUID, invoice_id: UUID) -> tuple[str, Facts]:
    """Its number, and what it says; it never changes."""
    row = scope.session.get_one(Invoice, (scope.administration_id, invoice_id))
    frozen = from_json(row.document.encode())
    known = scope.session.get(ConnectionCustomer, (scope.administration_id, connection_id, row.customer_id))
    said = {
        "kind": row.kind,
        "number": row.number,
        "issue_date": row.issue_date,
        "due_date": row.due_date or row.issue_date,
        "currency": row.currency,
        "net": frozen.totals.net,
        "tax": frozen.totals.vat,
        "total": frozen.totals.gross,
        "customer": known and known.remote_id,
        STATE: "booked",
    }
    return row.number or "–", {name: None if value is None else str(value) for name, value in said.items()}


def receipt(scope: Scope, allocation_id: UUID) -> tuple[Receipt, Facts]:
    """The receipt, and what of it settles this invoice."""
    allocation = scope.session.get_one(Allocation, (scope.administration_id, allocation_id))
    row = scope.session.get_one(Receipt, (scope.administration_id, allocation.receipt_id))
    invoice = scope.session.get_one(Invoice, (scope.administration_id, allocation.invoice_id))
    said = {"amount": allocation.amount, "paid_on": row.received_on, "currency": invoice.currency, STATE: "there"}
    return row, {name: str(value) for name, value in said.items()}
