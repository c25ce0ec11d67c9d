"""The PDFs of many documents in files to print, of at most 50 documents each (120 invoices are 3 files: 50, 50, 20)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from billing_service import job_files, jobs
from billing_service.documents.pdf.bundle import bundle
from billing_service.invoicing.pdf import OpenScope, pdf_of
from billing_service.invoicing.reading import get_invoice, get_run
from billing_service.invoicing.recipients import selected_ids
from billing_service.jobs import RunningJob
from billing_service.store.scope import Scope
from billing_service.store.work import Job

PDF_FILES: Final = "pdf_files"
IN_A_FILE: Final = 50
_DAYS: Final = ("issued_from", "issued_until")
_IDS: Final = ("billing_run_id", "customer_id")


def start_pdf_files(scope: Scope, wanted: Mapping[str, Any]) -> Job:
    """Ask for the PDFs of every issued document that is ``wanted`` (see ``recipients.selected``), by number.

    Where there is none the job makes no file. Raises NotFound for an unknown billing run.
    """
    return jobs.start(scope, PDF_FILES, options=wanted, total=len(chosen_documents(scope, wanted)))


@jobs.runs(PDF_FILES)
def make_pdf_files(job: RunningJob) -> Mapping[str, Any]:
    """A file at a time; another attempt begins anew and replaces what is there."""
    wanted = dict(job.options)
    wanted |= {name: date.fromisoformat(wanted[name]) for name in _DAYS if name in wanted}
    wanted |= {name: UUID(wanted[name]) for name in _IDS if name in wanted}
    with job.reading() as scope:
        chosen = chosen_documents(scope, wanted)
    files, done = [], 0
    with job_files.drafting() as folder:
        for path, told in write_pdf_files(job.reading, job.scope, chosen, folder):
            files.append(job_files.keep(job, path, "application/pdf", "invoices:read") | told)
            path.unlink()
            done += told["documents"]
            with job.scope() as scope:
                job.progress(scope, done, len(chosen))
    return {"documents": done, "files": files}


def write_pdf_files(
    reading: OpenScope, writing: OpenScope, chosen: Sequence[UUID], folder: Path
) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Write ``invoices-001.pdf`` and so on; each as it is ready, with how many documents and pages it holds and the
    first and last number. A PDF that was not made yet is made and stored on the way."""
    for at in range(0, len(chosen), IN_A_FILE):
        part = chosen[at : at + IN_A_FILE]
        path = folder / f"invoices-{at // IN_A_FILE + 1:03d}.pdf"
        with reading() as scope:
            first, last = (get_invoice(scope, one).number for one in (part[0], part[-1]))
        pdfs = (pdf_of(reading, writing, one) for one in part)
        pages = bundle(((pdf.file_name.removesuffix(".pdf"), pdf.content) for pdf in pdfs), path)
        yield path, {"documents": len(part), "pages": pages, "first": first, "last": last}


def chosen_documents(scope: Scope, wanted: Mapping[str, Any]) -> list[UUID]:
    """The ids of what ``start_pdf_files`` would print. Raises as that does."""
    if "billing_run_id" in wanted:
        get_run(scope, wanted["billing_run_id"])
    return selected_ids(scope, wanted)
