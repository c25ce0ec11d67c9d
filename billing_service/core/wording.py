"""Codes with arguments as sentences: what every explanation is worded with."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from billing_service.core import formats
from billing_service.core.minutes import hours_and_minutes


def shown(kind: str, value: Any, language: str, currency: str) -> str:
    """One argument of a sentence as its ``kind`` is read: ``time`` (minutes as h:mm), ``money``, ``number``, ``day``
    (an ISO date), ``texts`` (by language) or ``text``, as it stands."""
    if kind == "time":
        return hours_and_minutes(value)
    if kind == "money":
        return formats.money(Decimal(value), currency, language)
    if kind == "number":
        return formats.number(Decimal(value), language)
    if kind == "day":
        return formats.long_date(date.fromisoformat(value), language)
    return str(value[language] if kind == "texts" else value)
