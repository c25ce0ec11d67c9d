"""How prepaid time stands, under the totals: per hour card, block or allowance what stood there, what changed, and what
is left."""

from __future__ import annotations

from collections.abc import Iterator

from billing_service.core.document import InvoiceDocument, PrepaidBalance, PrepaidMovement, PrepaidUnit
from billing_service.documents.pdf.flow import Flow, add_table
from billing_service.documents.pdf.formats import hours, long_date, short_date
from billing_service.documents.pdf.lines import fitted
from billing_service.documents.pdf.marks import (
    ACCENT,
    BODY_BOLD,
    COLUMN,
    HEAD,
    LEFT,
    MM,
    RIGHT,
    TITLE,
    Block,
    Mark,
    Rule,
    Strip,
    Style,
    gap,
    height,
    left,
    right,
    wrapped,
)
from billing_service.documents.pdf.texts import TEXTS

_WHAT_X = LEFT + 26 * MM
_WHAT_ROOM = RIGHT - _WHAT_X - 34 * MM
_QUANTITY_ROOM = 30 * MM
_ROW = Style(8.5, 12)
_PADDING = 2.5


def add_prepaid(flow: Flow, document: InvoiceDocument) -> None:
    """Set the balances below what is there; nothing when the document has none."""
    if not document.prepaid:
        return
    flow.repeated = []
    flow.y += 8 * MM
    texts = TEXTS[document.language]
    style = TITLE._replace(size=13, leading=19)
    opening: Block = [Strip(style.leading, (left(texts["prepaid"], LEFT, style),)), gap(1 * MM)]
    for at, stated in enumerate(document.prepaid):
        head = _head(stated, document.language)
        rows = [*_rows(stated, document.language, at), _balance(stated, document.language, at)]
        flow.add(opening, together_with=height([*head, *rows[0]]))
        add_table(flow, head, rows, keep_after=0)
        flow.repeated = []
        opening = [gap(5 * MM)]


def _head(stated: PrepaidBalance, language: str) -> Block:
    """Its name and until when it is valid, over the columns; repeated on each page."""
    texts = TEXTS[language]
    name = f"{stated.reference} · {stated.title}"
    if stated.valid_to is not None:
        name = f"{name} ({texts['valid_to'].format(date=long_date(stated.valid_to, language))})"
    return [
        *(Strip(BODY_BOLD.leading, (left(line, LEFT, BODY_BOLD),)) for line in wrapped(name, COLUMN, BODY_BOLD)),
        Strip(
            HEAD.leading + 5,
            (
                left(texts["prepaid_on"], LEFT, HEAD, 2),
                left(texts["description"], _WHAT_X, HEAD, 2),
                right(texts[f"prepaid_{stated.unit}"], RIGHT, HEAD, 2),
                Rule(LEFT, HEAD.leading + 4, COLUMN, 0.8, ACCENT),
            ),
        ),
    ]


def _rows(stated: PrepaidBalance, language: str, at: int) -> Iterator[Block]:
    texts, pointer = TEXTS[language], f"/prepaid/{at}"
    yield _row("", texts["prepaid_previous"], _plain(stated.previous, stated.unit), f"{pointer}/previous")
    for place, moved in enumerate(stated.movements):
        shown = _plain(moved.quantity, stated.unit)
        signed = f"+{shown}" if moved.quantity > 0 else shown
        day = short_date(moved.on, language)
        yield _row(day, _what(moved, language), signed, f"{pointer}/movements/{place}/quantity")


def _what(moved: PrepaidMovement, language: str) -> str:
    """Draw: V-1031 Koppeling hersteld"""
    said = " ".join(part for part in (moved.question, moved.subject) if part)
    word = TEXTS[language][f"prepaid_{moved.kind}"]
    return f"{word}: {said}" if said else word


def _balance(stated: PrepaidBalance, language: str, at: int) -> Block:
    label = TEXTS[language]["prepaid_balance"].format(date=long_date(stated.as_of, language))
    shown = _plain(stated.balance, stated.unit)
    return _row("", label, shown, f"/prepaid/{at}/balance", BODY_BOLD)


def _row(day: str, what: str, quantity: str, pointer: str, style: Style = _ROW) -> Block:
    strips = []
    for position, line in enumerate(wrapped(what, _WHAT_ROOM, style) or [""]):
        top = _PADDING if position == 0 else 0.0
        marks: list[Mark] = [left(line, _WHAT_X, style, top)]
        if position == 0:
            figure = fitted(quantity, RIGHT, _QUANTITY_ROOM, pointer, top, style)
            marks = [left(day, LEFT, _ROW, top), *marks, figure]
        strips.append(Strip(top + style.leading, tuple(marks)))
    return [*strips, Strip(_PADDING, (Rule(LEFT, _PADDING, COLUMN),))]


def _plain(quantity: int, unit: PrepaidUnit) -> str:
    """1:30 of time, 3 questions; below zero with its sign."""
    shown = hours(abs(quantity)) if unit is PrepaidUnit.MINUTES else str(abs(quantity))
    return f"-{shown}" if quantity < 0 else shown
