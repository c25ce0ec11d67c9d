"""What findings about payments from an accounting package say, and why one is uncertain (``finding_texts``)."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "nl": {
        "payment_needs_decision": (
            "Een betaling van {amount} op {from} (koppeling {connection}) kan niet met zekerheid worden verwerkt: "
            "{doubt}. Omschrijving: {reference}.",
            "Kies wat zij is: wijs haar toe aan facturen (allocate), houd haar als tegoed van een debiteur aan "
            "(balance), of geef aan dat zij niet van ons is (not_ours). Wordt zij in het boekhoudpakket aan een "
            "factuur gekoppeld, dan gaat het vanzelf.",
        ),
        "payments_not_collected": (
            "De betalingen van koppeling {connection} kunnen niet worden gelezen: {reason}",
            "Herstel de oorzaak. Het wordt steeds opnieuw geprobeerd; wat daar is betaald, staat hier nog open.",
        ),
    },
    "en": {
        "payment_needs_decision": (
            "A payment of {amount} on {from} (connection {connection}) cannot be handled with certainty: {doubt}. "
            "Description: {reference}.",
            "Choose what it is: allocate it to invoices (allocate), keep it as what a customer has to its credit "
            "(balance), or say that it is not ours (not_ours). Once it is matched to an invoice in the accounting "
            "package it goes by itself.",
        ),
        "payments_not_collected": (
            "The payments of connection {connection} cannot be read: {reason}",
            "Repair the cause. It is tried again and again; what was paid there is still open here.",
        ),
    },
}

DOUBTS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "nothing_known": "niets zegt welke factuur of debiteur het betreft",
        "already_paid": "de genoemde factuur is al betaald",
        "names_contradict": "kenmerk en omschrijving noemen verschillende facturen",
        "amount_differs": "het bedrag is niet dat van de genoemde facturen",
        "several_possible": "meer dan één factuur past bij het bedrag",
        "no_amount_fits": "geen openstaande factuur van de betaler past bij het bedrag",
        "several_customers": "de genoemde facturen zijn van verschillende debiteuren",
        "other_currency": "het is een andere valuta",
        "money_out": "er is geld terugbetaald waar geen betaling bij hoort",
        "owned_here": "betalingen worden volgens de instelling hier vastgelegd, niet in het pakket",
        "pushed_differs": "een ontvangst van hier staat daar met een ander bedrag",
        "exceeds_credit": "er is meer terugbetaald dan er van de creditnota over is",
        "refunded_here": "zij is daar teruggedraaid, maar hier is er al van terugbetaald",
        "changed_since": "zij is daar gewijzigd nadat iemand er hier over besliste",
    },
    "en": {
        "nothing_known": "nothing says which invoice or customer it is about",
        "already_paid": "the invoice that it names is paid already",
        "names_contradict": "its reference and its text name different invoices",
        "amount_differs": "the amount is not that of the invoices that it names",
        "several_possible": "more than one invoice fits the amount",
        "no_amount_fits": "no open invoice of the payer fits the amount",
        "several_customers": "the invoices that it names are of different customers",
        "other_currency": "it is in another currency",
        "money_out": "money was paid back that belongs to no payment",
        "owned_here": "by the settings payments are recorded here, not in the package",
        "pushed_differs": "a receipt of ours stands there with another amount",
        "exceeds_credit": "more was paid back than is left of the credit note",
        "refunded_here": "it was reversed there, but something of it was refunded here",
        "changed_since": "it changed there after somebody had decided on it here",
    },
}
"""Why only a person can decide: a payment's ``doubt``."""
