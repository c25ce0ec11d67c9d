"""VAT rates over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import Amount, Choice, InputSchema, IsoDate, OutputSchema, Text_


class VatRateIn(InputSchema):
    vat_class = Choice("standard", "reduced", required=True)
    valid_from = IsoDate(required=True)
    rate = Amount(places=2, integer_digits=2, required=True, metadata={"description": "A percentage."})
    source = Text_(
        required=True, max_length=200, metadata={"description": "The law that says so, such as Stb. 2027, 1."}
    )


class VatRateOut(OutputSchema):
    vat_class = fields.String(required=True)
    valid_from = IsoDate(required=True)
    rate = Amount(places=2, required=True)
    source = fields.String(required=True, allow_none=True, metadata={"description": "Null: built in."})


class VatRatesOut(OutputSchema):
    items = fields.List(fields.Nested(VatRateOut), required=True)
