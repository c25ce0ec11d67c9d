"""A PDF of an issued invoice of five lines with QR code and embedded font: drawn and stored."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

import pymupdf_fonts
import segno
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from bench import places
from bench.measure import Figure, Goal, Measurement, Setting, in_turns, per_processor_second, per_second, profiled
from bench.released import release_invoices
from bench.world import INVOICE_LINES, open_office
from billing_service.core.document import Address, Buyer, InvoiceDocument, Seller, compose, issue, make_line
from billing_service.core.references import epc_payload
from billing_service.documents.pdf import lay_out, render
from billing_service.documents.pdf.marks import PAGE_HEIGHT, PAGE_WIDTH, Text
from billing_service.invoicing import issue_batch, render_pdf
from billing_service.invoicing.pdf import OpenScope
from billing_service.store.scope import Scope
from billing_service.store.session import Database

GOAL = Goal("at_least", 100)
GOAL_FIRST = Goal("at_most", 150)
_FACES = {"bench-regular": "notos", "bench-bold": "notosbo"}
_FIRST = """
import time
from bench.rows.pdf import example
from billing_service.documents.pdf import render
document = example()
start = time.perf_counter()
render(document)
print((time.perf_counter() - start) * 1000)
"""


def measure(setting: Setting) -> Iterator[Measurement]:
    """Documents per second on one core, and the first one of a process."""
    yield _drawn(setting)
    for kind in setting.databases:
        with places.database(setting, kind) as database:
            yield _stored(setting, kind, database)
    first = Figure(tuple(_first_milliseconds() for _ in range(setting.repetitions)))
    yield Measurement("pdf", "first PDF of a process", "ms", first, GOAL_FIRST, notes=("imports not counted",))


def _drawn(setting: Setting) -> Measurement:
    documents = [replace(example(), number=f"2026{number:06}") for number in range(setting.size(100))]
    count = len(documents)
    found = in_turns(
        setting,
        {
            "ours": lambda: per_processor_second(count, lambda: [render(one) for one in documents]),
            "floor": lambda: per_processor_second(count, lambda: [_plain_canvas(one) for one in documents]),
        },
    )
    with profiled(setting, "pdf"):
        for one in documents:
            render(one)
    return Measurement(
        "pdf",
        "PDF drawn, per second of one core",
        "/s",
        found["ours"],
        GOAL,
        found["floor"],
        "the same texts and QR code with reportlab's own drawString, rect and TTFont",
        (f"{len(render(documents[0])) / 1024:.0f} KiB each",),
    )


def _stored(setting: Setting, kind: str, database: Database) -> Measurement:
    """What the worker does: read the frozen value, draw it, store it, commit; one process."""
    office = open_office(database, customers=setting.size(60))

    @contextmanager
    def open_scope() -> Iterator[Scope]:
        with database.write() as session:
            yield office.scope(session)

    def ours() -> float:
        ids = release_invoices(database, office)
        with open_scope() as scope:
            issue_batch(scope, ids)
        return per_second(len(ids), lambda: _render_all(open_scope, ids))

    found = in_turns(setting, {"ours": ours})
    return Measurement("pdf", f"PDF drawn and stored, {kind}", "/s", found["ours"], GOAL)


def _render_all(open_scope: OpenScope, ids: Sequence[UUID]) -> None:
    for one in ids:
        render_pdf(open_scope, one)


def example() -> InvoiceDocument:
    """An issued invoice of five lines."""
    seller = Seller(
        legal_name="Helpdesk Zuiderhaven B.V.",
        trade_name="Zuiderhaven",
        address=Address("Maaskade 118", "3071 ND", "Rotterdam"),
        kvk_number="24361917",
        vat_number="NL853746333B01",
        iban="NL91ABNA0417164300",
        bic="ABNANL2A",
        email="administratie@zuiderhaven.example",
    )
    buyer = Buyer("Stichting Waterlandmuseum", Address("Noordeinde 7", "1141 AM", "Monnickendam"), "10042")
    lines = [
        make_line(
            number,
            f"Ondersteuning bij de ledenadministratie {number}",
            detail=f"Vraag V-{1030 + number} · S. de Boer · {number} november 2026",
            minutes=50,
            unit_price=Decimal("95.00"),
            vat_category="S",
            vat_rate=Decimal("21.00"),
        )
        for number in range(1, INVOICE_LINES + 1)
    ]
    released = compose(
        language="nl",
        series="F",
        currency="EUR",
        seller=seller,
        buyer=buyer,
        supply_from=date(2026, 11, 1),
        supply_to=date(2026, 11, 30),
        lines=lines,
        terms_days=30,
        contract_reference="C-2025-014",
        contract_description="Onderhoud ledenadministratie",
    )
    return issue(released, "2026000042", date(2026, 11, 21))


def _first_milliseconds() -> float:
    done = subprocess.run([sys.executable, "-c", _FIRST], check=True, capture_output=True, text=True)
    return float(done.stdout)


def _plain_canvas(document: InvoiceDocument) -> bytes:
    """What a straightforward reportlab program would do with the texts of our first page."""
    for name, packaged in _FACES.items():
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(name, io.BytesIO(pymupdf_fonts.myfont(packaged))))
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(PAGE_WIDTH, PAGE_HEIGHT), invariant=1, pageCompression=1)
    for mark in lay_out(document)[0]:
        if isinstance(mark, Text):
            canvas.setFont("bench-bold" if "Bold" in mark.style.font else "bench-regular", mark.style.size)
            canvas.drawString(mark.x, PAGE_HEIGHT - mark.y, mark.text)
    _plain_code(canvas, document)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def _plain_code(canvas: Canvas, document: InvoiceDocument) -> None:
    payload = epc_payload(
        name=document.seller.legal_name,
        iban=document.payment.iban or "",
        bic=document.payment.bic,
        amount=document.totals.payable,
        reference=document.payment.reference or "",
    )
    for y, modules in enumerate(segno.make_qr(payload, error="M", boost_error=False, mask=3).matrix):
        for x, dark in enumerate(modules):
            if dark:
                canvas.rect(100 + 2 * x, 100 + 2 * y, 2, 2, stroke=0, fill=1)
