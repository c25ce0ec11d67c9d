"""Two tariffs of the example: by the piece and the quarter of an hour, and a simple one for small associations."""

from __future__ import annotations

from typing import Any, Final

_BUG: Final[dict[str, Any]] = {
    "code": "fout",
    "name": {"nl": "Fouten in ons programma herstellen wij kosteloos", "en": "Errors in our program are repaired free"},
    "when": {"kind": ["bug"]},
    "disposition": "not_billable",
    "close": True,
}

STANDARD: Final[dict[str, Any]] = {
    "name": "Standaard",
    "rates": {"default": "95.00", "roles": {"consultant": "120.00"}},
    "tables": {
        "vragen per maand": {
            "measure": "ordinal",
            "kind": "class",
            "per": "contract",
            "period": "calendar_month",
            "rows": [{"up_to": 2, "amount": "17.50"}, {"up_to": None, "amount": "14.00"}],
        },
        "records": {
            "measure": {"quantity": "records"},
            "kind": "bracket",
            "rows": [
                {"up_to": "500", "amount": "45.00"},
                {"up_to": "2000", "per_unit": "0.0400"},
                {"up_to": None, "per_unit": "0.0250"},
            ],
            "maximum": "250.00",
        },
    },
    "rules": [
        _BUG,
        {
            "code": "implementatie",
            "name": {"nl": "Hulp tijdens de implementatie", "en": "Help during implementation"},
            "when": {"phase": ["implementatie"], "known_contact": True},
            "disposition": "included",
            "price": {"basis": "actual_time"},
            "revenue_group": "implementatie",
        },
        {
            "code": "coulance",
            "name": {
                "nl": "Korte vraag van de hoofdgebruiker: coulance",
                "en": "Short question of the key-user: goodwill",
            },
            "when": {"key_user": True, "raw_minutes": {"from": 1, "to": 5}},
            "disposition": "waived",
            "price": {"basis": "fixed", "amount": "17.50"},
        },
        {
            "code": "ledenbestand",
            "name": {"nl": "Verwerken van een ledenbestand", "en": "Processing of a member file"},
            "when": {"category": ["ledenbestand"]},
            "disposition": "charge",
            "price": {"basis": "tiered", "table": "records"},
            "vat_class": "standard",
            "revenue_group": "dataservice",
        },
        {
            "code": "maatwerk",
            "name": {"nl": "Advies en aanpassingen, gecorrigeerde tijd", "en": "Advice and changes, corrected time"},
            "when": {"kind": ["change", "consult"]},
            "disposition": "charge",
            "price": {"basis": "corrected_time"},
            "time": {"step": 15, "direction": "up", "grace": 5, "minimum": 15},
            "vat_class": "standard",
            "revenue_group": "advies",
        },
        {
            "code": "gebruiksvraag",
            "name": {"nl": "Gebruiksvraag volgens staffel", "en": "Question on use, by volume"},
            "when": {"category": ["ledenadministratie", "website", "nieuwsbrief"]},
            "disposition": "charge",
            "price": {"basis": "tiered", "table": "vragen per maand"},
            "vat_class": "standard",
            "revenue_group": "helpdesk",
        },
        {
            "code": "financieel",
            "name": {
                "nl": "Hulp bij contributie en incasso, per kwartier",
                "en": "Fees and direct debit, per quarter of an hour",
            },
            "when": {"category": ["contributie", "incasso"]},
            "disposition": "draw",
            "draw_from": {"kinds": ["card"], "code": "financieel", "rest": "charge"},
            "price": {"basis": "actual_time"},
            "time": {"step": 15, "direction": "up", "grace": 5, "minimum": 15},
            "vat_class": "standard",
            "revenue_group": "helpdesk",
        },
    ],
}

BASIC: Final[dict[str, Any]] = {
    "name": "Basis",
    "rates": {"default": "85.00"},
    "rules": [
        _BUG,
        {
            "code": "per-mail",
            "name": {
                "nl": "Vraag per e-mail van een vaste contactpersoon",
                "en": "Question by e-mail of a known contact",
            },
            "when": {"channel": ["mail"], "known_contact": True},
            "disposition": "included",
            "price": {"basis": "fixed", "amount": "12.50"},
        },
        {
            "code": "training",
            "name": {"nl": "Training op afstand", "en": "Training online"},
            "when": {"category": ["training"]},
            "disposition": "charge",
            "price": {"basis": "actual_time"},
            "time": {"step": 30, "direction": "up", "minimum": 60},
            "vat_class": "standard",
            "revenue_group": "training",
        },
        {
            "code": "vaste-prijs",
            "name": {"nl": "Vraag aan de helpdesk, vaste prijs", "en": "Question to the helpdesk, fixed price"},
            "when": {"category": ["ledenadministratie", "contributie", "incasso", "website", "nieuwsbrief"]},
            "disposition": "draw",
            "draw_from": {"kinds": ["allowance"], "code": "gratis", "unit": "questions", "rest": "charge"},
            "price": {"basis": "fixed", "amount": "19.50"},
            "vat_class": "standard",
            "revenue_group": "helpdesk",
        },
    ],
}
