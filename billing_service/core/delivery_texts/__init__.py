"""What a delivery to an accounting package says to a bookkeeper: what is the matter and what to do, in nl and en.

The causes are those of ``connectors.base.Cause`` and of ``billing_service.delivery``; a test compares them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from billing_service.core.delivery_texts import dutch, english

CAUSES: Final = {"nl": dutch.CAUSES, "en": english.CAUSES}

WAITS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "limit": "Het boekhoudpakket laat nu niet meer vragen toe; het gaat vanzelf verder.",
        "error_budget": "Het boekhoudpakket weigerde veel; de koppeling wordt even ontzien.",
        "unreachable": "Het boekhoudpakket is niet bereikbaar; het wordt opnieuw geprobeerd.",
        "unavailable": "Het boekhoudpakket kan nu niet werken; het wordt opnieuw geprobeerd.",
        "sign_in": "De aanmelding wordt vernieuwd.",
        "sign_in_again": "De koppeling staat stil tot iemand haar opnieuw aanmeldt.",
        "unclear": "De verbinding brak af; straks wordt gezocht of het is aangekomen.",
        "customer": "Eerst gaat de debiteur.",
        "invoice": "Eerst gaat de factuur.",
    },
    "en": {
        "limit": "The accounting package allows no more calls now; it goes on by itself.",
        "error_budget": "The accounting package refused much; the connection is spared for a while.",
        "unreachable": "The accounting package cannot be reached; it is tried again.",
        "unavailable": "The accounting package cannot work now; it is tried again.",
        "sign_in": "The sign-in is being renewed.",
        "sign_in_again": "The connection stands still until somebody signs in again.",
        "unclear": "The connection broke off; soon somebody looks whether it arrived.",
        "customer": "The customer goes first.",
        "invoice": "The invoice goes first.",
    },
}

FIELDS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "kind": "soort",
        "number": "nummer",
        "customer": "debiteur",
        "issue_date": "factuurdatum",
        "due_date": "vervaldatum",
        "currency": "valuta",
        "net": "exclusief btw",
        "tax": "btw",
        "total": "totaal",
        "vat": "btw-code",
    },
    "en": {
        "kind": "kind",
        "number": "number",
        "customer": "customer",
        "issue_date": "invoice date",
        "due_date": "due date",
        "currency": "currency",
        "net": "without VAT",
        "tax": "VAT",
        "total": "total",
        "vat": "VAT code",
    },
}
_DIFFERENCE: Final = {"nl": "{field} hier {ours}, daar {theirs}", "en": "{field} here {ours}, there {theirs}"}


def wording(
    cause: str,
    language: str,
    *,
    number: str,
    detail: str | None = None,
    field: str | None = None,
    differences: Sequence[Mapping[str, str]] = (),
) -> tuple[str, str]:
    """What is the matter and what to do, in ``nl`` or ``en``; what is not known prints as a dash."""
    told = "; ".join(_difference(one, language) for one in differences)
    known = {"number": number, "detail": detail or "–", "field": field or "–", "differences": told or "–"}
    sentence, action = CAUSES[language][cause]
    return sentence.format_map(known), action.format_map(known)


def _difference(one: Mapping[str, str], language: str) -> str:
    name, _, code = one["field"].partition(".")
    field = " ".join(filter(None, (FIELDS[language].get(name, name), code)))
    return _DIFFERENCE[language].format(field=field, ours=one["ours"], theirs=one["theirs"])
