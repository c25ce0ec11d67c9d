"""What one cell is: a date in some notation, a number, a word … or nothing that can be used.

A cell becomes ``Seen(kind, form, hint)``; the value itself goes no further. A date of figures keeps open which of its
first two is the day (``hint``) until the whole column was seen.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple


class Kind:
    """What a cell can be."""

    DATE: Final = "date"
    TIME: Final = "time"
    NUMBER: Final = "number"
    BOOLEAN: Final = "boolean"
    CODE: Final = "code"
    """Text with a figure in it, such as a house number with a letter, or a phone number."""
    WORD: Final = "word"
    UNUSABLE: Final = "unusable"


class Unusable:
    """Why a cell cannot be used."""

    ERROR: Final = "error_value"
    FORMULA: Final = "formula_without_value"
    REPLACED: Final = "replacement_character"
    GARBLED: Final = "wrong_encoding"
    BINARY: Final = "control_character"


class Seen(NamedTuple):
    """A cell without its value."""

    kind: str
    form: str = ""
    hint: str = ""


COMPACT: Final = "YYYYMMDD"
"""Eight figures that may be a date; only the column's title tells."""

CELL: Final = "date cell"
"""A real date of the sheet: it has no notation."""

DAY_FIRST, MONTH_FIRST, EITHER = "day", "month", "either"

ERRORS: Final = frozenset(
    {
        *("#REF!", "#N/A", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"),
        *("#VERW!", "#N/B", "#WAARDE!", "#DEEL/0!", "#NAAM?", "#GETAL!", "#LEEG!", "#OVERLOOP!"),
    }
)
"""As English and as Dutch spreadsheets write them."""

_LONGEST_READ: Final = 40  # no date or number is longer
_ERROR_NUMBER: Final = re.compile(r"(?:Err|Fout):\d{3}", re.ASCII)  # LibreOffice
_FIGURE: Final = re.compile(r"\d")
_BINARY: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_GARBLED: Final = re.compile("[ÃÂ][\u00a0-\u00bf]|â‚¬|ï»¿")  # UTF-8 that was read as Windows-1252
_NUMBER: Final = re.compile(
    r"(?:€|EUR)?\s?[+-]?\s?(?:€|EUR)?\s?(?:\d+|\d{1,3}(?:[.,' \u00a0]\d{3})+)?(?:[.,](?:\d+|-))?\s?(?:%|€|EUR|-)?",
    re.ASCII,
)
_TIME: Final = re.compile(r"\d{1,2}[:.]\d{2}(?::\d{2})?", re.ASCII)
_CLOCK: Final = re.compile(r"[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s?(?:Z|[+-]\d{2}:?\d{2})?$", re.ASCII)
_FIGURES: Final = re.compile(r"(\d{1,4})([-/. ])(\d{1,2})\2(\d{4}|\d{1,2})", re.ASCII)
_DAY_NAME: Final = re.compile(r"\d{1,2}[-. ]{1,2}([^\W\d_]{3,9})\.?[-. ]{1,2}(\d{4}|\d{2})")
_NAME_DAY: Final = re.compile(r"([^\W\d_]{3,9})\.? \d{1,2}(?:st|nd|rd|th)?,? (\d{4})")
_MONTHS: Final = frozenset(
    ("jan", "feb", "mar", "mrt", "maa", "apr", "may", "mei", "jun", "jul", "aug", "sep", "oct", "okt", "nov", "dec")
)


def see(value: Any) -> Seen | None:
    """What the cell is; None for an empty one."""
    if isinstance(value, str):
        return _see_text(value) if len(value) <= _LONGEST_READ else _see_long(value)
    if value is None:
        return None
    if isinstance(value, bool):
        return Seen(Kind.BOOLEAN)
    if isinstance(value, int | float):
        return Seen(Kind.NUMBER, COMPACT if value == int(value) and _is_compact(str(int(value))) else "")
    if isinstance(value, date | datetime):
        return Seen(Kind.DATE, CELL)
    return Seen(Kind.TIME) if isinstance(value, time | timedelta) else Seen(Kind.CODE)


@lru_cache(maxsize=50_000)
def _see_text(text: str) -> Seen | None:
    text = text.strip()
    if not text:
        return None
    if text.upper() in ERRORS or _ERROR_NUMBER.fullmatch(text):
        return Seen(Kind.UNUSABLE, Unusable.ERROR)
    if unusable := _see_unusable(text):
        return unusable
    if not _FIGURE.search(text):
        return Seen(Kind.WORD)
    return _see_date(text) or _see_figures(text)


def _see_long(text: str) -> Seen | None:
    if not text.strip():
        return None
    return _see_unusable(text) or Seen(Kind.CODE if _FIGURE.search(text) else Kind.WORD)


def _see_unusable(text: str) -> Seen | None:
    if text.isascii() and text.isprintable():
        return None
    if "\ufffd" in text:
        return Seen(Kind.UNUSABLE, Unusable.REPLACED)
    if _BINARY.search(text):
        return Seen(Kind.UNUSABLE, Unusable.BINARY)
    return Seen(Kind.UNUSABLE, Unusable.GARBLED) if _GARBLED.search(text) else None


def _see_figures(text: str) -> Seen:
    if _is_compact(text):
        return Seen(Kind.NUMBER, COMPACT)
    if _NUMBER.fullmatch(text):
        return Seen(Kind.NUMBER)
    return Seen(Kind.TIME if _TIME.fullmatch(text) else Kind.CODE)


def _is_compact(text: str) -> bool:
    """Eight figures that read as a year of this or the last two centuries, a month and a day."""
    return (
        len(text) == 8
        and text.isascii()
        and text.isdecimal()
        and "18" <= text[:2] <= "21"
        and _is_month_and_day(int(text[4:6]), int(text[6:]))
    )


def _see_date(text: str) -> Seen | None:
    clock = _CLOCK.search(text) if ":" in text else None
    rest, after = (text[: clock.start()], " hh:mm") if clock else (text, "")
    if found := _FIGURES.fullmatch(rest):
        return _see_date_of_figures(found[1], found[2], found[3], found[4], after)
    if (found := _DAY_NAME.fullmatch(rest)) and _is_month_name(found[1]):
        return Seen(Kind.DATE, f"D month {'Y' * len(found[2])}{after}")
    if (found := _NAME_DAY.fullmatch(rest)) and _is_month_name(found[1]):
        return Seen(Kind.DATE, f"month D YYYY{after}")
    return None


def _see_date_of_figures(one: str, mark: str, two: str, three: str, after: str) -> Seen | None:
    first, second, third = int(one), int(two), int(three)
    if len(one) == 4 and len(three) <= 2:
        if _is_month_and_day(second, third):
            return Seen(Kind.DATE, f"YYYY{mark}MM{mark}DD{after}")
        return Seen(Kind.DATE, f"YYYY{mark}DD{mark}MM{after}") if _is_month_and_day(third, second) else None
    if len(one) > 2 or len(three) == 1:
        return None
    day_first, month_first = _is_month_and_day(second, first), _is_month_and_day(first, second)
    if not day_first and not month_first:
        return None
    hint = EITHER if day_first and month_first else DAY_FIRST if day_first else MONTH_FIRST
    return Seen(Kind.DATE, f"{{}}{mark}{{}}{mark}{'Y' * len(three)}{after}", hint)


def _is_month_and_day(month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= 31


def _is_month_name(word: str) -> bool:
    return word[:3].casefold() in _MONTHS
