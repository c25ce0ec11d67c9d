"""A seller, a buyer and documents to draw: plausible, Dutch, made up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from billing_service.core.document import (
    Address,
    AnnexEntry,
    Buyer,
    InvoiceDocument,
    Line,
    Seller,
    compose,
    issue,
    make_line,
)

ISSUED_ON = date(2026, 11, 21)
NUMBER = "20260042"

SELLER = Seller(
    legal_name="Helpdesk Zuiderhaven B.V.",
    trade_name="Zuiderhaven",
    address=Address("Maaskade 118", "3071 ND", "Rotterdam"),
    kvk_number="24361917",
    vat_number="NL853746333B01",
    iban="NL91ABNA0417164300",
    bic="ABNANL2A",
    email="administratie@zuiderhaven.example",
    phone="010 555 01 18",
    website="www.zuiderhaven.example",
)
BUYER = Buyer(
    name="Stichting Waterlandmuseum",
    attention="Crediteurenadministratie",
    address=Address("Noordeinde 7", "1141 AM", "Monnickendam"),
    customer_number="10042",
    kvk_number="41231987",
)


def standard(number: int, description: str, **what: Any) -> Line:
    """A line at the standard rate of 21 %."""
    return make_line(number, description, **{"vat_category": "S", "vat_rate": Decimal("21.00"), **what})


def two_lines() -> list[Line]:
    """Fifty minutes at 95.00 (79.17) and two fixed prices of 12.50 (25.00)."""
    return [
        standard(
            1,
            "Koppeling met de webwinkel hersteld",
            detail="Vraag V-1031 · S. de Boer · 3 november 2026",
            minutes=50,
            unit_price=Decimal("95.00"),
        ),
        standard(2, "Wachtwoord opnieuw ingesteld", quantity=Decimal(2), unit_price=Decimal("12.50")),
    ]


def released(lines: Sequence[Line] | None = None, **changes: Any) -> InvoiceDocument:
    """A document that may be issued."""
    given: dict[str, Any] = {
        "language": "nl",
        "series": "F",
        "currency": "EUR",
        "seller": SELLER,
        "buyer": BUYER,
        "supply_from": date(2026, 11, 1),
        "supply_to": date(2026, 11, 30),
        "lines": two_lines() if lines is None else lines,
        "terms_days": 30,
        "buyer_reference": "INK-2026-0815",
        "contract_reference": "C-2025-014",
        "contract_description": "Onderhoud ledenadministratie",
    }
    return compose(**(given | changes))


def issued(lines: Sequence[Line] | None = None, number: str = NUMBER, **changes: Any) -> InvoiceDocument:
    """The same, with number 20260042, issued on 21 November 2026."""
    return issue(released(lines, **changes), number, ISSUED_ON)


def with_line(document: InvoiceDocument, at: int, **changes: Any) -> InvoiceDocument:
    """The document with one line falsified and nothing recomputed."""
    lines = list(document.lines)
    lines[at] = replace(lines[at], **changes)
    return replace(document, lines=tuple(lines))


def annex_entry(at: int, **changes: Any) -> AnnexEntry:
    """A charged question of the third of November."""
    given: dict[str, Any] = {
        "question": f"V-{1030 + at}",
        "subject": "Koppeling met de webwinkel hersteld",
        "disposition": "charge",
        "amount": Decimal("79.17"),
        "asker": "S. de Boer",
        "asked_on": date(2026, 11, 2),
        "closed_on": date(2026, 11, 3),
        "raw_minutes": 47,
        "corrected_minutes": None,
        "billed_minutes": 50,
        "explanation": (
            "Regel 3 beslist: vragen over koppelingen worden per bestede tijd berekend.",
            "47 minuten, naar boven afgerond op 10 minuten, is 50 minuten; 0:50 × € 95,00 = € 79,17.",
        ),
    }
    return AnnexEntry(**(given | changes))
