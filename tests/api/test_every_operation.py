"""What holds for every operation, found by walking the URL map: a new noun is judged without anybody adding a test."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import TestResponse

from billing_service.access import OPERATOR, SCOPES
from billing_service.api.system import UNSCOPED
from tests.api import seeds
from tests.api.client import Caller, World, problem
from tests.api.walk import Walked, operations, rules, spec_app

OPERATIONS = operations()
JSON_BODIES = [one for one in OPERATIONS if one.content_type == "application/json" and not one.promise.bulk]


def seeded(world: World, administration_id: Any) -> seeds.Seeded:
    with world.database.write() as session:
        return seeds.seed(session, administration_id)


def call(caller: Caller, one: Walked, values: seeds.Seeded, **headers: str) -> TestResponse:
    return caller.send(one.method, one.address(values), **one.options(**headers))


def test_every_route_is_an_operation_with_a_known_scope_or_needs_no_key_on_purpose() -> None:
    endpoints = {rule.endpoint for rule in rules()}
    assert endpoints >= UNSCOPED
    assert len(endpoints - UNSCOPED) == len(OPERATIONS)
    for one in OPERATIONS:
        assert one.promise.scopes, one
        assert set(one.promise.scopes) <= {*SCOPES, OPERATOR}, one
        assert one.rule.startswith("/v1/"), one


def test_every_scope_opens_something() -> None:
    used = {scope for one in OPERATIONS for scope in one.promise.scopes}
    assert used == {*SCOPES, OPERATOR}


def test_every_post_that_writes_is_repeatable_and_every_patch_names_its_version() -> None:
    for one in OPERATIONS:
        assert one.promise.repeatable or one.method != "POST" or not one.promise.writes, one
        assert one.promise.conditional or one.method != "PATCH", one


def test_without_a_key_nothing_opens(world: World) -> None:
    nobody = world.app.test_client()
    for one in OPERATIONS:
        address = one.address(dict.fromkeys(one.ids, "01999999-9999-7999-8999-999999999999"))
        refused = nobody.open(address, method=one.method, **one.options())
        problem(refused, 401, "not_signed_in")
        assert refused.headers["WWW-Authenticate"].startswith("Bearer")
        world.app.extensions["billing_rate_limits"].forget()


def test_a_key_without_the_scope_is_refused(world: World) -> None:
    ours = seeded(world, world.ours_id)
    for one in OPERATIONS:
        others = [scope for scope in SCOPES if scope not in one.promise.scopes]
        problem(call(world.caller(*others), one, ours), 403, "not_allowed")


def test_another_administrations_ids_do_not_exist(world: World) -> None:
    """Every operation × every id in its address: with theirs in our place, nothing is found and nothing is changed."""
    ours, theirs = seeded(world, world.ours_id), seeded(world, world.theirs_id)
    tried = 0
    for one in OPERATIONS:
        caller = world.operator if one.promise.scopes == (OPERATOR,) else world.ours
        for name in one.ids:
            assert name in theirs, f"{one}: give {name} a row in tests/api/seeds.py"
            answer = call(caller, one, ours | {name: theirs[name]})
            assert answer.status_code == 404, (str(one), name, answer.status_code, answer.get_data(as_text=True))
            problem(answer, 404, "not_found")
            tried += 1
    assert tried >= 25


def test_our_own_ids_do_exist(world: World) -> None:
    """The counter-proof of the matrix above: the same requests with our own ids get past 404.

    Those that read share their rows; each that changes something has rows of its own.
    """
    fresh: seeds.Seeded = {}
    for one in sorted(OPERATIONS, key=lambda one: one.method.upper() != "GET"):
        if not one.ids:
            continue
        if not fresh or one.method.upper() != "GET":
            with world.database.write() as session:
                fresh = seeds.seed(session, seeds.new_administration(session))
        caller = world.caller(*SCOPES, administration_id=fresh["administration_id"])
        answer = call(caller, one, fresh)
        missing = one.codes and answer.status_code == 404
        assert answer.status_code != 404 or missing, (str(one), answer.get_data(as_text=True))


def test_a_change_on_another_version_is_refused(world: World) -> None:
    ours = seeded(world, world.ours_id)
    conditional = [one for one in OPERATIONS if one.promise.conditional]
    assert conditional
    for one in conditional:
        problem(call(world.ours, one, ours, **{"If-Match": '"999"'}), 412, "stale_version")
        problem(call(world.ours, one, ours, **{"If-Match": "nonsense"}), 422, "malformed_precondition")
        options = one.options()
        del options["headers"]["If-Match"]
        problem(world.ours.send(one.method, one.address(ours), **options), 428, "precondition_required")


def test_a_post_without_idempotency_key_is_refused(world: World) -> None:
    ours = seeded(world, world.ours_id)
    for one in (one for one in OPERATIONS if one.promise.repeatable):
        caller = world.operator if one.promise.scopes == (OPERATOR,) else world.ours
        problem(call(caller, one, ours, **{"Idempotency-Key": ""}), 400, "idempotency_key_required")


def test_what_has_a_version_is_not_sent_twice(world: World) -> None:
    ours = seeded(world, world.ours_id)
    tagged = [one for one in OPERATIONS if one.method == "GET" and one.tagged and not one.codes]
    assert tagged
    for one in tagged:
        first = call(world.ours, one, ours)
        assert first.status_code == 200, (str(one), first.get_data(as_text=True))
        again = call(world.ours, one, ours, **{"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b""), one
        assert again.headers["ETag"] == first.headers["ETag"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=1&limit=2", "limt=5", "cursor=AAAA", "cursor=" + "A" * 32]
)
def test_lists_refuse_a_query_that_cannot_be_right(world: World, query: str) -> None:
    ours = seeded(world, world.ours_id)
    pages = [one for one in OPERATIONS if one.is_page and "limit" in one.query]
    assert len(pages) >= 10
    for one in pages:
        caller = world.operator if one.promise.scopes == (OPERATOR,) else world.ours
        answer = caller.get(f"{one.address(ours)}?{query}")
        assert answer.status_code == 422, (str(one), answer.get_data(as_text=True))
        assert answer.get_json(force=True)["errors"][0]["pointer"].startswith("?"), one


def test_every_body_is_read_strictly(world: World) -> None:
    ours = seeded(world, world.ours_id)
    for one in JSON_BODIES:
        caller = world.operator if one.promise.scopes == (OPERATOR,) else world.ours
        sent = {"headers": one.options()["headers"]}
        address = one.address(ours)
        unknown = caller.send(one.method, address, one.example(ours) | {"no_such_field": 1}, **sent)
        pointers = [error["pointer"] for error in problem(unknown, 422, "invalid_input")["errors"]]
        assert "/no_such_field" in pointers, one
        foreign = caller.send(one.method, address, data=one.body, content_type="text/plain", **sent)
        problem(foreign, 415, "unsupported_media_type")
        for broken in (b"{", b'{"a": NaN}', b'{"a": 1, "a": 2}', b'{"a": "\xff"}', b"[" * 100_000, b'{"a": 1e999}'):
            answer = caller.send(one.method, address, data=broken, content_type="application/json", **sent)
            problem(answer, 400, "malformed_json")


def test_the_examples_on_the_docs_page_are_accepted_as_they_stand(world: World) -> None:
    """No example body is refused by its own schema; what the domain says of ids that do not exist is another matter."""
    ours = seeded(world, world.ours_id)
    for one in JSON_BODIES:
        caller = world.operator if one.promise.scopes == (OPERATOR,) else world.ours
        sent = {"headers": one.options()["headers"]}
        answer = caller.send(one.method, one.address(ours), one.example(ours), **sent)
        body = answer.get_json(force=True)
        refused = [error for error in body.get("errors", ()) if "is no" not in error["detail"]]
        assert answer.status_code < 422 or not refused or answer.status_code == 409, (str(one), body)


def test_no_answer_may_be_kept_by_a_cache_or_shown_in_a_frame(world: World) -> None:
    answer = world.ours.get("/v1/customers")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Server" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_addresses_and_methods_that_do_not_exist(world: World) -> None:
    problem(world.ours.get("/v1/nothing"), 404, "not_found")
    problem(world.ours.get("/v1/customers/not-an-id"), 404, "not_found")
    for method in ("DELETE", "OPTIONS", "TRACE", "PUT"):
        answer = world.ours.send(method, "/v1/customers")
        problem(answer, 405, "method_not_allowed")
        assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


def test_a_defect_gives_a_request_id_and_no_trace(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def defect(*_: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("billing_service.parties.customers.create", defect)
    body = {"number": "1", "name": "A", "street": "B", "postal_code": "C", "city": "D"}
    answer = world.ours.post("/v1/customers", body, headers={"X-Request-Id": "from-the-caller"})
    found = problem(answer, 500, "internal_error")
    assert found["request_id"] == "from-the-caller"
    assert "secret inside" not in answer.get_data(as_text=True)


def test_request_ids_that_could_forge_a_log_line_are_replaced(world: World) -> None:
    answer = world.ours.get("/v1/customers", headers={"X-Request-Id": "x" * 65})
    assert len(answer.headers["X-Request-Id"]) == 32


def test_every_route_of_the_application_is_described() -> None:
    assert len({one.name for one in OPERATIONS}) == len(OPERATIONS)
    assert spec_app().view_functions
