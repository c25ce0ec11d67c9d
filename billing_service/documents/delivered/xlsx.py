"""The outline of an XLSX workbook, from its own parts (ECMA-376 part 1, 18.2 and 18.3)."""

from __future__ import annotations

import posixpath
from functools import lru_cache, reduce
from typing import Final

from billing_service.documents.delivered.outline import ERROR, UNSET_FORMULA, SheetOutline
from billing_service.documents.delivered.package import Package
from billing_service.documents.delivered.refusals import damaged
from billing_service.documents.delivered.values import ReadLimits
from billing_service.documents.delivered.xml import Enough, scan

_MOST_LETTERS, _MOST_FIGURES = 3, 7  # of a cell's reference: XFD1048576
_RELATIONS: Final = "xl/_rels/workbook.xml.rels"
_READ_BY_CALAMINE: Final = ("xl/sharedStrings.xml", "xl/styles.xml", "[Content_Types].xml", "_rels/.rels")


def sheet_parts(package: Package) -> dict[str, str]:
    """Name of each worksheet → its part, in the workbook's order. Raises ``RefusedFile`` (damaged_file)."""
    targets: dict[str, str] = {}
    sheets: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet"):
            targets[attributes.get("Id", "")] = posixpath.join("xl", attributes.get("Target", "")).lstrip("/")

    def sheet(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            key = next((value for key, value in attributes.items() if key.endswith(":id")), "")
            if key in targets:
                sheets[attributes.get("name", "")] = targets[key]

    for part, handler in ((_RELATIONS, relation), ("xl/workbook.xml", sheet)):
        with package.open(_present(package, part)) as stream:
            scan(stream, handler)
    return {name: _present(package, posixpath.normpath(part)) for name, part in sheets.items()}


def refuse_unsafe_parts(package: Package) -> None:
    """The other parts that calamine reads, looked through for what no workbook has. Raises ``RefusedFile``."""
    for name in _READ_BY_CALAMINE:
        if part := package.find(name):
            with package.open(part) as stream:
                scan(stream)


def outline(package: Package, part: str, limits: ReadLimits) -> SheetOutline:
    """How far the worksheet reaches. Raises ``RefusedFile``."""
    cells = _Cells(SheetOutline(limits))
    with package.open(part) as stream:
        scan(stream, cells.start, cells.end, cells.text)
    cells.sheet.refuse_area()
    return cells.sheet


def has_content(package: Package, part: str) -> bool:
    """Whether any cell of the worksheet has a value."""
    found = False

    def start(name: str, _: dict[str, str]) -> None:
        nonlocal found
        if name in ("v", "is"):
            found = True
            raise Enough

    with package.open(part) as stream:
        scan(stream, start)
    return found


def _present(package: Package, name: str) -> str:
    part = package.find(name)
    if part is None:
        raise damaged()
    return part


class _Cells:
    """The cell that the scan is in: ``<c r="B3" t="s"><f>…</f><v>0</v></c>``."""

    def __init__(self, sheet: SheetOutline) -> None:
        self.sheet = sheet
        self.row = self.column = -1
        self.type = ""
        self.in_value = self.has_value = self.has_formula = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self._place(attributes.get("r"))
            self.type = attributes.get("t", "")
            self.has_value = self.has_formula = False
        elif name in ("v", "is"):
            self.in_value = True
        elif name == "f":
            self.has_formula = True
        elif name == "row":
            number = attributes.get("r", "")
            self.row = int(number) - 1 if number.isdecimal() and len(number) <= _MOST_FIGURES else self.row + 1
            self.column = -1

    def text(self, data: str) -> None:
        if self.in_value and not data.isspace():
            self.has_value = True

    def end(self, name: str) -> None:
        if name in ("v", "is"):
            self.in_value = False
        elif name == "c":
            if self.has_value:
                self.sheet.reach(self.row, self.column)
                if self.type == "e":
                    self.sheet.hide(self.column, ERROR)
            elif self.has_formula and self.type != "str":  # an empty text is a value that a formula may have
                self.sheet.hide(self.column, UNSET_FORMULA)

    def _place(self, reference: str | None) -> None:
        """Cells without reference follow the one before."""
        if reference is None:
            self.column += 1
            return
        letters = reference.rstrip("0123456789")
        number = reference[len(letters) :]
        if not 0 < len(number) <= _MOST_FIGURES:
            raise damaged()
        self.row, self.column = int(number) - 1, _column(letters)


@lru_cache(maxsize=2_000)
def _column(letters: str) -> int:
    if not (0 < len(letters) <= _MOST_LETTERS and letters.isascii() and letters.isalpha()):
        raise damaged()
    return reduce(lambda before, letter: before * 26 + ord(letter) - ord("A") + 1, letters.upper(), 0) - 1
