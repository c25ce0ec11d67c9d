"""Contracts over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import (
    Choice,
    Code,
    Flag,
    Identifier,
    InputSchema,
    IsoDate,
    Nested,
    OutputSchema,
    PageQuery,
    Text_,
    Whole,
)
from billing_service.api.glue.fields import ListOf
from billing_service.api.schemas.common import VersionedOut, email

RHYTHMS = ("month", "quarter", "year", "on_demand")


class PhaseIn(InputSchema):
    valid_from = IsoDate(required=True, metadata={"description": "Within the contract's validity."})
    label = Code(required=True, metadata={"example": "implementation"})


class PhaseOut(OutputSchema):
    valid_from = IsoDate(required=True)
    label = fields.String(required=True)


class ContractIn(InputSchema):
    reference = Code(required=True, metadata={"description": "What questions call it.", "example": "C-2026-1"})
    title = Text_(required=True, metadata={"example": "Helpdesk 2026"})
    customer_id = Identifier(required=True)
    tariff_id = Identifier(required=True)
    valid_from = IsoDate(required=True, metadata={"example": "2026-01-01"})
    valid_to = IsoDate(allow_none=True, metadata={"description": "The last day; null: open.", "example": "2098-12-31"})
    rhythm = Choice(*RHYTHMS, metadata={"description": "How often it is invoiced. Default month."})
    invoice_reference = Text_(
        allow_none=True, max_length=100, metadata={"description": "What the customer wants to see on the invoice."}
    )
    group_equal_lines = Flag(metadata={"description": "Equal fixed prices on one line. Default false."})
    annex = Flag(metadata={"description": "Whether invoices explain every question. Default false."})
    recipient_name = Text_(
        allow_none=True, metadata={"description": "Another recipient; needs recipient_email too.", "example": "Inkoop"}
    )
    recipient_email = email(allow_none=True)
    pickup_hours = Whole(maximum=10_000, allow_none=True, metadata={"description": "Agreed hours to pick up."})
    solve_hours = Whole(maximum=10_000, allow_none=True, metadata={"description": "Agreed hours to solve."})
    system_owner = Text_(allow_none=True, metadata={"description": "On whose behalf the askers are helped."})
    series_id = Identifier(
        allow_none=True, metadata={"description": "In which series its invoices are numbered; null: the default one."}
    )
    organisations = ListOf(Identifier(), metadata={"description": "Whose questions it covers."})
    known_contacts = ListOf(Identifier(), metadata={"description": "Persons."})
    key_users = ListOf(Identifier(), metadata={"description": "Persons."})
    phases = Nested(PhaseIn, many=True, max_items=100)


class ContractPatch(ContractIn):
    """Only the fields given change; a list is replaced as a whole."""


class ContractOut(VersionedOut):
    reference = fields.String(required=True)
    title = fields.String(required=True)
    customer_id = fields.UUID(required=True)
    tariff_id = fields.UUID(required=True)
    valid_from = IsoDate(required=True)
    valid_to = IsoDate(required=True, allow_none=True)
    rhythm = fields.String(required=True)
    invoice_reference = fields.String(required=True, allow_none=True)
    group_equal_lines = fields.Boolean(required=True)
    annex = fields.Boolean(required=True)
    recipient_name = fields.String(required=True, allow_none=True)
    recipient_email = fields.String(required=True, allow_none=True)
    pickup_hours = fields.Integer(required=True, allow_none=True)
    solve_hours = fields.Integer(required=True, allow_none=True)
    system_owner = fields.String(required=True, allow_none=True)
    series_id = fields.UUID(required=True, allow_none=True)
    organisations = fields.List(fields.UUID(), required=True)
    known_contacts = fields.List(fields.UUID(), required=True)
    key_users = fields.List(fields.UUID(), required=True)
    phases = fields.List(fields.Nested(PhaseOut), required=True)


class ContractQuery(PageQuery):
    customer_id = Identifier()
    reference = Code()
    valid_on = IsoDate(metadata={"description": "Only contracts valid on this day."})
