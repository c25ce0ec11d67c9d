"""``billing consult …``: what a simple answer does not solve, from proposal to charge, with what it costs and why."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy import select

from billing_service import consults
from billing_service.cli import consult_telling as telling
from billing_service.cli.import_project import InOrder
from billing_service.cli.money.common import day_option, reason_option
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.core.consult import INDICATORS
from billing_service.core.formats import LANGUAGES
from billing_service.core.minutes import MINUTES_PER_DAY
from billing_service.errors import FieldError, InvalidInput, NotFound
from billing_service.store.consults import CONSULT_STATES, SESSION_KINDS, Consult
from billing_service.store.parties import Contract
from billing_service.store.questions import Question
from billing_service.store.scope import Scope

_PRICES = ("fixed", "hourly", "block_price")
_TIME = ("step", "direction", "minimum", "grace")


@click.group("consult", cls=InOrder)
def consult() -> None:
    """Consults: proposed from facts or made by you, held in sessions, charged once.

    The usual order: propose (or open), confirm, session, question, complete. "show" says at any time what a consult is
    made of, what it costs and why. docs/consult.md has the rules and worked examples.
    """


def _command(name: str) -> Callable[[Any], Any]:
    """A command about one consult: ``REFERENCE`` and ``--administration``, after the program."""

    def decorate(function: Any) -> Any:
        return consult.command(name)(click.argument("reference")(administration_option(pass_program(function))))

    return decorate


def _priced(command: Any) -> Any:
    """The ways to say what a consult costs."""
    for option in reversed(
        (
            click.option("--fixed", metavar="450.00", help="One price for all of it."),
            click.option("--hourly", metavar="95.00", help="The price of an hour."),
            click.option("--step", type=click.IntRange(1), help="Hourly: round to so many minutes."),
            click.option("--direction", type=click.Choice(["up", "nearest", "down"]), help="Hourly: how to round."),
            click.option("--minimum", type=click.IntRange(0), help="Hourly: at least so many minutes."),
            click.option("--grace", type=click.IntRange(0), help="Hourly: drop an excess of at most so many minutes."),
            click.option("--block-price", metavar="280.00", help="The price of a block; one begun counts whole."),
            click.option("--block-minutes", type=click.IntRange(1), help="The minutes of a block."),
            click.option("--without-question-time", is_flag=True, help="Only the time of the sessions counts."),
        )
    ):
        command = option(command)
    return command


def _indicated(command: Any) -> Any:
    return click.option(
        "--indicator", "indicators", multiple=True, type=click.Choice(list(INDICATORS)), help="Why; repeat for more."
    )(command)


# --- from proposal to decision ----------------------------------------------------------------------------------------


@consult.command("propose")
@administration_option
@pass_program
def propose(program: Program, administration: str | None) -> None:
    """Propose what the consult policy finds now; a second time nothing. The worker does so every day."""
    with program.scope(program.administration(administration)) as scope:
        telling.listed(scope, consults.propose(scope), "Nothing new to propose.")


@consult.command("open")
@click.argument("contract")
@click.argument("title")
@click.option("--reference", help="Yours, unique. Without: the next of C-0001, C-0002 …")
@click.option("--proposed", is_flag=True, help="Somebody must still confirm it.")
@_indicated
@_priced
@administration_option
@pass_program
def open_(
    program: Program,
    /,
    administration: str | None,
    contract: str,
    title: str,
    reference: str | None,
    proposed: bool,
    indicators: tuple[str, ...],
    **prices: Any,
) -> None:
    """Make a consult called TITLE for the contract with reference CONTRACT."""
    with program.scope(program.administration(administration)) as scope:
        wish = {"contract_id": _contract(scope, contract), "title": title, "reference": reference}
        row = consults.create(scope, wish | {"indicators": indicators, "pricing": _pricing(prices)})
        telling.shown(scope, row if proposed else consults.confirm(scope, row.id, {}))


@consult.command("list")
@click.option("--state", type=click.Choice(CONSULT_STATES), help="Only those in this state.")
@administration_option
@pass_program
def list_(program: Program, administration: str | None, state: str | None) -> None:
    """The consults, oldest first."""
    with program.reading(program.administration(administration)) as scope:
        query = select(Consult).where(Consult.administration_id == scope.administration_id).order_by(Consult.id)
        rows = scope.session.scalars(query if state is None else query.where(Consult.state == state)).all()
        telling.listed(scope, rows, "There are no such consults.")


@_command("show")
@click.option("--language", type=click.Choice(LANGUAGES), default="en", help="Of the sentences.")
def show(program: Program, reference: str, administration: str | None, language: str) -> None:
    """What a consult is made of, what it costs and why."""
    with program.reading(program.administration(administration)) as scope:
        telling.shown(scope, consults.by_reference(scope, reference), language)


@_command("confirm")
@click.option("--reason", help="Why; it is kept.")
@_priced
def confirm(program: Program, reference: str, administration: str | None, reason: str | None, **prices: Any) -> None:
    """Confirm a proposed consult, at the price given or that of the policy."""
    with _consult(program, administration, reference) as (scope, row):
        values = {"pricing": _pricing(prices), "reason": reason}
        telling.shown(scope, consults.confirm(scope, row.id, values))


@_command("reject")
@reason_option
def reject(program: Program, reference: str, administration: str | None, reason: str) -> None:
    """Reject a proposed consult; it is not proposed again for the same cause."""
    with _consult(program, administration, reference) as (scope, row):
        telling.shown(scope, consults.reject(scope, row.id, reason))


@_command("change")
@click.option("--title")
@_indicated
@_priced
def change(
    program: Program,
    reference: str,
    administration: str | None,
    title: str | None,
    indicators: tuple[str, ...],
    **prices: Any,
) -> None:
    """Change the title, all indicators or the price of a consult that is not completed."""
    given = {"title": title, "indicators": list(indicators) or None, "pricing": _pricing(prices)}
    with _consult(program, administration, reference) as (scope, row):
        values = {name: value for name, value in given.items() if value is not None}
        telling.shown(scope, consults.change(scope, row, values))


# --- what it is made of -----------------------------------------------------------------------------------------------


@_command("session")
@click.argument("minutes", type=click.IntRange(0, MINUTES_PER_DAY))
@click.option("--kind", type=click.Choice(SESSION_KINDS), default="webinar")
@click.option("--title")
@click.option("--handler", help="Who gave it; the code of a person.")
@day_option("--on", "The day it was held, such as 2026-11-19. Without: today.")
def session(program: Program, reference: str, administration: str | None, on: date | None, **values: Any) -> None:
    """A session of MINUTES was held."""
    with _consult(program, administration, reference) as (scope, row):
        made = consults.add_session(scope, row.id, values | {"held_on": on or scope.today})
        click.echo(f"Session {made.id}.")
        telling.shown(scope, consults.get(scope, row.id))


@_command("drop-session")
@click.argument("session_id", type=click.UUID)
def drop_session(program: Program, reference: str, administration: str | None, session_id: UUID) -> None:
    """The session with this id was not held after all."""
    with _consult(program, administration, reference) as (scope, row):
        consults.remove_session(scope, row.id, session_id)
        telling.shown(scope, consults.get(scope, row.id))


@_command("question")
@click.argument("question")
@click.option("--source", help="Where it comes from, if several sources have a question of that name.")
def question(program: Program, reference: str, administration: str | None, question: str, source: str | None) -> None:
    """QUESTION, as its source calls it, is answered in this consult."""
    with _consult(program, administration, reference) as (scope, row):
        consults.add_question(scope, row.id, _question(scope, question, source))
        telling.shown(scope, consults.get(scope, row.id))


@_command("drop-question")
@click.argument("question")
@click.option("--source", help="Where it comes from, if several sources have a question of that name.")
def drop_question(
    program: Program, reference: str, administration: str | None, question: str, source: str | None
) -> None:
    """QUESTION is not answered in this consult after all: the tariff decides it again."""
    with _consult(program, administration, reference) as (scope, row):
        consults.remove_question(scope, row.id, _question(scope, question, source))
        telling.shown(scope, consults.get(scope, row.id))


# --- the end of it ----------------------------------------------------------------------------------------------------


@_command("complete")
@day_option("--on", "The day that dates its charge. Without: today.")
def complete(program: Program, reference: str, administration: str | None, on: date | None) -> None:
    """The consult is done: make its charge, once."""
    with _consult(program, administration, reference) as (scope, row):
        telling.shown(scope, consults.complete(scope, row.id, on))


@_command("reopen")
@reason_option
def reopen(program: Program, reference: str, administration: str | None, reason: str) -> None:
    """Undo the completion while its charge is open."""
    with _consult(program, administration, reference) as (scope, row):
        telling.shown(scope, consults.reopen(scope, row.id, reason))


@_command("cancel")
@reason_option
def cancel(program: Program, reference: str, administration: str | None, reason: str) -> None:
    """The consult is not held after all: the tariff decides its questions again."""
    with _consult(program, administration, reference) as (scope, row):
        telling.shown(scope, consults.cancel(scope, row.id, reason))


@consult.command("policy")
@click.argument("file", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@administration_option
@pass_program
def policy(program: Program, administration: str | None, file: Path | None) -> None:
    """Show the consult policy, or make that in FILE (JSON) the policy.

    FILE holds only the settings that differ from the defaults: {} takes them all. Without a policy nothing is proposed.
    """
    document = None if file is None else _document(file)
    with program.scope(program.administration(administration)) as scope:
        if document is not None:
            consults.put_policy(scope, document)
        found = consults.describe_policy(scope)
        click.echo(json.dumps(found["policy"], indent=2, ensure_ascii=False))
        if not found["stored"]:
            click.echo("These are the defaults. Nothing is proposed until a policy is stored.", err=True)


@contextmanager
def _consult(program: Program, administration: str | None, reference: str) -> Iterator[tuple[Scope, Consult]]:
    with program.scope(program.administration(administration)) as scope:
        yield scope, consults.by_reference(scope, reference)


def _pricing(given: dict[str, Any]) -> dict[str, Any] | None:
    """The pricing that the options say; None where they say nothing. Raises ``InvalidInput``."""
    ways = [name for name in _PRICES if given[name] is not None]
    time = {name: given[name] for name in _TIME if given[name] is not None}
    if not ways and not time and given["block_minutes"] is None and not given["without_question_time"]:
        return None
    if len(ways) != 1:
        raise InvalidInput("Say what it costs in one way: --fixed, --hourly, or --block-price with --block-minutes.")
    counted = {"question_time": "not"} if given["without_question_time"] else {}
    if given["fixed"] is not None:
        return {"kind": "fixed", "amount": given["fixed"]} | counted | ({"time": time} if time else {})
    if given["hourly"] is not None:
        return {"kind": "hourly", "rate": given["hourly"], "time": time} | counted
    block = {"block_price": given["block_price"], "block_minutes": given["block_minutes"]}
    return {"kind": "blocks", **block} | counted | ({"time": time} if time else {})


def _document(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InvalidInput(f"{file.name} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise InvalidInput(f"{file.name} holds no JSON object.", errors=[FieldError("", "must be an object")])
    return found


def _contract(scope: Scope, reference: str) -> UUID:
    query = select(Contract.id).where(
        Contract.administration_id == scope.administration_id, Contract.reference == reference
    )
    found = scope.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no contract {reference}.")
    return found


def _question(scope: Scope, external_id: str, source: str | None) -> UUID:
    query = select(Question.id).where(
        Question.administration_id == scope.administration_id, Question.external_id == external_id
    )
    found = scope.session.scalars(query if source is None else query.where(Question.source == source)).all()
    if not found:
        raise NotFound(f"There is no question {external_id}.")
    if len(found) > 1:
        raise InvalidInput(f"Several sources have a question {external_id}: say which with --source.")
    return found[0]


COMMANDS = (consult,)
