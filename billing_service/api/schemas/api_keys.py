"""API keys over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.access import OPERATOR, SCOPES
from billing_service.api.glue import Choice, Identifier, InputSchema, Instant, OutputSchema, PageQuery, Text_
from billing_service.api.glue.fields import ListOf


class ApiKeyIn(InputSchema):
    label = Text_(required=True, metadata={"description": "What the key is for.", "example": "helpdesk"})
    scopes = ListOf(Choice(*SCOPES, OPERATOR), required=True, min_items=1, metadata={"example": ["customers:read"]})
    expires_at = Instant(allow_none=True, metadata={"description": "Null: never.", "example": "2096-12-31T00:00:00Z"})
    administration_id = Identifier(
        metadata={"description": "Required of an operator, except for a new operator key; else the key's own."}
    )


class ApiKeyOut(OutputSchema):
    id = fields.UUID(required=True)
    public_id = fields.String(required=True, metadata={"description": "The middle part of the key."})
    administration_id = fields.UUID(required=True, allow_none=True)
    label = fields.String(required=True)
    scopes = fields.List(fields.String(), required=True)
    created_at = Instant(required=True)
    expires_at = Instant(required=True, allow_none=True)
    revoked_at = Instant(required=True, allow_none=True)
    last_used_at = Instant(required=True, allow_none=True, metadata={"description": "At most 15 minutes behind."})


class ApiKeyCreatedOut(ApiKeyOut):
    key = fields.String(required=True, metadata={"description": "The key itself. It is shown this once."})


class ApiKeyQuery(PageQuery):
    pass
