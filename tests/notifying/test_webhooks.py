"""Other services hear what happens here: signed, once per event, again until they take it, and on request once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from sqlalchemy import select, update
from standardwebhooks.webhooks import Webhook

from billing_service import invoicing, receivables
from billing_service.context import Context
from billing_service.errors import Conflict
from billing_service.notifying import prune
from billing_service.notifying.delivering import WAITS
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope
from billing_service.store.webhooks import WebhookEndpoint
from billing_service.store.work import OutboxRow
from billing_service.worker.process import Worker
from connectors.fake.wire import Manner, Reply, Request, Server
from tests import builders, helpdesk
from tests.api.client import World, problem
from tests.invoicing.world import released_invoice

Answer = Callable[[Request], Reply]


class Receiver:
    """A service that listens: keeps what came in, and answers as the story says."""

    def __init__(self) -> None:
        self.came: list[Request] = []
        self.answer: Answer = lambda _: Reply(204)

    def __call__(self, request: Request) -> Reply:
        self.came.append(request)
        return self.answer(request)

    def told(self) -> list[dict[str, Any]]:
        return [orjson.loads(request.body) for request in self.came]


@contextmanager
def listening() -> Iterator[tuple[Receiver, str]]:
    receiver = Receiver()
    with Server(receiver) as server:
        yield receiver, f"{server.url}/hooks?from=billing"


def work(world: World) -> None:
    """Everything that is due now, as a worker does it."""
    context: Context = world.app.extensions["billing"]
    Worker(context, tasks={}).drain()


def hurry(world: World) -> None:
    """What waits for its next attempt is due."""
    with world.database.write() as session:
        session.execute(update(OutboxRow).values(due_at=builders.NOW - timedelta(days=1)))


def register(world: World, url: str, **wish: Any) -> dict[str, Any]:
    answer = world.ours.post("/v1/webhook-endpoints", {"url": url, **wish})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    body: dict[str, Any] = answer.get_json()
    return body


def verified(request: Request, secret: str) -> dict[str, Any]:
    headers = {name: value for name, value in request.headers.items() if name.lower().startswith("webhook-")}
    body: dict[str, Any] = Webhook(secret).verify(request.body, headers)
    return body


@pytest.fixture(autouse=True)
def at_this_moment(world: World) -> None:
    """Receivers refuse messages whose time is far from theirs, so the story happens now."""
    world.now[0] = datetime.now(UTC)


def pay(world: World, amount: str = "10.00") -> None:
    """A receipt by hand for a new customer."""
    with world.database.write() as session:
        scope = builders.scope(session, world.ours_id, world.now[0])
        customer = builders.customer(session, world.ours_id, f"k{amount}")
        receivables.record_receipt(scope, {"customer_id": customer, "amount": Decimal(amount)})


def test_an_event_comes_signed_and_once(world: World) -> None:
    with listening() as (receiver, url):
        made = register(world, url)
        pay(world)
        work(world)
        work(world)
    [request] = receiver.came
    told = verified(request, made["secret"])
    assert (told["type"], told["noun"], told["data"]["amount"]) == ("receipt.recorded", "receipt", "10.00")
    assert request.headers["webhook-id"] == told["id"]
    assert request.query == {"from": "billing"}
    [delivery] = world.ours.get("/v1/webhook-deliveries").get_json()["items"]
    assert (delivery["state"], delivery["last_status"], delivery["attempts"]) == ("delivered", 204, 1)


def test_a_message_that_was_tampered_with_does_not_verify(world: World) -> None:
    with listening() as (receiver, url):
        made = register(world, url)
        pay(world)
        work(world)
    changed = replace(receiver.came[0], body=receiver.came[0].body.replace(b"10.00", b"99.00"))
    with pytest.raises(Exception, match="signature"):
        verified(changed, made["secret"])


def test_an_invoice_that_is_issued_and_paid_is_told_with_its_state(world: World) -> None:
    with listening() as (receiver, url):
        register(world, url, kinds=["invoice.issued", "invoice.payment_changed"])
        with world.database.write() as session:
            scope = builders.scope(session, world.ours_id, world.now[0])
            customer = builders.customer(session, world.ours_id, "debtor")
            tariff = builders.tariff(session, world.ours_id, helpdesk.TARIFF)
            contract = builders.contract(session, world.ours_id, customer, tariff)
            issued = invoicing.issue_invoice(scope, released_invoice(session, world.ours_id, contract, customer))
            invoice = session.get_one(Invoice, (world.ours_id, issued.id))
            receipt = receivables.record_receipt(scope, {"customer_id": invoice.customer_id, "amount": invoice.gross})
            receivables.allocate(scope, {"receipt_id": receipt.id, "invoice_id": invoice.id, "amount": invoice.gross})
        work(world)
    kinds = sorted((one["type"], one["data"].get("state")) for one in receiver.told())
    assert kinds == [("invoice.issued", None), ("invoice.payment_changed", "paid")]


def record_and_fail(scope: Scope) -> None:
    customer = builders.customer(scope.session, scope.administration_id, "k")
    receivables.record_receipt(scope, {"customer_id": customer, "amount": Decimal(5)})
    raise Conflict("Something else went wrong.")


def test_nobody_hears_of_what_was_undone(world: World) -> None:
    with listening() as (receiver, url):
        register(world, url)
        with pytest.raises(Conflict), world.database.write() as session:
            record_and_fail(builders.scope(session, world.ours_id, world.now[0]))
        work(world)
    assert receiver.came == []


def test_where_nobody_listens_nothing_is_written(world: World) -> None:
    pay(world)
    assert world.ours.get("/v1/events").get_json()["items"] == []


def test_an_endpoint_hears_only_what_it_asked_for_and_only_of_its_own_administration(world: World) -> None:
    with listening() as (receiver, url):
        register(world, url, kinds=["invoice.issued"])
        world.theirs.post("/v1/webhook-endpoints", {"url": url})
        pay(world)
        work(world)
    assert receiver.came == []


@pytest.mark.parametrize("answer", [Reply(500), Reply(302, headers={"Location": "/elsewhere"}), Reply(404)])
def test_what_is_not_taken_is_sent_again_with_the_same_id(world: World, answer: Reply) -> None:
    with listening() as (receiver, url):
        register(world, url)
        receiver.answer = lambda _: answer
        pay(world)
        work(world)
        receiver.answer = lambda _: Reply(200)
        hurry(world)
        work(world)
    first, second = receiver.came
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert world.ours.get("/v1/webhook-deliveries").get_json()["items"][0]["attempts"] == 2


def test_a_receiver_that_never_answers_is_tried_for_days_and_then_a_finding(world: World) -> None:
    with listening() as (receiver, url):
        register(world, url, kinds=["receipt.recorded"])
        receiver.answer = lambda _: Reply(200, manner=Manner.RESET)
        pay(world)
        for _ in range(len(WAITS) + 1):
            work(world)
            hurry(world)
        work(world)
    assert len(receiver.came) == len(WAITS) + 1
    [delivery] = world.ours.get("/v1/webhook-deliveries?state=failed").get_json()["items"]
    assert "no answer" in delivery["last_error"]
    [finding] = world.ours.get("/v1/findings?code=webhook_failed").get_json()["items"]
    assert "niet aangenomen" in finding["cause"]["nl"]


def test_gone_disables_the_endpoint(world: World) -> None:
    with listening() as (receiver, url):
        made = register(world, url)
        receiver.answer = lambda _: Reply(410)
        pay(world)
        work(world)
        pay(world, "11.00")
        work(world)
    assert len(receiver.came) == 1
    shown = world.ours.get(f"/v1/webhook-endpoints/{made['id']}").get_json()
    assert (shown["state"], shown["disabled_reason"]) == ("disabled", "it answered 410 Gone")


def test_what_was_missed_is_replayed_and_what_was_taken_only_on_request(world: World) -> None:
    with listening() as (receiver, url):
        made = register(world, url)
        pay(world)
        work(world)
        path = f"/v1/webhook-endpoints/{made['id']}"
        world.ours.patch(path, {"state": "disabled"})
        pay(world, "11.00")
        problem(world.ours.post(f"{path}/test"), 409, "endpoint_disabled")
        world.ours.patch(path, {"state": "active"})
        # What is told while nobody active listens is not kept: the second receipt was never an event.
        pay(world, "12.00")
        work(world)
        since = {"since": builders.NOW.isoformat()}
        assert world.ours.post(f"{path}/replay", since).get_json() == {"events": 0}
        assert world.ours.post(f"{path}/replay", since | {"only_missed": False}).get_json() == {"events": 2}
        work(world)
    assert sorted(one["data"]["amount"] for one in receiver.told()) == ["10.00", "10.00", "12.00", "12.00"]


def test_one_delivery_is_sent_again(world: World) -> None:
    with listening() as (receiver, url):
        register(world, url)
        pay(world)
        [delivery] = world.ours.get("/v1/webhook-deliveries").get_json()["items"]
        problem(world.ours.post(f"/v1/webhook-deliveries/{delivery['id']}/replay"), 409, "still_waiting")
        work(world)
        assert world.ours.post(f"/v1/webhook-deliveries/{delivery['id']}/replay").status_code == 200
        work(world)
    assert len(receiver.came) == 2


def test_for_a_day_after_a_rotation_both_secrets_sign(world: World) -> None:
    with listening() as (receiver, url):
        made = register(world, url)
        path = f"/v1/webhook-endpoints/{made['id']}"
        fresh = world.ours.post(f"{path}/rotate-secret").get_json()["secret"]
        pay(world)
        work(world)
        assert verified(receiver.came[0], made["secret"]) == verified(receiver.came[0], fresh)
        with world.database.write() as session:
            session.execute(update(WebhookEndpoint).values(previous_until=world.now[0] - timedelta(seconds=1)))
        pay(world, "11.00")
        work(world)
    verified(receiver.came[1], fresh)
    with pytest.raises(Exception, match="signature"):
        verified(receiver.came[1], made["secret"])


def test_the_secret_is_shown_once_and_stored_encrypted(world: World) -> None:
    made = register(world, "https://crm.example/hook")
    assert made["secret"] not in world.ours.get("/v1/webhook-endpoints").get_data(as_text=True)
    with world.database.read() as session:
        stored = session.scalars(select(WebhookEndpoint.secrets)).one()
    assert made["secret"].encode() not in stored


def test_an_endpoint_inside_is_refused_also_when_it_is_changed(world: World) -> None:
    body = problem(world.ours.post("/v1/webhook-endpoints", {"url": "https://192.168.1.1/x"}), 422, "invalid_input")
    assert body["errors"][0]["pointer"] == "/url"
    made = register(world, "https://crm.example/hook")
    path = f"/v1/webhook-endpoints/{made['id']}"
    problem(world.ours.patch(path, {"url": "https://[::1]/hook"}), 422, "invalid_input")


def test_old_events_are_forgotten_with_their_deliveries(world: World) -> None:
    with listening() as (_, url):
        register(world, url)
        pay(world)
        work(world)
    with world.database.write() as session:
        prune(session, world.now[0] + timedelta(days=91))
    assert world.ours.get("/v1/events").get_json()["items"] == []
    assert world.ours.get("/v1/webhook-deliveries").get_json()["items"] == []


def test_an_endpoint_is_taken_away_with_what_waited_for_it(world: World) -> None:
    with listening() as (receiver, url):
        made = register(world, url)
        pay(world)
        assert world.ours.send("DELETE", f"/v1/webhook-endpoints/{made['id']}").status_code == 204
        work(world)
    assert receiver.came == []
