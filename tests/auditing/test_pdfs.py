"""Stored PDFs are held against the hash that was stored with them: whoever changes a byte is found."""

from __future__ import annotations

import hashlib
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from billing_service import invoicing, jobs
from billing_service.auditing import completeness, pdfs
from billing_service.auditing.pdfs import VerifiedPdfs, VerifyingPdfs
from billing_service.auditing.verifying import start_verification
from billing_service.documents.pdf import render_completeness
from billing_service.store.invoices import InvoicePdf
from billing_service.store.session import Database
from tests.auditing.test_completeness import billing, breaks, proven, report, tamper
from tests.documents.reading import read
from tests.invoicing.test_series import issue, released
from tests.invoicing.world import World


@pytest.fixture
def world(database: Database, monkeypatch: pytest.MonkeyPatch) -> World:
    """Five issued invoices with stored PDFs, two of them read at a time."""
    monkeypatch.setattr(completeness, "PAGE", 2)
    monkeypatch.setattr(pdfs, "PAGE", 2)
    world = World.founded(database)
    for _ in range(5):
        issue(world, released(world))
    for row in world.invoices("issued"):
        invoicing.render_pdf(world.scope, row.id)
    return world


def verify(world: World) -> VerifiedPdfs:
    verifying = VerifyingPdfs(world.administration_id)
    more = True
    while more:
        with world.reading() as scope:
            more = verifying.step(scope.session)
    assert verifying.done == verifying.total
    return verifying.result()


def change(world: World, *numbers: str, **values: Any) -> None:
    """Past the guards: other bytes under the old hash, unless said otherwise."""
    for number in numbers:
        (row,) = (row for row in world.invoices("issued") if row.number == number)
        here = update(InvoicePdf).where(InvoicePdf.invoice_id == row.id)
        tamper(world, here.values(**(values or {"content": b"%PDF-1.4 other"})))


def test_pdfs_that_nobody_touched_are_sound(world: World) -> None:
    assert verify(world) == VerifiedPdfs(5, 0, None)
    assert (proven(world).pdfs, proven(world).breaks) == (5, 0)


def test_the_first_pdf_whose_bytes_differ_is_named(world: World) -> None:
    change(world, "2026-00004", "2026-00002")
    found = verify(world)
    assert (found.pdfs, found.changed) == (5, 2)
    assert found.first is not None
    assert found.first.number == "2026-00002"
    assert found.first.found == hashlib.sha256(b"%PDF-1.4 other").hexdigest() != found.first.expected
    assert breaks(world) == [("pdf_changed", "2026-00002"), ("pdf_changed", "2026-00004")]


def test_a_changed_hash_is_found_as_well(world: World) -> None:
    change(world, "2026-00005", sha256="ab" * 32)
    found = verify(world).first
    assert found is not None
    assert (found.number, found.expected) == ("2026-00005", "ab" * 32)


def test_a_pdf_that_is_not_stored_is_no_break_it_can_be_made_again(world: World) -> None:
    tamper(world, text("DELETE FROM invoice_pdfs"))
    assert verify(world) == VerifiedPdfs(0, 0, None)
    assert (proven(world).pdfs, proven(world).breaks) == (0, 0)


def test_another_administrations_pdfs_are_its_own(world: World) -> None:
    other = World.founded(world.database)
    change(world, "2026-00001")
    assert verify(other) == VerifiedPdfs(0, 0, None)


def test_the_job_tells_it(world: World) -> None:
    def result() -> dict[str, Any]:
        with world.scope() as scope:
            job_id = start_verification(scope).id
        jobs.run(world.scope, job_id)
        with world.scope() as scope:
            job = jobs.get(scope, job_id)
            assert job.done == job.total
            return dict(job.result or {})

    before = result()
    assert (before["sound"], before["pdfs"], before["first_changed_pdf"]) == (True, 5, None)
    change(world, "2026-00003")
    after = result()
    assert (after["sound"], after["broken_links"], after["changed_pdfs"]) == (False, 0, 1)
    assert after["first_changed_pdf"]["number"] == "2026-00003"


def test_the_command_names_it_and_ends_with_1(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BILLING_DATA_DIR", str(tmp_path))
    sound = billing(world, "audit", "verify")
    assert sound.exit_code == 0, sound.output
    assert "Stichting Ledenhulp: 5 stored PDFs verified\n" in sound.output
    change(world, "2026-00003", "2026-00005")
    done = billing(world, "audit", "verify")
    assert done.exit_code == 1
    assert "BROKEN: the PDF of 2026-00003: its SHA-256 is " in done.output
    assert "2 PDFs differ in all." in done.output
    told = billing(world, "audit", "series-report")
    assert told.exit_code == 1
    assert "BROKEN in invoices, 2026-00003: The stored PDF is no longer, byte by byte," in told.output


def test_the_report_on_paper_tells_it_in_both_languages(world: World) -> None:
    change(world, "2026-00003")
    found = report(world, "invoices")
    for language, counted, broken in (
        ("nl", "Van 5 bewaarde pdf's is elke byte vergeleken", "De bewaarde pdf is niet meer byte voor byte"),
        ("en", "Of 5 stored PDFs every byte was held against", "The stored PDF is no longer, byte by byte"),
    ):
        said = " ".join(" ".join(page.text for page in read(render_completeness(found, language))).split())
        assert counted in said
        assert broken in said


def test_memory_does_not_grow_with_the_number_of_pdfs(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdfs, "PAGE", 500)
    monkeypatch.setattr(pdfs, "_HELD", 1)
    for number in ("2026-00001", "2026-00002", "2026-00003", "2026-00004", "2026-00005"):
        large = number.encode() * 200_000  # 2 MB each
        change(world, number, content=large, sha256=hashlib.sha256(large).hexdigest())
    tracemalloc.start()
    try:
        assert verify(world).changed == 0
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8_000_000, "five PDFs of 2 MB, one or two at a time"
