"""How documents and receipts stand: open amounts, states and rests as SQL, computed whenever they are asked for.

Open amount of an invoice = gross − allocations − write-offs. Its payment state, the first that holds:

credited      its credit notes come to its gross amount
overpaid      more was allocated than it asks
written_off   nothing is open, because something was written off
paid          nothing is open
partly_paid   something was paid or set off
open          nothing was

Overdue is what is open after the due date. A credit lowers what is open and is no payment.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, exists, func, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute, aliased

from billing_service.core.money import ZERO
from billing_service.store import telling
from billing_service.store.invoices import Invoice
from billing_service.store.receivables import Allocation, Dispute, Receipt, Refund, WriteOff
from billing_service.store.scope import Scope
from billing_service.store.telling import News
from billing_service.store.types import Cents

PAYMENT_STATES: Final = ("open", "partly_paid", "paid", "overpaid", "credited", "written_off")

_Credit = aliased(Invoice, name="credit")
_Money = type[Allocation] | type[Refund] | type[WriteOff]


def _sum(table: _Money, column: str, of: InstrumentedAttribute[UUID]) -> ColumnElement[Decimal]:
    owner = of.class_
    total = select(func.coalesce(func.sum(table.amount), 0)).where(
        table.administration_id == owner.administration_id, getattr(table, column) == of
    )
    return type_coerce(total.correlate(owner).scalar_subquery(), Cents)


ALLOCATED: Final = _sum(Allocation, "invoice_id", Invoice.id)
WRITTEN_OFF: Final = _sum(WriteOff, "invoice_id", Invoice.id)
OPEN: Final[ColumnElement[Decimal]] = type_coerce(Invoice.gross - ALLOCATED - WRITTEN_OFF, Cents)
_OF_INVOICE: Final = and_(
    _Credit.administration_id == Invoice.administration_id, _Credit.credits_invoice_id == Invoice.id
)
CREDITED: Final[ColumnElement[Decimal]] = type_coerce(
    select(func.coalesce(func.sum(_Credit.gross), 0))
    .where(_OF_INVOICE, _Credit.state == "issued")
    .correlate(Invoice)
    .scalar_subquery(),
    Cents,
)
_CLOSED_BY_CREDIT: Final[ColumnElement[Decimal]] = type_coerce(
    select(func.coalesce(func.sum(Allocation.amount), 0))
    .join(
        _Credit,
        and_(_Credit.administration_id == Allocation.administration_id, _Credit.id == Allocation.credit_note_id),
    )
    .where(_OF_INVOICE, Allocation.invoice_id == Invoice.id)
    .correlate(Invoice)
    .scalar_subquery(),
    Cents,
)
PAID: Final[ColumnElement[Decimal]] = type_coerce(ALLOCATED - _CLOSED_BY_CREDIT, Cents)
"""What was paid or set off: everything allocated but what its own credit notes closed."""

IS_OWED: Final = and_(Invoice.kind == "invoice", Invoice.state == "issued")


def _payment_state(
    left: ColumnElement[Any], paid: ColumnElement[Any], credited: ColumnElement[Any], off: ColumnElement[Any]
) -> ColumnElement[str]:
    return case(
        (and_(Invoice.gross > 0, Invoice.gross <= credited), "credited"),
        (left < 0, "overpaid"),
        (and_(left == 0, off > 0), "written_off"),
        (left == 0, "paid"),
        (paid > 0, "partly_paid"),
        else_="open",
    )


PAYMENT_STATE: Final = _payment_state(OPEN, PAID, CREDITED, WRITTEN_OFF)
DISPUTED: Final = (
    exists()
    .where(
        Dispute.administration_id == Invoice.administration_id,
        Dispute.invoice_id == Invoice.id,
        Dispute.ended_on.is_(None),
    )
    .correlate(Invoice)
)
CREDIT_REST: Final[ColumnElement[Decimal]] = type_coerce(
    Invoice.gross - _sum(Allocation, "credit_note_id", Invoice.id) - _sum(Refund, "credit_note_id", Invoice.id), Cents
)
"""Of an issued credit note: what stands as the customer's balance."""

RECEIPT_REST: Final[ColumnElement[Decimal]] = type_coerce(
    case((Receipt.cancelled_at.is_not(None), 0), else_=Receipt.amount)
    - _sum(Allocation, "receipt_id", Receipt.id)
    - _sum(Refund, "receipt_id", Receipt.id),
    Cents,
)
"""What of a receipt is neither allocated nor refunded."""


def having(
    statement: Select[Any],
    scope: Scope,
    *,
    payment_state: str | None = None,
    overdue_on: date | None = None,
    few: bool = False,
) -> Select[Any]:
    """``statement`` over ``Invoice``, limited to issued invoices that stand so by what is known now.

    ``overdue_on``: something was due before that day and is open. ``few`` says that other conditions leave few rows:
    the sums are then looked up per row; else they are made once for all invoices and joined, which a million rows need.
    """
    left: ColumnElement[Any] = OPEN
    state = PAYMENT_STATE
    if not few:
        statement, sums = with_sums(statement, scope)
        left, state = sums.left, sums.state
    statement = statement.where(IS_OWED)
    if payment_state is not None:
        statement = statement.where(state.in_([payment_state]))
    if overdue_on is not None:
        statement = statement.where(Invoice.due_date < overdue_on, left > 0)
    return statement


@dataclass(frozen=True, slots=True)
class Sums:
    """Columns beside ``Invoice``, of an issued invoice: what is open (``left``) and paid in cents, and its state."""

    left: ColumnElement[Any]
    paid: ColumnElement[Any]
    state: ColumnElement[str]


def with_sums(statement: Select[Any], scope: Scope) -> tuple[Select[Any], Sums]:
    """``statement`` over ``Invoice`` with sums that are made once for all invoices, for whoever reads many."""

    def joined(query: Any) -> ColumnElement[Any]:
        nonlocal statement
        sums = query.group_by(query.selected_columns[0]).subquery()
        statement = statement.outerjoin(sums, sums.c[0] == Invoice.id)
        return func.coalesce(type_coerce(sums.c.total, BigInteger), 0)

    mine = scope.administration_id
    own = and_(
        _Credit.administration_id == Allocation.administration_id,
        _Credit.id == Allocation.credit_note_id,
        _Credit.credits_invoice_id == Allocation.invoice_id,
    )
    total = func.sum(Allocation.amount).label("total")
    allocated = joined(select(Allocation.invoice_id, total).where(Allocation.administration_id == mine))
    closed = joined(
        select(Allocation.invoice_id, total)
        .join(_Credit, own)
        .where(Allocation.administration_id == mine, Allocation.credit_note_id.is_not(None))
    )
    credited = joined(
        select(_Credit.credits_invoice_id, func.sum(_Credit.gross).label("total")).where(
            _Credit.administration_id == mine, _Credit.credits_invoice_id.is_not(None), _Credit.state == "issued"
        )
    )
    off = joined(
        select(WriteOff.invoice_id, func.sum(WriteOff.amount).label("total")).where(WriteOff.administration_id == mine)
    )
    left = type_coerce(Invoice.gross, BigInteger) - allocated - off
    paid = allocated - closed
    return statement, Sums(left, paid, _payment_state(left, paid, credited, off))


@dataclass(frozen=True, slots=True)
class Standing:
    """How an issued invoice stands. ``disputed`` and ``written_off`` are marks beside the state."""

    open: Decimal
    paid: Decimal
    credited: Decimal
    written_off: Decimal
    state: str
    overdue: bool
    disputed: bool


def standings(scope: Scope, invoice_ids: Collection[UUID]) -> dict[UUID, Standing]:
    """How these invoices stand today; those that are not issued, and other documents, are left out."""
    if not invoice_ids:
        return {}
    columns: tuple[Any, ...] = (OPEN, PAID, CREDITED, WRITTEN_OFF, PAYMENT_STATE, Invoice.due_date, DISPUTED)
    rows = scope.session.execute(
        select(Invoice.id, *columns).where(
            Invoice.administration_id == scope.administration_id, Invoice.id.in_(invoice_ids), IS_OWED
        )
    )
    return {
        key: Standing(
            left, paid, credited, off, state, left > ZERO and due is not None and due < scope.today, bool(dis)
        )
        for key, left, paid, credited, off, state, due, dis in rows
    }


def standing(scope: Scope, invoice_id: UUID) -> Standing:
    """How an issued invoice stands; raises ``KeyError`` for anything else."""
    return standings(scope, [invoice_id])[invoice_id]


def credit_rests(scope: Scope, credit_note_ids: Collection[UUID]) -> dict[UUID, Decimal]:
    """What of these credit notes, once issued, stands as the customer's balance."""
    return _rests(
        scope,
        select(Invoice.id, CREDIT_REST).where(Invoice.id.in_(credit_note_ids), Invoice.state == "issued"),
        Invoice,
    )


def receipt_rests(scope: Scope, receipt_ids: Collection[UUID]) -> dict[UUID, Decimal]:
    """What of these receipts is neither allocated nor refunded."""
    return _rests(scope, select(Receipt.id, RECEIPT_REST).where(Receipt.id.in_(receipt_ids)), Receipt)


def _rests(scope: Scope, query: Any, table: type[Invoice] | type[Receipt]) -> dict[UUID, Decimal]:
    rows = scope.session.execute(query.where(table.administration_id == scope.administration_id))
    return {row[0]: row[1] for row in rows}


def tell_payment_changed(scope: Scope, invoice_id: UUID) -> None:
    """Services that listen hear how the invoice stands now. To be called after whatever changes what is open of it."""
    if telling.anybody_listens(scope):
        telling.tell_many(scope, payment_news(scope, [invoice_id]))


def payment_news(scope: Scope, invoice_ids: Collection[UUID]) -> list[News]:
    """How these invoices stand now, as what services that listen hear."""
    return [
        News(
            "invoice.payment_changed",
            "invoice",
            invoice_id,
            {"state": now.state, "open": now.open, "paid": now.paid, "written_off": now.written_off},
        )
        for invoice_id, now in standings(scope, invoice_ids).items()
    ]
