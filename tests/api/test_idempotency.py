"""A request may be repeated: the effect happens once and every repetition gets the first answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from billing_service.api import create_app
from billing_service.context import Context
from billing_service.store.access import IdempotencyKey
from billing_service.store.parties import Customer
from billing_service.store.session import Database
from billing_service.worker.schedule import prune_idempotency_keys
from tests.api.client import Caller, World, make_world, problem

LINDE = {"number": "10001", "name": "De Linde", "street": "Dorpsstraat 1", "postal_code": "1234 AB", "city": "Zwolle"}
EIK = LINDE | {"number": "10002"}


def customers(world: World) -> int:
    with world.database.read() as session:
        return session.scalar(select(func.count()).select_from(Customer)) or 0


def test_a_repetition_gets_the_first_answer_again(world: World) -> None:
    first = world.ours.post("/v1/customers", LINDE, key="once")
    again = world.ours.post("/v1/customers", LINDE, key="once")
    assert (again.status_code, again.data) == (first.status_code, first.data)
    for header in ("Location", "ETag", "Content-Type"):
        assert again.headers[header] == first.headers[header]
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert customers(world) == 1


def test_the_key_may_be_quoted_or_bare(world: World) -> None:
    world.ours.post("/v1/customers", LINDE, key='"once"')
    assert world.ours.post("/v1/customers", LINDE, key="once").headers["Idempotent-Replayed"] == "true"


def test_the_first_answer_is_given_even_when_the_customer_changed_since(world: World) -> None:
    first = world.ours.post("/v1/customers", LINDE, key="once")
    world.ours.patch(first.headers["Location"], {"city": "Kampen"})
    assert world.ours.post("/v1/customers", LINDE, key="once").get_json()["city"] == "Zwolle"


def test_a_key_is_for_one_request_only(world: World) -> None:
    world.ours.post("/v1/customers", LINDE, key="once")
    problem(world.ours.post("/v1/customers", EIK, key="once"), 422, "idempotency_key_reused")
    assert customers(world) == 1


def test_a_key_is_for_one_address_only(world: World) -> None:
    """An organisation and a tariff can be made with the same body; the second is not taken for a repetition."""
    body = {"code": "a", "name": "A"}
    assert world.ours.post("/v1/organisations", body, key="once").status_code == 201
    problem(world.ours.post("/v1/tariffs", body, key="once"), 422, "idempotency_key_reused")
    assert world.ours.get("/v1/tariffs").get_json()["items"] == []


def test_another_administration_has_keys_of_its_own(world: World) -> None:
    ours = world.ours.post("/v1/customers", LINDE, key="once")
    theirs = world.theirs.post("/v1/customers", LINDE, key="once")
    assert theirs.status_code == 201
    assert theirs.get_json()["id"] != ours.get_json()["id"]


def test_a_request_that_failed_leaves_its_key_free(world: World) -> None:
    problem(world.ours.post("/v1/customers", LINDE | {"kvk": "1"}, key="once"), 422, "invalid_input")
    problem(world.ours.post("/v1/customers", LINDE | {"country": "XX"}, key="once"), 422, "invalid_input")
    assert world.ours.post("/v1/customers", LINDE, key="once").status_code == 201


@pytest.mark.parametrize("key", ["x" * 256, "two words", "é", '"' + "x" * 256 + '"'])
def test_keys_that_cannot_be_stored_are_refused(world: World, key: str) -> None:
    problem(world.ours.post("/v1/customers", LINDE, key=key), 422, "malformed_idempotency_key")


def test_a_key_of_255_characters_is_fine(world: World) -> None:
    assert world.ours.post("/v1/customers", LINDE, key="x" * 255).status_code == 201


def test_thirty_twins_at_once_have_one_effect(world: World) -> None:
    """Thirty threads send the same request at the same moment: one customer, thirty equal answers."""

    def send(_: int) -> tuple[int, bytes, str | None]:
        caller = Caller(world.app.test_client(), world.ours.key)
        answer = caller.post("/v1/customers", LINDE, key="once")
        return answer.status_code, answer.data, answer.headers.get("Idempotent-Replayed")

    with ThreadPoolExecutor(30) as threads:
        answers = list(threads.map(send, range(30)))
    assert {status for status, _, _ in answers} == {201}
    assert len({body for _, body, _ in answers}) == 1
    assert sorted(str(replayed) for _, _, replayed in answers) == ["None"] + ["true"] * 29
    assert customers(world) == 1


def test_a_twin_that_keeps_running_makes_the_other_give_up(database: Database) -> None:
    """The first request holds its key in an open transaction; the second waits (here briefly) and then gets 409."""
    world = make_world(database)
    impatient = another_process(world, Database(database.url, lock_wait_seconds=0.2))
    with database.write() as session:
        session.add(
            IdempotencyKey(
                administration_id=world.ours_id, key="once", operation="?", body_sha256="?", created_at=world.now[0]
            )
        )
        session.flush()
        refused = impatient.post("/v1/customers", LINDE, key="once")
        problem(refused, 409, "busy")
        assert refused.headers["Retry-After"] == "1"
        session.rollback()
    assert world.ours.post("/v1/customers", LINDE, key="once").status_code == 201


def another_process(world: World, database: Database) -> Caller:
    return Caller(create_app(Context(database, lambda: world.now[0])).test_client(), world.ours.key)


def test_an_answer_that_held_a_secret_is_not_kept(world: World) -> None:
    wanted = {"label": "helpdesk", "scopes": ["customers:read"]}
    made = world.ours.post("/v1/api-keys", wanted, key="once").get_json()
    again = problem(world.ours.post("/v1/api-keys", wanted, key="once"), 409, "answer_not_kept")
    assert made["id"] in again["detail"]
    secret = made["key"].split("_", 2)[2]
    with world.database.engine.connect() as connection:
        for table in ("idempotency_keys", "api_keys", "audit_trail"):
            assert secret not in str(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
    assert len(world.ours.get("/v1/api-keys").get_json()["items"]) == 2


def test_operators_keys_are_remembered_too(world: World) -> None:
    wanted: dict[str, Any] = {"legal_name": "Bond", "street": "Plein 1", "postal_code": "1", "city": "Assen"}
    first = world.operator.post("/v1/administrations", wanted, key="once")
    again = world.operator.post("/v1/administrations", wanted, key="once")
    assert again.data == first.data
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(world.operator.get("/v1/administrations").get_json()["items"]) == 3


def test_keys_are_forgotten_after_thirty_days(world: World) -> None:
    world.ours.post("/v1/customers", LINDE, key="once")
    with world.database.write() as session:
        prune_idempotency_keys(session, world.now[0] + timedelta(days=30))
    assert "Idempotent-Replayed" in world.ours.post("/v1/customers", LINDE, key="once").headers
    with world.database.write() as session:
        prune_idempotency_keys(session, world.now[0] + timedelta(days=30, seconds=1))
    problem(world.ours.post("/v1/customers", LINDE, key="once"), 409, "already_exists")
