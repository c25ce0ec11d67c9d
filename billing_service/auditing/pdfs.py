"""Stored PDFs against the hash that was stored with them, a few at a time: memory does not grow with their number."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from billing_service.store.invoices import Invoice, InvoicePdf

PAGE: Final = 500
"""PDFs read in one transaction."""
_HELD: Final = 16
"""PDFs in memory at once."""


@dataclass(frozen=True, slots=True)
class ChangedPdf:
    """A stored PDF whose bytes are not those that were stored. ``number`` is None for a zero statement; ``expected`` is
    the SHA-256 stored with it, ``found`` that of its bytes."""

    document_id: UUID
    number: str | None
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class VerifiedPdfs:
    """What came of it: how many were looked at, how many differ, and the first of those."""

    pdfs: int
    changed: int
    first: ChangedPdf | None


def hashed(session: Session, *conditions: Any, most: int | None = None) -> Iterator[tuple[UUID, str, str]]:
    """Stored PDFs by document: its id, the SHA-256 stored, and that of the bytes."""
    query = select(InvoicePdf.invoice_id, InvoicePdf.sha256, InvoicePdf.content).where(*conditions)
    query = query.order_by(InvoicePdf.invoice_id).limit(most)
    for document_id, stored, content in session.execute(query, execution_options={"yield_per": _HELD}):
        yield document_id, stored, hashlib.sha256(content).hexdigest()


class VerifyingPdfs:
    """Verifies the stored PDFs of an administration, ``step`` by ``step``."""

    def __init__(self, administration_id: UUID) -> None:
        self._key = administration_id
        self._after: UUID | None = None
        self._changed = 0
        self._first: ChangedPdf | None = None
        self.done = 0
        self.total = 0

    def step(self, session: Session) -> bool:
        """Look at the next page. False once everything was."""
        mine = InvoicePdf.administration_id == self._key
        if self._after is None:
            self.total = session.scalars(select(func.count()).select_from(InvoicePdf).where(mine)).one()
        further = () if self._after is None else (InvoicePdf.invoice_id > self._after,)
        many = 0
        for document_id, stored, found in hashed(session, mine, *further, most=PAGE):
            many, self._after = many + 1, document_id
            if found != stored:
                self._changed += 1
                self._first = self._first or ChangedPdf(document_id, None, stored, found)
        self.done += many
        if self._first is not None and self._first.number is None:
            self._first = self._named(session, self._first)
        return many == PAGE

    def result(self) -> VerifiedPdfs:
        return VerifiedPdfs(self.done, self._changed, self._first)

    def _named(self, session: Session, found: ChangedPdf) -> ChangedPdf:
        mine = Invoice.administration_id == self._key
        number = session.scalars(select(Invoice.number).where(mine, Invoice.id == found.document_id)).one()
        return ChangedPdf(found.document_id, number, found.expected, found.found)
