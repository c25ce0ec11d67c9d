"""The sixteen indicators of a consult, after the support conditions on which this service is modelled: a checklist.

They say why something asks for a consult; they decide nothing and cost nothing by themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from billing_service.errors import FieldError, InvalidInput

INDICATORS: Final[dict[str, dict[str, str]]] = {
    "poor_source_file": {
        "nl": "Het bronbestand is van slechte kwaliteit.",
        "en": "The source file is of poor quality.",
    },
    "complex_file": {
        "nl": "Het bestand is complex of meerdimensionaal.",
        "en": "The file is complex or multi-dimensional.",
    },
    "complex_memberships": {
        "nl": "De lidmaatschappen of abonnementen zijn complex van structuur.",
        "en": "The memberships or subscriptions have a complex structure.",
    },
    "complex_fees": {
        "nl": "De contributie is complex van structuur.",
        "en": "The fees have a complex structure.",
    },
    "several_entities": {
        "nl": "Er zijn verschillende (financiële) entiteiten.",
        "en": "There are several (financial) entities.",
    },
    "third_party_link": {
        "nl": "Er is een koppeling met een derde partij nodig.",
        "en": "A link with a third party is needed.",
    },
    "commercial_activity": {
        "nl": "De activiteiten zijn vooral commercieel.",
        "en": "The activities are mainly commercial.",
    },
    "large_event": {
        "nl": "Het gaat om een groot, complex evenement.",
        "en": "It concerns a large, complex event.",
    },
    "privacy": {
        "nl": "Privacy speelt een rol.",
        "en": "Privacy plays a part.",
    },
    "processes_to_automate": {
        "nl": "Er zijn processen die geautomatiseerd moeten worden.",
        "en": "There are processes to automate.",
    },
    "processes_automated_before": {
        "nl": "In het oude pakket waren processen geautomatiseerd.",
        "en": "Processes were automated in the old package.",
    },
    "many_applications": {
        "nl": "Er worden veel applicaties tegelijk in gebruik genomen.",
        "en": "Many applications are taken into use at once.",
    },
    "questions_across_applications": {
        "nl": "De vragen gaan over meer dan één applicatie.",
        "en": "The questions span applications.",
    },
    "too_many_questions": {
        "nl": "Er zijn te veel vragen voor een eenvoudige e-mail.",
        "en": "There are too many questions for a simple e-mail.",
    },
    "need_for_automation": {
        "nl": "Er is behoefte aan procesautomatisering.",
        "en": "Process automation is needed.",
    },
    "answer_needed_fast": {
        "nl": "Het antwoord is snel of direct nodig.",
        "en": "The answer is needed fast, or at once.",
    },
}
"""By code, in the order of the source."""

_PLACE: Final = {code: place for place, code in enumerate(INDICATORS)}


def read_indicators(codes: Iterable[str], pointer: str = "/indicators") -> list[str]:
    """``codes`` without doubles, in the order of the checklist. Raises ``InvalidInput`` naming every unknown one."""
    given = list(codes)
    errors = [
        FieldError(f"{pointer}/{at}", f"is none of {', '.join(INDICATORS)}")
        for at, code in enumerate(given)
        if code not in INDICATORS
    ]
    if errors:
        raise InvalidInput("Not every indicator is one of the sixteen.", errors=errors)
    return sorted(set(given), key=_PLACE.__getitem__)
