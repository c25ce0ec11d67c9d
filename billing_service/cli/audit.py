"""``billing audit …``: proofs that nothing was changed, removed or left out. They print what they find and end with 1
when something is broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import click
from sqlalchemy import select

from billing_service.auditing.completeness import Reporting
from billing_service.auditing.pdfs import VerifyingPdfs
from billing_service.auditing.trails import Trail
from billing_service.auditing.verifying import Verified, Verifying
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.cli.series import named
from billing_service.core.audit_chain import SENTENCES, Seal
from billing_service.core.completeness import Break, ProvenSeries, sentence
from billing_service.store.administrations import Administration

BROKEN = 1


@click.group()
def audit() -> None:
    """Prove that nothing was changed, removed or left out."""


@audit.command()
@click.option("--administration", "-a", metavar="ID|NAME", help="Only this one; else all, and the operators' trail.")
@click.option("--noted", metavar="NUMBER:SEAL", help="A seal noted earlier that must still stand; needs -a.")
@pass_program
def verify(program: Program, administration: str | None, noted: str | None) -> None:
    """Verify audit trails and stored PDFs: name the first broken link, the oldest row that is not sealed yet, and the
    first PDF whose bytes are not those that were stored.

    Note the last seal somewhere else: with --noted you prove later that nothing before it was made anew.
    """
    if noted and administration is None:
        raise click.UsageError("--noted goes with --administration")
    broken = False
    for name, trail in list(_trails(program, administration)):
        broken |= not _verify(program, name, trail, _seal(noted))
        if trail.administration_id is not None:
            broken |= not _verify_pdfs(program, name, trail.administration_id)
    if broken:
        raise SystemExit(BROKEN)


def _seal(noted: str | None) -> Seal | None:
    if noted is None:
        return None
    number, _, seal = noted.partition(":")
    if not number.isdecimal() or len(seal) != 64:
        raise click.UsageError("--noted is a number, a colon and a seal of 64 hexadecimal digits")
    return Seal(int(number), seal.lower())


def _trails(program: Program, administration: str | None) -> Iterator[tuple[str, Trail]]:
    chosen: UUID | None = None if administration is None else program.administration(administration)
    with program.context.database.read() as session:
        rows = session.execute(select(Administration.id, Administration.legal_name).order_by(Administration.created_at))
        known = rows.all()
    yield from ((row.legal_name, Trail(row.id)) for row in known if chosen in (None, row.id))
    if chosen is None:
        yield "Operators", Trail(None)


def _verify(program: Program, name: str, trail: Trail, noted: Seal | None) -> bool:
    verifying = Verifying(trail, noted)
    more = True
    while more:
        with program.context.database.read() as session:
            more = verifying.step(session)
    found = verifying.result()
    _tell(name, found)
    return found.broken == 0


def _verify_pdfs(program: Program, name: str, administration_id: UUID) -> bool:
    verifying = VerifyingPdfs(administration_id)
    more = True
    while more:
        with program.context.database.read() as session:
            more = verifying.step(session)
    found = verifying.result()
    click.echo(f"{name}: {found.pdfs} stored PDFs verified")
    if found.first is not None:
        told = f"its SHA-256 is {found.first.found}, stored as {found.first.expected}"
        click.echo(f"  BROKEN: the PDF of {found.first.number or found.first.document_id}: {told}")
    if found.changed > 1:
        click.echo(f"  {found.changed} PDFs differ in all.")
    return found.changed == 0


def _tell(name: str, found: Verified) -> None:
    end = f"the last is {found.head.number}:{found.head.seal}" if found.head else "nothing is sealed yet"
    click.echo(f"{name}: {found.rows} sealed rows verified; {end}")
    if found.unsealed.count:
        click.echo(
            f"  not sealed yet: {found.unsealed.count}, the oldest is {found.unsealed.oldest_id}"
            f" of {found.unsealed.oldest_at:%Y-%m-%d %H:%M:%S} UTC"
        )
    link = found.first
    if link is None:
        return
    click.echo(f"  BROKEN at {link.seal_number}, row {link.row_id or 'unknown'}: {SENTENCES['en'][link.code]}")
    for field in ("at", "actor", "action", "noun", "object_id", "changes"):
        if link.row is not None:
            click.echo(f"    {field} is now: {link.row[field]}")
    if found.broken > 1:
        click.echo(f"  {found.broken} links are broken in all.")


@audit.command("series-report")
@administration_option
@click.option("--series", "code", help="Only the series with this code; else all.")
@click.option("--book-year", metavar="LABEL", help="Only this book year; else all.")
@click.option("--pdf", type=click.Path(dir_okay=False, path_type=Path), help="Write the report as a PDF as well.")
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True, help="Of the PDF.")
@pass_program
def series_report(
    program: Program,
    administration: str | None,
    code: str | None,
    book_year: str | None,
    pdf: Path | None,
    language: str,
) -> None:
    """Prove per number series that the books are complete; name every break with its document and cause."""
    with program.reading(program.administration(administration)) as scope:
        series_id = None if code is None else named(scope, code).id
        reporting = Reporting(scope, series_id, book_year, tell=_say_break)
    more = True
    while more:
        with program.context.database.read() as session:
            more = reporting.step(session)
    report = reporting.result()
    for series in report.series:
        _tell_series(series)
    if pdf is not None:
        from billing_service.documents.pdf import render_completeness  # here, so that nothing else loads it

        pdf.write_bytes(render_completeness(report, language))
        click.echo(f"Written: {pdf}")
    if report.breaks:
        raise SystemExit(BROKEN)


def _say_break(code: str, found: Break) -> None:
    click.echo(f"  BROKEN in {code}, {found.number or 'no document'}: {sentence(found, 'en')}")


def _tell_series(series: ProvenSeries) -> None:
    verdict = f"{series.breaks} breaks" if series.breaks else "complete"
    click.echo(f"{series.code} ({series.pattern}): {series.documents} documents, {verdict}")
    if series.blocked:
        click.echo("  blocked since a restore; the last number sent is not confirmed")
    if series.cut_over:
        click.echo(f"  begins at {series.cut_over} (cut-over)")
    for jump in series.jumps:
        click.echo(f"  jump: {jump.first} to {jump.last}, confirmed by {jump.confirmed_by} at {jump.confirmed_at}")
    for year in series.years:
        click.echo(f"  {year.book_year}: {year.documents} documents, {year.first} to {year.last}")
        for total in year.totals:
            rate = "" if total.rate is None else f" {total.rate}%"
            click.echo(f"    VAT {total.category}{rate}: {total.taxable} + {total.tax}")
    if series.last_number:
        click.echo(f"  the last is {series.last_number} with digest {series.last_digest}")


COMMANDS = (audit,)
