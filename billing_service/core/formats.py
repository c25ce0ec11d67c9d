"""Numbers and dates as a Dutch or English reader expects them (CLDR, by Babel). Nothing is rounded here.

The space between € and its amount is a no-break space.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal, get_args

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

Language = Literal["nl", "en"]
LANGUAGES: Final[tuple[Language, ...]] = get_args(Language)
LOCALES: Final = {"nl": Locale("nl", "NL"), "en": Locale("en", "GB")}


def money(amount: Decimal, currency: str, language: str) -> str:
    """€ 1.234,56 in Dutch, €1,234.56 in English; a price or an unrounded share keeps its further decimals."""
    return format_currency(amount, currency, locale=LOCALES[language], decimal_quantization=False)


def number(value: Decimal | int, language: str) -> str:
    """A quantity or a percentage without needless zeros: 1.250,5 in Dutch, 1,250.5 in English."""
    return format_decimal(value, locale=LOCALES[language], decimal_quantization=False)


@lru_cache(maxsize=4096)
def long_date(day: date, language: str) -> str:
    """3 november 2026"""
    return format_date(day, "long", locale=LOCALES[language])
