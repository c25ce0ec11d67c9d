"""What the database itself refuses, and a hundred at once on one card."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, event, func, select, update
from sqlalchemy.exc import DBAPIError

from billing_service.core.ids import new_id
from billing_service.intake import receive_question
from billing_service.store.prepaid import Allowance, CardMovement, HourCard
from billing_service.store.questions import Question
from billing_service.store.session import Database
from tests import builders
from tests.helpdesk import QUESTION, Helpdesk, open_helpdesk
from tests.prepaid.cards import allow, left, open_desk, parts, sell, spent, work

PARALLEL = 100


def move(desk: Helpdesk, **fields: Any) -> UUID:
    """Write one movement past every use case."""
    values: dict[str, Any] = {"kind": "correction", "quantity": -1, "reason": "x", "work_date": date(2026, 3, 2)}
    with desk.scope() as scope:
        key = {"administration_id": desk.administration_id, "id": new_id(), "actor": "test", "created_at": desk.now}
        row = CardMovement(**key, **values | fields)
        scope.session.add(row)
        scope.session.flush()
        return row.id


def question(desk: Helpdesk, key: str) -> UUID:
    with desk.database.read() as session:
        return session.scalars(select(Question.id).where(Question.external_id == key)).one()


def test_a_card_never_goes_below_zero(database: Database) -> None:
    desk = open_desk(database)
    card = sell(desk, 60)
    move(desk, hour_card_id=card, quantity=-60)
    with pytest.raises(DBAPIError, match="more than is left"):
        move(desk, hour_card_id=card, quantity=-1)
    assert left(desk, card) == 0


def test_a_period_of_an_allowance_never_goes_below_zero_whatever_another_has(database: Database) -> None:
    desk = open_desk(database)
    free = allow(desk, 2)
    february, march = date(2026, 2, 1), date(2026, 3, 1)
    for first in (february, march):
        move(desk, allowance_id=free, period_first=first, kind="grant", quantity=2, reason=None)
    move(desk, allowance_id=free, period_first=march, quantity=-2)
    with pytest.raises(DBAPIError, match="more than is left"):
        move(desk, allowance_id=free, period_first=march)
    with pytest.raises(DBAPIError):
        move(desk, allowance_id=free, period_first=february, kind="grant", quantity=2, reason=None)
    with pytest.raises(DBAPIError, match="what its allowance gives"):
        move(desk, allowance_id=free, period_first=date(2026, 4, 1), kind="grant", quantity=3, reason=None)


def test_movements_stay_and_an_undo_mirrors_what_it_undoes(database: Database) -> None:
    desk = open_desk(database)
    card, other = sell(desk, 60), sell(desk, 60, "UK-0002")
    work(desk, "a", 20)
    with database.read() as session:
        draw = session.scalars(select(CardMovement).where(CardMovement.kind == "draw")).one()
    same = {"hour_card_id": card, "question_id": draw.question_id, "part": 0, "work_date": draw.work_date}
    undo = {**same, "kind": "undo", "quantity": 20, "reverses_id": draw.id, "reason": None}
    for wrong in ({"quantity": 21}, {"hour_card_id": other}, {"part": 1}, {"work_date": date(2026, 3, 3)}):
        with pytest.raises(DBAPIError, match="another movement"):
            move(desk, **undo | wrong)
    undone = move(desk, **undo)
    with pytest.raises(DBAPIError):
        move(desk, **undo)
    with pytest.raises(DBAPIError, match="another movement"):
        move(desk, **undo | {"reverses_id": undone, "quantity": -20})
    for statement in (delete(CardMovement), update(CardMovement).values(quantity=1)):
        with pytest.raises(DBAPIError, match="never changed"), desk.scope() as scope:
            scope.session.execute(statement.where(CardMovement.id == draw.id))


def test_what_was_sold_or_is_given_stays(database: Database) -> None:
    desk = open_desk(database)
    sell(desk, 60)
    allow(desk, 2)
    for statement in (update(HourCard).values(minutes=90), delete(HourCard)):
        with pytest.raises(DBAPIError), desk.scope() as scope:
            scope.session.execute(statement)
    for statement in (update(Allowance).values(quantity=3), delete(Allowance)):
        with pytest.raises(DBAPIError), desk.scope() as scope:
            scope.session.execute(statement)
    with desk.scope() as scope:
        scope.session.execute(update(HourCard).values(valid_to=date(2027, 3, 31)))


def test_a_hundred_at_once_on_one_card_never_overdraw_it(database: Database) -> None:
    desk = open_desk(database)
    card = sell(desk, 605)

    def receive(number: int) -> None:
        entries = [entry | {"external_id": f"{number}-{entry['external_id']}"} for entry in spent(10)]
        row = QUESTION | {"external_id": f"q{number:03}", "category": "work", "time_entries": entries}
        with database.write() as session:
            receive_question(builders.scope(session, desk.administration_id), row)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(receive, range(PARALLEL)))
    assert left(desk, card) == 0
    drawn = [
        sum(minutes for what, minutes, _ in parts(desk, f"q{number:03}") if what == "draw")
        for number in range(PARALLEL)
    ]
    assert drawn == [10] * 60 + [5] + [0] * 39  # in their order, however they came in
    with database.read() as session:
        taken = session.scalars(select(func.sum(CardMovement.quantity)).where(CardMovement.kind != "sale")).one()
    assert taken == -605


def test_where_no_rule_draws_nobody_looks_at_cards(database: Database) -> None:
    desk = open_helpdesk(database)
    sell(desk, 60)
    asked: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    work(desk, "a", 30)
    work(desk, "a", 45)
    assert any("INSERT INTO decisions" in statement for statement in asked)
    assert not [
        statement
        for statement in asked
        if any(name in statement for name in ("hour_cards", "card_movements", "allowances"))
    ]
