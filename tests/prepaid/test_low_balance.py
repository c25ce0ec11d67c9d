"""A card that runs low is told, once: to whoever listens, with what is left."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from billing_service import prepaid
from billing_service.notifying import endpoints
from billing_service.store.prepaid import HourCard
from billing_service.store.session import Database
from billing_service.store.webhooks import Event
from billing_service.vault import Vault
from tests import builders
from tests.helpdesk import Helpdesk
from tests.prepaid.cards import open_desk, sell, work


def listen(desk: Helpdesk) -> None:
    with desk.scope() as scope:
        rules = endpoints.Rules(Vault((builders.SECRET_KEY,)))
        endpoints.create(scope, {"url": "https://crm.example/hook", "kinds": ["hour_card.low_balance"]}, rules)


def told(desk: Helpdesk) -> list[dict[str, Any]]:
    with desk.scope() as scope:
        rows = scope.session.scalars(select(Event).where(Event.kind == "hour_card.low_balance").order_by(Event.id))
        return [row.data for row in rows]


def test_a_card_is_told_low_once_and_again_after_it_rose(database: Database) -> None:
    desk = open_desk(database)
    listen(desk)
    card = sell(desk, 120, low_balance_minutes=60)
    sell(desk, 600, "UK-0002")  # asks for nothing
    work(desk, "a", 30)
    assert told(desk) == []
    work(desk, "b", 30)
    assert [(each["reference"], each["balance"]) for each in told(desk)] == [("UK-0001", 60)]
    work(desk, "c", 15)
    assert len(told(desk)) == 1
    with desk.scope() as scope:
        row = scope.session.get_one(HourCard, (desk.administration_id, card))
        prepaid.correct(scope, row, 30, "Toegift")
    work(desk, "d", 15)
    assert [each["balance"] for each in told(desk)] == [60, 60]


def test_nobody_is_told_where_nobody_listens_or_no_limit_is_set(database: Database) -> None:
    desk = open_desk(database)
    sell(desk, 60, low_balance_minutes=30)
    work(desk, "a", 60)
    listen(desk)
    sell(desk, 60, "UK-0002")
    work(desk, "b", 60)
    assert told(desk) == []
