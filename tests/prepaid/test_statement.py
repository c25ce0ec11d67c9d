"""Every document says how prepaid time stands: what stood there, what moved since, what is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.exc import DBAPIError

from billing_service import invoicing, prepaid
from billing_service.core.document import InvoiceDocument, PrepaidBalance, from_json
from billing_service.core.ids import new_id
from billing_service.intake import receive_question
from billing_service.store.prepaid import CardMovement, PrintedMovement
from billing_service.store.session import Database
from tests import builders
from tests.helpdesk import QUESTION
from tests.invoicing.world import World
from tests.prepaid.selling import left, sold, wish

FREE: dict[str, Any] = {
    "code": "questions",
    "title": {"nl": "Vrije vragen per maand", "en": "Free questions per month"},
    "unit": "questions",
    "quantity": 5,
    "period": "calendar_month",
}


@pytest.fixture
def world(database: Database) -> World:
    return founded(database)


def founded(database: Database) -> World:
    world = World.founded(database)
    with database.write() as session:
        builders.organisation(session, world.administration_id)
        builders.person(session, world.administration_id)
    world.agree()
    return world


def question(world: World, external_id: str = "V-1031") -> UUID:
    with world.scope() as scope:
        taken = receive_question(scope, QUESTION | {"external_id": external_id}, "EUR")
        assert taken.question_id is not None
        return taken.question_id


def move(world: World, card_id: UUID, kind: str, minutes: int, day: date, **more: Any) -> UUID:
    """A draw, or what undoes one, as the ledger has it."""
    key, now = world.administration_id, world.now
    row = {"id": new_id(), "hour_card_id": card_id, "kind": kind, "quantity": minutes, "work_date": day, "part": 0}
    with world.scope() as scope:
        made = {"administration_id": key, "actor": "test", "created_at": now} | row | more
        scope.session.execute(insert(CardMovement), [made])
    return row["id"]  # type: ignore[return-value]


def documents(world: World, *states: str) -> list[InvoiceDocument]:
    """Those that count, in order of making."""
    rows = sorted(world.invoices(), key=lambda row: row.id)
    return [from_json(row.document.encode()) for row in rows if row.state in (states or ("released", "issued"))]


def lines(balance: PrepaidBalance) -> list[tuple[str, int, str | None, str | None]]:
    return [(one.kind.value, one.quantity, one.question, one.subject) for one in balance.movements]


def test_each_document_begins_where_the_one_before_ended(world: World) -> None:
    card = sold(world, wish(world, valid_to=date(2027, 3, 1)))
    asked = question(world)
    drawn = move(world, card.id, "draw", -50, date(2026, 3, 3), question_id=asked)
    world.issue(world.release(date(2026, 3, 5)))
    move(world, card.id, "undo", 50, date(2026, 3, 3), question_id=asked, reverses_id=drawn)
    move(world, card.id, "draw", -35, date(2026, 3, 3), question_id=asked)
    with world.scope() as scope:
        prepaid.correct(scope, card, -15, "Telefoongesprek", date(2026, 3, 20))
    world.charge()
    world.issue(world.release())
    first, second = (document.prepaid[0] for document in documents(world))
    assert (first.reference, first.title, first.valid_to, first.as_of) == (
        "UK-0001",
        "Strippenkaart support",
        date(2027, 3, 1),
        date(2026, 3, 5),
    )
    assert (first.previous, first.balance) == (0, 550)
    assert lines(first) == [("sale", 600, None, None), ("draw", -50, "V-1031", "Leden importeren")]
    assert (second.previous, second.balance) == (550, 550)
    assert lines(second) == [
        ("undo", 50, "V-1031", "Leden importeren"),
        ("draw", -35, "V-1031", "Leden importeren"),
        ("correction", -15, None, "Telefoongesprek"),
    ]
    assert left(world, card) == 550


def test_what_was_drawn_and_booked_back_between_two_documents_is_not_shown_and_never_comes_back(world: World) -> None:
    card = sold(world, wish(world))
    asked = question(world)
    drawn = move(world, card.id, "draw", -50, date(2026, 3, 3), question_id=asked)
    move(world, card.id, "undo", 50, date(2026, 3, 3), question_id=asked, reverses_id=drawn)
    world.issue(world.release())
    world.charge()
    world.issue(world.release())
    first, second = (document.prepaid[0] for document in documents(world))
    assert lines(first) == [("sale", 600, None, None)]
    assert (lines(second), second.previous, second.balance) == ([], 600, 600)


def test_work_of_a_later_day_waits_for_the_document_of_that_day(world: World) -> None:
    card = sold(world, wish(world))
    asked = question(world)
    move(world, card.id, "draw", -50, date(2026, 3, 20), question_id=asked)
    move(world, card.id, "draw", -30, date(2026, 3, 4), question_id=asked)
    world.release(date(2026, 3, 10))
    world.charge()
    world.release()
    first, second = (document.prepaid[0] for document in documents(world))
    assert ([one.quantity for one in first.movements], first.balance) == ([600, -30], 570)
    assert ([one.quantity for one in second.movements], second.previous, second.balance) == ([-50], 570, 520)


def test_a_preview_shows_the_balance_and_writes_nothing(world: World) -> None:
    sold(world, wish(world))
    with world.scope() as scope:
        prepaid.add_allowance(scope, FREE | {"contract_id": world.contract_id(), "valid_from": date(2026, 3, 1)})
    with world.reading() as scope:
        for _ in range(2):
            (draft,) = invoicing.preview(scope, date(2026, 3, 31))
            assert isinstance(draft, invoicing.Draft)
            assert [one.balance for one in draft.document.prepaid] == [600, 5]
    world.release()
    (document,) = documents(world)
    card, free = document.prepaid
    assert (card, free) == draft.document.prepaid
    assert (free.reference, free.title, free.unit, free.valid_to) == (
        "questions",
        "Vrije vragen per maand, vanaf 1 maart 2026",
        "questions",
        date(2026, 3, 31),
    )
    assert lines(free) == [("grant", 5, None, None)]


def test_each_period_of_an_allowance_stands_by_itself_until_it_is_over(world: World) -> None:
    with world.scope() as scope:
        carried = FREE | {"contract_id": world.contract_id(), "valid_from": date(2026, 2, 1), "carry_over_periods": 1}
        prepaid.add_allowance(scope, carried)
    for day in (date(2026, 2, 20), date(2026, 3, 20), date(2026, 4, 20)):
        world.charge(date=day)
        world.release(day)
    shown = [
        [(one.title, one.previous, one.balance, one.valid_to) for one in each.prepaid] for each in documents(world)
    ]
    title = "Vrije vragen per maand, vanaf 1 {}".format
    assert shown == [
        [(title("februari 2026"), 0, 5, date(2026, 3, 31))],
        [(title("februari 2026"), 5, 5, date(2026, 3, 31)), (title("maart 2026"), 0, 5, date(2026, 4, 30))],
        [(title("maart 2026"), 5, 5, date(2026, 4, 30)), (title("april 2026"), 0, 5, date(2026, 5, 31))],
    ]


def test_a_card_that_is_used_up_or_over_is_shown_no_more(world: World) -> None:
    used = sold(world, wish(world))
    over = sold(world, wish(world, valid_to=date(2026, 3, 10)))
    with world.scope() as scope:
        prepaid.correct(scope, used, -600, "Alles gebruikt", date(2026, 3, 3))
    world.issue(world.release(date(2026, 3, 9)))
    world.charge(date=date(2026, 3, 20))
    world.issue(world.release())
    first, second = documents(world)
    assert [(one.reference, one.balance) for one in first.prepaid] == [("UK-0001", 0), ("UK-0002", 600)]
    assert second.prepaid == ()
    assert left(world, over) == 600


def test_a_credit_note_of_the_sale_shows_the_card_closed(world: World) -> None:
    sold(world, wish(world))
    world.issue(world.release())
    (invoice,) = world.invoices("issued")
    with world.scope() as scope:
        note = invoicing.credit(scope, invoice.id, "Toch geen kaart")
        invoicing.issue_invoice(scope, note)
    _, document = documents(world)
    (card,) = document.prepaid
    assert (card.previous, card.balance) == (600, 0)
    assert lines(card) == [("correction", -600, None, "Toch geen kaart")]


def test_what_an_issued_document_showed_stays_shown_also_in_the_database(world: World) -> None:
    card = sold(world, wish(world))
    world.release()
    with world.scope() as scope:
        invoicing.withdraw(scope, [row.id for row in world.invoices("released")])
        assert scope.session.scalars(select(PrintedMovement)).all() == []
    world.issue(world.release())
    (issued,) = world.invoices("issued")
    key = {"administration_id": world.administration_id, "invoice_id": issued.id}
    with pytest.raises(DBAPIError, match="stays shown"), world.scope() as scope:
        scope.session.execute(delete(PrintedMovement).where(PrintedMovement.invoice_id == issued.id))
    late = move(world, card.id, "correction", -5, date(2026, 3, 3), reason="Te laat", part=None)
    with pytest.raises(DBAPIError, match="no further movements"), world.scope() as scope:
        scope.session.execute(insert(PrintedMovement), [key | {"movement_id": late}])


# --- by construction ---

DAYS = st.integers(0, 40).map(lambda days: date(2026, 3, 1) + timedelta(days=days))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), DAYS, st.integers(1, 600)),
        st.tuples(st.just("draw"), DAYS, st.integers(1, 300)),
        st.tuples(st.just("undo"), DAYS, st.integers(0, 9)),
        st.tuples(st.just("correct"), DAYS, st.integers(-200, 200).filter(bool)),
        st.tuples(st.just("release"), DAYS, st.just(0)),
        st.tuples(st.just("withdraw"), DAYS, st.integers(0, 9)),
    ),
    max_size=25,
)
NUMBERS = count(1)


class Story:
    """One contract on which things happen in some order."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.contract, self.asked = world.agree(f"P-{next(NUMBERS)}"), question(world, f"P-{next(NUMBERS)}")
        self.cards: list[UUID] = []
        self.drawn: list[tuple[UUID, UUID, int, date]] = []

    def sell(self, day: date, minutes: int) -> None:
        self.cards.append(sold(self.world, wish(self.world, self.contract, minutes=minutes, sold_on=day)).id)

    def draw(self, day: date, minutes: int) -> None:
        card = self._card(minutes, -minutes)
        if card is not None:
            drawn = move(self.world, card, "draw", -minutes, day, question_id=self.asked)
            self.drawn.append((drawn, card, minutes, day))

    def undo(self, _: date, number: int) -> None:
        if self.drawn:
            movement, card, minutes, day = self.drawn.pop(number % len(self.drawn))
            move(self.world, card, "undo", minutes, day, question_id=self.asked, reverses_id=movement)

    def correct(self, day: date, minutes: int) -> None:
        card = self._card(minutes, minutes)
        if card is not None:
            move(self.world, card, "correction", minutes, day, reason="Bijgesteld", part=None)

    def release(self, day: date, _: int = 0) -> None:
        self.world.charge(self.contract, date=min(day, date(2026, 3, 1)), amount=Decimal("1.00"))
        self.world.release(day, [self.contract])

    def withdraw(self, _: date, number: int) -> None:
        released = self.documents()
        if released:
            with self.world.scope() as scope:
                invoicing.withdraw(scope, [released[number % len(released)][0]])

    def documents(self) -> list[tuple[UUID, InvoiceDocument]]:
        mine = self.world.contract_id(self.contract)
        rows = [row for row in self.world.invoices("released") if row.contract_id == mine]
        return [(row.id, from_json(row.document.encode())) for row in sorted(rows, key=lambda row: row.id)]

    def _card(self, number: int, change: int) -> UUID | None:
        """Any card that holds enough for this change, or none."""
        card = self.cards[number % len(self.cards)] if self.cards else None
        return card if card is not None and left(self.world, card) + change >= 0 else None


@pytest.fixture
def story_world(sqlite_database: Database) -> World:
    return founded(sqlite_database)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_printed_balance_is_the_sum_of_the_movements_whatever_the_order(
    story_world: World, steps: Sequence[tuple[str, date, int]]
) -> None:
    """Draws, undos, sales and corrections between documents of any days, some of them withdrawn again."""
    story = Story(story_world)
    for step, day, number in steps:
        getattr(story, step)(day, number)
    story.release(date(2026, 12, 31))
    shown = [balance for _, document in story.documents() for balance in document.prepaid]
    for balance in shown:
        assert balance.balance == balance.previous + sum(one.quantity for one in balance.movements)
    with story_world.reading() as scope:
        for card in story.cards:
            reference = prepaid.get_card(scope, card).reference
            mine = [balance for balance in shown if balance.reference == reference]
            rest = prepaid.balance_of(scope, hour_card_id=card)
            assert sum(one.balance - one.previous for one in mine) == rest
            assert mine[-1].balance == rest
