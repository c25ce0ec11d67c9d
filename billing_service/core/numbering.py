"""Document numbers: the pattern of a series, the number it prints, and the refusal of patterns that could repeat one.

A pattern is text with ``{number}`` or ``{number:5}`` (at least five digits, zeros in front) exactly once, and
``{year}`` for the label of the book year: ``{year}-{number:5}`` prints ``2026-00042``, ``{year}{number:4}`` prints
digits only. Two numbers are *the same* when their letters and digits are: ``2026-11`` and ``20261-1`` give one payment
reference (see ``references.reference_body``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from billing_service.core.references import MAX_BODY
from billing_service.errors import FieldError, InvalidInput

MAX_WIDTH: Final = 12
"""Digits that ``{number:…}`` may ask for at least."""
ROOM: Final = 9
"""Digits a counter may grow to before a number no longer fits a payment reference."""

_TOKEN: Final = re.compile(r"\{(?P<name>[a-z]+)(?::(?P<width>[0-9]{1,2}))?\}|(?P<text>[A-Za-z0-9./_-]+)", re.ASCII)
_SEPARATOR: Final = re.compile(r"[./_-]")


class InvalidPattern(InvalidInput):
    """A number pattern that cannot be read, or that could print the same number twice."""

    code = "invalid_number_pattern"


@dataclass(frozen=True, slots=True)
class NumberPattern:
    """A readable pattern. ``before`` and ``after`` surround the counter and may hold ``{year}``; ``width`` is the
    number of digits it has at least."""

    text: str
    before: str
    width: int
    after: str

    @property
    def has_year(self) -> bool:
        return "{year}" in self.before + self.after

    def format(self, year: str, number: int) -> str:
        """The printed number. ``year`` is the label of the book year, ``number`` the counter from 1 up."""
        if number < 1:
            raise InvalidPattern(f"A number counts from 1; {number} is none.")
        before, after = self.before.replace("{year}", year), self.after.replace("{year}", year)
        return f"{before}{number:0{self.width}d}{after}"

    def read(self, printed: str, years: Iterable[str]) -> tuple[str, int] | None:
        """The book year (empty where the pattern shows none) and the counter in a printed number, or None for one
        that this pattern does not print in any of these book years."""
        for year in years if self.has_year else ("",):
            before, after = self.before.replace("{year}", year), self.after.replace("{year}", year)
            digits = printed.removeprefix(before).removesuffix(after)
            if digits.isascii() and digits.isdecimal() and int(digits) and self.format(year, int(digits)) == printed:
                return year, int(digits)
        return None

    def is_digits_only(self, years: Iterable[str]) -> bool:
        """Whether every number it prints in these book years consists of digits alone."""
        return all(self.format(year, 1).isdecimal() for year in years)


@dataclass(frozen=True, slots=True)
class NumberSeries:
    """What decides whether two series can print the same number: the pattern and whether each book year starts at 1."""

    pattern: NumberPattern
    per_book_year: bool


def parse_pattern(text: str, pointer: str = "/pattern") -> NumberPattern:
    """Read a pattern. Raises InvalidPattern for anything but letters, digits, ``. / _ -``, one ``{number}`` and
    ``{year}``."""
    at, parts, width = 0, ["", ""], None
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise _invalid(
                f"has something else than letters, digits, . / _ - and {{…}} at {text[at : at + 10]!r}", pointer
            )
        side = 0 if width is None else 1
        if token["text"]:
            parts[side] += token["text"]
        elif token["name"] == "year" and token["width"] is None:
            parts[side] += "{year}"
        elif token["name"] == "number" and width is None:
            width = _width(token["width"], pointer)
        else:
            raise _invalid(
                f"cannot hold {token[0]} here; it knows {{year}}, and {{number}} or {{number:5}} once", pointer
            )
        at = token.end()
    if width is None:
        raise _invalid("needs {number}, or {number:5} for at least five digits", pointer)
    return NumberPattern(text, parts[0], width, parts[1])


def _width(digits: str | None, pointer: str) -> int:
    width = int(digits or 1)
    if not 1 <= width <= MAX_WIDTH:
        raise _invalid(f"can ask for 1 to {MAX_WIDTH} digits, not {width}", pointer)
    return width


def refuse_repeats(series: Sequence[NumberSeries], years: Sequence[str], pointer: str = "/pattern") -> None:
    """Raise InvalidPattern where one number could ever be printed twice.

    ``series`` are all series of the administration (of every document type), ``years`` the labels of all its book
    years. Call it with the new series or the new book year included, before it is stored.
    """
    forms: list[_Form] = []
    for one in series:
        _refuse_alone(one, years, pointer)
        labels = years if one.pattern.has_year else ("",)
        forms.extend(_Form.of(one.pattern, label) for label in labels)
    for left, right in combinations(forms, 2):
        example = left.meets(right)
        if example:
            raise _invalid(f"could print one number twice: {left} and {right} can both become {example}", pointer)


def _refuse_alone(series: NumberSeries, years: Sequence[str], pointer: str) -> None:
    pattern = series.pattern
    if series.per_book_year and not pattern.has_year:
        raise _invalid(f"{pattern.text!r} starts again every book year and needs {{year}} to stay unique", pointer)
    for year in years or ("",):
        if not year.isascii() or (pattern.has_year and years and not _SEPARATOR.sub("", year).isalnum()):
            raise _invalid(f"needs book-year labels of letters and digits; {year!r} is none", pointer)
        longest = len(_SEPARATOR.sub("", pattern.format(year, 10 ** max(ROOM, pattern.width) - 1)))
        if longest > MAX_BODY:
            raise _invalid(
                f"prints up to {longest} letters and digits; a payment reference carries {MAX_BODY}", pointer
            )


@dataclass(frozen=True, slots=True)
class _Form:
    """A pattern in one book year, without separators and in capitals: fixed text around a counter."""

    printed: str
    before: str
    width: int
    after: str

    @classmethod
    def of(cls, pattern: NumberPattern, year: str) -> _Form:
        before, after = (_bare(side.replace("{year}", year)) for side in (pattern.before, pattern.after))
        return cls(pattern.text.replace("{year}", year), before, pattern.width, after)

    def __str__(self) -> str:
        return repr(self.printed)

    def meets(self, other: _Form) -> str | None:
        """Letters and digits that both can print, or None. Exact: every pair of lengths is laid side by side."""
        for ours, theirs in self._lengths_shared_with(other):
            found = _common(self._template(ours), other._template(theirs))
            if found is not None:
                return found
        return None

    def _lengths_shared_with(self, other: _Form) -> Iterator[tuple[int, int]]:
        fixed = len(self.before) + len(self.after)
        others = len(other.before) + len(other.after)
        for ours in range(self.width, MAX_BODY + 1 - fixed):
            theirs = fixed + ours - others
            if theirs >= other.width:
                yield ours, theirs

    def _template(self, digits: int) -> list[str]:
        """Per position the signs that may stand there. A counter is never 0, and starts with 0 only when padded."""
        first = "123456789" if digits > self.width else "0123456789"
        counter = [first, *["0123456789"] * (digits - 1)]
        return [*self.before, *counter, *self.after]


def _common(left: list[str], right: list[str]) -> str | None:
    shared = [sorted(set(one) & set(other), reverse=True) for one, other in zip(left, right, strict=True)]
    if not all(shared):
        return None
    text = "".join(choices[0] for choices in shared)  # the highest digit: a counter is 0 only where all of it is forced
    for side in (left, right):
        counter = [sign for sign, choices in zip(text, side, strict=True) if len(choices) > 1]
        if set(counter) == {"0"}:
            return None
    return text


def _bare(text: str) -> str:
    return _SEPARATOR.sub("", text).upper()


def _invalid(problem: str, pointer: str) -> InvalidPattern:
    return InvalidPattern(f"The number pattern {problem}.", errors=[FieldError(pointer, problem)])
