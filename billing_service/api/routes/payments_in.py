"""Payments that the accounting package told: what became of them here, and deciding on what is uncertain."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.api.glue import Routes, page
from billing_service.api.schemas.payments_in import CollectionOut, PaymentInOut, PaymentInQuery, PaymentResolveIn
from billing_service.collection import asking, resolving
from billing_service.store.payments_in import UNDECIDED, PaymentIn
from billing_service.store.scope import Scope

routes = Routes("payments-in", "Payments that the accounting package told, and what became of them here.")

READ, WRITE = "receivables:read", "receivables:write"
_ONE = "/payments-in/<uuid:payment_in_id>"
_CONNECTION = "/connections/<uuid:connection_id>"


@routes.operation("GET", "/payments-in", scope=READ, query=PaymentInQuery, page_of=PaymentInOut)
def list_payments_in(scope: Scope, query: dict[str, Any]) -> Any:
    """List payments that the accounting package told, oldest first."""
    statement = select(PaymentIn).where(PaymentIn.administration_id == scope.administration_id)
    for name in ("state", "connection_id", "customer_id", "remote_id"):
        if name in query:
            statement = statement.where(getattr(PaymentIn, name) == query[name])
    if query.get("state") == "needs_decision":
        statement = statement.where(UNDECIDED)
    return page(scope, statement, PaymentIn.id, query, partial(resolving.shown, scope))


@routes.operation("GET", _ONE, scope=READ, out=PaymentInOut)
def get_payment_in(scope: Scope, payment_in_id: UUID) -> dict[str, Any]:
    """Read a payment that the accounting package told."""
    return resolving.shown(scope, [resolving.get(scope, payment_in_id)])[0]


@routes.operation("POST", f"{_ONE}/resolve", scope=WRITE, body=PaymentResolveIn, out=PaymentInOut)
def resolve_payment_in(scope: Scope, payment_in_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Decide what a payment is that names no document of ours, or decide otherwise than before.

    The decision holds until the payment stands in the package for another amount, or is matched there to a document of
    ours.
    """
    return resolving.shown(scope, [resolving.resolve(scope, payment_in_id, body)])[0]


@routes.operation("POST", f"{_CONNECTION}/collect", scope="connections:write", out=CollectionOut, status=202)
def collect_payments(scope: Scope, connection_id: UUID) -> dict[str, Any]:
    """Read the payments of a connection now, and not only when it is time again."""
    return asking.ask_now(scope, connection_id)


@routes.operation("GET", f"{_CONNECTION}/collection", scope="connections:read", out=CollectionOut)
def get_collection(scope: Scope, connection_id: UUID) -> dict[str, Any]:
    """How far the payments of a connection were read."""
    return asking.progress(scope, connection_id)
