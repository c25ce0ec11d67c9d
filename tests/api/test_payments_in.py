"""Payments that the accounting package told: looked at, decided upon, and read again when somebody asks."""

from __future__ import annotations

from sqlalchemy import select

from billing_service.store.collecting import COLLECT
from billing_service.store.work import OutboxRow
from tests.api import seeds
from tests.api.client import World, problem


def test_a_payment_that_is_uncertain_is_decided_with_one_call(world: World) -> None:
    with world.database.write() as session:
        seeded = seeds.seed(session, world.ours_id)
    caller = world.caller("receivables:read", "receivables:write", "connections:write", "connections:read")
    (told,) = caller.get("/v1/payments-in?state=needs_decision").json["items"]
    assert (told["doubt"], told["problem"]["nl"]) == (
        "nothing_known",
        "niets zegt welke factuur of debiteur het betreft",
    )
    address = f"/v1/payments-in/{told['id']}/resolve"
    problem(caller.post(address, {"choice": "balance"}), 422, "invalid_input")
    kept = caller.post(address, {"choice": "balance", "customer_id": str(seeded["customer_id"])}).json
    assert (kept["state"], kept["evidence"], kept["doubt"]) == ("balance", "person", None)
    receipt = caller.get(f"/v1/receipts/{kept['receipt_id']}").json
    assert receipt["amount"]["amount"] == "15.13"
    connection = f"/v1/connections/{seeded['connection_id']}"
    assert caller.post(f"{connection}/collect").status_code == 202
    assert caller.get(f"{connection}/collection").json["pulled_at"] is None
    with world.database.read() as session:
        assert len(session.scalars(select(OutboxRow).where(OutboxRow.kind == COLLECT)).all()) == 1
