"""Questions over HTTP. ``QuestionIn`` only documents: the rules are ``intake.rules``, shared with bulk intake."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from billing_service.api.glue import (
    Choice,
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
from billing_service.api.schemas.common import VersionedOut
from billing_service.core.minutes import MINUTES_PER_DAY
from billing_service.core.tariff.model import QUESTION_KINDS
from billing_service.intake import rules


class Told(InputSchema):
    """A body whose fields are documented here and checked by the use case, with the same pointers."""

    def load(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            raise ValidationError("is not an object")
        return data


def _text(name: str, description: str, **options: Any) -> Text_:
    required = options.get("required", False)
    metadata = {"description": description} | options.pop("metadata", {})
    return Text_(max_length=rules.TEXT_LENGTHS[name], allow_none=not required, metadata=metadata, **options)


class TimeEntryInQuestion(InputSchema):
    external_id = Text_(
        max_length=200,
        allow_none=True,
        metadata={"description": "What the source calls this entry. Without: the question's own with its place."},
    )
    handler = Text_(max_length=rules.CODE_LENGTH, allow_none=True, metadata={"description": "Code of a person."})
    role = Text_(max_length=rules.CODE_LENGTH, allow_none=True, metadata={"description": "As in the tariff's rates."})
    worked_on = IsoDate(required=True, metadata={"description": "Not in the future."})
    minutes = Whole(required=True, maximum=MINUTES_PER_DAY, metadata={"description": "Raw minutes spent that day."})


class QuestionIn(Told):
    source = _text("source", "The system it comes from.", required=True, metadata={"example": "helpdesk"})
    external_id = _text("external_id", "What the source calls it. Without: its id here.", metadata={"example": "4711"})
    subject = _text("subject", "In a line, what was asked.", required=True, metadata={"example": "Import of members"})
    category = _text("category", "A word of the source's; rules look at it.")
    kind = Choice(*QUESTION_KINDS, metadata={"description": "Default question."})
    channel = _text("channel", "How it came in.", metadata={"example": "phone"})
    support_line = _text("support_line", "A label.")
    urgency = _text("urgency", "A label.")
    tags = ListOf(
        Text_(max_length=rules.CODE_LENGTH), max_items=rules.MOST_TAGS, allow_none=True, metadata={"example": ["vip"]}
    )
    asker = _text("asker", "Code of a person.")
    handler = _text("handler", "Code of a person.")
    organisation = _text("organisation", "Code of the organisation that asks. It picks the contract.")
    contract = _text("contract", "Reference of a contract; without, the only valid one covering the organisation.")
    opened_at = Instant(required=True)
    picked_up_at = Instant(allow_none=True)
    answered_at = Instant(allow_none=True)
    closed_at = Instant(allow_none=True, metadata={"description": "A question is decided when it is closed."})
    solution_summary = Note(max_length=rules.SUMMARY_LENGTH, allow_none=True)
    quantities = JsonObject(
        allow_none=True,
        metadata={
            "description": "Named numbers of at most 4 decimals, as text.",
            "additionalProperties": {"type": "string", "pattern": r"^[0-9]{1,12}(\.[0-9]{1,4})?$"},
            "propertyNames": {"minLength": 1, "maxLength": rules.CODE_LENGTH, "pattern": r"^[!-~]+$"},
            "maxProperties": rules.MOST_QUANTITIES,
            "example": {"labels": "1500"},
        },
    )
    base_amount = MoneyField(allow_none=True)
    contact_moment = Identifier(allow_none=True, metadata={"description": "The contact moment it was part of."})
    time_entries = Nested(TimeEntryInQuestion, many=True, max_items=rules.MOST_TIME_ENTRIES, allow_none=True)


class QuestionPatch(Told):
    """Only the facts given change; who told it and when it was told stay."""

    subject = _text("subject", "In a line, what was asked.")
    category = _text("category", "A word of the source's; rules look at it.")
    kind = Choice(*QUESTION_KINDS)
    channel = _text("channel", "How it came in.")
    support_line = _text("support_line", "A label.")
    urgency = _text("urgency", "A label.")
    tags = ListOf(Text_(max_length=rules.CODE_LENGTH), max_items=rules.MOST_TAGS, allow_none=True)
    asker = _text("asker", "Code of a person.")
    handler = _text("handler", "Code of a person.")
    organisation = _text("organisation", "Code of the organisation that asks.")
    contract = _text("contract", "Reference of a contract.")
    opened_at = Instant()
    picked_up_at = Instant(allow_none=True)
    answered_at = Instant(allow_none=True)
    closed_at = Instant(allow_none=True)
    solution_summary = Note(max_length=rules.SUMMARY_LENGTH, allow_none=True)
    quantities = JsonObject(allow_none=True)
    base_amount = MoneyField(allow_none=True)


class TimeEntryOut(VersionedOut):
    question_id = fields.UUID(required=True)
    source = fields.String(required=True)
    external_id = fields.String(required=True)
    handler = fields.String(required=True, allow_none=True)
    handler_id = fields.UUID(required=True, allow_none=True)
    role = fields.String(required=True, allow_none=True)
    worked_on = IsoDate(required=True)
    minutes = fields.Integer(required=True, metadata={"description": "Raw minutes, as the source last told them."})
    corrected_minutes = fields.Integer(required=True, allow_none=True)
    revision = fields.Integer(required=True, metadata={"description": "How often the source told it."})


class QuestionOut(VersionedOut):
    source = fields.String(required=True)
    external_id = fields.String(required=True)
    subject = fields.String(required=True)
    category = fields.String(required=True, allow_none=True)
    kind = fields.String(required=True)
    channel = fields.String(required=True, allow_none=True)
    support_line = fields.String(required=True, allow_none=True)
    urgency = fields.String(required=True, allow_none=True)
    tags = fields.List(fields.String(), required=True)
    asker = fields.String(required=True, allow_none=True)
    asker_id = fields.UUID(required=True, allow_none=True)
    handler = fields.String(required=True, allow_none=True)
    handler_id = fields.UUID(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    organisation_id = fields.UUID(required=True, allow_none=True)
    contract = fields.String(required=True, allow_none=True, metadata={"description": "The one named, if any."})
    contract_id = fields.UUID(required=True, allow_none=True)
    opened_at = Instant(required=True)
    picked_up_at = Instant(required=True, allow_none=True)
    answered_at = Instant(required=True, allow_none=True)
    closed_at = Instant(required=True, allow_none=True)
    withdrawn_at = Instant(required=True, allow_none=True)
    solution_summary = fields.String(required=True, allow_none=True)
    quantities = fields.Dict(keys=fields.String(), values=fields.String(), required=True)
    base_amount = MoneyField(required=True, allow_none=True)
    contact_moment = fields.UUID(required=True, allow_none=True)
    time_entries = fields.List(fields.Nested(TimeEntryOut), required=True)


class QuestionQuery(PageQuery):
    source = Text_(max_length=rules.CODE_LENGTH)
    external_id = Text_(max_length=200, metadata={"description": "What the source calls it."})
    organisation_id = Identifier()
    asker_id = Identifier()
    contact_moment = Identifier()
    closed = Flag(metadata={"description": "Only closed ones, or only open ones."})
    closed_from = IsoDate(metadata={"description": "Closed on this day (Amsterdam) or later."})
    closed_until = IsoDate(metadata={"description": "Closed on this day (Amsterdam) or earlier."})


class ReasonIn(InputSchema):
    reason = Text_(required=True, max_length=500, metadata={"description": "Why; the audit trail shows it."})


class TimeEntryIn(Told):
    question_id = Identifier(required=True)
    external_id = Text_(
        max_length=200, allow_none=True, metadata={"description": "The same one again revises the entry."}
    )
    handler = Text_(max_length=rules.CODE_LENGTH, allow_none=True, metadata={"description": "Code of a person."})
    role = Text_(max_length=rules.CODE_LENGTH, allow_none=True)
    worked_on = IsoDate(required=True, metadata={"description": "Not in the future."})
    minutes = Whole(required=True, maximum=MINUTES_PER_DAY)


class TimeEntryQuery(PageQuery):
    question_id = Identifier()
    corrected = Flag(metadata={"description": "Only entries with, or only entries without a correction."})


class RevisionOut(OutputSchema):
    revision = fields.Integer(required=True)
    worked_on = IsoDate(required=True)
    raw_minutes = fields.Integer(required=True)
    actor = fields.String(required=True)
    at = Instant(required=True)


class CorrectionOut(OutputSchema):
    id = fields.UUID(required=True)
    revision = fields.Integer(required=True, metadata={"description": "The revision that was corrected."})
    kind = fields.String(required=True, metadata={"description": "correction, or confirmation of the raw minutes"})
    minutes = fields.Integer(required=True)
    reason = fields.String(required=True)
    actor = fields.String(required=True)
    at = Instant(required=True)


class TimeEntryWithHistoryOut(TimeEntryOut):
    revisions = fields.List(fields.Nested(RevisionOut), required=True)
    corrections = fields.List(fields.Nested(CorrectionOut), required=True)


class CorrectionIn(InputSchema):
    minutes = Whole(required=True, maximum=MINUTES_PER_DAY)
    reason = Text_(required=True, max_length=500)


class ConfirmIn(InputSchema):
    time_entry_ids = ListOf(Identifier(), load_default=list)
    question_ids = ListOf(Identifier(), load_default=list, metadata={"description": "All entries of these questions."})
    reason = Text_(required=True, max_length=500)


class ConfirmedOut(OutputSchema):
    confirmed = fields.List(fields.UUID(), required=True, metadata={"description": "Time entries confirmed now."})


class ContactMomentIn(InputSchema):
    source = Text_(required=True, max_length=rules.CODE_LENGTH)
    external_id = Text_(max_length=200, allow_none=True, metadata={"description": "What the source calls it."})
    channel = Text_(required=True, max_length=200, metadata={"example": "phone"})
    occurred_at = Instant(required=True, metadata={"description": "Not in the future."})
    asker = Text_(max_length=rules.CODE_LENGTH, allow_none=True, metadata={"description": "Code of a person."})
    organisation = Text_(max_length=rules.CODE_LENGTH, allow_none=True, metadata={"description": "Its code."})
    note = Note(allow_none=True)


class ContactMomentOut(VersionedOut):
    source = fields.String(required=True)
    external_id = fields.String(required=True, allow_none=True)
    channel = fields.String(required=True)
    occurred_at = Instant(required=True)
    asker = fields.String(required=True, allow_none=True)
    asker_id = fields.UUID(required=True, allow_none=True)
    organisation = fields.String(required=True, allow_none=True)
    organisation_id = fields.UUID(required=True, allow_none=True)
    note = fields.String(required=True, allow_none=True)
    questions = fields.List(fields.UUID(), required=True)


class ContactMomentQuery(PageQuery):
    source = Text_(max_length=rules.CODE_LENGTH)
    external_id = Text_(max_length=200)
    organisation_id = Identifier()
