"""A column's problem as a sentence for a customer, in Dutch or English: notations and counts, nobody's data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from billing_service.documents.delivered.columns import Problem
from billing_service.documents.delivered.kinds import CELL, Kind, Unusable
from billing_service.documents.delivered.values import DeliveredColumn

PROBLEMS: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {
        Problem.DATES: "{count} schrijfwijzen van datums: {parts}.",
        Problem.KINDS: "verschillende soorten gegevens door elkaar: {parts}.",
        Problem.UNUSABLE: "onbruikbare waarden: {parts}.",
        Problem.FORMULAS: "formules waarvan geen uitkomst is bewaard: {parts}.",
    },
    "en": {
        Problem.DATES: "{count} notations of dates: {parts}.",
        Problem.KINDS: "different kinds of data mixed: {parts}.",
        Problem.UNUSABLE: "unusable values: {parts}.",
        Problem.FORMULAS: "formulas of which no result was stored: {parts}.",
    },
}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "nl": {
        Kind.DATE: "datum",
        Kind.TIME: "tijd",
        Kind.NUMBER: "getal",
        Kind.BOOLEAN: "waar of onwaar",
        Kind.CODE: "tekst met cijfers",
        Kind.WORD: "tekst",
        Unusable.ERROR: "foutmelding van het werkblad (zoals #VERW!)",
        Unusable.FORMULA: "formule zonder uitkomst",
        Unusable.REPLACED: "verloren gegaan teken (�)",
        Unusable.GARBLED: "tekst in een verkeerde codering (zoals “Ã©” voor “é”)",
        Unusable.BINARY: "onleesbaar teken",
        CELL: "datumcel van het werkblad",
    },
    "en": {
        Kind.DATE: "date",
        Kind.TIME: "time",
        Kind.NUMBER: "number",
        Kind.BOOLEAN: "true or false",
        Kind.CODE: "text with figures",
        Kind.WORD: "text",
        Unusable.ERROR: "error message of the sheet (such as #REF!)",
        Unusable.FORMULA: "formula without a result",
        Unusable.REPLACED: "lost character (�)",
        Unusable.GARBLED: "text in a wrong encoding (such as “Ã©” for “é”)",
        Unusable.BINARY: "unreadable character",
        CELL: "date cell of the sheet",
    },
}

_COLUMN: Final[Mapping[str, tuple[str, str]]] = {
    "nl": ("Kolom {position}, “{title}”", "Kolom {position} (zonder titel)"),
    "en": ("Column {position}, “{title}”", "Column {position} (without a title)"),
}
_FACTS: Final[Mapping[str, str]] = {
    Problem.DATES: "dates",
    Problem.KINDS: "kinds",
    Problem.UNUSABLE: "unusable",
    Problem.FORMULAS: "unusable",
}


def name_column(column: DeliveredColumn, language: str) -> str:
    """The column by its position and title."""
    titled, untitled = _COLUMN[language]
    return (titled if column.title else untitled).format(position=column.position, title=column.title)


def describe_problem(column: DeliveredColumn, language: str) -> str | None:
    """Why an import skips the column, as one sentence in ``nl`` or ``en``; None when it does not.

    For instance: Column 4, “Born”: 2 notations of dates: DD-MM-YYYY 240×, YYYY/MM/DD 12×.
    """
    if column.problem is None:
        return None
    counts = column.facts[_FACTS[column.problem]]
    parts = ", ".join(f"{_shown(what, language)} {count}×" for what, count in counts.items())
    sentence = PROBLEMS[language][column.problem].format(count=len(counts), parts=parts)
    return f"{name_column(column, language)}: {sentence}"


def _shown(what: str, language: str) -> str:
    """A word of ours, or a notation; Dutch readers write years with a J and hours with a u."""
    if what in WORDS[language]:
        return WORDS[language][what]
    if language != "nl":
        return what
    return what.replace("Y", "J").replace("hh:mm", "uu:mm").replace("month", "maand")
