"""A month-end by one worker: release everything, issue it, draw and store every PDF; nothing is left out."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from bench import places
from bench.apart import Apart, run_apart
from bench.measure import Figure, Goal, Measurement, Setting
from bench.released import add_all_charges
from bench.world import NOW, Office, open_office
from billing_service import invoicing, jobs, logs
from billing_service.context import Context
from billing_service.store.invoices import Invoice, InvoicePdf
from billing_service.store.session import Database
from billing_service.worker.handlers import HANDLERS, Handler
from billing_service.worker.process import Worker
from billing_service.worker.work import Work

GOALS: Mapping[str, Goal | None] = {"release": None, "issue": Goal("at_least", 2_000), "draw": Goal("at_least", 100)}
FLAT = Goal("share_at_most", 1.1)
_WORK = {"release": "released", "issue": "issued", "draw": "PDFs drawn and stored"}
_UNTIL = date(2026, 3, 31)


@dataclass(frozen=True, slots=True)
class Run:
    """Seconds of each phase."""

    release: float
    issue: float
    draw: float

    @property
    def whole(self) -> float:
        return self.release + self.issue + self.draw


def measure(setting: Setting) -> Iterator[Measurement]:
    """Once each: ten thousand invoices are their own repetition."""
    few_count, many_count = setting.size(1_000, least=10), setting.size(10_000, least=20)
    for kind in setting.databases:
        with places.database(setting, kind) as database:
            few, many = _measured(database, few_count), _measured(database, many_count)
        run: Run = many.answer
        yield _told(f"billing run of {many_count:,}, charges to stored PDFs, {kind}", many_count, run.whole, None)
        for phase, goal in GOALS.items():
            yield _told(f"its invoices {_WORK[phase]}, {kind}", many_count, getattr(run, phase), goal)
        yield Measurement(
            "month",
            f"memory of the worker, {many_count:,} invoices, {kind}",
            "MiB",
            Figure((many.peak,)),
            FLAT,
            Figure((few.peak,)),
            f"the same, {few_count:,} invoices; peak of resident memory, interpreter included",
        )


def _told(work: str, count: int, seconds: float, goal: Goal | None) -> Measurement:
    note = f"{count:,} in {seconds:.0f} s, by one worker" if seconds >= 1 else "by one worker"
    return Measurement("month", work, "/s", Figure((count / seconds,)), goal, notes=(note,))


def _measured(database: Database, count: int) -> Apart:
    office = open_office(database, customers=count)
    add_all_charges(database, office)
    return run_apart(month_end, database.url, office)


def month_end(url: str, office: Office) -> Run:
    """The whole of it in this process. Raises RuntimeError where not every contract ended as a stored PDF."""
    logs.configure("warning")  # a line per piece of work would be most of the output
    database = Database(url)
    in_job: list[float] = []
    timed = dict(HANDLERS) | {jobs.OUTBOX_KIND: _timed(HANDLERS[jobs.OUTBOX_KIND], in_job)}
    worker = Worker(Context(database, lambda: NOW), handlers=timed, tasks={})
    with database.write() as session:
        run, _ = invoicing.start_run(office.scope(session), _UNTIL)
    released = _seconds(worker)
    with database.write() as session:
        invoicing.start_issue(office.scope(session), run.id)
    in_job.clear()
    issued_and_drawn = _seconds(worker)
    _check(database, office, run.id)
    database.close()
    # The worker takes up the PDFs when the job that issues is done; what is not that job is theirs.
    return Run(released, sum(in_job), issued_and_drawn - sum(in_job))


def _seconds(worker: Worker) -> float:
    start = time.perf_counter()
    worker.drain()
    return time.perf_counter() - start


def _timed(handler: Handler, seconds: list[float]) -> Handler:
    def run(work: Work) -> None:
        start = time.perf_counter()
        handler.run(work)
        seconds.append(time.perf_counter() - start)

    return replace(handler, run=run)


def _check(database: Database, office: Office, run_id: UUID) -> None:
    stored = (
        select(func.count())
        .select_from(InvoicePdf)
        .join(
            Invoice,
            (Invoice.administration_id == InvoicePdf.administration_id) & (Invoice.id == InvoicePdf.invoice_id),
        )
        .where(Invoice.administration_id == office.administration_id, Invoice.billing_run_id == run_id)
    )
    with database.read() as session:
        found = session.scalars(stored).one()
    if found != len(office.contracts):
        raise RuntimeError(f"{found} PDFs are stored, not {len(office.contracts)}")
