"""Dated records beside an invoice: the customer contests it, or nobody expects the rest any more."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.core.ids import new_id
from billing_service.core.money import ZERO
from billing_service.errors import Conflict, FieldError, InvalidInput
from billing_service.receivables.allocating import refuse_undone
from billing_service.receivables.reading import day_of_invoice, get, not_later_than_today, refuse_unowed
from billing_service.receivables.standing import standing, tell_payment_changed
from billing_service.store import audit
from billing_service.store.invoices import Invoice
from billing_service.store.receivables import Dispute, WriteOff
from billing_service.store.scope import Scope


def write_off(
    scope: Scope, invoice_id: UUID, reason: str, amount: Decimal | None = None, day: date | None = None
) -> WriteOff:
    """Write off ``amount`` of an invoice, or all that is open.

    Raises:
        NotFound: no such invoice.
        InvalidInput: an amount that is not positive, a day to come or before the date of the invoice.
        Conflict: more than is open (``exceeds_open``), or the invoice is not issued.
    """
    invoice = refuse_unowed(get(scope, Invoice, invoice_id, lock=True))
    still_open = standing(scope, invoice_id).open
    wanted = still_open if amount is None else amount
    if amount is not None and amount <= ZERO:
        raise InvalidInput("An amount is more than nothing.", errors=[FieldError("/amount", "is not positive")])
    if wanted > still_open or still_open <= ZERO:
        raise Conflict(f"{still_open} is open of {invoice.number}.", code="exceeds_open")
    on = day_of_invoice(scope, invoice, day, "/written_off_on")
    return _write_off(scope, invoice, wanted, on, reason)


def undo_write_off(scope: Scope, write_off_id: UUID, reason: str) -> WriteOff:
    """The amount is open again. Returns the undoing row.

    Raises ``NotFound``, and ``Conflict`` (``already_undone``).
    """
    row = get(scope, WriteOff, write_off_id)
    invoice = get(scope, Invoice, row.invoice_id, lock=True)
    refuse_undone(scope, WriteOff, row)
    return _write_off(scope, invoice, -row.amount, scope.today, reason, reverses_id=row.id)


def _write_off(scope: Scope, invoice: Invoice, amount: Decimal, day: date, reason: str, **undoing: Any) -> WriteOff:
    row = WriteOff(
        administration_id=scope.administration_id,
        id=new_id(),
        customer_id=invoice.customer_id,
        invoice_id=invoice.id,
        amount=amount,
        written_off_on=day,
        reason=reason,
        created_at=scope.now,
        **undoing,
    )
    scope.session.add(row)
    scope.session.flush()
    told = {"invoice_id": invoice.id, "amount": amount, "written_off_on": day, "reason": reason, **undoing}
    audit.record(scope, "undo" if undoing else "create", "write_off", row.id, told)
    tell_payment_changed(scope, invoice.id)
    return row


def open_dispute(scope: Scope, invoice_id: UUID, reason: str, day: date | None = None) -> Dispute:
    """The customer contests an invoice.

    Raises ``NotFound``, ``InvalidInput`` for a day to come or before its date, ``Conflict`` for one contested already
    or not issued.
    """
    invoice = refuse_unowed(get(scope, Invoice, invoice_id, lock=True))
    ours = Dispute.administration_id == scope.administration_id
    running = select(Dispute.id).where(ours, Dispute.invoice_id == invoice_id, Dispute.ended_on.is_(None))
    if scope.session.scalars(running).first() is not None:
        raise Conflict("This invoice is contested already: end that dispute first.", code="disputed_already")
    row = Dispute(
        administration_id=scope.administration_id,
        id=new_id(),
        invoice_id=invoice_id,
        opened_on=day_of_invoice(scope, invoice, day, "/opened_on"),
        reason=reason,
        created_at=scope.now,
    )
    scope.session.add(row)
    scope.session.flush()
    told = {"invoice_id": invoice_id, "opened_on": row.opened_on, "reason": reason}
    audit.record(scope, "create", "dispute", row.id, told)
    return row


def end_dispute(scope: Scope, dispute_id: UUID, outcome: str, day: date | None = None) -> Dispute:
    """The dispute is over, and how.

    Raises ``NotFound``, ``InvalidInput`` for a day to come or before it began, ``Conflict`` for one that is over.
    """
    row = get(scope, Dispute, dispute_id, lock=True)
    if row.ended_on is not None:
        raise Conflict(f"This dispute ended on {row.ended_on}.", code="dispute_ended")
    ended_on = not_later_than_today(scope, day, "/ended_on")
    if ended_on < row.opened_on:
        raise InvalidInput("A dispute ends after it began.", errors=[FieldError("/ended_on", "lies before opened_on")])
    row.ended_on, row.outcome = ended_on, outcome
    scope.session.flush()
    audit.record(scope, "end", "dispute", row.id, {"ended_on": ended_on, "outcome": outcome})
    return row
