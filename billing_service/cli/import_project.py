"""``billing import-project …``: importing a customer's member file, step by step, with what it costs and why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from billing_service import imports
from billing_service.cli import import_telling as telling
from billing_service.cli.program import ACTOR, Program, administration_option, pass_program
from billing_service.core import money
from billing_service.errors import BillingError, FieldError, InvalidInput, NotFound
from billing_service.imports.projects import AGREEMENTS
from billing_service.store.imports import ImportDelivery, ImportProject, ImportQuote
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_REFERENCE = click.argument("reference")
_AGREEMENTS = {name.replace("_", "-"): name for name in AGREEMENTS}


class InOrder(click.Group):
    """Lists its commands in the order in which they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


@click.group("import-project", cls=InOrder)
def import_project() -> None:
    """Import a customer's member file, and what that costs.

    The usual order: open, deliver, assess, import. "show" says at any time where a project stands, what can be done
    next and why the rest cannot. Nothing is charged before the customer agreed. docs/import-fees.md has the rules and
    an example.
    """


def _command(name: str) -> Callable[[Any], Any]:
    """A command about one project: ``REFERENCE`` and ``--administration``, after the program."""

    def decorate(function: Any) -> Any:
        return import_project.command(name)(_REFERENCE(administration_option(pass_program(function))))

    return decorate


def _on(command: Any) -> Any:
    return click.option(
        "--on",
        type=click.DateTime(["%Y-%m-%d"]),
        metavar="DATE",
        callback=lambda _context, _option, value: value.date() if isinstance(value, datetime) else None,
        help="The day it happened, such as 2026-11-19. Without: today.",
    )(command)


_by = click.option("--by", required=True, help='Who said so, and how: "J. de Wit (e-mail)".')


# --- a project --------------------------------------------------------------------------------------------------------


@_command("open")
@click.argument("name")
@click.option("--contract", required=True, help="Reference of the contract that is charged.")
@click.option("--website/--no-website", required=True, help="Whether a website is part of the project.")
@_on
def open_(
    program: Program,
    reference: str,
    name: str,
    administration: str | None,
    contract: str,
    website: bool,
    on: date | None,
) -> None:
    """Open project REFERENCE (yours, unique), called NAME.

    The import policy of that day stays with it.
    """
    with program.scope(program.administration(administration)) as scope:
        values = {"reference": reference, "name": name, "contract_id": _contract(scope, contract), "website": website}
        telling.happened(scope, imports.open_project(scope, values | {"on": on}))


@_command("website")
@_on
def website(program: Program, reference: str, administration: str | None, on: date | None) -> None:
    """A website was added to the project later."""
    with _project(program, administration, reference) as (scope, row):
        telling.happened(scope, imports.add_website(scope, row.id, on))


@_command("assess")
@click.option(
    "--members-only/--more-than-members",
    "one_dimensional",
    required=True,
    help="Somebody looked: only personal data of members, or also groups, links or companies with contact persons.",
)
@click.option("--files", type=click.IntRange(1), help="How many files; without: as in the last delivery.")
@click.option("--columns", type=click.IntRange(1), help="How many columns with a title, in all files together.")
@click.option("--skipped", type=click.IntRange(0), help="How many of those cannot be imported.")
@click.option("--extra-fields", type=click.IntRange(0), help="How many are extra fields, where the policy limits them.")
@_on
def assess(program: Program, reference: str, administration: str | None, **values: Any) -> None:
    """Confirm what the files are: free, or a quote is needed."""
    given = {name: value for name, value in values.items() if value is not None}
    with _project(program, administration, reference) as (scope, row):
        if "files" not in given and "columns" not in given:
            given["delivery_id"] = _open_delivery(scope, row).id
        history = imports.confirm_facts(scope, row.id, given)
        telling.happened(scope, history)
        telling.assessed(scope, history)


@_command("agree")
@click.argument("to", type=click.Choice(list(_AGREEMENTS)))
@_by
@_on
def agree(program: Program, reference: str, to: str, administration: str | None, by: str, on: date | None) -> None:
    """The customer agrees to pay for what comes next.

    A further moment, a new structure that the old one cannot replace, or (return) another check of a poor file.
    """
    with _project(program, administration, reference) as (scope, row):
        telling.happened(scope, imports.record_agreement(scope, row.id, _AGREEMENTS[to], by, on))


@_command("feedback")
@click.argument("text")
@_on
def feedback(program: Program, reference: str, text: str, administration: str | None, on: date | None) -> None:
    """The customer said what was imported wrongly: TEXT."""
    with _project(program, administration, reference) as (scope, row):
        telling.happened(scope, imports.give_feedback(scope, row.id, text, on))


@_command("close")
@click.option("--reason", required=True)
@_on
def close(program: Program, reference: str, administration: str | None, reason: str, on: date | None) -> None:
    """Close the project; its charges stay."""
    with _project(program, administration, reference) as (scope, row):
        telling.happened(scope, imports.close_project(scope, row.id, reason, on))


# --- deliveries -------------------------------------------------------------------------------------------------------


@_command("deliver")
@click.argument("files", nargs=-1, required=True, type=_FILE)
@_on
def deliver(
    program: Program, reference: str, files: tuple[Path, ...], administration: str | None, on: date | None
) -> None:
    """The customer delivered FILES: what is in them and its cost.

    CSV, XLSX, XLS or ODS; all files of one delivery together. Nothing of them is kept but titles, counts and
    notations. When a file cannot be used it is named, with the reason, and nothing is recorded.
    """
    with _project(program, administration, reference):
        pass  # an unknown project is said before files are read
    read = [_read(file) for file in files]
    with _project(program, administration, reference) as (scope, row):
        delivery = imports.receive(scope, row.id, {"received_on": on})
        for file in read:
            delivery = imports.add_file(scope, delivery, file)
        telling.delivered(scope, delivery)


@_command("facts")
@click.option(
    "--titles", required=True, multiple=True, help='The titles of one file, such as "Naam; Postcode; E-mail"; repeat.'
)
@_on
def facts(
    program: Program, reference: str, administration: str | None, titles: tuple[str, ...], on: date | None
) -> None:
    """Instead of files: the column titles the customer told you."""
    files = [
        {"name": f"file {at}", "titles": [title.strip() for title in line.split(";") if title.strip()]}
        for at, line in enumerate(titles, start=1)
    ]
    if empty := [file["name"] for file in files if not file["titles"]]:
        raise InvalidInput(f"--titles of {empty[0]} names no column.")
    with _project(program, administration, reference) as (scope, row):
        telling.delivered(scope, imports.receive(scope, row.id, {"received_on": on, "files": files}))


@_command("import")
@click.option("--feedback", "as_feedback", is_flag=True, help="It follows the customer's feedback: costs nothing.")
@click.option("--redo", metavar="REASON", help="It repairs a mistake of ours: what went wrong.")
@_on
def import_(
    program: Program, reference: str, administration: str | None, as_feedback: bool, redo: str | None, on: date | None
) -> None:
    """The last delivery was imported, as a moment or otherwise."""
    if as_feedback and redo:
        raise click.UsageError("--feedback and --redo do not go together")
    use: Any = "feedback" if as_feedback else "redo" if redo else "moment"
    with _project(program, administration, reference) as (scope, row):
        telling.happened(scope, imports.import_delivery(scope, _open_delivery(scope, row), use, on, redo))


@_command("send-back")
@click.option("--reason", required=True, help="Why it cannot be imported; the customer reads it.")
@_on
def send_back(program: Program, reference: str, administration: str | None, reason: str, on: date | None) -> None:
    """The last delivery goes back to the customer."""
    with _project(program, administration, reference) as (scope, row):
        telling.happened(scope, imports.send_back(scope, _open_delivery(scope, row), reason, on))


# --- quotes -----------------------------------------------------------------------------------------------------------


@_command("quote")
@click.option("--price", required=True, help="Without VAT, such as 500.00.")
@click.option("--note", help="To the customer, printed on the quote.")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the PDF.")
@_on
def quote(
    program: Program,
    reference: str,
    administration: str | None,
    price: str,
    note: str | None,
    pdf: Path | None,
    on: date | None,
) -> None:
    """Offer a price for an import that is not free.

    After the first import: for a new structure that is no longer free. Prints the link by which the customer accepts
    or declines; it is shown this once.
    """
    with _project(program, administration, reference) as (scope, row):
        values = {"price": money.amount(price, "--price"), "note": note, "on": on}
        made, token = imports.send_quote(scope, row.id, values)
        content = imports.quote_pdf(scope, made).content
        if pdf is not None:
            pdf.write_bytes(content)
        telling.quoted(made, f"{program.context.public_url}/quotes/{token}")


@_command("accept")
@_by
@_on
def accept(program: Program, reference: str, administration: str | None, by: str, on: date | None) -> None:
    """The customer accepted the open quote."""
    _decide(program, administration, reference, "accepted", by=by, on=on)


@_command("decline")
@_by
@click.option("--reason", required=True)
@_on
def decline(
    program: Program, reference: str, administration: str | None, by: str, reason: str, on: date | None
) -> None:
    """The customer declined the open quote."""
    _decide(program, administration, reference, "declined", by=by, reason=reason, on=on)


@_command("withdraw")
@click.option("--reason", required=True)
@_on
def withdraw(program: Program, reference: str, administration: str | None, reason: str, on: date | None) -> None:
    """We take the open quote back."""
    _decide(program, administration, reference, "withdrawn", reason=reason, on=on)


# --- looking ----------------------------------------------------------------------------------------------------------


@_command("show")
@click.option("--language", type=click.Choice(["nl", "en"]), default="en", show_default=True, help="Of the sentences.")
def show(program: Program, reference: str, administration: str | None, language: str) -> None:
    """Where the project stands, its fees, and what can be done."""
    with _looking(program, administration, reference) as (scope, row):
        telling.project(scope, row, language)


@_command("check")
def check(program: Program, reference: str, administration: str | None) -> None:
    """Recompute the charges from the history and compare.

    Exit code 1 when they differ; that is reported as a finding too.
    """
    with _project(program, administration, reference) as (scope, row):
        agrees = telling.checked(imports.check_project(scope, row.id))
    raise SystemExit(0 if agrees else 1)


@import_project.command("list")
@administration_option
@pass_program
def list_(program: Program, administration: str | None) -> None:
    """Every import project with where it stands."""
    with _reading(program, program.administration(administration)) as scope:
        mine = ImportProject.administration_id == scope.administration_id
        telling.projects(
            scope, scope.session.scalars(select(ImportProject).where(mine).order_by(ImportProject.id)).all()
        )


def _decide(program: Program, administration: str | None, reference: str, decision: Any, **values: Any) -> None:
    with _project(program, administration, reference) as (scope, row):
        latest = scope.session.scalars(
            select(ImportQuote)
            .where(ImportQuote.administration_id == scope.administration_id, ImportQuote.project_id == row.id)
            .order_by(ImportQuote.number.desc())
            .limit(1)
        ).first()
        if latest is None:
            raise NotFound(f"{reference} has no quote: billing import-project quote makes one.")
        imports.decide(scope, latest, decision, **values)
        telling.happened(scope, imports.load(scope, row.id))


def _read(file: Path) -> imports.ReadFile:
    """Raises what reading raises, with the file's name."""
    try:
        return imports.read_file(file.read_bytes(), file.name)
    except BillingError as error:
        error.detail = f"{file.name}: {error.detail}"
        raise


def _contract(scope: Scope, reference: str) -> Any:
    mine = Contract.administration_id == scope.administration_id
    found = scope.session.scalars(select(Contract.id).where(mine, Contract.reference == reference)).one_or_none()
    if found is None:
        detail = f"there is no contract {reference}"
        raise InvalidInput(f"{detail[0].upper()}{detail[1:]}.", errors=[FieldError("--contract", detail)])
    return found


def _open_delivery(scope: Scope, row: ImportProject) -> ImportDelivery:
    """The last delivery with which nothing was done yet."""
    found = scope.session.scalars(
        select(ImportDelivery)
        .where(
            ImportDelivery.administration_id == scope.administration_id,
            ImportDelivery.project_id == row.id,
            ImportDelivery.state == "open",
        )
        .order_by(ImportDelivery.number.desc())
        .limit(1)
    ).first()
    if found is None:
        raise NotFound(f"{row.reference} has no delivery that waits: billing import-project deliver records one.")
    return found


@contextmanager
def _project(program: Program, administration: str | None, reference: str) -> Iterator[tuple[Scope, ImportProject]]:
    """One transaction about the project, committed at its end."""
    with program.scope(program.administration(administration)) as scope:
        yield scope, _named(scope, reference)


@contextmanager
def _looking(program: Program, administration: str | None, reference: str) -> Iterator[tuple[Scope, ImportProject]]:
    with _reading(program, program.administration(administration)) as scope:
        yield scope, _named(scope, reference)


@contextmanager
def _reading(program: Program, administration_id: Any) -> Iterator[Scope]:
    context = program.context
    with context.database.read() as session:
        yield Scope(session, administration_id, ACTOR, context.clock())


def _named(scope: Scope, reference: str) -> ImportProject:
    found = scope.session.scalars(
        select(ImportProject).where(
            ImportProject.administration_id == scope.administration_id, ImportProject.reference == reference
        )
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no import project {reference}: billing import-project list shows them.")
    return found


COMMANDS = (import_project,)
