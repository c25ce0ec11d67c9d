"""What a report is asked about: the contracts, the organisation, the reader, and what the reader may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from billing_service.core.calendar import Period
from billing_service.core.document import Address, Buyer
from billing_service.core.service_report import Audience, ReportContract, ReportHeader
from billing_service.core.working_days import WorkingTime
from billing_service.errors import FieldError, InvalidInput
from billing_service.parties import common
from billing_service.parties.selling import seller_of
from billing_service.store.administrations import Administration
from billing_service.store.parties import Contract, Customer, Organisation
from billing_service.store.scope import Scope

_SEES_AMOUNTS: Final[Mapping[Audience, bool]] = {"customer": True, "system_owner": True, "asker": False}
"""Unless said otherwise. An asker's organisation seldom pays itself; the system owner's contract is what is billed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A report about one contract, or (without one) about all contracts of a customer: days ``first`` to ``last``, both
    included.

    ``organisation_id``: only its questions; the report for askers needs it. ``amounts``: whether the reader sees money;
    ``None`` leaves that to the audience. ``explain``: with the explanation of each decision, in ``language``.
    """

    first: date
    last: date
    contract_id: UUID | None = None
    customer_id: UUID | None = None
    organisation_id: UUID | None = None
    audience: Audience = "customer"
    amounts: bool | None = None
    explain: bool = False
    language: str = "nl"


@dataclass(frozen=True, slots=True)
class Plan:
    """A report that can be made: nothing in it depends on the transaction in which it was asked for."""

    header: ReportHeader
    contracts: Mapping[UUID, ReportContract]
    organisation_id: UUID | None
    explain: bool
    language: str

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """When the period begins and ends: ``start <= instant < end``."""
        return self.header.period.instants()


def plan(scope: Scope, wanted: Wanted, working_time: WorkingTime) -> Plan:
    """Look up what the report is about.

    Raises:
        InvalidInput: neither contract nor customer, or a contract of another customer; a period that ends before it
            begins; the report for askers without their organisation; the one for a system owner without a contract that
            names one; explanations, which name prices, for a reader who sees no amounts.
        NotFound: no such contract, customer or organisation.
    """
    sees = _SEES_AMOUNTS[wanted.audience] if wanted.amounts is None else wanted.amounts
    _check(wanted, sees)
    contracts = _contracts(scope, wanted)
    customer = common.get(scope, Customer, wanted.customer_id or contracts[0].customer_id, "customer")
    organisation = None
    if wanted.organisation_id is not None:
        organisation = common.get(scope, Organisation, wanted.organisation_id, "organisation").name
    administration = scope.session.get_one(Administration, scope.administration_id)
    by_id = {one.id: ReportContract(one.reference, one.title, one.pickup_hours, one.solve_hours) for one in contracts}
    header = ReportHeader(
        seller=seller_of(administration),
        audience=wanted.audience,
        reader=_reader(wanted, customer, contracts, organisation),
        buyer=_buyer(customer) if wanted.audience == "customer" else None,
        customer_name=customer.name,
        customer_number=customer.number,
        contracts=tuple(by_id.values()),
        organisation=organisation,
        period=Period(wanted.first, wanted.last),
        made_at=scope.now,
        currency=administration.currency,
        amounts=sees,
        working_time=working_time,
    )
    return Plan(header, by_id, wanted.organisation_id, wanted.explain, wanted.language)


def _check(wanted: Wanted, sees_amounts: bool) -> None:
    errors = []
    if wanted.contract_id is None and wanted.customer_id is None:
        errors.append(FieldError("/contract_id", "or customer_id is required"))
    if wanted.last < wanted.first:
        errors.append(FieldError("/date_until", "lies before date_from"))
    if wanted.audience == "asker" and wanted.organisation_id is None:
        errors.append(FieldError("/organisation_id", "is required: whose questions the askers' report shows"))
    if wanted.audience == "system_owner" and wanted.contract_id is None:
        errors.append(FieldError("/contract_id", "is required: each contract has a system owner of its own"))
    if wanted.explain and not sees_amounts:
        errors.append(FieldError("/explain", "is not for readers who see no amounts: explanations name prices"))
    if errors:
        raise InvalidInput("This report cannot be made.", errors=errors)


def _contracts(scope: Scope, wanted: Wanted) -> Sequence[Contract]:
    if wanted.contract_id is not None:
        contract = common.get(scope, Contract, wanted.contract_id, "contract")
        if wanted.audience == "system_owner" and contract.system_owner is None:
            detail = f"names no system owner: give contract {contract.reference} one"
            raise InvalidInput("This report cannot be made.", errors=[FieldError("/contract_id", detail)])
        if wanted.customer_id not in (None, contract.customer_id):
            errors = [FieldError("/contract_id", "is a contract of another customer")]
            raise InvalidInput("This report cannot be made.", errors=errors)
        return [contract]
    mine = Contract.administration_id == scope.administration_id
    query = select(Contract).where(mine, Contract.customer_id == wanted.customer_id).order_by(Contract.reference)
    return scope.session.scalars(query).all()


def _reader(wanted: Wanted, customer: Customer, contracts: Sequence[Contract], organisation: str | None) -> str:
    if wanted.audience == "asker":
        return organisation or ""
    return contracts[0].system_owner or "" if wanted.audience == "system_owner" else customer.name


def _buyer(customer: Customer) -> Buyer:
    address = Address(customer.street, customer.postal_code, customer.city, customer.country)
    return Buyer(customer.name, address, customer.number)
