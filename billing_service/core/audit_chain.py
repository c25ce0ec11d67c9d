"""The chain over an audit trail: which row was changed, removed or put in after it was sealed.

Rows are written unsealed; a sealer gives each a number (1, 2, 3 … in its trail) and a seal: SHA-256 over the seal
before it and the row's content. Whoever changes a row later breaks its link; whoever seals everything anew after it
differs from any seal that was noted elsewhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

CONTENT: Final = ("administration_id", "id", "at", "actor", "action", "noun", "object_id", "changes")
"""What a seal covers; a trail of operators has no ``administration_id``."""


def content(row: Mapping[Any, Any]) -> bytes:
    """The row as canonical JSON: keys sorted, instants in UTC to the microsecond. The same on every database."""
    return orjson.dumps({name: row[name] for name in CONTENT if name in row}, option=orjson.OPT_SORT_KEYS)


def seal_of(row: Mapping[Any, Any], previous: str | None) -> str:
    """The seal (hexadecimal) of this row after ``previous``, which the first row of a trail does not have."""
    return hashlib.sha256(bytes.fromhex(previous or "") + content(row)).hexdigest()


@dataclass(frozen=True, slots=True)
class Seal:
    """A place in the chain, as stored with its newest row or as somebody noted it."""

    number: int
    seal: str


@dataclass(frozen=True, slots=True)
class BrokenLink:
    """What does not fit, at which seal number and row. ``row`` is what stands there now."""

    code: str
    seal_number: int
    row_id: UUID | None
    row: Mapping[Any, Any] | None = None


SENTENCES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "row_changed": "The content of this row is not what was sealed; its seal is intact.",
        "seal_changed": "The seal of this row was changed; its content is what was sealed.",
        "link_broken": "The content or the seal of this row was changed, and so was the row after it.",
        "rows_missing": "The sealed rows from this number on, up to the next one, are gone.",
        "end_missing": "The newest sealed rows, from this number on, are gone.",
        "head_differs": "The newest row has another seal than the one the chain ends with.",
        "beyond_the_end": "This row claims to be sealed, but the chain ends before it.",
        "noted_seal_differs": "The seal that was noted for this number is not the one that stands there now.",
    },
    "nl": {
        "row_changed": "De inhoud van deze regel is niet wat is verzegeld; het zegel is ongeschonden.",
        "seal_changed": "Het zegel van deze regel is gewijzigd; de inhoud is wat is verzegeld.",
        "link_broken": "De inhoud of het zegel van deze regel is gewijzigd, en de regel erna ook.",
        "rows_missing": "De verzegelde regels vanaf dit nummer tot aan het volgende zijn verdwenen.",
        "end_missing": "De nieuwste verzegelde regels, vanaf dit nummer, zijn verdwenen.",
        "head_differs": "De nieuwste regel heeft een ander zegel dan dat waarmee de keten eindigt.",
        "beyond_the_end": "Deze regel zegt verzegeld te zijn, maar de keten eindigt ervoor.",
        "noted_seal_differs": "Het zegel dat bij dit nummer is genoteerd, is niet het zegel dat er nu staat.",
    },
}
"""What each code of a broken link says to a person."""


class ChainCheck:
    """Fed the rows of one trail in the order of their numbers, it knows the first link that is broken.

    ``head`` is where the chain ends. One row is held back until its successor tells whether a row or its seal was
    changed, so what it needs does not grow with the trail.
    """

    def __init__(self, head: Seal | None, noted: Seal | None = None) -> None:
        self.head = head
        self.rows = 0
        self.broken = 0
        self.first: BrokenLink | None = None
        self._noted = noted
        self._last: Seal | None = None
        self._doubtful: tuple[Mapping[Any, Any], str] | None = None

    def take(self, row: Mapping[Any, Any]) -> None:
        """The next row, with its ``seal_number`` and ``seal``."""
        number, seal = row["seal_number"], row["seal"]
        follows = number == self._next
        previous = self._settled(row if follows else None)
        if not follows:  # the seal before it is gone, so its own can only be believed
            self._break("rows_missing", self._next, None)
        elif (computed := seal_of(row, previous)) != seal:
            self._doubtful = (row, computed)
        if self._noted and self._noted.number == number and self._noted.seal != seal:
            self._break("noted_seal_differs", number, row["id"], row)
        self._last = Seal(number, seal)
        self.rows += 1

    def end(self, beyond: Mapping[Any, Any] | None = None) -> None:
        """All rows up to the head were taken; ``beyond`` is a row that claims a number after it."""
        head, last = self.head, self._last
        if self._doubtful is not None:
            row, computed = self._doubtful
            known = head.seal if head else None
            code = "row_changed" if known == row["seal"] else "seal_changed" if known == computed else "link_broken"
            self._doubtful = None
            self._break(code, row["seal_number"], row["id"], row)
        elif head and last and last.number == head.number and last.seal != head.seal:
            self._break("head_differs", last.number, None)
        if head and self._next <= head.number:
            self._break("end_missing", self._next, None)
        if self._noted and self._noted.number >= self._next:
            self._break("noted_seal_differs", self._noted.number, None)
        if beyond is not None:
            self._break("beyond_the_end", beyond["seal_number"], beyond["id"], beyond)

    @property
    def _next(self) -> int:
        return self._last.number + 1 if self._last else 1

    def _settled(self, successor: Mapping[Any, Any] | None) -> str | None:
        """The seal before ``successor`` as it was chained. Says what was changed about a row that was held back, now
        that its successor is known: the seal it was chained to is the true one."""
        stored = self._last.seal if self._last else None
        if self._doubtful is None:
            return stored
        (row, computed), self._doubtful = self._doubtful, None
        code = "link_broken"
        if successor is not None and seal_of(successor, stored) == successor["seal"]:
            code = "row_changed"
        elif successor is not None and seal_of(successor, computed) == successor["seal"]:
            code, stored = "seal_changed", computed
        self._break(code, row["seal_number"], row["id"], row)
        return stored

    def _break(self, code: str, number: int, row_id: UUID | None, row: Mapping[Any, Any] | None = None) -> None:
        self.broken += 1
        if self.first is None or number < self.first.seal_number:
            self.first = BrokenLink(code, number, row_id, row)
