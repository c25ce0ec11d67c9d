"""``billing refund``, ``dispute`` and ``write-off``: what happened to money and to invoices besides payment."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import click
from sqlalchemy import select

from billing_service import receivables
from billing_service.cli.money.common import (
    amount_option,
    by_number,
    customer_option,
    day_option,
    how_it_stands,
    invoice_option,
    newest,
    numbers,
    reason_option,
)
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.errors import NotFound
from billing_service.store.invoices import Invoice
from billing_service.store.receivables import Dispute, Refund, WriteOff
from billing_service.store.scope import Scope


@click.group()
def refund() -> None:
    """What a person paid back of a receipt or a credit note. This service pays nothing; it is recorded here."""


@refund.command("add")
@administration_option
@click.option("--receipt", "receipt_id", type=click.UUID, help="Id of the receipt it was paid back from.")
@click.option("--credit-note", help="Or the number of the credit note.")
@amount_option(text="Without: all that is left.")
@day_option("--on", "The day it was paid back. Without: today.")
@click.option("--reference", help="What the bank says.")
@pass_program
def add_refund(
    program: Program,
    administration: str | None,
    receipt_id: UUID | None,
    credit_note: str | None,
    amount: Decimal | None,
    on: date | None,
    reference: str | None,
) -> None:
    """Record what was paid back, out of a receipt or a credit note."""
    if (receipt_id is None) == (credit_note is None):
        raise click.UsageError("Give --receipt or --credit-note, one of the two.")
    with program.scope(program.administration(administration)) as scope:
        note_id = None if credit_note is None else by_number(scope, Invoice, credit_note).id
        source = {"receipt_id": receipt_id, "credit_note_id": note_id}
        wish = {"amount": amount, "refunded_on": on, "reference": reference}
        row = receivables.record_refund(scope, source | wish)
        rests = receivables.receipt_rests if row.receipt_id else receivables.credit_rests
        (left,) = rests(scope, [key for key in source.values() if key]).values()
        click.echo(f"Refund {row.id}: {row.amount} on {row.refunded_on}; {left} is left.")


@refund.command("undo")
@administration_option
@click.argument("refund_id", type=click.UUID)
@reason_option
@pass_program
def undo_refund(program: Program, administration: str | None, refund_id: UUID, reason: str) -> None:
    """Undo a refund that did not go through or was recorded by mistake: what it took is left again."""
    with program.scope(program.administration(administration)) as scope:
        click.echo(f"Undone: {-receivables.undo_refund(scope, refund_id, reason).amount} is left again.")


@refund.command("list")
@administration_option
@customer_option
@pass_program
def list_refunds(program: Program, administration: str | None, customer: str | None) -> None:
    """The newest 100 refunds; one below zero undoes another."""
    with program.reading(program.administration(administration)) as scope:
        rows = scope.session.scalars(newest(scope, Refund, customer=customer)).all()
        named = numbers(scope, [row.credit_note_id for row in rows])
        shown = [
            (
                row.refunded_on,
                row.id,
                row.receipt_id or named[row.credit_note_id],
                row.amount,
                row.reference or row.reason or "",
            )
            for row in rows
        ]
    Teller().table(["Day", "Refund", "Receipt or credit note", ">Amount", "Reference"], shown)


@click.group()
def dispute() -> None:
    """The customer contests an invoice: since when, why, and how it ended."""


@dispute.command("open")
@administration_option
@click.argument("invoice")
@reason_option
@day_option("--on", "The day the customer said so. Without: today.")
@pass_program
def open_dispute(program: Program, administration: str | None, invoice: str, reason: str, on: date | None) -> None:
    """Record that the customer contests INVOICE (its number). One dispute at a time."""
    with program.scope(program.administration(administration)) as scope:
        row = receivables.open_dispute(scope, by_number(scope, Invoice, invoice).id, reason, on)
        click.echo(f"{invoice} is contested since {row.opened_on}.")


@dispute.command("end")
@administration_option
@click.argument("invoice")
@click.option("--outcome", required=True, help="How it ended; it is kept.")
@day_option("--on", "The day it ended. Without: today.")
@pass_program
def end_dispute(program: Program, administration: str | None, invoice: str, outcome: str, on: date | None) -> None:
    """Record that the dispute about INVOICE (its number) is over, and how."""
    with program.scope(program.administration(administration)) as scope:
        found = _running(scope, by_number(scope, Invoice, invoice))
        row = receivables.end_dispute(scope, found.id, outcome, on)
        click.echo(f"{invoice} was contested from {row.opened_on} to {row.ended_on}.")


@dispute.command("list")
@administration_option
@invoice_option
@click.option("--running", is_flag=True, help="Only those that are not over.")
@pass_program
def list_disputes(program: Program, administration: str | None, invoice: str | None, running: bool) -> None:
    """The newest 100 disputes."""
    with program.reading(program.administration(administration)) as scope:
        query = newest(scope, Dispute, invoice=invoice)
        rows = scope.session.scalars(query.where(Dispute.ended_on.is_(None)) if running else query).all()
        named = numbers(scope, [row.invoice_id for row in rows])
        shown = [
            (row.opened_on, named[row.invoice_id], row.reason, row.ended_on or "", row.outcome or "") for row in rows
        ]
    Teller().table(["Since", "Invoice", "Reason", "Ended", "Outcome"], shown)


@click.group("write-off")
def write_off() -> None:
    """What nobody expects to be paid any more."""


@write_off.command("add")
@administration_option
@click.argument("invoice")
@reason_option
@amount_option(text="Without: all that is open.")
@day_option("--on", "The day it is written off. Without: today.")
@pass_program
def add_write_off(
    program: Program, administration: str | None, invoice: str, reason: str, amount: Decimal | None, on: date | None
) -> None:
    """Write off what is open of INVOICE (its number), or --amount of it."""
    with program.scope(program.administration(administration)) as scope:
        found = by_number(scope, Invoice, invoice)
        row = receivables.write_off(scope, found.id, reason, amount, on)
        click.echo(f"Write-off {row.id}: {row.amount} of {how_it_stands(scope, found)}")


@write_off.command("undo")
@administration_option
@click.argument("write_off_id", type=click.UUID)
@reason_option
@pass_program
def undo_write_off(program: Program, administration: str | None, write_off_id: UUID, reason: str) -> None:
    """Undo a write-off: the amount is open again."""
    with program.scope(program.administration(administration)) as scope:
        row = receivables.undo_write_off(scope, write_off_id, reason)
        invoice = scope.session.get_one(Invoice, (scope.administration_id, row.invoice_id))
        click.echo(f"Undone: {-row.amount} of {how_it_stands(scope, invoice)}")


@write_off.command("list")
@administration_option
@customer_option
@invoice_option
@pass_program
def list_write_offs(program: Program, administration: str | None, customer: str | None, invoice: str | None) -> None:
    """The newest 100 write-offs; one below zero undoes another."""
    with program.reading(program.administration(administration)) as scope:
        rows = scope.session.scalars(newest(scope, WriteOff, customer=customer, invoice=invoice)).all()
        named = numbers(scope, [row.invoice_id for row in rows])
        shown = [(row.written_off_on, row.id, named[row.invoice_id], row.amount, row.reason) for row in rows]
    Teller().table(["Day", "Write-off", "Invoice", ">Amount", "Reason"], shown)


def _running(scope: Scope, invoice: Invoice) -> Dispute:
    """Raises ``NotFound``."""
    mine = Dispute.administration_id == scope.administration_id
    query = select(Dispute).where(mine, Dispute.invoice_id == invoice.id, Dispute.ended_on.is_(None))
    row = scope.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound(f"No dispute about {invoice.number} is running.")
    return row


COMMANDS = (refund, dispute, write_off)
