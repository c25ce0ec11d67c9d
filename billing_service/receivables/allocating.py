"""Allocations: what of a receipt, or of a credit note, settles an invoice of the same customer.

Never more than is left of its source. Never more than is open of the invoice either, unless the caller says that the
payer meant this invoice (``overpays``): then the invoice is overpaid until that allocation is undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.core.ids import new_id
from billing_service.core.money import ZERO
from billing_service.errors import Conflict, FieldError, InvalidInput
from billing_service.receivables.reading import get, named, refuse_unowed
from billing_service.receivables.standing import credit_rests, receipt_rests, standing, tell_payment_changed
from billing_service.store import audit, dispatch
from billing_service.store.invoices import Invoice
from billing_service.store.receivables import Allocation, Receipt, Refund, WriteOff
from billing_service.store.scope import Scope

Source = tuple[UUID, dict[str, UUID | None]]
"""The customer, and the columns that name the receipt or credit note."""


def lock_source(scope: Scope, wish: Mapping[str, Any]) -> tuple[Source, Decimal]:
    """The receipt or credit note that ``wish`` names, locked, and what is left of it.

    Raises:
        InvalidInput: not exactly one of them, or no such thing.
        Conflict: a receipt that was cancelled, a credit note that is not issued.
    """
    given = [name for name in ("receipt_id", "credit_note_id") if wish.get(name) is not None]
    if len(given) != 1:
        problem = "give a receipt or a credit note, one of the two"
        raise InvalidInput(f"Where does the money come from: {problem}.", errors=[FieldError("/receipt_id", problem)])
    columns: dict[str, UUID | None] = {
        "receipt_id": wish.get("receipt_id"),
        "credit_note_id": wish.get("credit_note_id"),
    }
    if given == ["receipt_id"]:
        receipt = named(scope, Receipt, wish["receipt_id"], "/receipt_id", lock=True)
        if receipt.cancelled_at is not None:
            raise Conflict("This receipt was cancelled.", code="receipt_cancelled")
        return (receipt.customer_id, columns), receipt_rests(scope, [receipt.id])[receipt.id]
    note = named(scope, Invoice, wish["credit_note_id"], "/credit_note_id", lock=True)
    if note.kind != "credit_note":
        problem = "is no credit note"
        raise InvalidInput(f"This {problem}.", errors=[FieldError("/credit_note_id", problem)])
    if note.state != "issued":
        raise Conflict("Only an issued credit note can be set off or refunded.", code="not_issued")
    return (note.customer_id, columns), credit_rests(scope, [note.id])[note.id]


def allocate(scope: Scope, wish: Mapping[str, Any]) -> Allocation:
    """Settle an invoice with what is left of a receipt or a credit note (the latter is a set-off).

    ``wish``: ``receipt_id`` or ``credit_note_id``, ``invoice_id``, optionally ``amount`` (else all that is left, at
    most what is open) and ``overpays``.

    Raises:
        InvalidInput: no such receipt, credit note or invoice; an amount that is not positive; another customer's.
        Conflict: more than is left (``exceeds_source``) or open (``exceeds_open``), or the invoice is not issued.
    """
    (customer_id, source), left = lock_source(scope, wish)
    invoice = refuse_unowed(named(scope, Invoice, wish["invoice_id"], "/invoice_id", lock=True))
    if invoice.customer_id != customer_id:
        problem = "belongs to another customer"
        raise InvalidInput(f"The invoice {problem}.", errors=[FieldError("/invoice_id", problem)])
    still_open = max(standing(scope, invoice.id).open, ZERO)
    overpays = bool(wish.get("overpays"))
    amount = wish.get("amount")
    if amount is None:
        amount = left if overpays else min(left, still_open)
        if amount <= ZERO:
            code = "exceeds_source" if left <= ZERO else "exceeds_open"
            raise Conflict("Nothing is left to allocate, or nothing is open.", code=code)
    refuse_more(amount, left)
    if amount > still_open and not overpays:
        detail = (
            f"{still_open} is open of {invoice.number}; {amount} is more. What is left stays the customer's balance."
        )
        raise Conflict(detail, code="exceeds_open", errors=[FieldError("/amount", f"is more than {still_open}")])
    return _add(scope, customer_id, source, invoice.id, amount, overpays=overpays and amount > still_open)


def refuse_more(amount: Decimal, left: Decimal) -> None:
    """Raises ``InvalidInput`` for an amount that is not positive, ``Conflict`` for more than is left."""
    if amount <= ZERO:
        raise InvalidInput("An amount is more than nothing.", errors=[FieldError("/amount", "is not positive")])
    if amount > left:
        detail = f"{left} is left; {amount} is more."
        raise Conflict(detail, code="exceeds_source", errors=[FieldError("/amount", f"is more than {left}")])


def undo_allocation(scope: Scope, allocation_id: UUID, reason: str) -> Allocation:
    """Take an allocation back by a row with the opposite amount; what it gave out is left again. Returns that row.

    Raises:
        NotFound: no such allocation.
        Conflict: it was undone, undoes another, or is what a credit note closed of its own invoice.
    """
    row = get(scope, Allocation, allocation_id)
    source = Receipt if row.receipt_id else Invoice
    get(scope, source, row.receipt_id or row.credit_note_id or row.id, lock=True)
    get(scope, Invoice, row.invoice_id, lock=True)
    refuse_undone(scope, Allocation, row)
    if row.credit_note_id and get(scope, Invoice, row.credit_note_id).credits_invoice_id == row.invoice_id:
        detail = "A credit note closes the open part of its own invoice; that stands on it and stays."
        raise Conflict(detail, code="closed_by_credit")
    columns: dict[str, UUID | None] = {"receipt_id": row.receipt_id, "credit_note_id": row.credit_note_id}
    return _add(scope, row.customer_id, columns, row.invoice_id, -row.amount, reverses_id=row.id, reason=reason)


def refuse_undone(
    scope: Scope, table: type[Allocation] | type[Refund] | type[WriteOff], row: Allocation | Refund | WriteOff
) -> None:
    """Raises ``Conflict`` (``already_undone``) for a row that was undone, or undoes another."""
    undone = select(table.id).where(table.administration_id == scope.administration_id, table.reverses_id == row.id)
    if row.reverses_id is not None or scope.session.scalars(undone).first() is not None:
        raise Conflict("This was undone before, or undoes another.", code="already_undone")


def close_with_credit(scope: Scope, credit_note_id: UUID, customer_id: UUID, invoice_id: UUID, amount: Decimal) -> None:
    """An issued credit note closes ``amount`` of its invoice: what was open, at most what it credits.

    To be called in the transaction that issues it, with the invoice locked.
    """
    if amount > ZERO:
        _add(scope, customer_id, {"receipt_id": None, "credit_note_id": credit_note_id}, invoice_id, amount)


def _add(
    scope: Scope,
    customer_id: UUID,
    source: Mapping[str, UUID | None],
    invoice_id: UUID,
    amount: Decimal,
    *,
    overpays: bool = False,
    reverses_id: UUID | None = None,
    reason: str | None = None,
) -> Allocation:
    row = Allocation(
        administration_id=scope.administration_id,
        id=new_id(),
        customer_id=customer_id,
        invoice_id=invoice_id,
        amount=amount,
        overpays=overpays,
        allocated_on=scope.today,
        reverses_id=reverses_id,
        reason=reason,
        created_at=scope.now,
        **source,
    )
    scope.session.add(row)
    scope.session.flush()
    changes = {"invoice_id": invoice_id, "amount": amount, **{name: key for name, key in source.items() if key}}
    if reverses_id is not None:
        changes |= {"reverses_id": reverses_id, "reason": reason}
    audit.record(scope, "undo" if reverses_id else "create", "allocation", row.id, changes)
    if row.receipt_id and reverses_id is None:
        dispatch.receipt_allocated(scope, row.id, invoice_id)
    elif row.receipt_id and reverses_id is not None:
        dispatch.receipt_undone(scope, reverses_id)
    tell_payment_changed(scope, invoice_id)
    return row
