"""What a page is made of: marks at places, in points from the top left corner.

A *strip* is a horizontal slice of the text column with its own height, its marks placed from its top; a *block* is a
list of strips that belong together. ``flow`` stacks blocks into pages, ``draw`` puts the marks on paper.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from billing_service.documents.pdf.fonts import BOLD, REGULAR, readable, width

MM = 72 / 25.4
PAGE_WIDTH, PAGE_HEIGHT = 210 * MM, 297 * MM
LEFT, RIGHT = 20 * MM, 190 * MM
COLUMN = RIGHT - LEFT

INK = "0.106 0.141 0.188"
SOFT = "0.376 0.431 0.494"
ACCENT = "0.043 0.310 0.424"
HAIRLINE = "0.816 0.847 0.878"
PAPER = "1 1 1"
PANEL = "0.949 0.965 0.973"


class Style(NamedTuple):
    """How text looks: size and leading in points, colour as three numbers of PDF."""

    size: float
    leading: float
    font: str = REGULAR
    colour: str = INK


BODY = Style(9, 12.5)
BODY_BOLD = Style(9, 12.5, BOLD)
SMALL = Style(7.5, 10.5, colour=SOFT)
SMALL_INK = Style(7.5, 10.5)
SMALL_BOLD = Style(7.5, 10.5, BOLD)
LABEL = Style(7, 10, colour=SOFT)
HEAD = Style(7.5, 10.5, BOLD, ACCENT)
TITLE = Style(20, 26, BOLD, ACCENT)
ADDRESS = Style(10, 13.5)
WORDMARK = Style(15, 19, BOLD, ACCENT)
TOTAL = Style(10.5, 14, BOLD)


class Text(NamedTuple):
    """Readable text with its baseline at ``y``."""

    x: float
    y: float
    text: str
    style: Style


class Rule(NamedTuple):
    """A horizontal line of ``weight`` points."""

    x: float
    y: float
    length: float
    weight: float = 0.5
    colour: str = HAIRLINE


class Panel(NamedTuple):
    """A filled rectangle with its top at ``y``."""

    x: float
    y: float
    width: float
    height: float
    colour: str = PANEL


class Code(NamedTuple):
    """A QR code of ``payload``, ``side`` points wide, without quiet zone. It is encoded when it is drawn: laying a
    document out only needs its place."""

    x: float
    y: float
    side: float
    payload: str


Mark = Text | Rule | Panel | Code


class Strip(NamedTuple):
    """A slice of the column."""

    height: float
    marks: tuple[Mark, ...] = ()


Block = list[Strip]


def height(block: Iterable[Strip]) -> float:
    return sum(strip.height for strip in block)


def moved(marks: Iterable[Mark], down: float) -> Iterator[Mark]:
    for mark in marks:
        yield mark._replace(y=mark.y + down)


def gap(points: float) -> Strip:
    """White space."""
    return Strip(points)


def baseline(style: Style, top: float = 0) -> float:
    """Where a line of this style stands when it begins at ``top``: its leading spread evenly above and below."""
    return top + style.leading / 2 + style.size * 0.36


def left(text: str, x: float, style: Style, top: float = 0) -> Text:
    """Text that begins at ``x``."""
    return Text(x, baseline(style, top), text, style)


def right(text: str, x: float, style: Style, top: float = 0) -> Text:
    """Text that ends at ``x``."""
    return Text(x - width(text, style.font, style.size), baseline(style, top), text, style)


def wrapped(text: str, room: float, style: Style) -> list[str]:
    """``text`` in lines of at most ``room`` points; a word that is too long is broken. Empty text has no lines."""
    lines: list[str] = []
    line = ""
    for word in readable(text).split(" "):
        if not word:
            continue
        longer = f"{line} {word}" if line else word
        if width(longer, style.font, style.size) <= room:
            line = longer
            continue
        if line:
            lines.append(line)
        *full, line = _broken(word, room, style)
        lines += full
    return [*lines, line] if line else lines


_BREAK_AFTER = "-/@._&?="
"""Signs after which the parts of an e-mail address, a path or a compound number may part."""


def _broken(word: str, room: float, style: Style) -> list[str]:
    """The word in pieces that fit, at least one character each; after a sign in the second half where there is one."""
    if width(word, style.font, style.size) <= room:
        return [word]
    pieces, piece = [], ""
    for character in word:
        if piece and width(piece + character, style.font, style.size) > room:
            at = max(piece.rfind(sign) for sign in _BREAK_AFTER) + 1
            cut = at if at > len(piece) / 2 else len(piece)
            pieces.append(piece[:cut])
            piece = piece[cut:]
        piece += character
    return [*pieces, piece]


def shortened(text: str, room: float, style: Style) -> str:
    """The first line of ``text``, with an ellipsis when there is more."""
    first, *more = wrapped(text, room, style) or [""]
    return f"{first} …" if more else first
