"""Filling an administration from files: a tariff's document, and customers with their contracts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
import orjson
from sqlalchemy import select

from billing_service import tariffs
from billing_service.cli.program import Program, administration_option, pass_program
from billing_service.errors import UnreadableFile
from billing_service.parties import sheet
from billing_service.store.tariffs import Tariff

_file = click.Path(exists=True, dir_okay=False, path_type=Path)
_SHOWN = 50


@click.command("publish-tariff")
@administration_option
@click.option("--valid-from", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The first day it decides on.")
@click.argument("code")
@click.argument("file", type=_file)
@pass_program
def publish_tariff(program: Program, administration: str | None, valid_from: datetime, code: str, file: Path) -> None:
    """Publish FILE (JSON, see docs/tariffs.md) as the next version of the tariff CODE, which is made if it is new."""
    try:
        document = orjson.loads(file.read_bytes())
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(f"{file.name} is not JSON: {error}.") from error
    with program.scope(program.administration(administration)) as scope:
        tariff = scope.session.scalars(
            select(Tariff).where(Tariff.administration_id == scope.administration_id, Tariff.code == code)
        ).one_or_none() or tariffs.create(scope, {"code": code, "name": code})
        version = tariffs.add_version(scope, tariff, {"valid_from": valid_from.date(), "document": document})
        tariffs.publish(scope, version)
    click.echo(f"Tariff {code} version {version.number} decides from {valid_from.date()} on.")


@click.command("import-customers")
@administration_option
@click.option("--encoding", help="utf-8 (the default), utf-16 or windows-1252.")
@click.argument("file", type=_file)
@pass_program
def import_customers(program: Program, administration: str | None, encoding: str | None, file: Path) -> None:
    """Take customers with their contracts from a CSV FILE (see docs/import-customers.md). Exit code 1 when a line was
    refused; the other lines are taken then, and a second run takes nothing twice."""
    with program.scope(program.administration(administration)) as scope:
        loaded = sheet.import_customers(scope, file.read_bytes(), encoding)
    for line, column, reason in loaded.refused[:_SHOWN]:
        click.echo(f"line {line}: {column} {reason}".replace(":  ", ": "), err=True)
    if len(loaded.refused) > _SHOWN:
        click.echo(f"… and {len(loaded.refused) - _SHOWN} more.", err=True)
    refused = len({line for line, _, _ in loaded.refused})
    click.echo(f"{loaded.new} new, {loaded.known} known, {refused} refused.")
    raise SystemExit(1 if refused else 0)


COMMANDS = (publish_tariff, import_customers)
