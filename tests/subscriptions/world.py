"""A small world with subscriptions, on top of the one that tests of invoicing use."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import subscriptions
from billing_service.store.charges import Charge
from billing_service.store.findings import Finding
from tests.invoicing.world import World

APP = {"nl": "Financiële app", "en": "Financial app"}
JANUARY = date(2026, 1, 1)
MARCH = date(2026, 3, 31)


def subscribe(world: World, reference: str = "C-1", **fields: Any) -> UUID:
    """The Financial app: 300.00 once and 30.00 a month in advance, from 1 January 2026, unless said otherwise."""
    wish: dict[str, Any] = {
        "contract_id": world.contract_id(reference),
        "title": APP,
        "starts_on": JANUARY,
        "once_amount": Decimal("300.00"),
        "price": {"amount": Decimal("30.00")},
    }
    with world.scope() as scope:
        return subscriptions.create(scope, wish | fields).id


def end(world: World, subscription_id: UUID, day: date | None) -> None:
    with world.scope() as scope:
        subscriptions.end(scope, subscriptions.get(scope, subscription_id, lock=True), day)


def agree(world: World, subscription_id: UUID, **wish: Any) -> None:
    with world.scope() as scope:
        subscriptions.agree(scope, subscriptions.get(scope, subscription_id, lock=True), wish)


def charges(world: World, subscription_id: UUID | None = None) -> list[tuple[date, str, str]]:
    """Date, amount and state of every charge of a subscription that counts, by date and age."""
    with world.reading() as scope:
        query = select(Charge).where(Charge.source == "subscription", Charge.state != "cancelled")
        rows = scope.session.scalars(query.order_by(Charge.date, Charge.id)).all()
        return [(row.date, str(row.amount), row.state) for row in rows]


def total(world: World) -> Decimal:
    """What all charges of subscriptions come to."""
    return sum((Decimal(amount) for _, amount, _ in charges(world)), Decimal(0))


def findings(world: World, state: str = "open") -> list[tuple[str, Mapping[str, Any]]]:
    with world.reading() as scope:
        rows = scope.session.scalars(select(Finding).where(Finding.state == state).order_by(Finding.id)).all()
        return [(row.code, row.facts) for row in rows]
