"""Real deliveries: issued invoices to the fake package, a process of its own, by a worker process over real sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from threading import Thread

from sqlalchemy import func, select

from bench import places
from bench.apart import Apart, run_apart
from bench.connected import connect, context_of, fake_package
from bench.measure import Figure, Measurement, Setting
from bench.released import release_invoices
from bench.world import Office, open_office, part_of
from billing_service import invoicing, logs
from billing_service.context import Context
from billing_service.store.deliveries import Delivery
from billing_service.store.session import Database
from billing_service.worker.process import Worker

_LOOK_EVERY = 0.05
_LONGEST = 900.0


def measure(setting: Setting) -> Iterator[Measurement]:
    """Documents and their customers delivered per second, and what the worker needs for it."""
    for kind in setting.databases:
        with places.database(setting, kind) as database, fake_package() as url:
            few_count, many_count = setting.size(50, least=2), setting.size(500, least=5)
            context = context_of(database)
            office = open_office(database, customers=many_count)
            connect(context, office, url)
            few = _delivered(context, part_of(office, few_count), few_count)
            many = _delivered(context, office, many_count)
            yield _told(kind, many_count, many)
            yield Measurement(
                "delivery",
                f"memory of the worker, {many_count:,} deliveries, {kind}",
                "MiB",
                Figure((many.peak,)),
                floor=Figure((few.peak,)),
                floor_is=f"the same, {few_count:,} deliveries; peak of resident memory, interpreter included",
            )


def _told(kind: str, count: int, apart: Apart) -> Measurement:
    seconds: float = apart.answer
    note = "each: PDF, customer, document, attachment, booking, read back and compared; one worker, one process"
    return Measurement(
        "delivery", f"invoices delivered, PDF included, {kind}", "/s", Figure((count / seconds,)), notes=(note,)
    )


def _delivered(context: Context, office: Office, count: int) -> Apart:
    """So many invoices issued, and then delivered by a worker in a process of its own."""
    database = context.database
    released = release_invoices(database, office)
    for invoice in released:
        with database.write() as session:
            invoicing.issue_invoice(office.scope(session), invoice)
    return run_apart(_work, database.url, context.secret_keys, count)


def _work(url: str, keys: tuple[str, ...], count: int) -> float:
    """Seconds until everything is delivered. Raises RuntimeError where something needs attention, or nothing moves."""
    logs.configure("warning")
    database = Database(url)
    worker = Worker(Context(database, secret_keys=keys), tasks={})
    running = Thread(target=worker.run)
    start = time.perf_counter()
    running.start()
    try:
        while left := _left(database):
            if time.perf_counter() - start > _LONGEST:
                raise RuntimeError(f"{left} of {count} are not delivered")
            time.sleep(_LOOK_EVERY)
        return time.perf_counter() - start
    finally:
        worker.stop()
        running.join()


def _left(database: Database) -> int:
    with database.read() as session:
        rows = session.execute(select(Delivery.state, func.count()).group_by(Delivery.state)).all()
    counts = {row[0]: row[1] for row in rows}
    if stuck := counts.get("needs_attention"):
        raise RuntimeError(f"{stuck} deliveries need attention")
    return int(counts.get("waiting", 0))
