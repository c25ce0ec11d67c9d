"""``billing vat-rate`` and ``billing check-vat-number``: rates of laws made after this version, and numbers by form."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import click

from billing_service.cli.money.common import by_number
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.core import money
from billing_service.parties import vat_numbers, vat_rates
from billing_service.store.parties import Customer


@click.command("vat-rate")
@click.option("--class", "vat_class", type=click.Choice(["standard", "reduced"]), help="Of the rate to add.")
@click.option("--from", "since", type=click.DateTime(["%Y-%m-%d"]), help="From this day on.")
@click.option("--rate", help="A percentage, such as 9 or 9.50.")
@click.option("--source", help="The law that says so.")
@pass_program
def vat_rate(
    program: Program, vat_class: str | None, since: datetime | None, rate: str | None, source: str | None
) -> None:
    """Show the VAT rates; with all options add one, for every administration."""
    given = (vat_class, since, rate, source)
    if any(given) and not all(given):
        raise click.UsageError("Give --class, --from, --rate and --source together, or none of them.")
    with program.operator_scope() as scope:
        if vat_class and since and rate and source:
            wish = {"vat_class": vat_class, "valid_from": since.date(), "source": source}
            vat_rates.set_rate(scope, wish | {"rate": money.amount(rate, "--rate")})
        for row in vat_rates.all_rates(scope.session):
            _show(row["vat_class"], f"{row['valid_from']}", row["rate"], row["source"])


def _show(vat_class: str, since: str, rate: Decimal, source: str | None) -> None:
    click.echo(f"{vat_class:<9} from {since}  {rate:>5} %  {source or 'built in'}")


@click.command("check-vat-number")
@administration_option
@click.argument("customer")
@pass_program
def check_vat_number(program: Program, administration: str | None, customer: str) -> None:
    """Check the VAT number of CUSTOMER (its number) again, for its form; the outcome is kept.

    Exit code 1 when it is wrong. Whether a number is in use only the register (VIES) knows.
    """
    with program.scope(program.administration(administration)) as scope:
        row = vat_numbers.check_again(scope, by_number(scope, Customer, customer))
        outcome = "has the right form" if row.valid else f"cannot be right: {row.problem}"
        click.echo(f"{row.vat_number} ({row.country}) {outcome}. Checked {row.checked_at:%Y-%m-%d %H:%M:%S} UTC.")
        wrong = not row.valid
    if wrong:
        raise SystemExit(1)


COMMANDS = (vat_rate, check_vat_number)
