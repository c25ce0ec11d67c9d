"""The invoice as a PDF: a document value in, bytes out.

lay_out(document)   marks per page, or the field that cannot be set; run when a document is released
render(document)    the bytes; equal documents give equal bytes
"""

from __future__ import annotations

from billing_service.core.document import InvoiceDocument
from billing_service.documents.pdf.draw import to_pdf
from billing_service.documents.pdf.layout import lay_out
from billing_service.documents.pdf.texts import TEXTS, name_of

__all__ = ["lay_out", "render"]


def render(document: InvoiceDocument) -> bytes:
    """The document as a PDF with embedded fonts. Raises InvalidInput as ``lay_out`` does."""
    texts = TEXTS[document.language]
    title = texts["title"].format(document=name_of(document), seller=document.seller.legal_name)
    return to_pdf(lay_out(document), title=title, author=document.seller.legal_name, language=document.language)
