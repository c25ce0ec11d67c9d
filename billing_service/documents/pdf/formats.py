"""Numbers and dates as the reader writes them (CLDR, by Babel). Nothing is rounded here: values come in rounded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from billing_service.core.formats import LOCALES
from billing_service.core.formats import long_date as long_date

_AMOUNT = "#,##0.00"
_NUMBER = "#,##0.######"
_PRICE = "#,##0.00##"


def money(amount: Decimal, currency: str, language: str) -> str:
    """€ 1.234,56 in Dutch, €1,234.56 in English."""
    return format_currency(amount, currency, locale=LOCALES[language])


def plain_amount(amount: Decimal, language: str) -> str:
    """1.234,56: an amount under a heading that names the currency."""
    return format_decimal(amount, _AMOUNT, locale=LOCALES[language])


def unit_price(price: Decimal, language: str) -> str:
    """At least two decimals, at most four."""
    return format_decimal(price, _PRICE, locale=LOCALES[language])


def number(value: Decimal, language: str) -> str:
    """A quantity (at most six decimals) or a percentage without needless zeros."""
    return format_decimal(value, _NUMBER, locale=LOCALES[language])


def hours(minutes: int) -> str:
    """0:50 for fifty minutes."""
    return f"{minutes // 60}:{minutes % 60:02d}"


@lru_cache(maxsize=4096)
def short_date(day: date, language: str) -> str:
    """3 nov 2026"""
    return format_date(day, "medium", locale=LOCALES[language])


@lru_cache(maxsize=1024)
def period(first: date, last: date, language: str) -> str:
    """One day, or both ends."""
    if first == last:
        return long_date(first, language)
    return f"{short_date(first, language)} – {short_date(last, language)}"


def country(code: str, language: str) -> str:
    """The country's name in the language of the document; the code where it is unknown."""
    name: str = LOCALES[language].territories.get(code.upper(), code)
    return name
