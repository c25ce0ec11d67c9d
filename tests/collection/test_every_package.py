"""Every package: a payment in its stage settles the invoice here, and reversed there it is open here again."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import update

from billing_service.collection.collecting import read
from billing_service.delivery import Hands
from billing_service.store import collecting
from billing_service.store.deliveries import Delivery
from billing_service.store.session import Database
from connectors.base import Pull
from tests.collection.world import DAY, Paid
from tests.connectors import papers
from tests.connectors.stages import all_stages, stage_of


@pytest.mark.parametrize("pair", all_stages(), ids="-".join)
def test_a_payment_there_settles_the_invoice_here(sqlite_database: Database, pair: tuple[str, str]):
    world = Paid.founded(sqlite_database)
    invoice = world.delivered()
    hands = Hands(world.scope, world.scope, world.scope)
    with stage_of(pair[0])(pair[1], unlimited=True) as stage:
        connector = stage.connector()
        remote = papers.Delivery(stage, connector, papers.invoice(connector, "20260101"), key="20260101").finish()
        with world.database.write() as session:
            session.execute(update(Delivery).where(Delivery.noun == "document").values(remote_id=remote.id))
        only_open = connector.capabilities.payments.value is Pull.OPEN_LIST  # then it must come to nothing there
        payment = stage.pay("20260101", remote.total if only_open else Decimal("15.13"), DAY)
        world.pull()  # from the fake that it was delivered to: its cursor is no other package's
        with world.scope() as scope:
            collecting.lock(scope, world.connection_id).cursor = None
        for expected in ("paid", "open"):
            stage.advance(timedelta(minutes=5))
            while read(connector, hands, world.connection_id, world.progress().cursor) is not None:
                pass
            assert world.state(invoice) == expected
            if expected == "paid":
                stage.undo(payment, DAY)
