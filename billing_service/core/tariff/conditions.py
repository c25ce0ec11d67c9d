"""The conditions of a rule: read from its ``when``, compiled to a test per condition.

Words are compared exactly, capitals included. A fact that is not known fulfils no condition. Conditions are tested
in the order of ``CONDITIONS``, however the document writes them, so "the first that failed" means the same everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from operator import attrgetter
from typing import Any, Final

from billing_service.core.tariff.facts import QuestionFacts
from billing_service.core.tariff.model import (
    CONDITIONS,
    QUESTION_KINDS,
    WORD_CONDITIONS,
    YES_NO_CONDITIONS,
    Condition,
)
from billing_service.core.tariff.reading import Fields

Test = Callable[[QuestionFacts], bool]

_MOST_WORDS: Final = 10_000
_MOST_MINUTES: Final = 1_000_000


def read_conditions(when: Fields | None) -> tuple[Condition, ...]:
    """The conditions under ``when``, compiled; none at all means that the rule always fits."""
    if when is None:
        return ()
    found = [Condition(fact, test) for fact in CONDITIONS if fact in when and (test := _read(when, fact))]
    return tuple(found)


def fact_reader(names: Collection[str]) -> Callable[[QuestionFacts], dict[str, Any]]:
    """What gives the facts of these names as plain values for the explanation; compiled: it runs per question."""
    words = tuple(name for name in CONDITIONS if name in names and name != "tags")
    if not words:
        return (lambda facts: {"tags": _tags(facts)}) if "tags" in names else (lambda facts: {})
    values_of: Callable[[QuestionFacts], Any] = attrgetter(*words)
    if "tags" in names:
        return lambda facts: {**_paired(words, values_of(facts)), "tags": _tags(facts)}
    return lambda facts: _paired(words, values_of(facts))


def _tags(facts: QuestionFacts) -> list[str]:
    return sorted(set(facts.tags)) if facts.tags else []


def _paired(names: tuple[str, ...], values: Any) -> dict[str, Any]:
    """``attrgetter`` gives a tuple, but for a single name the bare value."""
    return dict(zip(names, values, strict=True)) if len(names) > 1 else {names[0]: values}


def _read(when: Fields, fact: str) -> Test | None:
    if fact in WORD_CONDITIONS:
        words = when.words(fact, _MOST_WORDS)
        if fact == "kind":
            _check_kinds(when, words)
        return _one_of(fact, words)
    if fact in YES_NO_CONDITIONS:
        wanted = when.yes_no(fact)
        return None if wanted is None else _is(fact, wanted)
    if fact == "tags":
        return _any_tag(when.words(fact, _MOST_WORDS))
    return _read_minutes(when)


def _check_kinds(when: Fields, kinds: tuple[str, ...]) -> None:
    for kind in kinds:
        if kind not in QUESTION_KINDS:
            when.fail("kind", f"{kind!r} is not a kind of question: {', '.join(QUESTION_KINDS)}")


def _read_minutes(when: Fields) -> Test | None:
    limits = when.child("raw_minutes", ("from", "to"))
    if limits is None:
        return None
    least = limits.whole("from", 0, _MOST_MINUTES)
    most = limits.whole("to", 0, _MOST_MINUTES)
    if "from" not in limits and "to" not in limits:
        limits.fail(None, "needs from, to or both")
    if least is not None and most is not None and least > most:
        limits.fail("to", "is lower than from")
    return _minutes_within(least or 0, _MOST_MINUTES if most is None else most)


def _one_of(fact: str, words: tuple[str, ...]) -> Test:
    fact_of, allowed = attrgetter(fact), frozenset(words)
    return lambda facts: fact_of(facts) in allowed


def _is(fact: str, wanted: bool) -> Test:
    fact_of = attrgetter(fact)
    return lambda facts: fact_of(facts) is wanted


def _any_tag(words: tuple[str, ...]) -> Test:
    allowed = frozenset(words)
    return lambda facts: not allowed.isdisjoint(facts.tags)


def _minutes_within(least: int, most: int) -> Test:
    def holds(facts: QuestionFacts) -> bool:
        minutes = facts.raw_minutes
        return minutes is not None and least <= minutes <= most

    return holds
