"""Hour cards and blocks: prepaid minutes that are sold on a contract and drawn by its questions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import prepaid
from billing_service.api.glue import Answer, PageQuery, Routes, created, page
from billing_service.api.schemas.prepaid import (
    BlockFeedbackIn,
    CardCorrectionIn,
    HourCardIn,
    HourCardOut,
    HourCardQuery,
    MovementOut,
)
from billing_service.api.schemas.questions import ReasonIn
from billing_service.prepaid.describing import in_state
from billing_service.store.prepaid import CardMovement, HourCard
from billing_service.store.scope import Scope

routes = Routes("hour-cards", "Prepaid minutes, sold on a contract. What is left is the sum of the movements.")

READ, WRITE = "hour_cards:read", "hour_cards:write"
_ONE = "/hour-cards/<uuid:hour_card_id>"


@routes.operation("POST", "/hour-cards", scope=WRITE, body=HourCardIn, out=HourCardOut, status=201)
def sell_hour_card(scope: Scope, body: dict[str, Any]) -> Answer:
    """Sell a card or a block on a contract.

    It is charged on the day of the sale, with VAT. Questions of the contract that are not released yet are decided
    again.
    """
    row = prepaid.sell(scope, body)
    return created(_shown(scope, row), f"/v1/hour-cards/{row.id}")


@routes.operation("GET", "/hour-cards", scope=READ, query=HourCardQuery, page_of=HourCardOut)
def list_hour_cards(scope: Scope, query: dict[str, Any]) -> Any:
    """List cards and blocks with what is left of them, oldest first."""
    statement = select(HourCard).where(HourCard.administration_id == scope.administration_id)
    for name in ("contract_id", "customer_id", "kind", "code", "reference"):
        if name in query:
            statement = statement.where(getattr(HourCard, name) == query[name])
    if "state" in query:
        statement = statement.where(in_state(query["state"], scope.today))
    return page(scope, statement, HourCard.id, query, lambda rows: prepaid.shown(scope, rows))


@routes.operation("GET", _ONE, scope=READ, out=HourCardOut)
def get_hour_card(scope: Scope, hour_card_id: UUID) -> dict[str, Any]:
    """Read a card or block and what is left of it."""
    return _shown(scope, prepaid.get_card(scope, hour_card_id))


@routes.operation("GET", f"{_ONE}/movements", scope=READ, query=PageQuery, page_of=MovementOut)
def list_hour_card_movements(scope: Scope, query: dict[str, Any], hour_card_id: UUID) -> Any:
    """List what came on and went off a card, oldest first. Together they are what is left."""
    card = prepaid.get_card(scope, hour_card_id)
    mine = CardMovement.administration_id == scope.administration_id
    statement = select(CardMovement).where(mine, CardMovement.hour_card_id == card.id)
    return page(scope, statement, CardMovement.id, query)


@routes.operation("POST", f"{_ONE}/corrections", scope=WRITE, body=CardCorrectionIn, out=MovementOut, status=201)
def correct_hour_card(scope: Scope, body: dict[str, Any], hour_card_id: UUID) -> Answer:
    """Add minutes to a card or take them off, for a reason that is kept and printed. Never below zero."""
    card = prepaid.get_card(scope, hour_card_id)
    row = prepaid.correct(scope, card, body["minutes"], body["reason"], body.get("on"))
    return created(row, f"/v1/hour-cards/{card.id}/movements")


@routes.operation("POST", f"{_ONE}/feedback", scope=WRITE, body=BlockFeedbackIn, out=MovementOut, status=201)
def register_block_feedback(scope: Scope, body: dict[str, Any], hour_card_id: UUID) -> Answer:
    """Register work on feedback that came in on a block.

    It is taken off the block, or off the first block that follows it and is not used up. A block that is used up needs
    a new one for its feedback.
    """
    block = prepaid.get_card(scope, hour_card_id)
    row = prepaid.register_feedback(scope, block, body["minutes"], body["description"], body.get("on"))
    return created(row, f"/v1/hour-cards/{row.hour_card_id}/movements")


@routes.operation("POST", f"{_ONE}/cancel", scope=WRITE, body=ReasonIn, out=HourCardOut)
def cancel_hour_card(scope: Scope, body: dict[str, Any], hour_card_id: UUID) -> dict[str, Any]:
    """Take a sale back while its charge is open and nothing was drawn. After that, credit the line of its invoice."""
    return _shown(scope, prepaid.cancel(scope, prepaid.get_card(scope, hour_card_id), body["reason"]))


def _shown(scope: Scope, row: HourCard) -> dict[str, Any]:
    return prepaid.shown(scope, [row])[0]
