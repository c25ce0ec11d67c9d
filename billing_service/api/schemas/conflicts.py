"""Conflicts with an accounting package over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import Choice, Identifier, InputSchema, Instant, Note, OutputSchema, PageQuery
from billing_service.api.schemas.common import VersionedOut
from billing_service.store.agreements import CHOICES, KINDS, NOUNS

FOUND_BY = ("hook", "collection", "reconciliation", "look", "here")


class ComparedOut(OutputSchema):
    name = fields.String(required=True)
    ours = fields.String(required=True, allow_none=True)
    theirs = fields.String(required=True, allow_none=True)
    agreed = fields.String(
        required=True, allow_none=True, metadata={"description": "What both sides said when they last agreed."}
    )


class ConflictOut(VersionedOut):
    connection_id = fields.UUID(required=True)
    noun = fields.String(required=True, metadata={"enum": list(NOUNS)})
    subject_id = fields.UUID(
        required=True,
        metadata={"description": "The customer, the invoice or credit note, or the allocation of a receipt."},
    )
    number = fields.String(required=True, metadata={"description": "What people call it."})
    kind = fields.String(
        required=True,
        metadata={"enum": list(KINDS), "description": "changed, gone, cancelled: there; by_hand: recorded here."},
    )
    remote_id = fields.String(required=True, allow_none=True, metadata={"description": "Its id there."})
    compared = fields.List(
        fields.Nested(ComparedOut), required=True, metadata={"description": "Every field that differs."}
    )
    found_by = fields.String(required=True, metadata={"enum": list(FOUND_BY)})
    state = fields.String(required=True, metadata={"enum": ["open", "resolved"]})
    choice = fields.String(
        required=True,
        allow_none=True,
        metadata={"enum": [*CHOICES, "none", None], "description": "none: it was put right there."},
    )
    reason = fields.String(required=True, allow_none=True)
    resolved_at = Instant(required=True, allow_none=True)
    resolved_by = fields.String(required=True, allow_none=True)


class ConflictQuery(PageQuery):
    state = Choice("open", "resolved")
    noun = Choice(*NOUNS)
    connection_id = Identifier()
    subject_id = Identifier()


class ConflictResolveIn(InputSchema):
    choice = Choice(
        *CHOICES,
        required=True,
        metadata={
            "example": "keep",
            "description": "ours: bring what we say there again; theirs: what stands there counts here, too;"
            " keep: each side stays as it is.",
        },
    )
    reason = Note(max_length=500, metadata={"example": "Afgesproken met de klant", "description": "Needed for keep."})
