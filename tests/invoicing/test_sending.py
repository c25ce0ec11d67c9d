"""Who gets which document, and files to print of at most 50 documents each."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from billing_service import invoicing, job_files, jobs
from billing_service.invoicing.pdf_files import write_pdf_files
from billing_service.invoicing.recipients import PRINTING_ORDER, recipients_csv, selected
from billing_service.store.invoices import InvoicePdf
from billing_service.store.parties import Customer
from billing_service.store.session import Database
from tests.invoicing.world import World


@pytest.fixture
def world(database: Database) -> World:
    return World.founded(database)


def month(world: World) -> Any:
    """One by e-mail to the customer, one to a recipient of the contract, one without address; released as a run."""
    world.agree("C-1", customer={"email": "geld@linde.example"})
    world.agree("C-2", customer={"email": None}, recipient_name="=Penningmeester", recipient_email="p@eik.example")
    world.agree("C-3", customer={"email": None, "country": "BE", "name": "Vereniging De Beuk"})
    for reference in world.contracts:
        world.charge(reference)
    return world.release()


def listed(world: World, **wanted: Any) -> list[tuple[str, str, str | None]]:
    with world.reading() as scope:
        rows = scope.session.execute(selected(scope, wanted).order_by(*PRINTING_ORDER)).all()
        told = invoicing.describe_recipients(rows)
    return [(one["contract"], one["channel"], one["email"]) for one in told]


def test_a_run_tells_what_goes_by_email_to_whom_and_what_by_post(world: World) -> None:
    run = month(world)
    everything = [
        ("C-1", "email", "geld@linde.example"),
        ("C-2", "email", "p@eik.example"),
        ("C-3", "post", None),
    ]
    assert sorted(listed(world, billing_run_id=run)) == everything
    assert listed(world, billing_run_id=run, state="issued") == []
    world.issue(run)
    assert listed(world, billing_run_id=run, state="issued") == everything
    assert listed(world, channel="post") == everything[2:]
    assert listed(world, channel="email") == everything[:2]
    assert listed(world, issued_from=date(2026, 4, 1)) == []
    assert listed(world, issued_from=date(2026, 3, 1), issued_until=date(2026, 3, 31), channel="post") == everything[2:]


def test_the_post_list_prints_the_address_that_is_on_the_document(world: World) -> None:
    run = month(world)
    world.issue(run)
    with world.scope() as scope:
        scope.session.get_one(Customer, (world.administration_id, world.contracts["C-3"][1])).street = "Nieuwe Weg 9"
    with world.reading() as scope:
        text = b"".join(recipients_csv(scope, {"billing_run_id": run}, "nl", "comma")).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text), delimiter=";"))
    assert [(row["Nummer"], row["Verzending"], row["Geadresseerde"]) for row in rows] == [
        ("2026-00001", "e-mail", rows[0]["Naam"]),
        ("2026-00002", "e-mail", "'=Penningmeester"),
        ("2026-00003", "post", "Vereniging De Beuk"),
    ]
    assert (rows[2]["Straat"], rows[2]["Land"]) == ("Dorpsstraat 1", "België")


def test_a_withdrawn_document_goes_nowhere(world: World) -> None:
    run = month(world)
    with world.scope() as scope:
        invoicing.withdraw_run(scope, run)
    assert listed(world) == []


def issue_many(world: World, many: int) -> Any:
    for at in range(many):
        world.agree(f"C-{at:03d}")
        world.charge(f"C-{at:03d}", unit_price=Decimal(at + 1))
    run = world.release()
    world.issue(run)
    return run


def test_120_invoices_are_three_files_in_order_of_number_with_the_pages_as_stored(world: World) -> None:
    run = issue_many(world, 120)
    with world.scope() as scope:
        job_id = invoicing.start_pdf_files(scope, {"billing_run_id": run}).id
    result = world.run_job(job_id)
    assert [(one["name"], one["documents"], one["first"], one["last"]) for one in result["files"]] == [
        ("invoices-001.pdf", 50, "2026-00001", "2026-00050"),
        ("invoices-002.pdf", 50, "2026-00051", "2026-00100"),
        ("invoices-003.pdf", 20, "2026-00101", "2026-00120"),
    ]
    assert result["documents"] == 120
    with world.reading() as scope:
        content = b"".join(job_files.content(scope, job_id, "invoices-003.pdf"))
        stored = scope.session.scalars(
            select(InvoicePdf.content).where(InvoicePdf.invoice_id == world.invoices()[119].id)
        ).one()
        job = jobs.get(scope, job_id)
        assert (job.done, job.total) == (120, 120)
    bundled, alone = PdfReader(io.BytesIO(content)), PdfReader(io.BytesIO(stored))
    assert len(bundled.pages) == result["files"][2]["pages"]
    last, own = bundled.pages[-1], alone.pages[-1]
    assert last.get_contents().get_data() == own.get_contents().get_data()
    assert "2026-00120" in last.extract_text()
    assert [item.title for item in bundled.outline][-1] == "Factuur 2026-00120 Stichting Ledenhulp"


def test_a_second_attempt_of_the_job_replaces_what_the_first_left(world: World) -> None:
    run = issue_many(world, 3)
    with world.scope() as scope:
        job = invoicing.start_pdf_files(scope, {"billing_run_id": run})
        job_id = job.id
    first = world.run_job(job_id)
    with world.scope() as scope:
        jobs.get(scope, job_id).state = "queued"
    again = world.run_job(job_id)
    assert [one["name"] for one in again["files"]] == ["invoices-001.pdf"]
    assert again["files"][0]["sha256"] == first["files"][0]["sha256"]


def test_nothing_to_print_makes_no_file(world: World) -> None:
    month(world)
    with world.scope() as scope:
        job_id = invoicing.start_pdf_files(scope, {"channel": "post"}).id
    assert world.run_job(job_id) == {"documents": 0, "files": []}


def test_numbers_come_in_the_order_of_their_series_not_of_issue(world: World, tmp_path: Path) -> None:
    issue_many(world, 2)
    world.now = datetime(2026, 4, 2, 10, tzinfo=UTC)
    world.charge("C-000", disposition="included", minutes=30, date=date(2026, 4, 1))
    world.charge("C-001", date=date(2026, 4, 1))
    world.issue(world.release(date(2026, 4, 30)))
    with world.reading() as scope:
        chosen = invoicing.chosen_documents(scope, {})
    (made,) = list(write_pdf_files(world.reading, world.scope, chosen, tmp_path))
    assert [invoice.number for invoice in world.invoices()] == [None, "2026-00001", "2026-00002", "2026-00003"]
    assert made[1]["first"] == "2026-00001"
    assert made[1]["last"] is None
