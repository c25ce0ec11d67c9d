"""Import policies and import projects over HTTP."""

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
    JsonObject,
    ListOf,
    MoneyField,
    Nested,
    Note,
    OutputSchema,
    PageQuery,
    Text_,
    Whole,
)
from billing_service.api.schemas.common import LANGUAGES
from billing_service.api.schemas.decisions import LanguageQuery

PROJECT_STATES = ("open", "closed")
PURPOSES = ("import", "new_structure")
USES = ("moment", "feedback", "redo")
MOST_FILES = 20
MOST_TITLES = 2000
_WORDS = "Of the sentences; else Accept-Language decides, else nl."


# --- policies --------------------------------------------------------------------------------------------------------


class ImportPolicyIn(InputSchema):
    label = Text_(required=True, max_length=100, metadata={"example": "Importbeleid 2027"})
    valid_from = IsoDate(
        required=True, metadata={"description": "For projects opened from this day on.", "example": "2027-01-01"}
    )
    document = JsonObject(
        required=True,
        metadata={
            "description": "The settings that differ from the defaults: see docs/import-fees.md.",
            "example": {"free_further_moment": "95.00"},
        },
    )


class ImportPolicyQuery(PageQuery):
    language = Choice(*LANGUAGES, metadata={"description": _WORDS})


class PolicyOnQuery(LanguageQuery):
    on = IsoDate(metadata={"description": "The day a project would be opened; today unless given."})


class ImportPolicyOut(OutputSchema):
    id = fields.UUID(required=True, allow_none=True, metadata={"description": "Null: the defaults, nothing is stored."})
    label = fields.String(required=True)
    valid_from = IsoDate(required=True, allow_none=True)
    document = fields.Dict(required=True, metadata={"description": "As given: only what differs from the defaults."})
    settings = fields.Dict(required=True, metadata={"description": "Every setting in force."})
    sentences = fields.List(
        fields.String(), required=True, metadata={"description": "All of it in words, as printed on a quote."}
    )
    created_at = Instant(required=True, allow_none=True)


# --- projects --------------------------------------------------------------------------------------------------------


class _Happened(InputSchema):
    """What is recorded about a project may have happened on an earlier day."""

    on = IsoDate(metadata={"description": "The day it happened; today unless given, never one to come."})


class ImportProjectIn(_Happened):
    reference = Code(required=True, max_length=40, metadata={"description": "Yours, unique.", "example": "IMP-2026-12"})
    name = Text_(required=True, max_length=200, metadata={"example": "Ledenbestand De Linde"})
    contract_id = Identifier(required=True, metadata={"description": "The contract that is charged."})
    website = Flag(required=True, metadata={"description": "Whether a website is part of the project."})


class ImportProjectQuery(PageQuery):
    reference = Code(max_length=40)
    state = Choice(*PROJECT_STATES)
    contract_id = Identifier()
    customer_id = Identifier()


class ReasonOut(OutputSchema):
    code = fields.String(required=True)
    facts = fields.Dict(required=True)
    sentence = fields.String(required=True)


class AssessmentOut(OutputSchema):
    outcome = fields.String(required=True, metadata={"enum": ["free", "quote"]})
    reasons = fields.List(fields.Nested(ReasonOut), required=True)


class FactsOut(OutputSchema):
    files = fields.Integer(required=True)
    columns = fields.Integer(required=True)
    one_dimensional = fields.Boolean(required=True)
    extra_fields = fields.Integer(required=True, allow_none=True)
    skipped = fields.Integer(required=True)


class StatusOut(OutputSchema):
    code = fields.String(required=True)
    sentence = fields.String(required=True)


class PermissionOut(OutputSchema):
    kind = fields.String(required=True, metadata={"description": "What may happen next."})
    allowed = fields.Boolean(required=True)
    reason = fields.String(required=True, allow_none=True, metadata={"description": "Why not, in words."})


class ImportFeeOut(OutputSchema):
    code = fields.String(required=True)
    moment = fields.Integer(required=True, allow_none=True)
    on = IsoDate(required=True)
    amount = MoneyField(required=True)
    description = fields.String(required=True, metadata={"description": "What the invoice line says."})
    explanation = fields.List(fields.String(), required=True, metadata={"description": "Why it costs this."})
    charge_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Null: see check."})
    charge_state = fields.String(required=True, allow_none=True)
    invoice_id = fields.UUID(required=True, allow_none=True)


class ImportEventOut(OutputSchema):
    seq = fields.Integer(required=True)
    kind = fields.String(required=True)
    on = IsoDate(required=True)
    data = fields.Dict(required=True)
    sentence = fields.String(required=True)
    actor = fields.String(required=True)
    at = Instant(required=True)


class ImportProjectItemOut(OutputSchema):
    id = fields.UUID(required=True)
    reference = fields.String(required=True)
    name = fields.String(required=True)
    contract_id = fields.UUID(required=True)
    customer_id = fields.UUID(required=True)
    opened_on = IsoDate(required=True)
    policy_id = fields.UUID(required=True, allow_none=True, metadata={"description": "Null: the defaults."})
    policy_label = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": list(PROJECT_STATES)})
    created_at = Instant(required=True)


class ImportProjectOut(ImportProjectItemOut):
    website = fields.Boolean(required=True)
    status = fields.Nested(StatusOut, required=True)
    permissions = fields.List(fields.Nested(PermissionOut), required=True)
    facts = fields.Nested(FactsOut, required=True, allow_none=True, metadata={"description": "As a person confirmed."})
    assessment = fields.Nested(AssessmentOut, required=True, allow_none=True)
    price = MoneyField(required=True, allow_none=True, metadata={"description": "Of the accepted quote; null: none."})
    moments_included = fields.Integer(required=True)
    moments_delivered = fields.Integer(required=True)
    fees = fields.List(fields.Nested(ImportFeeOut), required=True)
    total = MoneyField(required=True, metadata={"description": "All fees together, without VAT."})
    history = fields.List(fields.Nested(ImportEventOut), required=True)


class AssessIn(_Happened):
    one_dimensional = Flag(
        required=True, metadata={"description": "A person has seen it: only personal data of members, nothing else."}
    )
    delivery_id = Identifier(metadata={"description": "Take files and columns from what was delivered."})
    files = Whole(minimum=1, maximum=1000, metadata={"description": "Needed without delivery_id.", "example": 1})
    columns = Whole(
        minimum=1, maximum=100_000, metadata={"description": "With a title; needed without delivery_id.", "example": 12}
    )
    skipped = Whole(maximum=100_000, metadata={"description": "Of those, columns that cannot be imported."})
    extra_fields = Whole(maximum=100_000, metadata={"description": "Where the policy limits them."})


class WebsiteIn(_Happened):
    """A website was added to the project."""


class AgreementIn(_Happened):
    to = Choice(
        "further_moment", "new_structure", required=True, metadata={"description": "What the customer accepts."}
    )
    by = Text_(required=True, max_length=200, metadata={"description": "Who, and how.", "example": "J. de Wit, e-mail"})


class FeedbackIn(_Happened):
    text = Note(required=True, max_length=4000, metadata={"example": "The column Tussenvoegsel landed in Voornaam."})


class CloseProjectIn(_Happened):
    reason = Text_(required=True, max_length=500, metadata={"example": "Live since 1 March."})


class DifferenceOut(OutputSchema):
    what = fields.String(required=True)
    stored = fields.Dict(required=True, allow_none=True)
    recomputed = fields.Dict(required=True, allow_none=True)


class CheckOut(OutputSchema):
    agrees = fields.Boolean(required=True)
    differences = fields.List(fields.Nested(DifferenceOut), required=True)
    finding_id = fields.UUID(required=True, allow_none=True)


# --- deliveries ------------------------------------------------------------------------------------------------------


class StatedFileIn(InputSchema):
    name = Text_(required=True, max_length=200, metadata={"example": "leden.csv"})
    titles = ListOf(
        Text_(max_length=500),
        required=True,
        min_items=1,
        max_items=MOST_TITLES,
        metadata={"description": "Every column title, in order.", "example": ["Achternaam", "Postcode", "E-mail"]},
    )
    skipped = ListOf(
        Whole(minimum=1, maximum=MOST_TITLES),
        max_items=MOST_TITLES,
        metadata={"description": "Places, from 1, of columns that cannot be imported."},
    )


class ImportDeliveryIn(InputSchema):
    received_on = IsoDate(metadata={"description": "Today unless given, never a day to come."})
    files = Nested(
        StatedFileIn,
        many=True,
        max_items=MOST_FILES,
        metadata={"description": "Where the files themselves are not sent: what their titles are."},
    )


class ImportFileQuery(LanguageQuery):
    name = Text_(
        max_length=200,
        metadata={"description": "The file's name; it must end as its format does.", "example": "leden.csv"},
    )


class ColumnOut(OutputSchema):
    position = fields.Integer(required=True, metadata={"description": "From 1."})
    title = fields.String(required=True)
    filled = fields.Integer(required=True, allow_none=True, metadata={"description": "Rows with a value."})
    problem = fields.String(required=True, allow_none=True, metadata={"description": "Why it is not imported."})
    sentence = fields.String(required=True, allow_none=True, metadata={"description": "The problem in words."})


class ImportFileOut(OutputSchema):
    id = fields.UUID(required=True)
    name = fields.String(required=True)
    stated = fields.Boolean(required=True, metadata={"description": "Somebody said what its titles are."})
    size = fields.Integer(required=True, allow_none=True, metadata={"description": "Bytes."})
    sha256 = fields.String(required=True, allow_none=True)
    format = fields.String(required=True, allow_none=True)
    encoding = fields.String(required=True, allow_none=True)
    separator = fields.String(required=True, allow_none=True)
    sheet = fields.String(required=True, allow_none=True)
    other_sheets = fields.List(fields.String(), required=True, metadata={"description": "With contents, not read."})
    rows = fields.Integer(required=True, allow_none=True)
    columns = fields.List(fields.Nested(ColumnOut), required=True)


class ProposalOut(OutputSchema):
    one_dimensional = fields.Boolean(required=True)
    reasons = fields.List(fields.Nested(ReasonOut), required=True)


class ComparisonOut(OutputSchema):
    moment = fields.Integer(required=True, metadata={"description": "The delivered moment it is compared with."})
    on = IsoDate(required=True)
    same = fields.Boolean(required=True)
    differences = fields.List(fields.String(), required=True)


class NextFeeOut(OutputSchema):
    moment = fields.Integer(required=True, metadata={"description": "Which moment it would be."})
    kind = fields.String(required=True, metadata={"description": "first, included, further or new_structure"})
    amount = MoneyField(
        required=True, allow_none=True, metadata={"description": "Null: an assessment or a quote decides."}
    )
    needs = fields.List(
        fields.String(), required=True, metadata={"description": "Events that must be recorded before."}
    )
    sentences = fields.List(fields.String(), required=True)


class ImportDeliveryItemOut(OutputSchema):
    id = fields.UUID(required=True)
    project_id = fields.UUID(required=True)
    number = fields.Integer(required=True)
    received_on = IsoDate(required=True)
    state = fields.String(required=True, metadata={"enum": ["open", "imported", "sent_back", "discarded"]})
    used_as = fields.String(required=True, allow_none=True, metadata={"enum": [*USES, None]})
    reason = fields.String(required=True, allow_none=True)
    created_at = Instant(required=True)


class ImportDeliveryOut(ImportDeliveryItemOut):
    files = fields.List(fields.Nested(ImportFileOut), required=True)
    fingerprint = fields.String(required=True, allow_none=True, metadata={"description": "Of its structure."})
    proposal = fields.Nested(
        ProposalOut,
        required=True,
        allow_none=True,
        metadata={"description": "What the titles suggest; a person confirms it (assess)."},
    )
    assessment = fields.Nested(
        AssessmentOut,
        required=True,
        allow_none=True,
        metadata={"description": "Free or quote, if the proposal is confirmed."},
    )
    comparisons = fields.List(
        fields.Nested(ComparisonOut),
        required=True,
        metadata={"description": "With every structure delivered in the project."},
    )
    new_structure = fields.Boolean(
        required=True, allow_none=True, metadata={"description": "Unlike every structure delivered in the project."}
    )
    next_fee = fields.Nested(
        NextFeeOut,
        required=True,
        allow_none=True,
        metadata={"description": "What importing it as the next moment would cost and needs."},
    )


class ImportAsIn(_Happened):
    use = Choice(*USES, required=True, metadata={"description": "A moment, the re-import of feedback, or our redo."})
    reason = Text_(max_length=500, metadata={"description": "Of a redo: what went wrong on our side."})


class SendBackIn(_Happened):
    reason = Text_(required=True, max_length=500, metadata={"example": "Half of the rows have no name."})


class DiscardIn(InputSchema):
    reason = Text_(required=True, max_length=500, metadata={"example": "Uploaded to the wrong project."})


# --- quotes ----------------------------------------------------------------------------------------------------------


class ImportQuoteIn(_Happened):
    price = MoneyField(
        required=True,
        metadata={"description": "Without VAT.", "example": {"amount": "500.00", "currency": "EUR"}},
    )
    purpose = Choice(*PURPOSES, metadata={"description": "The import before its first moment, else a new structure."})
    note = Note(max_length=2000, metadata={"description": "To the customer, printed on the quote."})
    delivery_id = Identifier(metadata={"description": "What it is for; the latest delivery unless given."})


class AcceptIn(_Happened):
    by = Text_(required=True, max_length=200, metadata={"description": "Who accepts.", "example": "J. de Wit"})


class DeclineIn(AcceptIn):
    reason = Text_(required=True, max_length=500, metadata={"example": "Two files are enough."})


class WithdrawIn(_Happened):
    reason = Text_(required=True, max_length=500, metadata={"example": "Sent to the wrong customer."})


class ImportQuoteOut(OutputSchema):
    id = fields.UUID(required=True)
    project_id = fields.UUID(required=True)
    number = fields.String(required=True, metadata={"description": "The project's reference and a number."})
    purpose = fields.String(required=True, metadata={"enum": list(PURPOSES)})
    price = MoneyField(required=True)
    note = fields.String(required=True, allow_none=True)
    sent_on = IsoDate(required=True)
    valid_until = IsoDate(required=True, metadata={"description": "The last day on which it can be accepted."})
    state = fields.String(required=True, metadata={"enum": ["open", "expired", "accepted", "declined", "withdrawn"]})
    decided_on = IsoDate(required=True, allow_none=True)
    decided_at = Instant(required=True, allow_none=True)
    decided_by = fields.String(required=True, allow_none=True)
    decided_how = fields.String(required=True, allow_none=True, metadata={"enum": ["api", "link", None]})
    reason = fields.String(required=True, allow_none=True)
    sha256 = fields.String(required=True, metadata={"description": "Of the document, as canonical JSON."})
    created_at = Instant(required=True)


class ImportQuoteDetailOut(ImportQuoteOut):
    document = fields.Dict(required=True, metadata={"description": "All that the quote says, frozen."})


class ImportQuoteLinkOut(ImportQuoteOut):
    link = fields.String(
        required=True, metadata={"description": "Where the customer accepts or declines; shown once, never stored."}
    )
