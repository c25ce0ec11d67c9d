"""A service report over 100,000 questions of one contract, as each kind of file; its memory beside a tenth of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from uuid import UUID

from bench import places
from bench.apart import Apart, run_apart
from bench.measure import Figure, Measurement, Setting
from bench.stored import store_questions
from bench.world import NOW, Office, open_office
from billing_service import service_reports
from billing_service.core.working_days import WorkingTime
from billing_service.rating import decide_stored
from billing_service.service_reports import Wanted
from billing_service.store.scope import Scope
from billing_service.store.session import Database

_PERIOD = date(2026, 3, 1), date(2026, 3, 31)


def measure(setting: Setting) -> Iterator[Measurement]:
    """Once each: so many questions are their own repetition."""
    few_count, many_count = setting.size(10_000, least=20), setting.size(100_000, least=40)
    for kind in setting.databases:
        with places.database(setting, kind) as database:
            few_office, many_office = _with_questions(database, few_count), _with_questions(database, many_count)
            for suffix in ("csv", "xlsx", "pdf"):
                few = run_apart(_report, database.url, few_office.administration_id, few_office.contracts[0], suffix)
                many = run_apart(_report, database.url, many_office.administration_id, many_office.contracts[0], suffix)
                if (few.answer, many.answer) != (few_count, many_count):
                    raise RuntimeError(f"{few.answer} and {many.answer} questions were reported")
                yield from _told(kind, suffix.upper(), few, many, many_count)


def _told(kind: str, name: str, few: Apart, many: Apart, count: int) -> Iterator[Measurement]:
    yield Measurement(
        "reports",
        f"questions in a service report as {name}, {kind}",
        "/s",
        Figure((count / many.seconds,)),
        notes=(f"{count:,} questions in {many.seconds:.0f} s",),
    )
    yield Measurement(
        "reports",
        f"memory of a service report over {count:,} questions as {name}, {kind}",
        "MiB",
        Figure((many.peak,)),
        floor=Figure((few.peak,)),
        floor_is="the same with a tenth of the questions; peak of resident memory, interpreter included",
    )


def _with_questions(database: Database, count: int) -> Office:
    """An office with one contract and so many decided questions."""
    office = open_office(database, customers=1)
    for start in range(0, count, 10_000):
        keys = store_questions(database, office, min(10_000, count - start), start)
        with database.write() as session:
            decide_stored(office.scope(session), keys, cause="bench")
    return office


def _report(url: str, administration_id: UUID, contract_id: UUID, suffix: str) -> int:
    """Write the file; how many questions it is about."""
    database = Database(url)
    with tempfile.TemporaryDirectory(prefix="billing-bench-") as folder, database.read() as session:
        scope = Scope(session, administration_id, "bench", NOW)
        wanted = Wanted(contract_id=contract_id, first=_PERIOD[0], last=_PERIOD[1])
        plan = service_reports.plan(scope, wanted, WorkingTime())
        totals = service_reports.write(scope, plan, Path(folder) / f"report.{suffix}")
    database.close()
    return totals.closed.questions
