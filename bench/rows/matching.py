"""Payments that a package tells, matched to open invoices and booked: receipt, allocation and audit rows, committed."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from bench import places
from bench.connected import connect, context_of, fake_package, mark_delivered
from bench.filler import fill
from bench.floors import intake
from bench.measure import Figure, Goal, Measurement, Setting, profiled
from bench.world import Office, open_office
from billing_service.collection.settling import record
from billing_service.context import utc_now
from billing_service.core.matching import Book, Incoming, Payable
from billing_service.store import collecting
from billing_service.store.connections import Connection
from billing_service.store.invoices import Invoice
from billing_service.store.payments_in import PaymentIn
from billing_service.store.session import Database
from connectors.base import PaymentFact

GOAL = Goal("at_least", 100_000)
_PAGE = 500
_PAID_ON = date(2026, 4, 10)
_WRITTEN = ("receipts", "allocations", "payments_in")
_Paid = tuple[str, Decimal]


@dataclass(frozen=True, slots=True)
class _Way:
    """How payments name what they pay."""

    name: str
    linked: bool

    def fact(self, number: str, amount: Decimal) -> PaymentFact:
        if self.linked:
            return PaymentFact(f"p-{number}", amount, _PAID_ON, "EUR", document=number)
        return PaymentFact(f"p-{number}", amount, _PAID_ON, "EUR", reference=f"Factuur {number} bedankt")


WAYS = (_Way("that name the document there", linked=True), _Way("that name our number in their text", linked=False))


def measure(setting: Setting) -> Iterator[Measurement]:
    """Every page in a transaction of its own, as they are collected."""
    count = setting.size(20_000, least=4)
    for kind in setting.databases:
        with places.database(setting, kind) as database:
            office = _owed(database, count)
            issued = _issued(database, office)
            half = len(issued) // 2
            for way, some in zip(WAYS, (issued[:half], issued[half:]), strict=True):
                with profiled(setting, f"matching-{kind}-{'linked' if way.linked else 'named'}"):
                    rates = _booked(database, office, [way.fact(*one) for one in some])
                floor = _rows(database) / intake.seconds(database, _WRITTEN)
                yield Measurement(
                    "matching",
                    f"payments {way.name}, settled, {kind}",
                    "/s",
                    Figure(tuple(rates)),
                    GOAL,
                    Figure((floor,)),
                    "the same receipts, allocations and payments written by the driver alone, without audit trail",
                    (f"{len(some):,} in pages of {_PAGE}, committed",),
                )
    yield _in_memory(setting)


def _owed(database: Database, count: int) -> Office:
    """So many customers who owe one invoice each, which stands in the package."""
    office = open_office(database, customers=count)
    with fake_package() as url:
        connect(context_of(database), office, url)
    fill(database, office, count, each=1)
    mark_delivered(database)
    return office


def _issued(database: Database, office: Office) -> Sequence[_Paid]:
    owed = select(Invoice.number, Invoice.gross).where(
        Invoice.administration_id == office.administration_id, Invoice.state == "issued"
    )
    with database.read() as session:
        return [(str(row.number), row.gross) for row in session.execute(owed.order_by(Invoice.id))]


def _booked(database: Database, office: Office, facts: Sequence[PaymentFact]) -> list[float]:
    """Payments per second of each page. Raises RuntimeError where one is not settled."""
    rates = []
    for first in range(0, len(facts), _PAGE):
        page = facts[first : first + _PAGE]
        start = time.perf_counter()
        with database.write() as session:
            scope = office.scope(session, utc_now())
            connection = session.scalars(select(Connection)).one()
            collecting.lock(scope, connection.id)
            record(scope, connection, page)
        rates.append(len(page) / (time.perf_counter() - start))
    with database.read() as session:
        states = session.execute(select(PaymentIn.state, func.count()).group_by(PaymentIn.state)).all()
    if [row[0] for row in states] != ["settled"]:
        raise RuntimeError(f"not every payment was settled: {states}")
    return rates


def _rows(database: Database) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(PaymentIn)).scalar_one()


def _in_memory(setting: Setting) -> Measurement:
    """The matching itself, of payments that name a number, to a book of open invoices."""
    count = setting.size(20_000, least=4)
    owner = [UUID(int=at) for at in range(count)]
    payables = [Payable(owner[at], f"2026{at:06}", owner[at], Decimal(100)) for at in range(count)]
    incoming = [Incoming(Decimal(100), text=f"Factuur 2026{at:06} bedankt") for at in range(count)]
    rates = []
    for _ in range(setting.repetitions):
        book = Book(payables)
        start = time.perf_counter()
        for one in incoming:
            match = book.match(one)
            if not match.certain:
                raise RuntimeError(f"{one.text}: {match.doubt}")
            book.apply(match)
        rates.append(count / (time.perf_counter() - start))
    return Measurement("matching", "payments matched in memory", "/s", Figure(tuple(rates)), GOAL)
