"""VAT numbers of customers: checked for their form, and each check kept as evidence for reverse-charged invoices.

The rule is ``form``: a number with the form and check digits of its country counts as valid. Whether it is in use only
the register (VIES) knows.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import select

from billing_service.core.identifiers import check_vat_number
from billing_service.core.ids import new_id
from billing_service.errors import Conflict
from billing_service.store import audit
from billing_service.store.parties import Customer
from billing_service.store.scope import Scope
from billing_service.store.vat import VatNumberCheck

RULE: Final = "form"


def counts_as_valid(vat_number: str | None, country: str) -> bool:
    """Whether there is a number, and its form is right for ``country``."""
    return vat_number is not None and problem_of(vat_number, country) is None


def problem_of(vat_number: str, country: str) -> str | None:
    """What is wrong with the form of this number; None where it counts as valid."""
    try:
        check_vat_number(vat_number, country)
    except ValueError as error:
        return str(error)
    return None


def record_check(scope: Scope, customer: Customer) -> VatNumberCheck | None:
    """Check the customer's number now and keep what came out; None where it has none."""
    if not customer.vat_number:
        return None
    problem = problem_of(customer.vat_number, customer.country)
    row = VatNumberCheck(
        administration_id=scope.administration_id,
        id=new_id(),
        customer_id=customer.id,
        vat_number=customer.vat_number,
        country=customer.country,
        rule=RULE,
        valid=problem is None,
        problem=problem,
        checked_at=scope.now,
    )
    scope.session.add(row)
    scope.session.flush()
    told = {
        "customer_id": customer.id,
        "vat_number": row.vat_number,
        "country": row.country,
        "valid": row.valid,
        "rule": RULE,
    }
    audit.record(scope, "create", "vat_number_check", row.id, told)
    return row


def check_again(scope: Scope, customer: Customer) -> VatNumberCheck:
    """Check the customer's number once more, on demand. Raises ``Conflict`` (``no_vat_number``) where it has none."""
    row = record_check(scope, customer)
    if row is None:
        raise Conflict(f"Customer {customer.number} has no VAT number to check.", code="no_vat_number")
    return row


def keep_check(scope: Scope, customer_id: UUID) -> None:
    """See that the number the customer has now was checked: for customers from before checks were kept."""
    customer = scope.session.get_one(Customer, (scope.administration_id, customer_id))
    if customer_id not in newest_checks(scope, [customer]):
        record_check(scope, customer)


def newest_checks(scope: Scope, customers: Collection[Customer]) -> dict[UUID, VatNumberCheck]:
    """The newest check of the number that each customer has now, by customer."""
    has = {customer.id: (customer.vat_number, customer.country) for customer in customers if customer.vat_number}
    rows = scope.session.scalars(
        select(VatNumberCheck)
        .where(VatNumberCheck.administration_id == scope.administration_id, VatNumberCheck.customer_id.in_(has))
        .order_by(VatNumberCheck.checked_at, VatNumberCheck.id)
    )
    return {row.customer_id: row for row in rows if (row.vat_number, row.country) == has[row.customer_id]}
