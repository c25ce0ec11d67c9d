"""The example's administration, customers, organisations, persons and contracts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from billing_service import tariffs
from billing_service.demo.tariffs import BASIC, STANDARD
from billing_service.parties import administrations, contracts, customers, people
from billing_service.store.scope import OperatorScope, Scope

ADMINISTRATION: Final[dict[str, Any]] = {
    "legal_name": "Stichting Verenigingsloket",
    "street": "Oudegracht 212",
    "postal_code": "3511 NR",
    "city": "Utrecht",
    "kvk": "69599068",
    "vat_number": "NL000099998B57",
    "iban": "NL33TRIO0000012345",
    "bic": "TRIONL2U",
    "email": "facturen@verenigingsloket.example",
    "phone": "030 555 01 23",
    "website": "https://verenigingsloket.example",
    "payment_term_days": 30,
}

CUSTOMERS: Final[tuple[dict[str, Any], ...]] = (
    {
        "number": "10001",
        "name": "Noorderlicht Groep B.V.",
        "kvk": "68750110",
        "street": "Hereweg 95",
        "postal_code": "9721 AA",
        "city": "Groningen",
        "email": "crediteuren@noorderlicht.example",
    },
    {
        "number": "10002",
        "name": "Korenverband Nederland",
        "street": "Stationsplein 14",
        "postal_code": "3818 LE",
        "city": "Amersfoort",
        "email": "penningmeester@korenverband.example",
        "payment_term_days": 14,
    },
    {
        "number": "10003",
        "name": "Muziekvereniging Crescendo",
        "is_business": False,
        "street": "Kerkstraat 3",
        "postal_code": "7411 JM",
        "city": "Deventer",
        "email": "bestuur@crescendo.example",
    },
    {
        "number": "10004",
        "name": "Vlaamse Toneelfederatie vzw",
        "vat_number": "BE0999999922",
        "street": "Lange Nieuwstraat 40",
        "postal_code": "2000",
        "city": "Antwerpen",
        "country": "BE",
        "email": "boekhouding@toneelfederatie.example",
    },
    {
        "number": "10005",
        "name": "International Rowing Club Amsterdam",
        "street": "Weesperzijde 65",
        "postal_code": "1091 EH",
        "city": "Amsterdam",
        "email": "treasurer@irca.example",
        "language": "en",
    },
)

ORGANISATIONS: Final[dict[str, str]] = {
    "noorderlicht": "Noorderlicht Groep B.V.",
    "noorderlicht-events": "Noorderlicht Evenementen B.V.",
    "noorderlicht-media": "Noorderlicht Media B.V.",
    "korenverband": "Korenverband Nederland",
    "crescendo": "Muziekvereniging Crescendo",
    "toneelfederatie": "Vlaamse Toneelfederatie vzw",
    "irca": "International Rowing Club Amsterdam",
    "schaakbond-west": "Schaakbond West",
}

PERSONS: Final[dict[str, tuple[str, str | None]]] = {
    "j.devries": ("Jolanda de Vries", None),
    "f.bakker": ("Farid Bakker", None),
    "h.mulder": ("Hanneke Mulder", "noorderlicht"),
    "t.yildiz": ("Tarık Yıldız", "noorderlicht-events"),
    "s.wierda": ("Sietske Wierda", "noorderlicht-media"),
    "m.vandam": ("Marloes van Dam", "korenverband"),
    "p.jansen": ("Piet Jansen", "korenverband"),
    "e.kok": ("Els Kok", "crescendo"),
    "l.peeters": ("Lotte Peeters", "toneelfederatie"),
    "a.hughes": ("Abigail Hughes", "irca"),
    "r.smit": ("Ruud Smit", "schaakbond-west"),
}

CONTRACTS: Final[tuple[dict[str, Any], ...]] = (
    {
        "reference": "NG-2025",
        "title": "Helpdesk Noorderlicht en dochters",
        "customer": "10001",
        "tariff": "standaard",
        "organisations": ["noorderlicht", "noorderlicht-events", "noorderlicht-media"],
        "known_contacts": ["s.wierda"],
        "key_users": ["h.mulder"],
        "pickup_hours": 4,
        "solve_hours": 16,
        "invoice_reference": "Kostenplaats 4410",
        "annex": True,
    },
    {
        "reference": "KV-2024",
        "title": "Helpdesk ledenadministratie",
        "customer": "10002",
        "tariff": "standaard",
        "organisations": ["korenverband"],
        "known_contacts": ["m.vandam"],
        "key_users": ["m.vandam"],
    },
    {
        "reference": "MC-2024",
        "title": "Basisondersteuning",
        "customer": "10003",
        "tariff": "basis",
        "organisations": ["crescendo"],
        "known_contacts": ["e.kok"],
        "group_equal_lines": True,
    },
    {
        "reference": "VT-2025",
        "title": "Basisondersteuning",
        "customer": "10004",
        "tariff": "basis",
        "organisations": ["toneelfederatie"],
        "known_contacts": ["l.peeters"],
    },
    {
        "reference": "IR-2025",
        "title": "Basic support",
        "customer": "10005",
        "tariff": "basis",
        "organisations": ["irca"],
        "annex": True,
    },
)
REPORTED: Final = "NG-2025"
"""The contract with agreed hours, whose month is reported."""
LIVE_FROM_DAY: Final = 15
"""Noorderlicht Media goes live in the middle of the month: until then its help is included."""


def make_administration(operator: OperatorScope) -> UUID:
    return administrations.create(operator, ADMINISTRATION).id


def make_customers(scope: Scope) -> dict[str, UUID]:
    """The customers by number."""
    return {values["number"]: customers.create(scope, values).id for values in CUSTOMERS}


def make_people(scope: Scope) -> tuple[dict[str, UUID], dict[str, UUID]]:
    """The organisations and the persons, by code."""
    organisations = {
        code: people.create_organisation(scope, {"code": code, "name": name}).id for code, name in ORGANISATIONS.items()
    }
    persons = {
        code: people.create_person(
            scope, {"code": code, "name": name, "organisation_id": organisations[works_at] if works_at else None}
        ).id
        for code, (name, works_at) in PERSONS.items()
    }
    return organisations, persons


def make_tariffs(scope: Scope, valid_from: date) -> dict[str, UUID]:
    """The two tariffs by code, each with a published version."""
    made = {}
    for code, document in (("standaard", STANDARD), ("basis", BASIC)):
        tariff = tariffs.create(scope, {"code": code, "name": document["name"]})
        version = tariffs.add_version(scope, tariff, {"valid_from": valid_from, "document": document})
        tariffs.publish(scope, version)
        made[code] = tariff.id
    return made


def make_contracts(
    scope: Scope,
    month: date,
    customer_ids: Mapping[str, UUID],
    tariff_ids: Mapping[str, UUID],
    organisations: Mapping[str, UUID],
    persons: Mapping[str, UUID],
) -> dict[str, UUID]:
    """The contracts by reference, valid since the year before; one goes live in the middle of ``month``."""
    valid_from = date(month.year - 1, 1, 1)
    made = {}
    for values in CONTRACTS:
        wanted = {name: value for name, value in values.items() if name not in ("customer", "tariff")}
        wanted |= {
            "customer_id": customer_ids[values["customer"]],
            "tariff_id": tariff_ids[values["tariff"]],
            "valid_from": valid_from,
            "organisations": [organisations[code] for code in values["organisations"]],
            "known_contacts": [persons[code] for code in values.get("known_contacts", ())],
            "key_users": [persons[code] for code in values.get("key_users", ())],
        }
        if values["reference"] == "NG-2025":
            live = month + timedelta(days=LIVE_FROM_DAY - 1)
            wanted["phases"] = [
                {"valid_from": valid_from, "label": "implementatie"},
                {"valid_from": live, "label": "live"},
            ]
        made[values["reference"]] = contracts.create(scope, wanted).id
    return made
