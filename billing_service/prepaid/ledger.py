"""Writing movements of a card by hand: under the lock that drawing takes too, and never below zero.

That lock is the contract's, so that two movements of one card never both count on the same minutes; the database
refuses more besides.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from billing_service import rating
from billing_service.core.ids import new_id
from billing_service.core.minutes import hours_and_minutes
from billing_service.errors import Conflict
from billing_service.rating.locking import lock_contracts
from billing_service.rating.low_balance import tell_low_balances
from billing_service.store.prepaid import CardMovement, HourCard
from billing_service.store.scope import Scope

CAUSE = "prepaid_changed"
"""Why the questions of a contract are decided again."""


def lock(scope: Scope, card: HourCard) -> HourCard:
    """The card as it stands once nobody else moves it."""
    lock_contracts(scope, [card.contract_id])
    return scope.session.get_one(HourCard, (scope.administration_id, card.id), populate_existing=True)


def left(scope: Scope, card_ids: Collection[UUID]) -> dict[UUID, int]:
    """What is left of these cards, in minutes: the sum of their movements."""
    found = dict.fromkeys(card_ids, 0)
    query = (
        select(CardMovement.hour_card_id, func.sum(CardMovement.quantity))
        .where(
            CardMovement.administration_id == scope.administration_id,
            CardMovement.hour_card_id.in_(found),
        )
        .group_by(CardMovement.hour_card_id)
    )
    sums = scope.session.execute(query)
    return found | {card_id: int(quantity) for card_id, quantity in sums if card_id is not None}


def move(scope: Scope, card: HourCard, kind: str, minutes: int, on: date, reason: str | None = None) -> CardMovement:
    """One movement of a locked card.

    Raises:
        Conflict: ``exceeds_card``, more would be taken than is left.
    """
    rest = left(scope, [card.id])[card.id]
    if rest + minutes < 0:
        raise Conflict(
            f"Of {card.reference} {hours_and_minutes(rest)} is left: {hours_and_minutes(-minutes)} cannot be taken.",
            code="exceeds_card",
        )
    row = CardMovement(
        administration_id=scope.administration_id,
        id=new_id(),
        hour_card_id=card.id,
        kind=kind,
        quantity=minutes,
        work_date=on,
        reason=reason,
        actor=scope.actor,
        created_at=scope.now,
    )
    scope.session.add(row)
    scope.session.flush()
    tell_low_balances(scope, [(card.id, minutes)])
    return row


def decide_again(scope: Scope, contract_id: UUID) -> None:
    """Questions that are not released yet draw from what is there now."""
    rating.redecide(scope, cause=CAUSE, contracts=[contract_id])
