"""Marks on paper: pages of marks to the bytes of a PDF.

Page content is written as PDF operators of our own through reportlab's canvas, which keeps the file's structure: the
canvas' drawing methods cost more than all the layout together.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from reportlab.pdfgen.canvas import Canvas

from billing_service.documents.pdf.fonts import REGULAR, faces
from billing_service.documents.pdf.marks import INK, PAGE_HEIGHT, PAGE_WIDTH, Code, Mark, Panel, Rule, Text
from billing_service.documents.pdf.qr import encode


def to_pdf(pages: Sequence[Iterable[Mark]], *, title: str, author: str, language: str) -> bytes:
    """A PDF of A4 pages: the same marks give the same bytes, whenever and wherever (no clock, no random id)."""
    fonts = faces()
    target = io.BytesIO()
    canvas = Canvas(
        target,
        pagesize=(PAGE_WIDTH, PAGE_HEIGHT),
        invariant=1,
        pageCompression=1,
        initialFontName=REGULAR,
        lang=language,
    )
    canvas.setTitle(title)
    canvas.setAuthor(author)
    canvas.setCreator("billing-service")
    for font in fonts.values():
        font.start(canvas._doc)
    for marks in pages:
        for operators in _operators(marks, canvas._doc):
            canvas.addLiteral(operators)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def _operators(marks: Iterable[Mark], document: Any) -> Iterator[str]:
    colour = ""
    for mark in marks:
        wanted = mark.style.colour if isinstance(mark, Text) else INK if isinstance(mark, Code) else mark.colour
        if wanted != colour:
            colour = wanted
            yield f"{colour} rg"
        if isinstance(mark, Text):
            yield _text(mark, document)
        elif isinstance(mark, Rule):
            yield f"{mark.x:.2f} {_up(mark.y + mark.weight / 2)} {mark.length:.2f} {mark.weight:.2f} re f"
        elif isinstance(mark, Panel):
            yield f"{mark.x:.2f} {_up(mark.y + mark.height)} {mark.width:.2f} {mark.height:.2f} re f"
        else:
            yield from _code(mark)


def _up(y: float) -> str:
    """PDF counts from the bottom of the page."""
    return f"{PAGE_HEIGHT - y:.2f}"


def _text(mark: Text, document: Any) -> str:
    font = faces()[mark.style.font]
    # ASCII letters are their own codes in the first subset
    pieces = [(0, mark.text.encode())] if mark.text.isascii() else font.splitString(mark.text, document)
    shown = []
    for subset, codes in pieces:
        name = font.getSubsetInternalName(subset, document)
        shown.append(f"{name} {mark.style.size:g} Tf {_string(codes)} Tj")
    return f"BT {mark.x:.2f} {_up(mark.y)} Td {' '.join(shown)} ET"


def _string(codes: bytes) -> str:
    """A PDF string of ASCII: readable where the codes are, else hexadecimal."""
    if codes.isascii() and (text := codes.decode("ascii")).isprintable():
        return "(" + text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)") + ")"
    return f"<{codes.hex()}>"


def _code(mark: Code) -> Iterator[str]:
    """All modules as one path in the code's own measure, so that no hairline shows between them."""
    modules, runs = encode(mark.payload)
    module = mark.side / modules
    yield f"q {module:.4f} 0 0 {-module:.4f} {mark.x:.2f} {_up(mark.y)} cm"
    yield " ".join(f"{column} {row} {length} 1 re" for row, column, length in runs)
    yield "f Q"
