"""Commands that make a backup, look at one, and restore one."""

from __future__ import annotations

from pathlib import Path

import click

from billing_service.backup import Backup
from billing_service.cli.program import ACTOR, Program, pass_program
from billing_service.cli.series import tell_held

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("backup")
@click.argument("file", type=_FILE)
@pass_program
def make_backup(program: Program, file: Path) -> None:
    """Write everything the database holds to FILE, as of one moment, while the service runs.

    FILE is for its owner only (mode 0600) and must stay secret: it holds customers, documents and the hashes of API
    keys. It can be restored on SQLite and on PostgreSQL alike.
    """
    from billing_service import backup

    context = program.context
    made = backup.take(context.database, file, context.clock())
    _tell(made)
    click.echo(f"{file} holds {sum(made.rows.values())} rows, {file.stat().st_size} bytes. Keep it secret.")


@click.command("check-backup")
@click.argument("file", type=_FILE)
def check_backup(file: Path) -> None:
    """Read FILE to its end and say what it holds; nothing is restored."""
    from billing_service import backup

    found = backup.check(file)
    _tell(found)
    click.echo(f"{file} is complete: {sum(found.rows.values())} rows, {file.stat().st_size} bytes.")


@click.command("restore")
@click.argument("file", type=_FILE)
@click.option("--accept-broken-books", is_flag=True, help="Restore books that were not sound when the backup was made.")
@pass_program
def restore_backup(program: Program, file: Path, accept_broken_books: bool) -> None:
    """Put the backup FILE into an empty database: all of it, verified, or nothing.

    Every number series is blocked afterwards: numbers given after the backup may have been sent. Look up the last
    number that was really sent in each series and confirm it with billing confirm-last-number. Nothing goes to
    accounting packages and webhooks either until a person resumes each: billing connection resume.
    """
    from billing_service import backup

    context = program.unchecked_context()
    done = backup.restore(context.database, file, context.clock(), ACTOR, accept_broken_books=accept_broken_books)
    context.database.close()
    _tell(done.backup)
    for sentence in done.breaks:
        click.echo(f"Accepted: {sentence}")
    click.echo(f"{sum(done.backup.rows.values())} rows restored and read back.")
    tell_held(done.held)


def _tell(backup: Backup) -> None:
    click.echo(f"Backup of {backup.moment}, schema {backup.schema}, program {backup.program}.")
    for series in backup.series:
        last = series["last_number"] or "none yet"
        click.echo(f"  series {series['code']} of {series['administration_id']}: last number {last}")


COMMANDS = (make_backup, check_backup, restore_backup)
