"""Decisions and charges over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import (
    Amount,
    Choice,
    Flag,
    Identifier,
    InputSchema,
    Instant,
    IsoDate,
    ListOf,
    MoneyField,
    Nested,
    OutputSchema,
    PageQuery,
    Text_,
    Whole,
)
from billing_service.api.schemas.common import LANGUAGES, VersionedOut
from billing_service.core.tariff.model import DISPOSITIONS
from billing_service.core.vat import VAT_CLASSES
from billing_service.store.charges import CHARGE_SOURCES

STATES = ("decided", "needs_decision", "blocked")
CHARGE_STATES = ("open", "released", "invoiced", "credited", "cancelled")
MOST_MANUAL_MINUTES = 100_000


class PartOut(OutputSchema):
    disposition = fields.String(required=True)
    pricing = fields.String(required=True, metadata={"description": "quantity, time or amount"})
    quantity = fields.String(required=True, allow_none=True)
    minutes = fields.Integer(required=True)
    unit_price = fields.String(required=True, allow_none=True)
    amount = fields.String(required=True)
    value = fields.String(required=True, metadata={"description": "What it would have cost if charged."})
    vat_class = fields.String(required=True)
    revenue_group = fields.String(required=True, allow_none=True)
    drawn_from = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        metadata={"description": "By language: the card or allowance that this part was drawn from."},
    )


class DecisionOut(OutputSchema):
    question_id = fields.UUID(required=True)
    version = fields.Integer(required=True)
    state = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    disposition = fields.String(required=True, allow_none=True)
    decided_on = IsoDate(required=True, metadata={"description": "The day of closing: it picked the contract."})
    decided_at = Instant(required=True)
    contract_id = fields.UUID(required=True, allow_none=True)
    customer_id = fields.UUID(required=True, allow_none=True)
    tariff_version_id = fields.UUID(required=True, allow_none=True)
    phase = fields.String(required=True, allow_none=True)
    rule = fields.String(required=True, allow_none=True)
    minutes = fields.Integer(required=True, allow_none=True, metadata={"description": "Billed minutes."})
    amount = MoneyField(required=True, allow_none=True)
    provisional = fields.Boolean(required=True, metadata={"description": "Its ordinal may still change."})
    ordinal = fields.Integer(required=True, allow_none=True)
    ordinal_table = fields.String(required=True, allow_none=True)
    by_person = fields.String(required=True, allow_none=True)
    released = fields.Boolean(required=True)
    invoice_id = fields.UUID(required=True, allow_none=True)
    closed = fields.Boolean(required=True, metadata={"description": "False: not billable, to be closed by a person."})
    parts = fields.List(fields.Nested(PartOut), required=True)
    explanation = fields.Dict(required=True, metadata={"description": "Codes and facts."})
    sentences = fields.List(fields.String(), required=True, metadata={"description": "The explanation in words."})


class LanguageQuery(InputSchema):
    language = Choice(*LANGUAGES, metadata={"description": "Of the sentences; else Accept-Language decides, else nl."})


class DecisionQuery(PageQuery):
    language = Choice(*LANGUAGES, metadata={"description": "Of the sentences; else Accept-Language decides, else nl."})
    state = Choice(*STATES)
    disposition = Choice(*DISPOSITIONS)
    reason = Text_(max_length=40, metadata={"description": "Why it is not decided.", "example": "no_contract"})
    contract_id = Identifier()
    customer_id = Identifier()
    invoice_id = Identifier()
    closed = Flag(metadata={"description": "false: only what is not billable and waits to be closed."})
    released = Flag()
    decided_from = IsoDate()
    decided_until = IsoDate()


class DecisionIn(InputSchema):
    disposition = Choice("charge", "included", "draw", "waived", "not_billable", required=True)
    minutes = Whole(
        minimum=1,
        maximum=MOST_MANUAL_MINUTES,
        metadata={"description": "To draw; left out, the question itself is drawn from an allowance of questions."},
    )
    code = Text_(max_length=100, metadata={"description": "To draw from cards, blocks and allowances with it only."})
    amount = MoneyField(
        metadata={
            "description": "Of a charge; or the value of what is waived.",
            "example": {"amount": "12.50", "currency": "EUR"},
        }
    )
    vat_class = Choice(*VAT_CLASSES, metadata={"description": "Default standard."})
    revenue_group = Text_(max_length=100, allow_none=True)
    contract = Text_(max_length=100, metadata={"description": "Reference; needed where the rules found no contract."})
    reason = Text_(required=True, max_length=500, metadata={"description": "The explanation shows it."})


class CloseIn(InputSchema):
    question_ids = ListOf(Identifier(), required=True, min_items=1)
    reason = Text_(required=True, max_length=500)


class ClosedOut(OutputSchema):
    closed = fields.List(fields.UUID(), required=True, metadata={"description": "Questions closed now."})


class CountOut(OutputSchema):
    state = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    disposition = fields.String(required=True, allow_none=True, metadata={"description": "Of the first part."})
    questions = fields.Integer(required=True)
    amount = MoneyField(required=True, allow_none=True)


class CountsQuery(InputSchema):
    decided_from = IsoDate()
    decided_until = IsoDate()
    contract_id = Identifier()


class CountsOut(OutputSchema):
    counts = fields.List(fields.Nested(CountOut), required=True)
    questions = fields.Integer(required=True, metadata={"description": "All counts together."})
    open = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Not closed yet; null with a filter."}
    )
    withdrawn = fields.Integer(required=True, allow_none=True, metadata={"description": "Null with a filter."})


class DescriptionSchema(InputSchema):
    nl = Text_(required=True, max_length=500)
    en = Text_(required=True, max_length=500)


class ChargeIn(InputSchema):
    contract_id = Identifier(required=True)
    date = IsoDate(required=True, metadata={"description": "Within the contract; it picks the VAT rate."})
    description = Nested(DescriptionSchema, required=True, metadata={"description": "What the line says."})
    vat_class = Choice(*VAT_CLASSES, required=True)
    revenue_group = Text_(max_length=100, allow_none=True)
    amount = MoneyField(metadata={"description": "Either this, or unit_price with quantity or with minutes."})
    quantity = Amount(places=4, minimum=None, integer_digits=9)
    minutes = Whole(maximum=MOST_MANUAL_MINUTES)
    unit_price = Amount(places=4, integer_digits=9, metadata={"description": "Of one, or of an hour with minutes."})


class ChargeOut(VersionedOut):
    contract_id = fields.UUID(required=True)
    customer_id = fields.UUID(required=True)
    source = fields.String(required=True)
    question_id = fields.UUID(required=True, allow_none=True)
    part = fields.Integer(required=True)
    date = IsoDate(required=True)
    description = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    detail = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "In small under the description, by language: what it is for and why."},
    )
    disposition = fields.String(required=True)
    pricing = fields.String(required=True)
    quantity = Amount(places=4, required=True, allow_none=True)
    minutes = fields.Integer(required=True, allow_none=True)
    unit_price = Amount(places=4, required=True, allow_none=True)
    amount = MoneyField(required=True)
    vat_class = fields.String(required=True)
    revenue_group = fields.String(required=True, allow_none=True)
    rule = fields.String(required=True, allow_none=True)
    state = fields.String(required=True)
    invoice_id = fields.UUID(required=True, allow_none=True)
    line = fields.Integer(required=True, allow_none=True)
    replaces_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Of a correction: the credited charge it replaces."}
    )
    explanation = fields.List(
        fields.Raw(),
        required=True,
        allow_none=True,
        metadata={"description": "Codes and arguments: how a card, consult or subscription comes to its amount."},
    )
    sentences = fields.List(fields.String(), required=True, metadata={"description": "The explanation in words."})


class ChargeQuery(PageQuery):
    language = Choice(*LANGUAGES, metadata={"description": "Of the sentences; else Accept-Language decides, else nl."})
    state = Choice(*CHARGE_STATES)
    source = Choice(*CHARGE_SOURCES)
    contract_id = Identifier()
    customer_id = Identifier()
    question_id = Identifier()
    invoice_id = Identifier()
    date_from = IsoDate()
    date_until = IsoDate()
