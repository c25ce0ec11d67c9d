"""``billing deliveries …``: what is on its way to the accounting package, and what a person must repair."""

from __future__ import annotations

from collections import Counter
from uuid import UUID

import click
from sqlalchemy import select

from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.core.delivery_texts import CAUSES
from billing_service.delivery import people
from billing_service.errors import NotFound
from billing_service.store.deliveries import NOUNS, STATES, Delivery
from billing_service.store.scope import Scope

NEWEST = 100
noun_option = click.option("--noun", type=click.Choice(NOUNS), help="Where a number could be of two things.")


@click.group("deliveries")
def deliveries() -> None:
    """What is on its way to the accounting package, what arrived, and what a person must repair."""


@deliveries.command("list")
@administration_option
@click.option("--state", type=click.Choice(STATES), help="Only these. Without: what needs attention, and what waits.")
@click.option("--cause", help="Only those that need attention for this cause.")
@pass_program
def list_deliveries(program: Program, administration: str | None, state: str | None, cause: str | None) -> None:
    """The newest 100, and how many there are by state and cause."""
    wanted = (state,) if state else ("needs_attention",) if cause else ("needs_attention", "waiting")
    with program.reading(program.administration(administration)) as scope:
        query = select(Delivery).where(
            Delivery.administration_id == scope.administration_id, Delivery.state.in_(wanted)
        )
        if cause:
            query = query.where(Delivery.cause == cause)
        rows = scope.session.scalars(query.order_by(Delivery.id.desc()).limit(NEWEST)).all()
        shown = people.shown(scope, rows)
    teller = Teller()
    teller.table(
        ["What", "Number", "State", "Cause", "What to do"],
        [
            (one["noun"], one["number"], one["state"].replace("_", " "), one["cause"] or one["waits"] or "", _told(one))
            for one in shown
        ],
    )
    for (of_state, of_cause), many in sorted(Counter((one["state"], one["cause"] or "") for one in shown).items()):
        teller.say(f"{many} {of_state.replace('_', ' ')}{f': {of_cause}' if of_cause else ''}")


def _told(one: dict[str, dict[str, str] | None]) -> str:
    told = one["next_action"] or one["waits_for"]
    return told["en"] if told else ""


@deliveries.command("show")
@administration_option
@click.argument("number")
@noun_option
@pass_program
def show_delivery(program: Program, administration: str | None, number: str, noun: str | None) -> None:
    """How the delivery of NUMBER (of a document, customer or receipt, or the delivery's id) stands."""
    with program.reading(program.administration(administration)) as scope:
        (one,) = people.shown(scope, [_found(scope, number, noun)])
    teller = Teller()
    names = (
        "noun",
        "number",
        "state",
        "remote_id",
        "attempts",
        "tried_at",
        "next_at",
        "delivered_at",
        "cause",
        "detail",
    )
    teller.table(["", ""], [(name.replace("_", " "), one[name]) for name in names if one[name] is not None])
    for told in (one["problem"], one["next_action"], one["waits_for"]):
        if told:
            teller.say(told["en"])


@deliveries.command("retry")
@administration_option
@click.argument("number")
@noun_option
@click.option("--stands-there", "remote_id", metavar="ID", help="It stands there, as this.")
@click.option("--not-there", is_flag=True, help="Somebody looked: it does not stand there.")
@click.option("--without-file", is_flag=True, help="Leave its file out.")
@pass_program
def retry_delivery(
    program: Program,
    administration: str | None,
    number: str,
    noun: str | None,
    remote_id: str | None,
    not_there: bool,
    without_file: bool,
) -> None:
    """Let the delivery of NUMBER go again, after a repair. What may have come through is looked for first."""
    if remote_id and not_there:
        raise click.UsageError("It stands there, or it does not: give one of the two.")
    stands_there = True if remote_id else False if not_there else None
    with program.scope(program.administration(administration)) as scope:
        found = _found(scope, number, noun)
        people.retry(scope, found.id, stands_there=stands_there, remote_id=remote_id, without_file=without_file)
    click.echo(f"{number} goes again.")


@deliveries.command("retry-all")
@administration_option
@click.argument("cause", type=click.Choice(sorted(CAUSES["en"])), metavar="CAUSE")
@pass_program
def retry_all(program: Program, administration: str | None, cause: str) -> None:
    """Let everything go again that needs attention for CAUSE, once that is repaired."""
    with program.scope(program.administration(administration)) as scope:
        click.echo(f"{people.retry_all(scope, cause)} go again.")


@deliveries.command("cancel")
@administration_option
@click.argument("number")
@noun_option
@click.option("--reason", required=True, help="Why; it is kept.")
@pass_program
def cancel_delivery(program: Program, administration: str | None, number: str, noun: str | None, reason: str) -> None:
    """Take the delivery of NUMBER off the road: somebody took care of it otherwise. What stands there stays."""
    with program.scope(program.administration(administration)) as scope:
        people.cancel(scope, _found(scope, number, noun).id, reason)
    click.echo(f"{number} does not go.")


COMMANDS = (deliveries,)


def _found(scope: Scope, number: str, noun: str | None) -> Delivery:
    """The newest delivery of this number, or the one of this id. Raises ``NotFound``; two nouns are told apart."""
    try:
        return people.get(scope, UUID(number))
    except ValueError:
        pass
    query = select(Delivery).where(Delivery.administration_id == scope.administration_id, Delivery.number == number)
    if noun:
        query = query.where(Delivery.noun == noun)
    rows = scope.session.scalars(query.order_by(Delivery.id.desc())).all()
    if not rows:
        raise NotFound(f"Nothing with number {number} is or was on its way.")
    if len({row.noun for row in rows}) > 1:
        listed = ", ".join(sorted({row.noun for row in rows}))
        raise click.UsageError(f"{number} is the number of several things: give --noun ({listed}).")
    return rows[0]
