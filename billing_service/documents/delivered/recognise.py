"""What a file really is, told from its first bytes; its name must agree."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePath
from typing import Final

from billing_service.documents.delivered import delimited, workbook, xls
from billing_service.documents.delivered.package import Package
from billing_service.documents.delivered.refusals import refused
from billing_service.documents.delivered.values import DeliveredFile, ReadLimits

EXTENSIONS: Final = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xltx": "xlsx",
    ".xls": "xls",
    ".ods": "ods",
}
_ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_KINDS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"%PDF", "pdf"),
    (b"MZ", "program"),
    (b"\x7fELF", "program"),
    (b"#!", "program"),
    (b"\xcf\xfa\xed\xfe", "program"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"II*\x00", "picture"),
    (b"MM\x00*", "picture"),
    (b"RIFF", "picture"),
    (b"7z\xbc\xaf\x27\x1c", "archive"),
    (b"Rar!", "archive"),
    (b"\x1f\x8b", "archive"),
    (b"BZh", "archive"),
    (b"\xfd7zXZ", "archive"),
    (b"SQLite format 3\x00", "database"),
    (b"\x00\x01\x00\x00Standard ", "database"),
    (b"{\\rtf", "document"),
)
_BEGINNING: Final = 1_000
_PAGE: Final = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype html|html|head|body|table|meta|style)\b", re.IGNORECASE | re.DOTALL
)
_XML: Final = re.compile(r"\s*<[?!a-z]", re.IGNORECASE)
_JSON: Final = re.compile(r'\s*(?:\{\s*"|\[\s*[{\["])')


def read(content: bytes, file_name: str, limits: ReadLimits) -> DeliveredFile:
    """Read a file whose size was checked. Raises ``RefusedFile`` with one of the codes of ``refusals``."""
    if content.startswith(_ZIP):
        return _read_package(content, file_name, limits)
    if content.startswith(_OLE):
        xls.workbook_stream(content)  # an encrypted or macro container says so, whatever it is called
        _refuse_other_name(file_name, "xls")
        return workbook.read_xls(content, limits)
    if kind := _kind(content):
        raise refused("other_kind", code="not_a_table", kind=kind)
    _refuse_other_name(file_name, "csv")
    return delimited.read(content, limits)


def _read_package(content: bytes, file_name: str, limits: ReadLimits) -> DeliveredFile:
    package = Package(content, limits)
    package.refuse_macros()
    kind = package.kind()
    if kind not in ("xlsx", "ods"):
        raise refused("other_kind", code="not_a_table", kind=kind)
    _refuse_other_name(file_name, kind)
    return (
        workbook.read_xlsx(content, package, limits) if kind == "xlsx" else workbook.read_ods(content, package, limits)
    )


def _kind(content: bytes) -> str | None:
    """A key of ``refusals.KINDS`` for what is no table; None for text that may be one."""
    for mark, kind in _KINDS:
        if content.startswith(mark):
            return kind
    beginning = _text(content[:_BEGINNING])
    for pattern, kind in ((_PAGE, "web_page"), (_XML, "xml"), (_JSON, "json")):
        if pattern.match(beginning):
            return kind
    return None


def _text(beginning: bytes) -> str:
    wide = beginning.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return beginning.decode("utf-16" if wide else "utf-8-sig", "replace")


def _refuse_other_name(file_name: str, format: str) -> None:
    extension = PurePath(file_name).suffix.lower()
    if extension not in EXTENSIONS:
        raise refused("unknown_extension", code="wrong_extension")
    if EXTENSIONS[extension] != format:
        raise refused("other_extension", code="wrong_extension", named=extension, format=format.upper())
