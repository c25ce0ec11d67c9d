"""A document to pages of marks: letterhead, lines, closing, annex, then running heads and feet."""

from __future__ import annotations

from billing_service.core.document import DocumentKind, InvoiceDocument
from billing_service.documents.pdf import lines
from billing_service.documents.pdf.annex import add_annex
from billing_service.documents.pdf.closing import closing
from billing_service.documents.pdf.flow import BOTTOM, Flow, add_table
from billing_service.documents.pdf.letter import identifiers, letterhead
from billing_service.documents.pdf.marks import (
    COLUMN,
    LABEL,
    LEFT,
    MM,
    PAGE_HEIGHT,
    RIGHT,
    SMALL,
    SMALL_BOLD,
    Mark,
    Rule,
    height,
    left,
    right,
    shortened,
    wrapped,
)
from billing_service.documents.pdf.texts import TEXTS, name_of
from billing_service.errors import FieldError, InvalidInput

_FOOT_Y = 278 * MM
_RUNNING_HEAD_Y = 17 * MM
_PAGE_NUMBER_ROOM = 30 * MM
_MOST_HEAD = BOTTOM - 40 * MM
"""The letterhead must leave room for a row on the first page."""

Pages = list[list[Mark]]


def lay_out(document: InvoiceDocument) -> Pages:
    """The marks of every page. Raises InvalidInput naming the field whose content cannot be set.

    A released document is laid out once, so that rendering it later, with its number, cannot fail on content.
    """
    flow = Flow()
    marks, flow.y = letterhead(document)
    if flow.y > _MOST_HEAD:
        raise _too_long(document)
    flow.pages[0].extend(marks)
    flow.y += 5 * MM
    under = closing(document)
    add_table(flow, lines.head(document), lines.rows(document), keep_after=height(under))
    flow.add(under)
    first_of_annex = len(flow.pages)
    add_annex(flow, document)
    for at, page in enumerate(flow.pages):
        if at:
            page.extend(_running_head(document, annex=at >= first_of_annex))
        page.extend(_foot(document, at + 1, len(flow.pages)))
    return flow.pages


def _too_long(document: InvoiceDocument) -> InvalidInput:
    texts = {
        "/seller/legal_name": document.seller.legal_name,
        "/seller/trade_name": document.seller.trade_name,
        "/seller/address/street": document.seller.address.street,
        "/seller/address/city": document.seller.address.city,
        "/buyer/name": document.buyer.name,
        "/buyer/attention": document.buyer.attention,
        "/buyer/address/street": document.buyer.address.street,
        "/buyer/address/city": document.buyer.address.city,
        "/buyer_reference": document.buyer_reference,
        "/contract_reference": document.contract_reference,
        "/contract_description": document.contract_description,
    }
    pointer = max(texts, key=lambda place: len(texts[place] or ""))
    detail = "This is too long to be printed on the first page."
    return InvalidInput(detail, errors=[FieldError(pointer, detail)])


def _running_head(document: InvoiceDocument, *, annex: bool) -> list[Mark]:
    texts = TEXTS[document.language]
    title = name_of(document)
    if annex and document.kind is DocumentKind.ZERO_STATEMENT:
        title = texts["annex_to_statement"]
    elif annex:
        title = texts["annex_of"].format(number=document.number) if document.number else texts["annex_to_concept"]
    seller = document.seller.trade_name or document.seller.legal_name
    return [
        left(shortened(seller, COLUMN * 0.5, SMALL_BOLD), LEFT, SMALL_BOLD, _RUNNING_HEAD_Y),
        right(shortened(title, COLUMN * 0.4, SMALL), RIGHT, SMALL, _RUNNING_HEAD_Y),
        Rule(LEFT, _RUNNING_HEAD_Y + SMALL.leading + 3, COLUMN),
    ]


def _foot(document: InvoiceDocument, page: int, pages: int) -> list[Mark]:
    about = " · ".join([document.seller.legal_name, *identifiers(document.seller, document.language)])
    marks: list[Mark] = [Rule(LEFT, _FOOT_Y, COLUMN)]
    y = _FOOT_Y + 4
    for line in wrapped(about, COLUMN - _PAGE_NUMBER_ROOM, LABEL):
        marks.append(left(line, LEFT, LABEL, y))
        y += LABEL.leading
    if y > PAGE_HEIGHT - 5 * MM:
        raise _too_long(document)
    numbered = TEXTS[document.language]["page"].format(page=page, pages=pages)
    marks.append(right(numbered, RIGHT, LABEL, _FOOT_Y + 4))
    return marks
