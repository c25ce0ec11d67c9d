"""Deliveries to an accounting package over HTTP."""

from __future__ import annotations

from marshmallow import fields

from billing_service.api.glue import Choice, Code, Flag, Identifier, InputSchema, Instant, Note, OutputSchema, PageQuery
from billing_service.api.schemas.common import VersionedOut
from billing_service.api.schemas.watching import WordingOut
from billing_service.store.deliveries import NOUNS, STATES

FIXES = ("fix_data", "fix_mapping", "fix_rights", "fix_support", "look_there", "wait")
CAUSE = "[a-z][a-z_]{0,49}"


class DeliveryDifferenceOut(OutputSchema):
    field = fields.String(required=True)
    ours = fields.String(required=True)
    theirs = fields.String(required=True)


class DeliveryOut(VersionedOut):
    connection_id = fields.UUID(required=True)
    noun = fields.String(required=True, metadata={"enum": list(NOUNS)})
    subject_id = fields.UUID(
        required=True,
        metadata={"description": "The invoice or credit note, the customer, or the allocation of a receipt."},
    )
    number = fields.String(required=True, metadata={"description": "What it is called there."})
    state = fields.String(required=True, metadata={"enum": list(STATES)})
    remote_id = fields.String(required=True, allow_none=True, metadata={"description": "Its id there."})
    attempts = fields.Integer(required=True, metadata={"description": "That failed in a row."})
    tried_at = Instant(required=True, allow_none=True, metadata={"description": "When something was created last."})
    unclear = fields.Boolean(required=True, metadata={"description": "That attempt may have come through."})
    waits_for = fields.Nested(WordingOut, required=True, allow_none=True, metadata={"description": "Why it waits."})
    next_at = Instant(required=True, allow_none=True, metadata={"description": "When it goes on by itself."})
    cause = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Why it needs attention; stable, see docs/delivery.md."},
    )
    fix = fields.String(
        required=True, allow_none=True, metadata={"enum": [*FIXES, None], "description": "What is to be repaired."}
    )
    field = fields.String(required=True, allow_none=True)
    detail = fields.String(required=True, allow_none=True, metadata={"description": "What the package says."})
    differences = fields.List(
        fields.Nested(DeliveryDifferenceOut),
        required=True,
        allow_none=True,
        metadata={"description": "What stands there otherwise."},
    )
    problem = fields.Nested(WordingOut, required=True, allow_none=True)
    next_action = fields.Nested(WordingOut, required=True, allow_none=True)
    without_file = fields.Boolean(required=True)
    delivered_at = Instant(required=True, allow_none=True)


class DeliveryQuery(PageQuery):
    state = Choice(*STATES)
    noun = Choice(*NOUNS)
    cause = Code(pattern=CAUSE, max_length=50)
    connection_id = Identifier()
    subject_id = Identifier()
    number = Code()


class DeliveryRetryIn(InputSchema):
    stands_there = Flag(
        allow_none=True,
        metadata={"description": "What somebody found in the package; null: nobody looked.", "example": False},
    )
    remote_id = Code(max_length=200, allow_none=True, metadata={"description": "Its id there, where it stands there."})
    without_file = Flag(load_default=False, metadata={"description": "Leave its file out."})


class DeliveriesRetryIn(InputSchema):
    cause = Code(required=True, pattern=CAUSE, max_length=50, metadata={"example": "vat_code_unknown"})
    connection_id = Identifier(allow_none=True)


class DeliveriesRetriedOut(OutputSchema):
    retried = fields.Integer(required=True, metadata={"description": "How many go again."})


class DeliveryCancelIn(InputSchema):
    reason = Note(required=True, max_length=2000, metadata={"example": "Entered there by hand."})
