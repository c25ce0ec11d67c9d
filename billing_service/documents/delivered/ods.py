"""The outline of an ODS workbook, from its content (OpenDocument 1.3 part 3, 9.1); repeated cells count as often."""

from __future__ import annotations

from billing_service.documents.delivered.outline import ERROR, UNSET_FORMULA, SheetOutline
from billing_service.documents.delivered.package import Package
from billing_service.documents.delivered.refusals import damaged
from billing_service.documents.delivered.values import ReadLimits
from billing_service.documents.delivered.xml import scan

CONTENT = "content.xml"
_READ_BY_CALAMINE = ("styles.xml", "META-INF/manifest.xml")


def refuse_unsafe_parts(package: Package) -> None:
    """The other parts, looked through for what no workbook has. Raises ``RefusedFile``."""
    for name in _READ_BY_CALAMINE:
        if part := package.find(name):
            with package.open(part) as stream:
                scan(stream)


def outlines(package: Package, limits: ReadLimits) -> list[SheetOutline]:
    """How far each sheet reaches, in order. Raises ``RefusedFile``."""
    if CONTENT not in package.parts:
        raise damaged()
    cells = _Cells(limits)
    with package.open(CONTENT) as stream:
        scan(stream, cells.start, cells.end, cells.text)
    for sheet in cells.sheets:
        sheet.refuse_area()
    return cells.sheets


class _Cells:
    """The row and cell that the scan is in."""

    def __init__(self, limits: ReadLimits) -> None:
        self.limits = limits
        self.sheets: list[SheetOutline] = []
        self.row = self.column = 0
        self.rows = self.columns = 1
        self.in_cell = self.in_note = self.has_value = self.has_formula = self.is_error = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in ("table-cell", "covered-table-cell"):
            self.columns = _times(attributes.get("table:number-columns-repeated"))
            self.in_cell, self.has_value = True, "office:value-type" in attributes
            self.has_formula = "table:formula" in attributes
            # An error with a text of its own is shown by the reader, and recognised by that text.
            shown = attributes.get("office:string-value") != "" and self.has_value
            self.is_error = attributes.get("calcext:value-type") == "error" and not shown
        elif name == "table-row":
            self.rows, self.column = _times(attributes.get("table:number-rows-repeated")), 0
        elif name == "table":
            self.sheets.append(SheetOutline(self.limits))
            self.row = 0
        elif name == "annotation":
            self.in_note = True

    def text(self, data: str) -> None:
        if self.in_cell and not self.in_note and not data.isspace():
            self.has_value = True

    def end(self, name: str) -> None:
        if name in ("table-cell", "covered-table-cell"):
            self._count()
            self.column += self.columns
            self.in_cell = False
        elif name == "table-row":
            self.row += self.rows
        elif name == "annotation":
            self.in_note = False

    def _count(self) -> None:
        if not self.sheets:
            return
        sheet = self.sheets[-1]
        hidden = ERROR if self.is_error else UNSET_FORMULA if self.has_formula and not self.has_value else None
        if self.has_value or hidden:
            sheet.reach(self.row + self.rows - 1, self.column + self.columns - 1)
        if hidden:
            for column in range(self.column, self.column + self.columns):
                sheet.hide(column, hidden, self.rows)


def _times(repeated: str | None) -> int:
    if repeated is None:
        return 1
    if not (repeated.isascii() and repeated.isdecimal() and len(repeated) <= 7):
        raise damaged()
    return max(1, int(repeated))
