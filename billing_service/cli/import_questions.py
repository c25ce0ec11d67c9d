"""``billing import-questions``: a file of questions through a column mapping, with progress and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from billing_service import intake
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.documents.tables import ENCODINGS
from billing_service.errors import InvalidInput
from billing_service.intake.rows import SUFFIXES
from billing_service.intake.single import bounds

SOME_REFUSED = 1
NOTHING_READ = 2
_SHOWN = 50

_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("import-questions")
@administration_option
@click.option("--mapping", type=_file, help="Which column is which field (TOML or JSON); see docs/import-questions.md.")
@click.option("--encoding", help=f"{', '.join(ENCODINGS)}. Without: the mapping's, a byte-order mark's, else utf-8.")
@click.option("--create-missing", is_flag=True, help="Create organisations and persons that are not known yet.")
@click.argument("file", type=_file)
@pass_program
def import_questions(
    program: Program,
    administration: str | None,
    mapping: Path | None,
    encoding: str | None,
    create_missing: bool,
    file: Path,
) -> None:
    """Take in the questions of FILE (.csv, .json, .ndjson).

    Exit code 0: every row was taken; 1: some rows were refused, the others are taken; 2: nothing could be read. A
    second run takes nothing twice.
    """
    administration_id = program.administration(administration)
    content = file.read_bytes()
    try:
        with program.scope(administration_id) as scope:
            currency = bounds(scope).currency
        columns = intake.load_mapping(mapping.read_bytes(), mapping.name, currency) if mapping else None
        rows = intake.read_rows(content, _media_type(file), currency, encoding=encoding, mapping=columns)
    except InvalidInput as error:
        click.echo(error.detail, err=True)
        for wrong in error.errors[1:_SHOWN]:
            click.echo(f"  {wrong.pointer}: {wrong.detail}", err=True)
        raise SystemExit(NOTHING_READ) from None
    create = intake.CreateMissing(organisations=create_missing, persons=create_missing)
    tally = intake.Tally()
    advance, stop = _progress(content.count(b"\n"))
    for tally in intake.import_questions(lambda: program.scope(administration_id), rows, create=create):
        advance(tally.rows)
    stop()
    _tell(tally)
    if tally.rows == tally.refused:
        raise SystemExit(NOTHING_READ)
    raise SystemExit(SOME_REFUSED if tally.refused else 0)


def _media_type(file: Path) -> str:
    found = SUFFIXES.get(file.suffix.lower())
    if found is None:
        raise InvalidInput(f"{file.name} is none of {', '.join(SUFFIXES)}: its ending says what it is.")
    return found


def _tell(tally: intake.Tally) -> None:
    for error in tally.errors[:_SHOWN]:
        about = f"{error['pointer']} " if error["pointer"] else ""
        click.echo(f"line {error['line']}: {about}{error['detail']}", err=True)
    hidden = len(tally.errors[_SHOWN:]) + tally.errors_left_out
    if hidden:
        click.echo(f"… and {hidden} more.", err=True)
    click.echo(f"{tally.taken} taken, {tally.changed} changed, {tally.unchanged} known, {tally.refused} refused.")


def _progress(lines: int) -> tuple[Callable[[int], None], Callable[[], None]]:
    """Shows how far it is: a bar on a terminal, else a plain line per chunk. Returns how to advance and to stop."""
    if not sys.stderr.isatty():
        return (lambda done: click.echo(f"{done} rows", err=True)), (lambda: None)
    from rich.console import Console  # here, so that only this command loads it
    from rich.progress import Progress

    bar = Progress(console=Console(stderr=True), transient=True)
    task = bar.add_task("Questions", total=max(lines, 1))
    bar.start()
    return (lambda done: bar.update(task, completed=done)), bar.stop


COMMANDS = (import_questions,)
