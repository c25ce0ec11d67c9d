"""A service report as a file: at once on the command line, as a job for whoever asks for a large one over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from billing_service import job_files, jobs
from billing_service.core.service_report import ReportTotals
from billing_service.core.working_days import WorkingTime
from billing_service.documents.spreadsheets import CSV, XLSX, DecimalMark
from billing_service.errors import InvalidInput
from billing_service.jobs import RunningJob
from billing_service.service_reports.planning import Plan, Wanted, plan
from billing_service.service_reports.writing import file_name, report_of, write_csv_file, write_xlsx
from billing_service.store.scope import Scope
from billing_service.store.work import Job

SERVICE_REPORT: Final = "service_report"
NEEDS_SCOPE: Final = "service_reports:read"
MEDIA_TYPES: Final[Mapping[str, str]] = {"csv": CSV, "xlsx": XLSX, "pdf": "application/pdf"}
"""By the ending of the file."""
_READ: Final[Mapping[str, Callable[[Any], Any]]] = {
    "first": date.fromisoformat,
    "last": date.fromisoformat,
    "contract_id": UUID,
    "customer_id": UUID,
    "organisation_id": UUID,
}


def write(scope: Scope, planned: Plan, path: Path, decimal: DecimalMark = "comma") -> ReportTotals:
    """Write the report to a file, as its name ends; returns its totals.

    Raises ``InvalidInput`` for another ending than .csv, .xlsx and .pdf.
    """
    if path.suffix == ".csv":
        return write_csv_file(scope, planned, path, decimal)
    if path.suffix == ".xlsx":
        return write_xlsx(scope, planned, path)
    if path.suffix == ".pdf":
        from billing_service.documents.pdf import render_service_report  # here, so that nothing else loads it

        report = report_of(scope, planned)
        path.write_bytes(render_service_report(report, planned.language))
        return report.totals
    raise InvalidInput(f"{path.name}: the name of the file must end in .csv, .xlsx or .pdf.")


def start(scope: Scope, wanted: Wanted, working_time: WorkingTime, suffix: str, decimal: DecimalMark) -> Job:
    """Ask for a report as a file; the job's result names it. Raises as ``plan`` does."""
    plan(scope, wanted, working_time)
    told = {name: value for name, value in asdict(wanted).items() if value is not None}
    options = {"wanted": told, "working_time": asdict(working_time), "suffix": suffix, "decimal": decimal}
    return jobs.start(scope, SERVICE_REPORT, options=options)


@jobs.runs(SERVICE_REPORT)
def run(job: RunningJob) -> Mapping[str, Any]:
    """Write the file on disk in one reading transaction, then store it; a second attempt begins anew."""
    suffix = job.options["suffix"]
    told = {name: _READ.get(name, lambda value: value)(value) for name, value in job.options["wanted"].items()}
    with job_files.drafting() as folder:
        with job.reading() as scope:
            planned = plan(scope, Wanted(**told), WorkingTime(**job.options["working_time"]))
            path = folder / file_name(planned, suffix)
            totals = write(scope, planned, path, job.options["decimal"])
        kept = job_files.keep(job, path, MEDIA_TYPES[suffix], NEEDS_SCOPE)
    return {"questions": totals.closed.questions + totals.open, "files": [kept]}
