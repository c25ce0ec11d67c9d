"""How SQLite finds the prepaid time of a contract among that of thousands: by its contract, never all there is.

It keeps no statistics, so the plan is the same among few.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import event

from billing_service import invoicing, prepaid
from billing_service.store.session import Database
from tests.invoicing.world import World
from tests.prepaid.selling import sold, wish
from tests.prepaid.test_statement import FREE, founded, question

TABLES = ("hour_cards", "allowances", "card_movements", "printed_movements")


@pytest.fixture
def world(sqlite_database: Database) -> World:
    return founded(sqlite_database)


def test_a_draft_finds_cards_allowances_and_movements_by_their_contract(world: World) -> None:
    sold(world, wish(world))
    with world.scope() as scope:
        prepaid.add_allowance(scope, FREE | {"contract_id": world.contract_id("C-1")})
    question(world)
    plans: list[str] = []

    def explain(connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            cursor = connection.connection.driver_connection.cursor()
            plans.extend(row[3] for row in cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values))

    event.listen(world.database.engine, "after_cursor_execute", explain)
    try:
        with world.reading() as scope:
            (draft,) = invoicing.preview(scope, date(2026, 3, 31))
    finally:
        event.remove(world.database.engine, "after_cursor_execute", explain)
    assert isinstance(draft, invoicing.Draft)
    assert len(draft.document.prepaid) == 2
    steps = [step for step in plans if any(f" {table} " in f"{step} " for table in TABLES)]
    assert {step.split()[1] for step in steps} == set(TABLES)
    assert [step for step in steps if step.startswith("SCAN") or step.endswith("(administration_id=?)")] == []
