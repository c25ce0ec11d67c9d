"""``billing conflicts …``: what was changed on the wrong side of a connection, and one call to resolve each."""

from __future__ import annotations

from uuid import UUID

import click
from sqlalchemy import select

from billing_service import ownership
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.store.agreements import CHOICES, IS_OPEN, NOUNS, SyncConflict

NEWEST = 100


@click.group("conflicts")
def conflicts() -> None:
    """A customer or document changed in the accounting package, or a receipt by hand that it does not know."""


@conflicts.command("list")
@administration_option
@click.option("--noun", type=click.Choice(NOUNS), help="Only these.")
@pass_program
def list_conflicts(program: Program, administration: str | None, noun: str | None) -> None:
    """The newest 100 that are open: ours, theirs and what was agreed on last, field by field."""
    with program.reading(program.administration(administration)) as scope:
        query = select(SyncConflict).where(SyncConflict.administration_id == scope.administration_id, IS_OPEN)
        if noun:
            query = query.where(SyncConflict.noun == noun)
        rows = scope.session.scalars(query.order_by(SyncConflict.id.desc()).limit(NEWEST)).all()
    teller = Teller()
    for row in rows:
        teller.say(f"{row.id}  {row.noun} {row.number}: {row.kind.replace('_', ' ')}")
        fields = [(one["name"], *(one[side] or "–" for side in ("ours", "theirs", "agreed"))) for one in row.compared]
        teller.table(["Field", "Ours", "Theirs", "Last agreed"], fields)
    teller.say(f"{len(rows)} open.")


@conflicts.command("resolve")
@administration_option
@click.argument("conflict_id", type=click.UUID)
@click.option("--choice", type=click.Choice(CHOICES), required=True, help="Ours again, theirs accepted, or kept so.")
@click.option("--reason", help="Why; needed to keep it as it is.")
@pass_program
def resolve(program: Program, administration: str | None, conflict_id: UUID, choice: str, reason: str | None) -> None:
    """Resolve one conflict; its finding goes with it."""
    with program.scope(program.administration(administration)) as scope:
        row = ownership.resolve(scope, conflict_id, choice, reason)
    click.echo(f"The conflict about {row.noun} {row.number} is resolved: {choice}.")


COMMANDS = [conflicts]
