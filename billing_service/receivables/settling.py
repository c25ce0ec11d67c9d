"""Receipts that come with what they settle, many at once: from an accounting package or a bank, not by hand.

The same rows, audit rows and news as one by one, in a few statements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.core.ids import new_id
from billing_service.core.money import ZERO
from billing_service.receivables.allocating import undo_allocation
from billing_service.receivables.reading import get
from billing_service.receivables.receipts import cancel_receipt
from billing_service.receivables.standing import OPEN, payment_news
from billing_service.store import audit, bulk, telling
from billing_service.store.audit import AuditRow
from billing_service.store.invoices import Invoice
from billing_service.store.receivables import Allocation, Receipt
from billing_service.store.scope import Scope
from billing_service.store.telling import News

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Settling:
    """Money received from a customer, and what of it settles which of its issued invoices; what is left is balance.

    A part may be more than is open: then the invoice is overpaid. ``iban`` is a valid one; a day to come counts as
    today.
    """

    customer_id: UUID
    received_on: date
    amount: Decimal
    parts: tuple[tuple[UUID, Decimal], ...] = ()
    method: str = "bank_transfer"
    iban: str | None = None
    reference: str | None = None


def settle_many(scope: Scope, payments: Sequence[Settling]) -> list[UUID]:
    """Records each with its allocations; returns the ids of the receipts, in this order.

    Nothing of it is pushed anywhere. Raises ``IntegrityError`` for what the database refuses: a part of another
    customer's invoice or of one that is not issued, or more than the amount.
    """
    if not payments:
        return []
    left = _lock_invoices(scope, {invoice_id for one in payments for invoice_id, _ in one.parts})
    receipts = [_receipt(scope, one) for one in payments]
    allocations: list[Row] = []
    for one, receipt in zip(payments, receipts, strict=True):
        for invoice_id, amount in one.parts:
            allocations.append(_allocation(scope, receipt, invoice_id, amount, overpays=amount > left[invoice_id]))
            left[invoice_id] = max(left[invoice_id] - amount, ZERO)
    bulk.insert_rows(scope.session, Receipt, receipts)
    bulk.insert_rows(scope.session, Allocation, allocations)
    bulk.insert_rows(scope.session, AuditRow, list(audit.rows(scope, _audited(receipts, allocations))))
    if telling.anybody_listens(scope):
        _tell(scope, receipts, set(left))
    return [receipt["id"] for receipt in receipts]


def take_back(scope: Scope, receipt_id: UUID, reason: str) -> None:
    """The receipt never came: whatever it settles is undone, and it is cancelled.

    Raises:
        NotFound: no such receipt.
        Conflict: it was cancelled before, or something of it was refunded (``receipt_in_use``).
    """
    get(scope, Receipt, receipt_id, lock=True)
    for allocation_id in live_allocations(scope, receipt_id):
        undo_allocation(scope, allocation_id, reason)
    cancel_receipt(scope, receipt_id, reason)


def live_allocations(scope: Scope, receipt_id: UUID) -> Sequence[UUID]:
    """The allocations of a receipt that were not undone."""
    mine = Allocation.administration_id == scope.administration_id, Allocation.receipt_id == receipt_id
    undone = select(Allocation.reverses_id).where(*mine, Allocation.reverses_id.is_not(None))
    live = select(Allocation.id).where(*mine, Allocation.reverses_id.is_(None), Allocation.id.not_in(undone))
    return scope.session.scalars(live.order_by(Allocation.id)).all()


def _lock_invoices(scope: Scope, invoice_ids: set[UUID]) -> dict[UUID, Decimal]:
    """What is open of each, none below zero; nobody else changes that until the transaction ends."""
    ordered = sorted(invoice_ids)
    mine = Invoice.administration_id == scope.administration_id, Invoice.id.in_(ordered)
    scope.session.execute(select(Invoice.id).where(*mine).order_by(Invoice.id).with_for_update())
    left = {row[0]: max(row[1], ZERO) for row in scope.session.execute(select(Invoice.id, OPEN).where(*mine))}
    return {invoice_id: left.get(invoice_id, ZERO) for invoice_id in ordered}


def _receipt(scope: Scope, one: Settling) -> Row:
    return {
        "administration_id": scope.administration_id,
        "id": new_id(),
        "customer_id": one.customer_id,
        "received_on": min(one.received_on, scope.today),
        "amount": one.amount,
        "method": one.method,
        "payer_iban": one.iban,
        "reference": one.reference,
        "created_at": scope.now,
        "version": 1,
    }


def _allocation(scope: Scope, receipt: Row, invoice_id: UUID, amount: Decimal, *, overpays: bool) -> Row:
    return {
        "administration_id": scope.administration_id,
        "id": new_id(),
        "customer_id": receipt["customer_id"],
        "receipt_id": receipt["id"],
        "invoice_id": invoice_id,
        "amount": amount,
        "overpays": overpays,
        "allocated_on": scope.today,
        "created_at": scope.now,
    }


def _audited(receipts: Sequence[Row], allocations: Sequence[Row]) -> Iterator[tuple[str, str, UUID, Row]]:
    for row in receipts:
        payer = {} if row["payer_iban"] is None else {"iban": row["payer_iban"]}
        yield "create", "receipt", row["id"], _told(row) | payer
    for row in allocations:
        changes = {name: row[name] for name in ("invoice_id", "amount", "receipt_id")}
        yield "create", "allocation", row["id"], changes


def _tell(scope: Scope, receipts: Sequence[Row], invoice_ids: set[UUID]) -> None:
    news = [News("receipt.recorded", "receipt", row["id"], _told(row)) for row in receipts]
    telling.tell_many(scope, news + payment_news(scope, invoice_ids))


def _told(row: Row) -> Row:
    return {name: row[name] for name in ("customer_id", "received_on", "amount", "method")}
