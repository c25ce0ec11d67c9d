"""Payments that name no document of ours: matched by :mod:`billing_service.core.matching`; what is uncertain a person
decides.

What order they are told in does not matter. All that are undecided, and those that were matched within the last week
for a customer who is concerned, are matched anew together, as if none of them were booked: first what names invoices,
in the order of payment, then what only the payer tells; until nothing more is certain. What was matched longer ago
stays.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, type_coerce

from billing_service.collection.deciding import Wanted, doubtful, known_iban, settling_of
from billing_service.collection.links import Links
from billing_service.collection.payments import Payment, find, portions
from billing_service.core.matching import Book, Doubt, Evidence, Incoming, Match, Payable, named_bodies
from billing_service.core.references import rf_reference
from billing_service.errors import InvalidInput
from billing_service.receivables.standing import IS_OWED, OPEN
from billing_service.store.invoices import Invoice
from billing_service.store.payments_in import UNDECIDED, PaymentIn
from billing_service.store.receivables import Allocation, Receipt
from billing_service.store.scope import Scope
from billing_service.store.types import Cents

LOOKED_AT_AGAIN: Final = timedelta(days=7)
"""How long a match may still change because of what is told later."""
SEVERAL_CUSTOMERS: Final = "several_customers"
"""It names invoices of more than one customer: a receipt is of one."""


@dataclass(frozen=True, slots=True)
class Matched:
    """By id there what each payment is wanted for, and every customer whose invoices were looked at."""

    wanted: dict[str, Wanted]
    customers: set[UUID]


def is_about_us(payment: Payment, links: Links) -> bool:
    """Whether a payment that names no document of ours may be one of our customers' at all.

    One from before the connection's start date was dealt with before; one of a customer there who is none of ours, or
    for a document there that bears no number, is somebody else's.
    """
    start = links.connection.start_date
    if (start is not None and payment.paid_on < start) or links.connection.payments_owner != "package":
        return False
    if payment.document is not None:
        return payment.document_number is not None
    return payment.customer is None or payment.customer in links.customers


def concerned(scope: Scope, connection_id: UUID, customers: Collection[UUID]) -> list[Payment]:
    """What is undecided, and what was matched not long ago for these customers."""
    recent = (
        PaymentIn.state == "settled",
        PaymentIn.evidence.in_(list(Evidence)),
        PaymentIn.decision.is_(None),
        PaymentIn.created_at >= scope.now - LOOKED_AT_AGAIN,
    )
    found = find(scope, connection_id, UNDECIDED)
    for some in portions(sorted(customers)):
        found += find(scope, connection_id, PaymentIn.customer_id.in_(some), *recent)
    return found


def matched(scope: Scope, links: Links, payments: Mapping[str, tuple[Payment, Decimal]]) -> Matched:
    """What each of these is wanted for, of which so much stands; by id there."""
    incoming = {key: _incoming(one, stands, links) for key, (one, stands) in payments.items()}
    receipts = [one.receipt_id for one, _ in payments.values() if one.receipt_id is not None]
    payables = _named(scope, incoming.values(), receipts)
    accounts = _accounts(scope, incoming.values(), receipts)
    customers = {one.customer_id for one in payables.values()}.union(
        *accounts.values(), *(one.payers for one in incoming.values())
    )
    payables |= _of_customers(scope, customers, receipts)
    matches = _until_nothing_is_certain(incoming, payables, accounts)
    wanted = {
        key: _wanted(payment, stands, matches[key], payables, incoming[key])
        for key, (payment, stands) in payments.items()
    }
    return Matched(wanted, customers)


def _until_nothing_is_certain(
    incoming: Mapping[str, Incoming], payables: Mapping[UUID, Payable], accounts: dict[str, set[UUID]]
) -> dict[str, Match]:
    book = Book(payables.values(), accounts)
    matches: dict[str, Match] = {}
    order = sorted(incoming, key=lambda key: (incoming[key].paid_on, key))
    for by_name_alone in (True, False):
        certain = True
        while certain:
            certain = False
            for key in order:
                if key in matches and matches[key].certain:
                    continue
                one = incoming[key]
                matches[key] = book.match(replace(one, iban=None, payers=frozenset()) if by_name_alone else one)
                if matches[key].certain:
                    certain = True
                    book.apply(matches[key])
                    if one.iban:
                        payers = {payables[part.invoice_id].customer_id for part in matches[key].parts}
                        accounts.setdefault(one.iban, set()).update(payers)
    return matches


def _incoming(payment: Payment, stands: Decimal, links: Links) -> Incoming:
    """Of one for a document there that we do not know, only the number of that document counts."""
    if payment.document is not None:
        return Incoming(stands, text=payment.document_number or "", paid_on=payment.paid_on)
    payer = links.customers.get(payment.customer or "")
    return Incoming(
        amount=stands,
        text=payment.reference or "",
        iban=known_iban(payment),
        payers=frozenset() if payer is None else frozenset({payer}),
        paid_on=payment.paid_on,
    )


def _wanted(
    payment: Payment, stands: Decimal, match: Match, payables: Mapping[UUID, Payable], incoming: Incoming
) -> Wanted:
    if not match.certain:
        if payment.document is not None and match.doubt is Doubt.NOTHING_KNOWN:
            return Wanted("elsewhere")
        customers = {payables[one].customer_id for one in match.proposals} | incoming.payers
        return doubtful(str(match.doubt), min(customers) if len(customers) == 1 else None, match.proposals)
    customers = {payables[part.invoice_id].customer_id for part in match.parts}
    if len(customers) > 1:
        return doubtful(SEVERAL_CUSTOMERS, proposals=[part.invoice_id for part in match.parts])
    (customer,) = customers
    parts = [(part.invoice_id, part.amount) for part in match.parts]
    settling = settling_of(payment, customer, stands, parts)
    return Wanted("settled", evidence=match.evidence, customer_id=customer, settling=settling)


# --- what they may pay ----------------------------------------------------------------------------------------------


def _named(scope: Scope, incoming: Iterable[Incoming], receipts: Collection[UUID]) -> dict[UUID, Payable]:
    """The invoices that they name."""
    bodies = {body for one in incoming for body in named_bodies(one)}
    found: dict[UUID, Payable] = {}
    for some in portions(sorted(bodies)):
        named = or_(Invoice.payment_reference.in_(_references(some)), Invoice.number.in_(some))
        found |= _read(scope, receipts, named)
    return found


def _of_customers(scope: Scope, customers: Collection[UUID], receipts: Collection[UUID]) -> dict[UUID, Payable]:
    """All that is open of these customers, as if nothing were paid by these receipts."""
    found: dict[UUID, Payable] = {}
    paid = select(Allocation.invoice_id).where(
        Allocation.administration_id == scope.administration_id, Allocation.receipt_id.in_(receipts)
    )
    for some in portions(sorted(customers)):
        found |= _read(scope, receipts, Invoice.customer_id.in_(some) & (or_(OPEN > 0, Invoice.id.in_(paid))))
    return found


def _read(scope: Scope, receipts: Collection[UUID], which: ColumnElement[bool]) -> dict[UUID, Payable]:
    of_these = (
        select(func.coalesce(func.sum(Allocation.amount), 0))
        .where(
            Allocation.administration_id == Invoice.administration_id,
            Allocation.invoice_id == Invoice.id,
            Allocation.receipt_id.in_(list(receipts)),
        )
        .correlate(Invoice)
        .scalar_subquery()
    )
    left = type_coerce(OPEN + type_coerce(of_these, Cents), Cents)
    rows: Iterable[Any] = scope.session.execute(
        select(Invoice.id, Invoice.number, Invoice.customer_id, left, Invoice.issue_date).where(
            Invoice.administration_id == scope.administration_id, IS_OWED, which
        )
    )
    return {row.id: Payable(*row) for row in rows}


def _references(bodies: Iterable[str]) -> list[str]:
    found = []
    for body in bodies:
        try:
            found.append(rf_reference(body))
        except InvalidInput:  # no number has such a body
            continue
    return found


# --- who pays -------------------------------------------------------------------------------------------------------


def _accounts(scope: Scope, incoming: Iterable[Incoming], receipts: Collection[UUID]) -> dict[str, set[UUID]]:
    """The customers that paid from these accounts before, as far as these receipts are not how we know."""
    found: dict[str, set[UUID]] = {}
    for some in portions(sorted({one.iban for one in incoming if one.iban})):
        known = select(Receipt.payer_iban, Receipt.customer_id).where(
            Receipt.administration_id == scope.administration_id,
            Receipt.payer_iban.in_(some),
            Receipt.cancelled_at.is_(None),
            Receipt.id.not_in(list(receipts)),
        )
        payers: Iterable[Any] = scope.session.execute(known.distinct())
        for iban, customer_id in payers:
            found.setdefault(iban, set()).add(customer_id)
    return found
