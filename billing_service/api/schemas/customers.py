"""Customers over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import (
    Choice,
    Code,
    Flag,
    InputSchema,
    Instant,
    Nested,
    OutputSchema,
    PageQuery,
    Text_,
    Whole,
)
from billing_service.api.schemas.common import LANGUAGES, ExternalIdOut, ExternalIdSchema, VersionedOut, country, email


class CustomerPut(InputSchema):
    number = Code(required=True, max_length=20, metadata={"description": "Debtor number.", "example": "10001"})
    name = Text_(required=True, max_length=200, metadata={"example": "Vereniging De Linde"})
    is_business = Flag(metadata={"description": "Buys as a business; decides the VAT treatment abroad. Default true."})
    kvk = Code(allow_none=True, pattern="[0-9]{8}", max_length=8, metadata={"example": "30281234"})
    vat_number = Code(allow_none=True, max_length=24, metadata={"example": "NL004495445B01"})
    street = Text_(required=True, metadata={"example": "Dorpsstraat 1"})
    postal_code = Text_(required=True, max_length=20, metadata={"example": "1234 AB"})
    city = Text_(required=True, max_length=100, metadata={"example": "Zwolle"})
    country = country()
    email = email(allow_none=True)
    language = Choice(*LANGUAGES, allow_none=True, metadata={"description": "Null: the administration's."})
    payment_term_days = Whole(maximum=365, allow_none=True, metadata={"description": "Null: the administration's."})
    customer_group = Code(allow_none=True, metadata={"description": "A label that tariff rules may name."})


class CustomerIn(CustomerPut):
    external_ids = Nested(ExternalIdSchema, many=True, max_items=20)


class CustomerPatch(CustomerIn):
    """Only the fields given change."""


class VatNumberCheckOut(OutputSchema):
    id = fields.UUID(required=True)
    vat_number = fields.String(required=True)
    country = fields.String(required=True)
    rule = fields.String(
        required=True,
        metadata={"enum": ["form"], "description": "form: form and check digits; in use or not is unknown."},
    )
    valid = fields.Boolean(required=True)
    problem = fields.String(required=True, allow_none=True)
    checked_at = Instant(required=True)


class CustomerOut(VersionedOut):
    number = fields.String(required=True)
    name = fields.String(required=True)
    is_business = fields.Boolean(required=True)
    kvk = fields.String(required=True, allow_none=True)
    vat_number = fields.String(required=True, allow_none=True)
    street = fields.String(required=True)
    postal_code = fields.String(required=True)
    city = fields.String(required=True)
    country = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)
    language = fields.String(required=True, allow_none=True)
    payment_term_days = fields.Integer(required=True, allow_none=True)
    customer_group = fields.String(required=True, allow_none=True)
    external_ids = fields.List(fields.Nested(ExternalIdOut), required=True)
    vat_number_check = fields.Nested(
        VatNumberCheckOut,
        required=True,
        allow_none=True,
        metadata={"description": "The newest check of the VAT number it has now."},
    )


class CustomerQuery(PageQuery):
    number = Code(max_length=20)
    customer_group = Code()
