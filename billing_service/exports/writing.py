"""Rows of an export from the database to a file: read through a cursor on the server, never all at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from billing_service import job_files, jobs
from billing_service.documents.spreadsheets import CSV, XLSX, Column, DecimalMark, Workbook, write_csv
from billing_service.errors import InvalidInput
from billing_service.exports.tables import EXPORTS, Export, Shown
from billing_service.exports.wording import CODES, TITLES
from billing_service.jobs import RunningJob
from billing_service.store.scope import Scope
from billing_service.store.work import Job

EXPORT: Final = "export"
FETCHED_AT_ONCE: Final = 2_000
TOLD_EVERY: Final = 20_000


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is written: ``language`` of titles and words (nl, en), ``decimal`` mark of a CSV."""

    language: str = "nl"
    decimal: DecimalMark = "comma"


def rows_of(scope: Scope, export: Export, wanted: Mapping[str, Any], language: str) -> Iterator[tuple[Any, ...]]:
    """The rows as a spreadsheet shows them, in the order of the export's columns."""
    found = scope.session.execute(
        export.statement(scope, wanted), execution_options={"yield_per": FETCHED_AT_ONCE, "stream_results": True}
    )
    worded = [(at, _reader(field.shown, language)) for at, field in enumerate(export.fields) if field.shown != "plain"]
    for row in found:
        values = list(row)
        for at, read in worded:
            if values[at] is not None:
                values[at] = read(values[at])
        yield tuple(values)


def csv_of(scope: Scope, export: Export, wanted: Mapping[str, Any], form: Form) -> Iterator[bytes]:
    """The export as CSV, in pieces."""
    return write_csv(columns_of(export, form.language), rows_of(scope, export, wanted, form.language), form.decimal)


def columns_of(export: Export, language: str) -> list[Column]:
    return [Column(TITLES[language][field.title], field.kind, field.width) for field in export.fields]


def file_name(export: Export, form: Form, today: date, suffix: str) -> str:
    """``facturen-2026-03-31.csv``"""
    name = TITLES[form.language][export.name].lower().replace(" ", "-")
    return f"{name}-{today}.{suffix}"


def start(scope: Scope, name: str, wanted: Mapping[str, Any], form: Form, suffix: str = "xlsx") -> Job:
    """Ask for an export as a file; the job's result names it. ``wanted`` are filters that the export has."""
    options = {"export": name, "wanted": dict(wanted), "form": asdict(form), "suffix": suffix}
    return jobs.start(scope, EXPORT, options=options)


@jobs.runs(EXPORT)
def run(job: RunningJob) -> Mapping[str, Any]:
    """Write the file on disk in one reading transaction, then store it; a second attempt begins anew."""
    export, form = EXPORTS[job.options["export"]], Form(**job.options["form"])
    suffix, wanted = job.options["suffix"], read_wanted(job.options["wanted"])

    def tell(done: int) -> None:
        with job.scope() as scope:
            job.progress(scope, done)

    with job_files.drafting() as folder:
        with job.reading() as scope:
            path = folder / file_name(export, form, scope.today, suffix)
            rows = write(scope, export, wanted, form, path, tell)
        media_type = XLSX if suffix == "xlsx" else CSV
        return {"rows": rows, "files": [job_files.keep(job, path, media_type, export.needs_scope)]}


def write(
    scope: Scope,
    export: Export,
    wanted: Mapping[str, Any],
    form: Form,
    path: Path,
    tell: Callable[[int], None],
) -> int:
    """Write the export to a file, as its name ends; returns how many rows. ``tell`` hears how far it is.

    Raises ``InvalidInput`` for another ending than .csv and .xlsx.
    """
    columns = columns_of(export, form.language)
    rows = Counted(rows_of(scope, export, wanted, form.language), tell)
    if path.suffix == ".csv":
        with path.open("wb") as file:
            file.writelines(write_csv(columns, rows, form.decimal))
    elif path.suffix == ".xlsx":
        with Workbook(path) as book:
            book.add_sheet(TITLES[form.language][export.name], columns, rows)
    else:
        raise InvalidInput(f"{path.name}: the name of the file must end in .csv or .xlsx.")
    return rows.count


class Counted:
    """Rows counted while they pass; ``tell`` hears every 20,000."""

    def __init__(self, rows: Iterable[Any], tell: Callable[[int], None]) -> None:
        self._rows, self._tell, self.count = rows, tell, 0

    def __iter__(self) -> Iterator[Any]:
        for row in self._rows:
            yield row
            self.count += 1
            if self.count % TOLD_EVERY == 0:
                self._tell(self.count)


def read_wanted(options: Mapping[str, Any]) -> dict[str, Any]:
    """Filters as a job keeps them (JSON) back as values."""
    read = {"date_from": date.fromisoformat, "date_until": date.fromisoformat}
    return {name: (UUID if name.endswith("_id") else read.get(name, str))(value) for name, value in options.items()}


def _reader(shown: Shown, language: str) -> Callable[[Any], str]:
    words = CODES[language]
    if shown == "code":
        return lambda value: words.get(value, value)
    if shown == "flag":
        return lambda value: words["yes" if value else "no"]
    return lambda value: str(value.get(language) or next(iter(value.values()), ""))
