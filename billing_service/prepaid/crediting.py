"""What becomes of a card when its sale is credited: nothing is left of it; while the credit note can be withdrawn, so
can that."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import and_, select

from billing_service.prepaid import ledger
from billing_service.prepaid.selling import close
from billing_service.store import audit
from billing_service.store.charges import Charge
from billing_service.store.prepaid import CardMovement, HourCard
from billing_service.store.scope import Scope


def credited(scope: Scope, invoice_id: UUID, lines: Collection[int], reason: str) -> list[HourCard]:
    """These lines of the invoice are credited whole: the cards sold on them are closed. Returns them.

    What was drawn from them stays drawn.
    """
    closed = []
    for card in _sold_on(scope, invoice_id, lines):
        if card.cancelled_at is None:
            close(scope, card, reason)
            audit.record(scope, "credit", "hour_card", card.id, {"invoice_id": invoice_id, "reason": reason})
            ledger.decide_again(scope, card.contract_id)
            closed.append(card)
    return closed


def reopened(scope: Scope, invoice_id: UUID, lines: Collection[int]) -> None:
    """The credit note of these lines is withdrawn before issue: its cards hold again what they held."""
    for card in _sold_on(scope, invoice_id, lines):
        if card.cancelled_at is not None:
            taken = _closing(scope, card)
            card.cancelled_at = None
            scope.session.flush()
            if taken is not None:
                ledger.move(scope, card, "correction", -taken.quantity, scope.today, taken.reason)
            audit.record(scope, "reopen", "hour_card", card.id, {"invoice_id": invoice_id})
            ledger.decide_again(scope, card.contract_id)


def _sold_on(scope: Scope, invoice_id: UUID, lines: Collection[int]) -> list[HourCard]:
    query = (
        select(HourCard)
        .join(Charge, and_(Charge.administration_id == HourCard.administration_id, Charge.id == HourCard.charge_id))
        .where(
            HourCard.administration_id == scope.administration_id,
            Charge.invoice_id == invoice_id,
            Charge.line.in_(lines),
        )
        .order_by(HourCard.id)
    )
    return [ledger.lock(scope, card) for card in scope.session.scalars(query).all()]


def _closing(scope: Scope, card: HourCard) -> CardMovement | None:
    """What closing took: nothing moves a closed card, so it is the newest correction of the moment it was closed."""
    query = select(CardMovement).where(
        CardMovement.administration_id == scope.administration_id,
        CardMovement.hour_card_id == card.id,
        CardMovement.kind == "correction",
        CardMovement.created_at == card.cancelled_at,
    )
    return scope.session.scalars(query.order_by(CardMovement.id.desc()).limit(1)).one_or_none()
