"""Runs at the same moment, in processes of their own: each period once; and what charging many contracts costs."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import event, select

from billing_service import subscriptions
from billing_service.invoicing.release import release_contract
from billing_service.parties.selling import load_issuer
from billing_service.store.session import Database
from billing_service.store.subscriptions import SubscriptionPeriod
from tests.invoicing.checks import broken_promises
from tests.invoicing.together import order, side_by_side
from tests.invoicing.world import World
from tests.subscriptions.world import MARCH, charges, subscribe

CONTRACTS = 12


def test_runs_side_by_side_bill_each_period_once(database: Database) -> None:
    world = World.founded(database)
    for number in range(CONTRACTS):
        subscribe(world, world.agree(f"C-{number:02d}"))
    runs = [order(world, "release", until=str(until)) for until in (MARCH, date(2026, 2, 28), MARCH, MARCH)]
    side_by_side(runs)
    world.release(MARCH)
    found = charges(world)
    assert Counter(amount for _, amount, _ in found) == {"300.00": CONTRACTS, "30.00": 3 * CONTRACTS}
    assert {state for _, _, state in found} == {"released"}
    with world.reading() as scope:
        periods = scope.session.scalars(select(SubscriptionPeriod)).all()
        assert Counter(period.number for period in periods) == {0: 4 * CONTRACTS}
    assert broken_promises(world.database, world.administration_id) == []


def statements(world: World, work: Any) -> list[str]:
    """What ``work`` asks of the database."""
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    event.listen(world.database.engine, "before_cursor_execute", note)
    try:
        with world.scope() as scope:
            work(scope)
    finally:
        event.remove(world.database.engine, "before_cursor_execute", note)
    return said


def test_charging_many_contracts_takes_as_many_statements_as_one_and_releasing_none_more(
    sqlite_database: Database,
) -> None:
    world = World.founded(sqlite_database)
    for number in range(CONTRACTS):
        subscribe(world, world.agree(f"C-{number:02d}"))
    world.charge(world.agree("plain"))
    world.charge("C-11", amount=Decimal("1.00"))
    chosen = [world.contract_id(f"C-{number:02d}") for number in range(CONTRACTS)]
    one = statements(world, lambda scope: subscriptions.charge_due(scope, {chosen[0]: MARCH}, "EUR"))
    many = statements(world, lambda scope: subscriptions.charge_due(scope, dict.fromkeys(chosen[1:], MARCH), "EUR"))
    assert len(many) == len(one)
    with world.reading() as scope:
        issuer = load_issuer(scope)
    plain = statements(world, lambda scope: release_contract(scope, issuer, world.contract_id("plain"), MARCH))
    subscribed = statements(world, lambda scope: release_contract(scope, issuer, chosen[0], MARCH))
    assert len(subscribed) == len(plain)
    assert not any("subscription_" in statement for statement in subscribed)
