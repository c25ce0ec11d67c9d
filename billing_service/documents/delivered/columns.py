"""Whether an import can use a column: judged from what its cells are, and from what its title promises.

A column is skipped by an import when

- one or more in ``SHARE_OF_PROBLEM`` of its filled cells cannot be used (an error such as #REF!, a character that was
  lost, text in a wrong encoding, a formula without a stored value);
- it holds dates in two or more notations, even if only one cell differs: 03-04-1980 would be read as another day
  without anybody noticing. It holds dates when its title says so or half of its filled cells are dates; a real date of
  a sheet counts as a notation;
- its title promises dates, amounts or numbers (or half of its cells are dates), and one or more in ``SHARE_OF_PROBLEM``
  of its cells are something else.

The source of the rule: "a column with wrong or non-normalised values is not imported" (member imports, moment 1).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from billing_service.documents.delivered.kinds import COMPACT, EITHER, MONTH_FIRST, Kind, Seen, Unusable
from billing_service.documents.delivered.values import DeliveredColumn

SHARE_OF_PROBLEM: Final = 100
"""One cell in so many makes a column unusable (in a column of fewer cells, a single one)."""

SHARE_OF_DATES: Final = 2
"""One cell in so many being a date makes a column without a telling title a column of dates."""


class Problem:
    """Why an import skips a column."""

    UNUSABLE: Final = "unusable_values"
    FORMULAS: Final = "formulas_without_values"
    DATES: Final = "mixed_dates"
    KINDS: Final = "mixed_kinds"


class Promise:
    """What a title promises about its cells."""

    DATE: Final = "date"
    AMOUNT: Final = "amount"
    NUMBER: Final = "number"


_KEPT: Final[Mapping[str, frozenset[str]]] = {
    Promise.DATE: frozenset({Kind.DATE}),
    Promise.AMOUNT: frozenset({Kind.NUMBER}),
    # Numbers of members, houses and phones have letters and dashes.
    Promise.NUMBER: frozenset({Kind.NUMBER, Kind.CODE, Kind.DATE, Kind.TIME}),
}
_ENDINGS: Final[tuple[tuple[str, str], ...]] = (
    (Promise.DATE, r"(?:datum|date|birthday|geboren|geb|dob|sinds|since)|datum\w*"),
    (Promise.AMOUNT, r"(?:bedrag|bedragen|prijs|saldo|contributie|kosten|amount|price|fee|balance|totaal|total)"),
    (Promise.NUMBER, r"(?:nummer|nr|aantal|leeftijd|jaar|number|count|quantity|year)|age|no"),
)
_PROMISES: Final = tuple((promise, re.compile(rf"(?:\w*{words})")) for promise, words in _ENDINGS)
_NO_DATES: Final = frozenset({"mandate", "update", "candidate", "validate", "delegate"})
_WORDS: Final = re.compile(r"[^\W\d_]+")


def promise_of(title: str) -> str | None:
    """What the title promises; the last telling word decides ("datum laatste bedrag" is an amount)."""
    for word in reversed(_WORDS.findall(title.casefold())):
        for promise, words in _PROMISES:
            if word not in _NO_DATES and words.fullmatch(word):
                return promise
    return None


def judge(position: int, title: str, seen: Counter[Seen]) -> DeliveredColumn:
    """The column with its problem, if it has one, from what was seen in its cells."""
    filled = seen.total()
    promise = promise_of(title)
    dates, kinds, unusable = _dates(seen), _kinds(seen), _forms(seen, Kind.UNUSABLE)
    holds_dates = promise == Promise.DATE or (filled > 0 and kinds[Kind.DATE] * SHARE_OF_DATES >= filled)
    if promise == Promise.DATE and (compact := seen[Seen(Kind.NUMBER, COMPACT)]):
        dates[COMPACT] += compact
        kinds[Kind.DATE] += compact
        kinds[Kind.NUMBER] -= compact
    problem = None
    if _matters(unusable.total(), filled):
        formulas = unusable[Unusable.FORMULA]
        problem = Problem.FORMULAS if formulas * 2 >= unusable.total() else Problem.UNUSABLE
    elif holds_dates and len(dates) > 1:
        problem = Problem.DATES
    elif _is_mixed(kinds, Promise.DATE if holds_dates else promise):
        problem = Problem.KINDS
    facts = {name: dict(counts.most_common()) for name, counts in _facts(dates, +kinds, unusable) if counts}
    return DeliveredColumn(position, title, filled, problem, facts)


def _facts(dates: Counter[str], kinds: Counter[str], unusable: Counter[str]) -> Iterable[tuple[str, Counter[str]]]:
    return (("kinds", kinds), ("dates", dates), ("unusable", unusable))


def _matters(count: int, filled: int) -> bool:
    return count > 0 and count * SHARE_OF_PROBLEM >= filled


def _is_mixed(kinds: Counter[str], promise: str | None) -> bool:
    if promise is None:
        return False
    kept = sum(count for kind, count in kinds.items() if kind in _KEPT[promise])
    return kept > 0 and _matters(kinds.total() - kept, kinds.total())


def _kinds(seen: Counter[Seen]) -> Counter[str]:
    found: Counter[str] = Counter()
    for cell, count in seen.items():
        if cell.kind != Kind.UNUSABLE:
            found[cell.kind] += count
    return found


def _forms(seen: Counter[Seen], kind: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for cell, count in seen.items():
        if cell.kind == kind:
            found[cell.form] += count
    return found


def _dates(seen: Counter[Seen]) -> Counter[str]:
    """Notation → cells. Where day and month could be either way round, the column's clear dates decide."""
    found: Counter[str] = Counter()
    clear = Counter({cell: count for cell, count in seen.items() if cell.kind == Kind.DATE and cell.hint != EITHER})
    for cell, count in seen.items():
        if cell.kind != Kind.DATE:
            continue
        months_lead = _months_lead(cell.form, clear) if cell.hint == EITHER else cell.hint == MONTH_FIRST
        found[cell.form.format(*(("MM", "DD") if months_lead else ("DD", "MM")))] += count
    return found


def _months_lead(form: str, clear: Counter[Seen]) -> bool:
    counts = {cell.hint: count for cell, count in clear.items() if cell.form == form}
    return counts.get(MONTH_FIRST, 0) > sum(count for hint, count in counts.items() if hint != MONTH_FIRST)
