"""A worker that dies at any commit of a pull, a package that is down, a sign-in that is lost, an older document."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

from billing_service import collection, connections
from billing_service.core.ids import new_id
from billing_service.delivery import Hands
from billing_service.store.connections import Connection, OpeningItem
from billing_service.store.session import Database
from connectors.fake.wire import Trouble
from tests.collection.world import DAY, Paid
from tests.crash import Crash, CrashPoints


def test_a_worker_that_dies_at_any_commit_doubles_and_loses_nothing(sqlite_database: Database):
    world = Paid.founded(sqlite_database)
    invoices = [world.delivered() for _ in range(3)]
    hands = Hands(world.scope, world.scope, world.scope)
    paid, point, dead = 0, 0, True
    while dead:
        for invoice in invoices:
            world.pay(invoice, "0.05")
        paid, point, crashing = paid + 1, point + 1, CrashPoints(point + 1)
        with crashing.on(world.database.engine), suppress(Crash):
            collection.collect(world.context, hands, world.connection_id)
        dead = crashing.dead
        while collection.collect(world.context, hands, world.connection_id) is not None:
            pass
        assert [world.standing(one).paid for one in invoices] == [Decimal("0.05") * paid] * 3
        assert len(world.receipts()) == 3 * paid
    assert point > 4, "nobody died"


def test_a_package_that_is_down_is_waited_for_as_deliveries_do(sqlite_database: Database):
    world = Paid.founded(sqlite_database)
    invoice = world.delivered()
    world.pay(invoice, "15.13")
    world.books.control.trouble(Trouble("GET /v1/payments", status=503, times=1_000))
    world.pull()
    first = world.progress()
    assert (first.waits, first.attempts, first.next_at) == ("unavailable", 1, world.now + timedelta(seconds=5))
    world.advance(timedelta(seconds=6))
    world.pull()
    assert world.progress().next_at == world.now + timedelta(seconds=10)
    world.advance(timedelta(days=4))
    world.pull()
    (finding,) = world.findings("payments_not_collected")
    assert finding.subject_id == world.connection_id
    world.books.control.calm()
    world.pull()
    assert world.state(invoice) == "paid"
    assert (world.progress().problem, world.findings("payments_not_collected")) == (None, [])


def test_a_lost_sign_in_stops_the_connection_and_nothing_is_read_until_it_works_again(sqlite_database: Database):
    world = Paid.founded(sqlite_database)
    invoice = world.delivered()
    world.pay(invoice, "15.13")
    world.books.control.trouble(Trouble("GET /v1/payments", status=401, times=1_000))
    world.pull()
    with world.scope() as scope:
        row = connections.connecting.get(scope, world.connection_id)
        assert (row.state, row.stop_cause) == ("stopped", "sign_in")
    world.books.control.calm()
    world.pull()
    assert world.state(invoice) == "open"
    with world.scope() as scope:
        scope.session.get_one(Connection, (scope.administration_id, world.connection_id)).state = "active"
    world.pull()
    assert world.state(invoice) == "paid"


def test_payments_of_the_opening_balance(sqlite_database: Database):
    """Of 15.13 there, 10.00 was open when it was taken: 5.13 had been paid, and is not booked here."""
    world = Paid.founded(sqlite_database)
    ours = world.invoice()
    common = {
        "administration_id": world.administration_id,
        "connection_id": world.connection_id,
        "kind": "invoice",
        "issue_date": DAY,
        "currency": "EUR",
        "total": Decimal("15.13"),
        "open": Decimal("10.00"),
        "created_at": world.now,
    }
    with world.scope() as scope:
        connections.connecting.get(scope, world.connection_id).opening_taken_at = world.now
        scope.session.add(OpeningItem(id=new_id(), document_remote_id="7", invoice_id=ours, **common))
        scope.session.add(OpeningItem(id=new_id(), document_remote_id="8", **common))
    world.told(
        world.fact("late", "4.00", "7", DAY + timedelta(days=1)),
        world.fact("early", "5.13", "7", DAY - timedelta(days=9)),
        world.fact("other", "10.00", "8", DAY + timedelta(days=1)),
    )
    assert {key: one.state for key, one in world.payments().items()} == {
        "late": "settled",
        "early": "opening",
        "other": "opening",
    }
    assert world.standing(ours).paid == Decimal("4.00")
