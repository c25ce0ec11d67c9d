"""Commands of the operator: administrations and API keys."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import click

from billing_service import access
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.parties import administrations


@click.command("create-administration")
@click.option("--legal-name", required=True)
@click.option("--trade-name")
@click.option("--street", required=True, help="Street and house number.")
@click.option("--postal-code", required=True)
@click.option("--city", required=True)
@click.option("--country", default="NL", show_default=True, help="Two letters (ISO 3166).")
@click.option("--kvk", help="Number in the Dutch trade register.")
@click.option("--vat-number")
@click.option("--iban")
@click.option("--bic")
@click.option("--email")
@click.option("--phone")
@click.option("--website")
@click.option("--currency", default="EUR", show_default=True)
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True)
@click.option("--payment-term-days", type=click.IntRange(0, 365), default=30, show_default=True)
@pass_program
def create_administration(program: Program, /, **values: Any) -> None:
    """Make an administration, liable for VAT, with calendar book years and the series "year-number".

    Other VAT statuses, book years and series are set over HTTP. Prints its id on standard output.
    """
    with program.operator_scope() as outside:
        made = administrations.create(outside, values)
    click.echo(f"The administration {made.legal_name}; a key for it: billing create-key -a {made.id}", err=True)
    click.echo(made.id)


@click.command("create-key")
@administration_option
@click.option(
    "--operator", is_flag=True, help="A key that creates administrations, in place of one for --administration."
)
@click.option("--label", default="made on the command line", show_default=True, help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, help="What it may do; repeat. Without: everything.")
@click.option("--days", type=click.IntRange(1), help="Days until it expires. Without: never.")
@pass_program
def create_key(
    program: Program, administration: str | None, operator: bool, label: str, scopes: tuple[str, ...], days: int | None
) -> None:
    """Make an API key and print it, once, on standard output."""
    if operator and (administration or scopes):
        raise click.UsageError("--operator goes without --administration and --scope")
    expires_at = program.context.clock() + timedelta(days=days) if days else None
    if operator:
        with program.operator_scope() as outside:
            key, text = access.create_operator_key(outside, label, expires_at)
    else:
        with program.scope(program.administration(administration)) as scope:
            key, text = access.create_key(scope, label, scopes or access.SCOPES, expires_at)
    click.echo(f"The key {key.id}; it is shown this once:", err=True)
    click.echo(text)


@click.command("revoke-key")
@click.argument("key_id", type=click.UUID)
@pass_program
def revoke_key(program: Program, key_id: UUID) -> None:
    """Make an API key invalid from now on; KEY_ID is what create-key named."""
    with program.operator_scope() as outside:
        access.revoke_key(outside, key_id)
    click.echo(f"The key {key_id} is revoked.")


COMMANDS = (create_administration, create_key, revoke_key)
