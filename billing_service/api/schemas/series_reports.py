"""Reports that prove number series complete, over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import Amount, Choice, Code, Identifier, InputSchema, IsoDate, MoneyField, OutputSchema
from billing_service.api.schemas.common import LANGUAGES
from billing_service.api.schemas.watching import WordingOut


class SeriesReportIn(InputSchema):
    series_id = Identifier(metadata={"description": "Only this series; left out: all."})
    book_year = Code(max_length=10, metadata={"description": "Only the book year with this label; left out: all."})


class SeriesReportPdfQuery(InputSchema):
    language = Choice(*LANGUAGES, metadata={"description": "Default nl."})


class BreakOut(OutputSchema):
    code = fields.String(required=True, metadata={"description": "Names the cause; stable."})
    number = fields.String(required=True, allow_none=True, metadata={"description": "Of the document."})
    document_id = fields.UUID(required=True, allow_none=True)
    cause = fields.Nested(WordingOut, required=True)


class JumpNamedOut(OutputSchema):
    first = fields.String(required=True)
    last = fields.String(required=True)
    many = fields.Integer(required=True)
    confirmed_at = fields.String(required=True)
    confirmed_by = fields.String(required=True)


class VatTotalOut(OutputSchema):
    category = fields.String(required=True, metadata={"description": "The code of EN 16931: S, Z, E, AE or O."})
    rate = Amount(required=True, allow_none=True, metadata={"description": "A percentage."})
    taxable = MoneyField(required=True)
    tax = MoneyField(required=True)


class ProvenYearOut(OutputSchema):
    book_year = fields.String(required=True)
    starts_on = IsoDate(required=True, allow_none=True)
    ends_on = IsoDate(required=True, allow_none=True)
    first = fields.String(required=True)
    last = fields.String(required=True)
    documents = fields.Integer(required=True)
    totals = fields.List(fields.Nested(VatTotalOut), required=True)


class ProvenSeriesOut(OutputSchema):
    code = fields.String(required=True)
    document_type = fields.String(required=True)
    pattern = fields.String(required=True)
    per_book_year = fields.Boolean(required=True)
    documents = fields.Integer(required=True)
    blocked = fields.Boolean(
        required=True, metadata={"description": "Since a restore; the last number is not confirmed."}
    )
    cut_over = fields.String(
        required=True, allow_none=True, metadata={"description": "The first number, where that is not number 1."}
    )
    jumps = fields.List(fields.Nested(JumpNamedOut), required=True)
    years = fields.List(fields.Nested(ProvenYearOut), required=True)
    last_number = fields.String(required=True, allow_none=True)
    last_digest = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Note it elsewhere: it proves all documents before it."},
    )
    pdfs = fields.Integer(required=True, metadata={"description": "Stored PDFs held against their hash."})
    breaks = fields.Integer(required=True)
    first_breaks = fields.List(
        fields.Nested(BreakOut),
        required=True,
        metadata={"description": "At most 1,000; the command line names them all."},
    )


class SeriesReportOut(OutputSchema):
    complete = fields.Boolean(required=True)
    made_on = IsoDate(required=True)
    book_year = fields.String(required=True, allow_none=True)
    series = fields.List(fields.Nested(ProvenSeriesOut), required=True)
