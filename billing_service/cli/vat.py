"""``billing vat-rate``: rates of laws made after this version."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import click

from billing_service.cli.program import Program, pass_program
from billing_service.core import money
from billing_service.parties import vat_rates


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


COMMANDS = (vat_rate,)
