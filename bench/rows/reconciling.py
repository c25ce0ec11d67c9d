"""A hundred thousand documents reconciled: our side read and put as it was delivered, theirs as pages, all compared.

The package is a mirror of what was issued, read page by page: what a real one adds is its own time and that of the
network, which is its limit of calls.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from bench import places
from bench.apart import Apart, run_apart
from bench.connected import connect, context_of, fake_package, mark_delivered
from bench.filler import fill
from bench.measure import Figure, Measurement, Setting
from bench.world import NOW, open_office
from billing_service.connections import capabilities_of
from billing_service.reconciliation.comparing import compare
from billing_service.reconciliation.ours import Side, documents
from billing_service.reconciliation.spool import workshop
from billing_service.reconciliation.theirs import Reader
from billing_service.store.administrations import Administration
from billing_service.store.connections import Connection
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from connectors.base import Kind, OpenItem, Page, RemoteDocument, State, VatGroup, everything

_PAGE = 1000


def measure(setting: Setting) -> Iterator[Measurement]:
    """Documents compared per second, beside reading both sides alone; and the memory for many beside that for few."""
    few_count, many_count = setting.size(2_000, least=5), setting.size(100_000, least=20)
    for kind in setting.databases:
        with places.database(setting, kind) as database:
            few = _compared(database, few_count)
        with places.database(setting, kind) as database:
            many = _compared(database, many_count)
            floor = run_apart(_read_alone, database.url)
            count: int = many.answer[0]
            yield Measurement(
                "reconciling",
                f"documents reconciled, {kind}",
                "/s",
                Figure((count / many.answer[1],)),
                floor=Figure((count / floor.answer,)),
                floor_is="both sides read alone, ours as it was delivered",
                notes=(f"{count:,} documents, nothing differs; without the time of the package and the network",),
            )
            yield Measurement(
                "reconciling",
                f"memory of {count:,} documents reconciled, {kind}",
                "MiB",
                Figure((many.peak,)),
                floor=Figure((few.peak,)),
                floor_is=f"the same, {few.answer[0]:,} documents; peak of resident memory, interpreter included",
            )


def _compared(database: Database, count: int) -> Apart:
    """So many documents and one, all of them delivered; everything is compared in a process of its own."""
    office = open_office(database, customers=10)
    with fake_package() as url:
        connect(context_of(database), office, url)
    fill(database, office, count)
    mark_delivered(database)
    return run_apart(_compare, database.url)


class _Mirror:
    """What was issued, as a package would list it."""

    def __init__(self, database: Database, side: Side) -> None:
        self._database = database
        with database.read() as session:
            first = next(documents(Scope(session, _administration(session), "bench", NOW), side))
        codes = {name: code for code, name in side.groups.names.items()}
        self._vat = tuple(VatGroup(codes[one.code], one.taxable, one.tax) for one in first.facts.vat or ())

    def documents(self, since: date, cursor: str | None = None) -> Page[RemoteDocument]:
        names = ("number", "issue_date", "due_date", "currency", "net", "vat", "gross")
        rows = self._rows(cursor, *(getattr(Invoice, name) for name in names))
        found = tuple(
            RemoteDocument(
                row.number,
                Kind.INVOICE,
                row.number,
                State.BOOKED,
                row.issue_date,
                row.due_date,
                row.currency,
                row.net,
                row.vat,
                row.gross,
                vat=self._vat,
            )
            for row in rows
        )
        return Page(found, found[-1].id if len(found) == _PAGE else None)

    def open_items(self, cursor: str | None = None) -> Page[OpenItem]:
        rows = self._rows(cursor, Invoice.number, Invoice.gross, Invoice.currency, Invoice.issue_date)
        found = tuple(
            OpenItem(number, Kind.INVOICE, number, gross, gross, currency, on) for number, gross, currency, on in rows
        )
        return Page(found, found[-1].document if len(found) == _PAGE else None)

    def _rows(self, cursor: str | None, *columns: Any) -> Any:
        issued = select(*columns).where(Invoice.state == "issued", Invoice.number > (cursor or ""))
        with self._database.read() as session:
            return session.execute(issued.order_by(Invoice.number).limit(_PAGE)).all()


def _sides(url: str) -> tuple[Database, Side, Reader]:
    database = Database(url)
    with database.read() as session:
        connection = session.scalars(select(Connection)).one()
        scope = Scope(session, connection.administration_id, "bench", NOW)
        side = Side.of(scope, connection, capabilities_of(connection), "EUR")
    mirror: Any = _Mirror(database, side)
    return database, side, Reader(mirror, side.groups, breathe=lambda: None)


def _administration(session: Any) -> Any:
    return session.scalars(select(Administration.id)).one()


def _compare(url: str) -> tuple[int, float]:
    """How many documents, and how many seconds. Raises RuntimeError where something differs."""
    database, side, reader = _sides(url)
    start = time.perf_counter()
    with workshop() as folder:
        found = compare(side, reader, _reading(database), folder, own_journal=False).result
    seconds = time.perf_counter() - start
    if found.differences or found.unexplained != Decimal():
        raise RuntimeError(f"{len(found.differences)} documents differ from their own mirror")
    return found.ours.documents, seconds


def _read_alone(url: str) -> float:
    database, side, reader = _sides(url)
    start = time.perf_counter()
    for _ in reader.documents(side.since):
        pass
    for _ in everything(reader.connector.open_items):
        pass
    with _reading(database)() as scope:
        for _ in documents(scope, side):
            pass
    return time.perf_counter() - start


def _reading(database: Database) -> Any:
    @contextmanager
    def reading() -> Iterator[Scope]:
        with database.read() as session:
            yield Scope(session, _administration(session), "bench", NOW)

    return reading
