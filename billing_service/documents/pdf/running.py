"""The head of every following page and the foot of every page."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from billing_service.core.document import Seller
from billing_service.documents.pdf.flow import BOTTOM
from billing_service.documents.pdf.letter import Letter, identifiers
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
    left,
    right,
    shortened,
    wrapped,
)
from billing_service.documents.pdf.texts import TEXTS
from billing_service.errors import FieldError, InvalidInput

Pages = list[list[Mark]]

MOST_HEAD = BOTTOM - 40 * MM
"""The letterhead must leave room for a row on the first page."""
_FOOT_Y = 278 * MM
_HEAD_Y = 17 * MM
_PAGE_NUMBER_ROOM = 30 * MM


def add_running(pages: Pages, document: Letter, title: Callable[[int], str], more: Mapping[str, str | None]) -> None:
    """Give every page its foot, and every page but the first (counted from 0) its head with ``title`` of the page.

    Raises InvalidInput, as ``too_long`` with ``more``, when the foot does not fit.
    """
    for at, page in enumerate(pages):
        if at:
            page.extend(_head(document.seller, title(at)))
        page.extend(_foot(document, at + 1, len(pages), more))


def too_long(document: Letter, more: Mapping[str, str | None]) -> InvalidInput:
    """The refusal that names the longest text of the first page; ``more`` are those besides the parties' own."""
    seller, buyer = document.seller, document.buyer
    texts = {
        "/seller/legal_name": seller.legal_name,
        "/seller/trade_name": seller.trade_name,
        "/seller/address/street": seller.address.street,
        "/seller/address/city": seller.address.city,
        "/buyer/name": buyer.name,
        "/buyer/attention": buyer.attention,
        "/buyer/address/street": buyer.address.street,
        "/buyer/address/city": buyer.address.city,
        **more,
    }
    pointer = max(texts, key=lambda place: len(texts[place] or ""))
    detail = "This is too long to be printed on the first page."
    return InvalidInput(detail, errors=[FieldError(pointer, detail)])


def _head(seller: Seller, title: str) -> list[Mark]:
    name = seller.trade_name or seller.legal_name
    return [
        left(shortened(name, COLUMN * 0.5, SMALL_BOLD), LEFT, SMALL_BOLD, _HEAD_Y),
        right(shortened(title, COLUMN * 0.4, SMALL), RIGHT, SMALL, _HEAD_Y),
        Rule(LEFT, _HEAD_Y + SMALL.leading + 3, COLUMN),
    ]


def _foot(document: Letter, page: int, pages: int, more: Mapping[str, str | None]) -> list[Mark]:
    about = " · ".join([document.seller.legal_name, *identifiers(document.seller, document.language)])
    marks: list[Mark] = [Rule(LEFT, _FOOT_Y, COLUMN)]
    y = _FOOT_Y + 4
    for line in wrapped(about, COLUMN - _PAGE_NUMBER_ROOM, LABEL):
        marks.append(left(line, LEFT, LABEL, y))
        y += LABEL.leading
    if y > PAGE_HEIGHT - 5 * MM:
        raise too_long(document, more)
    numbered = TEXTS[document.language]["page"].format(page=page, pages=pages)
    marks.append(right(numbered, RIGHT, LABEL, _FOOT_Y + 4))
    return marks
