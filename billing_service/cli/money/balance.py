"""``billing balance``: a customer's account."""

from __future__ import annotations

from datetime import date

import click

from billing_service import receivables
from billing_service.cli.money.common import by_number, day_option
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.store.parties import Customer


@click.command()
@administration_option
@click.argument("customer")
@day_option("--from", "First day of the statement.", "first")
@day_option("--until", "Last day; without: today.", "last")
@pass_program
def balance(program: Program, administration: str | None, customer: str, first: date | None, last: date | None) -> None:
    """What CUSTOMER (its number) owes: invoices, credits, receipts, refunds, write-offs."""
    with program.reading(program.administration(administration)) as scope:
        found = receivables.balance_of(scope, by_number(scope, Customer, customer).id, first, last)
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


COMMANDS = (balance,)
