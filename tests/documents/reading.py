"""Reading a PDF back: the boxes of its texts, measured by another program than the one that drew them."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import pypdfium2
import pypdfium2.raw
import zxingcpp

from billing_service.core.document import InvoiceDocument
from billing_service.documents.pdf import lay_out
from billing_service.documents.pdf.fonts import width
from billing_service.documents.pdf.marks import LEFT, MM, PAGE_HEIGHT, RIGHT, Mark, Text

TOUCH = 0.7
"""Points by which accents and side bearings of neighbours may cross."""
HIGHEST, LOWEST = 10 * MM, PAGE_HEIGHT - 6 * MM


class Box(NamedTuple):
    """A piece of text as drawn, in points from the top left corner; ``size`` is that of its font."""

    text: str
    left: float
    top: float
    right: float
    bottom: float
    size: float

    def crosses(self, other: Box) -> bool:
        beside = self.right - TOUCH <= other.left or other.right - TOUCH <= self.left
        above = self.bottom - TOUCH <= other.top or other.bottom - TOUCH <= self.top
        return not (beside or above)


class Page(NamedTuple):
    """A page as read back: all its text in one string with single blanks, and its boxes."""

    text: str
    boxes: list[Box]

    def find(self, text: str) -> list[Box]:
        return [box for box in self.boxes if box.text == text]


def read(pdf: bytes) -> list[Page]:
    """Every page of the PDF."""
    pages = []
    for page in pypdfium2.PdfDocument(pdf):
        words = page.get_textpage()
        boxes = []
        for drawn in page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_TEXT], textpage=words):
            left, bottom, right, top = drawn.get_bounds()
            text = single_blanks(drawn.extract())
            if text:
                boxes.append(Box(text, left, PAGE_HEIGHT - top, right, PAGE_HEIGHT - bottom, drawn.get_font_size()))
        pages.append(Page(single_blanks(words.get_text_range()), boxes))
    return pages


def laid_out(document: InvoiceDocument) -> list[Page]:
    """The same from the layout itself; see ``placed``."""
    return placed(lay_out(document))


def placed(marked: list[list[Mark]]) -> list[Page]:
    """Pages of marks by the widths of the letters: names of strangers may have letters that tower over their line,
    which is no fault of the page."""
    pages = []
    for marks in marked:
        boxes = []
        for mark in marks:
            if isinstance(mark, Text) and mark.text:
                size = mark.style.size
                end = mark.x + width(mark.text, mark.style.font, size)
                boxes.append(Box(mark.text, mark.x, mark.y - 0.72 * size, end, mark.y + 0.2 * size, size))
        pages.append(Page(" ".join(box.text for box in boxes), boxes))
    return pages


def single_blanks(text: str) -> str:
    return " ".join(text.replace("\ufffe", "").split())


def faults(pages: list[Page]) -> list[str]:
    """Texts that cross one another or leave the margins; one sentence each."""
    found = []
    for number, page in enumerate(pages, 1):
        for box in page.boxes:
            if box.left < LEFT - TOUCH or box.right > RIGHT + TOUCH or box.top < HIGHEST or box.bottom > LOWEST:
                found.append(f"page {number}: {box.text!r} leaves the page's margins")
        for one, other in combinations(page.boxes, 2):
            if one.crosses(other):
                found.append(f"page {number}: {one.text!r} crosses {other.text!r}")
    return found


def codes(pdf: bytes, page: int) -> list[str]:
    """What a scanner reads from the picture of the page (counted from 0)."""
    picture = pypdfium2.PdfDocument(pdf)[page].render(scale=3).to_pil()
    return [code.text for code in zxingcpp.read_barcodes(picture)]
