"""Which index SQLite takes among a million invoices: it keeps no statistics, so the size does not matter."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event

from billing_service.store.session import Database
from tests import builders
from tests.api.client import World, make_world


@pytest.fixture
def world(sqlite_database: Database) -> World:
    return make_world(sqlite_database)


def lookups(world: World, path: str) -> list[str]:
    """How the invoices and charges that ``path`` asks for are looked up."""
    plans: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            cursor = connection.connection.driver_connection.cursor()
            plans.extend(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values))

    event.listen(world.database.engine, "after_cursor_execute", explain)
    try:
        assert world.ours.get(path).status_code == 200
    finally:
        event.remove(world.database.engine, "after_cursor_execute", explain)
    return [step for step in plans if " invoices " in f" {step} "]


@pytest.mark.parametrize("state", ["released", "withdrawn"])
def test_the_few_invoices_that_are_not_issued_have_an_index_of_their_own(world: World, state: str) -> None:
    assert lookups(world, f"/v1/invoices?state={state}") == [
        "SEARCH invoices USING INDEX ix_invoices_not_issued (administration_id=?)"
    ]


def test_issued_invoices_are_listed_in_the_order_in_which_they_are_kept(world: World) -> None:
    assert lookups(world, "/v1/invoices?state=issued") == [
        "SEARCH invoices USING INDEX sqlite_autoindex_invoices_1 (administration_id=?)"
    ]


def test_a_balance_looks_at_the_invoices_of_its_customer_only(world: World) -> None:
    with world.database.write() as session:
        customer = builders.customer(session, world.ours_id, "1-1")
    steps = lookups(world, f"/v1/customers/{customer}/balance")
    by_customer = "ix_invoices_administration_id_customer_id (administration_id=? AND customer_id=?)"
    assert steps
    assert {step.partition("INDEX ")[2] for step in steps} == {by_customer}
