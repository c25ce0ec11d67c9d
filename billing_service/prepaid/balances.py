"""What is left of prepaid time: always the sum of its movements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select

from billing_service.core.prepaid import Pot
from billing_service.rating.pots import load_books
from billing_service.store.prepaid import CardMovement
from billing_service.store.scope import Scope


def open_pots(scope: Scope, contract_id: UUID, day: date) -> list[Pot]:
    """What may be drawn of this contract for work of ``day``, the oldest first; also what has nothing left.

    A period of an allowance that nobody drew from yet is whole, though no movement grants it yet.
    """
    return load_books(scope, [contract_id])[contract_id].pots([day])


def balance_of(
    scope: Scope,
    *,
    hour_card_id: UUID | None = None,
    allowance_id: UUID | None = None,
    period_first: date | None = None,
    until: date | None = None,
) -> int:
    """The sum of the movements of a card or block, or of an allowance (of all its periods, or of one).

    ``until``: only those of work up to and including that day.
    """
    query = select(func.sum(CardMovement.quantity)).where(
        CardMovement.administration_id == scope.administration_id,
        CardMovement.hour_card_id == hour_card_id if hour_card_id else CardMovement.allowance_id == allowance_id,
    )
    if period_first is not None:
        query = query.where(CardMovement.period_first == period_first)
    if until is not None:
        query = query.where(CardMovement.work_date <= until)
    return int(scope.session.scalars(query).one() or 0)


def movements_of(
    scope: Scope,
    *,
    hour_card_id: UUID | None = None,
    allowance_id: UUID | None = None,
    question_id: UUID | None = None,
) -> Sequence[CardMovement]:
    """The movements of a card or block, of an allowance, or of a question, in the order in which they were made."""
    named = {
        CardMovement.hour_card_id: hour_card_id,
        CardMovement.allowance_id: allowance_id,
        CardMovement.question_id: question_id,
    }
    query = select(CardMovement).where(
        CardMovement.administration_id == scope.administration_id,
        *(column == value for column, value in named.items() if value is not None),
    )
    return scope.session.scalars(query.order_by(CardMovement.created_at, CardMovement.id)).all()
