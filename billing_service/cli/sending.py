"""``billing recipients`` and ``billing invoices-pdf``: where documents go, and files to print."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from billing_service import invoicing
from billing_service.cli.program import Program, administration_option, pass_program

_DAY = click.DateTime(["%Y-%m-%d"])


def _selection(command: Any) -> Any:
    for option in (
        click.option("--issued-until", type=_DAY, help="Invoice date up to and including this day."),
        click.option("--issued-from", type=_DAY, help="Invoice date from this day on."),
        click.option("--billing-run", "billing_run_id", type=click.UUID, help="Only those of this billing run."),
        click.option("--channel", type=click.Choice(["email", "post"]), help="Only what goes by e-mail, or by post."),
        administration_option,
    ):
        command = option(command)
    return command


@click.command()
@_selection
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", help="Of titles and words.")
@click.argument("file", type=click.File("wb"))
@pass_program
def recipients(program: Program, /, administration: str | None, language: str, file: Any, **limits: Any) -> None:
    """Write as CSV to FILE (- for the screen) which documents go by e-mail to whom, and which by post."""
    with program.reading(program.administration(administration)) as scope:
        for piece in invoicing.recipients_csv(scope, _wanted(limits), language, "comma"):
            file.write(piece)


@click.command("invoices-pdf")
@_selection
@click.argument("folder", type=click.Path(file_okay=False, writable=True, path_type=Path))
@pass_program
def invoices_pdf(program: Program, /, administration: str | None, folder: Path, **limits: Any) -> None:
    """Write the PDFs of issued documents to FOLDER, by number, in files of at most 50 documents."""
    administration_id = program.administration(administration)
    with program.reading(administration_id) as scope:
        chosen = invoicing.chosen_documents(scope, _wanted(limits))
    if not chosen:
        click.echo("No issued document fits this selection.")
    folder.mkdir(parents=True, exist_ok=True)
    opened = partial(program.reading, administration_id), partial(program.scope, administration_id)
    for path, told in invoicing.write_pdf_files(*opened, chosen, folder):
        click.echo(f"{path}: {told['documents']} documents, {told['pages']} pages")


def _wanted(limits: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.date() if isinstance(value, datetime) else value
        for name, value in limits.items()
        if value is not None
    }


COMMANDS = (recipients, invoices_pdf)
