"""How cards and allowances stand, as plain values: what is left is the sum of their movements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, Literal, get_args

from sqlalchemy import ColumnElement, and_, func, not_, or_, select

from billing_service.core.prepaid import Pot
from billing_service.prepaid import ledger
from billing_service.rating.pots import Book, load_books
from billing_service.store.prepaid import Allowance, CardMovement, HourCard
from billing_service.store.scope import Scope

State = Literal["upcoming", "open", "used_up", "expired", "cancelled"]
STATES: Final[tuple[State, ...]] = get_args(State)
"""Of a card on a day: before its validity, something is left, nothing is left, after its last day, or cancelled."""

_LEFT: Final = (
    select(func.coalesce(func.sum(CardMovement.quantity), 0))
    .where(
        CardMovement.administration_id == HourCard.administration_id,
        CardMovement.hour_card_id == HourCard.id,
    )
    .scalar_subquery()
)


def state_of(card: HourCard, left: int, day: date) -> State:
    """How a card of which this is left stands on a day."""
    if card.cancelled_at is not None:
        return "cancelled"
    if card.valid_to is not None and card.valid_to < day:
        return "expired"
    if not left:
        return "used_up"
    return "upcoming" if day < card.valid_from else "open"


def in_state(state: State, day: date) -> ColumnElement[bool]:
    """The same as a condition over ``hour_cards``."""
    if state == "cancelled":
        return HourCard.cancelled_at.is_not(None)
    expired = and_(HourCard.valid_to.is_not(None), HourCard.valid_to < day)
    if state == "expired":
        return and_(HourCard.cancelled_at.is_(None), expired)
    kept = and_(HourCard.cancelled_at.is_(None), not_(expired))
    if state == "used_up":
        return and_(kept, _LEFT == 0)
    begun = HourCard.valid_from > day if state == "upcoming" else HourCard.valid_from <= day
    return and_(kept, _LEFT != 0, begun)


def shown(scope: Scope, cards: Sequence[HourCard]) -> list[dict[str, Any]]:
    """Cards with what is left of them and how they stand today."""
    rests = ledger.left(scope, [card.id for card in cards])
    names = [column.key for column in HourCard.__table__.columns]
    return [
        {name: getattr(card, name) for name in names}
        | {"balance": rests[card.id], "state": state_of(card, rests[card.id], scope.today)}
        for card in cards
    ]


def allowances_shown(scope: Scope, allowances: Sequence[Allowance]) -> list[dict[str, Any]]:
    """Allowances with the periods that may be used today, and what is left of each."""
    books = load_books(scope, {row.contract_id for row in allowances})
    names = [column.key for column in Allowance.__table__.columns]
    return [
        {name: getattr(row, name) for name in names}
        | {"balance": sum(pot.balance for pot in pots), "periods": [_period(pot) for pot in pots]}
        for row in allowances
        for pots in [_pots(books[row.contract_id], row, scope.today)]
    ]


def is_running(day: date) -> ColumnElement[bool]:
    """As a condition over ``allowances``: it gives something on that day."""
    return and_(Allowance.valid_from <= day, or_(Allowance.valid_to.is_(None), Allowance.valid_to >= day))


def _pots(book: Book, row: Allowance, day: date) -> list[Pot]:
    return [pot for pot in book.pots([day]) if pot.key.owner == row.id]


def _period(pot: Pot) -> dict[str, Any]:
    return {"first": pot.key.period_first, "usable_until": pot.valid_to, "balance": pot.balance}
