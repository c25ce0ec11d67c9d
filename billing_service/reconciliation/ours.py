"""Our side: every document issued since the start date as it should stand there, and what is open of it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, and_, case, select

from billing_service.connections.documents import Mapped, document_value, mapped
from billing_service.core.document import from_json
from billing_service.core.numbering import NumberPattern, parse_pattern
from billing_service.core.reconciling import Delivered, Facts, Ours
from billing_service.core.setting_off import SetOff
from billing_service.receivables.standing import CREDIT_REST, OPEN
from billing_service.reconciliation.groups import Groups, groups_of
from billing_service.store.administrations import BookYear, Series
from billing_service.store.connections import Connection, ConnectionCustomer, OpeningItem
from billing_service.store.deliveries import Delivery
from billing_service.store.invoices import Invoice
from billing_service.store.receivables import Allocation
from billing_service.store.scope import Scope
from connectors.base import Capabilities, NotSupported, Refused, prepare

AT_ONCE: Final = 500
"""Documents read in one statement."""

_ON_ITS_WAY: Final = {"delivered": Delivered.YES, "waiting": Delivered.UNDER_WAY, None: Delivered.UNDER_WAY}
"""What needs attention, and what a person decided not to deliver, waits for a person."""
_OPEN: Final = case((Invoice.kind == "credit_note", CREDIT_REST), else_=OPEN)


@dataclass(frozen=True, slots=True)
class Side:
    """How our documents are put for one connection."""

    connection_id: UUID
    since: date
    currency: str
    mapping: Mapped
    groups: Groups
    capabilities: Capabilities

    @classmethod
    def of(cls, scope: Scope, connection: Connection, capabilities: Capabilities, currency: str) -> Side:
        """As it is mapped now. The connection has a start date."""
        mapping = mapped(scope, connection.id)
        groups = groups_of(scope, connection.id, mapping)
        assert connection.start_date is not None  # noqa: S101 - it is active
        return cls(connection.id, connection.start_date, currency, mapping, groups, capabilities)


@dataclass(frozen=True, slots=True)
class Pattern:
    """The pattern of one of our series, with the book years that there are."""

    pattern: NumberPattern
    years: tuple[str, ...]

    def prints(self, number: str) -> bool:
        """Whether it could have given this number."""
        return self.pattern.read(number, self.years) is not None


def patterns(scope: Scope) -> list[Pattern]:
    """Those of every series of this administration."""
    mine = scope.administration_id
    years = tuple(scope.session.scalars(select(BookYear.label).where(BookYear.administration_id == mine)))
    known = scope.session.scalars(select(Series.pattern).where(Series.administration_id == mine))
    return [Pattern(parse_pattern(text), years) for text in sorted(set(known))]


def documents(scope: Scope, side: Side, only: Collection[UUID] | None = None) -> Iterator[Ours]:
    """Every document issued since the start date, or ``only`` these of them; page by page."""
    after: UUID | None = None
    while True:
        rows = scope.session.execute(_page(scope, side, after, only)).all()
        yield from (_ours(row, side) for row in rows)
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].id


def opening(scope: Scope, side: Side, only: Collection[UUID] | None = None) -> Iterator[Ours]:
    """Our documents from before the start date that stood open there when the opening balance was taken.

    Only what is open of them is compared: they were never delivered.
    """
    joined = and_(Invoice.administration_id == OpeningItem.administration_id, Invoice.id == OpeningItem.invoice_id)
    found = (
        select(OpeningItem, _OPEN.label("left"))
        .join(Invoice, joined)
        .where(
            OpeningItem.administration_id == scope.administration_id,
            OpeningItem.connection_id == side.connection_id,
            OpeningItem.currency == side.currency,
        )
        .order_by(OpeningItem.id)
    )
    if only is not None:
        found = found.where(OpeningItem.invoice_id.in_(only))
    for item, left in scope.session.execute(found):
        tax = Decimal("0.00")
        facts = Facts(
            item.kind, item.number, item.issue_date, item.due_date, item.currency, item.total, tax, item.total, left
        )
        yield Ours(item.invoice_id, facts, Delivered.YES, item.document_remote_id)


def set_offs(scope: Scope, side: Side) -> list[SetOff]:
    """What credit notes dated since the start settle of invoices."""
    found = (
        select(Allocation.credit_note_id, Allocation.invoice_id, Allocation.amount)
        .join(
            Invoice,
            and_(Invoice.administration_id == Allocation.administration_id, Invoice.id == Allocation.credit_note_id),
        )
        .where(
            Allocation.administration_id == scope.administration_id,
            Allocation.credit_note_id.is_not(None),
            Invoice.issue_date >= side.since,
        )
    )
    sums: dict[tuple[Any, UUID], Decimal] = {}
    for credit_note_id, invoice_id, amount in scope.session.execute(found):
        sums[credit_note_id, invoice_id] = sums.get((credit_note_id, invoice_id), Decimal()) + amount
    return [SetOff(*pair, amount) for pair, amount in sorted(sums.items()) if amount > 0]


def with_more_open(one: Ours, more: Decimal) -> Ours:
    """The same with so much more open."""
    return replace(one, facts=replace(one.facts, open=(one.facts.open or Decimal()) + more)) if more else one


def _page(scope: Scope, side: Side, after: UUID | None, only: Collection[UUID] | None) -> Select[Any]:
    delivered = and_(
        Delivery.administration_id == Invoice.administration_id,
        Delivery.connection_id == side.connection_id,
        Delivery.noun == "document",
        Delivery.subject_id == Invoice.id,
    )
    known = and_(
        ConnectionCustomer.administration_id == Invoice.administration_id,
        ConnectionCustomer.connection_id == side.connection_id,
        ConnectionCustomer.customer_id == Invoice.customer_id,
    )
    columns = ("id", "kind", "number", "issue_date", "due_date", "currency", "net", "vat", "gross", "document")
    found = (
        select(
            *(getattr(Invoice, name) for name in columns),
            _OPEN.label("left"),
            Delivery.state,
            Delivery.remote_id,
            ConnectionCustomer.remote_id.label("customer"),
        )
        .outerjoin(Delivery, delivered)
        .outerjoin(ConnectionCustomer, known)
        .where(
            Invoice.administration_id == scope.administration_id,
            Invoice.state == "issued",
            Invoice.number.is_not(None),
            Invoice.issue_date >= side.since,
        )
        .order_by(Invoice.id)
        .limit(AT_ONCE)
    )
    if after is not None:
        found = found.where(Invoice.id > after)
    return found if only is None else found.where(Invoice.id.in_(only))


def _ours(row: Row[Any], side: Side) -> Ours:
    sent = _as_sent(row, side)
    facts = Facts(
        kind=row.kind,
        number=row.number,
        issue_date=row.issue_date,
        due_date=row.due_date,
        currency=row.currency,
        total=row.gross,
        open=row.left,
        customer=row.customer,
        **sent,
    )
    return Ours(row.id, facts, _ON_ITS_WAY.get(row.state, Delivered.NEEDS_ATTENTION), row.remote_id)


def _as_sent(row: Row[Any], side: Side) -> dict[str, Any]:
    """Net, tax and VAT groups as they are delivered, with a rounding line where the package computes the VAT itself.

    What is not mapped cannot be put so, and was not delivered either.
    """
    try:
        value = document_value(from_json(row.document.encode()), row.customer or "", side.mapping, side.capabilities)
        sent = prepare(value, side.capabilities)
    except (Refused, NotSupported):
        return {"net": row.net, "tax": row.vat, "vat": None}
    return {"net": sent.net, "tax": sent.tax, "vat": side.groups.of(sent.vat)}
