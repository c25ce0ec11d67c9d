"""A person decides on a payment that only a person can tell the meaning of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service.collection.payments import bearing_on
from billing_service.collection.settling import settle
from billing_service.core.matching import Evidence
from billing_service.core.money import ZERO
from billing_service.core.payment_texts import DOUBTS
from billing_service.core.payments_in import standing
from billing_service.errors import Conflict, FieldError, InvalidInput, NotFound
from billing_service.receivables.reading import named, refuse_unowed
from billing_service.store import audit, collecting
from billing_service.store.administrations import Administration
from billing_service.store.connections import Connection
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Customer
from billing_service.store.payments_in import PaymentIn
from billing_service.store.scope import Scope

CHOICES: Final = ("allocate", "balance", "not_ours")
"""It settles these invoices; it is what this customer has to its credit; it does not concern us."""
LANGUAGES: Final = ("nl", "en")
_BY_US: Final = frozenset({*Evidence, "person"})


def resolve(scope: Scope, payment_id: UUID, wish: Mapping[str, Any]) -> PaymentIn:
    """What a person says this payment is, until it stands there for another amount or gets a document of ours.

    ``wish``: ``choice``, for ``allocate`` the ``parts`` (``invoice_id`` and ``amount``, at most what stands of the
    payment; the rest is balance), for ``balance`` the ``customer_id``, and a ``reason`` for the audit trail. What was
    matched here, or decided before, may be decided otherwise.

    Raises:
        NotFound: no such payment.
        InvalidInput: no such invoice or customer, invoices of several customers, more than stands there.
        Conflict: the package says what it settles, or nothing stands of it (``payment_decided``); it is no money that
            came in, or in another currency, and can only be declared ``not_ours`` (``only_not_ours``); the invoice is
            not issued.
    """
    row = get(scope, payment_id)
    collecting.lock(scope, row.connection_id)
    connection = scope.session.get_one(Connection, (scope.administration_id, row.connection_id))
    scope.session.expire(row)
    payments = bearing_on(scope, row.connection_id, [row.remote_id])
    payment = payments[row.remote_id]
    if payment.state not in {"needs_decision", "not_ours", "balance"} and not (
        payment.state == "settled" and payment.evidence in _BY_US
    ):
        raise Conflict("This payment is not to be decided upon.", code="payment_decided")
    stands = standing(one.told for one in payments.values())[row.remote_id]
    said = _said(scope, payment.currency, stands, wish)
    payment.decision = said | {"choice": wish["choice"], "stands": str(stands)}
    settle(scope, connection, payments, [row.remote_id])
    audit.record(scope, "resolve", "payment_in", row.id, payment.decision | {"reason": wish.get("reason")})
    scope.session.refresh(row)
    return row


def get(scope: Scope, payment_id: UUID) -> PaymentIn:
    """Raises ``NotFound``."""
    row = scope.session.get(PaymentIn, (scope.administration_id, payment_id))
    if row is None:
        raise NotFound("There is no such payment.")
    return row


def _said(scope: Scope, currency: str, stands: Decimal, wish: Mapping[str, Any]) -> dict[str, Any]:
    if wish["choice"] == "not_ours":
        return {"parts": [], "customer_id": None}
    ours = select(Administration.currency).where(Administration.id == scope.administration_id)
    if stands <= ZERO or currency != scope.session.scalars(ours).one():
        raise Conflict("Only money that came in, in our currency, can be booked here.", code="only_not_ours")
    if wish["choice"] == "balance":
        customer = named(scope, Customer, wish["customer_id"], "/customer_id")
        return {"parts": [], "customer_id": str(customer.id)}
    return _parts(scope, stands, wish["parts"])


def _parts(scope: Scope, stands: Decimal, parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    customers = set()
    for place, part in enumerate(parts):
        pointer = f"/parts/{place}"
        customers.add(refuse_unowed(named(scope, Invoice, part["invoice_id"], f"{pointer}/invoice_id")).customer_id)
        if part["amount"] <= ZERO:
            raise InvalidInput(
                "An amount is more than nothing.", errors=[FieldError(f"{pointer}/amount", "is not positive")]
            )
    if len(customers) != 1 or len({part["invoice_id"] for part in parts}) != len(parts):
        problem = "must be different invoices of one customer"
        raise InvalidInput(f"What it settles {problem}.", errors=[FieldError("/parts", problem)])
    total = sum((part["amount"] for part in parts), ZERO)
    if total > stands:
        raise InvalidInput(
            f"{stands} stands there; {total} is more.", errors=[FieldError("/parts", f"come to more than {stands}")]
        )
    return {
        "parts": [[str(part["invoice_id"]), str(part["amount"])] for part in parts],
        "customer_id": str(customers.pop()),
    }


def shown(scope: Scope, rows: Iterable[PaymentIn]) -> list[dict[str, Any]]:
    """Payments as people read them: with why a person must decide."""
    found = []
    for row in rows:
        columns = {column.key: getattr(row, column.key) for column in PaymentIn.__table__.columns}
        problem = None if row.doubt is None else {language: DOUBTS[language][row.doubt] for language in LANGUAGES}
        found.append(columns | {"proposals": row.proposals or [], "problem": problem})
    return found
