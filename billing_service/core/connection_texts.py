"""What findings about connections to accounting packages say, and the words in them; ``finding_texts`` reads them."""

from __future__ import annotations

from typing import Final

TEXTS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "nl": {
        "connection_mapping_invalid": (
            "In koppeling {connection} klopt niet meer waarop wordt geboekt: {mappings}. Documenten waarin dit "
            "voorkomt, zouden worden geweigerd.",
            "Kies iets anders in de instellingen van de koppeling, of herstel het in het boekhoudpakket en lees de "
            "lijsten opnieuw.",
        ),
        "connection_mapping_missing": (
            "In koppeling {connection} is niet vastgelegd waarop wordt geboekt: {mappings}. Documenten waarin dit "
            "voorkomt, zouden worden geweigerd.",
            "Leg dit vast in de instellingen van de koppeling.",
        ),
        "connection_not_read": (
            "Koppeling {connection} kon niet worden gelezen: {package} gaf geen bruikbaar antwoord. {reason}",
            "Controleer de gegevens van de koppeling en lees haar opnieuw; bij een storing gebeurt dat vanzelf.",
        ),
        "connection_other_company": (
            "Koppeling {connection} komt uit bij een andere administratie: verwacht werd {expected}, gevonden is "
            "{found}. Er gaat niets meer heen en weer.",
            "Meld aan bij de juiste administratie en lees de koppeling opnieuw.",
        ),
        "connection_restored": (
            "Deze kopie is teruggezet uit een reservekopie. Over koppeling {connection} gaat niets heen en weer, want "
            "de oorspronkelijke kan nog in gebruik zijn.",
            "Hervat de koppeling als alleen deze kopie nog in gebruik is. Wat onderweg was, wordt dan eerst opgezocht.",
        ),
        "connection_sign_in": (
            "{package} accepteert de aanmelding van koppeling {connection} niet meer. Er gaat niets meer heen en weer; "
            "wat wacht, blijft bewaard. {detail}",
            "Meld opnieuw aan (of vul een nieuwe sleutel in) en lees de koppeling opnieuw.",
        ),
    },
    "en": {
        "connection_mapping_invalid": (
            "In connection {connection} what is booked on no longer holds: {mappings}. Documents with it would be "
            "refused.",
            "Choose something else in the settings of the connection, or repair it in the accounting package and read "
            "the lists again.",
        ),
        "connection_mapping_missing": (
            "In connection {connection} nothing is laid down to book on: {mappings}. Documents with it would be "
            "refused.",
            "Lay it down in the settings of the connection.",
        ),
        "connection_not_read": (
            "Connection {connection} could not be read: {package} gave no answer that can be used. {reason}",
            "Check what was filled in and read the connection again; after a disturbance that happens by itself.",
        ),
        "connection_other_company": (
            "Connection {connection} leads to another company: {expected} was expected, {found} was found. Nothing "
            "goes either way any more.",
            "Sign in to the right company and read the connection again.",
        ),
        "connection_restored": (
            "This copy was restored from a backup. Nothing goes either way over connection {connection}, because the "
            "original may still be in use.",
            "Resume the connection when only this copy is in use. What was on its way is looked for first then.",
        ),
        "connection_sign_in": (
            "{package} no longer accepts the sign-in of connection {connection}. Nothing goes either way any more; "
            "what waits is kept. {detail}",
            "Sign in again (or fill in a new key) and read the connection again.",
        ),
    },
}

WORDS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "cost_centre": "kostenplaats",
        "credit_journal": "dagboek van creditnota's",
        "gone": "(staat niet meer in het pakket)",
        "inactive": "(niet meer actief in het pakket)",
        "journal": "dagboek",
        "other_category": "(andere soort btw in het pakket)",
        "other_rate": "(ander tarief in het pakket)",
        "others": "overige",
        "payment_method": "betaalwijze",
        "revenue": "omzetgroep",
        "rounding_account": "rekening voor afrondingsverschillen",
        "rounding_vat": "btw-code voor afrondingsverschillen",
        "vat": "btw",
    },
    "en": {
        "cost_centre": "cost centre",
        "credit_journal": "journal of credit notes",
        "gone": "(no longer in the package)",
        "inactive": "(no longer active in the package)",
        "journal": "journal",
        "other_category": "(another kind of VAT in the package)",
        "other_rate": "(another rate in the package)",
        "others": "others",
        "payment_method": "payment method",
        "revenue": "revenue group",
        "rounding_account": "account for rounding differences",
        "rounding_vat": "VAT code for rounding differences",
        "vat": "VAT",
    },
}
