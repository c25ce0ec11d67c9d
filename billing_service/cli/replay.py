"""``billing replay-tariff``: what a tariff would have billed in a past period, beside what was really decided."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

import click
import orjson
from sqlalchemy import select

from billing_service import job_files, replay
from billing_service.cli.bill import follow
from billing_service.cli.export import decimal_option, language_option
from billing_service.cli.program import ACTOR, Program, administration_option, pass_program
from billing_service.cli.telling import Teller
from billing_service.documents.spreadsheets import DecimalMark
from billing_service.errors import NotFound, UnreadableFile
from billing_service.exports import Form
from billing_service.store.scope import Scope
from billing_service.store.tariffs import Tariff, TariffVersion
from billing_service.store.work import Job

_day = click.DateTime(["%Y-%m-%d"])
_file = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("replay-tariff")
@administration_option
@click.option("--version", "number", type=int, help="Number of the version; without: the newest, draft or published.")
@click.option("--document", type=_file, help="Other rules (JSON), instead of those of the version.")
@click.option("--from", "first", type=_day, required=True, help="The first day of closing.")
@click.option("--until", "last", type=_day, required=True, help="The last day of closing.")
@click.option("--output", "-o", type=click.Path(file_okay=False, path_type=Path), help="A folder for the files.")
@language_option
@decimal_option
@click.argument("code")
@pass_program
def replay_tariff(
    program: Program,
    administration: str | None,
    number: int | None,
    document: Path | None,
    first: datetime,
    last: datetime,
    output: Path | None,
    language: str,
    decimal: DecimalMark,
    code: str,
) -> None:
    """Hold the tariff CODE against what was really decided, and show the difference. Nothing is changed."""
    administration_id = program.administration(administration)
    try:
        rules = orjson.loads(document.read_bytes()) if document else None
    except orjson.JSONDecodeError as error:
        raise UnreadableFile(f"{document} is not JSON: {error}.") from error
    with program.scope(administration_id) as scope:
        version = _version(scope, code, number)
        job = replay.start(scope, version, first.date(), last.date(), Form(language, decimal), rules)
    done = follow(program, administration_id, job.id)
    _tell(done)
    if output is not None:
        _save(program, administration_id, done, output)


def _version(scope: Scope, code: str, number: int | None) -> TariffVersion:
    query = (
        select(TariffVersion)
        .join(
            Tariff,
            (Tariff.administration_id == TariffVersion.administration_id) & (Tariff.id == TariffVersion.tariff_id),
        )
        .where(TariffVersion.administration_id == scope.administration_id, Tariff.code == code)
        .order_by(TariffVersion.number.desc())
        .limit(1)
    )
    found = scope.session.scalars(query if number is None else query.where(TariffVersion.number == number)).first()
    if found is None:
        raise NotFound(f"There is no tariff {code}{'' if number is None else f' with a version {number}'}.")
    return found


def _tell(job: Job) -> None:
    result, teller = job.result or {}, Teller()
    names = ("compared", "by_person", "changed_after_release")
    teller.table(
        [result["tariff"], ">Questions", ">Old", ">New", ">Difference"],
        [(name.replace("_", " "), *result[name].values()) for name in names],
    )
    for name, questions in result["left_out"].items():
        if questions:
            teller.say(f"left out, {name.replace('_', ' ')}: {questions}")


def _save(program: Program, administration_id: UUID, job: Job, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with program.context.database.read() as session:
        scope = Scope(session, administration_id, ACTOR, program.context.clock())
        for file in (job.result or {})["files"]:
            with (folder / file["name"]).open("wb") as target:
                target.writelines(job_files.content(scope, job.id, file["name"]))
            click.echo(str(folder / file["name"]))


COMMANDS = (replay_tariff,)
