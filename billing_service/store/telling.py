"""Something happened: written down in the transaction in which it happened, so that nobody hears of what was undone."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, insert, select

from billing_service.core.ids import new_id
from billing_service.store import audit, outbox
from billing_service.store.scope import Scope
from billing_service.store.webhooks import Event, WebhookDelivery, WebhookEndpoint
from billing_service.store.work import OutboxRow

DELIVER: Final = "notify"
"""The kind of outbox work that brings one event to one endpoint."""

KINDS: Final = (
    "invoice.issued",
    "invoice.payment_changed",
    "credit_note.issued",
    "receipt.recorded",
    "receipt.cancelled",
    "delivery.delivered",
    "delivery.needs_attention",
    "connection.stopped",
    "finding.reported",
    "hour_card.low_balance",
    "endpoint.test",
)
"""Everything that can be told. A kind never changes its meaning; ``data`` may grow."""


@dataclass(frozen=True, slots=True)
class News:
    """One thing that happened; ``data`` holds what a receiver needs to know without asking."""

    kind: str
    noun: str
    subject_id: UUID
    data: Mapping[str, Any]


def anybody_listens(scope: Scope) -> bool:
    """Whether telling reaches anybody: for callers whose news costs something to find out."""
    return scope.session.execute(_ACTIVE, {"mine": scope.administration_id}).first() is not None


def tell(scope: Scope, kind: str, noun: str, subject_id: UUID, data: Mapping[str, Any]) -> None:
    """One thing happened. Costs one lookup where nobody listens."""
    tell_many(scope, [News(kind, noun, subject_id, data)])


def tell_many(scope: Scope, news: Sequence[News]) -> None:
    """These things happened, in this order. Raises ``ValueError`` for a kind that is not in ``KINDS``."""
    if unknown := {one.kind for one in news} - set(KINDS):
        raise ValueError(f"nobody can subscribe to {sorted(unknown)}")
    endpoints = scope.session.execute(_ACTIVE, {"mine": scope.administration_id}).all() if news else []
    if endpoints:
        _store(scope, news, [(row.id, row.kinds) for row in endpoints])


def tell_one(scope: Scope, endpoint_id: UUID, news: News) -> UUID:
    """Tells this endpoint alone, whatever it subscribed to. Returns the id of the event."""
    return _store(scope, [news], [(endpoint_id, [])])[0]


def _store(scope: Scope, news: Sequence[News], endpoints: Sequence[tuple[UUID, Collection[str]]]) -> list[UUID]:
    shared = {"administration_id": scope.administration_id, "created_at": scope.now}
    ids = [new_id() for _ in news]
    events = [
        shared
        | {"id": made, "kind": one.kind, "noun": one.noun, "subject_id": one.subject_id}
        | {"data": audit.plain(dict(one.data))}
        for made, one in zip(ids, news, strict=True)
    ]
    scope.session.execute(insert(Event), events)
    wanted = [
        (endpoint_id, made)
        for made, one in zip(ids, news, strict=True)
        for endpoint_id, kinds in endpoints
        if not kinds or one.kind in kinds
    ]
    send(scope, wanted)
    return ids


def send(scope: Scope, wanted: Sequence[tuple[UUID, UUID]]) -> None:
    """Each of these (endpoint, event) pairs goes out, for the first time."""
    if not wanted:
        return
    shared = {"administration_id": scope.administration_id, "created_at": scope.now, "state": "waiting", "attempts": 0}
    ids = [new_id() for _ in wanted]
    rows = [
        shared | {"id": made, "endpoint_id": endpoint, "event_id": event}
        for made, (endpoint, event) in zip(ids, wanted, strict=True)
    ]
    scope.session.execute(insert(WebhookDelivery), rows)
    scope.session.execute(insert(OutboxRow), [outbox.row(scope, DELIVER, made) for made in ids])


_ACTIVE = select(WebhookEndpoint.id, WebhookEndpoint.kinds).where(
    WebhookEndpoint.administration_id == bindparam("mine"), WebhookEndpoint.state == "active"
)
# Built once: issuing runs it for every batch.
