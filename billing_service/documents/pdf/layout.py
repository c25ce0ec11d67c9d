"""A document to pages of marks: letterhead, lines, closing, annex, then running heads and feet."""

from __future__ import annotations

from billing_service.core.document import DocumentKind, InvoiceDocument
from billing_service.documents.pdf import lines
from billing_service.documents.pdf.annex import add_annex
from billing_service.documents.pdf.closing import closing
from billing_service.documents.pdf.flow import Flow, add_table
from billing_service.documents.pdf.letter import credit_intro, invoice_facts, invoice_title, letterhead
from billing_service.documents.pdf.marks import MM, height
from billing_service.documents.pdf.prepaid import add_prepaid
from billing_service.documents.pdf.running import MOST_HEAD, Pages, add_running, too_long
from billing_service.documents.pdf.texts import TEXTS, name_of


def lay_out(document: InvoiceDocument) -> Pages:
    """The marks of every page. Raises InvalidInput naming the field whose content cannot be set.

    A released document is laid out once, so that rendering it later, with its number, cannot fail on content.
    """
    flow = Flow()
    head_texts = {
        "/buyer_reference": document.buyer_reference,
        "/contract_reference": document.contract_reference,
        "/contract_description": document.contract_description,
    }
    marks, flow.y = letterhead(document, invoice_title(document), invoice_facts(document))
    if flow.y > MOST_HEAD:
        raise too_long(document, head_texts)
    flow.pages[0].extend(marks)
    flow.y += 5 * MM
    if document.crediting is not None:
        flow.add(credit_intro(document, document.crediting))
    under = closing(document)
    add_table(flow, lines.head(document), lines.rows(document), keep_after=height(under))
    flow.add(under)
    add_prepaid(flow, document)
    first_of_annex = len(flow.pages)
    add_annex(flow, document)
    name, annex_name = name_of(document), _annex_name(document)
    add_running(flow.pages, document, lambda at: annex_name if at >= first_of_annex else name, head_texts)
    return flow.pages


def _annex_name(document: InvoiceDocument) -> str:
    texts = TEXTS[document.language]
    if document.kind is DocumentKind.ZERO_STATEMENT:
        return texts["annex_to_statement"]
    return texts["annex_of"].format(number=document.number) if document.number else texts["annex_to_concept"]
