"""What the commands about money share: how amounts, days and numbers are said, and what is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

import click
from sqlalchemy import Select, select

from billing_service import receivables
from billing_service.core import money
from billing_service.errors import NotFound
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Customer
from billing_service.store.receivables import Allocation
from billing_service.store.scope import Scope

NEWEST: Final = 100
"""How many rows a list shows."""

Row = TypeVar("Row", Customer, Invoice)
Command = TypeVar("Command", bound=Callable[..., Any])


def _amount(_context: Any, option: click.Parameter, text: str | None) -> Decimal | None:
    return None if text is None else money.amount(text, option.opts[0])


def _day(_context: Any, _option: Any, value: datetime | None) -> date | None:
    return value.date() if value else None


def amount_option(
    *, required: bool = False, text: str | None = "Without: as much as can be."
) -> Callable[[Command], Command]:
    return click.option("--amount", required=required, callback=_amount, metavar="12.50", help=text)


def day_option(name: str, text: str, parameter: str | None = None) -> Callable[[Command], Command]:
    return click.option(name, parameter or name[2:], type=click.DateTime(["%Y-%m-%d"]), callback=_day, help=text)


reason_option = click.option("--reason", required=True, help="Why; it is kept.")
customer_option = click.option("--customer", help="Only this customer's; its number.")
invoice_option = click.option("--invoice", help="Only of this invoice; its number.")


def by_number(scope: Scope, table: type[Row], number: str) -> Row:
    """The customer, or the invoice or credit note, of this number. Raises ``NotFound``."""
    query = select(table).where(table.administration_id == scope.administration_id, table.number == number)
    row = scope.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no {table.__name__.lower()} {number}.")
    return row


def newest(
    scope: Scope, table: Any, *columns: Any, customer: str | None = None, invoice: str | None = None
) -> Select[Any]:
    """The newest rows of a table, with ``columns`` or whole; limited to a customer or an invoice by their numbers."""
    query = select(*columns or (table,)).where(table.administration_id == scope.administration_id)
    if customer is not None:
        query = query.where(table.customer_id == by_number(scope, Customer, customer).id)
    if invoice is not None:
        query = query.where(table.invoice_id == by_number(scope, Invoice, invoice).id)
    return query.order_by(table.id.desc()).limit(NEWEST)


def numbers(scope: Scope, invoice_ids: Sequence[UUID | None]) -> dict[UUID | None, str]:
    """The numbers of these documents; of None a dash."""
    query = select(Invoice.id, Invoice.number).where(
        Invoice.administration_id == scope.administration_id, Invoice.id.in_([key for key in invoice_ids if key])
    )
    return {None: "–"} | {key: number or "–" for key, number in scope.session.execute(query)}


def tell_allocation(scope: Scope, row: Allocation, invoice: Invoice) -> None:
    click.echo(f"Allocation {row.id}: {row.amount} to {how_it_stands(scope, invoice)}")


def how_it_stands(scope: Scope, invoice: Invoice) -> str:
    left = receivables.standing(scope, invoice.id)
    return f"{invoice.number}, which is {left.state}; {left.open} is open."
