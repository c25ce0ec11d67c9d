"""XLSX, XLS and ODS: the first visible sheet, read after everything that could harm was refused."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TypeVar

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from billing_service.documents.delivered import ods, xls, xlsx
from billing_service.documents.delivered.grid import read_grid
from billing_service.documents.delivered.outline import SheetOutline
from billing_service.documents.delivered.package import Package
from billing_service.documents.delivered.refusals import damaged, refused
from billing_service.documents.delivered.values import DeliveredFile, ReadLimits

T = TypeVar("T")


def read_xlsx(content: bytes, package: Package, limits: ReadLimits) -> DeliveredFile:
    package.refuse_lies()
    xlsx.refuse_unsafe_parts(package)
    parts = xlsx.sheet_parts(package)
    workbook, sheets = _open(content)
    first, others = _first(sheets)
    if not parts.keys() >= {first, *others}:
        raise damaged()
    outline = xlsx.outline(package, parts[first], limits)
    filled = tuple(name for name in others if xlsx.has_content(package, parts[name]))
    return _read("xlsx", workbook, first, outline, filled, limits)


def read_ods(content: bytes, package: Package, limits: ReadLimits) -> DeliveredFile:
    package.refuse_lies()
    package.refuse_encrypted_parts()
    ods.refuse_unsafe_parts(package)
    return _read_whole("ods", content, ods.outlines(package, limits), limits)


def read_xls(content: bytes, limits: ReadLimits) -> DeliveredFile:
    return _read_whole("xls", content, xls.outlines(xls.workbook_stream(content), limits), limits)


def _read_whole(format: str, content: bytes, outlines: list[SheetOutline], limits: ReadLimits) -> DeliveredFile:
    """Formats of which the reader takes in all sheets at once."""
    workbook, sheets = _open(content)
    if len(workbook.sheet_names) != len(outlines):
        raise damaged()
    by_name = dict(zip(workbook.sheet_names, outlines, strict=True))
    first, others = _first(sheets)
    filled = tuple(name for name in others if by_name[name].has_content)
    return _read(format, workbook, first, by_name[first], filled, limits)


def _open(content: bytes) -> tuple[CalamineWorkbook, list[tuple[str, bool]]]:
    """The workbook, and its worksheets: name, visible or not."""
    workbook = _calamine(lambda: CalamineWorkbook.from_filelike(io.BytesIO(content)))
    sheets = [
        (sheet.name, sheet.visible == SheetVisibleEnum.Visible)
        for sheet in workbook.sheets_metadata
        if sheet.typ == SheetTypeEnum.WorkSheet
    ]
    return workbook, sheets


def _first(sheets: list[tuple[str, bool]]) -> tuple[str, list[str]]:
    """The first visible worksheet, which is the one a customer sees first, and all the others."""
    first = next((name for name, visible in sheets if visible), None)
    if first is None:
        raise refused("no_sheet", code="not_a_table")
    return first, [name for name, _ in sheets if name != first]


def _read(
    format: str,
    workbook: CalamineWorkbook,
    name: str,
    outline: SheetOutline,
    others: tuple[str, ...],
    limits: ReadLimits,
) -> DeliveredFile:
    sheet = _calamine(lambda: workbook.get_sheet_by_name(name))
    start = sheet.start
    rows, columns = read_grid(sheet.iter_rows(), limits, start[1] if start else 0, outline.unseen)
    return DeliveredFile(format, None, None, name, others, rows, columns)


def _calamine(call: Callable[[], T]) -> T:
    try:
        return call()
    except PasswordError as error:
        raise refused("encrypted", code="encrypted_file") from error
    except (CalamineError, OSError, ValueError) as error:
        raise damaged() from error
