"""Deliveries over HTTP: what is on its way to the accounting package, what arrived, and what a person must repair."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import literal, select

from billing_service.api.glue import Routes, page
from billing_service.api.schemas.deliveries import (
    DeliveriesRetriedOut,
    DeliveriesRetryIn,
    DeliveryCancelIn,
    DeliveryOut,
    DeliveryQuery,
    DeliveryRetryIn,
)
from billing_service.delivery import people
from billing_service.store.connections import Connection
from billing_service.store.deliveries import NOT_DELIVERED, NOUNS, Delivery
from billing_service.store.scope import Scope

routes = Routes("deliveries", "Documents, customers and receipts on their way to the accounting package.")

READ, WRITE = "deliveries:read", "deliveries:write"
_ONE = "/deliveries/<uuid:delivery_id>"


@routes.operation("GET", "/deliveries", scope=READ, query=DeliveryQuery, page_of=DeliveryOut)
def list_deliveries(scope: Scope, query: dict[str, Any]) -> Any:
    """List deliveries, oldest first. Those that need attention say what is the matter and what to do."""
    statement = select(Delivery).where(Delivery.administration_id == scope.administration_id)
    for name in ("state", "noun", "cause", "connection_id", "number"):
        if name in query:
            statement = statement.where(getattr(Delivery, name) == query[name])
    if query.get("state") in ("waiting", "needs_attention") or "cause" in query:
        statement = statement.where(NOT_DELIVERED)
    if "subject_id" in query:  # found by the index that begins with the connection
        mine = select(Connection.id).where(Connection.administration_id == scope.administration_id)
        statement = statement.where(
            Delivery.connection_id.in_(mine), Delivery.noun.in_(literal(noun) for noun in NOUNS)
        )
        statement = statement.where(Delivery.subject_id == query["subject_id"])
    return page(scope, statement, Delivery.id, query, partial(people.shown, scope))


@routes.operation("GET", _ONE, scope=READ, out=DeliveryOut)
def get_delivery(scope: Scope, delivery_id: UUID) -> dict[str, Any]:
    """Read a delivery."""
    return people.shown(scope, [people.get(scope, delivery_id)])[0]


@routes.operation("POST", f"{_ONE}/retry", scope=WRITE, body=DeliveryRetryIn, out=DeliveryOut)
def retry_delivery(scope: Scope, delivery_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Let a delivery go again, now, after a repair.

    Where an earlier attempt may have come through it is looked for first, so that nothing is there twice. Where nobody
    can look by machine (`outcome_unclear`) say with `stands_there` what you found in the package.
    """
    row = people.retry(
        scope,
        delivery_id,
        stands_there=body.get("stands_there"),
        remote_id=body.get("remote_id"),
        without_file=body["without_file"],
    )
    return people.shown(scope, [row])[0]


@routes.operation("POST", "/deliveries/retry", scope=WRITE, body=DeliveriesRetryIn, out=DeliveriesRetriedOut)
def retry_deliveries(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Let everything go again that needs attention for one cause, once that is repaired."""
    return {"retried": people.retry_all(scope, body["cause"], body.get("connection_id"))}


@routes.operation("POST", f"{_ONE}/cancel", scope=WRITE, body=DeliveryCancelIn, out=DeliveryOut)
def cancel_delivery(scope: Scope, delivery_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Take a delivery off the road: somebody took care of it otherwise. What stands there stays."""
    return people.shown(scope, [people.cancel(scope, delivery_id, body["reason"])])[0]
