"""Real worker processes, and the package as a process of its own."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select

from billing_service import invoicing
from billing_service.store.deliveries import Delivery
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from billing_service.store.work import OutboxRow
from connectors.fake.wire import Manner, Trouble
from tests import builders
from tests.connections.fakes import SECRET_KEY, active_connection
from tests.delivery.packages import FakeServer, fake_server
from tests.invoicing.world import released_invoice
from tests.operate.site import Site, site, until

PROMISED_SECONDS = 10


@pytest.fixture
def package() -> Iterator[FakeServer]:
    with fake_server() as server:
        yield server


@pytest.fixture
def running(database: Database, tmp_path: Path) -> Iterator[Site]:
    pace = {"BILLING_LEASE_SECONDS": "1.5", "BILLING_POLL_SECONDS": "0.2"}
    with site(database.url, tmp_path / "site", **pace, BILLING_SECRET_KEYS=SECRET_KEY) as made:
        yield made


def released(database: Database, base_url: str) -> tuple[UUID, UUID]:
    """The administration, connected to the package at this address, and a released invoice."""
    with database.write() as session:
        ours = builders.administration(session)
        active_connection(session, ours, base_url=base_url)
        tariff = builders.tariff(session, ours, {"name": "Tarief", "rules": []})
        customer = builders.customer(session, ours)
        contract = builders.contract(session, ours, customer, tariff)
        return ours, released_invoice(session, ours, contract, customer)


def test_an_issued_invoice_stands_in_the_package_seconds_later(
    database: Database, running: Site, package: FakeServer
) -> None:
    ours, invoice = released(database, package.url)
    running.add_worker()
    until(lambda: running.events("worker.started"), "the worker")
    with database.write() as session:
        invoicing.issue_invoice(Scope(session, ours, "test", datetime.now(UTC)), invoice)
    issued = time.monotonic()

    until(lambda: state_of(database, invoice) == "delivered", "the delivery")
    assert time.monotonic() - issued < 30
    books = package.control.books()
    [there] = books["documents"]
    assert (there["state"], there["total"], len(there["attachments"])) == ("booked", "15.13", 1)
    assert [one["name"] for one in books["customers"]] == ["Vereniging 10001"]


def test_of_two_workers_the_one_that_calls_is_killed(
    postgresql_database: Database, package: FakeServer, tmp_path: Path
) -> None:
    pace = {"BILLING_LEASE_SECONDS": "2", "BILLING_POLL_SECONDS": "0.2", "BILLING_CALL_SECONDS": "4"}
    with site(postgresql_database.url, tmp_path / "site", **pace, BILLING_SECRET_KEYS=SECRET_KEY) as running:
        ours, invoice = released(postgresql_database, package.url)
        calling, other = running.workers[running.add_worker()], running.workers[running.add_worker()]
        until(lambda: len(running.events("worker.started")) == 2, "both workers")
        package.control.trouble(Trouble("POST /v1/documents", manner=Manner.SILENCE))  # it books, and says nothing
        other.signal(signal.SIGSTOP)
        with postgresql_database.write() as session:
            invoicing.issue_invoice(Scope(session, ours, "test", datetime.now(UTC)), invoice)
        until(lambda: package.control.books()["documents"], "the document, of which the worker knows nothing yet")
        held = claim_of(postgresql_database, invoice)
        calling.kill()
        other.signal(signal.SIGCONT)
        killed = time.monotonic()
        until(lambda: claim_of(postgresql_database, invoice) != held, "another claim")
        assert time.monotonic() - killed <= PROMISED_SECONDS
        assert held[0] == "running"
        until(lambda: state_of(postgresql_database, invoice) == "delivered", "the delivery")
    [there] = package.control.books()["documents"]
    assert (there["state"], len(there["attachments"])) == ("booked", 1)


def claim_of(database: Database, invoice: UUID) -> tuple[str, UUID | None]:
    """Of the work on its delivery: its state and who holds it."""
    with database.read() as session:
        mine = select(Delivery.id).where(Delivery.subject_id == invoice).scalar_subquery()
        row = session.scalars(select(OutboxRow).where(OutboxRow.subject_id == mine)).one()
        return row.state, row.lease_token


def state_of(database: Database, invoice: UUID) -> str:
    with database.read() as session:
        return session.scalars(select(Delivery.state).where(Delivery.subject_id == invoice)).one()
