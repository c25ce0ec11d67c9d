"""Webhook endpoints, events and webhook deliveries over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import Choice, Flag, Identifier, InputSchema, Instant, OutputSchema, PageQuery, Text_
from billing_service.api.glue.fields import ListOf
from billing_service.api.schemas.common import VersionedOut
from billing_service.notifying import KINDS

_KINDS = {"description": "Only these; none: all.", "example": ["invoice.payment_changed"]}
_URL = {
    "description": "https; http only to a network in BILLING_WEBHOOK_NETWORKS. Redirects are not followed.",
    "example": "https://crm.example/hooks/billing",
}


class WebhookEndpointIn(InputSchema):
    url = Text_(required=True, max_length=2000, metadata=_URL)
    description = Text_(allow_none=True, metadata={"example": "CRM"})
    kinds = ListOf(Choice(*KINDS), max_items=len(KINDS), metadata=_KINDS)


class WebhookEndpointPatch(WebhookEndpointIn):
    state = Choice("active", "disabled")


class WebhookEndpointOut(VersionedOut):
    url = fields.String(required=True)
    description = fields.String(required=True, allow_none=True)
    kinds = fields.List(fields.String(), required=True)
    state = fields.String(required=True, metadata={"enum": ["active", "disabled"]})
    disabled_reason = fields.String(required=True, allow_none=True)
    previous_until = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "Until then messages carry a signature by the previous secret too."},
    )


class WebhookSecretOut(WebhookEndpointOut):
    secret = fields.String(required=True, metadata={"description": "Signs every message. It is shown this once."})


class WebhookEndpointQuery(PageQuery):
    state = Choice("active", "disabled")


class WebhookReplayIn(InputSchema):
    since = Instant(required=True, metadata={"example": "2026-11-01T00:00:00Z"})
    only_missed = Flag(load_default=True, metadata={"description": "Leave out what was delivered."})


class WebhookReplayOut(OutputSchema):
    events = fields.Integer(required=True, metadata={"description": "How many are sent (again)."})


class WebhookTestOut(OutputSchema):
    event_id = fields.UUID(required=True)


class EventOut(OutputSchema):
    id = fields.UUID(required=True)
    kind = fields.String(required=True)
    noun = fields.String(required=True, metadata={"description": "What `subject_id` is."})
    subject_id = fields.UUID(required=True)
    data = fields.Dict(required=True)
    created_at = Instant(required=True)


class EventQuery(PageQuery):
    kind = Choice(*KINDS)
    subject_id = Identifier()


class WebhookDeliveryOut(OutputSchema):
    id = fields.UUID(required=True)
    endpoint_id = fields.UUID(required=True)
    event_id = fields.UUID(required=True)
    state = fields.String(required=True, metadata={"enum": ["waiting", "delivered", "failed"]})
    attempts = fields.Integer(required=True)
    last_status = fields.Integer(required=True, allow_none=True)
    last_error = fields.String(required=True, allow_none=True)
    tried_at = Instant(required=True, allow_none=True)
    delivered_at = Instant(required=True, allow_none=True)
    created_at = Instant(required=True)


class WebhookDeliveryQuery(PageQuery):
    endpoint_id = Identifier()
    event_id = Identifier()
    state = Choice("waiting", "delivered", "failed")
