"""What the line of a subscription says, in Dutch and English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Final

from babel.dates import format_date

from billing_service.core.formats import LANGUAGES, LOCALES, long_date

_UNTIL: Final = {"nl": "t/m", "en": "to"}
_ONCE: Final = {"nl": "eenmalig", "en": "one-off"}
_CORRECTION: Final = {"nl": "Correctie {0}", "en": "Correction of {0}"}


@lru_cache(maxsize=4096)
def span(first: date, last: date, language: str) -> str:
    """``1 t/m 31 maart 2026``: what both days have in common is said once."""
    end = long_date(last, language)
    if first == last:
        return end
    pattern = "d" if (first.year, first.month) == (last.year, last.month) else "d MMMM"
    begin = (
        format_date(first, pattern, locale=LOCALES[language]) if first.year == last.year else long_date(first, language)
    )
    return f"{begin} {_UNTIL[language]} {end}"


def description(title: Mapping[str, str], days: tuple[date, date] | None) -> dict[str, str]:
    """``Financial app, 1 t/m 31 maart 2026``, or ``Financial app, eenmalig`` without days."""
    return {
        language: f"{title[language]}, {_ONCE[language] if days is None else span(*days, language)}"
        for language in LANGUAGES
    }


def correction_description(title: Mapping[str, str], days: tuple[date, date] | None) -> dict[str, str]:
    """The same, as the correction of what was charged for these days."""
    return {language: _CORRECTION[language].format(text) for language, text in description(title, days).items()}
