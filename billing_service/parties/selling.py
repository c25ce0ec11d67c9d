"""Who sells and who buys, as documents print them, and the VAT between the two."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Literal, cast
from uuid import UUID

from sqlalchemy import select

from billing_service.core.document import Address, Buyer, Seller
from billing_service.core.vat import (
    Rates,
    VatBuyer,
    VatClass,
    VatDecision,
    VatStatus,
    decide_vat,
    membership_changes,
    outside_scope,
)
from billing_service.errors import InvalidInput
from billing_service.parties.vat_numbers import counts_as_valid
from billing_service.parties.vat_rates import added_rates
from billing_service.store.administrations import Administration, Series
from billing_service.store.administrations import VatStatus as VatStatusRow
from billing_service.store.parties import Contract, Customer
from billing_service.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Issuer:
    """The administration as a seller, with its dated VAT statuses and the series its invoices are numbered in: id and
    code of each, the default one first."""

    seller: Seller
    currency: str
    language: str
    payment_term_days: int
    zero_statements: bool
    vat_since: tuple[tuple[date, VatStatus], ...]
    series: Mapping[UUID, str]
    rates: Rates = field(default_factory=dict)

    def series_of(self, contract: Contract) -> UUID:
        """The series this contract's invoices are numbered in: the one chosen for it, else the default one."""
        return contract.series_id or next(iter(self.series))

    def vat_status(self, day: date) -> VatStatus:
        """The VAT status on ``day``. Raises InvalidInput (``no_vat_status``) before the first."""
        at = bisect_right(self.vat_since, day, key=lambda since: since[0])
        if at == 0:
            raise InvalidInput(f"The administration has no VAT status on {day}.", code="no_vat_status")
        return self.vat_since[at - 1][1]


def load_issuer(scope: Scope, document_type: Literal["invoice", "credit_note"] = "invoice") -> Issuer:
    """The seller with its series for documents of this type.

    Raises InvalidInput (``no_series``) for an administration without a number series for them.
    """
    session, key = scope.session, scope.administration_id
    row = session.scalars(select(Administration).where(Administration.id == key)).one()
    statuses = session.execute(
        select(VatStatusRow.valid_from, VatStatusRow.status)
        .where(VatStatusRow.administration_id == key)
        .order_by(VatStatusRow.valid_from)
    )
    series = session.execute(
        select(Series.id, Series.code)
        .where(Series.administration_id == key, Series.document_type == document_type)
        .order_by(Series.is_default.desc(), Series.code)
    ).all()
    if not series:
        documents = document_type.replace("_", " ") + "s"
        detail = f"The administration has no number series for {documents}: add one of document type {document_type}."
        raise InvalidInput(detail, code="no_series")
    return Issuer(
        seller=seller_of(row),
        currency=row.currency,
        language=row.language,
        payment_term_days=row.payment_term_days,
        zero_statements=row.zero_statements,
        vat_since=tuple((since, cast(VatStatus, status)) for since, status in statuses),
        series={found.id: found.code for found in series},
        rates=added_rates(session),
    )


def seller_of(row: Administration) -> Seller:
    """The administration as documents print it."""
    return Seller(
        legal_name=row.legal_name,
        address=Address(row.street, row.postal_code, row.city, row.country),
        trade_name=row.trade_name,
        kvk_number=row.kvk,
        vat_number=row.vat_number,
        iban=row.iban,
        bic=row.bic,
        email=row.email,
        phone=row.phone,
        website=row.website,
    )


def buyer(customer: Customer, contract: Contract) -> Buyer:
    """The customer as printed; a recipient chosen on the contract is whom the envelope is for."""
    return Buyer(
        name=customer.name,
        address=Address(customer.street, customer.postal_code, customer.city, customer.country),
        customer_number=customer.number,
        attention=contract.recipient_name,
        kvk_number=customer.kvk,
        vat_number=customer.vat_number,
    )


class LineVat:
    """VAT for lines between one seller and one buyer, with the findings met on the way."""

    def __init__(self, issuer: Issuer, customer: Customer) -> None:
        self._issuer = issuer
        self._buyer = VatBuyer(
            country=customer.country,
            is_business=customer.is_business,
            vat_number_valid=counts_as_valid(customer.vat_number, customer.country),
        )
        self.findings: set[str] = set()

    def decide(self, day: date, vat_class: str) -> VatDecision:
        issuer = self._issuer
        decision = decide_vat(day, issuer.vat_status(day), cast(VatClass, vat_class), self._buyer, issuer.rates)
        if decision.finding:
            self.findings.add(decision.finding)
        return decision

    @property
    def may_change_scope(self) -> bool:
        """Whether sales between the two ever were outside Dutch VAT and ever within it."""
        return len(self._changes()) > 0

    def scope_holds_until(self, first: date, last: date) -> date:
        """The last day from ``first`` to ``last`` up to which sales stay outside Dutch VAT, or within it, as on
        ``first``: both together cannot stand on one document (EN 16931 BR-O-11 to 14)."""
        at_first = self._outside(first)
        for day in self._changes():
            if first < day <= last and self._outside(day) != at_first:
                return day - timedelta(days=1)
        return last

    def _outside(self, day: date) -> bool:
        return outside_scope(day, self._issuer.vat_status(day), self._buyer)

    def _changes(self) -> list[date]:
        statuses = [since for since, _ in self._issuer.vat_since[1:]]
        membership = membership_changes(self._buyer.country) if self._buyer.is_business else ()
        return sorted({*statuses, *membership})
