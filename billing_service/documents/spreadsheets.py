"""Tables for people's spreadsheets: CSV as a stream of bytes, XLSX as a file; a row at a time through little memory.

No text can become a formula, whoever wrote it. In XLSX a text is stored as text, and one that looks like a formula is
marked as quoted, so that editing the cell does not make it one either. CSV knows no types: there such a text gets an
apostrophe in front. Numbers and dates come from our own columns and are written as numbers and dates.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Literal

CSV: Final = "text/csv; charset=utf-8"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ROWS_IN_A_SHEET: Final = 1_048_576
LONGEST_TEXT: Final = 32_767
_CHUNK: Final = 64 * 1024

Kind = Literal["text", "amount", "price", "whole", "date", "moment"]
"""``amount`` has two decimals, ``price`` (also a quantity) two to four; ``moment`` is a naive datetime, Dutch time."""
DecimalMark = Literal["comma", "point"]

# What spreadsheets take for the beginning of a formula, in every width Unicode has; they may skip blanks before it.
_SIGNS: Final = "".join(
    [chr(n) for n in range(0x80, 0x10000) if unicodedata.normalize("NFKC", chr(n)) in ("=", "+", "-", "@")]
)
_BEGIN: Final = rf"=+\-@\u2212{_SIGNS}"
_BLANK: Final = r"\s\x00-\x1f\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202f\u205f-\u206f\ufeff"
_FORMULA: Final = re.compile(rf"[\t\r\n]|[{_BLANK}]*[{_BEGIN}]")
# Opened with the wrong separator a file falls apart in other places: there a cell could begin within a text.
_INNER: Final = re.compile(rf"([,;\t\r\n]\"*)(?=[{_BEGIN}])")


@dataclass(frozen=True, slots=True)
class Column:
    """``title`` is worded; ``kind`` says what the values are; ``width`` is in characters (XLSX)."""

    title: str
    kind: Kind = "text"
    width: int = 16


def looks_like_a_formula(text: str) -> bool:
    """Whether a spreadsheet could take this text for a formula."""
    return _FORMULA.match(text) is not None


def harmless(text: str) -> str:
    """The text as a CSV file may hold it: with an apostrophe before whatever could begin a formula."""
    if _FORMULA.match(text):
        text = f"'{text}"
    return _INNER.sub(r"\1'", text)


def write_csv(columns: Sequence[Column], rows: Iterable[Sequence[Any]], mark: DecimalMark = "comma") -> Iterator[bytes]:
    """The table in pieces of some 64 KiB.

    With ``comma`` it is what Excel opens by itself on a Dutch computer: semicolons, decimal commas, a byte-order mark.
    With ``point`` it is what programs read: commas, decimal points, no mark. Dates are YYYY-MM-DD, moments have the
    time behind it, lines end in CR LF.
    """
    target = io.StringIO()
    writer = csv.writer(target, delimiter=";" if mark == "comma" else ",", lineterminator="\r\n")
    if mark == "comma":
        target.write("\ufeff")
    as_text = [_csv_cells(mark)[column.kind] for column in columns]
    writer.writerow([harmless(column.title) for column in columns])
    for row in rows:
        writer.writerow(["" if v is None else write(v) for write, v in zip(as_text, row, strict=True)])
        if target.tell() >= _CHUNK:
            yield target.getvalue().encode()
            target.seek(0)
            target.truncate()
    yield target.getvalue().encode()


class Workbook:
    """An XLSX file in the making, in a ``with`` block; the file is there at the end of it.

    Rows go to disk as they come, to a temporary file per sheet beside ``path``.
    """

    def __init__(self, path: Path) -> None:
        import xlsxwriter  # here, so that the web does not load it

        options = {"constant_memory": True, "in_memory": False, "tmpdir": str(path.parent), "use_zip64": True}
        self._book = xlsxwriter.Workbook(str(path), options)
        self._bold = self._book.add_format({"bold": True})
        self._quoted = self._book.add_format({"quote_prefix": True})
        forms = {"amount": "#,##0.00", "price": "#,##0.00##", "date": 14, "moment": 22}
        self._formats = {kind: self._book.add_format({"num_format": form}) for kind, form in forms.items()}

    def __enter__(self) -> Workbook:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._book.close()

    def add_sheet(self, title: str, columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> None:
        """A sheet with a fixed line of titles. Rows beyond what a sheet can hold go on in a next one (``title 2``)."""
        source, part = iter(rows), 1
        while self._fill(title if part == 1 else f"{title} {part}", columns, source):
            part += 1

    def _fill(self, title: str, columns: Sequence[Column], rows: Iterator[Sequence[Any]]) -> bool:
        """Whether the sheet is full, so that there may be more."""
        sheet = self._book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(columns):
            sheet.set_column(at, at, column.width)
            sheet.write_string(0, at, column.title, self._bold)
        writers = [self._writer(sheet, column.kind) for column in columns]
        number = 0
        for number, row in enumerate(rows, start=1):
            for at, value in enumerate(row):
                if value is not None:
                    writers[at](number, at, value)
            if number == ROWS_IN_A_SHEET - 1:
                return True
        return False

    def _writer(self, sheet: Any, kind: Kind) -> Callable[[int, int, Any], object]:
        if kind == "text":
            return lambda row, at, value: sheet.write_string(
                row, at, _cut(value), self._quoted if looks_like_a_formula(value) else None
            )
        form = self._formats.get(kind)
        write = sheet.write_datetime if kind in ("date", "moment") else sheet.write_number
        return lambda row, at, value: write(row, at, value, form)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 1]}…"


def _csv_cells(mark: DecimalMark) -> Mapping[Kind, Callable[[Any], str]]:
    def price(value: Decimal) -> str:
        whole, _, decimals = f"{value:f}".partition(".")
        return f"{whole}{point}{decimals.rstrip('0').ljust(2, '0')}"

    point = "," if mark == "comma" else "."
    return {
        "text": harmless,
        "amount": price,
        "price": price,
        "whole": str,
        "date": date.isoformat,
        "moment": lambda value: datetime.isoformat(value, " ", "seconds"),
    }
