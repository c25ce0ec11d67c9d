"""What is read from a delivered file, and how much one may hold: titles, counts and notations, nobody's values."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Final

MEGABYTE: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadLimits:
    """How large a delivered file may be, and how long and with how much memory one is read.

    Attributes:
        most_bytes: of the file as it came.
        most_unpacked_bytes: of what a workbook's parts take unpacked, together.
        most_times_smaller: how many times a part may have shrunk when it was packed. Real sheets shrink 5 to 30 times,
            bombs 1,000 times.
        most_columns: the position of the last column with a title or value.
        most_rows: rows of the sheet or file, with titles and blank ones.
        most_cells: rows × columns, filled or not: a reader keeps room for each.
        seconds: until the reading process is ended.
        memory_bytes: address space of the reading process.
        wait_seconds: how long to wait for a place when as many files are being read as may be.
    """

    most_bytes: int = 25 * MEGABYTE
    most_unpacked_bytes: int = 200 * MEGABYTE
    most_times_smaller: int = 150
    most_columns: int = 1_000
    most_rows: int = 200_000
    most_cells: int = 5_000_000
    seconds: int = 30
    memory_bytes: int = 1_000 * MEGABYTE
    wait_seconds: int = 10


@dataclass(frozen=True, slots=True)
class DeliveredColumn:
    """One column with a title, or with values and no title (``title`` is then empty).

    Attributes:
        position: 1 for column A.
        title: on one line, without blanks around it.
        filled: how many rows have a value in it; 0 is an empty column, which is no problem.
        problem: why an import must skip it (``Problem``), or None.
        facts: counts behind it: ``kinds`` (kind → cells), ``dates`` (notation → cells), ``unusable`` (why → cells).
    """

    position: int
    title: str
    filled: int
    problem: str | None = None
    facts: dict[str, dict[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """What a delivered file holds.

    Attributes:
        format: ``csv``, ``xlsx``, ``xls`` or ``ods``.
        encoding, separator: of a CSV; the separator is None too where there is one column.
        sheet: the name of the sheet that was read; ``other_sheets``: those with contents that were not.
        rows: rows below the titles with a value in them.
        columns: in order of position, those without title among them.
    """

    format: str
    encoding: str | None
    separator: str | None
    sheet: str | None
    other_sheets: tuple[str, ...]
    rows: int
    columns: tuple[DeliveredColumn, ...]

    @property
    def titles(self) -> tuple[str, ...]:
        """The titled columns in order: what the structure of a file is, and what counts for its price."""
        return tuple(column.title for column in self.columns if column.title)

    @property
    def untitled(self) -> tuple[DeliveredColumn, ...]:
        """The columns with values and no title, known by their position only."""
        return tuple(column for column in self.columns if not column.title)

    @property
    def skipped(self) -> tuple[DeliveredColumn, ...]:
        """The columns that an import must skip."""
        return tuple(column for column in self.columns if column.problem)

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> DeliveredFile:
        """The file of ``to_plain``."""
        columns = tuple(DeliveredColumn(**column) for column in plain["columns"])
        return cls(**{**plain, "columns": columns, "other_sheets": tuple(plain["other_sheets"])})
