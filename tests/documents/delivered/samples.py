"""Member files as customers and attackers make them. Workbooks come from the libraries that write them, or by hand."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any
from xml.sax.saxutils import escape

import pytest
import xlsxwriter
import xlwt

from billing_service.documents.delivered import DeliveredColumn, DeliveredFile, ReadLimits, RefusedFile, read_delivered

MEMBERS: tuple[tuple[Any, ...], ...] = (
    ("Naam", "Geboren", "Contributie", "Plaats"),
    ("Jansen", date(1980, 4, 3), 45.5, "Zwolle"),
    ("De Vries", date(1999, 12, 31), 45, "Ede"),
)

Rows = Iterable[Sequence[Any]]

_ODS_NAMES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in (("office", "office"), ("table", "table"), ("text", "text"))
)
_CALC = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'


# --- ordinary files -------------------------------------------------------------------------------------------------


def csv_of(rows: Rows, separator: str = ";", encoding: str = "utf-8") -> bytes:
    lines = [separator.join(str(value) for value in row) for row in rows]
    return "\r\n".join([*lines, ""]).encode(encoding)


def xlsx_of(*sheets: tuple[str, Rows], top: int = 0, left: int = 0, hidden: Sequence[str] = ()) -> bytes:
    """A workbook; a cell may also be ``("=1/0", "#DIV/0!")``: a formula with the value that is stored for it."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    as_date = book.add_format({"num_format": "dd-mm-yyyy"})
    for name, rows in sheets:
        sheet = book.add_worksheet(name)
        if name in hidden:
            sheet.hide()
        for y, row in enumerate(rows, start=top):
            for x, value in enumerate(row, start=left):
                if isinstance(value, tuple):
                    sheet.write_formula(y, x, value[0], None, value[1])
                elif isinstance(value, date):
                    sheet.write_datetime(y, x, value, as_date)
                else:
                    sheet.write(y, x, value)
        if name not in hidden:
            sheet.activate()
    book.close()
    return target.getvalue()


def xls_book(*sheets: tuple[str, Rows]) -> xlwt.Workbook:
    book = xlwt.Workbook()
    as_date = xlwt.easyxf(num_format_str="DD-MM-YYYY")
    for name, rows in sheets:
        sheet = book.add_sheet(name)
        for y, row in enumerate(rows):
            for x, value in enumerate(row):
                if value == "#REF!":
                    sheet.row(y).set_cell_error(x, value)
                elif isinstance(value, date):
                    sheet.write(y, x, value, as_date)
                else:
                    sheet.write(y, x, value)
    return book


def xls_of(*sheets: tuple[str, Rows]) -> bytes:
    target = io.BytesIO()
    xls_book(*sheets).save(target)
    return target.getvalue()


def xls_of_records(change: Callable[[bytes], bytes]) -> bytes:
    """A workbook of members whose records were changed before they were put into their container."""
    target = io.BytesIO()
    xlwt.CompoundDoc.XlsDoc().save(target, change(xls_book(("Leden", MEMBERS)).get_biff_data()))
    return target.getvalue()


def ods_cell(value: Any, attributes: str = "") -> str:
    if isinstance(value, date):
        return f'<table:table-cell office:value-type="date" office:date-value="{value}" {attributes}/>'
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}" {attributes}/>'
    kind = 'office:value-type="string"' if value else ""
    return f"<table:table-cell {kind} {attributes}><text:p>{escape(value)}</text:p></table:table-cell>"


def ods_row(cells: Iterable[str], attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{''.join(cells)}</table:table-row>"


def ods_of(*sheets: tuple[str, Rows]) -> bytes:
    return ods_of_rows(*((name, [ods_row(map(ods_cell, row)) for row in rows]) for name, rows in sheets))


def ods_of_rows(*sheets: tuple[str, Iterable[str]], before: str = "") -> bytes:
    tables = "".join(f'<table:table table:name="{name}">{"".join(rows)}</table:table>' for name, rows in sheets)
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"{before}<office:document-content {_ODS_NAMES} {_CALC}><office:body><office:spreadsheet>"
            f"{tables}</office:spreadsheet></office:body></office:document-content>",
        }
    )


# --- files changed by hand ------------------------------------------------------------------------------------------


def zipped(parts: dict[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return target.getvalue()


def unzipped(content: bytes) -> dict[str, str | bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def xlsx_with(parts: dict[str, str | bytes]) -> bytes:
    """A workbook of members with these parts added or replaced."""
    return zipped({**unzipped(xlsx_of(("Leden", MEMBERS))), **parts})


def xlsx_of_cells(cells: str) -> bytes:
    """A workbook whose first sheet holds this XML as its rows."""
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'
    return xlsx_with({"xl/worksheets/sheet1.xml": sheet})


def with_entry(xls: bytes, name: str) -> bytes:
    """An old container with one more storage beside its workbook ([MS-CFB] 2.6.1: entries of 128 bytes)."""
    content = bytearray(xls)
    at = xls.rindex("Workbook".encode("utf-16-le"))
    struct.pack_into("<I", content, at + 68, 2)  # its left neighbour is entry 2
    spelled = name.encode("utf-16-le")
    nobody = 0xFFFFFFFF
    content[at + 128 : at + 192] = spelled.ljust(64, b"\0")
    struct.pack_into("<HBBIII", content, at + 192, len(spelled) + 2, 1, 1, nobody, nobody, nobody)
    return bytes(content)


def marked_as_encrypted(package: bytes) -> bytes:
    """Every part of the zip says that it needs a password (APPNOTE 4.4.4, bit 0)."""
    content = bytearray(package)
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(mark)
        while at >= 0:
            content[at + flags] |= 1
            at = content.find(mark, at + 4)
    return bytes(content)


def said_to_be_small(package: bytes, real: int) -> bytes:
    """The part of ``real`` bytes says that it is 1,000 bytes, in both places."""
    return package.replace(struct.pack("<I", real), struct.pack("<I", 1_000))


# --- reading --------------------------------------------------------------------------------------------------------


def column(file: DeliveredFile, title: str) -> DeliveredColumn:
    return next(found for found in file.columns if found.title == title)


def refusal(content: bytes, name: str, code: str, **limits: int) -> RefusedFile:
    """The refusal of this file, which must have this code."""
    with pytest.raises(RefusedFile) as caught:
        read_delivered(content, name, ReadLimits(**limits))
    assert caught.value.code == code, caught.value
    return caught.value
