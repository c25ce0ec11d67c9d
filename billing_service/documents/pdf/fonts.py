"""The two faces every document is set in: Noto Sans regular and bold, from the package pymupdf-fonts.

Loaded once per process. Every document embeds the same prepared subset (Latin with the accents of western Europe and
the signs an invoice uses), so its font program is made, compressed and described once: measured, 10 ms a document
otherwise. Rarer letters go to a second, small subset of the document's own.

Text comes from strangers: a character the faces cannot draw becomes a visible sign, a control character a blank.
"""

from __future__ import annotations

import io
import unicodedata
import zlib
from functools import cache, lru_cache
from typing import Any

import pymupdf_fonts
from reportlab import rl_config
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.ttfonts import SUBSETN, TTFont, TTFontFace, makeToUnicodeCMap

REGULAR = "NotoSans"
BOLD = "NotoSans-Bold"
_PACKAGED = {REGULAR: "notos", BOLD: "notosbo"}

REPLACEMENT = "\ufffd"
"""What stands for a character without a glyph."""

# ASCII comes first by itself. Codes that are left over stay unused: filling them per document would make every
# document's subset another one.
_PREPARED = "€–—‘’“”„•…·×°©®½§áàâäãåæçéèêëíìîïñóòôöõøúùûüýÿßÁÀÂÄÃÅÆÇÉÈÊËÍÌÎÏÑÓÒÔÖÕØÚÙÛÜÝ" + REPLACEMENT

rl_config.useA85 = 0  # base 85 would only make every page a quarter larger


class _Ready(pdfdoc.PDFObject):  # type: ignore[misc]  # reportlab is untyped
    """A piece of PDF that was formatted before."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def format(self, _document: Any) -> bytes:
        return self._data


class Face(TTFont):  # type: ignore[misc]
    """A reportlab font that starts every document with the prepared subset and remembers what it made of it."""

    def start(self, document: Any) -> None:
        """Give ``document`` (reportlab's) the prepared subset, and send rarer letters to the next one."""
        self.splitString(_PREPARED, document)
        state = self.state[document]
        state.nextCode = max(state.nextCode, 0x100)

    def addObjects(self, doc: Any) -> None:  # noqa: N802
        """Add font, descriptor, program and character map per subset: reportlab's method, from memory."""
        state = self.state[doc]
        state.frozen = 1
        for number, subset in enumerate(state.subsets):
            name = self.getSubsetInternalName(number, doc)[1:]
            tagged = b"".join((SUBSETN(number), b"+", self.face.name, self.face.subfontNameX)).decode("ascii")
            font = pdfdoc.PDFTrueTypeFont()
            font.Name, font.BaseFont = name, tagged
            font.FirstChar, font.LastChar = 0, len(subset) - 1
            widths, unicode_map, length, program = _described(self.face, tagged, tuple(subset))
            font.Widths = _Ready(widths)
            font.ToUnicode = doc.Reference(_stream(unicode_map), "toUnicodeCMap:" + tagged)
            font.FontDescriptor = self._descriptor(doc, tagged, _stream(program, Length1=length))
            doc.Reference(font, name)
            doc.idToObject["BasicFonts"].dict[name] = font
        del self.state[doc]

    def _descriptor(self, doc: Any, tagged: str, program: Any) -> Any:
        face = self.face
        values = {
            "Type": "/FontDescriptor",
            "Ascent": face.ascent,
            "CapHeight": face.capHeight,
            "Descent": face.descent,
            "Flags": 4,  # symbolic: the codes are the subset's own
            "FontBBox": pdfdoc.PDFArray(face.bbox),
            "FontName": pdfdoc.PDFName(tagged),
            "ItalicAngle": face.italicAngle,
            "StemV": face.stemV,
            "FontFile2": doc.Reference(program, "fontFile:" + tagged),
            "MissingWidth": face.defaultWidth,
        }
        return doc.Reference(pdfdoc.PDFDictionary(values), "fontDescriptor:" + tagged)


def _stream(compressed: bytes, **entries: int) -> Any:
    dictionary = pdfdoc.PDFDictionary({"Filter": "/FlateDecode", **entries})
    return pdfdoc.PDFStream(dictionary, compressed)


@lru_cache(maxsize=16)
def _described(face: TTFontFace, tagged: str, subset: tuple[int, ...]) -> tuple[bytes, bytes, int, bytes]:
    """Widths, compressed character map, length of the font program, compressed font program."""
    widths = " ".join(f"{face.getCharWidth(code):.10g}" for code in subset)
    program = face.makeSubset(list(subset))
    unicode_map = makeToUnicodeCMap(tagged, subset).encode("ascii")
    return f"[{widths}]".encode("ascii"), zlib.compress(unicode_map), len(program), zlib.compress(program, 9)


@cache
def faces() -> dict[str, Face]:
    """Both faces by name, known to reportlab from the first call on."""
    found = {}
    for name, packaged in _PACKAGED.items():
        found[name] = Face(name, io.BytesIO(pymupdf_fonts.myfont(packaged)))
        pdfmetrics.registerFont(found[name])
    return found


class _Widths(dict[str, float]):
    """Width of a character in thousandths of the size, looked up in the face once."""

    def __init__(self, face: Face) -> None:
        super().__init__()
        self._face = face.face

    def __missing__(self, character: str) -> float:
        found = self[character] = float(self._face.getCharWidth(ord(character)))
        return found


@cache
def _widths(name: str) -> _Widths:
    return _Widths(faces()[name])


def width(text: str, name: str, size: float) -> float:
    """Width in points of readable ``text`` set in the face ``name`` at ``size`` points."""
    return sum(map(_widths(name).__getitem__, text)) * size / 1000


class _Drawable(dict[int, str]):
    """For ``str.translate``: what is drawn for a code point."""

    def __missing__(self, code: int) -> str:
        self[code] = drawn = self._drawn(chr(code))
        return drawn

    @staticmethod
    def _drawn(character: str) -> str:
        category = unicodedata.category(character)
        if category == "Cf":
            return ""  # joiners and direction marks have no shape of their own
        if category in ("Cc", "Zl", "Zp"):
            return " "
        if category == "Zs":
            return character if character == "\xa0" else " "
        known = all(ord(character) in face.face.charToGlyph for face in faces().values())
        return character if known else REPLACEMENT


_drawable = _Drawable()


def readable(text: str) -> str:
    """``text`` as it can be drawn: composed, without control characters, a sign for what has no glyph."""
    if text.isascii() and text.isprintable():
        return text
    return unicodedata.normalize("NFC", text).translate(_drawable)
