"""Packages that tell no payments, only what is open: what a document of ours asks less there was paid.

The list is read whole before anything is believed: a document that a broken-off list left out is not paid. Whatever
differs is read back by itself, and only what that confirms becomes a payment of the difference, as of today.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, exists, func, select, type_coerce
from sqlalchemy.orm import aliased

from billing_service.collection.payments import portions
from billing_service.collection.settling import record
from billing_service.core.money import ZERO
from billing_service.receivables.standing import ALLOCATED, CREDITED, IS_OWED, PAID
from billing_service.store.connections import Connection, OpeningItem
from billing_service.store.deliveries import Delivery
from billing_service.store.invoices import Invoice
from billing_service.store.payments_in import PaymentIn
from billing_service.store.receivables import Allocation
from billing_service.store.scope import Scope
from billing_service.store.types import Cents
from connectors.base import Cause, Connector, Kind, PaymentFact, Refused, State, everything

_Push: Final = aliased(Delivery, name="push")


@dataclass(frozen=True, slots=True)
class Standing:
    """A document there: what it ``asks`` by all that we know, and what was found ``paid`` in this way before.

    ``credited``: credit notes bear on it, which not every package takes off what is open of it.
    """

    document: str
    number: str | None
    currency: str
    asks: Decimal
    paid: Decimal
    credited: bool

    def paid_since(self, open_there: Decimal) -> Decimal:
        """What was paid besides, where so much is open there; below zero what was taken back of what was paid."""
        less = self.asks - open_there
        if less >= ZERO:
            return less
        return ZERO if self.credited else max(less, -self.paid)


def read(connector: Connector) -> dict[str, Decimal]:
    """What is open of every invoice there, by its id: the whole list, or an error."""
    return {one.document: one.open for one in everything(connector.open_items) if one.kind is Kind.INVOICE}


def suspects(scope: Scope, connection_id: UUID, listed: dict[str, Decimal], before: datetime) -> dict[str, Decimal]:
    """Documents that stood there ``before`` the list was begun and of which it says something new: what is open."""
    found = {one.document: one for one in _delivered(scope, connection_id, before, None)}
    found |= {one.document: one for one in _older(scope, connection_id, None)}
    for some in portions(sorted(listed)):
        found |= {one.document: one for one in _delivered(scope, connection_id, before, some)}
        found |= {one.document: one for one in _older(scope, connection_id, some)}
    opens = {key: listed.get(key, ZERO) for key in sorted(found)}
    return {key: open_there for key, open_there in opens.items() if found[key].paid_since(open_there) != ZERO}


def is_confirmed(connector: Connector, document: str, open_there: Decimal) -> bool:
    """Whether the document itself, read back, says the same as the list: one that is gone or cancelled is not paid."""
    try:
        there = connector.read_document(document)
    except Refused as error:
        if error.cause != Cause.DOCUMENT_UNKNOWN:
            raise
        return False
    return there.state is State.BOOKED and there.open in (None, open_there)


def book(scope: Scope, connection: Connection, document: str, open_there: Decimal) -> None:
    """What was paid of this document besides what we know, as a payment of today.

    The caller holds the lock of the pull.
    """
    found = [*_delivered(scope, connection.id, scope.now, [document]), *_older(scope, connection.id, [document])]
    if not found or (amount := found[0].paid_since(open_there)) == ZERO:
        return
    earlier = select(func.count()).where(
        PaymentIn.administration_id == scope.administration_id,
        PaymentIn.connection_id == connection.id,
        PaymentIn.document == document,
        PaymentIn.derived,
    )
    place = scope.session.execute(earlier).scalar_one() + 1
    fact = PaymentFact(
        id=f"{document}#{place}",
        amount=amount,
        paid_on=scope.today,
        currency=found[0].currency,
        document=document,
        document_number=found[0].number,
    )
    record(scope, connection, [fact], derived=True)


# --- what we know ---------------------------------------------------------------------------------------------------


def _paid_there(document: Any) -> ColumnElement[Decimal]:
    """What was found paid in this way."""
    total = select(func.coalesce(func.sum(PaymentIn.amount), 0)).where(
        PaymentIn.administration_id == document.class_.administration_id,
        PaymentIn.connection_id == document.class_.connection_id,
        PaymentIn.document == document,
        PaymentIn.derived,
    )
    return type_coerce(total.correlate(document.class_).scalar_subquery(), Cents)


_RECEIPTS: Final = (
    (_Push.administration_id == Delivery.administration_id)
    & (_Push.connection_id == Delivery.connection_id)
    & (_Push.noun == "receipt")
    & (_Push.subject_id == Allocation.id)
    & (Allocation.administration_id == Delivery.administration_id)
    & (Allocation.invoice_id == Delivery.subject_id)
)
_PUSHED: Final = type_coerce(
    select(func.coalesce(func.sum(Allocation.amount), 0))
    .where(_RECEIPTS, _Push.state == "delivered")
    .correlate(Delivery)
    .scalar_subquery(),
    Cents,
)
_ON_ITS_WAY: Final = exists().where(_RECEIPTS, _Push.state.in_(("waiting", "needs_attention"))).correlate(Delivery)


def _delivered(
    scope: Scope, connection_id: UUID, before: datetime, documents: Iterable[str] | None
) -> Iterator[Standing]:
    """Our invoices there that still ask something by what we know; or these, whatever they ask.

    Not those for which a receipt of ours is on its way: it may have arrived.
    """
    paid = _paid_there(Delivery.remote_id)
    asks = _difference(Invoice.gross, ALLOCATED, PAID, paid, _PUSHED)
    there = (
        select(Delivery.remote_id, Invoice.number, Invoice.currency, asks, paid, CREDITED)
        .join(Invoice, (Invoice.administration_id == Delivery.administration_id) & (Invoice.id == Delivery.subject_id))
        .where(
            Delivery.administration_id == scope.administration_id,
            Delivery.connection_id == connection_id,
            Delivery.noun == "document",
            Delivery.state == "delivered",
            Delivery.delivered_at <= before,
            IS_OWED,
            ~_ON_ITS_WAY,
        )
    )
    yield from _read(scope, there, asks, Delivery.remote_id, documents)


def _older(scope: Scope, connection_id: UUID, documents: Iterable[str] | None) -> Iterator[Standing]:
    """The same of the opening balance: what was open then, less what was found paid since."""
    paid = _paid_there(OpeningItem.document_remote_id)
    asks = type_coerce(type_coerce(OpeningItem.open, BigInteger) - type_coerce(paid, BigInteger), Cents)
    credited = type_coerce(OpeningItem.total - OpeningItem.total, Cents)
    there = select(
        OpeningItem.document_remote_id, OpeningItem.number, OpeningItem.currency, asks, paid, credited
    ).where(
        OpeningItem.administration_id == scope.administration_id,
        OpeningItem.connection_id == connection_id,
        OpeningItem.kind == "invoice",
    )
    yield from _read(scope, there, asks, OpeningItem.document_remote_id, documents)


def _difference(gross: Any, allocated: Any, paid: Any, *less: Any) -> ColumnElement[Decimal]:
    """What is asked but for credit notes and these: the gross amount less what closed it without being paid."""
    left = type_coerce(gross, BigInteger) - type_coerce(allocated, BigInteger) + type_coerce(paid, BigInteger)
    for one in less:
        left = left - type_coerce(one, BigInteger)
    return type_coerce(left, Cents)


def _read(
    scope: Scope,
    there: Select[*tuple[Any, ...]],
    asks: ColumnElement[Decimal],
    document: Any,
    documents: Iterable[str] | None,
) -> Iterator[Standing]:
    which = asks > 0 if documents is None else document.in_(list(documents))
    for row in scope.session.execute(there.where(which)):
        document_id, number, currency, asked, paid, credited = row
        yield Standing(document_id, number, currency, asked, paid, credited != ZERO)
