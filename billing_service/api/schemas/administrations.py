"""Administrations, VAT statuses, book years and number series over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import (
    Choice,
    Code,
    Flag,
    InputSchema,
    Instant,
    IsoDate,
    ListOf,
    Nested,
    OutputSchema,
    PageQuery,
    Text_,
    Whole,
)
from billing_service.api.schemas.common import LANGUAGES, VersionedOut, country, email
from billing_service.core.vat import VAT_STATUSES


class VatStatusPut(InputSchema):
    status = Choice(*VAT_STATUSES, required=True)


class VatStatusIn(VatStatusPut):
    valid_from = IsoDate(required=True)


class VatStatusOut(OutputSchema):
    valid_from = IsoDate(required=True)
    status = fields.String(required=True)


class BookYearIn(InputSchema):
    label = Code(
        required=True,
        max_length=10,
        pattern="[A-Za-z0-9]+",
        metadata={"description": "Appears in numbers.", "example": "2031"},
    )
    starts_on = IsoDate(required=True, metadata={"example": "2041-01-01"})
    ends_on = IsoDate(required=True, metadata={"example": "2041-12-31"})


class BookYearOut(OutputSchema):
    id = fields.UUID(required=True)
    label = fields.String(required=True)
    starts_on = IsoDate(required=True)
    ends_on = IsoDate(required=True)


class SeriesIn(InputSchema):
    code = Code(required=True, max_length=40, metadata={"example": "projects"})
    document_type = Choice("invoice", "credit_note", required=True)
    pattern = Text_(
        required=True,
        max_length=60,
        metadata={
            "description": "`{number}` or `{number:5}` once, `{year}` for the book year; letters, digits, . / _ -",
            "example": "P{year}-{number:4}",
        },
    )
    per_book_year = Flag(required=True, metadata={"description": "Whether every book year starts at 1."})
    next_number = Whole(minimum=1, maximum=999_999_999, metadata={"description": "Other than 1: the cut-over."})
    is_default = Flag(
        metadata={"description": "Whether documents of this type are numbered here by default; the first series is."}
    )


class SeriesPatch(InputSchema):
    """Only while the series has given no number, the next number once; ``is_default`` at any time."""

    code = SeriesIn._declared_fields["code"]
    pattern = SeriesIn._declared_fields["pattern"]
    per_book_year = SeriesIn._declared_fields["per_book_year"]
    next_number = SeriesIn._declared_fields["next_number"]
    is_default = SeriesIn._declared_fields["is_default"]


class ConfirmLastNumberIn(InputSchema):
    last_numbers = ListOf(
        Code(max_length=60),
        required=True,
        max_items=100,
        metadata={
            "description": "The last number really sent, as printed, also when nothing was sent after the backup; of a"
            " series that starts again every book year one per book year since then; empty where it never gave one.",
            "example": [],
        },
    )
    issue_date = IsoDate(metadata={"description": "The date on that document: nothing is issued before it."})


class JumpOut(OutputSchema):
    period = fields.String(required=True, metadata={"description": "The book year counted in; empty: counting on."})
    first = fields.String(required=True)
    last = fields.String(required=True)
    confirmed_at = fields.String(required=True)
    confirmed_by = fields.String(required=True)


class SeriesOut(OutputSchema):
    id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    code = fields.String(required=True)
    document_type = fields.String(required=True)
    pattern = fields.String(required=True)
    per_book_year = fields.Boolean(required=True)
    next_number = fields.Integer(required=True)
    last_number = fields.String(required=True, allow_none=True)
    last_issue_date = IsoDate(required=True, allow_none=True)
    is_default = fields.Boolean(required=True)
    cut_over_at = Instant(required=True, allow_none=True)
    cut_over_number = fields.Integer(required=True, allow_none=True)
    blocked_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "Restored from a backup then: nothing is issued until the last number is confirmed."},
    )
    jumps = fields.List(
        fields.Nested(JumpOut),
        required=True,
        metadata={"description": "Numbers given after a backup that was restored: sent, but not in these books."},
    )


class AdministrationPatch(InputSchema):
    legal_name = Text_(required=True, metadata={"example": "Stichting Ledenhulp"})
    trade_name = Text_(allow_none=True)
    street = Text_(required=True, metadata={"example": "Oudegracht 12"})
    postal_code = Text_(required=True, max_length=20, metadata={"example": "3511 AA"})
    city = Text_(required=True, max_length=100, metadata={"example": "Utrecht"})
    country = country()
    kvk = Code(allow_none=True, pattern="[0-9]{8}", max_length=8, metadata={"example": "30281234"})
    vat_number = Code(allow_none=True, max_length=24, metadata={"example": "NL004495445B01"})
    iban = Code(
        allow_none=True, max_length=42, pattern="[A-Z]{2}[0-9]{2}[A-Z0-9 ]*", metadata={"example": "NL91ABNA0417164300"}
    )
    bic = Code(allow_none=True, max_length=11, pattern="[A-Z0-9]+", metadata={"example": "ABNANL2A"})
    email = email(allow_none=True)
    phone = Text_(allow_none=True, max_length=40)
    website = Text_(allow_none=True)
    language = Choice(*LANGUAGES)
    payment_term_days = Whole(maximum=365)
    zero_statements = Flag(metadata={"description": "Whether a draft of 0.00 becomes a statement without number."})


class AdministrationIn(AdministrationPatch):
    currency = Code(pattern="[A-Z]{3}", max_length=3, metadata={"example": "EUR"})
    vat_statuses = Nested(VatStatusIn, many=True, max_items=50, metadata={"description": "Default: liable."})
    book_years = Nested(
        BookYearIn,
        many=True,
        max_items=200,
        metadata={"description": "Default: calendar years from ten years back to ten years ahead."},
    )
    series = Nested(
        SeriesIn, many=True, max_items=20, metadata={"description": "Default: one for invoices, {year}-{number:5}."}
    )


class AdministrationOut(VersionedOut):
    legal_name = fields.String(required=True)
    trade_name = fields.String(required=True, allow_none=True)
    street = fields.String(required=True)
    postal_code = fields.String(required=True)
    city = fields.String(required=True)
    country = fields.String(required=True)
    kvk = fields.String(required=True, allow_none=True)
    vat_number = fields.String(required=True, allow_none=True)
    iban = fields.String(required=True, allow_none=True)
    bic = fields.String(required=True, allow_none=True)
    email = fields.String(required=True, allow_none=True)
    phone = fields.String(required=True, allow_none=True)
    website = fields.String(required=True, allow_none=True)
    currency = fields.String(required=True)
    language = fields.String(required=True)
    payment_term_days = fields.Integer(required=True)
    zero_statements = fields.Boolean(required=True)


class AdministrationQuery(PageQuery):
    pass
