"""A helpdesk with hour cards: a tariff that draws, cards and allowances, and what is left of them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.core.ids import new_id
from billing_service.prepaid import balance_of
from billing_service.store.prepaid import Allowance, CardMovement, HourCard
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from tests import builders
from tests.helpdesk import Helpdesk, fixed, open_helpdesk, rule

QUARTERS = {"step": 15, "direction": "up", "minimum": 15, "grace": 5}


def drawing(name: str = "support", category: str = "work", **draw_from: Any) -> dict[str, Any]:
    """A rule that draws minutes of time as it was spent, the rest at the rate of the tariff."""
    return rule(
        name,
        "draw",
        when={"category": [category]},
        price={"basis": "actual_time"},
        draw_from={"rest": "charge"} | draw_from,
        vat_class="standard",
    )


TARIFF: dict[str, Any] = {
    "name": "Strippenkaarten",
    "rates": {"default": "90.00", "roles": {"junior": "60.00"}},
    "rules": [
        drawing(),
        drawing("quarters", "quarters") | {"time": QUARTERS},
        drawing("design", "design", kinds=["block"], code="design"),
        drawing("strict", "strict", rest="finding"),
        rule(
            "free",
            "draw",
            when={"category": ["call"]},
            price=fixed("25.00"),
            draw_from={"unit": "questions", "rest": "charge"},
            vat_class="standard",
        ),
        rule("import", when={"category": ["import"]}, price=fixed("25.00")),
    ],
}


def open_desk(database: Database, tariff: dict[str, Any] | None = None, **contract: Any) -> Helpdesk:
    return open_helpdesk(database, tariff or TARIFF, **contract)


def spent(*minutes: int | tuple[str, int], role: str | None = None) -> list[dict[str, Any]]:
    """Time entries of 2 March, or of another day."""
    entries = [one if isinstance(one, tuple) else ("2026-03-02", one) for one in minutes]
    return [
        {"external_id": f"t{number}", "worked_on": day, "minutes": some} | ({"role": role} if role else {})
        for number, (day, some) in enumerate(entries)
    ]


def work(
    desk: Helpdesk, key: str, *minutes: int | tuple[str, int], closed: str = "2026-03-02T10:00:00Z", **more: Any
) -> None:
    """A question of the category work on which so many minutes were spent."""
    entries = [entry | {"external_id": f"{key}-{entry['external_id']}"} for entry in spent(*minutes)]
    values: dict[str, Any] = {"category": "work", "opened_at": "2026-01-01T09:00:00Z", "time_entries": entries}
    desk.receive(external_id=key, closed_at=closed, **values | more)


def sell(desk: Helpdesk, minutes: int = 120, reference: str = "UK-0001", **fields: Any) -> UUID:
    """An hour card of these minutes, valid in 2026."""
    with desk.scope() as scope:
        return sold(scope, desk, minutes, reference, **fields)


def sold(scope: Scope, desk: Helpdesk, minutes: int, reference: str, **fields: Any) -> UUID:
    values: dict[str, Any] = {
        "contract_id": desk.contract_id,
        "customer_id": desk.customer_id,
        "kind": "card",
        "code": "support",
        "title": {"nl": "Strippenkaart", "en": "Hour card"},
        "price": Decimal("180.00"),
        "vat_class": "standard",
        "valid_from": date(2026, 1, 1),
        "valid_to": date(2026, 12, 31),
        "sold_on": date(2026, 1, 1),
        "created_at": desk.now,
    }
    key = {"administration_id": desk.administration_id, "id": new_id()}
    card = HourCard(**key, reference=reference, minutes=minutes, **values | fields)
    scope.session.add(card)
    scope.session.flush()
    scope.session.add(
        CardMovement(
            administration_id=desk.administration_id,
            hour_card_id=card.id,
            kind="sale",
            quantity=minutes,
            work_date=card.valid_from,
            actor="test",
            created_at=desk.now,
        )
    )
    scope.session.flush()
    return card.id


def allow(desk: Helpdesk, quantity: int = 2, **fields: Any) -> UUID:
    """Free questions per month, from 2026 on."""
    values: dict[str, Any] = {
        "code": "free",
        "title": {"nl": "Vrije vragen", "en": "Free questions"},
        "unit": "questions",
        "period": "calendar_month",
        "valid_from": date(2026, 1, 1),
        "created_at": desk.now,
    }
    with desk.scope() as scope:
        row = Allowance(
            administration_id=desk.administration_id,
            id=new_id(),
            contract_id=desk.contract_id,
            quantity=quantity,
            **values | fields,
        )
        scope.session.add(row)
        scope.session.flush()
        return row.id


def left(desk: Helpdesk, card: UUID) -> int:
    with desk.database.read() as session:
        return balance_of(builders.scope(session, desk.administration_id), hour_card_id=card)


def moved(desk: Helpdesk) -> list[tuple[str, int]]:
    """Kind and quantity of every movement but sales, in the order in which they were made."""
    with desk.database.read() as session:
        rows = session.execute(
            select(CardMovement.kind, CardMovement.quantity)
            .where(CardMovement.administration_id == desk.administration_id, CardMovement.kind != "sale")
            .order_by(CardMovement.id)
        )
        return [(kind, quantity) for kind, quantity in rows]


def parts(desk: Helpdesk, key: str) -> list[tuple[str, int, str]]:
    """Disposition, minutes and amount of each part of a decision."""
    row = desk.decision(key)
    assert row is not None
    return [(part["disposition"], part["minutes"], part["amount"]) for part in row.parts]
