"""A package that tells no payments, only what is open: absence means paid, after the whole list and a look at it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from billing_service.store.session import Database
from connectors.fake.wire import Reply, Request
from tests.collection.world import Paid


@pytest.fixture
def world(database: Database) -> Paid:
    return Paid.founded(database, "unsearchable")


def test_what_is_open_no_longer_was_paid_in_parts_too(world: Paid):
    invoice, other = world.delivered("C-1"), world.delivered("C-2")
    world.pull()
    assert world.receipts() == []
    world.pay(invoice, "5.13")
    world.pull()
    assert (world.state(invoice), world.standing(invoice).open) == ("partly_paid", Decimal("10.00"))
    world.pay(invoice, "10.00")
    world.pull()
    world.pull()
    assert (world.state(invoice), world.state(other)) == ("paid", "open")
    assert [(one.amount, one.method, one.received_on) for one in world.receipts()] == [
        (Decimal("5.13"), "other", world.now.date()),
        (Decimal("10.00"), "other", world.now.date()),
    ]
    assert world.progress().pulled_at == world.now


def test_what_is_open_again_was_taken_back(world: Paid):
    invoice = world.delivered()
    payment = world.pay(invoice, "15.13")
    world.pull()
    world.books.control.undo(payment, world.now.date())
    world.pull()
    assert (world.state(invoice), world.receipts()) == ("open", [])
    world.pay(invoice, "15.13")
    world.pull()
    assert world.state(invoice) == "paid"


def test_a_list_that_breaks_off_says_nothing(world: Paid):
    invoices = [world.delivered() for _ in range(5)]
    handle = world.books.package.handle

    def breaks_off(request: Request) -> Reply:
        return Reply(503) if "cursor" in request.query else handle(request)

    world.books.package.handle = breaks_off  # type: ignore[method-assign]
    world.pay(invoices[0], "15.13")
    world.pull()
    assert world.receipts() == []
    assert world.progress().waits == "unavailable"
    world.books.package.handle = handle  # type: ignore[method-assign]
    world.advance(timedelta(minutes=1))
    world.pull()
    assert [world.state(one) for one in invoices] == ["paid", "open", "open", "open", "open"]


def test_only_what_the_document_itself_confirms_is_believed(world: Paid):
    gone, cancelled, kept = (world.delivered(f"C-{n}") for n in range(3))
    there = world.delivery(cancelled).remote_id
    world.books.control.change(there, state="cancelled", open="0.00")
    del world.books.package.books.documents[world.delivery(gone).remote_id]
    world.pull()
    assert [world.state(one) for one in (gone, cancelled, kept)] == ["open", "open", "open"]


def test_what_happens_here_alone_is_no_payment_there(world: Paid):
    invoice = world.delivered()
    world.pay(invoice, "10.00")
    world.pull()
    world.credit(invoice)
    world.settle()
    world.pull()
    assert len(world.receipts()) == 1
    assert world.standing(invoice).paid == Decimal("10.00")
