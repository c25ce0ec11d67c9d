"""Stacking blocks into pages: what belongs together stays together, and every page gets its head again."""

from __future__ import annotations

from collections.abc import Iterable

from billing_service.documents.pdf.marks import MM, Block, Mark, Strip, height, moved

TOP = 32 * MM
"""Where the text of a following page begins, under its running head."""
BOTTOM = 272 * MM
"""Where the text of every page ends, above the foot."""


class Flow:
    """The pages so far, and the place on the last one where the next block goes.

    ``repeated`` is drawn at the top of every following page: the head of the table that is being set.
    """

    def __init__(self) -> None:
        self.pages: list[list[Mark]] = [[]]
        self.y = 0.0
        self.repeated: Block = []

    @property
    def room(self) -> float:
        return BOTTOM - self.y

    def new_page(self) -> None:
        self.pages.append([])
        self.y = TOP
        for strip in self.repeated:
            self._put(strip)

    def add(self, block: Block, together_with: float = 0) -> None:
        """Place a block whole, and ``together_with`` points of room under it; else on the next page.

        A block that is taller than a page is split between its strips.
        """
        needed = height(block)
        if needed + together_with > self.room:
            whole = BOTTOM - TOP - height(self.repeated)
            if needed <= whole:
                self.new_page()
            else:
                together_with = 0
        for strip in block:
            if strip.height > self.room:
                self.new_page()
            self._put(strip)

    def _put(self, strip: Strip) -> None:
        self.pages[-1].extend(moved(strip.marks, self.y))
        self.y += strip.height


def add_table(flow: Flow, head: Block, rows: Iterable[Block], keep_after: float) -> None:
    """A table with its head on each page, whose last row stays with the ``keep_after`` points that follow it."""
    *others, last = rows
    first = others[0] if others else last
    splits = height(first) > BOTTOM - TOP - height(head)
    flow.add(head, together_with=first[0].height if splits else height(first))
    flow.repeated = head
    for row in others:
        flow.add(row)
    flow.add(last, together_with=keep_after)
    flow.repeated = []
