"""A few documents, customers and receipts to deliver, made once; every run begins with an exact copy of them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol
from uuid import UUID

import psycopg
from sqlalchemy import event, make_url, select, update

from billing_service import receivables
from billing_service.invoicing import pdf_of
from billing_service.parties import customers
from billing_service.store import dispatch
from billing_service.store.invoices import Invoice
from billing_service.store.session import Database
from billing_service.store.work import OutboxRow
from connectors.base import Push
from connectors.fake.profiles import PROFILES
from tests.databases import SERVER
from tests.delivery.world import Delivering

KINDS: Final = ("invoice", "customer", "change", "credit", "receipt")
"""What a run delivers: an invoice to a customer who stands there; a new customer and an invoice to it; a change of the
customer who stands there; an invoice and its credit note; an invoice and what was received for it."""

ONLY_KEYS: Final = "only_keys"
PROFILES[ONLY_KEYS] = replace(PROFILES["keys"], search=False, calls_a_minute=0)
"""Nothing but its keys keeps it from a second document: the kind that has keys can be searched as well."""
CLASSES: Final = tuple(sorted(PROFILES))


@dataclass(frozen=True, slots=True)
class Stock:
    """What waits to be delivered: the deliveries of each kind of run, and the customer who stands there already."""

    delivering: Delivering
    runs: Mapping[str, list[UUID]]
    stands_there: dict[str, Any]


def stock_of(database: Database, profile: str) -> Stock:
    """In an empty database, a connection to a package of this kind and everything that can be delivered to it."""
    receipts = PROFILES[profile].push is not Push.NO
    delivering = Delivering.founded(database, profile, pushes_receipts=receipts)
    first, plain, credited, paid = (delivering.invoice("known", amount=Decimal("25.07")) for _ in range(4))
    _deliver_only(delivering, [delivering.delivery(_customer_of(delivering, first)).id])
    [stands_there] = delivering.books.control.books()["customers"]
    to_new = delivering.invoice("new", amount=Decimal("310.55"))
    credit = delivering.credit(credited)
    receipt = _receive(delivering, paid) if receipts else None
    _move(delivering, _customer_of(delivering, first))
    for invoice_id in (plain, credited, paid, to_new, credit):
        pdf_of(delivering.scope, delivering.scope, invoice_id)
    subjects = {
        "invoice": [plain],
        "customer": [_customer_of(delivering, to_new), to_new],
        "change": [_customer_of(delivering, first)],
        "credit": [credited, credit],
        "receipt": [paid, receipt] if receipt else [],
    }
    _deliver_only(delivering, [])
    runs = {kind: [delivering.delivery(one).id for one in ids] for kind, ids in subjects.items() if ids}
    return Stock(delivering, runs, {name: value for name, value in stands_there.items() if name != "id"})


def _customer_of(delivering: Delivering, invoice_id: UUID) -> UUID:
    with delivering.database.read() as session:
        return session.scalars(select(Invoice.customer_id).where(Invoice.id == invoice_id)).one()


def _deliver_only(delivering: Delivering, deliveries: list[UUID]) -> None:
    with delivering.scope() as scope:
        scope.session.execute(update(OutboxRow).values(state="done", done_at=scope.now))
        dispatch.ask(scope, deliveries)
    delivering.drain()


def _receive(delivering: Delivering, invoice_id: UUID) -> UUID:
    with delivering.scope() as scope:
        row = scope.session.get_one(Invoice, (delivering.administration_id, invoice_id))
        wish = {"customer_id": row.customer_id, "amount": row.gross, "received_on": delivering.now.date()}
        receipt = receivables.record_receipt(scope, wish)
        return receivables.allocate(scope, {"receipt_id": receipt.id, "invoice_id": row.id}).id


def _move(delivering: Delivering, customer_id: UUID) -> None:
    with delivering.scope() as scope:
        customers.change(scope, customers.get(scope, customer_id), {"city": "Zutphen"})


# --- copies ---------------------------------------------------------------------------------------------------------


class Copies(Protocol):
    """A database that can be put back as it was when this was made."""

    def again(self) -> None: ...


class SqliteCopies:
    """A copy of the file. Its writes need not reach the disk: processes are killed here, computers are not."""

    def __init__(self, database: Database) -> None:
        self._database, self._path = database, Path(database.engine.url.database or "")
        self._saved = self._path.with_suffix(".saved")
        with database.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        shutil.copy(self._path, self._saved)
        event.listen(database.engine, "connect", _hurry)

    def again(self) -> None:
        self._database.close()
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
        shutil.copy(self._saved, self._path)


def _hurry(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")


class PostgresCopies:
    """A second database as template."""

    def __init__(self, database: Database) -> None:
        self._database, self._name = database, str(database.engine.url.database)
        self._saved = f"{self._name}_saved"
        database.close()
        _on_server(f'CREATE DATABASE "{self._saved}" TEMPLATE "{self._name}"')

    def again(self) -> None:
        self._database.close()
        _on_server(f'DROP DATABASE "{self._name}"', f'CREATE DATABASE "{self._name}" TEMPLATE "{self._saved}"')


def _on_server(*commands: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as server:
        for command in commands:
            server.execute(command)


@contextmanager
def copy_on_postgresql(template: str) -> Iterator[Database]:
    """A database of its own, as empty as the one at this address, for as long as it takes."""
    name = f"{make_url(template).database}_copy"
    _on_server(f'CREATE DATABASE "{name}" TEMPLATE "{make_url(template).database}"')
    database = Database(make_url(template).set(database=name).render_as_string(hide_password=False))
    try:
        yield database
    finally:
        database.close()
        _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        _on_server(f'DROP DATABASE IF EXISTS "{name}_saved" WITH (FORCE)')
