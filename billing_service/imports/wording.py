"""Words of our own around those of the core and of the file readers, in Dutch and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from billing_service.documents.delivered import DeliveredColumn, describe_problem

STATED: Final = "stated"
"""The problem of a column that somebody said cannot be imported, without sending the file."""

_STATED: Final = {"nl": "Kolom {position}, “{title}”: onbruikbaar.", "en": "Column {position}, “{title}”: unusable."}


def describe_column(column: Mapping[str, Any], language: str) -> str | None:
    """Why a column of a stored reading is not imported; None when it is."""
    if column["problem"] == STATED:
        return _STATED[language].format(position=column["position"], title=column["title"])
    return describe_problem(DeliveredColumn(**column), language)
