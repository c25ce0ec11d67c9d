"""Subscriptions that end, go on, never begin or get another price after they were billed: set right, and once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from billing_service import invoicing, subscriptions
from billing_service.core.crediting import Part
from billing_service.core.finding_texts import wording
from billing_service.core.subscriptions import Subscription, Term, due_charges
from billing_service.errors import Conflict, InvalidInput
from billing_service.parties import contracts
from billing_service.store.charges import Charge
from billing_service.store.session import Database
from tests.invoicing.world import World
from tests.subscriptions.world import JANUARY, MARCH, agree, charges, end, findings, subscribe, total

MARCH_1 = date(2026, 3, 1)
APRIL_1 = date(2026, 4, 1)


@pytest.fixture
def world(database: Database) -> World:
    world = World.founded(database)
    world.agree()
    return world


def issued(world: World, until: date = MARCH) -> None:
    world.issue(world.release(until))


def newest(world: World) -> Charge:
    with world.reading() as scope:
        found = scope.session.scalars(select(Charge).order_by(Charge.id.desc())).first()
        assert found is not None
        return found


# --- an end ---------------------------------------------------------------------------------------------------------


def test_an_open_charge_follows_the_end_and_an_invoiced_one_gets_one_correction(world: World) -> None:
    app = subscribe(world, once_amount=None, starts_on=MARCH_1)
    issued(world)
    withdrawn = world.release(date(2026, 4, 30))
    with world.scope() as scope:
        invoicing.withdraw_run(scope, withdrawn)
    assert charges(world) == [(MARCH_1, "30.00", "invoiced"), (APRIL_1, "30.00", "open")]
    end(world, app, date(2026, 4, 10))
    assert charges(world)[1] == (APRIL_1, "10.00", "open")
    end(world, app, date(2026, 3, 15))
    assert charges(world) == [(MARCH_1, "30.00", "invoiced"), (MARCH_1, "-15.48", "open")]
    made = newest(world)
    assert made.description["nl"] == "Correctie Financiële app, 16 t/m 31 maart 2026"
    assert made.detail is not None
    assert made.detail["en"] == (
        "The subscription ends on 15 March 2026. For 15 of its 31 days: €14.52. Charged before: €30.00; it becomes "
        "€14.52."
    )
    end(world, app, date(2026, 3, 15))
    world.release(date(2026, 5, 31))
    assert total(world) == Decimal("14.52")
    assert [code for code, _ in findings(world)] == ["negative_draft"]


def test_an_end_that_moves_to_and_fro_leaves_what_the_last_one_costs(world: World) -> None:
    app = subscribe(world, once_amount=None, starts_on=MARCH_1)
    issued(world)
    end(world, app, date(2026, 3, 15))
    end(world, app, date(2026, 3, 20))
    assert [amount for _, amount, _ in charges(world)] == ["30.00", "-10.65"]
    end(world, app, None)
    assert [amount for _, amount, _ in charges(world)] == ["30.00"]
    end(world, app, date(2026, 3, 15))
    world.charge()
    world.charge()
    issued(world)
    assert [(amount, state) for _, amount, state in charges(world)] == [("30.00", "invoiced"), ("-15.48", "invoiced")]
    end(world, app, date(2026, 4, 15))
    assert newest(world).description["en"] == "Correction of Financial app, 16 to 31 March 2026"
    world.release(date(2026, 4, 30))
    assert total(world) == Decimal("45.00")
    assert [amount for _, amount, _ in charges(world)] == ["30.00", "-15.48", "15.48", "15.00"]


def test_an_end_while_the_charge_is_on_a_document_that_is_withdrawn_afterwards(world: World) -> None:
    app = subscribe(world, once_amount=None, starts_on=MARCH_1)
    run = world.release(MARCH)
    end(world, app, date(2026, 3, 15))
    assert [amount for _, amount, _ in charges(world)] == ["30.00", "-15.48"]
    with world.scope() as scope:
        invoicing.withdraw_run(scope, run)
    end(world, app, date(2026, 3, 10))
    assert total(world) == Decimal("9.68")
    world.release(MARCH)
    assert [str(row.net) for row in world.invoices("released")] == ["9.68"]


def test_an_end_within_a_period_that_was_billed_as_the_last_one_and_is_not_any_more(world: World) -> None:
    app = subscribe(world, once_amount=None, starts_on=MARCH_1, ends_on=date(2026, 3, 10))
    issued(world)
    end(world, app, None)
    world.release(date(2026, 4, 30))
    assert charges(world) == [
        (MARCH_1, "9.68", "invoiced"),
        (MARCH_1, "20.32", "released"),
        (APRIL_1, "30.00", "released"),
    ]


def test_under_the_policies_full_and_none_an_end_takes_off_nothing_or_all(world: World) -> None:
    full = subscribe(world, once_amount=None, starts_on=MARCH_1, last_policy="full")
    none = subscribe(world, once_amount=None, starts_on=MARCH_1, last_policy="none")
    issued(world)
    for app in (full, none):
        end(world, app, date(2026, 3, 15))
    assert [amount for _, amount, _ in charges(world)] == ["30.00", "30.00", "-30.00"]


def test_a_subscription_ends_with_its_contract(world: World) -> None:
    subscribe(world, once_amount=None)
    issued(world)
    with world.scope() as scope:
        contracts.change(scope, contracts.get(scope, world.contract_id()), {"valid_to": date(2026, 2, 14)})
    assert [amount for _, amount, _ in charges(world)] == ["30.00", "30.00", "-15.00", "30.00", "-30.00"]
    with world.scope() as scope:
        contracts.change(scope, contracts.get(scope, world.contract_id()), {"valid_to": None})
    assert total(world) == Decimal("90.00")


def test_what_a_person_credited_counts_and_is_not_charged_again(world: World) -> None:
    part = subscribe(world, once_amount=None, starts_on=MARCH_1)
    whole = subscribe(world, once_amount=None, starts_on=MARCH_1)
    issued(world)
    (invoice,) = world.invoices()
    with world.scope() as scope:
        parts = [Part(1, amount=Decimal("10.00")), Part(2, amount=Decimal("30.00"))]
        invoicing.credit(scope, invoice.id, "Storing", parts)
    for app in (part, whole):
        end(world, app, date(2026, 3, 15))
    assert [amount for _, amount, _ in charges(world)] == ["30.00", "30.00", "-5.48"]


# --- never begun ----------------------------------------------------------------------------------------------------


def test_a_subscription_that_was_billed_in_advance_and_never_begins_costs_nothing(world: World) -> None:
    app = subscribe(world, starts_on=date(2026, 4, 15))
    issued(world, date(2026, 4, 30))
    other = subscribe(world, starts_on=date(2026, 4, 15))
    for one in (app, other):
        with world.scope() as scope:
            subscriptions.cancel(scope, subscriptions.get(scope, one, lock=True), "Toch niet")
    assert total(world) == Decimal("0.00")
    assert [amount for _, amount, _ in charges(world)] == ["300.00", "16.00", "-300.00", "-16.00"]
    world.release(date(2026, 12, 31))
    assert total(world) == Decimal("0.00")
    with pytest.raises(Conflict, match="was cancelled"):
        end(world, app, None)
    begun = subscribe(world)
    with pytest.raises(Conflict, match="can be ended, not cancelled"), world.scope() as scope:
        subscriptions.cancel(scope, subscriptions.get(scope, begun, lock=True), "Toch niet")


# --- another price --------------------------------------------------------------------------------------------------


def test_an_indexation_back_into_billed_periods_is_a_finding_and_open_charges_follow(world: World) -> None:
    app = subscribe(world, once_amount=None)
    issued(world)
    run = world.release(date(2026, 4, 30))
    with world.scope() as scope:
        invoicing.withdraw_run(scope, run)
    agree(world, app, valid_from=date(2026, 2, 1), index=Decimal("10"))
    assert [amount for _, amount, _ in charges(world)] == ["30.00", "30.00", "30.00", "33.00"]
    ((code, facts),) = findings(world)
    assert wording(code, facts, "en", "EUR")[0] == (
        "Subscription Financial app (contract C-1) has another price or quantity with retroactive effect. From "
        "1 February 2026 until 31 March 2026 2 whole periods were charged for €60.00 together; they would be "
        "€66.00 now."
    )
    assert "Financiële app" in wording(code, facts, "nl", "EUR")[0]
    with pytest.raises(Conflict, match="was indexed from"):
        agree(world, app, valid_from=date(2026, 2, 1), index=Decimal("2"))
    end(world, app, date(2026, 3, 15))
    assert charges(world)[-1] == (MARCH_1, "-15.48", "open")
    agree(world, app, valid_from=date(2026, 2, 1), amount=Decimal("30.00"))
    assert findings(world) == []


def test_a_document_that_is_withdrawn_follows_the_price_of_now(world: World) -> None:
    app = subscribe(world, once_amount=None, starts_on=MARCH_1)
    run = world.release(MARCH)
    agree(world, app, valid_from=MARCH_1, amount=Decimal("40.00"))
    assert [code for code, _ in findings(world)] == ["subscription_changed_after_release"]
    with world.scope() as scope:
        invoicing.withdraw_run(scope, run)
    assert charges(world) == [(MARCH_1, "40.00", "open")]
    assert findings(world) == []


def test_a_quantity_from_a_date(world: World) -> None:
    app = subscribe(world, once_amount=None, quantity=Decimal(2))
    agree(world, app, valid_from=date(2026, 2, 15), quantity=Decimal(5))
    world.release(MARCH)
    assert [amount for _, amount, _ in charges(world)] == ["60.00", "60.00", "150.00"]
    assert newest(world).quantity == 5


def test_all_of_a_label_are_indexed_at_once_after_a_look_and_only_once(world: World) -> None:
    world.agree("C-2")
    first = subscribe(world, once_amount=None, label="apps")
    subscribe(world, "C-2", once_amount=None, label="other")
    care = {"percentage": Decimal(15), "investment": Decimal("12000.00")}
    subscribe(world, "C-2", once_amount=None, label="apps", price=care)
    subscribe(world, label="apps", starts_on=APRIL_1)
    subscribe(world, label="apps", ends_on=date(2026, 2, 28))
    issued(world, date(2026, 1, 31))
    wish = {"valid_from": date(2026, 3, 1), "percentage": Decimal("3.5"), "label": "apps"}
    with world.reading() as scope:
        seen = subscriptions.described_index(subscriptions.index_preview(scope, wish))
    assert [(one["contract"], one["before"], one["after"]) for one in seen] == [
        ("C-1", Decimal("30.00"), Decimal("31.05")),
        ("C-2", Decimal("12000.00"), Decimal("12420.00")),
    ]
    with world.scope() as scope:
        assert subscriptions.described_index(subscriptions.index_all(scope, wish)) == seen
    with world.scope() as scope:
        again = subscriptions.index_all(scope, wish | {"label": None, "title": "Financial app"})
        assert [(one.contract, one.skipped) for one in again] == [("C-1", True), ("C-2", False), ("C-2", True)]
    world.release(MARCH)
    with world.reading() as scope:
        found = scope.session.scalars(select(Charge.amount).where(Charge.date == MARCH_1).order_by(Charge.amount))
        assert [str(amount) for amount in found] == ["31.05", "31.05", "155.25"]
        shown = subscriptions.shown_whole(scope, subscriptions.get(scope, first))
    assert (shown["price"]["amount"], shown["upcoming"][0]["amount"]) == (Decimal("31.05"), Decimal("31.05"))


# --- what is refused ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"starts_on": date(2013, 12, 31)}, "/starts_on"),
        ({"ends_on": date(2025, 12, 31)}, "/ends_on"),
        ({"price": {}}, "/amount"),
        ({"price": {"amount": Decimal(1), "percentage": Decimal(1)}}, "/amount"),
        ({"price": {"percentage": Decimal(15)}}, "/investment"),
        ({"price": {"amount": Decimal(15), "investment": Decimal(1)}}, "/investment"),
    ],
)
def test_a_subscription_that_cannot_be_right_is_refused(
    sqlite_database: Database, wish: dict[str, Any], pointer: str
) -> None:
    world = World.founded(sqlite_database)
    world.agree()
    with pytest.raises(InvalidInput) as refused:
        subscribe(world, **wish)
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_what_is_agreed_later_is_refused_where_it_cannot_be_right(sqlite_database: Database) -> None:
    world = World.founded(sqlite_database)
    world.agree()
    app = subscribe(world)
    attempts: list[tuple[Callable[[], None], str]] = [
        (lambda: agree(world, app, valid_from=date(2025, 12, 31), amount=Decimal(1)), "/valid_from"),
        (lambda: agree(world, app, valid_from=MARCH_1), "/amount"),
        (lambda: agree(world, app, valid_from=MARCH_1, index=Decimal(-100)), "/index"),
        (lambda: end(world, app, date(2025, 12, 31)), "/ends_on"),
    ]
    for attempt, pointer in attempts:
        with pytest.raises(InvalidInput) as refused:
            attempt()
        assert [error.pointer for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE subscription_terms SET value = 1", "a term is followed by another"),
        ("DELETE FROM subscription_terms", "a term is followed by another"),
        ("UPDATE subscription_periods SET whole = 1", "a period that was billed stays billed"),
        ("UPDATE subscription_periods SET charge_id = NULL", "a period that was billed stays billed"),
        ("DELETE FROM subscription_periods", "a period that was billed stays billed"),
        ("UPDATE subscriptions SET starts_on = '2026-01-02'", "stays with its contract"),
        (
            "INSERT INTO subscription_periods SELECT administration_id, subscription_id, part, first_day, 9, last_day,"
            " whole, (SELECT id FROM charges WHERE source = 'manual'), created_at FROM subscription_periods",
            "charged to the contract",
        ),
    ],
)
def test_the_database_keeps_what_was_agreed_and_billed(world: World, statement: str, sentence: str) -> None:
    subscribe(world, once_amount=None, starts_on=MARCH_1)
    issued(world)
    world.charge()
    with pytest.raises(DBAPIError, match=sentence), world.scope() as scope:
        scope.session.execute(text(statement))


def test_what_was_billed_is_what_the_core_says_it_costs(world: World) -> None:
    """Whatever happens on the way: in the end all charges come to what was agreed last."""
    app: UUID = subscribe(world, starts_on=date(2026, 1, 20), anchor="start", period="quarter", last_policy="thirty")
    issued(world, date(2026, 4, 30))
    for day in (date(2026, 5, 31), date(2026, 2, 28), date(2026, 7, 1), None, date(2026, 6, 3)):
        end(world, app, day)
        world.release(date(2026, 8, 31))
    agreed = Subscription(
        date(2026, 1, 20),
        date(2026, 6, 3),
        "quarter",
        (Term(JANUARY, "amount", Decimal("30.00")),),
        anchor="start",
        last_policy="thirty",
        once=Decimal("300.00"),
    )
    assert total(world) == sum(due.amount for due in due_charges(agreed, date(2026, 12, 31)))
