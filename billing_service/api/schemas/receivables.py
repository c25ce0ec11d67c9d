"""Receipts, allocations, refunds, disputes, write-offs and a customer's balance over HTTP."""

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
    OutputSchema,
    PageQuery,
    Text_,
)
from billing_service.api.schemas.common import VersionedOut

METHODS = ("bank_transfer", "direct_debit", "card", "cash", "other")
KINDS = ("invoice", "credit_note", "receipt", "refund", "write_off")
_SOME_ID = "019a6d0c-7a00-7000-8000-000000000001"


def _note(**options: object) -> Text_:
    return Text_(max_length=500, **options)


class ReceiptIn(InputSchema):
    customer_id = Identifier(required=True)
    amount = MoneyField(required=True)
    received_on = IsoDate(metadata={"description": "Default today; not in the future."})
    method = Choice(*METHODS, metadata={"description": "Default bank_transfer."})
    payer_name = Text_(max_length=200, allow_none=True)
    payer_iban = Code(max_length=42, pattern="[A-Za-z0-9 ]+", allow_none=True)
    reference = Text_(max_length=140, allow_none=True, metadata={"description": "What the payer or the bank said."})


class ReceiptQuery(PageQuery):
    customer_id = Identifier()
    received_from = IsoDate()
    received_until = IsoDate()
    left = Flag(metadata={"description": "true: something is neither allocated nor refunded; false: nothing is."})


class ReceiptOut(VersionedOut):
    customer_id = fields.UUID(required=True)
    received_on = IsoDate(required=True)
    amount = MoneyField(required=True)
    left = MoneyField(required=True, metadata={"description": "Neither allocated nor refunded."})
    method = fields.String(required=True, metadata={"enum": list(METHODS)})
    payer_name = fields.String(required=True, allow_none=True)
    payer_iban = fields.String(required=True, allow_none=True)
    reference = fields.String(required=True, allow_none=True)
    cancelled_at = Instant(required=True, allow_none=True)
    cancel_reason = fields.String(required=True, allow_none=True)


class AllocationIn(InputSchema):
    receipt_id = Identifier(metadata={"description": "Either this or credit_note_id.", "example": _SOME_ID})
    credit_note_id = Identifier(metadata={"description": "A set-off: what is left of it settles the invoice."})
    invoice_id = Identifier(required=True)
    amount = MoneyField(metadata={"description": "Default: all that is left, at most what is open."})
    overpays = Flag(metadata={"description": "The payer meant this invoice: it may be more than is open."})


class AllocationQuery(PageQuery):
    receipt_id = Identifier()
    credit_note_id = Identifier()
    invoice_id = Identifier()
    customer_id = Identifier()


class _UndoneOut(OutputSchema):
    """Rows that are written once; one that undoes another has the opposite amount and names it."""

    id = fields.UUID(required=True)
    customer_id = fields.UUID(required=True)
    amount = MoneyField(required=True, metadata={"description": "Below zero in a row that undoes another."})
    reverses_id = fields.UUID(required=True, allow_none=True, metadata={"description": "The row that this one undoes."})
    created_at = Instant(required=True)


class AllocationOut(_UndoneOut):
    receipt_id = fields.UUID(required=True, allow_none=True)
    credit_note_id = fields.UUID(required=True, allow_none=True)
    invoice_id = fields.UUID(required=True)
    overpays = fields.Boolean(required=True)
    allocated_on = IsoDate(required=True)
    reason = fields.String(required=True, allow_none=True)


class RefundIn(InputSchema):
    receipt_id = Identifier(metadata={"description": "Either this or credit_note_id.", "example": _SOME_ID})
    credit_note_id = Identifier()
    amount = MoneyField(metadata={"description": "Default: all that is left."})
    refunded_on = IsoDate(metadata={"description": "Default today; not in the future."})
    reference = Text_(max_length=140, allow_none=True)


class RefundQuery(PageQuery):
    receipt_id = Identifier()
    credit_note_id = Identifier()
    customer_id = Identifier()


class RefundOut(_UndoneOut):
    receipt_id = fields.UUID(required=True, allow_none=True)
    credit_note_id = fields.UUID(required=True, allow_none=True)
    refunded_on = IsoDate(required=True)
    reference = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class DisputeIn(InputSchema):
    reason = _note(required=True, metadata={"example": "The hours of 3 March are not known to the customer."})
    opened_on = IsoDate(metadata={"description": "Default today; not in the future."})


class DisputeEndIn(InputSchema):
    outcome = _note(required=True, metadata={"example": "Explained; the customer pays."})
    ended_on = IsoDate(metadata={"description": "Default today; not in the future."})


class DisputeOut(VersionedOut):
    invoice_id = fields.UUID(required=True)
    opened_on = IsoDate(required=True)
    reason = fields.String(required=True)
    ended_on = IsoDate(required=True, allow_none=True)
    outcome = fields.String(required=True, allow_none=True)


class WriteOffIn(InputSchema):
    reason = _note(required=True, metadata={"example": "Bankrupt."})
    amount = MoneyField(metadata={"description": "Default: all that is open."})
    written_off_on = IsoDate(metadata={"description": "Default today; not in the future."})


class WriteOffOut(_UndoneOut):
    invoice_id = fields.UUID(required=True)
    written_off_on = IsoDate(required=True)
    reason = fields.String(required=True)


class BalanceQuery(InputSchema):
    date_from = IsoDate(metadata={"description": "First day of the statement; default: from the beginning."})
    date_until = IsoDate(metadata={"description": "Last day of the statement; default today."})


class EntryOut(OutputSchema):
    day = IsoDate(required=True)
    kind = fields.String(required=True, metadata={"enum": list(KINDS)})
    id = fields.UUID(required=True)
    reference = fields.String(required=True, allow_none=True, metadata={"description": "Number, reference or reason."})
    amount = MoneyField(required=True, metadata={"description": "What it adds to what the customer owes."})
    balance = MoneyField(required=True, metadata={"description": "What the customer owes then."})


class BalanceOut(OutputSchema):
    customer_id = fields.UUID(required=True)
    balance = MoneyField(
        required=True,
        metadata={
            "description": "What the customer owes now; below zero it has a balance to its credit. Always "
            "open_invoices − receipts_left − credits_left."
        },
    )
    open_invoices = MoneyField(required=True)
    receipts_left = MoneyField(required=True)
    credits_left = MoneyField(required=True)
    first = IsoDate(required=True, allow_none=True)
    last = IsoDate(required=True)
    opening = MoneyField(required=True, metadata={"description": "Before the first entry."})
    entries = fields.List(fields.Nested(EntryOut), required=True)
    closing = MoneyField(required=True, metadata={"description": "opening plus all entries."})
