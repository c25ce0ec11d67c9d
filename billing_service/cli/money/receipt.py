"""``billing receipt …``: money that comes in, and what it settles."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import click

from billing_service import receivables
from billing_service.cli.money.common import (
    amount_option,
    by_number,
    customer_option,
    day_option,
    invoice_option,
    newest,
    numbers,
    reason_option,
    tell_allocation,
)
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Customer
from billing_service.store.receivables import Allocation, Receipt

METHODS = ("bank_transfer", "direct_debit", "card", "cash", "other")


@click.group()
def receipt() -> None:
    """Money that came in, by hand: record it, allocate it to invoices, undo what was wrong.

    docs/credit-and-payments.md has an example.
    """


@receipt.command("add")
@administration_option
@click.option("--customer", required=True, help="The customer's number.")
@amount_option(required=True, text=None)
@day_option("--on", "The day it came in. Without: today.")
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
            "customer_id": by_number(scope, Customer, customer).id,
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
            settled = by_number(scope, Invoice, number)
            allocation = receivables.allocate(scope, {"receipt_id": row.id, "invoice_id": settled.id})
            tell_allocation(scope, allocation, settled)
        click.echo(f"{receivables.receipt_rests(scope, [row.id])[row.id]} of it is left.")


@receipt.command("allocate")
@administration_option
@click.argument("receipt_id", type=click.UUID)
@click.argument("invoice")
@amount_option()
@click.option("--overpays", is_flag=True, help="The payer meant this invoice: more than is open.")
@pass_program
def allocate(
    program: Program, administration: str | None, receipt_id: UUID, invoice: str, amount: Decimal | None, overpays: bool
) -> None:
    """Settle INVOICE (its number) with what is left of a receipt."""
    with program.scope(program.administration(administration)) as scope:
        settled = by_number(scope, Invoice, invoice)
        wish = {"receipt_id": receipt_id, "invoice_id": settled.id, "amount": amount, "overpays": overpays}
        tell_allocation(scope, receivables.allocate(scope, wish), settled)


@receipt.command("undo")
@administration_option
@click.argument("allocation_id", type=click.UUID)
@reason_option
@pass_program
def undo(program: Program, administration: str | None, allocation_id: UUID, reason: str) -> None:
    """Undo an allocation, also a set-off: what it gave out is left again."""
    with program.scope(program.administration(administration)) as scope:
        row = receivables.undo_allocation(scope, allocation_id, reason)
        click.echo(f"Undone: {-row.amount} is left again.")


@receipt.command("cancel")
@administration_option
@click.argument("receipt_id", type=click.UUID)
@reason_option
@pass_program
def cancel(program: Program, administration: str | None, receipt_id: UUID, reason: str) -> None:
    """Cancel a receipt that was recorded by mistake and of which nothing is used."""
    with program.scope(program.administration(administration)) as scope:
        receivables.cancel_receipt(scope, receipt_id, reason)
        click.echo("Cancelled.")


@receipt.command("list")
@administration_option
@customer_option
@pass_program
def list_(program: Program, administration: str | None, customer: str | None) -> None:
    """The newest 100 receipts and what is left of them."""
    with program.reading(program.administration(administration)) as scope:
        rows = scope.session.scalars(newest(scope, Receipt, customer=customer)).all()
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


@receipt.command("allocations")
@administration_option
@customer_option
@invoice_option
@pass_program
def allocations(program: Program, administration: str | None, customer: str | None, invoice: str | None) -> None:
    """The newest 100 allocations, set-offs among them; one below zero undoes another."""
    with program.reading(program.administration(administration)) as scope:
        rows = scope.session.scalars(newest(scope, Allocation, customer=customer, invoice=invoice)).all()
        named = numbers(scope, [key for row in rows for key in (row.credit_note_id, row.invoice_id)])
        shown = [
            (
                row.allocated_on,
                row.id,
                row.receipt_id or named[row.credit_note_id],
                named[row.invoice_id],
                row.amount,
            )
            for row in rows
        ]
    Teller().table(["Day", "Allocation", "Receipt or credit note", "Invoice", ">Amount"], shown)


COMMANDS = (receipt,)
