"""Which contract is billed up to when: rhythms, late questions, contracts that end, customers that change."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from sqlalchemy import select

from billing_service import invoicing
from billing_service.core.document import from_json
from billing_service.invoicing import Draft
from billing_service.parties import contracts
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Customer
from billing_service.store.session import Database
from tests.invoicing.world import World


@pytest.fixture
def world(database: Database) -> World:
    world = World.founded(database)
    world.now = datetime(2027, 2, 1, 10, tzinfo=UTC)
    return world


def billed_until(world: World, until: date) -> dict[str, date]:
    with world.reading() as scope:
        drafts = invoicing.preview(scope, until)
    return {str(one.document.contract_reference): one.until for one in drafts if isinstance(one, Draft)}


@pytest.mark.parametrize(
    ("until", "quarter", "year"),
    [
        (date(2026, 3, 31), date(2026, 3, 31), date(2025, 12, 31)),
        (date(2026, 3, 30), date(2025, 12, 31), date(2025, 12, 31)),
        (date(2026, 5, 15), date(2026, 3, 31), date(2025, 12, 31)),
        (date(2026, 12, 31), date(2026, 12, 31), date(2026, 12, 31)),
        (date(2028, 2, 29), date(2027, 12, 31), date(2027, 12, 31)),
    ],
)
def test_a_run_may_end_on_any_day(world: World, until: date, quarter: date, year: date) -> None:
    for rhythm in ("month", "quarter", "year", "on_demand"):
        world.agree(rhythm, rhythm=rhythm)
        world.charge(rhythm, date=date(2025, 6, 1))
    assert billed_until(world, until) == {"month": until, "quarter": quarter, "year": year}


def test_everything_uninvoiced_up_to_the_day_comes_along_also_late(world: World) -> None:
    world.agree("quarter", rhythm="quarter")
    world.charge("quarter", date=date(2026, 3, 31))
    world.release(date(2026, 3, 31))
    world.charge("quarter", date=date(2026, 2, 14), unit_price=Decimal(80))
    assert billed_until(world, date(2026, 5, 31)) == {"quarter": date(2026, 3, 31)}
    world.charge("quarter", date=date(2026, 6, 30))
    world.release(date(2026, 6, 30))
    newest = max(world.invoices(), key=lambda row: row.id)
    assert (newest.supply_from, newest.supply_to) == (date(2026, 2, 14), date(2026, 6, 30))
    assert len(from_json(newest.document.encode()).lines) == 2


def test_a_contract_that_ended_is_billed_to_its_end_and_does_not_wait_for_its_rhythm(world: World) -> None:
    world.agree("year", rhythm="year", valid_to=date(2026, 5, 10))
    world.agree("later", rhythm="year", valid_to=date(2026, 6, 10))
    world.agree("on demand", rhythm="on_demand", valid_to=date(2026, 5, 10))
    for reference in world.contracts:
        world.charge(reference, date=date(2026, 5, 10))
    assert billed_until(world, date(2026, 5, 9)) == {}
    assert billed_until(world, date(2026, 5, 31)) == {"year": date(2026, 5, 31)}
    world.release(date(2026, 5, 31))
    (invoice,) = world.invoices()
    assert invoice.supply_to == date(2026, 5, 10)


def test_an_invoice_names_the_customer_as_it_is_at_release_and_never_after(world: World) -> None:
    world.agree(recipient_name="Penningmeester", recipient_email="geld@linde.example")
    world.charge(date=date(2026, 3, 3))

    def moves(street: str) -> None:
        with world.scope() as scope:
            scope.session.scalars(select(Customer)).one().street = street

    moves("Nieuwe Weg 9")
    world.charge(date=date(2026, 3, 20))
    run = world.release()
    moves("Verre Straat 1")
    world.issue(run)
    (invoice,) = world.invoices()
    buyer = from_json(invoice.document.encode()).buyer
    assert (buyer.address.street, buyer.attention) == ("Nieuwe Weg 9", "Penningmeester")


def test_a_contract_that_gets_another_customer_bills_what_is_open_to_that_one(world: World) -> None:
    world.agree("C-1")
    world.agree("C-2")
    world.charge("C-1", date=date(2026, 3, 3))
    world.issue(world.release(date(2026, 3, 10)))
    world.charge("C-1", date=date(2026, 3, 20))
    former, new = world.contracts["C-1"][1], world.contracts["C-2"][1]
    with world.scope() as scope:
        contracts.change(scope, contracts.get(scope, world.contract_id("C-1")), {"customer_id": new})
    world.issue(world.release())
    assert [row.customer_id for row in world.invoices("issued")] == [former, new]


def test_two_contracts_of_one_customer_are_two_invoices(world: World) -> None:
    world.agree("C-1")
    world.agree("C-2")
    world.charge("C-1", date=date(2026, 3, 3))
    world.charge("C-2", date=date(2026, 3, 3))
    run = world.release()
    assert world.release() != run
    with world.reading() as scope:
        per_contract = scope.session.scalars(select(Invoice.contract_id)).all()
    assert sorted(per_contract) == sorted([world.contract_id("C-1"), world.contract_id("C-2")])
