"""Commands about number series: blocking them and confirming the last number after a restore."""

from __future__ import annotations

from datetime import datetime

import click

from billing_service.backup.holding import Held, hold
from billing_service.cli.program import ACTOR, Program, administration_option, pass_program
from billing_service.errors import InvalidInput
from billing_service.parties import numbering
from billing_service.store.administrations import Series
from billing_service.store.scope import Scope


@click.command("block-series")
@pass_program
def block_series(program: Program) -> None:
    """Hold this copy of the database: after a restore by other means than billing restore.

    Nothing is issued until the last number of each series is confirmed, and nothing goes to accounting packages and
    webhooks until a person resumes each.
    """
    context = program.context
    with context.database.write() as session:
        held = hold(session, context.clock(), ACTOR)
    tell_held(held)


def tell_held(held: Held) -> None:
    """What waits for a person after a restore."""
    click.echo(
        f"{held.series_blocked} number series blocked. Nothing is issued until the last number really sent is confirmed"
        " in each: billing confirm-last-number."
    )
    if held.connections_held:
        click.echo(
            f"{held.connections_held} connections to accounting packages stand still until you resume them: billing"
            f" connection resume. {held.deliveries_doubted} deliveries are looked for there first."
        )
    if held.webhook_endpoints_held:
        click.echo(f"{held.webhook_endpoints_held} webhook endpoints are disabled until you make them active again.")


@click.command("confirm-last-number")
@administration_option
@click.option("--series", "code", required=True, help="The code of the series.")
@click.option("--issue-date", type=click.DateTime(["%Y-%m-%d"]), help="The date on the last document sent.")
@click.argument("last_numbers", nargs=-1)
@pass_program
def confirm_last_number(
    program: Program,
    administration: str | None,
    code: str,
    issue_date: datetime | None,
    last_numbers: tuple[str, ...],
) -> None:
    """Say, after a restore, which number was really sent last, so that the series can go on after it.

    LAST_NUMBERS is that number as printed, also when nothing was sent after the backup; of a series that starts again
    every book year one number per book year since then; nothing for a series that has never given a number.
    """
    with program.scope(program.administration(administration)) as scope:
        before = named(scope, code)
        skipped = len(before.jumps)
        day = issue_date.date() if issue_date else None
        series = numbering.confirm_last_number(scope, before.id, last_numbers, day)
        jumps, last, following = series.jumps[skipped:], series.last_number, series.next_number
    for jump in jumps:
        click.echo(
            f"Recorded: {jump['first']} to {jump['last']} were given after the backup and are not in these books."
        )
    click.echo(f"{code} goes on after {last or 'nothing'}, with counter {following}.")


def named(scope: Scope, code: str) -> Series:
    """The series with this code. Raises ``InvalidInput`` naming those there are."""
    for series in numbering.series_of(scope):
        if series.code == code:
            return series
    known = ", ".join(series.code for series in numbering.series_of(scope)) or "none"
    raise InvalidInput(f"There is no number series {code}; there are: {known}.")


COMMANDS = (block_series, confirm_last_number)
