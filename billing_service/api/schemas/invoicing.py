"""Billing runs and invoices over HTTP."""

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
    ListOf,
    MoneyField,
    OutputSchema,
    PageQuery,
)
from billing_service.api.schemas.common import VersionedOut
from billing_service.receivables.standing import PAYMENT_STATES

RUN_STATES = ("releasing", "released", "issuing", "issued", "withdrawn")
INVOICE_STATES = ("released", "issued", "withdrawn")
KINDS = ("invoice", "credit_note", "zero_statement")


class RunIn(InputSchema):
    until = IsoDate(required=True, metadata={"description": "Bill what is dated up to and including this day."})
    contract_ids = ListOf(
        Identifier(),
        min_items=1,
        metadata={"description": "Only these contracts, whatever their rhythm; left out: all, by their rhythm."},
    )


class IssueIn(InputSchema):
    issue_date = IsoDate(
        metadata={"description": "The invoice date: not in the future, not before the last one. Default today."}
    )


class NothingIn(InputSchema):
    """An empty object."""


class RunQuery(PageQuery):
    state = Choice(*RUN_STATES)


class RunOut(VersionedOut):
    until = IsoDate(required=True)
    contract_ids = fields.List(fields.UUID(), required=True, allow_none=True)
    state = fields.String(required=True, metadata={"enum": list(RUN_STATES)})
    counts = fields.Dict(
        required=True,
        metadata={"description": "Documents by state, zero statements among them, and contracts or documents refused."},
    )


class RecipientOut(OutputSchema):
    channel = fields.String(required=True, metadata={"enum": ["email", "post"]})
    name = fields.String(required=True)
    email = fields.String(required=True, allow_none=True)


class DraftOut(OutputSchema):
    contract_id = fields.UUID(required=True)
    contract = fields.String(required=True)
    customer_id = fields.UUID(required=True)
    customer = fields.String(required=True)
    outcome = fields.String(
        required=True,
        metadata={
            "enum": ["invoice", "zero_statement", "zero", "negative"],
            "description": "What release makes of it; zero: nothing, it waits. negative: a finding.",
        },
    )
    until = IsoDate(required=True, metadata={"description": "Billed up to and including, by the contract's rhythm."})
    net = MoneyField(required=True)
    vat = MoneyField(required=True)
    gross = MoneyField(required=True)
    recipient = fields.Nested(RecipientOut, required=True)
    findings = fields.List(fields.String(), required=True, metadata={"description": "Codes release would report."})
    document = fields.Dict(required=True, metadata={"description": "The document as it would be, without a number."})


class RefusedOut(OutputSchema):
    contract_id = fields.UUID(required=True)
    contract = fields.String(required=True)
    customer_id = fields.UUID(required=True)
    customer = fields.String(required=True)
    code = fields.String(required=True)
    detail = fields.String(required=True)


class PreviewOut(OutputSchema):
    drafts = fields.List(fields.Nested(DraftOut), required=True)
    refused = fields.List(fields.Nested(RefusedOut), required=True)


class InvoiceQuery(PageQuery):
    state = Choice(*INVOICE_STATES)
    kind = Choice(*KINDS)
    number = Code(max_length=50, pattern=r"[A-Za-z0-9./_-]+")
    billing_run_id = Identifier()
    contract_id = Identifier()
    customer_id = Identifier()
    issued_from = IsoDate()
    issued_until = IsoDate()
    payment_state = Choice(*PAYMENT_STATES, metadata={"description": "Computed from what was allocated and credited."})
    overdue_on = IsoDate(metadata={"description": "Due before this day, and something is open now."})
    disputed = Flag(metadata={"description": "Whether the customer contests it now."})


class InvoiceOut(VersionedOut):
    kind = fields.String(required=True, metadata={"enum": list(KINDS)})
    state = fields.String(required=True, metadata={"enum": list(INVOICE_STATES)})
    number = fields.String(required=True, allow_none=True, metadata={"description": "From issue on."})
    billing_run_id = fields.UUID(required=True, allow_none=True)
    contract_id = fields.UUID(required=True)
    contract = fields.String(required=True)
    customer_id = fields.UUID(required=True)
    customer = fields.String(required=True)
    recipient = fields.Nested(RecipientOut, required=True)
    issue_date = IsoDate(required=True, allow_none=True)
    due_date = IsoDate(required=True, allow_none=True)
    supply_from = IsoDate(required=True)
    supply_to = IsoDate(required=True)
    payment_reference = fields.String(required=True, allow_none=True, metadata={"description": "ISO 11649 (RF)."})
    net = MoneyField(required=True)
    vat = MoneyField(required=True)
    gross = MoneyField(required=True)
    digest = fields.String(
        required=True,
        metadata={"description": "SHA-256 over the previous document's digest and this document, from issue on."},
    )
    previous_digest = fields.String(required=True, allow_none=True)
    issued_at = Instant(required=True, allow_none=True)
    credits_invoice_id = fields.UUID(
        required=True, allow_none=True, metadata={"description": "Of a credit note: the invoice that it credits."}
    )
    payment_state = fields.String(
        required=True,
        allow_none=True,
        metadata={"enum": [*PAYMENT_STATES, None], "description": "Of an issued invoice; computed, never stored."},
    )
    open_amount = MoneyField(
        required=True,
        allow_none=True,
        metadata={"description": "Gross − allocations − write-offs; below zero when overpaid."},
    )
    paid_amount = MoneyField(required=True, allow_none=True, metadata={"description": "Paid or set off."})
    credited_amount = MoneyField(required=True, allow_none=True)
    written_off_amount = MoneyField(required=True, allow_none=True)
    overdue = fields.Boolean(
        required=True, allow_none=True, metadata={"description": "Something was due before today."}
    )
    disputed = fields.Boolean(required=True, allow_none=True)


class InvoiceDetailOut(InvoiceOut):
    document = fields.Dict(required=True, metadata={"description": "The whole document: parties, lines, VAT, annex."})
