"""Customers: who pays (debtors)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.api.glue import Answer, PageQuery, Routes, check_version, created, page
from billing_service.api.schemas.customers import (
    CustomerIn,
    CustomerOut,
    CustomerPatch,
    CustomerPut,
    CustomerQuery,
    VatNumberCheckOut,
)
from billing_service.parties import customers, vat_numbers
from billing_service.store.parties import Customer
from billing_service.store.scope import Scope
from billing_service.store.vat import VatNumberCheck

routes = Routes("customers", "Who pays (debtors).")

_CHECKS = "/customers/<uuid:customer_id>/vat-number-checks"


@routes.operation("POST", "/customers", scope="customers:write", body=CustomerIn, out=CustomerOut, status=201)
def create_customer(scope: Scope, body: dict[str, Any]) -> Answer:
    """Create a customer."""
    customer = customers.create(scope, body)
    return created(_shown(scope, customer), f"/v1/customers/{customer.id}")


@routes.operation("GET", "/customers", scope="customers:read", query=CustomerQuery, page_of=CustomerOut)
def list_customers(scope: Scope, query: dict[str, Any]) -> Any:
    """List customers, oldest first."""
    statement = select(Customer).where(Customer.administration_id == scope.administration_id)
    for name in ("number", "customer_group"):
        if name in query:
            statement = statement.where(getattr(Customer, name) == query[name])
    return page(scope, statement, Customer.id, query, lambda rows: customers.shown(scope, rows))


@routes.operation("GET", "/customers/<uuid:customer_id>", scope="customers:read", out=CustomerOut)
def get_customer(scope: Scope, customer_id: UUID) -> dict[str, Any]:
    """Read a customer."""
    return _shown(scope, customers.get(scope, customer_id))


@routes.operation("GET", _CHECKS, scope="customers:read", query=PageQuery, page_of=VatNumberCheckOut)
def list_vat_number_checks(scope: Scope, customer_id: UUID, query: dict[str, Any]) -> Any:
    """List how the VAT numbers that a customer has or had were checked, oldest first."""
    customers.get(scope, customer_id)
    mine = VatNumberCheck.administration_id == scope.administration_id
    statement = select(VatNumberCheck).where(mine, VatNumberCheck.customer_id == customer_id)
    return page(scope, statement, VatNumberCheck.id, query)


@routes.operation("POST", _CHECKS, scope="customers:write", out=VatNumberCheckOut, status=201)
def check_vat_number(scope: Scope, customer_id: UUID) -> Answer:
    """Check the VAT number of a customer again, for its form, and keep what came out.

    A number is also checked whenever it, or the country, is entered.
    """
    check = vat_numbers.check_again(scope, customers.get(scope, customer_id))
    return created(check, f"/v1/customers/{customer_id}/vat-number-checks")


@routes.operation(
    "PATCH", "/customers/<uuid:customer_id>", scope="customers:write", body=CustomerPatch, out=CustomerOut
)
def change_customer(scope: Scope, customer_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Change a customer; only the fields given."""
    customer = customers.get(scope, customer_id)
    check_version(customer)
    return _shown(scope, customers.change(scope, customer, body))


@routes.operation(
    "GET", "/customers/by-external-id/<code:source>/<code:external_id>", scope="customers:read", out=CustomerOut
)
def get_customer_by_external_id(scope: Scope, source: str, external_id: str) -> dict[str, Any]:
    """Read the customer that another system knows by this id."""
    return _shown(scope, customers.by_external_id(scope, source, external_id))


@routes.operation(
    "PUT",
    "/customers/by-external-id/<code:source>/<code:external_id>",
    scope="customers:write",
    body=CustomerPut,
    out=CustomerOut,
    also={201: "The customer is new."},
)
def put_customer(scope: Scope, source: str, external_id: str, body: dict[str, Any]) -> Answer:
    """Create or replace the customer that another system knows by this id.

    Fields that are not given get their default. Other external ids of the customer stay.
    """
    customer, new = customers.put(scope, source, external_id, body)
    shown = _shown(scope, customer)
    return created(shown, f"/v1/customers/{customer.id}") if new else Answer(shown)


def _shown(scope: Scope, row: Customer) -> dict[str, Any]:
    return customers.shown(scope, [row])[0]
