"""Customers: who pays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from billing_service import rating
from billing_service.core import identifiers
from billing_service.core.ids import new_id
from billing_service.errors import NotFound
from billing_service.parties import common, vat_numbers
from billing_service.store import audit, dispatch
from billing_service.store.parties import Customer
from billing_service.store.scope import Scope

FIELDS: Final = (
    "number",
    "name",
    "is_business",
    "kvk",
    "vat_number",
    "street",
    "postal_code",
    "city",
    "country",
    "email",
    "language",
    "payment_term_days",
    "customer_group",
)
_BOOKED: Final = frozenset(FIELDS) - {"language", "payment_term_days", "customer_group"}
"""What an accounting package is told of a customer."""
_DEFAULTS: Final = dict.fromkeys(FIELDS) | {"is_business": True, "country": "NL"}


def create(scope: Scope, values: Mapping[str, Any]) -> Customer:
    """A new customer. ``values`` holds the fields by name and, if there are any, ``external_ids``.

    Raises:
        InvalidInput: a KvK or VAT number or a country that cannot be right.
        AlreadyExists: its number or an external id is taken.
    """
    return _insert(scope, new_id(), values)


def get(scope: Scope, customer_id: UUID) -> Customer:
    return common.get(scope, Customer, customer_id, "customer")


def change(scope: Scope, customer: Customer, values: Mapping[str, Any]) -> Customer:
    """Change the fields given; raises as ``create`` does."""
    wanted = _checked(values, customer)
    if "number" in wanted:
        common.refuse_taken(scope, Customer, "number", wanted["number"], "customer", besides=customer.id)
    changed = common.assign(customer, wanted)
    if "external_ids" in values:
        common.set_external_ids(scope, "customer", customer.id, values["external_ids"])
        common.touch(customer)
        changed["external_ids"] = values["external_ids"]
    scope.session.flush()
    if changed:
        audit.record(scope, "change", "customer", customer.id, changed)
    if not {"vat_number", "country"}.isdisjoint(changed):
        vat_numbers.record_check(scope, customer)
    if not {"number", "customer_group"}.isdisjoint(changed):  # tariff rules may name both
        rating.redecide(scope, cause="customer_changed", customers=[customer.id])
    if not _BOOKED.isdisjoint(changed):
        dispatch.customer_changed(scope, customer)
    return customer


def shown(scope: Scope, customers: Sequence[Customer]) -> list[dict[str, Any]]:
    """Customers with their external ids, as plain values."""
    ids = common.external_ids(scope, [customer.id for customer in customers])
    checks = vat_numbers.newest_checks(scope, customers)
    columns = ("id", "version", "created_at", *FIELDS)
    return [
        {name: getattr(customer, name) for name in columns}
        | {"external_ids": ids[customer.id], "vat_number_check": checks.get(customer.id)}
        for customer in customers
    ]


def put(scope: Scope, source: str, external_id: str, values: Mapping[str, Any]) -> tuple[Customer, bool]:
    """Make the customer with this external id exactly as given; whether it is new. Raises as ``create`` does."""
    fresh = new_id()
    found = common.claim_external_id(scope, "customer", source, external_id, fresh)
    if found == fresh:
        return _insert(scope, fresh, values), True
    return change(scope, get(scope, found), _DEFAULTS | dict(values)), False


def by_external_id(scope: Scope, source: str, external_id: str) -> Customer:
    """Raises ``NotFound``."""
    found = common.find_external_id(scope, "customer", source, external_id)
    if found is None:
        raise NotFound("There is no customer with this external id.")
    return get(scope, found)


def _insert(scope: Scope, customer_id: UUID, values: Mapping[str, Any]) -> Customer:
    wanted = _checked(_DEFAULTS | dict(values), None)
    common.refuse_taken(scope, Customer, "number", wanted["number"], "customer")
    customer = Customer(administration_id=scope.administration_id, id=customer_id, created_at=scope.now, **wanted)
    scope.session.add(customer)
    scope.session.flush()
    if values.get("external_ids"):
        common.add_external_ids(scope, "customer", customer_id, values["external_ids"])
    audit.record(scope, "create", "customer", customer_id, wanted)
    vat_numbers.record_check(scope, customer)
    return customer


def _checked(values: Mapping[str, Any], current: Customer | None) -> dict[str, Any]:
    """The columns among ``values`` in their compact form; a VAT number is judged by the country it ends up with."""
    wanted = {name: values[name] for name in FIELDS if name in values}
    problems = common.Problems()
    country = wanted.get("country") or (current.country if current else "NL")
    problems.check(wanted, "country", identifiers.check_country)
    problems.check(wanted, "kvk", identifiers.check_kvk)
    if current is not None and "country" in wanted and "vat_number" not in wanted:
        wanted["vat_number"] = current.vat_number
    problems.check(wanted, "vat_number", identifiers.check_vat_number, country)
    problems.refuse("customer")
    return wanted
