"""Customers over HTTP: made, read, changed, found again by the id that another system gave them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from billing_service.store.audit import AuditRow
from tests.api.client import World, problem

LINDE: dict[str, Any] = {
    "number": "10001",
    "name": "Vereniging De Linde",
    "street": "Dorpsstraat 1",
    "postal_code": "1234 AB",
    "city": "Zwolle",
    "kvk": "30281234",
    "vat_number": "NL004495445B01",
    "email": "administratie@delinde.example",
}


def test_a_customer_is_made_read_and_listed(world: World) -> None:
    made = world.ours.post("/v1/customers", LINDE)
    assert made.status_code == 201
    body = made.get_json()
    assert made.headers["Location"] == f"/v1/customers/{body['id']}"
    assert body["country"] == "NL"
    assert body["is_business"] is True
    assert LINDE.items() <= body.items()
    assert world.ours.get(made.headers["Location"]).get_json() == body
    assert world.ours.get("/v1/customers").get_json() == {"items": [body], "next_cursor": None}
    assert world.ours.get("/v1/customers?number=99").get_json()["items"] == []
    assert world.theirs.get("/v1/customers").get_json()["items"] == []


def test_the_audit_trail_knows_who_made_the_customer_but_not_the_name(world: World) -> None:
    world.ours.post("/v1/customers", LINDE)
    with world.database.read() as session:
        row = session.scalars(select(AuditRow).where(AuditRow.noun == "customer")).one()
    assert row.actor == f"key:{world.ours.key.split('_')[1]}"
    assert row.changes["number"] == "10001"
    assert "De Linde" not in str(row.changes)


def test_a_number_given_twice_is_refused_and_changes_nothing(world: World) -> None:
    world.ours.post("/v1/customers", LINDE)
    body = problem(world.ours.post("/v1/customers", LINDE), 409, "already_exists")
    assert body["errors"] == [{"pointer": "/number", "detail": "is taken"}]
    assert len(world.ours.get("/v1/customers").get_json()["items"]) == 1


def test_everything_wrong_is_said_at_once(world: World) -> None:
    wrong = LINDE | {"country": "XX", "vat_number": "NL123456789B01", "kvk": "30281234"}
    body = problem(world.ours.post("/v1/customers", wrong), 422, "invalid_input")
    assert [error["pointer"] for error in body["errors"]] == ["/country"]
    wrong["country"] = "NL"
    body = problem(world.ours.post("/v1/customers", wrong), 422, "invalid_input")
    assert [error["pointer"] for error in body["errors"]] == ["/vat_number"]


def test_a_change_names_the_version_it_was_made_on(world: World) -> None:
    path = world.ours.post("/v1/customers", LINDE).headers["Location"]
    problem(world.ours.send("PATCH", path, {"city": "Kampen"}), 428, "precondition_required")
    changed = world.ours.patch(path, {"city": "Kampen"}, version=1)
    assert changed.get_json()["city"] == "Kampen"
    assert changed.headers["ETag"] == '"2"'
    problem(world.ours.patch(path, {"city": "Meppel"}, version=1), 412, "stale_version")
    assert world.ours.get(path).get_json()["city"] == "Kampen"


def test_another_system_finds_its_customer_again(world: World) -> None:
    path = "/v1/customers/by-external-id/crm/relation-17"
    problem(world.ours.get(path), 404, "not_found")
    made = world.ours.put(path, LINDE)
    assert made.status_code == 201
    again = world.ours.put(path, LINDE | {"name": "Vereniging De Eik", "kvk": None})
    assert again.status_code == 200
    assert again.get_json()["id"] == made.get_json()["id"]
    assert world.ours.get(path).get_json()["name"] == "Vereniging De Eik"
    problem(world.theirs.get(path), 404, "not_found")


def test_an_external_id_belongs_to_one_customer(world: World) -> None:
    pair = {"source": "crm", "external_id": "relation-17"}
    world.ours.post("/v1/customers", LINDE | {"external_ids": [pair]})
    second = LINDE | {"number": "10002", "external_ids": [pair]}
    body = problem(world.ours.post("/v1/customers", second), 409, "already_exists")
    assert body["errors"][0]["pointer"] == "/external_ids/0"
    assert len(world.ours.get("/v1/customers").get_json()["items"]) == 1
    world.theirs.post("/v1/customers", second)  # another administration has ids of its own
    assert len(world.theirs.get("/v1/customers").get_json()["items"]) == 1


def test_a_vat_number_is_checked_again_and_the_checks_are_listed(world: World) -> None:
    made = world.ours.post("/v1/customers", LINDE)
    path = f"{made.headers['Location']}/vat-number-checks"
    again = world.ours.post(path)
    assert again.status_code == 201
    assert (again.get_json()["valid"], again.get_json()["rule"], again.get_json()["problem"]) == (True, "form", None)
    listed = world.ours.get(path).get_json()["items"]
    assert [row["id"] for row in listed][1:] == [again.get_json()["id"]]
    assert world.ours.get(made.headers["Location"]).get_json()["vat_number_check"]["id"] == again.get_json()["id"]
    none = world.ours.post("/v1/customers", LINDE | {"number": "10002", "vat_number": None})
    problem(world.ours.post(f"{none.headers['Location']}/vat-number-checks"), 409, "no_vat_number")
