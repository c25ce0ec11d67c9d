"""Receipts and refunds recorded by a person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing_service.core.identifiers import check_iban
from billing_service.core.ids import new_id
from billing_service.errors import Conflict, FieldError, InvalidInput
from billing_service.receivables.allocating import lock_source, refuse_more, refuse_undone
from billing_service.receivables.reading import get, named, not_later_than_today
from billing_service.receivables.standing import receipt_rests
from billing_service.store import audit, telling
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Customer
from billing_service.store.receivables import Receipt, Refund
from billing_service.store.scope import Scope


def record_receipt(scope: Scope, wish: Mapping[str, Any]) -> Receipt:
    """Money that came in. ``wish``: ``customer_id``, ``amount``, ``received_on`` (else today), ``method``, and what the
    bank told of the payer: ``payer_name``, ``payer_iban``, ``reference``.

    Raises:
        InvalidInput: no such customer, an amount that is not positive, a day to come, an impossible IBAN.
    """
    customer = named(scope, Customer, wish["customer_id"], "/customer_id")
    if wish["amount"] <= 0:
        raise InvalidInput("A receipt is more than nothing.", errors=[FieldError("/amount", "is not positive")])
    row = Receipt(
        administration_id=scope.administration_id,
        id=new_id(),
        customer_id=customer.id,
        received_on=not_later_than_today(scope, wish.get("received_on"), "/received_on"),
        amount=wish["amount"],
        method=wish.get("method") or "bank_transfer",
        payer_name=wish.get("payer_name"),
        payer_iban=_iban(wish.get("payer_iban")),
        reference=wish.get("reference"),
        created_at=scope.now,
    )
    scope.session.add(row)
    scope.session.flush()
    told = {"customer_id": customer.id, "received_on": row.received_on, "amount": row.amount, "method": row.method}
    audit.record(scope, "create", "receipt", row.id, told | {"name": row.payer_name, "iban": row.payer_iban})
    telling.tell(scope, "receipt.recorded", "receipt", row.id, told)
    return row


def cancel_receipt(scope: Scope, receipt_id: UUID, reason: str) -> Receipt:
    """A receipt that was recorded by mistake counts no longer.

    Raises:
        NotFound: no such receipt.
        Conflict: cancelled before, or something of it is allocated or refunded.
    """
    row = get(scope, Receipt, receipt_id, lock=True)
    if row.cancelled_at is not None:
        raise Conflict("This receipt was cancelled before.", code="receipt_cancelled")
    if receipt_rests(scope, [row.id])[row.id] != row.amount:
        raise Conflict("Something of this receipt is allocated or refunded: undo that first.", code="receipt_in_use")
    row.cancelled_at, row.cancel_reason = scope.now, reason
    scope.session.flush()
    audit.record(scope, "cancel", "receipt", row.id, {"reason": reason})
    telling.tell(scope, "receipt.cancelled", "receipt", row.id, {"customer_id": row.customer_id, "amount": row.amount})
    return row


def record_refund(scope: Scope, wish: Mapping[str, Any]) -> Refund:
    """Money that a person paid back. ``wish``: ``receipt_id`` or ``credit_note_id``, optionally ``amount`` (else all
    that is left), ``refunded_on`` (else today) and ``reference``.

    Raises:
        InvalidInput: no such receipt or credit note, an amount that is not positive, a day to come.
        Conflict: more than is left (``exceeds_source``).
    """
    (customer_id, source), left = lock_source(scope, wish)
    day = not_later_than_today(scope, wish.get("refunded_on"), "/refunded_on")
    amount = wish.get("amount")
    if amount is None:
        amount = left
        if left <= 0:
            raise Conflict("Nothing is left to be paid back.", code="exceeds_source")
    refuse_more(amount, left)
    return _refund(scope, customer_id, source, amount, day, wish.get("reference"))


def undo_refund(scope: Scope, refund_id: UUID, reason: str) -> Refund:
    """A refund that did not go through, or was recorded by mistake: what it took is left again.

    Returns the undoing row.

    Raises ``NotFound``, and ``Conflict`` (``already_undone``).
    """
    row = get(scope, Refund, refund_id)
    if row.receipt_id:
        get(scope, Receipt, row.receipt_id, lock=True)
    elif row.credit_note_id:
        get(scope, Invoice, row.credit_note_id, lock=True)
    refuse_undone(scope, Refund, row)
    source = {"receipt_id": row.receipt_id, "credit_note_id": row.credit_note_id}
    undoing = {"reverses_id": row.id, "reason": reason}
    return _refund(scope, row.customer_id, source, -row.amount, scope.today, None, **undoing)


def _refund(
    scope: Scope,
    customer_id: UUID,
    source: Mapping[str, UUID | None],
    amount: Decimal,
    day: date,
    reference: str | None,
    **undoing: Any,
) -> Refund:
    row = Refund(
        administration_id=scope.administration_id,
        id=new_id(),
        customer_id=customer_id,
        amount=amount,
        refunded_on=day,
        reference=reference,
        created_at=scope.now,
        **source,
        **undoing,
    )
    scope.session.add(row)
    scope.session.flush()
    told = {"amount": amount, "refunded_on": day, **{name: key for name, key in source.items() if key}, **undoing}
    audit.record(scope, "undo" if undoing else "create", "refund", row.id, told)
    return row


def _iban(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return check_iban(text)
    except ValueError as error:
        raise InvalidInput(str(error), errors=[FieldError("/payer_iban", str(error))]) from error
