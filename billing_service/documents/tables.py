"""Tables as people send them: delimited text in the usual encodings. Bytes in, rows with their line numbers out."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from billing_service.errors import UnreadableFile

ENCODINGS: Final = ("utf-8", "utf-16", "windows-1252")
SEPARATORS: Final = (",", ";", "\t")
LONGEST_CELL: Final = 100_000
MOST_COLUMNS: Final = 1_000

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CODECS: Final = {"utf-8": "utf-8-sig", "utf-16": "utf-16", "windows-1252": "cp1252"}
_SAME: Final = {"utf8": "utf-8", "cp1252": "windows-1252", "utf16": "utf-16", "utf-16le": "utf-16", "us-ascii": "utf-8"}


@dataclass(frozen=True, slots=True)
class TableRow:
    """The cells of one row by column title, and the line on which it begins; or the ``problem`` with that line."""

    line: int
    cells: dict[str, str]
    problem: str | None = None


def decode(content: bytes, encoding: str | None = None) -> str:
    """The text of a file. Without ``encoding`` its byte-order mark decides, else it must be UTF-8.

    Raises ``UnreadableFile`` naming the first line that cannot be in this encoding, and for an encoding not in
    ``ENCODINGS``. A file of UTF-8 that is called Windows-1252 is refused too: it would read without a complaint, as
    "Ã©" for "é".
    """
    named = _named(encoding)
    marked = next((codec for mark, codec in _MARKS if content.startswith(mark)), None)
    codec = _CODECS[named] if named else marked or "utf-8"
    if named == "windows-1252":
        _refuse_utf8(content, marked)
    try:
        text = content.decode(codec)
    except UnicodeDecodeError as error:
        hint = "" if named else "; if it is not UTF-8, name its encoding (such as windows-1252)"
        line = content[: error.start].count(b"\n") + 1
        raise UnreadableFile(f"Line {line} is not {named or 'UTF-8'}{hint}.", code="wrong_encoding") from error
    at = text.find("\x00")
    if at >= 0:
        line = text.count("\n", 0, at) + 1
        raise UnreadableFile(f"Line {line} holds NUL: is the file UTF-16?", code="wrong_encoding")
    return text


def rows(text: str, separator: str | None = None) -> Iterator[TableRow]:
    """The rows below the line of titles; empty lines are passed over.

    Without ``separator`` it is the one of comma, semicolon and tab that the first line has most of. A row that cannot
    be read says so as its ``problem`` and the others go on. Raises ``UnreadableFile`` for a file without titles, with
    an empty title, or with the same title twice.
    """
    separator = separator or likely_separator(text)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    titles = _titles(reader)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield TableRow(line, {}, f"cannot be read: {error}")
            continue
        if not any(cells):
            continue
        if len(cells) != len(titles):
            yield TableRow(line, {}, f"has {len(cells)} cells where the first line has {len(titles)} titles")
            continue
        yield TableRow(line, dict(zip(titles, cells, strict=True)))


def titles(text: str, separator: str | None = None) -> list[str]:
    """The column titles. Raises ``UnreadableFile`` as ``rows`` does."""
    csv.field_size_limit(LONGEST_CELL)
    separator = separator or likely_separator(text)
    return _titles(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))


def likely_separator(text: str) -> str:
    first = text.lstrip("\r\n").split("\n", 1)[0]
    return max(SEPARATORS, key=first.count)


def _titles(reader: Iterator[list[str]]) -> list[str]:
    try:
        found = next((cells for cells in reader if any(cells)), None)
    except csv.Error as error:
        raise UnreadableFile(f"The first line cannot be read: {error}.") from error
    if found is None:
        raise UnreadableFile("The file is empty: its first line must hold the column titles.")
    named = [title.strip() for title in found]
    if len(named) > MOST_COLUMNS:
        raise UnreadableFile(f"The file has more than {MOST_COLUMNS} columns.")
    if not all(named):
        raise UnreadableFile(f"Column {named.index('') + 1} has no title.")
    twice = next((title for title in named if named.count(title) > 1), None)
    if twice is not None:
        raise UnreadableFile(f"Two columns are called {twice[:80]!r}.")
    return named


def _named(encoding: str | None) -> str | None:
    if encoding is None:
        return None
    name = _SAME.get(encoding.lower(), encoding.lower())
    if name not in _CODECS:
        raise UnreadableFile(f"The encoding {encoding[:40]!r} is not one of {', '.join(ENCODINGS)}.")
    return name


def _refuse_utf8(content: bytes, marked: str | None) -> None:
    try:
        content.decode(marked or "utf-8")
    except UnicodeDecodeError:
        return
    line = next((n for n, text in enumerate(content.split(b"\n"), start=1) if not text.isascii()), None)
    if line is not None:
        raise UnreadableFile(f"Line {line} is UTF-8 (or UTF-16), not windows-1252.", code="wrong_encoding")
