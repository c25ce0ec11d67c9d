"""Connections to accounting packages over HTTP."""

from __future__ import annotations

from typing import Any

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
    Nested,
    Note,
    OutputSchema,
    PageQuery,
    Text_,
)
from billing_service.api.schemas.common import VersionedOut
from billing_service.connections.mapping import KINDS, PROBLEMS
from billing_service.store.connections import LISTS

STATES = ("preparing", "active", "stopped", "closed")
STOP_CAUSES = ("person", "sign_in", "other_company", "restored")
MATCH_STATES = ("proposed", "accepted", "rejected")
FOUND_BY = ("code", "vat_number", "kvk_number", "name_and_postcode")
OWNERS = ("package", "service")
NAME = "[a-z][a-z0-9_]{0,49}"


def _values(example: dict[str, str], description: str, **options: Any) -> fields.Dict:
    """Texts by name; null takes one away."""
    keys, values = Code(pattern=NAME, max_length=50), Note(max_length=4000, allow_none=True)
    return fields.Dict(keys=keys, values=values, metadata={"description": description, "example": example}, **options)


class ConnectionIn(InputSchema):
    package = Code(required=True, pattern="[a-z0-9_]+", metadata={"example": "fake"})
    title = Text_(required=True, max_length=100, metadata={"example": "Boekhouding"})
    settings = _values({"base_url": "http://127.0.0.1:8099"}, "What the package asks for, by name.", required=True)
    secrets = _values(
        {"api_key": "a-key-of-the-package", "webhook_secret": "what-its-webhooks-are-signed-with"},
        "What the package asks for and nobody may read again.",
        required=True,
    )
    enabled = ListOf(
        Code(pattern=NAME, max_length=50),
        max_items=50,
        metadata={
            "description": "Capabilities of the package that rest on an unverified fact, switched on.",
            "example": [],
        },
    )
    pushes_receipts = Flag(
        metadata={"description": "Whether receipts recorded here are booked there.", "example": False}
    )
    payments_owner = Choice(*OWNERS, metadata={"description": "Who says what is paid: normally the package."})


class ConnectionPatch(InputSchema):
    """Only the fields given change; of settings and secrets only the names given, null takes one away."""

    title = Text_(max_length=100, metadata={"example": "Boekhouding 2026"})
    settings = _values({}, "What changes, by name; null takes it away.")
    secrets = _values({}, "What changes, by name; null takes it away.")
    enabled = ListOf(Code(pattern=NAME, max_length=50), max_items=50, metadata={"example": []})
    pushes_receipts = Flag()
    payments_owner = Choice(*OWNERS)


class ConnectionOut(VersionedOut):
    package = fields.String(required=True)
    title = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    settings = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    secret_names = fields.List(fields.String(), required=True, metadata={"description": "Which secrets were given."})
    enabled = fields.List(fields.String(), required=True)
    pushes_receipts = fields.Boolean(required=True)
    payments_owner = fields.String(required=True, metadata={"enum": list(OWNERS)})
    company_id = fields.String(required=True, allow_none=True)
    company_name = fields.String(
        required=True, allow_none=True, metadata={"description": "Whose books answered; null until it was read."}
    )
    company_currency = fields.String(required=True, allow_none=True)
    checked_at = Instant(required=True, allow_none=True)
    lists_read_at = Instant(required=True, allow_none=True)
    matched_at = Instant(required=True, allow_none=True)
    start_date = fields.Date(required=True, allow_none=True)
    activated_at = Instant(required=True, allow_none=True)
    opening_taken_at = Instant(required=True, allow_none=True)
    stop_cause = fields.String(required=True, allow_none=True, metadata={"enum": [*STOP_CAUSES, None]})
    stop_reason = fields.String(required=True, allow_none=True)
    stopped_at = Instant(required=True, allow_none=True)
    restored_at = Instant(
        required=True,
        allow_none=True,
        metadata={"description": "This copy was restored from a backup then: nothing is called until it is resumed."},
    )
    webhook_key = fields.String(
        required=True, metadata={"description": "The unguessable part of the address that the package's webhooks call."}
    )


class WebhookAddressOut(OutputSchema):
    address = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "What to register in the package (docs/hooks.md); null: it sends no webhooks."},
    )
    signature = fields.String(required=True, allow_none=True, metadata={"description": "The kind that it makes."})
    secret_given = fields.Boolean(
        required=True, metadata={"description": "Whether webhook_secret is filled in; until then nothing is believed."}
    )


class ConnectionQuery(PageQuery):
    state = Choice(*STATES)


class SettingOut(OutputSchema):
    name = fields.String(required=True)
    required = fields.Boolean(required=True)
    secret = fields.Boolean(required=True)
    choices = fields.List(fields.String(), required=True, metadata={"description": "Empty: any text."})


class CapabilityOut(OutputSchema):
    name = fields.String(required=True)
    title = fields.String(required=True)
    value = fields.String(required=True, metadata={"description": "What counts."})
    claimed = fields.String(required=True, metadata={"description": "What is said of the package."})
    on = fields.Boolean(required=True, metadata={"description": "False: unverified, off until it is enabled."})
    verified = fields.String(required=True)
    source = fields.String(required=True)


class PackageOut(OutputSchema):
    name = fields.String(required=True)
    title = fields.String(required=True)
    signs_in = fields.Boolean(required=True, metadata={"description": "Whether a person can sign in there over OAuth."})
    settings = fields.List(fields.Nested(SettingOut), required=True)
    capabilities = fields.List(fields.Nested(CapabilityOut), required=True)


class PackagesOut(OutputSchema):
    items = fields.List(fields.Nested(PackageOut), required=True)


class SignInOut(OutputSchema):
    address = fields.String(required=True, metadata={"description": "Where to send the person who connects."})
    until = Instant(required=True)


class ChoiceOut(OutputSchema):
    kind = fields.String(required=True, metadata={"enum": list(LISTS)})
    remote_id = fields.String(required=True)
    code = fields.String(required=True)
    name = fields.String(required=True)
    rate = fields.String(required=True, allow_none=True, metadata={"description": "A percentage, of VAT codes."})
    category = fields.String(required=True, allow_none=True)
    active = fields.Boolean(required=True)
    read_at = Instant(required=True)


class ChoicesOut(OutputSchema):
    items = fields.List(fields.Nested(ChoiceOut), required=True)


class ChoiceQuery(InputSchema):
    kind = Choice(*LISTS)


class MappingLineIn(InputSchema):
    kind = Choice(*KINDS, required=True, metadata={"example": "vat"})
    ours = Code(
        load_default="",
        pattern="|[A-Za-z0-9](?:[A-Za-z0-9._:@~+ -]*[A-Za-z0-9._:@~+-])?",
        metadata={
            "example": "S:21",
            "minLength": 0,
            "description": "vat: S with its rate, or Z, E, AE, O; revenue and cost_centre: a revenue group, empty for"
            " all others; payment_method: the method of a receipt, empty for all others; else empty.",
        },
    )
    remote_id = Text_(required=True, metadata={"example": "vat-21"})


class MappingIn(InputSchema):
    mappings = Nested(MappingLineIn, many=True, required=True, max_items=500)


class MappingLineOut(OutputSchema):
    kind = fields.String(required=True, metadata={"enum": list(KINDS)})
    ours = fields.String(required=True)
    needed = fields.Boolean(required=True, metadata={"description": "Documents would be refused without it."})
    remote_id = fields.String(required=True, allow_none=True)
    problem = fields.String(required=True, allow_none=True, metadata={"enum": [*PROBLEMS, None]})
    proposal = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The only one there that fits, where nothing is mapped."},
    )


class MappingOut(OutputSchema):
    version = fields.Integer(required=True, metadata={"description": "That of the connection."})
    mappings = fields.List(fields.Nested(MappingLineOut), required=True)


class MatchOut(OutputSchema):
    id = fields.UUID(required=True)
    customer_id = fields.UUID(required=True)
    remote_id = fields.String(required=True)
    remote_code = fields.String(required=True, allow_none=True)
    remote_name = fields.String(required=True)
    found_by = fields.String(required=True, metadata={"enum": list(FOUND_BY)})
    certain = fields.Boolean(required=True, metadata={"description": "Nothing speaks against it."})
    state = fields.String(required=True, metadata={"enum": list(MATCH_STATES)})
    decided_at = Instant(required=True, allow_none=True)
    decided_by = fields.String(required=True, allow_none=True)
    created_at = Instant(required=True)


class MatchQuery(PageQuery):
    state = Choice(*MATCH_STATES)
    customer_id = Identifier()


class AcceptedMatchesOut(OutputSchema):
    count = fields.Integer(required=True)


class ConnectionCustomerOut(OutputSchema):
    customer_id = fields.UUID(required=True)
    remote_id = fields.String(required=True)
    sent_at = Instant(required=True, allow_none=True)


class ConnectionActivateIn(InputSchema):
    start_date = IsoDate(
        required=True,
        metadata={"description": "Documents dated from this day on are delivered.", "example": "2026-03-01"},
    )


class ConnectionReasonIn(InputSchema):
    reason = Text_(required=True, max_length=500, metadata={"example": "Jaarafsluiting"})


class OpeningItemOut(OutputSchema):
    id = fields.UUID(required=True)
    kind = fields.String(required=True, metadata={"enum": ["invoice", "credit_note"]})
    number = fields.String(required=True, allow_none=True)
    document_remote_id = fields.String(required=True)
    customer_remote_id = fields.String(required=True, allow_none=True)
    customer_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Null: not one of ours."})
    invoice_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Ours with the same number."})
    issue_date = fields.Date(required=True)
    due_date = fields.Date(required=True, allow_none=True)
    currency = fields.String(required=True)
    total = MoneyField(required=True)
    open = MoneyField(required=True)


class OpeningItemQuery(PageQuery):
    customer_id = Identifier()
