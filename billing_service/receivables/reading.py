"""Finding and locking what money is about. Locks are taken in one order: receipt or credit note, then invoice."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from billing_service.errors import Conflict, FieldError, InvalidInput, NotFound
from billing_service.store.base import Base, Keyed
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Customer
from billing_service.store.receivables import Allocation, Dispute, Receipt, Refund, WriteOff
from billing_service.store.scope import Scope

NOUNS: dict[type[Base], str] = {
    Allocation: "allocation",
    Customer: "customer",
    Dispute: "dispute",
    Invoice: "invoice",
    Receipt: "receipt",
    Refund: "refund",
    WriteOff: "write-off",
}

Row = TypeVar("Row", bound=Keyed)


def get(scope: Scope, table: type[Row], key: UUID, *, lock: bool = False) -> Row:
    """The row with this id, with ``lock`` held until the transaction ends. Raises ``NotFound``."""
    query: Any = select(table).where(table.administration_id == scope.administration_id, table.id == key)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row: Row | None = scope.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no such {NOUNS[table]}.")  # type: ignore[index]
    return row


def named(scope: Scope, table: type[Row], key: UUID, pointer: str, *, lock: bool = False) -> Row:
    """As ``get``, for a field of a request. Raises ``InvalidInput`` naming it."""
    try:
        return get(scope, table, key, lock=lock)
    except NotFound as error:
        raise InvalidInput(error.detail, errors=[FieldError(pointer, error.detail)]) from error


def refuse_unowed(row: Invoice) -> Invoice:
    """Only an issued invoice can be paid, disputed or written off. Raises ``Conflict`` (``not_issued``)."""
    if row.kind != "invoice" or row.state != "issued":
        raise Conflict("Only an issued invoice can be paid, contested or written off.", code="not_issued")
    return row


def day_of_invoice(scope: Scope, invoice: Invoice, day: date | None, pointer: str) -> date:
    """``day``, or today for none. Raises ``InvalidInput`` for a day to come or before the invoice was issued."""
    chosen: date = not_later_than_today(scope, day, pointer)
    if invoice.issue_date is not None and chosen < invoice.issue_date:
        detail = f"lies before {invoice.issue_date}, the date of the invoice"
        raise InvalidInput(
            "An invoice is not contested or written off before it is there.", errors=[FieldError(pointer, detail)]
        )
    return chosen


def not_later_than_today(scope: Scope, day: Any, pointer: str) -> Any:
    """``day``, or today for none. Raises ``InvalidInput`` for a day to come."""
    if day is not None and day > scope.today:
        raise InvalidInput(
            "What did not happen yet cannot be recorded.", errors=[FieldError(pointer, "is in the future")]
        )
    return day or scope.today
