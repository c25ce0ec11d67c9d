"""A month-end on two web servers and two workers, all real processes on PostgreSQL, while one of each is killed in the
middle of its work: nothing is there twice, no number is missing, nothing that was accepted is lost."""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, text

from billing_service import access
from billing_service.store.charges import Charge
from billing_service.store.findings import Finding
from billing_service.store.invoices import Invoice, InvoicePdf
from billing_service.store.parties import Contract
from billing_service.store.questions import Question
from billing_service.store.scope import AMSTERDAM
from billing_service.store.session import Database
from billing_service.store.work import Job, OutboxRow
from tests import builders
from tests.helpdesk import TARIFF
from tests.invoicing.checks import broken_promises
from tests.operate.site import Client, Process, Site, site, until

CONTRACTS = 200
ONE_BY_ONE, IN_BULK, MANUAL = 150, 300, 40
PRICE, MANUAL_PRICE = Decimal("25.00"), Decimal("7.50")
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.fixture
def administration(postgresql_database: Database) -> UUID:
    with postgresql_database.write() as session:
        ours = builders.administration(session)
        tariff = builders.tariff(session, ours, TARIFF)
        for at in range(CONTRACTS):
            customer = builders.customer(session, ours, f"1{at:04d}")
            organisation = builders.organisation(session, ours, f"o-{at}")
            builders.contract(session, ours, customer, tariff, reference=f"C-{at}", organisations=(organisation,))
    return ours


@pytest.fixture
def running(postgresql_database: Database, tmp_path: Path) -> Iterator[Site]:
    pace = {"BILLING_LEASE_SECONDS": "1.5", "BILLING_POLL_SECONDS": "0.2", "BILLING_CLAIM_BATCH": "5"}
    with site(postgresql_database.url, tmp_path / "site", **pace, BILLING_WEB_WORKERS="1") as made:
        for _ in range(2):
            made.add_worker()
        for _ in range(2):
            made.add_web()
        yield made


def question(name: str, at: int) -> dict[str, Any]:
    return {
        "source": "desk",
        "external_id": f"{name}-{at}",
        "subject": "Leden importeren",
        "category": "import",
        "organisation": f"o-{at % CONTRACTS}",
        "opened_at": YESTERDAY.isoformat(),
        "closed_at": YESTERDAY.isoformat(),
    }


def manual_charge(contract_id: UUID, at: int) -> dict[str, Any]:
    return {
        "contract_id": str(contract_id),
        "date": YESTERDAY.astimezone(AMSTERDAM).date().isoformat(),
        "description": {"nl": f"Post {at}", "en": f"Charge {at}"},
        "vat_class": "standard",
        "amount": {"amount": str(MANUAL_PRICE), "currency": "EUR"},
    }


def test_a_month_end_while_one_of_each_is_killed(
    postgresql_database: Database, administration: UUID, running: Site
) -> None:
    database = postgresql_database
    with database.write() as session:
        _, key = access.create_key(builders.scope(session, administration), "helpdesk", access.SCOPES)
        contracts = list(session.scalars(select(Contract.id)))
    client = running.client(key)
    accepted = Intake(client, contracts)

    # Questions come in all the time, one by one and as a file; meanwhile a web server dies.
    with ThreadPoolExecutor(4) as senders:
        sending = [senders.submit(accepted.send, at) for at in accepted.order]
        rows = "\n".join(json.dumps(question("bulk", at)) for at in range(IN_BULK)).encode()
        importing = client.post("/v1/questions/bulk", rows, kind="application/x-ndjson")
        until(lambda: len(accepted) > 20, "the first questions")
        port, victim = next(iter(running.webs.items()))
        victim.kill()
        assert client.finished(importing)["result"]["taken"] == IN_BULK
        victim.start()

        # The run of the month: the worker that releases dies in the middle, and so does the one that renders.
        today = datetime.now(AMSTERDAM).date().isoformat()
        release = client.post("/v1/billing-runs", {"until": today})
        until(lambda: client.get(f"/v1/jobs/{release['id']}")["done"] > 10, "the first releases")
        first = killed_at_work(running, database, "contracts|charges|invoices")
        assert client.finished(release)["state"] == "done"
        first.start()
        issue = client.post(f"/v1/billing-runs/{release['subject_id']}/issue", {})
        until(lambda: count(database, InvoicePdf) > 10, "the first PDFs")
        second = killed_at_work(running, database, "invoice_pdfs")
        assert client.finished(issue)["state"] == "done"
        second.start()
        for one in sending:
            one.result()
    running.wait_for_web(port)

    # What came in after the release is billed too, so that in the end everything stands on an invoice.
    release = client.finished(client.post("/v1/billing-runs", {"until": today}))
    issue = client.finished(client.post(f"/v1/billing-runs/{release['subject_id']}/issue", {}))
    assert (release["state"], issue["state"]) == ("done", "done")
    until(lambda: not open_work(database), "the end of all work")

    nothing_doubled_or_lost(database, administration, accepted)
    every_invoice_has_its_pdf(database, client)
    with database.read() as session:
        assert Counter(session.scalars(select(Job.state))) == {"done": 5}
        assert set(session.scalars(select(OutboxRow.state))) == {"done"}
        assert session.scalars(select(Finding.code)).all() == []
        again = session.scalars(select(OutboxRow.kind).where(OutboxRow.attempts > 1)).all()
    assert {"job", "render_pdf"} <= set(again), "both killed workers were at work, and others went on"


class Intake:
    """Questions and manual charges sent one by one, and those that were answered with 2xx."""

    def __init__(self, client: Client, contracts: list[UUID]) -> None:
        self._client, self._contracts = client, contracts
        self._lock = threading.Lock()
        self.questions: set[str] = set()
        self.charges: set[str] = set()
        self.order = list(range(ONE_BY_ONE + MANUAL))
        random.Random(1).shuffle(self.order)  # noqa: S311 any order

    def __len__(self) -> int:
        return len(self.questions) + len(self.charges)

    def send(self, at: int) -> None:
        if at < ONE_BY_ONE:
            made = self._client.post("/v1/questions", question("single", at))
        else:
            made = self._client.post("/v1/charges", manual_charge(self._contracts[at % CONTRACTS], at))
        with self._lock:
            (self.questions if at < ONE_BY_ONE else self.charges).add(made["id"])


def killed_at_work(running: Site, database: Database, tables: str) -> Process:
    """Kill -9 the worker whose transaction is open on a statement about these tables."""

    def caught() -> Process | None:
        with database.engine.connect() as connection:
            name = connection.scalar(
                text(
                    "SELECT application_name FROM pg_stat_activity WHERE application_name LIKE 'worker-%'"
                    " AND datname = current_database() AND xact_start IS NOT NULL AND query ~* :statement"
                ),
                {"statement": tables},
            )
        return running.workers[name] if name else None

    process = until(caught, f"a worker at {tables}")
    process.kill()
    return process


def count(database: Database, model: Any) -> int:
    with database.read() as session:
        return session.execute(select(func.count()).select_from(model)).scalar_one()


def open_work(database: Database) -> bool:
    with database.read() as session:
        return (
            session.scalar(select(OutboxRow.id).where(OutboxRow.state.in_(("ready", "running"))).limit(1)) is not None
        )


def nothing_doubled_or_lost(database: Database, administration: UUID, accepted: Intake) -> None:
    assert broken_promises(database, administration) == []
    with database.read() as session:
        questions = Counter(session.scalars(select(Question.external_id)))
        assert set(questions.values()) == {1}
        assert len(questions) == ONE_BY_ONE + IN_BULK
        single = select(Question.id).where(Question.external_id.startswith("single"))
        assert {str(found) for found in session.scalars(single)} == accepted.questions
        manual = select(Charge.id).where(Charge.source == "manual")
        assert {str(found) for found in session.scalars(manual)} == accepted.charges
        assert set(session.scalars(select(Charge.state))) == {"invoiced"}
        billed = session.scalars(select(Invoice.net).where(Invoice.state == "issued")).all()
    assert sum(billed) == (ONE_BY_ONE + IN_BULK) * PRICE + MANUAL * MANUAL_PRICE


def every_invoice_has_its_pdf(database: Database, client: Client) -> None:
    with database.read() as session:
        issued = set(session.scalars(select(Invoice.id).where(Invoice.state == "issued")))
        assert set(session.scalars(select(InvoicePdf.invoice_id))) == issued
    status, headers, content = client.send("GET", f"/v1/invoices/{min(issued)}/pdf")
    assert (status, headers["Content-Type"], content[:5]) == (200, "application/pdf", b"%PDF-")
