"""Quotes to draw: made up, as a support desk would send them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from billing_service.core.imports.quote import QuotedFile, QuoteDocument, QuotePurpose, make_quote
from billing_service.core.vat import VatDecision
from tests.documents.examples import BUYER, SELLER

STANDARD = VatDecision("S", Decimal("21.00"))

MEMBERS = QuotedFile(
    "ledenbestand 2026.csv",
    14,
    ("Lidnummer", "Voornaam", "Tussenvoegsel", "Achternaam", "Straat", "Huisnummer", "Postcode", "Plaats", "E-mail",
     "Telefoon", "Geboortedatum", "Lid sinds", "Geslacht", "Nieuwsbrief"),
    ("Geboortedatum: 2 schrijfwijzen van datums (DD-MM-YYYY 240 keer, YYYY/MM/DD 12 keer)",),
)  # fmt: skip
COMPANIES = QuotedFile(
    "bedrijven.xlsx",
    9,
    ("Bedrijf", "KvK", "Contactpersoon", "Functie", "Straat", "Postcode", "Plaats", "E-mail", "Telefoon"),
)
COMMITTEES = QuotedFile("commissies.ods", 3, ("Lidnummer", "Commissie", "Functie"))

SENTENCES = (
    "Gratis is de import van één bestand met ten hoogste 30 kolommen dat alleen persoonsgegevens van leden bevat.",
    "Met een website in het project zijn 2 importmomenten inbegrepen, zonder website 1.",
    "Na het eerste importmoment kunt u één keer feedback geven; de herimport daarvan is gratis.",
    "Elk verder importmoment kost de helft van de importprijs; bij een gratis import € 90,00.",
    "Een nieuwe opbouw die niet door de oude te vervangen is, kost opnieuw de importprijs; bij een gratis import "
    "€ 180,00.",
    "Een opbouw is dezelfde als de kolommen dezelfde titels in dezelfde volgorde hebben, los van hoofdletters en "
    "spaties aan begin en eind.",
    "Een bestand dat te slecht is, sturen wij zonder kosten terug; onbruikbare kolommen slaan wij over en noemen wij.",
    "Wij brengen pas kosten in rekening als het importmoment is geleverd en u vooraf akkoord hebt gegeven.",
    "Alle prijzen zijn exclusief btw.",
)


def quote(**changes: Any) -> QuoteDocument:
    """Three files, of which one with companies, for 500.00, to the museum of the invoices."""
    given: dict[str, Any] = {
        "number": "IMP-2026-0007-1",
        "purpose": QuotePurpose.IMPORT,
        "project": "IMP-2026-0007",
        "project_name": "Overstap ledenadministratie",
        "language": "nl",
        "currency": "EUR",
        "seller": SELLER,
        "buyer": BUYER,
        "quoted_on": date(2026, 11, 21),
        "valid_until": date(2026, 12, 21),
        "files": (MEMBERS, COMPANIES, COMMITTEES),
        "one_dimensional": False,
        "website": True,
        "reasons": (
            "Er zijn 3 bestanden; gratis is de import van één bestand.",
            "De bestanden bevatten meer dan persoonsgegevens van leden: bedrijven met contactpersonen en commissies.",
        ),
        "price": Decimal("500.00"),
        "vat": STANDARD,
        "moments": 2,
        "feedback_rounds": 1,
        "further_moment": Decimal("250.00"),
        "new_structure": Decimal("500.00"),
        "policy": "Importbeleid 2026",
        "policy_sentences": SENTENCES,
        "note": "Wij koppelen de commissieleden aan hun lidnummer. De kolom Functie nemen wij als vrij veld over.",
    }
    return make_quote(**(given | changes))
