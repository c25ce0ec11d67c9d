"""Findings, jobs and the audit trail over HTTP: what people and other services keep an eye on."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import (
    Choice,
    Code,
    Identifier,
    InputSchema,
    Instant,
    Nested,
    Note,
    OutputSchema,
    PageQuery,
    Whole,
)
from billing_service.api.schemas.common import VersionedOut


class WordingOut(OutputSchema):
    nl = fields.String(required=True)
    en = fields.String(required=True)


class FindingOut(VersionedOut):
    code = fields.String(required=True, metadata={"description": "Names the cause; stable."})
    noun = fields.String(required=True, metadata={"description": "What `subject_id` is."})
    subject_id = fields.UUID(required=True)
    facts = fields.Dict(required=True)
    cause = fields.Nested(WordingOut, required=True)
    next_action = fields.Nested(WordingOut, required=True)
    state = fields.String(required=True, metadata={"enum": ["open", "resolved"]})
    resolution = fields.String(required=True, allow_none=True)
    resolved_at = Instant(required=True, allow_none=True)


class FindingQuery(PageQuery):
    state = Choice("open", "resolved")
    code = Code()
    noun = Code()
    subject_id = Identifier()


class ResolveIn(InputSchema):
    resolution = Note(required=True, max_length=2000, metadata={"example": "Agreed with the customer by telephone."})


class JobOut(VersionedOut):
    kind = fields.String(required=True)
    state = fields.String(required=True, metadata={"enum": ["queued", "running", "done", "needs_attention"]})
    subject_id = fields.UUID(required=True, allow_none=True)
    done = fields.Integer(required=True, metadata={"description": "How many pieces are done."})
    total = fields.Integer(required=True, allow_none=True)
    result = fields.Dict(
        required=True,
        allow_none=True,
        metadata={"description": "What came out; of an intake also the bad rows with their reasons."},
    )
    error = fields.String(required=True, allow_none=True)
    started_at = Instant(required=True, allow_none=True)
    finished_at = Instant(required=True, allow_none=True)


class JobQuery(PageQuery):
    kind = Code()
    state = Choice("queued", "running", "done", "needs_attention")
    subject_id = Identifier()


class AuditRowOut(OutputSchema):
    id = fields.UUID(required=True)
    at = Instant(required=True)
    actor = fields.String(required=True, metadata={"description": "`key:<public id>`, `cli` or `worker`."})
    action = fields.String(required=True)
    noun = fields.String(required=True)
    object_id = fields.UUID(required=True)
    changes = fields.Dict(required=True, metadata={"description": "New values; personal ones only as salted digests."})
    seal_number = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Its place in the chain; null until it is sealed."}
    )
    seal = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "SHA-256 over the seal before it and its content."},
    )


class AuditSealOut(OutputSchema):
    seal_number = fields.Integer(required=True, metadata={"description": "How many rows are sealed."})
    seal = fields.String(
        required=True, allow_none=True, metadata={"description": "Note it elsewhere to prove later that it stands."}
    )
    unsealed = fields.Integer(required=True, metadata={"description": "Rows that wait for the sealer."})
    oldest_unsealed_id = fields.UUID(required=True, allow_none=True)
    oldest_unsealed_at = Instant(required=True, allow_none=True)


class NotedSealIn(InputSchema):
    seal_number = Whole(required=True, minimum=1, metadata={"example": 1})
    seal = Code(
        required=True,
        max_length=64,
        pattern="[0-9a-f]{64}",
        metadata={"example": "5891b5b522d5df086d0ff0b110fbd9d21bb4fc7163af34d08286a2e846f6be03"},
    )


class VerificationIn(InputSchema):
    noted = Nested(NotedSealIn, metadata={"description": "A seal that was noted earlier and must still stand."})


class AuditQuery(PageQuery):
    noun = Code()
    object_id = Identifier()
    action = Code()
    actor = Code()
