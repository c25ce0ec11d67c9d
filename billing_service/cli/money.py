"""``billing receipt …``, ``billing credit``, ``billing balance``: money that comes in, and documents taken back."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

import click
from sqlalchemy import select

from billing_service import invoicing, receivables
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.core import money
from billing_service.core.crediting import Part
from billing_service.errors import NotFound
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Customer
from billing_service.store.receivables import Allocation, Receipt
from billing_service.store.scope import Scope

METHODS = ("bank_transfer", "direct_debit", "card", "cash", "other")
Row = TypeVar("Row", Customer, Invoice)


def _amount(_context: Any, _option: Any, text: str | None) -> Decimal | None:
    return None if text is None else money.amount(text, "amount")


def _day(_context: Any, _option: Any, value: datetime | None) -> date | None:
    return value.date() if value else None


_amount_option = click.option("--amount", callback=_amount, metavar="12.50", help="Without: as much as can be.")
_reason = click.option("--reason", required=True, help="Why; it is kept.")


@click.group()
def receipt() -> None:
    """Money that came in, by hand: record it, allocate it to invoices, undo what was wrong.

    docs/credit-and-payments.md has an example.
    """


@receipt.command("add")
@administration_option
@click.option("--customer", required=True, help="The customer's number.")
@click.option("--amount", required=True, callback=_amount, metavar="12.50")
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), callback=_day, help="The day it came in. Without: today.")
@click.option("--method", type=click.Choice(METHODS), default="bank_transfer", show_default=True)
@click.option("--payer", help="The payer's name.")
@click.option("--iban", help="The payer's account.")
@click.option("--reference", help="What the payer or the bank said.")
@click.option("--invoice", multiple=True, help="Number of an invoice to settle with it; may be repeated.")
@pass_program
def add(
    program: Program,
    administration: str | None,
    customer: str,
    amount: Decimal,
    on: date | None,
    method: str,
    payer: str | None,
    iban: str | None,
    reference: str | None,
    invoice: tuple[str, ...],
) -> None:
    """Record a receipt; with --invoice settle those invoices, in this order, as far as it reaches."""
    with program.scope(program.administration(administration)) as scope:
        wish = {
            "customer_id": _by_number(scope, Customer, customer).id,
            "amount": amount,
            "received_on": on,
            "method": method,
            "payer_name": payer,
            "payer_iban": iban,
            "reference": reference,
        }
        row = receivables.record_receipt(scope, wish)
        click.echo(f"Receipt {row.id}: {row.amount} on {row.received_on}.")
        for number in invoice:
            settled = _by_number(scope, Invoice, number)
            allocation = receivables.allocate(scope, {"receipt_id": row.id, "invoice_id": settled.id})
            _tell_allocation(scope, allocation, settled)
        click.echo(f"{receivables.receipt_rests(scope, [row.id])[row.id]} of it is left.")


@receipt.command("allocate")
@administration_option
@click.argument("receipt_id", type=click.UUID)
@click.argument("invoice")
@_amount_option
@click.option("--overpays", is_flag=True, help="The payer meant this invoice: more than is open.")
@pass_program
def allocate(
    program: Program, administration: str | None, receipt_id: UUID, invoice: str, amount: Decimal | None, overpays: bool
) -> None:
    """Settle INVOICE (its number) with what is left of a receipt."""
    with program.scope(program.administration(administration)) as scope:
        settled = _by_number(scope, Invoice, invoice)
        wish = {"receipt_id": receipt_id, "invoice_id": settled.id, "amount": amount, "overpays": overpays}
        _tell_allocation(scope, receivables.allocate(scope, wish), settled)


@receipt.command("undo")
@administration_option
@click.argument("allocation_id", type=click.UUID)
@_reason
@pass_program
def undo(program: Program, administration: str | None, allocation_id: UUID, reason: str) -> None:
    """Undo an allocation: what it gave out is left again."""
    with program.scope(program.administration(administration)) as scope:
        row = receivables.undo_allocation(scope, allocation_id, reason)
        click.echo(f"Undone: {-row.amount} is left again.")


@receipt.command("cancel")
@administration_option
@click.argument("receipt_id", type=click.UUID)
@_reason
@pass_program
def cancel(program: Program, administration: str | None, receipt_id: UUID, reason: str) -> None:
    """Cancel a receipt that was recorded by mistake and of which nothing is used."""
    with program.scope(program.administration(administration)) as scope:
        receivables.cancel_receipt(scope, receipt_id, reason)
        click.echo("Cancelled.")


@receipt.command("list")
@administration_option
@click.option("--customer", help="Only this customer's; its number.")
@pass_program
def list_(program: Program, administration: str | None, customer: str | None) -> None:
    """The newest 100 receipts with their allocations."""
    with program.scope(program.administration(administration)) as scope:
        mine = Receipt.administration_id == scope.administration_id
        query = select(Receipt).where(mine).order_by(Receipt.id.desc()).limit(100)
        if customer is not None:
            query = query.where(Receipt.customer_id == _by_number(scope, Customer, customer).id)
        rows = scope.session.scalars(query).all()
        left = receivables.receipt_rests(scope, [row.id for row in rows])
        shown = [
            (
                row.received_on,
                row.id,
                row.amount,
                left[row.id],
                "cancelled" if row.cancelled_at else row.reference or "",
            )
            for row in rows
        ]
        Teller().table(["Day", "Receipt", ">Amount", ">Left", "Reference"], shown)


@click.command()
@administration_option
@click.argument("invoice")
@click.option("--reason", required=True, help="Printed on the credit note, in the customer's language.")
@click.option("--line", type=int, help="Only this line of the invoice; without: all that is left.")
@click.option("--amount", callback=_amount, metavar="12.50", help="Of that line, without VAT.")
@click.option("--quantity", type=str, help="Of that line.")
@click.option("--minutes", type=int, help="Of that line.")
@pass_program
def credit(
    program: Program,
    administration: str | None,
    invoice: str,
    reason: str,
    line: int | None,
    amount: Decimal | None,
    quantity: str | None,
    minutes: int | None,
) -> None:
    """Credit INVOICE (its number), whole or one line of it. The credit note is issued at once."""
    if line is None and any(value is not None for value in (amount, quantity, minutes)):
        raise click.UsageError("Say which --line.")
    pieces = None if quantity is None else money.to_decimal(quantity, places=4)
    parts = None if line is None else [Part(line, quantity=pieces, minutes=minutes, amount=amount)]
    with program.scope(program.administration(administration)) as scope:
        credited = _by_number(scope, Invoice, invoice)
        note_id = invoicing.credit(scope, credited.id, reason, parts)
        invoicing.issue_invoice(scope, note_id)
        note = invoicing.get_credit_note(scope, note_id)
        left = receivables.credit_rests(scope, [note_id])[note_id]
        click.echo(f"Credit note {note.number}: {note.net} + {note.vat} VAT = {note.gross}.")
        click.echo(f"{note.gross - left} closes {credited.number}; {left} stands as the customer's balance.")
    program.make_worker(program.context, program.settings).drain()


@click.command()
@administration_option
@click.argument("customer")
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), callback=_day, help="First day of the statement.")
@click.option("--until", "last", type=click.DateTime(["%Y-%m-%d"]), callback=_day, help="Last day; without: today.")
@pass_program
def balance(program: Program, administration: str | None, customer: str, first: date | None, last: date | None) -> None:
    """What CUSTOMER (its number) owes: invoices, credits, receipts, refunds, write-offs."""
    with program.scope(program.administration(administration)) as scope:
        found = receivables.balance_of(scope, _by_number(scope, Customer, customer).id, first, last)
    teller = Teller()
    if found.first is not None:
        teller.say(f"On {found.first}: {found.opening}")
    teller.table(
        ["Day", "What", "Reference", ">Amount", ">Balance"],
        [
            (entry.day, entry.kind.replace("_", " "), entry.reference or "", entry.amount, entry.balance)
            for entry in found.entries
        ],
    )
    teller.say(
        f"Open invoices {found.open_invoices} − receipts left {found.receipts_left} − credits left {found.credits_left}"
        f" = {found.balance}"
    )


def _by_number(scope: Scope, table: type[Row], number: str) -> Row:
    """Raises ``NotFound``."""
    query = select(table).where(table.administration_id == scope.administration_id, table.number == number)
    row = scope.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound(f"There is no {table.__name__.lower()} {number}.")
    return row


def _tell_allocation(scope: Scope, row: Allocation, invoice: Invoice) -> None:
    left = receivables.standing(scope, invoice.id)
    click.echo(f"Allocation {row.id}: {row.amount} to {invoice.number}, which is {left.state}; {left.open} is open.")


COMMANDS = (receipt, credit, balance)
