"""Webhooks over HTTP: where other services hear of events, what happened, and what became of telling it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import notifying
from billing_service.api.glue import Answer, Routes, check_version, page
from billing_service.api.glue.identity import current_context
from billing_service.api.schemas.webhooks import (
    EventOut,
    EventQuery,
    WebhookDeliveryOut,
    WebhookDeliveryQuery,
    WebhookEndpointIn,
    WebhookEndpointOut,
    WebhookEndpointPatch,
    WebhookEndpointQuery,
    WebhookReplayIn,
    WebhookReplayOut,
    WebhookSecretOut,
    WebhookTestOut,
)
from billing_service.notifying import endpoints
from billing_service.notifying.endpoints import Rules
from billing_service.store.scope import Scope
from billing_service.store.webhooks import Event, WebhookDelivery, WebhookEndpoint
from billing_service.vault import Vault

routes = Routes("webhook-endpoints", "Where other services hear of events, as signed by Standard Webhooks.")

READ, WRITE = "webhooks:read", "webhooks:write"


@routes.operation(
    "POST", "/webhook-endpoints", scope=WRITE, body=WebhookEndpointIn, out=WebhookSecretOut, status=201, secret=True
)
def create_webhook_endpoint(scope: Scope, body: dict[str, Any]) -> Answer:
    """Register an endpoint and show its signing secret, once.

    From now on it is sent every event of the kinds it names, signed by Standard Webhooks: `webhook-id` stays the same
    in a repetition, so that a receiver can tell one.
    """
    row, secret = endpoints.create(scope, body, _rules())
    return _with_secret(row, secret, 201)


@routes.operation("GET", "/webhook-endpoints", scope=READ, query=WebhookEndpointQuery, page_of=WebhookEndpointOut)
def list_webhook_endpoints(scope: Scope, query: dict[str, Any]) -> Any:
    """List endpoints, oldest first."""
    statement = select(WebhookEndpoint).where(WebhookEndpoint.administration_id == scope.administration_id)
    if "state" in query:
        statement = statement.where(WebhookEndpoint.state == query["state"])
    return page(scope, statement, WebhookEndpoint.id, query)


@routes.operation("GET", "/webhook-endpoints/<uuid:webhook_endpoint_id>", scope=READ, out=WebhookEndpointOut)
def get_webhook_endpoint(scope: Scope, webhook_endpoint_id: UUID) -> WebhookEndpoint:
    """Read an endpoint."""
    return endpoints.get(scope, webhook_endpoint_id)


@routes.operation(
    "PATCH",
    "/webhook-endpoints/<uuid:webhook_endpoint_id>",
    scope=WRITE,
    body=WebhookEndpointPatch,
    out=WebhookEndpointOut,
)
def change_webhook_endpoint(scope: Scope, webhook_endpoint_id: UUID, body: dict[str, Any]) -> WebhookEndpoint:
    """Change an endpoint, disable it, or make it active again; only the fields given."""
    row = endpoints.get(scope, webhook_endpoint_id)
    check_version(row)
    return endpoints.change(scope, row, body, _rules())


@routes.operation("DELETE", "/webhook-endpoints/<uuid:webhook_endpoint_id>", scope=WRITE, status=204)
def delete_webhook_endpoint(scope: Scope, webhook_endpoint_id: UUID) -> None:
    """Take an endpoint away, with what still waited for it."""
    endpoints.remove(scope, endpoints.get(scope, webhook_endpoint_id))


@routes.operation(
    "POST",
    "/webhook-endpoints/<uuid:webhook_endpoint_id>/rotate-secret",
    scope=WRITE,
    out=WebhookSecretOut,
    secret=True,
)
def rotate_webhook_secret(scope: Scope, webhook_endpoint_id: UUID) -> Answer:
    """Give an endpoint a new signing secret and show it, once; for 24 hours messages are signed by both."""
    row = endpoints.get(scope, webhook_endpoint_id)
    return _with_secret(row, endpoints.rotate(scope, row, _rules()), 200)


@routes.operation("POST", "/webhook-endpoints/<uuid:webhook_endpoint_id>/test", scope=WRITE, out=WebhookTestOut)
def test_webhook_endpoint(scope: Scope, webhook_endpoint_id: UUID) -> dict[str, Any]:
    """Send an endpoint an event of kind `endpoint.test`."""
    return {"event_id": endpoints.test(scope, endpoints.get(scope, webhook_endpoint_id))}


@routes.operation(
    "POST",
    "/webhook-endpoints/<uuid:webhook_endpoint_id>/replay",
    scope=WRITE,
    body=WebhookReplayIn,
    out=WebhookReplayOut,
)
def replay_webhook_endpoint(scope: Scope, webhook_endpoint_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Send an endpoint what it missed since a moment, or everything."""
    row = endpoints.get(scope, webhook_endpoint_id)
    return {"events": notifying.replay_since(scope, row, body["since"], only_missed=body["only_missed"])}


@routes.operation("GET", "/events", scope=READ, query=EventQuery, page_of=EventOut)
def list_events(scope: Scope, query: dict[str, Any]) -> Any:
    """List what happened, oldest first. Events are kept for 90 days, from the first endpoint on."""
    statement = select(Event).where(Event.administration_id == scope.administration_id)
    for name in ("kind", "subject_id"):
        if name in query:
            statement = statement.where(getattr(Event, name) == query[name])
    return page(scope, statement, Event.id, query)


@routes.operation("GET", "/webhook-deliveries", scope=READ, query=WebhookDeliveryQuery, page_of=WebhookDeliveryOut)
def list_webhook_deliveries(scope: Scope, query: dict[str, Any]) -> Any:
    """List what became of telling each event to each endpoint, oldest first."""
    statement = select(WebhookDelivery).where(WebhookDelivery.administration_id == scope.administration_id)
    for name in ("endpoint_id", "event_id", "state"):
        if name in query:
            statement = statement.where(getattr(WebhookDelivery, name) == query[name])
    return page(scope, statement, WebhookDelivery.id, query)


@routes.operation(
    "POST",
    "/webhook-deliveries/<uuid:webhook_delivery_id>/replay",
    scope=WRITE,
    out=WebhookDeliveryOut,
)
def replay_webhook_delivery(scope: Scope, webhook_delivery_id: UUID) -> WebhookDelivery:
    """Send one event to one endpoint again."""
    return notifying.replay(scope, webhook_delivery_id)


def _rules() -> Rules:
    context = current_context()
    return Rules(Vault(context.secret_keys), context.webhook_networks)


def _with_secret(row: WebhookEndpoint, secret: str, status: int) -> Answer:
    shown = {name: getattr(row, name) for name in WebhookEndpointOut._declared_fields} | {"secret": secret}
    return Answer(shown, status, {"Location": f"/v1/webhook-endpoints/{row.id}"}, secret_id=row.id)
