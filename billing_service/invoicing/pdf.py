"""The PDF of an issued document: rendered from its frozen value, stored once with its hash, named for people."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from billing_service.core.document import DocumentKind, InvoiceDocument, from_json
from billing_service.documents.pdf import render
from billing_service.invoicing.reading import get_invoice
from billing_service.store.invoices import InvoicePdf
from billing_service.store.scope import Scope

OpenScope = Callable[[], AbstractContextManager[Scope]]

_KINDS: Final = {
    "nl": {
        DocumentKind.INVOICE: "Factuur",
        DocumentKind.CREDIT_NOTE: "Creditnota",
        DocumentKind.ZERO_STATEMENT: "Nuloverzicht",
    },
    "en": {
        DocumentKind.INVOICE: "Invoice",
        DocumentKind.CREDIT_NOTE: "Credit note",
        DocumentKind.ZERO_STATEMENT: "Zero statement",
    },
}
_CONCEPT: Final = {"nl": "concept", "en": "draft"}
_NOT_IN_A_NAME: Final = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\u200b-\u200f\u2028-\u202e\u2066-\u2069]+')
_LONGEST_NAME: Final = 120


@dataclass(frozen=True, slots=True)
class StoredPdf:
    """A PDF with the name it is saved under and its SHA-256 (hexadecimal)."""

    content: bytes
    sha256: str
    file_name: str


def pdf_of(reading: OpenScope, writing: OpenScope, invoice_id: UUID) -> StoredPdf:
    """The PDF of a document. An issued one is rendered and stored once; before that it says that it is a concept.

    ``reading`` and ``writing`` each open one transaction; drawing happens in neither.

    Raises:
        NotFound: no such document.
    """
    with reading() as scope:
        row = get_invoice(scope, invoice_id)
        document, issued = from_json(row.document.encode()), row.state == "issued"
        content = _find(scope, invoice_id)
    if content is None:
        content = render(document)
        if issued:
            with writing() as scope:
                content = _store(scope, invoice_id, content)
    return StoredPdf(content, hashlib.sha256(content).hexdigest(), file_name(document))


def render_pdf(open_scope: OpenScope, invoice_id: UUID) -> None:
    """Render and store the PDF of an issued document: the worker's part. Once it is stored nothing happens."""
    pdf_of(open_scope, open_scope, invoice_id)


def file_name(document: InvoiceDocument) -> str:
    """``Factuur 2026-00042 Stichting Ledenhulp.pdf``: kind, number (a zero statement: its date) and seller."""
    what = document.number or document.issue_date or _CONCEPT[document.language]
    seller = document.seller.trade_name or document.seller.legal_name
    name = f"{_KINDS[document.language][document.kind]} {what} {seller}"
    safe = " ".join(_NOT_IN_A_NAME.sub("-", unicodedata.normalize("NFC", name)).split())
    return f"{safe[:_LONGEST_NAME].rstrip(' .')}.pdf"


def _find(scope: Scope, invoice_id: UUID) -> bytes | None:
    return scope.session.scalars(
        select(InvoicePdf.content).where(
            InvoicePdf.administration_id == scope.administration_id, InvoicePdf.invoice_id == invoice_id
        )
    ).one_or_none()


def _store(scope: Scope, invoice_id: UUID, content: bytes) -> bytes:
    """Store the PDF unless another process was first; what is stored counts (the bytes are the same)."""
    get_invoice(scope, invoice_id, lock=True)
    found = _find(scope, invoice_id)
    if found is not None:
        return found
    scope.session.add(
        InvoicePdf(
            administration_id=scope.administration_id,
            invoice_id=invoice_id,
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            created_at=scope.now,
        )
    )
    scope.session.flush()
    return content
