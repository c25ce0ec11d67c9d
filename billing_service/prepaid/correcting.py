"""What a person moves on a card: corrections with a reason, and feedback on a block."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from billing_service.errors import Conflict, FieldError, InvalidInput
from billing_service.prepaid import ledger
from billing_service.store import audit
from billing_service.store.prepaid import CardMovement, HourCard
from billing_service.store.scope import Scope


def correct(scope: Scope, card: HourCard, minutes: int, reason: str, on: date | None = None) -> CardMovement:
    """Add minutes to a card, or take them off (below zero), for a reason that is kept and printed.

    ``on`` is the day it counts for; without it today.

    Raises:
        InvalidInput: no minutes.
        Conflict: the card was cancelled, or more would be taken than is left (``exceeds_card``).
    """
    if not minutes:
        raise InvalidInput("A correction adds or takes.", errors=[FieldError("/minutes", "is 0")])
    card = ledger.lock(scope, card)
    if card.cancelled_at is not None:
        raise Conflict(f"{card.reference} was cancelled: nothing can be moved on it.", code="already_cancelled")
    row = ledger.move(scope, card, "correction", minutes, on or scope.today, reason)
    audit.record(scope, "correct", "hour_card", card.id, {"minutes": minutes, "reason": reason, "on": row.work_date})
    ledger.decide_again(scope, card.contract_id)
    return row


def register_feedback(
    scope: Scope, block: HourCard, minutes: int, description: str, on: date | None = None
) -> CardMovement:
    """Register work on feedback that came in on ``block``: taken off it while something is left of it, else off the
    first block that follows it and is not used up. ``description`` is kept and printed. The movement names the block.

    Raises:
        InvalidInput: not a block.
        Conflict: ``new_block_needed``, the block and those that follow it are used up (a finished block needs a new
            one for its feedback); ``exceeds_card``, less is left than this work takes.
    """
    if block.kind != "block":
        detail = f"{block.reference} is an hour card: only a block is finished and has feedback."
        raise InvalidInput(detail, code="not_a_block")
    day = on or scope.today
    paying = _paying(scope, block, day)
    if paying is None:
        raise Conflict(
            f"Block {block.reference} is used up. Its feedback needs a new one: sell a block that follows it"
            f" (follows_id {block.id}).",
            code="new_block_needed",
        )
    row = ledger.move(scope, paying, "correction", -minutes, day, description)
    told = {"minutes": minutes, "description": description, "feedback_on": block.reference, "on": day}
    audit.record(scope, "feedback", "hour_card", paying.id, told)
    ledger.decide_again(scope, paying.contract_id)
    return row


def _paying(scope: Scope, block: HourCard, day: date) -> HourCard | None:
    """The block, or the first after it, of which something is left on that day; locked. None where all are used up."""
    seen = {block.id}
    found: list[HourCard] = [block]
    for one in found:
        query = select(HourCard).where(
            HourCard.administration_id == scope.administration_id, HourCard.follows_id == one.id
        )
        following = [row for row in scope.session.scalars(query.order_by(HourCard.id)) if row.id not in seen]
        seen.update(row.id for row in following)
        found += following
    for one in found:
        locked = ledger.lock(scope, one)
        ended = locked.valid_to is not None and locked.valid_to < day
        if locked.cancelled_at is None and not ended and ledger.left(scope, [locked.id])[locked.id]:
            return locked
    return None
