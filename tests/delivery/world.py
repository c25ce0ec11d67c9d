"""A small world that delivers: an administration with a connection to the fake, invoices to issue, and a worker whose
clock tests turn by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from billing_service import invoicing
from billing_service.context import Context
from billing_service.store.deliveries import Delivery
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from billing_service.worker.process import Worker
from billing_service.worker.work import Pace
from tests import builders
from tests.connections.fakes import FakeBooks, active_connection
from tests.invoicing.world import World

MOST_ROUNDS = 60
"""After so many moments at which something was to be done, a story that goes nowhere is told to end."""


@dataclass
class Delivering:
    """``clock`` is that of the service; the package's own follows it. ``books`` is the package."""

    database: Database
    books: FakeBooks
    administration_id: UUID = field(init=False)
    connection_id: UUID = field(init=False)
    world: World = field(init=False)
    now: datetime = builders.NOW

    @classmethod
    def founded(cls, database: Database, profile: str = "searchable", **connection: Any) -> Delivering:
        delivering = cls(database, FakeBooks(profile))
        delivering.join(World.founded(database))
        with database.write() as session:
            digits_only(session, delivering.administration_id)
            delivering.connection_id = active_connection(
                session, delivering.administration_id, profile=profile, **connection
            )
        return delivering

    def join(self, world: World) -> None:
        """Be about this administration, with one clock for all."""
        self.world, self.administration_id = world, world.administration_id
        self.books.clock = lambda: self.now

    @property
    def context(self) -> Context:
        return replace(self.books.context(self.database), clock=lambda: self.now)

    @contextmanager
    def scope(self) -> Iterator[Scope]:
        with self.database.write() as session:
            yield Scope(session, self.administration_id, "test", self.now, clock=lambda: self.now)

    def worker(self, **pace: Any) -> Worker:
        return Worker(self.context, Pace(**pace), tasks={})

    def invoice(self, reference: str = "C-1", *, issue: bool = True, **charge: Any) -> UUID:
        """A document of one charge, for a contract of this reference, issued unless said otherwise."""
        if reference not in self.world.contracts:
            self.world.agree(reference)
        self.world.charge(reference, **charge)
        self.world.now = self.now
        self.world.release(references=[reference])
        with self.scope() as scope:
            found = select(Invoice.id).where(
                Invoice.administration_id == self.administration_id, Invoice.state == "released"
            )
            made = scope.session.scalars(found).one()
            if issue:
                invoicing.issue_invoice(scope, made)
        return made

    def credit(self, invoice_id: UUID) -> UUID:
        with self.scope() as scope:
            made = invoicing.credit(scope, invoice_id, "Dubbel berekend")
            invoicing.issue_invoice(scope, made)
        return made

    def advance(self, by: timedelta) -> None:
        """Time passes for everybody: for this service, its outbox, and the package."""
        self.now += by
        seconds = by.total_seconds()
        with self.database.write() as session:
            for column in ("due_at", "lease_until"):
                earlier = (
                    f"strftime('%Y-%m-%d %H:%M:%f000', {column}, '-{seconds:.3f} seconds')"
                    if self.database.is_sqlite
                    else f"{column} - interval '{seconds:.3f} seconds'"
                )
                open_ = f"state IN ('ready', 'running') AND {column} IS NOT NULL"
                session.connection().exec_driver_sql(f"UPDATE outbox SET {column} = {earlier} WHERE {open_}")

    def drain(self) -> int:
        """A worker does all that is due now."""
        return self.worker().drain()

    def settle(self, most: timedelta = timedelta(days=5), step: timedelta = timedelta(seconds=20)) -> None:
        """Work, and let time pass, until nothing waits any more; each wait is longer than the one before."""
        passed = timedelta()
        while True:
            self.drain()
            if not self.deliveries("waiting"):
                return
            assert passed < most, [(row.number, row.waits, row.next_at) for row in self.deliveries("waiting")]
            self.advance(step)
            passed += step
            step = min(step * 2, timedelta(hours=6))

    def deliveries(self, *states: str, noun: str | None = None) -> Sequence[Delivery]:
        with self.database.read() as session:
            found = select(Delivery).where(Delivery.administration_id == self.administration_id).order_by(Delivery.id)
            rows = session.scalars(found).all()
        return [row for row in rows if (not states or row.state in states) and noun in (None, row.noun)]

    def delivery(self, subject_id: UUID) -> Delivery:
        (row,) = [one for one in self.deliveries() if one.subject_id == subject_id]
        return row

    def there(self) -> list[dict[str, Any]]:
        """The documents that stand there and count."""
        return [one for one in self.books.control.books()["documents"] if one["state"] != "cancelled"]


def digits_only(session: Any, administration_id: UUID) -> None:
    """Numbers that every kind of package takes: 202600001, and 9202600001 for credit notes."""
    session.execute(
        text(
            "UPDATE series SET pattern = CASE document_type WHEN 'credit_note' THEN '9{year}{number:5}'"
            " ELSE '{year}{number:5}' END WHERE administration_id = :mine"
        ),
        {"mine": administration_id if session.get_bind().dialect.name != "sqlite" else administration_id.hex},
    )


Waiting = Callable[[], bool]
START = date(2026, 1, 1)
