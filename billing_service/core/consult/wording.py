"""What a proposed consult says about its facts, and what its finding asks of a person, in Dutch and English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from billing_service.core import formats

TEXTS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "nl": {
        "consult_proposed": (
            "Voorstel voor consult {reference} onder contract {contract}: {why}",
            "Bevestig het consult met een prijs, of wijs het af met een reden.",
        ),
        "consult_time_changed": (
            "De tijd van consult {reference} is na het afronden gewijzigd: {charged} minuten zijn berekend, het zijn "
            "er nu {minutes}.",
            "Heropen het consult en rond het opnieuw af zolang de post open staat; crediteer anders de factuur.",
        ),
    },
    "en": {
        "consult_proposed": (
            "Proposal for consult {reference} under contract {contract}: {why}",
            "Confirm the consult with its price, or reject it with a reason.",
        ),
        "consult_time_changed": (
            "The time of consult {reference} changed after it was completed: {charged} minutes were charged, now there "
            "are {minutes}.",
            "Reopen the consult and complete it again while its charge is open; credit the invoice otherwise.",
        ),
    },
}
"""Findings (``finding_texts``); ``why`` is a sentence below."""

_WHY: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "import_not_one_dimensional": "import {import} ({name}) heeft meer dan persoonsgegevens van leden.",
        "many_questions": "{questions} vragen van {from} tot en met {until}, meer dan {more_than}.",
        "many_questions_organisation": "{questions} vragen van organisatie {organisation} van {from} tot en met "
        "{until}, meer dan {more_than}.",
        "several_administrations": "het contract dekt {organisations} organisaties: {covered}.",
        "by_person": "een medewerker stelt het voor.",
        "urgent": "vraag “{subject}” heeft urgentie “{urgency}”.",
    },
    "en": {
        "import_not_one_dimensional": "import {import} ({name}) holds more than personal data of members.",
        "many_questions": "{questions} questions from {from} up to {until}, more than {more_than}.",
        "many_questions_organisation": "{questions} questions of organisation {organisation} from {from} up to "
        "{until}, more than {more_than}.",
        "several_administrations": "the contract covers {organisations} organisations: {covered}.",
        "by_person": "a member of staff proposes it.",
        "urgent": "question “{subject}” has urgency “{urgency}”.",
    },
}

_TITLES: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "import_not_one_dimensional": "Import {name}",
        "many_questions": "Vragen van {from} tot en met {until}",
        "several_administrations": "Inrichting voor {organisations} organisaties",
        "urgent": "{subject}",
    },
    "en": {
        "import_not_one_dimensional": "Import {name}",
        "many_questions": "Questions from {from} up to {until}",
        "several_administrations": "Set-up for {organisations} organisations",
        "urgent": "{subject}",
    },
}
_LONGEST_TITLE: Final = 200


def describe_proposal(rule: str, facts: Mapping[str, Any], language: str) -> str:
    """The facts on which ``rule`` proposed a consult, as one sentence."""
    key = f"{rule}_organisation" if facts.get("organisation") else rule
    return _WHY[language][key].format_map({name: _said(name, value, language) for name, value in facts.items()})


def _said(name: str, value: Any, language: str) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return formats.long_date(date.fromisoformat(value), language) if name in ("from", "until") else str(value)


def proposal_title(rule: str, facts: Mapping[str, Any], language: str) -> str:
    """What a consult is called until a person names it."""
    return _TITLES[language][rule].format_map({name: _said(name, value, language) for name, value in facts.items()})[
        :_LONGEST_TITLE
    ]
