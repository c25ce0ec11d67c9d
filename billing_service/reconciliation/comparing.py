"""Comparing: theirs is read first and ours after it, in one picture, then part by part, and doubts once more.

So whatever is issued, delivered or paid while the lists are read is known here, and what the lists say otherwise is
read back. No transaction is open while the package is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from billing_service.core.reconciling import Class, Comparison, Difference, Theirs, joined, reconcile
from billing_service.reconciliation import ours
from billing_service.reconciliation.books import Books
from billing_service.reconciliation.ours import Side
from billing_service.reconciliation.spool import PARTS, Shelf, part_of, theirs_line, theirs_of
from billing_service.reconciliation.theirs import Reader
from billing_service.store.scope import Scope
from connectors.base import RemoteDocument

OpenScope = Callable[[], AbstractContextManager[Scope]]

MOST_READ_BACK: Final = 500
"""Of more doubts than this the package is not asked about each: so many are no matter of a moment."""
_CERTAIN: Final = frozenset({Class.EXTRA, Class.DUPLICATE})
"""Ours is read after theirs, so that what stands there and is not known here is no matter of a moment."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What it came to, and by its id there what was read back of it (``None``: it is gone)."""

    result: Comparison
    seen: Mapping[str, RemoteDocument | None]


def compare(side: Side, reader: Reader, reading: OpenScope, folder: Path, *, own_journal: bool) -> Compared:
    """Raises whatever the package answers instead of a whole list: then there is no result."""
    listed = Shelf(folder, "listed", 1)
    with listed.writing() as writer:
        for it in reader.documents(side.since):
            writer.put(theirs_line(it))
    open_items = reader.open_items()
    with reading() as scope:
        books = Books(folder, ours.patterns(scope), own_journal)
        set_offs = ours.set_offs(scope, side)
        mine, older = ours.documents(scope, side), ours.opening(scope, side)
        books.lay_out(mine, older, _listed(listed), open_items, set_offs)
    parts = [reconcile(*books.part(at), side.currency) for at in range(PARTS)]
    doubts = _doubts(one for part in parts for one in part.differences)
    seen = _looked_again(books, side, reader, reading, doubts)
    for at in {part_of(one.number) for one in doubts}:
        parts[at] = reconcile(*books.part(at), side.currency)
    return Compared(joined(parts), seen)


def _doubts(found: Iterable[Difference]) -> list[Difference]:
    """Those that may be otherwise by now; what is on its way comes last."""
    doubts = [one for one in found if one.kind not in _CERTAIN]
    return sorted(doubts, key=lambda one: one.kind is Class.UNDER_WAY)[:MOST_READ_BACK]


def _listed(shelf: Shelf) -> Iterator[Theirs]:
    return (theirs_of(line) for line in shelf.lines())


def _looked_again(
    books: Books, side: Side, reader: Reader, reading: OpenScope, doubts: Sequence[Difference]
) -> dict[str, RemoteDocument | None]:
    """At what we know by now, then at what stands there."""
    there = {one.remote_id for one in doubts}
    for some in _some(one.document_id for one in doubts if one.document_id is not None):
        with reading() as scope:
            for mine in (*ours.documents(scope, side, some), *ours.opening(scope, side, some)):
                books.known_anew(mine)
                there.add(mine.remote_id)
    seen = {remote_id: reader.read_back(remote_id) for remote_id in sorted(filter(None, there))}
    for remote_id, it in seen.items():
        books.saw(remote_id, None if it is None else reader.told(it))
    return seen


def _some(ids: Iterable[UUID]) -> Iterator[list[UUID]]:
    found = sorted(set(ids))
    for at in range(0, len(found), ours.AT_ONCE):
        yield found[at : at + ours.AT_ONCE]
