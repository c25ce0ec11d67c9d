"""Receipts that stand here already: what was pushed comes back and is recognised; what came from there stays here."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest

from billing_service import receivables
from billing_service.store.invoices import Invoice
from billing_service.store.session import Database
from tests.collection.world import Paid


@pytest.fixture
def world(database: Database) -> Paid:
    return Paid.founded(database, pushes_receipts=True)


def receive(world: Paid, *invoices: UUID, amount: str) -> UUID:
    """By hand: a receipt that settles these."""
    with world.scope() as scope:
        customer = scope.session.get_one(Invoice, (scope.administration_id, invoices[0])).customer_id
        receipt = receivables.record_receipt(scope, {"customer_id": customer, "amount": Decimal(amount)})
        for invoice in invoices:
            receivables.allocate(scope, {"receipt_id": receipt.id, "invoice_id": invoice})
    return receipt.id


def test_a_receipt_that_was_pushed_is_recognised_and_not_booked_again(world: Paid):
    invoice = world.delivered()
    receipt = receive(world, invoice, amount="15.13")
    world.settle()
    world.pull()
    assert [one.id for one in world.receipts()] == [receipt]
    assert world.state(invoice) == "paid"
    (told,) = world.payments().values()
    assert (told.state, told.evidence, told.receipt_id) == ("recognised", "number", None)


def test_it_is_recognised_before_the_push_is_recorded(world: Paid):
    invoice = world.delivered()
    receive(world, invoice, amount="15.13")
    (delivery,) = world.deliveries("waiting", noun="receipt")
    there = world.delivery(invoice).remote_id
    world.told(world.fact("p-1", "15.13", there, number=delivery.number))
    assert world.state(invoice) == "paid"
    assert len(world.receipts()) == 1


def test_a_pushed_receipt_that_is_reversed_there_is_undone_here(world: Paid):
    first, second = world.delivered(), world.delivered()
    receive(world, first, second, amount="30.26")
    world.settle()
    world.pull()
    one, other = (payment.remote_id for payment in world.payments().values())
    world.books.control.undo(one, date(2026, 3, 25))
    world.pull()
    assert (world.state(first), world.state(second)) == ("open", "paid")
    assert len(world.receipts()) == 1
    world.books.control.undo(other, date(2026, 3, 25))
    world.pull()
    assert (world.state(first), world.state(second)) == ("open", "open")
    assert world.receipts() == []
    assert world.findings("receipt_undone_here") == []


def test_a_pushed_receipt_that_differs_there_is_for_a_person(world: Paid):
    invoice = world.delivered()
    receive(world, invoice, amount="15.13")
    world.settle()
    (delivery,) = world.deliveries("delivered", noun="receipt")
    there = world.delivery(invoice).remote_id
    world.told(world.fact(delivery.remote_id or "", "15.00", there, number=delivery.number))
    (finding,) = world.findings("receipt_changed_there")
    (compared,) = finding.facts["compared"]
    assert compared == {"name": "amount", "ours": "15.13", "theirs": "15.00", "agreed": "15.13"}
    assert world.state(invoice) == "paid"


def test_what_came_from_there_is_not_pushed(world: Paid):
    invoice, other = world.delivered(), world.delivered()
    world.pay(invoice, "15.13")
    world.pull()
    (receipt,) = world.receipts()
    with world.scope() as scope:
        (allocation,) = receivables.live_allocations(scope, receipt.id)
        receivables.undo_allocation(scope, allocation, "Verkeerde factuur")
        receivables.allocate(scope, {"receipt_id": receipt.id, "invoice_id": other})
    world.settle()
    assert world.deliveries(noun="receipt") == []
    assert len(world.books.control.books()["payments"]) == 1
