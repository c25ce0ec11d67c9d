"""The outline of a workbook, taken before its reader opens it: how far each sheet reaches, and cells the reader hides.

The reader (calamine) keeps room for every cell between the first and the last, so one value in the far corner
of a small file would ask for 550 GB; and it shows errors and formulas without a stored value as empty cells.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from billing_service.documents.delivered.kinds import Kind, Seen, Unusable
from billing_service.documents.delivered.refusals import refused
from billing_service.documents.delivered.values import ReadLimits

ERROR = Seen(Kind.UNUSABLE, Unusable.ERROR)
UNSET_FORMULA = Seen(Kind.UNUSABLE, Unusable.FORMULA)


@dataclass(slots=True)
class SheetOutline:
    """How far one sheet reaches (rows and columns counted from 0), and its unseen cells by column."""

    limits: ReadLimits
    last_row: int = -1
    last_column: int = -1
    unseen: dict[int, Counter[Seen]] = field(default_factory=dict)

    @property
    def has_content(self) -> bool:
        return self.last_row >= 0

    def reach(self, row: int, column: int) -> None:
        """There is a value in this cell. Raises ``RefusedFile`` as soon as the sheet is larger than the limits."""
        if row > self.last_row:
            self.last_row = row
            if row >= self.limits.most_rows:
                raise refused("too_many_rows", code="too_many_rows", most=self.limits.most_rows)
        if column > self.last_column:
            self.last_column = column
            if column >= self.limits.most_columns:
                raise refused("too_many_columns", code="too_many_columns", most=self.limits.most_columns)

    def hide(self, column: int, cell: Seen, times: int = 1) -> None:
        """The reader will show this cell as empty."""
        self.unseen.setdefault(column, Counter())[cell] += times

    def refuse_area(self) -> None:
        """Raises ``RefusedFile`` when the sheet spans more cells than the limits allow."""
        if (self.last_row + 1) * (self.last_column + 1) > self.limits.most_cells:
            raise refused("too_many_cells", code="too_many_cells", most=self.limits.most_cells)
