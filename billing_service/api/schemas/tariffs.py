"""Tariffs and their versions over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import Code, InputSchema, Instant, IsoDate, JsonObject, OutputSchema, PageQuery, Text_
from billing_service.api.schemas.common import VersionedOut
from billing_service.api.schemas.exports import WrittenSchema


class TariffIn(InputSchema):
    code = Code(required=True, metadata={"example": "helpdesk"})
    name = Text_(required=True, metadata={"example": "Helpdesk 2026"})


class TariffPatch(TariffIn):
    """Only the fields given change."""


class TariffOut(VersionedOut):
    code = fields.String(required=True)
    name = fields.String(required=True)


class TariffQuery(PageQuery):
    code = Code()


class TariffVersionIn(InputSchema):
    valid_from = IsoDate(required=True, metadata={"example": "2026-01-01"})
    document = JsonObject(required=True, metadata={"description": "The rules: see docs/tariffs.md."})


class TariffVersionPatch(TariffVersionIn):
    """Only the fields given change."""


class TariffVersionItemOut(VersionedOut):
    """A version without its document, as lists show it."""

    tariff_id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    valid_from = IsoDate(required=True)
    state = fields.String(required=True, metadata={"enum": ["draft", "published"]})
    published_at = Instant(required=True, allow_none=True)


class TariffProblemOut(OutputSchema):
    pointer = fields.String(required=True)
    detail = fields.String(required=True)


class TariffVersionOut(TariffVersionItemOut):
    document = fields.Dict(required=True)
    problems = fields.List(
        fields.Nested(TariffProblemOut),
        required=True,
        metadata={"description": "Why this draft could not be published as it is."},
    )


class ReplayIn(WrittenSchema):
    """Over which days of closing, and with which rules where not with those of the version."""

    decided_from = IsoDate(required=True, metadata={"example": "2026-01-01"})
    decided_until = IsoDate(required=True, metadata={"description": "Included.", "example": "2026-03-31"})
    document = JsonObject(metadata={"description": "Other rules, instead of those of the version."})
