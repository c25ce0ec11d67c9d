"""Who gets which document, over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import Choice, Identifier, InputSchema, IsoDate, OutputSchema, PageQuery
from billing_service.api.schemas.common import LANGUAGES
from billing_service.api.schemas.invoicing import KINDS

CHANNELS = ("email", "post")


class _Selection:
    channel = Choice(*CHANNELS, metadata={"description": "Only what goes by e-mail, or by post."})
    kind = Choice(*KINDS)
    billing_run_id = Identifier()
    customer_id = Identifier()
    issued_from = IsoDate()
    issued_until = IsoDate()


class _StatedSelection(_Selection):
    state = Choice("released", "issued", metadata={"description": "Left out: both."})


class RecipientQuery(_StatedSelection, PageQuery):
    """All limits hold together."""


class RecipientsCsvQuery(_StatedSelection, InputSchema):
    language = Choice(*LANGUAGES, metadata={"description": "Of titles and words; default nl."})
    decimal = Choice(
        "comma",
        "point",
        metadata={"description": "comma (semicolons, for Dutch Excel; default) or point (commas, for programs)."},
    )


class PdfFilesIn(_Selection, InputSchema):
    """Which issued documents; all limits hold together, none means all."""


class PrintedAddressOut(OutputSchema):
    name = fields.String(required=True)
    attention = fields.String(required=True, allow_none=True)
    street = fields.String(required=True)
    postal_code = fields.String(required=True)
    city = fields.String(required=True)
    country = fields.String(required=True)


class DocumentOut(OutputSchema):
    invoice_id = fields.UUID(required=True)
    number = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True, metadata={"enum": list(KINDS)})
    state = fields.String(required=True, metadata={"enum": ["released", "issued"]})
    issue_date = IsoDate(required=True, allow_none=True)
    customer = fields.String(required=True)
    contract = fields.String(required=True)
    channel = fields.String(required=True, metadata={"enum": list(CHANNELS)})
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    address = fields.Nested(PrintedAddressOut, required=True)
