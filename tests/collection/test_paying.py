"""A payment in the package settles the invoice here: once, and again when it changes there."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from billing_service import collection
from billing_service.connections import capabilities_of, connecting
from billing_service.store.session import Database
from billing_service.worker.schedule import TASKS
from connectors.base import Limit, Verified
from connectors.base.capabilities import known
from tests import builders
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
