"""Who pays, who asks, and what was agreed: customers, organisations, persons, contracts."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from billing_service.store.base import Base, Keyed, Owned, Versioned, one_of, points_to


class Customer(Base, Keyed, Versioned):
    """Who pays (debtor)."""

    __tablename__ = "customers"

    number: Mapped[str]
    name: Mapped[str]
    is_business: Mapped[bool] = mapped_column(default=True)
    kvk: Mapped[str | None]
    vat_number: Mapped[str | None]
    street: Mapped[str]
    postal_code: Mapped[str]
    city: Mapped[str]
    country: Mapped[str] = mapped_column(default="NL")
    email: Mapped[str | None]
    language: Mapped[str | None]
    payment_term_days: Mapped[int | None]
    customer_group: Mapped[str | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "number"),
        one_of("language", "nl", "en"),
        CheckConstraint("payment_term_days >= 0", name="term"),
    )


class ExternalId(Base, Owned):
    """How another system calls one of our objects: unique per noun and source, so that an upsert finds it."""

    __tablename__ = "external_ids"

    noun: Mapped[str] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    object_id: Mapped[UUID]

    __table_args__ = (
        Index(None, "administration_id", "object_id"),
        one_of("noun", "customer", "organisation", "person", "contract"),
    )


class Organisation(Base, Keyed, Versioned):
    """Where askers work. It may differ from the customer that pays."""

    __tablename__ = "organisations"

    code: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime]

    __table_args__ = (UniqueConstraint("administration_id", "code"),)


class Person(Base, Keyed, Versioned):
    """An asker, a handler or a known contact."""

    __tablename__ = "persons"

    code: Mapped[str]
    name: Mapped[str]
    email: Mapped[str | None]
    organisation_id: Mapped[UUID | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "code"),
        points_to("organisations", "organisation_id"),
    )


class Contract(Base, Keyed, Versioned):
    """What was agreed with one customer; gives at most one invoice per billing run."""

    __tablename__ = "contracts"

    reference: Mapped[str]
    title: Mapped[str]
    customer_id: Mapped[UUID]
    tariff_id: Mapped[UUID]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    rhythm: Mapped[str] = mapped_column(default="month")
    invoice_reference: Mapped[str | None]
    group_equal_lines: Mapped[bool] = mapped_column(default=False)
    annex: Mapped[bool] = mapped_column(default=False)
    recipient_name: Mapped[str | None]
    recipient_email: Mapped[str | None]
    pickup_hours: Mapped[int | None]
    solve_hours: Mapped[int | None]
    system_owner: Mapped[str | None]
    series_id: Mapped[UUID | None]
    created_at: Mapped[datetime]

    __table_args__ = (
        UniqueConstraint("administration_id", "reference"),
        points_to("customers", "customer_id"),
        points_to("tariffs", "tariff_id"),
        points_to("series", "series_id"),
        one_of("rhythm", "month", "quarter", "year", "on_demand"),
        CheckConstraint("valid_to >= valid_from", name="validity"),
        CheckConstraint("(recipient_name IS NULL) = (recipient_email IS NULL)", name="recipient"),
        Index(None, "administration_id", "customer_id"),
    )


class ContractOrganisation(Base, Owned):
    """This contract covers the questions of this organisation."""

    __tablename__ = "contract_organisations"

    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(primary_key=True)

    __table_args__ = (
        points_to("contracts", "contract_id"),
        points_to("organisations", "organisation_id"),
        Index(None, "administration_id", "organisation_id"),
    )


class ContractContact(Base, Owned):
    """A person whom the contract names as known contact, key-user, or both."""

    __tablename__ = "contract_contacts"

    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID] = mapped_column(primary_key=True)
    role: Mapped[str] = mapped_column(primary_key=True)

    __table_args__ = (
        points_to("contracts", "contract_id"),
        points_to("persons", "person_id"),
        one_of("role", "known_contact", "key_user"),
    )


class ContractPhase(Base, Owned):
    """From this date on the contract is in the phase with this label (implementation, live ...)."""

    __tablename__ = "contract_phases"

    contract_id: Mapped[UUID] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    label: Mapped[str]

    __table_args__ = (points_to("contracts", "contract_id"),)
