"""Rows of cells to titled columns: finds the titles, and sees every cell below them without keeping it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from billing_service.documents.delivered.columns import judge
from billing_service.documents.delivered.kinds import Kind, Seen, see
from billing_service.documents.delivered.refusals import refused
from billing_service.documents.delivered.values import DeliveredColumn, ReadLimits

LONGEST_TITLE: Final = 300
_BLANKS: Final = re.compile(r"\s+")
_EMAIL: Final = re.compile(r"\S+@\S+\.\S+")
_HEADING_OVER: Final = 3  # filled cells; fewer may be a table of one titled column with a remark beside it

Row = Sequence[Any]


def read_grid(
    rows: Iterable[Row], limits: ReadLimits, before: int = 0, unseen: Mapping[int, Counter[Seen]] | None = None
) -> tuple[int, tuple[DeliveredColumn, ...]]:
    """How many rows with a value follow the titles, and the columns.

    The titles are the first row with anything in it. ``before`` is how many columns of the sheet lie left of the
    rows' first cell; ``unseen`` are cells, by column index, that the rows do not show (errors, formulas without value).
    Raises ``RefusedFile``: too_many_rows, too_many_columns, no_titles, duplicate_titles, unreadable_text.
    """
    filled = _filled(rows, limits)
    first = next(filled, None)
    if first is None:
        raise refused("no_rows", code="no_titles")
    second = next(filled, None)
    _refuse_heading(first, second)
    titles = _titles([""] * before + list(first), limits.most_columns)
    seen: dict[int, Counter[Seen]] = {}
    count = 0
    for row in chain([second] if second is not None else [], filled):
        count += 1
        for at, value in enumerate(row, start=before):
            if value != "" and (cell := see(value)) is not None:
                (seen.get(at) or seen.setdefault(at, Counter()))[cell] += 1
    for at, cells in (unseen or {}).items():
        seen.setdefault(at, Counter()).update(cells)
    positions = sorted(titles.keys() | seen.keys())
    if positions[-1] >= limits.most_columns:
        raise refused("too_many_columns", code="too_many_columns", most=limits.most_columns)
    return count, tuple(judge(at + 1, titles.get(at, ""), seen.get(at, Counter())) for at in positions)


def _filled(rows: Iterable[Row], limits: ReadLimits) -> Iterator[Row]:
    for number, row in enumerate(rows, start=1):
        if number > limits.most_rows:
            raise refused("too_many_rows", code="too_many_rows", most=limits.most_rows)
        if any(value != "" and see(value) is not None for value in row):
            yield row


def _refuse_heading(first: Row, second: Row | None) -> None:
    below = sum(see(value) is not None for value in second or ())
    if below >= _HEADING_OVER and sum(see(value) is not None for value in first) == 1:
        raise refused("heading_above", code="no_titles", cells=below)


def _titles(row: Row, most: int) -> dict[int, str]:
    """Index → title."""
    cells = {at: cell for at, value in enumerate(row) if (cell := see(value)) is not None}
    if max(cells) >= most:
        raise refused("too_many_columns", code="too_many_columns", most=most)
    _refuse_values(row, cells)
    titles = {at: _BLANKS.sub(" ", _text(row[at])).strip() for at in cells}
    for at, title in titles.items():
        if len(title) > LONGEST_TITLE:
            raise refused("title_too_long", code="unreadable_text", column=at + 1, most=LONGEST_TITLE)
    known = Counter(title.casefold() for title in titles.values())
    if twice := list(dict.fromkeys(title for title in titles.values() if known[title.casefold()] > 1)):
        raise refused("duplicate_titles", code="duplicate_titles", titles=twice)
    return titles


def _refuse_values(row: Row, cells: Mapping[int, Seen]) -> None:
    """A date, an e-mail address, or mostly numbers are no titles. The value is not repeated: it may be personal."""
    numbers = [at for at, cell in cells.items() if cell.kind == Kind.NUMBER]
    telling = [at for at, cell in cells.items() if cell.kind == Kind.DATE or _EMAIL.fullmatch(_text(row[at]).strip())]
    if len(numbers) * 2 >= len(cells):
        telling += numbers
    if telling:
        raise refused("values_for_titles", code="no_titles", column=min(telling) + 1)


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
