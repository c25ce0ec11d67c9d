"""Documents as PDF: a value in, bytes out.

lay_out(document)         marks per page of an invoice, or the field that cannot be set; run when it is released
render(document)          an invoice's bytes; equal documents give equal bytes
lay_out_quote, render_quote   the same for the quote of an import
render_completeness       the report that proves number series complete
render_reconciliation     what comparing with an accounting package came to
render_service_report     what was asked in a period, how fast it was solved, what it came to
"""

from __future__ import annotations

from billing_service.core.completeness import CompletenessReport
from billing_service.core.document import InvoiceDocument
from billing_service.core.imports.quote import QuoteDocument
from billing_service.core.reconciling_report import ReconciliationReport
from billing_service.core.service_report import ServiceReport
from billing_service.documents.pdf.completeness import lay_out_completeness
from billing_service.documents.pdf.completeness_texts import COMPLETENESS_TEXTS
from billing_service.documents.pdf.draw import to_pdf
from billing_service.documents.pdf.layout import lay_out
from billing_service.documents.pdf.quote import lay_out_quote
from billing_service.documents.pdf.quote_texts import QUOTE_TEXTS
from billing_service.documents.pdf.reconciliation import lay_out_reconciliation
from billing_service.documents.pdf.reconciliation_texts import RECONCILIATION_TEXTS
from billing_service.documents.pdf.service_report import lay_out_service_report
from billing_service.documents.pdf.service_report_texts import SERVICE_REPORT_TEXTS
from billing_service.documents.pdf.texts import TEXTS, name_of

__all__ = [
    "lay_out",
    "lay_out_quote",
    "render",
    "render_completeness",
    "render_quote",
    "render_reconciliation",
    "render_service_report",
]


def render(document: InvoiceDocument) -> bytes:
    """The document as a PDF with embedded fonts. Raises InvalidInput as ``lay_out`` does."""
    return to_pdf(
        lay_out(document),
        title=_title(document.language, name_of(document), document.seller.legal_name),
        author=document.seller.legal_name,
        language=document.language,
    )


def render_quote(quote: QuoteDocument, link: str | None = None) -> bytes:
    """The quote as a PDF. Raises InvalidInput naming the field that cannot be set.

    ``link`` is the address where the customer accepts or declines. It holds a secret: what is kept for anybody else
    to download is rendered without, and then refers to the link that came with the quote.
    """
    return to_pdf(
        lay_out_quote(quote, link),
        title=_title(
            quote.language,
            QUOTE_TEXTS[quote.language]["name"].format(number=quote.number),
            quote.seller.legal_name,
        ),
        author=quote.seller.legal_name,
        language=quote.language,
    )


def render_completeness(report: CompletenessReport, language: str) -> bytes:
    """The report as a PDF; equal reports give equal bytes."""
    seller = report.seller.legal_name
    return to_pdf(
        lay_out_completeness(report, language),
        title=_title(language, COMPLETENESS_TEXTS[language]["title"], seller),
        author=seller,
        language=language,
    )


def render_reconciliation(report: ReconciliationReport, language: str) -> bytes:
    """The page as a PDF; equal reports give equal bytes."""
    seller = report.seller.legal_name
    return to_pdf(
        lay_out_reconciliation(report, language),
        title=_title(language, RECONCILIATION_TEXTS[language]["title"], seller),
        author=seller,
        language=language,
    )


def render_service_report(report: ServiceReport, language: str) -> bytes:
    """The report as a PDF; equal reports give equal bytes."""
    seller = report.header.seller.legal_name
    return to_pdf(
        lay_out_service_report(report, language),
        title=_title(language, SERVICE_REPORT_TEXTS[language]["title"], seller),
        author=seller,
        language=language,
    )


def _title(language: str, document: str, seller: str) -> str:
    return TEXTS[language]["title"].format(document=document, seller=seller)
