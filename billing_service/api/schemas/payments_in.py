"""Payments that the accounting package told, over HTTP."""

from __future__ import annotations

from marshmallow import ValidationError, fields, validates_schema

from billing_service.api.glue import (
    Choice,
    Code,
    Identifier,
    InputSchema,
    Instant,
    IsoDate,
    MoneyField,
    Note,
    OutputSchema,
    PageQuery,
)
from billing_service.api.schemas.common import VersionedOut
from billing_service.api.schemas.watching import WordingOut
from billing_service.store.payments_in import STATES

CHOICES = ("allocate", "balance", "not_ours")
_SOME_ID = "019a6d0c-7a00-7000-8000-000000000001"


class CollectionOut(OutputSchema):
    connection_id = fields.UUID(required=True)
    pulled_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "Everything that was told until then is here; null: nothing was read yet."},
    )
    waits_for = fields.Nested(WordingOut, required=True, allow_none=True, metadata={"description": "Why it waits."})
    next_at = Instant(required=True, allow_none=True, metadata={"description": "When it goes on by itself."})
    problem = fields.String(required=True, allow_none=True, metadata={"description": "What it needs a person for."})


class PaymentInOut(VersionedOut):
    connection_id = fields.UUID(required=True)
    remote_id = fields.String(required=True, metadata={"description": "Its id there."})
    amount = MoneyField(required=True, metadata={"description": "As it was told; money out is negative."})
    paid_on = IsoDate(required=True)
    document = fields.String(
        required=True, allow_none=True, metadata={"description": "The id there of what it settles."}
    )
    document_number = fields.String(required=True, allow_none=True)
    reference = fields.String(required=True, allow_none=True, metadata={"description": "What the payer wrote."})
    iban = fields.String(required=True, allow_none=True, metadata={"description": "Whose account it came from."})
    undoes = fields.String(
        required=True, allow_none=True, metadata={"description": "The id there of the payment that it takes back."}
    )
    state = fields.String(
        required=True, metadata={"enum": list(STATES), "description": "What became of it here: docs/collection.md."}
    )
    evidence = fields.String(
        required=True, allow_none=True, metadata={"description": "What the link to our documents rests on."}
    )
    doubt = fields.String(required=True, allow_none=True, metadata={"description": "Why a person must decide."})
    problem = fields.Nested(WordingOut, required=True, allow_none=True, metadata={"description": "That in words."})
    proposals = fields.List(
        fields.UUID(), required=True, metadata={"description": "Invoices that might be meant, the likeliest five."}
    )
    customer_id = fields.UUID(required=True, allow_none=True)
    receipt_id = fields.UUID(required=True, allow_none=True, metadata={"description": "The receipt that stands here."})
    refund_id = fields.UUID(required=True, allow_none=True)
    told_at = Instant(required=True, metadata={"description": "When it was told, or told otherwise, last."})


class PaymentInQuery(PageQuery):
    state = Choice(*STATES)
    connection_id = Identifier()
    customer_id = Identifier()
    remote_id = Code(max_length=200)


class PaymentPartIn(InputSchema):
    invoice_id = Identifier(required=True)
    amount = MoneyField(required=True)


class PaymentResolveIn(InputSchema):
    choice = Choice(
        *CHOICES,
        required=True,
        metadata={
            "description": "It settles these invoices; it is what this customer has to its credit; it is not ours.",
            "example": "not_ours",
        },
    )
    parts = fields.List(fields.Nested(PaymentPartIn), metadata={"description": "With allocate, and only there."})
    customer_id = Identifier(metadata={"description": "With balance, and only there."})
    reason = Note(max_length=2000, allow_none=True)

    @validates_schema
    def _what_belongs_together(self, data: dict[str, object], **_: object) -> None:
        for choice, name in (("allocate", "parts"), ("balance", "customer_id")):
            if (data["choice"] == choice) != bool(data.get(name)):
                raise ValidationError(f"belongs to the choice {choice}, and only there", name)
