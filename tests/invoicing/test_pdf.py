"""The PDF of an issued document: rendered once, stored, the same for whoever asks."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from pypdf import PdfReader
from sqlalchemy import func, select

from billing_service import invoicing
from billing_service.core.document import DocumentKind, InvoiceDocument, issue, make_line
from billing_service.documents.pdf import render
from billing_service.invoicing import pdf
from billing_service.store.invoices import InvoicePdf
from billing_service.store.session import Database
from tests.documents.examples import issued, released
from tests.invoicing.world import World


def text_of(content: bytes) -> str:
    return " ".join(PdfReader(io.BytesIO(content)).pages[0].extract_text().split())


def stored(world: World) -> int:
    with world.reading() as scope:
        return scope.session.scalars(select(func.count()).select_from(InvoicePdf)).one()


def test_the_worker_renders_once_and_the_first_download_needs_no_worker(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World.founded(database)
    world.agree()
    world.charge()
    world.issue(world.release())
    (invoice,) = world.invoices()
    first = invoicing.pdf_of(world.reading, world.scope, invoice.id)
    assert stored(world) == 1
    assert "2026-00001" in text_of(first.content)
    assert invoice.payment_reference is not None
    assert invoice.payment_reference in text_of(first.content).replace(" ", "")

    def draw_again(_: object) -> bytes:
        raise AssertionError("what is stored is not drawn again")

    monkeypatch.setattr(pdf, "render", draw_again)
    invoicing.render_pdf(world.scope, invoice.id)
    assert invoicing.pdf_of(world.reading, world.scope, invoice.id) == first
    assert stored(world) == 1


def test_of_two_that_draw_at_once_one_is_stored(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    world = World.founded(database)
    world.agree()
    world.charge()
    world.issue(world.release())
    (invoice,) = world.invoices()

    def draw_while_another_does_too(document: InvoiceDocument) -> bytes:
        monkeypatch.setattr(pdf, "render", render)
        invoicing.render_pdf(world.scope, invoice.id)
        return render(document)

    monkeypatch.setattr(pdf, "render", draw_while_another_does_too)
    slow = invoicing.pdf_of(world.reading, world.scope, invoice.id)
    assert stored(world) == 1
    assert invoicing.pdf_of(world.reading, world.scope, invoice.id) == slow


def test_a_zero_statement_says_that_it_is_no_invoice() -> None:
    nothing = [make_line(1, "Hulp", vat_category="S", vat_rate=Decimal("21.00"), minutes=20, included=True)]
    statement = issue(released(nothing, kind=DocumentKind.ZERO_STATEMENT), None, date(2026, 11, 21))
    text = text_of(render(statement))
    assert "NULOVERZICHT" in text
    assert "21 november 2026" in text
    assert "Dit overzicht is geen factuur" in text
    assert "concept" not in text
    assert "Factuurnummer" not in text


@pytest.mark.parametrize(
    ("seller", "name"),
    [
        ("Stichting Ledenhulp", "Factuur 20260042 Stichting Ledenhulp.pdf"),
        ('a/b\\c:"d"*?<e>|f', "Factuur 20260042 a-b-c-d-e-f.pdf"),
        ("Vereniging\x00\n\u202egnp.exe", "Factuur 20260042 Vereniging-gnp.exe.pdf"),
        ("x" * 300, f"Factuur 20260042 {'x' * 103}.pdf"),
        ("Zorg B.V.", "Factuur 20260042 Zorg B.V.pdf"),
    ],
)
def test_a_file_name_is_safe_everywhere(seller: str, name: str) -> None:
    document = issued()
    document = replace(document, seller=replace(document.seller, trade_name=seller))
    assert pdf.file_name(document) == name
