"""``billing export``: invoices, their lines, charges, decisions or receipts to a file, by the use case of the API."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click

from billing_service import exports, job_files
from billing_service.cli.program import ACTOR, Program, administration_option, pass_program
from billing_service.core.formats import LANGUAGES
from billing_service.documents.spreadsheets import DecimalMark
from billing_service.store.scope import Scope

_day = click.DateTime(["%Y-%m-%d"])

language_option = click.option("--language", type=click.Choice(LANGUAGES), default="nl", help="Of titles and words.")
decimal_option = click.option(
    "--decimal",
    type=click.Choice(["comma", "point"]),
    default="comma",
    help="CSV: comma (semicolons, for Dutch Excel) or point (commas, for programs).",
)


@click.command()
@administration_option
@click.option("--from", "date_from", type=_day, help="From this day on.")
@click.option("--until", "date_until", type=_day, help="Up to and including this day.")
@click.option("--state", help="Only those in this state, such as issued or open.")
@click.option("--customer", "customer_id", type=click.UUID, help="Only those of the customer with this id.")
@click.option("--billing-run", "billing_run_id", type=click.UUID, help="Only those of the billing run with this id.")
@language_option
@decimal_option
@click.argument("what", type=click.Choice([name.replace("_", "-") for name in exports.EXPORTS]))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@pass_program
def export(
    program: Program,
    administration: str | None,
    date_from: datetime | None,
    date_until: datetime | None,
    state: str | None,
    customer_id: UUID | None,
    billing_run_id: UUID | None,
    language: str,
    decimal: DecimalMark,
    what: str,
    file: Path,
) -> None:
    """Write WHAT to FILE, whose ending says how: .csv or .xlsx."""
    form = exports.Form(language, decimal)
    given = {
        "date_from": date_from and date_from.date(),
        "date_until": date_until and date_until.date(),
        "state": state,
        "customer_id": customer_id,
        "billing_run_id": billing_run_id,
    }
    wanted = {name: value for name, value in given.items() if value is not None}
    rows = _write(program, program.administration(administration), what.replace("-", "_"), file, wanted, form)
    click.echo(f"{rows} rows in {file}.")


def _write(
    program: Program, administration_id: UUID, name: str, file: Path, wanted: dict[str, Any], form: exports.Form
) -> int:
    """Written elsewhere first: there is never half a file under its name."""
    context = program.context
    with job_files.drafting() as folder:
        draft = folder / file.name
        with context.database.read() as session:
            scope = Scope(session, administration_id, ACTOR, context.clock())
            rows = exports.write(scope, exports.EXPORTS[name], wanted, form, draft, lambda _: None)
        shutil.move(draft, file)
    return rows


COMMANDS = (export,)
