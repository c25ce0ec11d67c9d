"""``billing payments-in …``: what the accounting package told, and deciding on what is uncertain."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

import click
from sqlalchemy import select

from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.collection import asking, resolving
from billing_service.connections import connecting
from billing_service.errors import NotFound
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Customer
from billing_service.store.payments_in import STATES, PaymentIn
from billing_service.store.scope import Scope

NEWEST = 100


@click.group("payments-in")
def payments_in() -> None:
    """Payments that the accounting package told, and what became of them here."""


@payments_in.command("list")
@administration_option
@click.option("--state", type=click.Choice(STATES), default="needs_decision", help="Default: what a person decides.")
@pass_program
def list_payments(program: Program, administration: str | None, state: str) -> None:
    """The newest 100 in this state."""
    with program.reading(program.administration(administration)) as scope:
        query = select(PaymentIn).where(
            PaymentIn.administration_id == scope.administration_id, PaymentIn.state == state
        )
        rows = scope.session.scalars(query.order_by(PaymentIn.id.desc()).limit(NEWEST)).all()
        shown = resolving.shown(scope, rows)
        numbers = _numbers(scope, {one for row in shown for one in row["proposals"]})
    Teller().table(
        ["Id there", "Paid on", "Amount", "Reference", "Why", "Might be"],
        [
            (
                one["remote_id"],
                one["paid_on"],
                one["amount"],
                one["reference"] or one["document_number"] or "",
                one["problem"]["en"] if one["problem"] else one["evidence"] or "",
                ", ".join(numbers[key] for key in one["proposals"]),
            )
            for one in shown
        ],
    )


@payments_in.command("collect")
@administration_option
@pass_program
def collect(program: Program, administration: str | None) -> None:
    """Have the payments read now, by a worker, and say how far they were read."""
    with program.scope(program.administration(administration)) as scope:
        told = asking.ask_now(scope, connecting.not_closed(scope).id)
    click.echo(f"Asked for. Read until: {told['pulled_at'] or 'nothing yet'}.")
    if told["waits_for"]:
        click.echo(f"{told['waits_for']['en']} Goes on at {told['next_at']}.")


@payments_in.command("resolve")
@administration_option
@click.argument("payment")
@click.option("--invoice", "invoices", multiple=True, metavar="NUMBER=AMOUNT", help="It settles so much of this one.")
@click.option("--balance", "customer", metavar="NUMBER", help="It is what this customer has to its credit.")
@click.option("--not-ours", is_flag=True, help="It does not concern us.")
@click.option("--reason", help="Why; it is kept.")
@pass_program
def resolve(
    program: Program,
    administration: str | None,
    payment: str,
    invoices: tuple[str, ...],
    customer: str | None,
    not_ours: bool,
    reason: str | None,
) -> None:
    """Decide what PAYMENT (its id there, or here) is. "list" says which are to be decided upon."""
    if sum((bool(invoices), customer is not None, not_ours)) != 1:
        raise click.UsageError("Give one of --invoice, --balance and --not-ours.")
    with program.scope(program.administration(administration)) as scope:
        wish: dict[str, Any] = {"choice": "not_ours", "reason": reason}
        if invoices:
            wish |= {"choice": "allocate", "parts": [_part(scope, text) for text in invoices]}
        elif customer is not None:
            wish |= {"choice": "balance", "customer_id": _of(scope, Customer, customer, "customer").id}
        row = resolving.resolve(scope, _found(scope, payment).id, wish)
        click.echo(f"{row.remote_id}: {row.state.replace('_', ' ')}.")


COMMANDS = (payments_in,)


def _numbers(scope: Scope, ids: set[str]) -> dict[str, str]:
    rows = select(Invoice.id, Invoice.number).where(
        Invoice.administration_id == scope.administration_id, Invoice.id.in_([UUID(one) for one in ids])
    )
    return {str(row.id): row.number or "" for row in scope.session.execute(rows)}


def _part(scope: Scope, text: str) -> dict[str, Any]:
    number, _, amount = text.rpartition("=")
    try:
        return {"invoice_id": _of(scope, Invoice, number, "invoice").id, "amount": Decimal(amount)}
    except InvalidOperation:
        raise click.UsageError(f"{text!r} is no NUMBER=AMOUNT, such as 2026-0001=15.13.") from None


def _of(scope: Scope, table: Any, number: str, noun: str) -> Any:
    found = scope.session.scalars(select(table).filter_by(administration_id=scope.administration_id, number=number))
    row = found.one_or_none()
    if row is None:
        raise NotFound(f"There is no {noun} {number}.")
    return row


def _found(scope: Scope, payment: str) -> PaymentIn:
    """The newest payment with this id there, or the one with this id here. Raises ``NotFound``."""
    try:
        return resolving.get(scope, UUID(payment))
    except ValueError:
        pass
    mine = select(PaymentIn).where(PaymentIn.administration_id == scope.administration_id)
    row = scope.session.scalars(mine.where(PaymentIn.remote_id == payment).order_by(PaymentIn.id.desc())).first()
    if row is None:
        raise NotFound(f"The accounting package told of no payment {payment}.")
    return row
