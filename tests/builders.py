"""Rows that many tests start from, in the domain's words. Every builder takes only what matters to its story."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from cryptography.fernet import Fernet
from sqlalchemy.orm import Session

from billing_service.core.ids import new_id
from billing_service.store.administrations import Administration, BookYear, Series, VatStatus
from billing_service.store.parties import (
    Contract,
    ContractContact,
    ContractOrganisation,
    ContractPhase,
    Customer,
    Organisation,
    Person,
)
from billing_service.store.scope import Scope
from billing_service.store.tariffs import Tariff, TariffVersion

NOW = datetime(2026, 3, 31, 10, 0, tzinfo=UTC)
"""The moment at which stories happen unless they say otherwise: 31 March 2026, noon in Amsterdam."""
SECRET_KEY = Fernet.generate_key().decode()
"""What the API of the tests encrypts secrets with."""


def scope(session: Session, administration_id: UUID, now: datetime = NOW, actor: str = "test") -> Scope:
    return Scope(session, administration_id, actor, now)


def administration(session: Session, **fields: Any) -> UUID:
    """A foundation in Utrecht, liable for VAT, with calendar book years 2014-2030 and one invoice series."""
    values: dict[str, Any] = {
        "id": new_id(),
        "legal_name": "Stichting Ledenhulp",
        "street": "Oudegracht 12",
        "postal_code": "3511 AA",
        "city": "Utrecht",
        "kvk": "30281234",
        "vat_number": "NL001234567B82",
        "iban": "NL91ABNA0417164300",
        "bic": "ABNANL2A",
        "email": "facturen@ledenhulp.example",
        "digest_salt": "salt",
        "created_at": NOW,
    }
    row = Administration(**(values | fields))
    session.add(row)
    session.flush()
    session.add(VatStatus(administration_id=row.id, valid_from=date(2000, 1, 1), status="liable"))
    for year in range(2014, 2031):
        session.add(
            BookYear(administration_id=row.id, label=str(year), starts_on=date(year, 1, 1), ends_on=date(year, 12, 31))
        )
    session.add(
        Series(
            administration_id=row.id,
            code="invoices",
            document_type="invoice",
            pattern="{year}-{number:5}",
            per_book_year=True,
            is_default=True,
        )
    )
    session.flush()
    return row.id


def credit_series(session: Session, administration_id: UUID) -> UUID:
    """A series for its credit notes: C2026-00001."""
    return _add(
        session,
        Series(
            administration_id=administration_id,
            code="credit-notes",
            document_type="credit_note",
            pattern="C{year}-{number:5}",
            per_book_year=True,
        ),
    )


def customer(session: Session, administration_id: UUID, number: str = "10001", **fields: Any) -> UUID:
    values: dict[str, Any] = {
        "name": f"Vereniging {number}",
        "street": "Dorpsstraat 1",
        "postal_code": "1234 AB",
        "city": "Zwolle",
        "email": f"administratie@v{number}.example",
        "created_at": NOW,
    }
    return _add(session, Customer(administration_id=administration_id, number=number, **(values | fields)))


def organisation(session: Session, administration_id: UUID, code: str = "zwolle", name: str | None = None) -> UUID:
    row = Organisation(administration_id=administration_id, code=code, name=name or code.title(), created_at=NOW)
    return _add(session, row)


def person(session: Session, administration_id: UUID, code: str = "anna", organisation_id: UUID | None = None) -> UUID:
    return _add(
        session,
        Person(
            administration_id=administration_id,
            code=code,
            name=code.title(),
            organisation_id=organisation_id,
            created_at=NOW,
        ),
    )


def tariff(
    session: Session, administration_id: UUID, document: dict[str, Any], valid_from: date = date(2014, 1, 1)
) -> UUID:
    """A tariff with one published version; its code is the number of tariffs so far."""
    identity = new_id()
    row = Tariff(
        administration_id=administration_id,
        id=identity,
        code=f"tariff-{identity.hex[-6:]}",
        name="Tarief",
        created_at=NOW,
    )
    _add(session, row)
    _add(
        session,
        TariffVersion(
            administration_id=administration_id,
            tariff_id=identity,
            number=1,
            valid_from=valid_from,
            state="published",
            document=document,
            published_at=NOW,
            created_at=NOW,
        ),
    )
    return identity


def contract(
    session: Session,
    administration_id: UUID,
    customer_id: UUID,
    tariff_id: UUID,
    *,
    reference: str = "C-1",
    organisations: tuple[UUID, ...] = (),
    known_contacts: tuple[UUID, ...] = (),
    key_users: tuple[UUID, ...] = (),
    phases: dict[date, str] | None = None,
    **fields: Any,
) -> UUID:
    values: dict[str, Any] = {"title": "Helpdesk", "valid_from": date(2014, 1, 1), "created_at": NOW}
    made = _add(
        session,
        Contract(
            administration_id=administration_id,
            customer_id=customer_id,
            tariff_id=tariff_id,
            reference=reference,
            **(values | fields),
        ),
    )
    key = {"administration_id": administration_id, "contract_id": made}
    session.add_all(ContractOrganisation(**key, organisation_id=covered) for covered in organisations)
    session.add_all(ContractContact(**key, person_id=contact, role="known_contact") for contact in known_contacts)
    session.add_all(ContractContact(**key, person_id=contact, role="key_user") for contact in key_users)
    session.add_all(ContractPhase(**key, valid_from=day, label=label) for day, label in (phases or {}).items())
    session.flush()
    return made


def _add(session: Session, row: Any) -> UUID:
    session.add(row)
    session.flush()
    identity = row.id
    assert isinstance(identity, UUID)
    return identity
