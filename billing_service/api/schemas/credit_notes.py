"""Credit notes and corrections over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import (
    Amount,
    Choice,
    Code,
    Flag,
    Identifier,
    InputSchema,
    IsoDate,
    MoneyField,
    Nested,
    OutputSchema,
    PageQuery,
    Text_,
    Whole,
)
from billing_service.api.schemas.decisions import DecisionIn
from billing_service.api.schemas.invoicing import INVOICE_STATES, InvoiceOut
from billing_service.core.crediting import Part

LONGEST_REASON = 500


class CreditLineIn(InputSchema):
    line = Whole(required=True, minimum=1, metadata={"description": "Of the invoice."})
    quantity = Amount(places=4, integer_digits=9, metadata={"description": "Of a line by quantity."})
    minutes = Whole(minimum=1, metadata={"description": "Of a line by time."})
    amount = MoneyField(
        metadata={"description": "Without VAT, with the sign of the line. None of the three: the rest."}
    )


class CreditNoteIn(InputSchema):
    invoice_id = Identifier(required=True)
    reason = Text_(
        required=True,
        max_length=LONGEST_REASON,
        metadata={"description": "Printed, in the customer's language.", "example": "Dubbel gefactureerd."},
    )
    lines = Nested(
        CreditLineIn, many=True, metadata={"description": "Left out: everything that was not credited before."}
    )
    issue = Flag(load_default=True, metadata={"description": "false: release it only; issue or withdraw it later."})
    issue_date = IsoDate(metadata={"description": "Not in the future, not before the last one. Default today."})


class CreditNoteQuery(PageQuery):
    credits_invoice_id = Identifier(metadata={"description": "Credit notes of this invoice."})
    customer_id = Identifier()
    state = Choice(*INVOICE_STATES)
    number = Code(max_length=50, pattern=r"[A-Za-z0-9./_-]+")
    left = Flag(metadata={"description": "true: something stands as the customer's balance; false: nothing does."})


class CreditNoteOut(InvoiceOut):
    reason = fields.String(required=True)
    credited_number = fields.String(required=True, metadata={"description": "The invoice's."})
    closes = MoneyField(
        required=True, allow_none=True, metadata={"description": "What it took off what was open of its invoice."}
    )
    balance = MoneyField(
        required=True,
        allow_none=True,
        metadata={"description": "What was paid before and stood to the customer's credit."},
    )
    left = MoneyField(
        required=True, allow_none=True, metadata={"description": "What still stands: neither set off nor refunded."}
    )


class CorrectIn(InputSchema):
    reason = Text_(
        max_length=LONGEST_REASON, metadata={"description": "Printed; default: correction of this question."}
    )
    decision = Nested(
        DecisionIn, metadata={"description": "A person's decision; left out: the tariff, by the facts of now."}
    )
    # An empty body is right too.


class ProposedChargeOut(OutputSchema):
    description = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    disposition = fields.String(required=True)
    minutes = fields.Integer(required=True, allow_none=True)
    amount = MoneyField(required=True)
    vat_class = fields.String(required=True)


class ProposedCorrectionOut(OutputSchema):
    question_id = fields.UUID(required=True)
    way = fields.String(
        required=True,
        metadata={
            "enum": ["correct", "withdraw", "nothing"],
            "description": "withdraw: its invoice is not issued yet. nothing: it still holds, or follows the facts.",
        },
    )
    invoice_id = fields.UUID(required=True, allow_none=True)
    number = fields.String(required=True, allow_none=True)
    released_disposition = fields.String(required=True, allow_none=True)
    released_amount = MoneyField(required=True, allow_none=True)
    now_state = fields.String(required=True, allow_none=True, metadata={"description": "Null: it counts no longer."})
    now_disposition = fields.String(required=True, allow_none=True)
    now_amount = MoneyField(required=True, allow_none=True)
    credit = MoneyField(required=True, metadata={"description": "What would be credited, without VAT."})
    charge = MoneyField(required=True, metadata={"description": "What would be charged anew, without VAT."})
    charges = fields.List(fields.Nested(ProposedChargeOut), required=True)


class QuestionCorrectionOut(OutputSchema):
    question_id = fields.UUID(required=True)
    credit_note_id = fields.UUID(required=True, allow_none=True)
    charge_ids = fields.List(fields.UUID(), required=True)


def part_of(line: dict[str, object]) -> Part:
    """A line of the request as the core takes it."""
    return Part(**line)  # type: ignore[arg-type]
