"""The table of lines: what was supplied, how much of it, at which price and VAT, and the amount."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from billing_service.core.document import Basis, Line
from billing_service.documents.pdf.fonts import width
from billing_service.documents.pdf.formats import hours, number, plain_amount, unit_price
from billing_service.documents.pdf.marks import (
    ACCENT,
    BODY,
    COLUMN,
    HEAD,
    LEFT,
    MM,
    RIGHT,
    SMALL,
    Block,
    Mark,
    Rule,
    Strip,
    Style,
    left,
    right,
    wrapped,
)
from billing_service.documents.pdf.texts import TEXTS, UNITS
from billing_service.errors import FieldError, InvalidInput

QUANTITY_END = LEFT + 96 * MM
UNIT_X = QUANTITY_END + 1 * MM
PRICE_END = LEFT + 126 * MM
VAT_END = LEFT + 145 * MM
_DESCRIPTION_ROOM = 78 * MM
_WIDE_ROOM = 108 * MM
"""Of a plain amount: there is no quantity, and "included" at the most where the price stands."""
_UNIT_ROOM = 9.5 * MM
_QUANTITY_ROOM = 17 * MM
_PRICE_ROOM = 19 * MM
AMOUNT_ROOM = 24 * MM
_PADDING = 4.0
_SMALLEST = 6.0


class Lined(Protocol):
    """What has lines with prices."""

    @property
    def language(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def lines(self) -> Sequence[Line]: ...


def head(document: Lined) -> Block:
    """The head of the table, repeated on each page."""
    texts, currency = TEXTS[document.language], currency_sign(document.currency)
    return [
        Strip(
            HEAD.leading + 7,
            (
                left(texts["description"], LEFT, HEAD, 2),
                right(texts["quantity"], QUANTITY_END, HEAD, 2),
                right(f"{texts['unit_price']} ({currency})", PRICE_END, HEAD, 2),
                right(texts["vat"], VAT_END, HEAD, 2),
                right(f"{texts['amount']} ({currency})", RIGHT, HEAD, 2),
                Rule(LEFT, HEAD.leading + 6, COLUMN, 0.8, ACCENT),
            ),
        )
    ]


def currency_sign(currency: str) -> str:
    """What a column head says of the currency."""
    return "€" if currency == "EUR" else currency


def rows(document: Lined) -> list[Block]:
    """A block per line. Prices stand with their decimal signs under one another, so that 45.125 sticks out."""
    prices = [line.unit_price for line in document.lines if line.unit_price is not None]
    places = max((_places(price) for price in prices), default=0)
    return [_row(document, at, places) for at in range(len(document.lines))]


def _places(price: Decimal) -> int:
    return -int(price.as_tuple().exponent)


def _row(document: Lined, at: int, places: int) -> Block:
    """Its figures beside the first line of its description, its details below, a hairline under it."""
    line = document.lines[at]
    room = _WIDE_ROOM if line.basis is Basis.AMOUNT else _DESCRIPTION_ROOM
    described = [(text, BODY) for text in wrapped(line.description, room, BODY)]
    described += [(text, SMALL) for text in wrapped(line.detail or "", room, SMALL)]
    strips = []
    for position, (text, style) in enumerate(described or [("", BODY)]):
        top = _PADDING if position == 0 else 0
        marks: tuple[Mark, ...] = (left(text, LEFT, style, top),)
        if position == 0:
            marks += tuple(_figures(document, line, f"/lines/{at}", top, places))
        strips.append(Strip(top + style.leading, marks))
    return [*strips, Strip(_PADDING, (Rule(LEFT, _PADDING, COLUMN),))]


def _figures(document: Lined, line: Line, pointer: str, top: float, places: int) -> list[Mark]:
    language = document.language
    texts = TEXTS[language]
    marks: list[Mark] = []
    if line.minutes is not None:
        marks.append(fitted(hours(line.minutes), QUANTITY_END, _QUANTITY_ROOM, f"{pointer}/minutes", top))
        marks.append(left(texts["hour"], UNIT_X, SMALL, top + 1))
    elif line.quantity is not None:
        shown = number(line.quantity, language)
        marks.append(fitted(shown, QUANTITY_END, _QUANTITY_ROOM, f"{pointer}/quantity", top))
        unit = UNITS[language].get(line.unit or "", line.unit or "")
        marks += [left(text, UNIT_X, SMALL, top + 1) for text in wrapped(unit, _UNIT_ROOM, SMALL)[:1]]
    if line.included:
        marks.append(right(texts["included"], PRICE_END, SMALL, top + 1))
    elif line.unit_price is not None:
        shown = unit_price(line.unit_price, language)
        hanging = (places - _places(line.unit_price)) * width("0", BODY.font, BODY.size)
        marks.append(fitted(shown, PRICE_END - hanging, _PRICE_ROOM - hanging, f"{pointer}/unit_price", top))
    rate = vat_label(line.vat_category, line.vat_rate, language)
    taxed = line.vat_category in ("S", "Z")
    marks.append(right(rate, VAT_END, BODY if taxed else SMALL, top if taxed else top + 1))
    marks.append(fitted(plain_amount(line.amount, language), RIGHT, AMOUNT_ROOM, f"{pointer}/amount", top))
    return marks


def vat_label(category: str, rate: Decimal | None, language: str) -> str:
    """``21%``, or the word for a category without VAT."""
    if category == "S" and rate is not None:
        return f"{number(rate, language)}%"
    return TEXTS[language][f"vat_{category}"]


def fitted(text: str, end: float, room: float, pointer: str, top: float, style: Style = BODY) -> Mark:
    """Right-aligned figures, smaller when they are long. Raises InvalidInput naming the field when too long."""
    wide = width(text, style.font, style.size)
    if wide > room:
        size = style.size * room / wide
        if size < _SMALLEST:
            detail = f"{text} is too long to be printed."
            raise InvalidInput(detail, errors=[FieldError(pointer, detail)])
        style = style._replace(size=size)
    return right(text, end, style, top)
