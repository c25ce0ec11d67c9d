"""Telling that a card runs low: once when it comes from above its limit to the limit or below, again after it rose."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import func, select

from billing_service.store import telling
from billing_service.store.prepaid import CardMovement, HourCard
from billing_service.store.scope import Scope

LOW: str = "hour_card.low_balance"


def tell_low_balances(scope: Scope, moved: Iterable[tuple[UUID | None, int]]) -> None:
    """To be called once the movements of a transaction's step are written: the card of each (None: an allowance's) and
    its quantity. What goes off and comes back within the step counts for nothing."""
    changes: dict[UUID, int] = {}
    for card_id, quantity in moved:
        if card_id is not None:
            changes[card_id] = changes.get(card_id, 0) + quantity
    falling = {card_id: change for card_id, change in changes.items() if change < 0}
    if not falling or not telling.anybody_listens(scope):
        return
    left = (
        select(func.sum(CardMovement.quantity))
        .where(
            CardMovement.administration_id == HourCard.administration_id,
            CardMovement.hour_card_id == HourCard.id,
        )
        .scalar_subquery()
    )
    query = select(HourCard, left).where(
        HourCard.administration_id == scope.administration_id,
        HourCard.id.in_(falling),
        HourCard.low_balance_minutes.is_not(None),
        HourCard.cancelled_at.is_(None),
    )
    news = [
        telling.News(LOW, "hour_card", card.id, _told(card, int(now)))
        for card, now in scope.session.execute(query.order_by(HourCard.id))
        if now <= (card.low_balance_minutes or 0) < now - falling[card.id]
    ]
    telling.tell_many(scope, news)


def _told(card: HourCard, balance: int) -> dict[str, object]:
    names = ("reference", "kind", "code", "contract_id", "customer_id", "low_balance_minutes", "valid_to")
    return {name: getattr(card, name) for name in names} | {"balance": balance}
