"""Billing runs charge subscriptions: each period once, in whatever order runs happen."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from billing_service import invoicing
from billing_service.core.document import from_json
from billing_service.store.session import Database
from tests.invoicing.checks import broken_promises
from tests.invoicing.world import World
from tests.subscriptions.world import MARCH, charges, subscribe, total

FEBRUARY = date(2026, 2, 28)


@pytest.fixture
def world(database: Database) -> World:
    world = World.founded(database)
    world.agree()
    return world


def withdraw(world: World, run: object) -> None:
    with world.scope() as scope:
        invoicing.withdraw_run(scope, run)  # type: ignore[arg-type]


def test_a_year_of_300_once_and_30_a_month_is_660_and_the_next_360(world: World) -> None:
    world.now = datetime(2027, 12, 31, 10, tzinfo=UTC)
    subscribe(world)
    world.issue(world.release(date(2026, 12, 31)))
    world.issue(world.release(date(2027, 12, 31)))
    first, second = world.invoices()
    assert (first.net, second.net) == (Decimal("660.00"), Decimal("360.00"))
    lines = from_json(first.document.encode()).lines
    assert (lines[0].description, lines[0].amount) == ("Financiële app, eenmalig", Decimal("300.00"))
    assert lines[1].description == "Financiële app, 1 t/m 31 januari 2026"
    assert (lines[1].quantity, lines[1].unit_price, lines[1].detail) == (1, Decimal("30.00"), "€\xa030,00 per maand.")
    assert broken_promises(world.database, world.administration_id) == []


def test_a_preview_says_what_release_makes_and_writes_nothing(world: World) -> None:
    world.agree("C-2", customer={"language": "en"}, annex=True)
    subscribe(world)
    subscribe(world, "C-2", starts_on=date(2026, 2, 10), timing="in_arrears")
    world.charge("C-2", date=date(2026, 2, 28))
    world.charge("C-2", date=date(2026, 1, 15), minutes=20, unit_price=Decimal("95.00"))
    with world.reading() as scope:
        drafts = [draft for draft in invoicing.preview(scope, MARCH) if isinstance(draft, invoicing.Draft)]
    assert charges(world) == []
    world.release(MARCH)
    stored = [from_json(row.document.encode()) for row in world.invoices()]
    assert stored == [draft.document for draft in drafts]
    in_arrears = stored[1]
    assert [line.description for line in in_arrears.lines if line.description.startswith("Fin")] == [
        "Financial app, one-off",
        "Financial app, 10 to 28 February 2026",
        "Financial app, 1 to 31 March 2026",
    ]
    assert [item.explanation for item in in_arrears.items][1] == (
        "Period from 10 February 2026 to 28 February 2026, both included.",
        "€30.00 per month.",
        "For 19 of its 28 days: €20.36.",
    )


def test_each_period_is_billed_once_whatever_the_order_of_runs(world: World) -> None:
    subscribe(world)
    later = world.release(MARCH)
    world.release(FEBRUARY)
    world.release(FEBRUARY, ["C-1"])
    assert total(world) == Decimal("390.00")
    withdraw(world, later)
    assert {state for _, _, state in charges(world)} == {"open"}
    world.release(date(2026, 1, 31), ["C-1"])
    world.release(MARCH)
    world.release(MARCH)
    assert total(world) == Decimal("390.00")
    assert [str(row.net) for row in world.invoices("released")] == ["330.00", "60.00"]


def test_a_run_bills_what_falls_due_by_the_rhythm_of_the_contract_and_never_the_next_century(world: World) -> None:
    world.agree("C-2", rhythm="quarter")
    world.agree("C-3", rhythm="on_demand")
    for reference in ("C-1", "C-2", "C-3"):
        subscribe(world, reference, once_amount=None)
    world.release(FEBRUARY)
    assert [row.contract_id for row in world.invoices()] == [world.contract_id("C-1")]
    world.release(date(2098, 12, 31), ["C-3"])
    assert max(day for day, _, _ in charges(world)) == date(2027, 4, 1)


def test_an_earlier_period_that_costs_nothing_and_a_free_subscription(world: World) -> None:
    subscribe(world, starts_on=date(2026, 2, 10), first_policy="none", once_amount=None)
    subscribe(world, starts_on=date(2026, 3, 1), price={"amount": Decimal("0.00")}, once_amount=None)
    world.release(FEBRUARY)
    assert charges(world) == []
    world.release(MARCH)
    assert [(day, amount) for day, amount, _ in charges(world)] == [
        (date(2026, 3, 1), "30.00"),
        (date(2026, 3, 1), "0.00"),
    ]
