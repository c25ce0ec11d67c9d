"""Booking here what stands there: what is booked already stays, what is no longer so is taken back, the rest comes new.

The caller holds the lock of the pull (``store.collecting``), so that nobody else books payments of this connection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select

from billing_service import findings, ownership, receivables
from billing_service.collection import deciding
from billing_service.collection.deciding import Wanted
from billing_service.collection.links import Links, links_of
from billing_service.collection.matching import concerned, is_about_us, matched
from billing_service.collection.payments import Payment, Payments, bearing_on, complete, copies, find, save, take_in
from billing_service.core.money import ZERO
from billing_service.core.payments_in import standing
from billing_service.store import collecting
from billing_service.store.connections import Connection, OpeningItem
from billing_service.store.deliveries import Delivery
from billing_service.store.payments_in import ELSEWHERE, UNDECIDED, PaymentIn
from billing_service.store.receivables import Receipt, Refund
from billing_service.store.scope import Scope
from connectors.base import PaymentFact

FINDING: Final = "payment_needs_decision"
"""The finding about a payment that only a person can tell the meaning of."""
Unlinked = dict[str, tuple[Payment, Decimal]]
NO_LONGER: Final = "Told otherwise by the accounting package"


def record(scope: Scope, connection: Connection, facts: Iterable[PaymentFact], *, derived: bool = False) -> None:
    """These were told now. May be repeated; of two facts with one id the last one counts."""
    payments, changed = take_in(scope, connection.id, facts, derived=derived)
    if changed:
        settle(scope, connection, payments, changed)


def settle(scope: Scope, connection: Connection, payments: Payments, changed: Collection[str]) -> None:
    """Makes what is booked here equal to what stands there, for these payments, and stores them.

    ``payments`` are with all that bears on them; ``changed`` are the ids of those that are new or were told otherwise.
    What has to be matched, and concerns the same customers, is looked at again with them.
    """
    before: Payments = {}
    while True:
        before |= copies({key: one for key, one in payments.items() if key not in before})
        links = links_of(scope, connection, payments.values())
        wanted, unlinked = _wanted(payments, links)
        book(scope, payments, wanted)
        match = matched(scope, links, unlinked)
        customers = match.customers | _customers(before, wanted)
        more = [one for one in concerned(scope, connection.id, customers) if one.remote_id not in payments]
        if not more:
            break
        payments |= {one.remote_id: one for one in more}
        complete(scope, connection.id, payments)
    book(scope, payments, match.wanted)
    touched = [one for key, one in payments.items() if key in changed or one != before[key]]
    save(scope, connection.id, touched)
    tell(scope, connection, touched)
    _hold_against_ours(scope, connection, payments)


def settle_again(scope: Scope, connection_id: UUID, number: str) -> None:
    """What stands there under our number of a receipt is booked here: a person accepted theirs for ours."""
    collecting.lock(scope, connection_id)
    connection = scope.session.get_one(Connection, (scope.administration_id, connection_id))
    ids = [one.remote_id for one in find(scope, connection_id, PaymentIn.number == number)]
    if ids and connection.state != "closed":
        settle(scope, connection, bearing_on(scope, connection_id, ids), ids)


def _hold_against_ours(scope: Scope, connection: Connection, payments: Payments) -> None:
    """Receipts of ours that were pushed: whether they stand there as was agreed on."""
    stands = standing(one.told for one in payments.values())
    for one in payments.values():
        if one.state == "recognised":
            fact = PaymentFact(
                one.remote_id, stands[one.remote_id], one.paid_on, one.currency, one.document, number=one.number
            )
            ownership.receipt_seen(scope, connection.id, fact, found_by="collection", read_at=scope.now)


def _wanted(payments: Payments, links: Links) -> tuple[dict[str, Wanted], Unlinked]:
    """What is wanted of each payment, and those that have to be matched with how much stands of them."""
    stands = standing(one.told for one in payments.values())
    gone = deciding.before_the_opening(payments.values(), stands, links)
    wanted: dict[str, Wanted] = {}
    unlinked: Unlinked = {}
    for key, payment in payments.items():
        paid_before = gone.get(key, ZERO)
        left = stands[key] - paid_before
        if paid_before != ZERO and left == ZERO:
            wanted[key] = Wanted("opening", evidence="document")
            continue
        found = deciding.decided(payment, left, links)
        if found is None and not is_about_us(payment, links):
            found = Wanted("elsewhere")
        if found is None and payment.currency != links.currency:
            found = deciding.doubtful(deciding.OTHER_CURRENCY)
        if found is None or found.doubt is not None:
            found = deciding.by_a_person(payment, left) or found
        if found is None:
            unlinked[key] = payment, left
        else:
            wanted[key] = found
    return wanted, unlinked


def look_again(scope: Scope, connection: Connection, since: datetime) -> None:
    """What could not be told before may be clear now: what is undecided, and what names a document that is known only
    ``since`` (an hour before that, for whoever was slow)."""
    late = since - timedelta(hours=1)
    documents = select(Delivery.remote_id).where(
        Delivery.administration_id == scope.administration_id,
        Delivery.connection_id == connection.id,
        Delivery.noun == "document",
        Delivery.delivered_at >= late,
    )
    older = select(OpeningItem.document_remote_id).where(
        OpeningItem.administration_id == scope.administration_id,
        OpeningItem.connection_id == connection.id,
        OpeningItem.created_at >= late,
    )
    known_now = PaymentIn.document.in_(documents) | PaymentIn.document.in_(older)
    found = find(scope, connection.id, or_(UNDECIDED, and_(ELSEWHERE, known_now)))
    if found:
        payments = {one.remote_id: one for one in found}
        complete(scope, connection.id, payments)
        settle(scope, connection, payments, ())


def _customers(before: Payments, wanted: Mapping[str, Wanted]) -> set[UUID]:
    """Whose invoices stand otherwise because of these."""
    were = {one.customer_id for key, one in before.items() if key in wanted}
    are = {one.customer_id for one in wanted.values()}
    return {one for one in were | are if one is not None}


def book(scope: Scope, known: Payments, wanted: dict[str, Wanted]) -> None:
    """Takes back what is no longer wanted, then books what is; the payments remember what stands here for them."""
    payments = {key: known[key] for key in wanted}
    keep = _refunded(scope, [one for one in payments.values() if one.booked != wanted[one.remote_id].booking])
    for key, payment in sorted(payments.items()):
        if payment.receipt_id in keep and wanted[key].state != "not_ours":
            wanted[key] = deciding.doubtful(deciding.REFUNDED_HERE, payment.customer_id)
        elif payment.receipt_id not in keep and payment.booked is not None and payment.booked != wanted[key].booking:
            _take_back(scope, payment)
        _undo_pushed(scope, wanted[key])
    for key, payment in payments.items():
        _remember(payment, wanted[key])
    _book_receipts(scope, payments, wanted)
    _book_refunds(scope, payments, wanted)


def tell(scope: Scope, connection: Connection, payments: Iterable[Payment]) -> None:
    """A finding for each that a person must decide on; that of every other is settled."""
    for one in payments:
        if one.state == "needs_decision":
            facts = {
                "connection": connection.title,
                "amount": one.amount,
                "from": one.paid_on,
                "doubt": one.doubt,
                "reference": one.reference or one.document_number,
            }
            findings.report(scope, FINDING, "payment_in", one.id, facts)
        elif one.version:  # one that is new has none
            findings.settle(scope, FINDING, one.id, one.state)


def _remember(payment: Payment, wanted: Wanted) -> None:
    payment.state, payment.evidence, payment.doubt = wanted.state, wanted.evidence, wanted.doubt
    payment.proposals = [str(one) for one in wanted.proposals] or None
    payment.customer_id = wanted.customer_id


def _take_back(scope: Scope, payment: Payment) -> None:
    if payment.receipt_id is not None:
        row = scope.session.get_one(Receipt, (scope.administration_id, payment.receipt_id))
        if row.cancelled_at is None:
            receivables.take_back(scope, payment.receipt_id, NO_LONGER)
    elif payment.refund_id is not None and not _is_undone(scope, payment.refund_id):
        receivables.undo_refund(scope, payment.refund_id, NO_LONGER)
    payment.receipt_id = payment.refund_id = payment.booked = None


def _is_undone(scope: Scope, refund_id: UUID) -> bool:
    undoing = {"administration_id": scope.administration_id, "reverses_id": refund_id}
    return scope.session.scalars(select(Refund.id).filter_by(**undoing)).first() is not None


def _refunded(scope: Scope, payments: Sequence[Payment]) -> set[UUID]:
    """The receipts of which something was paid back here: what a person did there nobody undoes unasked."""
    ids = [one.receipt_id for one in payments if one.receipt_id is not None]
    if not ids:
        return set()
    mine = Refund.administration_id == scope.administration_id, Refund.receipt_id.in_(ids)
    left: dict[UUID, object] = {}
    for row in scope.session.scalars(select(Refund).where(*mine)):
        assert row.receipt_id is not None  # noqa: S101 - asked for by it
        left[row.receipt_id] = row.amount + left.get(row.receipt_id, ZERO)  # type: ignore[operator]
    return {receipt_id for receipt_id, amount in left.items() if amount != ZERO}


def _undo_pushed(scope: Scope, wanted: Wanted) -> None:
    """A receipt of ours was taken back there: so it is here."""
    pushed = wanted.undoes
    if pushed is None:
        return
    receivables.undo_allocation(scope, pushed.allocation_id, NO_LONGER)
    row = scope.session.get_one(Receipt, (scope.administration_id, pushed.receipt_id))
    if row.cancelled_at is None and receivables.receipt_rests(scope, [row.id])[row.id] == row.amount:
        receivables.cancel_receipt(scope, row.id, NO_LONGER)


def _book_receipts(scope: Scope, payments: Payments, wanted: dict[str, Wanted]) -> None:
    due = [one for one in payments.values() if one.booked is None and wanted[one.remote_id].settling is not None]
    settlings = [settling for one in due if (settling := wanted[one.remote_id].settling) is not None]
    for one, receipt_id in zip(due, receivables.settle_many(scope, settlings), strict=True):
        one.receipt_id, one.booked = receipt_id, wanted[one.remote_id].booking


def _book_refunds(scope: Scope, payments: Payments, wanted: dict[str, Wanted]) -> None:
    for key, payment in sorted(payments.items()):
        refunding = wanted[key].refunding
        if payment.booked is not None or refunding is None:
            continue
        rests = receivables.credit_rests(scope, [refunding.credit_note_id])
        if refunding.amount > rests.get(refunding.credit_note_id, ZERO):
            _remember(payment, deciding.doubtful(deciding.EXCEEDS_CREDIT, payment.customer_id))
            continue
        wish = {
            "credit_note_id": refunding.credit_note_id,
            "amount": refunding.amount,
            "refunded_on": min(refunding.refunded_on, scope.today),
            "reference": payment.reference,
        }
        payment.refund_id = receivables.record_refund(scope, wish).id
        payment.booked = wanted[key].booking
