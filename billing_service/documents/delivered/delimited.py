"""CSV as people save it: UTF-8, UTF-16 or Windows-1252; semicolons, commas, tabs or bars."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from itertools import islice
from typing import Final

from billing_service.documents import tables
from billing_service.documents.delivered.grid import read_grid
from billing_service.documents.delivered.refusals import refused
from billing_service.documents.delivered.values import DeliveredFile, ReadLimits
from billing_service.errors import UnreadableFile

SEPARATORS: Final = (";", ",", "\t", "|")
LONGEST_LINE: Final = 1_000_000
_ROWS_COMPARED: Final = 20
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read(content: bytes, limits: ReadLimits) -> DeliveredFile:
    """Read a delimited file; cells that begin with = + - or @ are text like any other."""
    text, encoding = _decoded(content)
    text, named = _without_hint(text)
    separator = named or _likely_separator(text)
    rows, columns = read_grid(_rows(text, separator or ";"), limits)
    return DeliveredFile("csv", encoding, separator, None, (), rows, columns)


def _decoded(content: bytes) -> tuple[str, str]:
    """Text and encoding. What is neither marked nor UTF-8 is Windows-1252, of which Latin-1 is the printable part."""
    if content.startswith(_UTF16):
        try:
            return tables.decode(content), "utf-16"
        except UnreadableFile as error:
            raise refused("bad_utf16", code="unreadable_text") from error
    if b"\x00" in content:
        raise refused("nul_bytes", code="unreadable_text")
    try:
        return tables.decode(content), "utf-8"
    except UnreadableFile:
        # Five bytes mean nothing in Windows-1252: they become replacement characters, and their column a problem.
        return content.decode("cp1252", "replace"), "windows-1252"


def _without_hint(text: str) -> tuple[str, str | None]:
    """Spreadsheets understand a first line ``sep=;``, so exports carry it."""
    first, _, rest = text.partition("\n")
    hint = first.strip("\r").removeprefix("sep=")
    return (rest, hint) if hint in SEPARATORS and first.startswith("sep=") else (text, None)


def _likely_separator(text: str) -> str | None:
    """With which most rows at the top have as many cells as the titles, then with most titles; None for one column."""

    def fit(separator: str) -> tuple[int, int]:
        reader = csv.reader(_lines(text), delimiter=separator)
        csv.field_size_limit(tables.LONGEST_CELL)
        try:
            rows = list(islice((row for row in reader if any(cell.strip() for cell in row)), _ROWS_COMPARED))
        except csv.Error:
            return 0, text.partition("\n")[0].count(separator)
        width = len(rows[0]) if rows else 0
        return (sum(len(row) == width for row in rows), width) if width > 1 else (0, 0)

    best = max(SEPARATORS, key=fit)
    return best if fit(best) > (0, 0) else None


def _lines(text: str) -> Iterator[str]:
    stream = io.StringIO(text, newline="")
    number = 0
    while line := stream.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise refused("line_too_long", code="unreadable_text", line=number, most=LONGEST_LINE)
        yield line


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    csv.field_size_limit(tables.LONGEST_CELL)
    reader = csv.reader(_lines(text), delimiter=separator, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            reason = str(error)
            if "unexpected end" in reason:
                raise refused("quote_never_closed", code="unreadable_text", line=line) from error
            if "field larger" in reason:
                raise refused("value_too_long", code="unreadable_text", line=line, most=tables.LONGEST_CELL) from error
            raise refused("quote_inside_value", code="unreadable_text", line=line) from error
