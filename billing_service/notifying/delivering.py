"""Bringing one event to one endpoint: called without a transaction, tried again for about three days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol
from uuid import UUID

import orjson

from billing_service import findings
from billing_service.notifying.addresses import networks_of
from billing_service.notifying.endpoints import Rules
from billing_service.notifying.sending import Reply, post, signed_headers
from billing_service.store import audit
from billing_service.store.scope import Scope
from billing_service.store.telling import DELIVER
from billing_service.store.webhooks import Event, WebhookDelivery, WebhookEndpoint

__all__ = ["DELIVER", "WAITS", "deliver", "gave_up"]

WAITS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""How long after each failed attempt the next one follows (Standard Webhooks, "Retry schedule"); then it has failed."""
_GONE: Final = 410

OpenScope = Callable[[], AbstractContextManager[Scope]]


class Opened(Protocol):
    """What the worker hands in: transactions of its own, short ones."""

    @property
    def scope(self) -> OpenScope: ...

    @property
    def reading(self) -> OpenScope: ...


@dataclass(frozen=True, slots=True)
class _Message:
    url: str
    event_id: str
    body: bytes
    secrets: Sequence[str]


def deliver(opened: Opened, delivery_id: UUID, rules: Rules) -> timedelta | None:
    """One attempt. Returns after how long to try again, ``None`` when nothing is left to do.

    The same event may arrive twice, with the same ``webhook-id``: an answer can get lost.
    """
    with opened.reading() as scope:
        message = _message(scope, delivery_id, rules)
        now = scope.now
    if message is None:
        with opened.scope() as scope:
            gave_up(scope, delivery_id, "the endpoint was disabled")
        return None
    headers = signed_headers(message.event_id, message.body, message.secrets, now)
    reply = post(message.url, message.body, headers, networks_of(rules.networks))
    with opened.scope() as scope:
        return _record(scope, delivery_id, reply)


def gave_up(scope: Scope, delivery_id: UUID, reason: str) -> None:
    """Nobody goes on with it: a delivery that still waits has failed."""
    row = scope.session.get(WebhookDelivery, (scope.administration_id, delivery_id))
    if row is not None and row.state == "waiting":
        row.state, row.last_error = "failed", reason[:500]


def _message(scope: Scope, delivery_id: UUID, rules: Rules) -> _Message | None:
    """What is to be sent; ``None`` where the endpoint went away or is disabled, or it was delivered before."""
    row = scope.session.get(WebhookDelivery, (scope.administration_id, delivery_id))
    if row is None or row.state != "waiting":
        return None
    endpoint, event = _endpoint(scope, row), scope.session.get_one(Event, (scope.administration_id, row.event_id))
    if endpoint.state != "active":
        return None
    kept = rules.vault.decrypt(endpoint.id, endpoint.secrets)
    overlaps = endpoint.previous_until is not None and scope.now < endpoint.previous_until
    secrets = [kept["current"], *([kept["previous"]] if overlaps and "previous" in kept else [])]
    told = {"id": str(event.id), "type": event.kind, "timestamp": event.created_at.isoformat(), "data": event.data}
    about = {"administration_id": str(event.administration_id), "noun": event.noun, "subject_id": str(event.subject_id)}
    return _Message(endpoint.url, str(event.id), orjson.dumps(told | about, option=orjson.OPT_SORT_KEYS), secrets)


def _record(scope: Scope, delivery_id: UUID, reply: Reply) -> timedelta | None:
    row = scope.session.get(WebhookDelivery, (scope.administration_id, delivery_id))
    if row is None:
        return None
    row.attempts += 1
    row.tried_at, row.last_status, row.last_error = scope.now, reply.status, reply.problem
    if reply.taken:
        row.state, row.delivered_at = "delivered", scope.now
        findings.settle(scope, "webhook_failed", row.endpoint_id, "a later event was taken")
        return None
    endpoint = _endpoint(scope, row)
    if reply.status == _GONE:
        row.state, endpoint.state, endpoint.disabled_reason = "failed", "disabled", "it answered 410 Gone"
        audit.record(scope, "webhook_endpoint.disabled", "webhook_endpoint", endpoint.id, {"reason": "410"})
    elif row.attempts <= len(WAITS):
        return WAITS[row.attempts - 1]
    row.state = "failed"
    facts = {"url": endpoint.url, "problem": reply.problem or str(reply.status)}
    findings.report(scope, "webhook_failed", "webhook_endpoint", endpoint.id, facts)
    return None


def _endpoint(scope: Scope, row: WebhookDelivery) -> WebhookEndpoint:
    return scope.session.get_one(WebhookEndpoint, (scope.administration_id, row.endpoint_id))
