"""A customer's account: every document and every amount of money in order, and what they come to.

The balance is what the customer owes; below zero it has something to its credit. It equals what is open of its invoices
minus what is left of its receipts and credit notes, because every allocation takes as much from one as from the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, literal, select, type_coerce, union_all
from sqlalchemy.sql.selectable import Subquery

from billing_service.core.money import ZERO
from billing_service.errors import FieldError, InvalidInput
from billing_service.receivables.reading import get
from billing_service.receivables.standing import CREDIT_REST, IS_OWED, OPEN, RECEIPT_REST
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Customer
from billing_service.store.receivables import Receipt, Refund, WriteOff
from billing_service.store.scope import Scope
from billing_service.store.types import Cents

MOST_ENTRIES: Final = 5_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the statement. ``amount`` is what it adds to what the customer owes; ``balance`` what it owes then.

    ``kind``: invoice, credit_note, receipt, refund, write_off.
    """

    day: date
    kind: str
    id: UUID
    reference: str | None
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Balance:
    """The account from ``first`` to ``last``: opening balance plus entries is the closing balance.

    ``balance`` is what is owed now, over all time: ``open_invoices`` − ``receipts_left`` − ``credits_left``.
    """

    customer_id: UUID
    first: date | None
    last: date
    opening: Decimal
    entries: tuple[Entry, ...]
    closing: Decimal
    balance: Decimal
    open_invoices: Decimal
    receipts_left: Decimal
    credits_left: Decimal


def balance_of(scope: Scope, customer_id: UUID, first: date | None = None, last: date | None = None) -> Balance:
    """The account of a customer, with the statement of the days from ``first`` to ``last`` (all, up to today).

    Raises:
        NotFound: no such customer.
        InvalidInput: more than 5,000 entries (choose a shorter period), or a period that ends before it begins.
    """
    get(scope, Customer, customer_id)
    until = last or scope.today
    if first is not None and first > until:
        raise InvalidInput(
            "The period ends before it begins.", errors=[FieldError("?date_until", "lies before date_from")]
        )
    moves = _moves(scope, customer_id)
    opening = ZERO if first is None else _total(scope, moves, moves.c.day < first)
    entries = _entries(scope, moves, opening, first, until)
    open_invoices = _sum(scope, Invoice, OPEN, customer_id, IS_OWED)
    issued = (Invoice.kind == "credit_note") & (Invoice.state == "issued")
    credits_left = _sum(scope, Invoice, CREDIT_REST, customer_id, issued)
    receipts_left = _sum(scope, Receipt, RECEIPT_REST, customer_id)
    return Balance(
        customer_id,
        first,
        until,
        opening,
        entries,
        entries[-1].balance if entries else opening,
        _total(scope, moves),
        open_invoices,
        receipts_left,
        credits_left,
    )


def _moves(scope: Scope, customer_id: UUID) -> Subquery:
    """Everything that changes what the customer owes, with its day and sign. Allocations change nothing of it."""

    def of(kind: str, table: Any, day: Any, reference: Any, amount: Any, *conditions: Any) -> Select[Any]:
        return select(
            day.label("day"),
            literal(kind).label("kind"),
            table.id.label("id"),
            reference.label("reference"),
            type_coerce(amount, Cents).label("amount"),
            table.created_at.label("made"),
        ).where(table.administration_id == scope.administration_id, table.customer_id == customer_id, *conditions)

    issued, alive = Invoice.state == "issued", Receipt.cancelled_at.is_(None)
    return union_all(
        of("invoice", Invoice, Invoice.issue_date, Invoice.number, Invoice.gross, issued, Invoice.kind == "invoice"),
        of(
            "credit_note",
            Invoice,
            Invoice.issue_date,
            Invoice.number,
            -Invoice.gross,
            issued,
            Invoice.kind == "credit_note",
        ),
        of("receipt", Receipt, Receipt.received_on, Receipt.reference, -Receipt.amount, alive),
        of("refund", Refund, Refund.refunded_on, Refund.reference, Refund.amount),
        of("write_off", WriteOff, WriteOff.written_off_on, WriteOff.reason, -WriteOff.amount),
    ).subquery()


def _entries(scope: Scope, moves: Subquery, opening: Decimal, first: date | None, until: date) -> tuple[Entry, ...]:
    query = select(moves).where(moves.c.day <= until).order_by(moves.c.day, moves.c.made, moves.c.id)
    if first is not None:
        query = query.where(moves.c.day >= first)
    rows = scope.session.execute(query.limit(MOST_ENTRIES + 1)).all()
    if len(rows) > MOST_ENTRIES:
        detail = f"The statement has more than {MOST_ENTRIES} entries: choose a shorter period."
        raise InvalidInput(detail, errors=[FieldError("?date_from", "makes too long a statement")])
    found = []
    for row in rows:
        opening += row.amount
        found.append(Entry(row.day, row.kind, row.id, row.reference, row.amount, opening))
    return tuple(found)


def _total(scope: Scope, moves: Subquery, *conditions: Any) -> Decimal:
    query = select(type_coerce(func.coalesce(func.sum(moves.c.amount), 0), Cents)).where(*conditions)
    return scope.session.scalars(query).one() or ZERO


def _sum(scope: Scope, table: Any, amount: Any, customer_id: UUID, *conditions: Any) -> Decimal:
    query = select(type_coerce(func.coalesce(func.sum(amount), 0), Cents)).where(
        table.administration_id == scope.administration_id, table.customer_id == customer_id, *conditions
    )
    return scope.session.scalars(query).one() or ZERO
