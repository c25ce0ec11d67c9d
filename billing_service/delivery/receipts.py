"""A receipt recorded here on its way: what of it settles one invoice is booked there once, after that invoice."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import select

from billing_service import findings
from billing_service.connections.documents import mapped
from billing_service.connections.facts import payment_facts
from billing_service.delivery.patience import INVOICE, UNCLEAR, Attention, Later, after_others
from billing_service.delivery.push import Push
from billing_service.delivery.steps import key_lives
from billing_service.delivery.telling import INVOICE_FIRST
from billing_service.store import dispatch
from billing_service.store.agreements import agree
from billing_service.store.deliveries import Delivery
from billing_service.store.invoices import Invoice
from billing_service.store.payments_in import PaymentIn
from billing_service.store.receivables import Allocation, Receipt
from billing_service.store.scope import Scope
from connectors.base import AlreadyThere, Difference, Outcome, OutcomeUnknown, Payment, PaymentFact, Step

UNDONE_HERE: Final = "receipt_undone_here"


def push_receipt(push: Push) -> timedelta | None:
    """Look where an attempt was made, else book it; after how long it goes on, if it does."""
    loaded = _load(push)
    if isinstance(loaded, Later):
        return push.later(loaded)
    if isinstance(loaded, Attention):
        return push.attention(loaded)
    if loaded.undone and not push.row.unclear:
        return push.cancel()
    if not push.row.unclear:
        return _book(push, loaded)
    if push.row.look_after is not None and push.now() < push.row.look_after:
        return push.later(Later(UNCLEAR, push.row.waiting_since or push.now(), push.row.look_after))
    return _looked(push, loaded)


@dataclass(frozen=True, slots=True)
class Booking:
    """What is to stand there; ``undone``: the allocation was taken back here meanwhile."""

    payment: Payment
    undone: bool


def _looked(push: Push, booking: Booking) -> timedelta | None:
    found = push.connector.find_payment(booking.payment)
    if found.outcome is Outcome.SEVERAL:
        ids = ", ".join(one.id for one in found.items)
        return push.attention(Attention("several_there", "look_there", None, ids))
    if found.outcome is Outcome.ONE:
        return _compared(push, booking, found.items[0])
    if found.outcome is Outcome.CANNOT_SEARCH and not key_lives(push.progress, push.capabilities, push.now()):
        return push.attention(Attention("outcome_unclear", "look_there"))
    if booking.undone:
        return push.cancel()
    return _book(push, booking)


def _book(push: Push, booking: Booking) -> timedelta | None:
    push.begin(Step.CREATE)
    try:
        fact = push.connector.push_payment(booking.payment, key=push.row.key)
    except AlreadyThere as error:
        raise OutcomeUnknown(str(error), detail=error.detail) from None
    return _compared(push, booking, fact)


def _compared(push: Push, booking: Booking, fact: PaymentFact) -> timedelta | None:
    ours = booking.payment
    pairs = {"total": (ours.amount, fact.amount), "currency": (ours.currency, fact.currency)}
    wrong = [Difference(name, str(here), str(there)) for name, (here, there) in pairs.items() if here != there]
    if wrong:
        push.arrived(remote_id=fact.id)
        return push.attention(Attention("differs", "look_there"), wrong)
    return push.delivered(lambda scope: _recorded(scope, push.row, fact), remote_id=fact.id)


def _recorded(scope: Scope, row: Delivery, fact: PaymentFact) -> bool:
    agree(scope, row.connection_id, "receipt", row.subject_id, payment_facts(fact))
    report_undone(scope, row)
    return True


def report_undone(scope: Scope, row: Delivery) -> None:
    """It stands there, but the allocation was undone here: only a person can take it back there.

    Not where it was undone because it was taken back there.
    """
    if _is_undone(scope, row) and not _taken_back_there(scope, row):
        facts = {"number": row.number, "remote_id": row.remote_id}
        findings.report(scope, UNDONE_HERE, "delivery", row.id, facts)


def _is_undone(scope: Scope, row: Delivery) -> bool:
    undone = select(Allocation.id).where(
        Allocation.administration_id == scope.administration_id, Allocation.reverses_id == row.subject_id
    )
    return scope.session.scalars(undone).first() is not None


def _taken_back_there(scope: Scope, row: Delivery) -> bool:
    told = select(PaymentIn.id).where(
        PaymentIn.administration_id == scope.administration_id,
        PaymentIn.connection_id == row.connection_id,
        PaymentIn.number == row.number,
        PaymentIn.state == "taken_back",
    )
    return scope.session.scalars(told).first() is not None


def _load(push: Push) -> Booking | Later | Attention:
    with push.hands.reading() as scope:
        key = scope.administration_id
        allocation = scope.session.get_one(Allocation, (key, push.row.subject_id))
        receipt = scope.session.get_one(Receipt, (key, allocation.receipt_id))
        invoice = scope.session.get_one(Invoice, (key, allocation.invoice_id))
        first = dispatch.delivery_of(scope, push.row.connection_id, "document", invoice.id)
        undone = _is_undone(scope, push.row)
        if first is None or first.state != "delivered" or first.remote_id is None:
            if first is not None and first.state == "needs_attention":
                return Attention(INVOICE_FIRST, "look_there", None, first.number)
            return after_others(INVOICE, push.row.waiting_since, push.now())
        payment = Payment(
            number=push.row.number,
            document=first.remote_id,
            paid_on=receipt.received_on,
            amount=allocation.amount,
            currency=invoice.currency,
            method=mapped(scope, push.row.connection_id).payment_method(receipt.method),
            description=receipt.reference or "",
        )
    return Booking(payment, undone)
