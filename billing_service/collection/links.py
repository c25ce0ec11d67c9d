"""What payments there are about here: our documents, our own receipts, and our customers, looked up all at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from billing_service.collection.payments import Payment, portions
from billing_service.store.administrations import Administration
from billing_service.store.connections import Connection, ConnectionCustomer, OpeningItem
from billing_service.store.deliveries import Delivery
from billing_service.store.invoices import Invoice
from billing_service.store.receivables import Allocation
from billing_service.store.scope import Scope

_Undoing: Final = aliased(Allocation)


@dataclass(frozen=True, slots=True)
class Ours:
    """An issued document of ours."""

    id: UUID
    kind: str
    customer_id: UUID
    currency: str


@dataclass(frozen=True, slots=True)
class Older:
    """A document of the opening balance; ``ours`` where it has our number. ``total`` and ``open`` as it stood then."""

    ours: Ours | None
    customer_id: UUID | None
    total: Decimal
    open: Decimal


@dataclass(frozen=True, slots=True)
class Pushed:
    """A receipt of ours on its way there or arrived: what of it settles one invoice; ``undone`` here since."""

    allocation_id: UUID
    receipt_id: UUID
    customer_id: UUID
    amount: Decimal
    undone: bool


@dataclass(slots=True)
class Links:
    """By id there; pushed receipts by our number of them. ``currency`` is that of our books."""

    connection: Connection
    currency: str
    documents: dict[str, Ours] = field(default_factory=dict)
    older: dict[str, Older] = field(default_factory=dict)
    pushed: dict[str, Pushed] = field(default_factory=dict)
    customers: dict[str, UUID] = field(default_factory=dict)


def links_of(scope: Scope, connection: Connection, payments: Iterable[Payment]) -> Links:
    """Everything that these payments may be about."""
    currency = select(Administration.currency).where(Administration.id == scope.administration_id)
    found, listed = Links(connection, scope.session.scalars(currency).one()), list(payments)
    documents = sorted({one.document for one in listed if one.document})
    for some in portions(documents):
        found.documents |= _delivered(scope, connection.id, some)
        found.older |= _opening(scope, connection.id, some)
    for some in portions(sorted({one.number for one in listed if one.number})):
        found.pushed |= _receipts(scope, connection.id, some)
    for some in portions(sorted({one.customer for one in listed if one.customer})):
        known = select(ConnectionCustomer.remote_id, ConnectionCustomer.customer_id).where(
            ConnectionCustomer.administration_id == scope.administration_id,
            ConnectionCustomer.connection_id == connection.id,
            ConnectionCustomer.remote_id.in_(some),
        )
        found.customers |= {row.remote_id: row.customer_id for row in scope.session.execute(known)}
    return found


def _delivered(scope: Scope, connection_id: UUID, documents: Sequence[str]) -> dict[str, Ours]:
    there = (
        select(Delivery.remote_id, Invoice.id, Invoice.kind, Invoice.customer_id, Invoice.currency)
        .join(
            Invoice,
            (Invoice.administration_id == Delivery.administration_id) & (Invoice.id == Delivery.subject_id),
        )
        .where(
            Delivery.administration_id == scope.administration_id,
            Delivery.connection_id == connection_id,
            Delivery.noun == "document",
            Delivery.remote_id.in_(documents),
            Invoice.state == "issued",
        )
    )
    rows: Iterable[Any] = scope.session.execute(there)
    return {row[0]: Ours(*row[1:]) for row in rows}


def _opening(scope: Scope, connection_id: UUID, documents: Sequence[str]) -> dict[str, Older]:
    items = (
        select(OpeningItem, Invoice.id, Invoice.kind, Invoice.customer_id, Invoice.currency)
        .outerjoin(
            Invoice,
            (Invoice.administration_id == OpeningItem.administration_id)
            & (Invoice.id == OpeningItem.invoice_id)
            & (Invoice.state == "issued"),
        )
        .where(
            OpeningItem.administration_id == scope.administration_id,
            OpeningItem.connection_id == connection_id,
            OpeningItem.document_remote_id.in_(documents),
        )
    )
    rows: Iterable[Any] = scope.session.execute(items)
    return {
        item.document_remote_id: Older(Ours(*ours) if ours[0] else None, item.customer_id, item.total, item.open)
        for item, *ours in rows
    }


def _receipts(scope: Scope, connection_id: UUID, numbers: Sequence[str]) -> dict[str, Pushed]:
    undone = exists().where(
        _Undoing.administration_id == Allocation.administration_id, _Undoing.reverses_id == Allocation.id
    )
    ours = (
        select(
            Delivery.number,
            Allocation.id,
            Allocation.receipt_id,
            Allocation.customer_id,
            Allocation.amount,
            undone,
        )
        .join(
            Allocation,
            (Allocation.administration_id == Delivery.administration_id) & (Allocation.id == Delivery.subject_id),
        )
        .where(
            Delivery.administration_id == scope.administration_id,
            Delivery.connection_id == connection_id,
            Delivery.noun == "receipt",
            Delivery.number.in_(numbers),
            ~((Delivery.state == "cancelled") & undone),  # what stands there counts instead of ours
        )
    )
    rows: Iterable[Any] = scope.session.execute(ours)
    return {row[0]: Pushed(*row[1:]) for row in rows}
