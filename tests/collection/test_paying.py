"""A payment in the package settles the invoice here: once, and again when it changes there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from billing_service import collection, receivables
from billing_service.connections import capabilities_of, connecting
from billing_service.monitoring import concerns, figures
from billing_service.notifying import endpoints
from billing_service.notifying.endpoints import Rules
from billing_service.store.session import Database
from billing_service.store.webhooks import Event
from billing_service.vault import Vault
from billing_service.worker.schedule import TASKS
from connectors.base import Limit, Verified
from connectors.base.capabilities import known
from tests import builders
from tests.builders import SECRET_KEY
from tests.collection.world import Paid


@pytest.fixture
def world(database: Database) -> Paid:
    return Paid.founded(database)


def test_a_payment_there_settles_the_invoice_here(world: Paid):
    invoice = world.delivered()
    payment = world.pay(invoice, "15.13", date(2026, 3, 20))
    world.pull()
    assert world.state(invoice) == "paid"
    (receipt,) = world.receipts()
    assert (receipt.amount, receipt.received_on, receipt.method) == (
        Decimal("15.13"),
        date(2026, 3, 20),
        "bank_transfer",
    )
    told = world.payments()[payment]
    assert (told.state, told.evidence, told.receipt_id) == ("settled", "document", receipt.id)


def test_part_payments_too_much_and_a_payment_twice(world: Paid):
    part, over = world.delivered("C-1"), world.delivered("C-2")
    world.pay(part, "5.13")
    world.pay(over, "15.13")
    world.pull()
    assert (world.state(part), world.standing(part).open) == ("partly_paid", Decimal("10.00"))
    world.pay(part, "10.00")
    world.pay(over, "15.13")
    world.pull()
    assert (world.state(part), world.state(over)) == ("paid", "overpaid")
    assert world.standing(over).open == Decimal("-15.13")
    world.pull()
    assert len(world.receipts()) == 4


def test_a_payment_that_is_reversed_there_is_open_here_again(world: Paid):
    invoice = world.delivered()
    payment = world.pay(invoice, "15.13")
    world.pull()
    world.books.control.undo(payment, date(2026, 3, 25))
    world.pull()
    assert world.state(invoice) == "open"
    assert world.receipts() == []
    assert [told.state for told in world.payments().values()] == ["taken_back", "reversal"]


def test_a_reversal_told_before_its_payment_finds_it(world: Paid):
    invoice = world.delivered()
    there = world.delivery(invoice).remote_id
    world.told(world.fact("p-1-undone", "-15.13", there, undone="p-1"))
    world.told(world.fact("p-1", "15.13", there))
    assert world.state(invoice) == "open"
    assert world.receipts() == []


def test_a_payment_that_is_removed_or_changes_is_taken_back_or_booked_anew(world: Paid):
    first, second = world.delivered("C-1"), world.delivered("C-2")
    one, other = (world.delivery(invoice).remote_id for invoice in (first, second))
    world.told(world.fact("p-1", "10.00", one), world.fact("p-2", "5.13", one))
    assert world.state(first) == "paid"
    world.told(world.fact("p-1", "15.13", other), world.fact("p-2", "0.00", None, undone="p-2"))
    assert (world.state(first), world.state(second)) == ("open", "paid")
    (receipt,) = world.receipts()
    assert receipt.amount == Decimal("15.13")
    world.told(world.fact("p-1", "15.13", "of somebody else"))
    assert (world.state(second), world.receipts()) == ("open", [])
    assert world.payments()["p-1"].state == "elsewhere"
    assert world.findings("payment_needs_decision") == []


def test_money_paid_back_there_without_naming_a_payment(world: Paid):
    invoice = world.delivered()
    world.pay(invoice, "15.13")
    world.pay(invoice, "15.13")
    world.pay(invoice, "-15.13", date(2026, 3, 27))
    world.pull()
    assert world.state(invoice) == "paid"
    world.pay(invoice, "-20.00", date(2026, 3, 28))
    world.pull()
    assert world.state(invoice) == "open"
    (finding,) = world.findings("payment_needs_decision")
    assert (finding.facts["doubt"], finding.facts["amount"]) == ("money_out", "-20.00")


def test_a_credit_note_paid_back_there_is_a_refund_here(world: Paid):
    invoice = world.delivered()
    world.pay(invoice, "15.13")
    world.pull()
    note = world.credit(invoice)
    world.settle()
    payment = world.pay(note, "15.13", date(2026, 3, 28))
    world.pull()
    with world.scope() as scope:
        assert receivables.credit_rests(scope, [note]) == {note: Decimal("0.00")}
    world.books.control.undo(payment, date(2026, 3, 29))
    world.pull()
    with world.scope() as scope:
        assert receivables.credit_rests(scope, [note]) == {note: Decimal("15.13")}


def test_what_somebody_refunded_here_is_not_taken_back_unasked(world: Paid):
    invoice = world.delivered()
    payment = world.pay(invoice, "15.13")
    world.pull()
    (receipt,) = world.receipts()
    with world.scope() as scope:
        (allocation,) = receivables.live_allocations(scope, receipt.id)
        receivables.undo_allocation(scope, allocation, "Verkeerde factuur")
        receivables.record_refund(scope, {"receipt_id": receipt.id, "amount": Decimal("5.00")})
    world.books.control.undo(payment, date(2026, 3, 25))
    world.pull()
    assert [one.id for one in world.receipts()] == [receipt.id]
    (finding,) = world.findings("payment_needs_decision")
    assert finding.facts["doubt"] == "refunded_here"


def test_payments_in_another_currency_or_owned_by_this_service_are_for_a_person(world: Paid):
    invoice = world.delivered()
    there = world.delivery(invoice).remote_id
    world.told(replace(world.fact("p-1", "15.13", there), currency="USD"))
    with world.scope() as scope:
        connecting.get(scope, world.connection_id).payments_owner = "service"
    world.told(world.fact("p-2", "15.13", there))
    assert world.state(invoice) == "open"
    doubts = {finding.facts["doubt"] for finding in world.findings("payment_needs_decision")}
    assert doubts == {"other_currency", "owned_here"}
    with world.scope() as scope:
        connecting.get(scope, world.connection_id).payments_owner = "package"
    world.told(world.fact("p-2", "15.12", there))
    assert world.state(invoice) == "partly_paid"
    assert len(world.findings("payment_needs_decision")) == 1


def test_other_services_hear_of_it(world: Paid):
    invoice = world.delivered()
    with world.scope() as scope:
        endpoints.create(scope, {"url": "https://93.184.216.34/billing"}, Rules(Vault((SECRET_KEY,))))
    world.pay(invoice, "15.13")
    world.pull()
    with world.database.read() as session:
        told = {row.kind: row.data for row in session.scalars(select(Event))}
    assert told["receipt.recorded"]["amount"] == "15.13"
    assert told["invoice.payment_changed"] == {"state": "paid", "open": "0.00", "paid": "15.13", "written_off": "0.00"}


def test_the_schedule_asks_for_it_every_five_minutes(world: Paid):
    invoice = world.delivered()
    for minutes, state in ((0, "open"), (4, "open"), (5, "paid")):
        world.now = builders.NOW + timedelta(minutes=minutes)
        with world.database.write() as session:
            collection.ask_due(session, world.now)
        world.drain()
        assert world.state(invoice) == state
        if minutes == 0:
            assert world.progress().pulled_at == world.now
            world.pay(invoice, "15.13")
    assert TASKS["collect_payments"].run is collection.ask_due


def test_a_package_with_few_calls_is_asked_less_often(world: Paid):
    with world.scope() as scope:
        able = capabilities_of(connecting.get(scope, world.connection_id))
    assert collection.interval(able) == timedelta(minutes=5)
    few = known((Limit(1_000, timedelta(days=1)),), Verified.DOCUMENTATION, "Yuki")
    assert collection.interval(replace(able, limits=few)) == timedelta(minutes=34, seconds=33.6)


def test_how_far_payments_were_read_is_told_and_a_late_pull_is_a_concern(world: Paid):
    world.pull()
    with world.database.read() as session:
        (figure,) = [one for one in figures(session) if one.name == "billing_payments_pulled_timestamp_seconds"]
    assert figure.values == [(("fake",), world.now.timestamp())]
    assert "payments_late" in {one.code for one in concerns(world.database)}  # by the database's clock, months later
    world.now = datetime.now(UTC)
    world.pull()
    assert "payments_late" not in {one.code for one in concerns(world.database)}
