"""Consults and the consult policy over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import (
    Choice,
    Code,
    Identifier,
    InputSchema,
    Instant,
    IsoDate,
    JsonObject,
    ListOf,
    MoneyField,
    OutputSchema,
    PageQuery,
    Text_,
    Whole,
)
from billing_service.api.schemas.common import VersionedOut
from billing_service.core.consult import INDICATORS, RULES
from billing_service.core.minutes import MINUTES_PER_DAY
from billing_service.core.vat import VAT_CLASSES
from billing_service.store.consults import CONSULT_STATES, SESSION_KINDS

_PRICING = {
    "description": "What it costs: fixed with an amount; hourly with a rate and how time is rounded; or blocks with "
    "block_minutes and block_price. question_time (counted, not): whether time written on its questions counts.",
    "example": {"kind": "hourly", "rate": "95.00", "time": {"step": 15}, "question_time": "counted"},
}
_INDICATORS = {"description": "Codes of the sixteen indicators: why this asks for a consult."}


class ConsultIn(InputSchema):
    contract_id = Identifier(required=True)
    title = Text_(required=True, metadata={"example": "Inrichting van de contributie"})
    reference = Code(max_length=40, metadata={"description": "Unique. Default: the next of C-0001, C-0002 …"})
    state = Choice("proposed", "confirmed", metadata={"description": "Default confirmed; that needs pricing."})
    indicators = ListOf(Choice(*INDICATORS), max_items=16, metadata=_INDICATORS)
    pricing = JsonObject(metadata=_PRICING)
    vat_class = Choice(*VAT_CLASSES, metadata={"description": "Default: that of the consult policy."})
    revenue_group = Text_(max_length=100, allow_none=True)
    reason = Text_(max_length=500, metadata={"description": "Why it is confirmed."})


class ConsultPatch(InputSchema):
    title = Text_(required=True)
    indicators = ListOf(Choice(*INDICATORS), required=True, max_items=16, metadata=_INDICATORS)
    pricing = JsonObject(required=True, allow_none=True, metadata=_PRICING)
    vat_class = Choice(*VAT_CLASSES, required=True)
    revenue_group = Text_(required=True, max_length=100, allow_none=True)


class ConsultConfirmIn(InputSchema):
    pricing = JsonObject(metadata=_PRICING)
    reason = Text_(max_length=500)


class ConsultCompleteIn(InputSchema):
    on = IsoDate(metadata={"description": "The day it was completed, which dates its charge. Default today."})


class ConsultSessionIn(InputSchema):
    held_on = IsoDate(required=True, metadata={"description": "Not in the future."})
    minutes = Whole(required=True, maximum=MINUTES_PER_DAY)
    kind = Choice(*SESSION_KINDS, required=True)
    title = Text_(allow_none=True, metadata={"example": "Contributiestructuur"})
    handler = Code(allow_none=True, metadata={"description": "Code of a person."})


class ConsultQuestionIn(InputSchema):
    question_id = Identifier(required=True)


class IndicatorOut(OutputSchema):
    code = fields.String(required=True)
    nl = fields.String(required=True)
    en = fields.String(required=True)


class ProposalTextOut(OutputSchema):
    nl = fields.String(required=True)
    en = fields.String(required=True)


class ConsultItemOut(VersionedOut):
    reference = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True)
    contract_id = fields.UUID(required=True)
    contract = fields.String(required=True, metadata={"description": "Its reference."})
    customer_id = fields.UUID(required=True)
    indicators = fields.List(fields.Nested(IndicatorOut), required=True)
    rule = fields.String(
        required=True, allow_none=True, metadata={"description": "What proposed it; null: a person did."}
    )
    facts = fields.Dict(required=True, metadata={"description": "What the proposal was based on."})
    proposal = fields.Nested(ProposalTextOut, required=True, metadata={"description": "Those facts in words."})
    pricing = fields.Dict(required=True, allow_none=True)
    vat_class = fields.String(required=True)
    revenue_group = fields.String(required=True, allow_none=True)
    proposed_by = fields.String(required=True)
    decided_by = fields.String(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    completed_on = IsoDate(required=True, allow_none=True)
    charge_id = fields.UUID(required=True, allow_none=True, metadata={"description": "What completing it made."})


class ConsultSessionOut(OutputSchema):
    id = fields.UUID(required=True)
    created_at = Instant(required=True)
    held_on = IsoDate(required=True)
    minutes = fields.Integer(required=True)
    kind = fields.String(required=True)
    title = fields.String(required=True, allow_none=True)
    handler = fields.String(required=True, allow_none=True)


class ConsultQuestionOut(OutputSchema):
    question_id = fields.UUID(required=True)
    external_id = fields.String(required=True)
    subject = fields.String(required=True)
    closed = fields.Boolean(required=True)
    minutes = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Corrected, else as recorded; null: no time entry."}
    )
    counted = fields.Boolean(required=True, metadata={"description": "Its time is part of the consult's."})
    decided_by_person = fields.Boolean(required=True, metadata={"description": "Then its time is not."})


class ConsultPriceOut(OutputSchema):
    pricing = fields.String(required=True, metadata={"description": "quantity, time or amount"})
    quantity = fields.Decimal(required=True, allow_none=True, as_string=True)
    minutes = fields.Integer(required=True, allow_none=True, metadata={"description": "Billed minutes."})
    unit_price = fields.Decimal(required=True, allow_none=True, as_string=True)
    amount = MoneyField(required=True)


class ConsultOut(ConsultItemOut):
    sessions = fields.List(fields.Nested(ConsultSessionOut), required=True)
    questions = fields.List(fields.Nested(ConsultQuestionOut), required=True)
    minutes = fields.Integer(required=True, metadata={"description": "Of its sessions and counted questions."})
    price = fields.Nested(
        ConsultPriceOut,
        required=True,
        allow_none=True,
        metadata={"description": "As charged once completed, else what it would be now; null without pricing."},
    )
    explanation = fields.List(
        fields.Raw(), required=True, metadata={"description": "Codes and arguments: how it comes to its price."}
    )
    sentences = fields.List(fields.String(), required=True, metadata={"description": "The explanation in words."})


class ConsultQuery(PageQuery):
    state = Choice(*CONSULT_STATES)
    contract_id = Identifier()
    customer_id = Identifier()
    reference = Code(max_length=40)
    rule = Choice(*RULES)


class ProposedOut(OutputSchema):
    proposed = fields.List(
        fields.Nested(ConsultItemOut), required=True, metadata={"description": "New ones; none the second time."}
    )


class ConsultPolicyIn(InputSchema):
    policy = JsonObject(
        required=True,
        metadata={
            "description": "Only the settings that differ from the defaults; docs/consult.md lists them.",
            "example": {"many_questions": {"more_than": 10, "period": "calendar_month", "per": "contract"}},
        },
    )


class ConsultPolicyOut(OutputSchema):
    policy = fields.Dict(required=True, metadata={"description": "Every setting."})
    stored = fields.Boolean(required=True, metadata={"description": "False: the defaults, and nothing is proposed."})
    changed_at = Instant(required=True, allow_none=True)
