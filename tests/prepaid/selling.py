"""What stories about prepaid time start from: a world with a contract, and cards sold on it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from billing_service import prepaid
from billing_service.store.prepaid import CardMovement, HourCard
from tests.invoicing.world import World

SUPPORT = {"nl": "Strippenkaart support", "en": "Support card"}
DESIGN = {"nl": "Ontwerp, blok van 4 uur", "en": "Design, block of 4 hours"}


def wish(world: World, contract: str = "C-1", **changes: Any) -> dict[str, Any]:
    """A card of ten hours for 900.00, sold and valid from 2 March 2026."""
    return {
        "contract_id": world.contract_id(contract),
        "kind": "card",
        "code": "support",
        "title": SUPPORT,
        "minutes": 600,
        "price": Decimal("900.00"),
        "vat_class": "standard",
        "sold_on": date(2026, 3, 2),
    } | changes


def block(world: World, contract: str = "C-1", **changes: Any) -> dict[str, Any]:
    """A block of design work: 4 hours for 280.00, the published example."""
    asked = wish(world, contract, kind="block", code="design", title=DESIGN, price=Decimal("280.00"))
    del asked["minutes"]
    return asked | changes


def sold(world: World, asked: dict[str, Any]) -> HourCard:
    with world.scope() as scope:
        return prepaid.sell(scope, asked)


def left(world: World, card: HourCard | UUID) -> int:
    with world.reading() as scope:
        return prepaid.balance_of(scope, hour_card_id=card if isinstance(card, UUID) else card.id)


def moved(world: World, card: HourCard) -> list[CardMovement]:
    with world.reading() as scope:
        return list(prepaid.movements_of(scope, hour_card_id=card.id))
