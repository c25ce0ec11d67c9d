"""Hour cards, blocks, allowances and their movements over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import (
    Choice,
    Code,
    Flag,
    Identifier,
    InputSchema,
    Instant,
    IsoDate,
    MoneyField,
    Nested,
    OutputSchema,
    PageQuery,
    Text_,
    Whole,
)
from billing_service.api.schemas.common import VersionedOut
from billing_service.api.schemas.decisions import DescriptionSchema
from billing_service.core.calendar import PERIOD_KINDS
from billing_service.core.prepaid import UNITS
from billing_service.core.vat import VAT_CLASSES
from billing_service.prepaid.describing import STATES

CARD_KINDS = ("card", "block")
MOVEMENT_KINDS = ("sale", "grant", "draw", "undo", "correction")
MOST_MINUTES = 1_000_000
_DRAW_FROM = "What a rule's draw_from asks for."


class HourCardIn(InputSchema):
    contract_id = Identifier(required=True)
    kind = Choice(
        *CARD_KINDS,
        required=True,
        metadata={
            "description": "A block: four hours, unless agreed otherwise, for one piece of work.",
            "example": "block",
        },
    )
    code = Code(required=True, metadata={"description": _DRAW_FROM, "example": "support"})
    title = Nested(DescriptionSchema, required=True, metadata={"description": "What the invoice says."})
    minutes = Whole(
        minimum=1, maximum=MOST_MINUTES, metadata={"description": "Required of a card; a block has 240 by default."}
    )
    price = MoneyField(required=True, metadata={"description": "Without VAT; not below zero."})
    vat_class = Choice(*VAT_CLASSES, required=True)
    revenue_group = Text_(max_length=100, allow_none=True)
    reference = Code(
        metadata={"description": "What people call it; default the next free one.", "example": "UK-2026-01"}
    )
    sold_on = IsoDate(metadata={"description": "Within the contract; it picks the VAT rate. Default today."})
    valid_from = IsoDate(metadata={"description": "The first day of work it pays for. Default the day of the sale."})
    valid_to = IsoDate(
        allow_none=True, metadata={"description": "The last such day; null: no end.", "example": "2098-12-31"}
    )
    low_balance_minutes = Whole(
        maximum=MOST_MINUTES,
        allow_none=True,
        metadata={"description": "hour_card.low_balance is told when no more than this is left."},
    )
    follows_id = Identifier(
        allow_none=True, metadata={"description": "Of a block: the block whose feedback it pays for.", "example": None}
    )
    multi_purpose = Flag(metadata={"description": "VAT due at use: refused, no such card is sold.", "example": False})


class HourCardQuery(PageQuery):
    contract_id = Identifier()
    customer_id = Identifier()
    kind = Choice(*CARD_KINDS)
    code = Code()
    reference = Code()
    state = Choice(*STATES, metadata={"description": "How it stands today."})


class HourCardOut(VersionedOut):
    contract_id = fields.UUID(required=True)
    customer_id = fields.UUID(required=True)
    reference = fields.String(required=True)
    kind = fields.String(required=True, metadata={"enum": list(CARD_KINDS)})
    code = fields.String(required=True)
    title = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    minutes = fields.Integer(required=True, metadata={"description": "As sold."})
    balance = fields.Integer(required=True, metadata={"description": "Minutes left: the sum of its movements."})
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    price = MoneyField(required=True)
    vat_class = fields.String(required=True)
    revenue_group = fields.String(required=True, allow_none=True)
    multi_purpose = fields.Boolean(required=True)
    sold_on = IsoDate(required=True)
    valid_from = IsoDate(required=True)
    valid_to = IsoDate(required=True, allow_none=True)
    low_balance_minutes = fields.Integer(required=True, allow_none=True)
    follows_id = fields.UUID(required=True, allow_none=True)
    charge_id = fields.UUID(required=True, allow_none=True, metadata={"description": "The sale."})
    cancelled_at = Instant(required=True, allow_none=True)


class CardCorrectionIn(InputSchema):
    minutes = Whole(
        minimum=-MOST_MINUTES,
        maximum=MOST_MINUTES,
        required=True,
        metadata={"description": "Added; below 0 taken.", "example": -15},
    )
    reason = Text_(required=True, max_length=500, metadata={"description": "It is kept and printed."})
    on = IsoDate(metadata={"description": "The day it counts for. Default today."})


class BlockFeedbackIn(InputSchema):
    minutes = Whole(minimum=1, maximum=MOST_MINUTES, required=True)
    description = Text_(required=True, max_length=500, metadata={"description": "It is kept and printed."})
    on = IsoDate(metadata={"description": "The day of the work. Default today."})


class MovementOut(OutputSchema):
    id = fields.UUID(required=True)
    hour_card_id = fields.UUID(required=True, allow_none=True)
    allowance_id = fields.UUID(required=True, allow_none=True)
    period_first = IsoDate(required=True, allow_none=True, metadata={"description": "Of an allowance: which period."})
    kind = fields.String(required=True, metadata={"enum": list(MOVEMENT_KINDS)})
    quantity = fields.Integer(required=True, metadata={"description": "Minutes or questions; below 0 taken off."})
    work_date = IsoDate(required=True)
    question_id = fields.UUID(required=True, allow_none=True)
    part = fields.Integer(required=True, allow_none=True)
    reverses_id = fields.UUID(required=True, allow_none=True, metadata={"description": "The draw it takes back."})
    reason = fields.String(required=True, allow_none=True)
    actor = fields.String(required=True)
    created_at = Instant(required=True)


class AllowanceIn(InputSchema):
    contract_id = Identifier(required=True)
    code = Code(required=True, metadata={"description": _DRAW_FROM, "example": "questions"})
    title = Nested(DescriptionSchema, required=True, metadata={"description": "What the invoice says."})
    unit = Choice(*UNITS, required=True)
    quantity = Whole(minimum=1, maximum=MOST_MINUTES, required=True, metadata={"description": "In every period."})
    period = Choice(*PERIOD_KINDS, required=True)
    carry_over_periods = Whole(
        maximum=120, metadata={"description": "For how many periods what is left can still be used. Default 0."}
    )
    valid_from = IsoDate(metadata={"description": "Within the contract. Default its first day."})
    valid_to = IsoDate(
        allow_none=True, metadata={"description": "The last day; null: no end.", "example": "2098-12-31"}
    )


class AllowanceQuery(PageQuery):
    contract_id = Identifier()
    code = Code()
    running = Flag(metadata={"description": "true: it gives something today; false: not yet or no longer."})


class AllowancePeriodOut(OutputSchema):
    first = IsoDate(required=True)
    usable_until = IsoDate(required=True, allow_none=True)
    balance = fields.Integer(required=True)


class AllowanceOut(VersionedOut):
    contract_id = fields.UUID(required=True)
    code = fields.String(required=True)
    title = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    unit = fields.String(required=True, metadata={"enum": list(UNITS)})
    quantity = fields.Integer(required=True)
    period = fields.String(required=True, metadata={"enum": list(PERIOD_KINDS)})
    carry_over_periods = fields.Integer(required=True)
    valid_from = IsoDate(required=True)
    valid_to = IsoDate(required=True, allow_none=True)
    balance = fields.Integer(required=True, metadata={"description": "Usable today, carried over included."})
    periods = fields.List(
        fields.Nested(AllowancePeriodOut), required=True, metadata={"description": "Those that may be used today."}
    )


class AllowanceEndIn(InputSchema):
    valid_to = IsoDate(required=True, metadata={"description": "The last day.", "example": "2098-12-31"})
