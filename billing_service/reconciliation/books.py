"""Both sides laid out in parts, and what was seen since the lists were read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID

from billing_service.core.money import ZERO
from billing_service.core.reconciling import Ours, Theirs, There
from billing_service.core.setting_off import SetOff, not_matched_there
from billing_service.reconciliation.ours import Pattern, with_more_open
from billing_service.reconciliation.spool import Shelf, Writer, ours_line, ours_of, part_of, theirs_line, theirs_of


@dataclass(slots=True)
class Books:
    """Two sets of parts in ``folder``. In memory stay only what links them and what was looked at again.

    ``patterns`` are those of our number series; ``own_journal`` says that the package lists our journal alone, so that
    everything there is ours to explain, whatever its number.
    """

    folder: Path
    patterns: Sequence[Pattern]
    own_journal: bool
    _ours: Shelf = field(init=False)
    _theirs: Shelf = field(init=False)
    _linked: dict[str, int] = field(init=False, default_factory=dict)
    _opening: set[str] = field(init=False, default_factory=set)
    _more_open: Mapping[UUID, Decimal] = field(init=False, default_factory=dict)
    _seen: dict[str, Theirs | None] = field(init=False, default_factory=dict)
    _anew: dict[UUID, Ours] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._ours, self._theirs = Shelf(self.folder, "ours"), Shelf(self.folder, "theirs")

    def lay_out(
        self,
        ours: Iterable[Ours],
        opening: Iterable[Ours],
        listed: Iterable[Theirs],
        open_items: Mapping[str, Decimal],
        set_offs: Sequence[SetOff],
    ) -> None:
        """Once, with everything that was read. ``opening`` are documents of which only the open amount is compared."""
        concerned = {side for one in set_offs for side in (one.credit_note_id, one.invoice_id)}
        here: dict[UUID, Decimal] = {}
        stands_as: dict[str, UUID] = {}
        with self._ours.writing() as writer, self._theirs.writing() as there:
            for one in ours:
                self._put_ours(writer, one)
                if one.id in concerned and one.remote_id is not None:
                    here[one.id], stands_as[one.remote_id] = one.facts.open or ZERO, one.id
            for one in opening:
                part = self._put_ours(writer, one)
                self._opening.add(one.remote_id or "")
                there.put(theirs_line(_opening(one, open_items.get(one.remote_id or "", ZERO))), part)
            over_there: dict[UUID, Decimal] = {}
            for it in listed:
                it = _with_open(it, open_items)
                if it.id not in self._opening:
                    there.put(theirs_line(it), self._part_of(it))
                if it.id in stands_as and it.facts.open is not None:
                    over_there[stands_as[it.id]] = it.facts.open
        self._more_open = not_matched_there(set_offs, here, over_there)

    def part(self, at: int) -> tuple[list[Ours], list[Theirs]]:
        """Both sides of one part, as they are known by now."""
        ours = [ours_of(line) for line in self._ours.lines(at)]
        ours = [self._anew.get(one.id, one) for one in ours]
        ours = [with_more_open(one, self._more_open.get(one.id, ZERO)) for one in ours]
        theirs = {it.id: it for it in (theirs_of(line) for line in self._theirs.lines(at))}
        for remote_id, it in self._seen.items():
            if it is None:
                theirs.pop(remote_id, None)
            elif remote_id in theirs or self._linked.get(remote_id) == at:
                theirs[remote_id] = it
        known = {(one.facts.kind, one.facts.number) for one in ours}
        return ours, [it for it in theirs.values() if self._is_ours(it, known)]

    def saw(self, remote_id: str, it: Theirs | None) -> None:
        """It was read back; ``None``: it is gone. What is open of it as told then, or as listed."""
        if it is not None and remote_id in self._opening:
            known = next(one for one in self.part(self._linked[remote_id])[0] if one.remote_id == remote_id)
            it = Theirs(it.id, replace(known.facts, open=it.facts.open), it.state)
        elif it is not None and it.facts.open is None:
            listed = {one.id: one for one in self.part(self._part_of(it))[1]}.get(remote_id)
            it = replace(it, facts=replace(it.facts, open=listed.facts.open if listed else None))
        self._seen[remote_id] = it

    def known_anew(self, one: Ours) -> None:
        """Our document as it is now, and where it stands there."""
        self._anew[one.id] = one
        if one.remote_id is not None:
            self._linked.setdefault(one.remote_id, part_of(one.facts.number))

    def _put_ours(self, writer: Writer, one: Ours) -> int:
        part = part_of(one.facts.number)
        writer.put(ours_line(one), part)
        if one.remote_id is not None:
            self._linked[one.remote_id] = part
        return part

    def _part_of(self, it: Theirs) -> int:
        return self._linked.get(it.id, part_of(it.facts.number))

    def _is_ours(self, it: Theirs, known: set[tuple[str, str | None]]) -> bool:
        """Whether it stands within our journal or number pattern."""
        if self.own_journal or it.id in self._linked or (it.facts.kind, it.facts.number) in known:
            return True
        number = it.facts.number
        return number is not None and any(one.prints(number) for one in self.patterns)


def _opening(one: Ours, open_there: Decimal) -> Theirs:
    return Theirs(one.remote_id or "", replace(one.facts, open=open_there))


def _with_open(it: Theirs, open_items: Mapping[str, Decimal]) -> Theirs:
    """What is open of it by the list of open items, which was read after it."""
    if it.state is not There.BOOKED:
        return it
    return replace(it, facts=replace(it.facts, open=open_items.get(it.id, ZERO)))
