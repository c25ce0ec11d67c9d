"""What the measurements work on: an administration with customers, contracts, one tariff, and questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from billing_service.core.ids import new_id
from billing_service.store import bulk
from billing_service.store.administrations import Administration, BookYear, Series, VatStatus
from billing_service.store.charges import Charge
from billing_service.store.parties import Contract, ContractOrganisation, Customer, Organisation, Person
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from billing_service.store.tariffs import Tariff, TariffVersion

NOW = datetime(2026, 3, 31, 10, 0, tzinfo=UTC)
ACTOR = "bench"
SOURCE = "helpdesk"
HANDLERS = ("anna", "bram", "chris")
INVOICE_LINES = 5

QUARTERS = {"step": 15, "direction": "up", "grace": 5, "minimum": 15}


def _rule(
    code: str, when: dict[str, Any], disposition: str, price: dict[str, Any] | None, **more: Any
) -> dict[str, Any]:
    rule: dict[str, Any] = {"code": code, "name": {"nl": code, "en": code}, "when": when, "disposition": disposition}
    if price is not None:
        rule["price"] = price
    if disposition == "charge":
        rule |= {"vat_class": "standard", "revenue_group": "support"}
    return rule | more


TARIFF: dict[str, Any] = {
    "name": "Helpdesk",
    "rates": {"default": "95.00", "roles": {"consultant": "120.00"}},
    "tables": {
        "records": {
            "measure": {"quantity": "records"},
            "kind": "bracket",
            "rows": [
                {"up_to": "1000", "amount": "25.00"},
                {"up_to": "5000", "per_unit": "0.0250"},
                {"up_to": None, "per_unit": "0.0125"},
            ],
        }
    },
    "rules": [
        _rule("bug", {"kind": ["bug"]}, "not_billable", None, close=True),
        _rule("remark", {"kind": ["remark"], "channel": ["portal"]}, "included", None),
        _rule("goodwill", {"raw_minutes": {"from": 0, "to": 4}}, "waived", {"basis": "fixed", "amount": "12.50"}),
        _rule("file", {"category": ["import"]}, "charge", {"basis": "tiered", "table": "records"}),
        _rule("urgent", {"urgency": ["high"]}, "charge", {"basis": "actual_time", "rate": "142.50"}, time=QUARTERS),
        _rule("password", {"category": ["password"]}, "charge", {"basis": "fixed", "amount": "12.50"}),
        _rule("website", {"category": ["website"], "tags": ["module"]}, "included", {"basis": "actual_time"}),
        _rule("time", {}, "charge", {"basis": "corrected_time", "raw_allowed": True}, time=QUARTERS),
    ],
}
"""Eight rules over all kinds of price; ``question`` spreads questions over each of them."""

_SHAPES: tuple[dict[str, Any], ...] = (
    {"kind": "bug", "category": "website"},
    {"kind": "remark", "channel": "portal"},
    {"minutes": 3},
    {"category": "import", "quantities": {"records": "3400"}},
    {"urgency": "high", "minutes": 37},
    {"category": "password", "minutes": 8},
    {"category": "website", "tags": ["module"], "minutes": 55},
    {"category": "ledger", "minutes": 50},
    {"category": "ledger", "minutes": 21},
    {"category": "members", "minutes": 64},
)


def question(number: int, organisation: str) -> dict[str, Any]:
    """Question ``number`` as the API takes it: closed, with one time entry, of one of ten shapes."""
    shape = _SHAPES[number % len(_SHAPES)]
    opened = NOW - timedelta(days=20, minutes=number % 10_000)
    instants = [(opened + timedelta(minutes=minutes)).isoformat() for minutes in (0, 20, 60, 90)]
    return {
        "source": SOURCE,
        "external_id": f"V-{number}",
        "subject": f"Ledenadministratie: vraag {number}",
        "category": shape.get("category", "other"),
        "kind": shape.get("kind", "question"),
        "channel": shape.get("channel", "phone"),
        "support_line": "1",
        "urgency": shape.get("urgency", "normal"),
        "tags": shape.get("tags", []),
        "asker": "asker",
        "handler": HANDLERS[number % len(HANDLERS)],
        "organisation": organisation,
        **dict(zip(("opened_at", "picked_up_at", "answered_at", "closed_at"), instants, strict=True)),
        "solution_summary": "Uitgelegd en samen ingesteld.",
        "quantities": shape.get("quantities", {}),
        "time_entries": [
            {
                "external_id": f"V-{number}-1",
                "handler": HANDLERS[number % len(HANDLERS)],
                "role": "consultant" if number % 4 == 0 else "support",
                "worked_on": opened.date().isoformat(),
                "minutes": shape.get("minutes", 15),
            }
        ],
    }


@dataclass(frozen=True, slots=True)
class Office:
    """One administration; contract, customer and organisation of the same place in the lists belong together."""

    administration_id: UUID
    contracts: tuple[UUID, ...]
    customers: tuple[UUID, ...]
    organisations: tuple[str, ...]

    def scope(self, session: Session, now: datetime = NOW) -> Scope:
        return Scope(session, self.administration_id, ACTOR, now)


def part_of(office: Office, contracts: int) -> Office:
    """The same administration, with its first contracts only."""
    return Office(
        office.administration_id,
        office.contracts[:contracts],
        office.customers[:contracts],
        office.organisations[:contracts],
    )


def open_office(database: Database, customers: int) -> Office:
    """An administration with so many customers, each with an organisation and a contract under one tariff."""
    with database.write() as session:
        key = _administration(session)
        tariff = _tariff(session, key)
        _persons(session, key)
        ids = [tuple(new_id() for _ in range(3)) for _ in range(customers)]
        owned = {"administration_id": key, "version": 1, "created_at": NOW}
        bulk.insert_rows(session, Customer, [_customer(owned, one[0], at) for at, one in enumerate(ids)])
        bulk.insert_rows(
            session,
            Organisation,
            [{**owned, "id": one[1], "code": f"org-{at}", "name": f"Afdeling {at}"} for at, one in enumerate(ids)],
        )
        bulk.insert_rows(session, Contract, [_contract(owned, tariff, one, at) for at, one in enumerate(ids)])
        bulk.insert_rows(
            session,
            ContractOrganisation,
            [{"administration_id": key, "contract_id": one[2], "organisation_id": one[1]} for one in ids],
        )
    return Office(
        key,
        tuple(one[2] for one in ids),
        tuple(one[0] for one in ids),
        tuple(f"org-{at}" for at in range(customers)),
    )


def add_charges(session: Session, office: Office, contracts: Sequence[int]) -> None:
    """Five open charges for each of these contracts (by place): two fixed prices, three times spent."""
    rows = []
    for at in contracts:
        for line in range(INVOICE_LINES):
            by_time = line >= 2
            rows.append(
                {
                    "administration_id": office.administration_id,
                    "id": new_id(),
                    "version": 1,
                    "contract_id": office.contracts[at],
                    "customer_id": office.customers[at],
                    "source": "manual",
                    "part": 0,
                    "date": date(2026, 3, 10 + line),
                    "description": {"nl": f"Ondersteuning {line + 1}", "en": f"Support {line + 1}"},
                    "disposition": "charge",
                    "pricing": "time" if by_time else "quantity",
                    "quantity": None if by_time else Decimal(2),
                    "minutes": 50 if by_time else None,
                    "unit_price": Decimal("95.00") if by_time else Decimal("12.50"),
                    "amount": Decimal("79.17") if by_time else Decimal("25.00"),
                    "vat_class": "standard",
                    "revenue_group": "support",
                    "state": "open",
                    "created_at": NOW,
                }
            )
    bulk.insert_rows(session, Charge, rows)


def _administration(session: Session) -> UUID:
    row = Administration(
        id=new_id(),
        legal_name="Helpdesk Zuiderhaven B.V.",
        street="Maaskade 118",
        postal_code="3071 ND",
        city="Rotterdam",
        kvk="24361917",
        vat_number="NL853746333B01",
        iban="NL91ABNA0417164300",
        bic="ABNANL2A",
        email="administratie@zuiderhaven.example",
        digest_salt="salt",
        created_at=NOW,
    )
    session.add(row)
    session.flush()
    session.add(VatStatus(administration_id=row.id, valid_from=date(2000, 1, 1), status="liable"))
    session.add_all(
        BookYear(administration_id=row.id, label=str(year), starts_on=date(year, 1, 1), ends_on=date(year, 12, 31))
        for year in range(2026, 2041)  # over HTTP the service issues by the clock on the wall
    )
    session.add(
        Series(
            administration_id=row.id,
            code="invoices",
            document_type="invoice",
            pattern="{year}{number:6}",
            per_book_year=True,
        )
    )
    session.flush()
    return row.id


def _tariff(session: Session, key: UUID) -> UUID:
    tariff = Tariff(administration_id=key, id=new_id(), code="helpdesk", name="Helpdesk", created_at=NOW)
    session.add(tariff)
    session.flush()
    session.add(
        TariffVersion(
            administration_id=key,
            tariff_id=tariff.id,
            number=1,
            valid_from=date(2020, 1, 1),
            state="published",
            document=TARIFF,
            published_at=NOW,
            created_at=NOW,
        )
    )
    session.flush()
    return tariff.id


def _persons(session: Session, key: UUID) -> None:
    session.add_all(
        Person(administration_id=key, code=code, name=code.title(), created_at=NOW) for code in ("asker", *HANDLERS)
    )
    session.flush()


def _customer(owned: dict[str, Any], identity: UUID, at: int) -> dict[str, Any]:
    return {
        **owned,
        "id": identity,
        "number": str(10_000 + at),
        "name": f"Vereniging {at}",
        "is_business": True,
        "street": f"Dorpsstraat {at + 1}",
        "postal_code": "1141 AM",
        "city": "Monnickendam",
        "country": "NL",
        "email": f"administratie@v{at}.example",
    }


def _contract(owned: dict[str, Any], tariff: UUID, ids: tuple[UUID, ...], at: int) -> dict[str, Any]:
    return {
        **owned,
        "id": ids[2],
        "reference": f"C-{at}",
        "title": "Onderhoud ledenadministratie",
        "customer_id": ids[0],
        "tariff_id": tariff,
        "valid_from": date(2020, 1, 1),
        "rhythm": "month",
        "group_equal_lines": False,
        "annex": False,
    }
