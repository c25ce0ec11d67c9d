"""The docs page, what the description promises to readers, and health: what needs no key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import text

from billing_service.api import openapi
from billing_service.context import Context
from billing_service.store import schema
from billing_service.store.session import Database
from tests.api.client import World, make_world, problem
from tests.api.walk import spec_app

SPEC = openapi.document(spec_app())
DESCRIBED = openapi.operations(SPEC)


def test_answers_may_grow_without_breaking_strict_readers() -> None:
    for name, shape in SPEC["components"]["schemas"].items():
        if name.endswith(("Out", "Page")):
            assert shape.get("additionalProperties") is not False, name
        if name.endswith(("In", "Patch", "Put")):
            assert shape.get("additionalProperties") is False, name


def test_money_and_amounts_are_text() -> None:
    def numbers(found: Any) -> list[Any]:
        if isinstance(found, dict):
            return [found] * (found.get("type") == "number") + [
                one for inner in found.values() for one in numbers(inner)
            ]
        return [one for inner in found for one in numbers(inner)] if isinstance(found, list) else []

    assert numbers(SPEC) == []


def test_what_a_post_makes_is_linked_to_what_reads_it() -> None:
    links = SPEC["paths"]["/v1/customers"]["post"]["responses"]["201"]["links"]
    assert links["get_made"] == {"operationId": "get_customer", "parameters": {"customer_id": "$response.body#/id"}}
    assert links["patch_made"]["parameters"]["header.If-Match"] == "$response.header.ETag"
    inner = SPEC["paths"]["/v1/administrations/{administration_id}/series"]["post"]["responses"]["201"]["links"]
    assert inner["get_made"]["parameters"]["administration_id"] == "$request.path.administration_id"


def test_the_docs_page_shows_every_operation_and_fetches_nothing(world: World) -> None:
    page = world.app.test_client().get("/docs")
    html = page.get_data(as_text=True)
    for method, path, described in DESCRIBED:
        assert f'id="{described["operationId"]}"' in html, (method, path)
        assert described["x-scopes"][0] in html
    assert "curl -X POST &#34;$BILLING/v1/customers&#34;" in html
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", html)
    assert "<script" not in html
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_health(world: World) -> None:
    nobody = world.app.test_client()
    assert nobody.get("/livez").get_json() == {"status": "ok"}
    ready = nobody.get("/readyz").get_json()
    assert (ready["status"], ready["schema"]) == ("ok", schema.head())


@contextmanager
def schema_is(world: World, version: str) -> Iterator[None]:
    """The database as another program would have it."""

    def say(found: str) -> None:
        with world.database.write() as session:
            session.execute(text(f"UPDATE alembic_version SET version_num = '{found}'"))

    say(version)
    try:
        yield
    finally:
        say(schema.head())


def test_not_ready_on_another_schema(world: World) -> None:
    with schema_is(world, "0000"):
        problem(world.app.test_client().get("/readyz"), 503, "schema_older")
        assert world.app.test_client().get("/livez").status_code == 200


@pytest.mark.parametrize(("version", "code"), [("0000", "schema_older"), ("9999", "schema_newer")])
def test_nothing_is_answered_from_another_schema_until_it_is_ours_again(world: World, version: str, code: str) -> None:
    world.app.extensions["billing_schema"] = schema.Watch(every=0)
    wish = {"code": "zwolle", "name": "Zwolle"}
    with schema_is(world, version):
        refused = world.ours.get("/v1/customers")
        problem(refused, 503, code)
        assert refused.headers["Retry-After"] == "30"
        problem(world.ours.post("/v1/organisations", wish), 503, code)
        problem(world.app.test_client().get("/quotes/any"), 503, code)
        for path in ("/livez", "/docs", "/openapi.json", "/problems"):
            assert world.app.test_client().get(path).status_code == 200
        problem(world.app.test_client().get("/nothing"), 404, "not_found")
    assert world.ours.get("/v1/organisations").get_json()["items"] == []
    assert world.ours.post("/v1/organisations", wish).status_code == 201


def test_the_schema_is_looked_up_once_in_a_while(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    really = schema.check
    monkeypatch.setattr(schema, "check", lambda database: (looked.append(1), really(database)))
    world.app.extensions["billing_schema"] = schema.Watch(every=60)
    for _ in range(3):
        assert world.ours.get("/v1/customers").status_code == 200
    assert len(looked) == 1


def test_without_a_database_the_process_lives_but_is_not_ready(sqlite_database: Database) -> None:
    world = make_world(sqlite_database)
    gone = Database("postgresql://postgres@127.0.0.1:1/none")
    world.app.extensions["billing"] = Context(gone, lambda: world.now[0])
    client = world.app.test_client()
    assert client.get("/livez").status_code == 200
    refused = client.get("/readyz")
    problem(refused, 503, "unavailable")
    assert refused.headers["Retry-After"] == "1"
    problem(world.ours.get("/v1/customers"), 503, "unavailable")
    assert "127.0.0.1" not in world.ours.get("/v1/customers").get_data(as_text=True)
