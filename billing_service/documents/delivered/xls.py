"""The old binary workbook: encryption, macros, and the outline of its sheets, from its records ([MS-XLS] 2.4)."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Final

import olefile

from billing_service.documents.delivered.outline import ERROR, SheetOutline
from billing_service.documents.delivered.refusals import damaged, refused
from billing_service.documents.delivered.values import ReadLimits

_WORKBOOK: Final = ("workbook", "book")
_MACROS: Final = frozenset({"_vba_project_cur", "_vba_project", "macros", "vba"})
_OTHERS: Final = frozenset({"worddocument", "powerpoint document"})

_FORMULA, _EOF, _FILEPASS, _BOUNDSHEET, _MULRK, _RSTRING = 0x06, 0x0A, 0x2F, 0x85, 0xBD, 0xD6
_LABELSST, _NUMBER, _LABEL, _BOOLERR, _RK, _BOF = 0xFD, 0x203, 0x204, 0x205, 0x27E, 0x809
_CELLS: Final = frozenset({_FORMULA, _MULRK, _RSTRING, _LABELSST, _NUMBER, _LABEL, _BOOLERR, _RK})
_MACRO_SHEET, _VB_MODULE = 1, 6


def workbook_stream(content: bytes) -> bytes:
    """The records of the workbook inside its container.

    Raises ``RefusedFile``: encrypted_file (also for a newer workbook with a password, which is such a container),
    file_with_macros, not_a_table, damaged_file.
    """
    try:
        with olefile.OleFileIO(io.BytesIO(content), raise_defects=olefile.DEFECT_INCORRECT) as container:
            entries = [[name.lower() for name in path] for path in container.listdir(streams=True, storages=True)]
            names = {name for path in entries for name in path}
            _refuse_names(names)
            found = next((name for name in _WORKBOOK if [name] in entries), None)
            if found is None:
                raise refused("other_kind", code="not_a_table", kind="other_container")
            return bytes(container.openstream(found).read())
    except (OSError, ValueError, IndexError, TypeError, struct.error, AttributeError) as error:
        raise damaged() from error


def _refuse_names(names: set[str]) -> None:
    if "encryptedpackage" in names:
        raise refused("encrypted", code="encrypted_file")
    if names & _OTHERS:
        raise refused("other_kind", code="not_a_table", kind="document")
    if names & _MACROS:
        raise refused("macros", code="file_with_macros")


def outlines(stream: bytes, limits: ReadLimits) -> list[SheetOutline]:
    """How far each sheet reaches, in the workbook's order. Raises ``RefusedFile``."""
    begins = []
    for kind, at, size in _records(stream, 0):
        if kind == _FILEPASS:
            raise refused("encrypted", code="encrypted_file")
        if kind == _BOUNDSHEET and size >= 6:
            begin, sort = struct.unpack_from("<IxB", stream, at)
            if sort in (_MACRO_SHEET, _VB_MODULE):
                raise refused("macros", code="file_with_macros")
            begins.append(begin)
    if len(set(begins)) < len(begins):
        raise damaged()
    return [_outline(stream, begin, limits) for begin in begins]


def _outline(stream: bytes, begin: int, limits: ReadLimits) -> SheetOutline:
    sheet = SheetOutline(limits)
    for kind, at, size in _records(stream, begin):
        if kind in _CELLS and size >= 6:
            row, first, last = struct.unpack_from("<HHH", stream, at)
            if kind == _MULRK:
                last = struct.unpack_from("<H", stream, at + size - 2)[0]
            sheet.reach(row, max(first, last) if kind == _MULRK else first)
            if _is_error(stream, kind, at, size):
                sheet.hide(first, ERROR)
    sheet.refuse_area()
    return sheet


def _is_error(stream: bytes, kind: int, at: int, size: int) -> bool:
    if kind == _BOOLERR and size >= 8:
        return stream[at + 7] == 1
    return kind == _FORMULA and size >= 14 and stream[at + 6] == 2 and stream[at + 12 : at + 14] == b"\xff\xff"


def _records(stream: bytes, begin: int) -> Iterator[tuple[int, int, int]]:
    """Kind, place and size of each record from ``begin`` to the end of its part; charts inside it included."""
    at, depth, end = begin, 0, len(stream)
    while at + 4 <= end:
        kind, size = struct.unpack_from("<HH", stream, at)
        if at + 4 + size > end:
            raise damaged()
        yield kind, at + 4, size
        if kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif kind == _BOF:
            depth += 1
        at += 4 + size
    raise damaged()
