"""The structure of a delivery: per file its titled columns, in order. Two deliveries are compared by it (R6, R8).

"The same structure" is the same column titles in the same order (domain.md, "Import fees"), after trimming and without
regard to capitals. Names of files do not count, nor the order in which they were uploaded.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from billing_service.core.imports.policy import SameStructure
from billing_service.errors import FieldError, InvalidInput

DifferenceKind = Literal["renamed", "swapped", "reordered", "added", "removed", "file_added", "file_removed"]
_Key = tuple[str, int]  # a title's canonical form, and which occurrence of it in the file, from 1


@dataclass(frozen=True, slots=True)
class Structure:
    """The column titles of every file of one delivery. Raises ``InvalidInput`` without files or without titles."""

    files: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        titles = [tuple(title.strip() for title in file) for file in self.files]
        object.__setattr__(self, "files", tuple(sorted(titles, key=lambda file: (_canonical(file), file))))
        if not titles or not all(file and all(file) for file in titles):
            raise InvalidInput(
                "a structure has a title for every column", errors=[FieldError("/files", "must have titles")]
            )

    @property
    def columns(self) -> int:
        """How many columns all files have together."""
        return sum(len(file) for file in self.files)

    @property
    def fingerprint(self) -> str:
        """SHA-256 (hex) of the canonical form: equal for structures that are exactly the same."""
        return fingerprint(self, "exact")


def structure_of(files: Iterable[Iterable[str]]) -> Structure:
    """The structure of ``files``: for each file its column titles, in order."""
    return Structure(tuple(tuple(file) for file in files))


def fingerprint(structure: Structure, same: SameStructure) -> str:
    """SHA-256 (hex) of the structure's canonical form; under ``any_order`` the order of the columns does not count."""
    files = [_canonical(file) for file in structure.files]
    if same == "any_order":
        files = [sorted(file) for file in files]
    return hashlib.sha256(json.dumps(sorted(files), ensure_ascii=False).encode()).hexdigest()


def canonical_title(title: str) -> str:
    """Trimmed, NFC and case-folded: what two titles are compared by."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", title.strip()).casefold())


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which a new structure differs from an old one. Places count from 1; ``file`` is the new file's number
    (the old one's for a removed file). ``swapped``: two columns changed places, ``title`` and ``new_title``.
    """

    kind: DifferenceKind
    file: int
    title: str | None = None
    new_title: str | None = None
    place: int | None = None
    new_place: int | None = None

    def to_plain(self) -> dict[str, Any]:
        shown = {name: getattr(self, name) for name in ("title", "new_title", "place", "new_place")}
        return {"kind": self.kind, "file": self.file} | {
            name: value for name, value in shown.items() if value is not None
        }


def differences(old: Structure, new: Structure) -> tuple[Difference, ...]:
    """How ``new`` differs from ``old``, file by file; empty if and only if their fingerprints are equal.

    Files are paired by the titles they share. A title that is gone from a place where another came is *renamed*.
    """
    pairs, gone, came = _pair_files(old.files, new.files)
    found: list[Difference] = []
    for old_index, new_index in sorted(pairs, key=lambda pair: pair[1]):
        found += _file_differences(old.files[old_index], new.files[new_index], new_index + 1)
    found += [Difference("file_removed", index + 1, ", ".join(old.files[index])) for index in gone]
    found += [Difference("file_added", index + 1, ", ".join(new.files[index])) for index in came]
    return tuple(found)


def _canonical(file: Sequence[str]) -> list[str]:
    return [canonical_title(title) for title in file]


def _pair_files(
    old: Sequence[Sequence[str]], new: Sequence[Sequence[str]]
) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Pairs of files, most alike first: the same file, then most titles in common; one file each is always a pair."""
    candidates = sorted(
        (-_likeness(one, other), old_index, new_index)
        for old_index, one in enumerate(old)
        for new_index, other in enumerate(new)
    )
    pairs: list[tuple[int, int]] = []
    olds, news = set(range(len(old))), set(range(len(new)))
    for likeness, old_index, new_index in candidates:
        if old_index in olds and new_index in news and (likeness or len(old) == len(new) == 1):
            pairs.append((old_index, new_index))
            olds.remove(old_index)
            news.remove(new_index)
    return pairs, sorted(olds), sorted(news)


def _likeness(one: Sequence[str], other: Sequence[str]) -> float:
    """Titles in common as a share of all; 2 for the very same titles in the same order."""
    first, second = _canonical(one), _canonical(other)
    if first == second:
        return 2
    common = (Counter(first) & Counter(second)).total()
    return common / (len(first) + len(second) - common)


def _file_differences(old: Sequence[str], new: Sequence[str], file: int) -> list[Difference]:
    old_keys, new_keys = _keys(old), _keys(new)
    old_place = {key: place for place, key in enumerate(old_keys, 1)}
    new_place = {key: place for place, key in enumerate(new_keys, 1)}
    found = []
    renamed = _renamed(old_keys, new_keys)
    for key, name in renamed.items():
        place, there = old_place[key], new_place[name]
        found.append(Difference("renamed", file, old[place - 1], new[there - 1], place, there))
    came = set(renamed.values())
    for key, place in old_place.items():
        if key not in new_place and key not in renamed:
            found.append(Difference("removed", file, old[place - 1], None, place))
    for key, there in new_place.items():
        if key not in old_place and key not in came:
            found.append(Difference("added", file, None, new[there - 1], None, there))
    for one, other in _moved(
        [key for key in old_keys if key in new_place], [key for key in new_keys if key in old_place]
    ):
        place, there = old_place[one], new_place[one]
        if other is None:
            found.append(Difference("reordered", file, old[place - 1], None, place, there))
        else:
            found.append(Difference("swapped", file, old[place - 1], old[old_place[other] - 1], place, there))
    return found


def _keys(file: Sequence[str]) -> list[_Key]:
    seen: Counter[str] = Counter()
    keys = []
    for title in _canonical(file):
        seen[title] += 1
        keys.append((title, seen[title]))
    return keys


def _renamed(old: Sequence[_Key], new: Sequence[_Key]) -> dict[_Key, _Key]:
    """Titles that are gone, each with the one that came in its place: behind the same unchanged column."""
    gone, came = _gaps(old, set(new)), _gaps(new, set(old))
    return {
        one: other for before, titles in gone.items() for one, other in zip(titles, came.get(before, ()), strict=False)
    }


def _gaps(keys: Sequence[_Key], others: set[_Key]) -> dict[_Key | None, list[_Key]]:
    """The keys that are not among the others, by the last one before them that is."""
    gaps: dict[_Key | None, list[_Key]] = {}
    before: _Key | None = None
    for key in keys:
        if key in others:
            before = key
        else:
            gaps.setdefault(before, []).append(key)
    return gaps


def _moved(old: Sequence[_Key], new: Sequence[_Key]) -> list[tuple[_Key, _Key | None]]:
    """The fewest columns that must move to get from one order to the other; a mere swap as one pair."""
    elsewhere = [(one, other) for one, other in zip(old, new, strict=True) if one != other]
    if len(elsewhere) == 2:
        return [elsewhere[0]]
    place = {key: index for index, key in enumerate(new)}
    staying = _longest_rising([place[key] for key in old])
    return [(key, None) for key in old if place[key] not in staying]


def _longest_rising(numbers: Sequence[int]) -> set[int]:
    """The members of a longest rising subsequence of different numbers."""
    tails: list[int] = []
    before: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(tails, number)
        before[number] = tails[at - 1] if at else None
        tails[at : at + 1] = [number]
    chosen: set[int] = set()
    step = tails[-1] if tails else None
    while step is not None:
        chosen.add(step)
        step = before[step]
    return chosen
