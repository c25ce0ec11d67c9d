"""A replay of 100,000 questions, by the worker, to its finished files; nothing but reading and its own rows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from sqlalchemy import select

from bench import places
from bench.apart import Apart, run_apart
from bench.measure import Figure, Measurement, Setting
from bench.stored import store_questions
from bench.world import NOW, Office, open_office
from billing_service import jobs, replay
from billing_service.context import Context
from billing_service.exports import Form
from billing_service.rating import decide_stored
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from billing_service.store.tariffs import TariffVersion
from billing_service.worker.process import Worker

_PERIOD = date(2026, 1, 1), date(2026, 3, 31)


def measure(setting: Setting) -> Iterator[Measurement]:
    """Questions per second, and the worker's memory beside that of a tenth of them."""
    for kind in setting.databases:
        with places.database(setting, kind) as database:
            few = _measured(database, setting.size(10_000, least=20), 1)
            runs = min(setting.repetitions, 2)
            many_count = setting.size(100_000, least=40)
            many = _measured(database, many_count, runs)
            yield Measurement(
                "replay",
                f"questions replayed, to files in JSON, CSV and XLSX, {kind}",
                "/s",
                Figure(tuple(many_count / one.seconds for one in many)),
                notes=(f"{many_count:,} questions in {many[0].seconds:.0f} s",),
            )
            yield Measurement(
                "replay",
                f"memory of a worker that replays {many_count:,} questions, {kind}",
                "MiB",
                Figure(tuple(one.peak for one in many)),
                floor=Figure(tuple(one.peak for one in few)),
                floor_is="the same with a tenth of the questions; peak of resident memory",
            )


def _measured(database: Database, count: int, runs: int) -> list[Apart]:
    office = open_office(database, customers=20)
    for start in range(0, count, 10_000):
        keys = store_questions(database, office, min(10_000, count - start), start)
        with database.write() as session:
            decide_stored(office.scope(session), keys, cause="bench")
    return [run_apart(_work, database.url, _ask(database, office), office.administration_id) for _ in range(runs)]


def _ask(database: Database, office: Office) -> UUID:
    with database.write() as session:
        scope = office.scope(session)
        mine = TariffVersion.administration_id == office.administration_id
        version = session.scalars(select(TariffVersion).where(mine)).one()
        return replay.start(scope, version, *_PERIOD, Form()).id


def _work(url: str, job_id: UUID, administration_id: UUID) -> None:
    database = Database(url)
    Worker(Context(database, lambda: NOW), tasks={}).drain()
    with database.read() as session:
        job = jobs.get(Scope(session, administration_id, "bench", NOW), job_id)
        if job.state != "done" or (job.result or {})["compared"]["difference"] != "0.00":
            raise RuntimeError(f"the replay ended as {job.state}: {job.error}")
    database.close()
