"""Pieces that several nouns' schemas share."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import Code, InputSchema, Instant, OutputSchema

LANGUAGES = ("nl", "en")


class ExternalIdSchema(InputSchema):
    source = Code(required=True, metadata={"description": "The other system.", "example": "crm"})
    external_id = Code(required=True, metadata={"description": "What it calls this object.", "example": "relation-17"})


class ExternalIdOut(OutputSchema):
    source = fields.String(required=True)
    external_id = fields.String(required=True)


class VersionedOut(OutputSchema):
    """Every noun answers with its id, its version (also the ETag) and when it was made."""

    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    created_at = Instant(required=True)


def email(**options: object) -> Code:
    return Code(
        max_length=254,
        pattern=r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+",
        **options,
        metadata={"description": "An e-mail address.", "example": "administratie@vereniging.example"},
    )


def country(**options: object) -> Code:
    return Code(
        pattern="[A-Z]{2}", max_length=2, **options, metadata={"description": "ISO 3166-1 code.", "example": "NL"}
    )
