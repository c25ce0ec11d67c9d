"""``billing service-report``: what was asked in a period, how fast it was solved and what it came to."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import click
from sqlalchemy import select

from billing_service import job_files, service_reports
from billing_service.cli.export import decimal_option, language_option
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.core.service_report import (
    AUDIENCES,
    COLUMNS,
    Audience,
    ReportTotals,
    Share,
    Sum,
    word,
)
from billing_service.documents.spreadsheets import DecimalMark
from billing_service.errors import NotFound
from billing_service.service_reports import Plan, Wanted
from billing_service.store.parties import Contract, Customer, Organisation
from billing_service.store.scope import Scope

_day = click.DateTime(["%Y-%m-%d"])
_FORMATS = ("csv", "xlsx", "pdf")


@click.command("service-report")
@administration_option
@click.option("--contract", metavar="REFERENCE", help="About this contract.")
@click.option("--customer", metavar="NUMBER", help="About all contracts of this customer.")
@click.option("--organisation", metavar="CODE", help="Only questions of this organisation.")
@click.option("--from", "first", type=_day, required=True, help="The first day of the period.")
@click.option("--until", "last", type=_day, required=True, help="The last day of the period.")
@click.option("--audience", type=click.Choice(AUDIENCES), default="customer", show_default=True, help="Who reads it.")
@click.option("--amounts/--no-amounts", default=None, help="Whether the reader sees money; by default askers do not.")
@click.option("--explain", is_flag=True, help="With the explanation of every decision.")
@click.option("--format", "suffix", type=click.Choice(_FORMATS), help="Of the file; else as its name ends.")
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@language_option
@decimal_option
@pass_program
def service_report(
    program: Program,
    administration: str | None,
    contract: str | None,
    customer: str | None,
    organisation: str | None,
    first: datetime,
    last: datetime,
    audience: Audience,
    amounts: bool | None,
    explain: bool,
    suffix: str | None,
    output: Path | None,
    language: str,
    decimal: DecimalMark,
) -> None:
    """Report what was asked in a period, how fast it was solved and what it came to.

    Without a file the totals are printed.
    """
    suffix = _suffix(output, suffix)
    with program.reading(program.administration(administration)) as scope:
        wanted = Wanted(
            contract_id=named(scope, Contract, Contract.reference, contract, "contract"),
            customer_id=named(scope, Customer, Customer.number, customer, "customer"),
            organisation_id=named(scope, Organisation, Organisation.code, organisation, "organisation"),
            first=first.date(),
            last=last.date(),
            audience=audience,
            amounts=amounts,
            explain=explain,
            language=language,
        )
        plan = service_reports.plan(scope, wanted, program.context.working_time)
        if output is None:
            tell(Teller(), service_reports.report_of(scope, plan).totals, plan)
        else:
            _write(scope, plan, output, suffix, decimal)
            click.echo(f"Written: {output}")


def _suffix(output: Path | None, suffix: str | None) -> str:
    found = suffix or (output.suffix.removeprefix(".") if output else "")
    if output is not None and found not in _FORMATS:
        raise click.UsageError(f"--format is needed: {output.name} does not end in .{', .'.join(_FORMATS)}.")
    if output is None and suffix is not None:
        raise click.UsageError("--format needs --output: a file to write.")
    return found


def named(scope: Scope, table: Any, column: Any, given: str | None, what: str) -> UUID | None:
    """The id of the row whose ``column`` is ``given``. Raises ``NotFound`` where there is none."""
    if given is None:
        return None
    query = select(table.id).where(table.administration_id == scope.administration_id, column == given)
    found: UUID | None = scope.session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(f"There is no {what} {given}.")
    return found


def _write(scope: Scope, plan: Plan, output: Path, suffix: str, decimal: DecimalMark) -> None:
    """Written elsewhere first: there is never half a file under its name."""
    with job_files.drafting() as folder:
        draft = folder / f"report.{suffix}"
        service_reports.write(scope, plan, draft, decimal)
        shutil.move(draft, output)


def tell(teller: Teller, totals: ReportTotals, plan: Plan) -> None:
    """Print how fast it was and what it came to."""
    language = plan.language
    shares = (
        ("picked_up", totals.picked_up),
        ("solved", totals.solved),
        ("one_working_day", totals.one_working_day),
    )
    rows = [(word(name, language), share.within, share.of, _percentage(share)) for name, share in shares]
    titles = COLUMNS[language]
    teller.table(["", *(f">{titles[name]}" for name in ("count", "of", "percentage"))], rows)
    teller.say(f"{word('open', language)}: {totals.open}; {word('open_late', language)}: {totals.open_late}")
    sums = [(word(code, language), *_cells(found, plan)) for code, found in totals.dispositions.items()]
    heads = [f">{titles[name]}" for name in ("count", "raw_minutes", "billed_minutes", "amount")]
    teller.table([titles["decision"], *heads], [*sums, (word("closed", language), *_cells(totals.closed, plan))])


def _percentage(share: Share) -> str:
    return "–" if share.percentage is None else f"{share.percentage} %"


def _cells(found: Sum, plan: Plan) -> tuple[object, ...]:
    return found.questions, found.raw_minutes, found.billed_minutes, found.amount if plan.header.amounts else "–"


COMMANDS = (service_report,)
