"""Bad input gets one clear refusal each, and nothing half done."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from werkzeug.test import EnvironBuilder, run_wsgi_app

from billing_service.api.glue.reading import MalformedJson, parse_json
from billing_service.context import Limits
from billing_service.errors import InvalidInput
from billing_service.store.session import Database
from tests.api.client import World, make_world, problem

LINDE = {"number": "10001", "name": "De Linde", "street": "Dorpsstraat 1", "postal_code": "1234 AB", "city": "Zwolle"}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("name", "", "is empty"),
        ("name", "   ", "is empty"),
        ("name", None, "may not be null"),
        ("name", 5, "is not text"),
        ("name", "x" * 201, "is longer than 200"),
        ("name", "two\nlines", "control character"),
        ("kvk", "1234567", "does not look like"),
        ("kvk", "1234567٣", "does not look like"),
        ("email", "nobody", "does not look like"),
        ("country", "nl", "does not look like"),
        ("country", "XX", "is no country code"),
        ("language", "de", "is not one of"),
        ("is_business", 1, "is not true or false"),
        ("is_business", "true", "is not true or false"),
        ("payment_term_days", -1, "is not between"),
        ("payment_term_days", 366, "is not between"),
        ("payment_term_days", 14.5, "is not a whole number"),
        ("payment_term_days", "14", "is not a whole number"),
        ("payment_term_days", True, "is not a whole number"),
        ("vat_number", "NL123456789B01", "check digits"),
        ("external_ids", {}, "Invalid type"),
        ("external_ids", [{"source": "crm"}], "is required"),
        ("external_ids", [{"source": "crm", "external_id": "a/b"}], "does not look like"),
        ("external_ids", [{"source": "crm", "external_id": "1"}] * 21, "more than 20"),
        ("nonsense", 1, "is not known here"),
    ],
)
def test_a_customer_that_cannot_be(world: World, field: str, value: Any, says: str) -> None:
    found = problem(world.ours.post("/v1/customers", LINDE | {field: value}), 422, "invalid_input")
    assert found["errors"][0]["pointer"].startswith(f"/{field}")
    assert says in found["errors"][0]["detail"]
    assert world.ours.get("/v1/customers").get_json()["items"] == []


def test_nul_and_half_characters_are_refused_wherever_they_hide(world: World) -> None:
    tariff = world.ours.post("/v1/tariffs", {"code": "a", "name": "A"}).headers["Location"]
    for text in ('"a\\u0000b"', '"\\ud800"'):
        for document in (f'{{"x": [{{"y": {text}}}]}}', f"{{{text}: 1}}"):
            body = f'{{"valid_from": "2026-01-01", "document": {document}}}'
            refused = world.ours.post(f"{tariff}/versions", data=body, content_type="application/json")
            assert problem(refused, 422, "invalid_input")["errors"][0]["pointer"].startswith("/document")


def test_a_pair_of_surrogates_is_one_character() -> None:
    assert parse_json(b'{"a": "\\ud83d\\ude00"}') == {"a": "😀"}


def test_a_document_too_deep_to_store_is_refused(world: World) -> None:
    tariff = world.ours.post("/v1/tariffs", {"code": "a", "name": "A"}).headers["Location"]
    deep: Any = {}
    for _ in range(40):
        deep = {"a": [deep]}
    refused = world.ours.post(f"{tariff}/versions", {"valid_from": "2026-01-01", "document": deep})
    assert problem(refused, 422, "invalid_input")["errors"][0]["pointer"] == "/document"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"a": 1,}',
        b"\xff\xfe{}",
        b'{"a": 1, "a": 1}',
        b'{"b": {"a": 1, "a": 2}}',
        b"[NaN]",
        b"[-Infinity]",
        b"[1e400]",
        b"[999999999999999999999999999999]",
        b"[9223372036854775808]",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'["a\x00b"]',
        b"{} {}",
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_what_is_no_json_that_two_readers_agree_on(raw: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse_json(raw)


def test_numbers_at_the_edge_are_read() -> None:
    assert parse_json(b"[9223372036854775807, -9223372036854775808, 1.5, -0]") == [2**63 - 1, -(2**63), 1.5, 0]


def test_nul_in_a_name_is_invalid_input() -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_json(b'{"a/b": {"x\\u0000": 1}}')
    assert refused.value.errors[0].pointer == "/a~1b"


def test_bodies_have_a_size(sqlite_database: Database) -> None:
    world = make_world(sqlite_database, Limits(body_bytes=1000))
    large = LINDE | {"name": "x" * 1000}
    problem(world.ours.post("/v1/customers", large), 413, "body_too_large")

    environ = EnvironBuilder("/v1/customers", method="POST", content_type="application/json").get_environ()
    assert "CONTENT_LENGTH" not in environ  # a chunked request does not say how long it is
    environ |= {
        "HTTP_TRANSFER_ENCODING": "chunked",
        "HTTP_AUTHORIZATION": f"Bearer {world.ours.key}",
        "HTTP_IDEMPOTENCY_KEY": "once",
        "wsgi.input_terminated": True,
        "wsgi.input": BytesIO(b" " * 10_000),
    }
    body, status, headers = run_wsgi_app(world.app, environ)
    assert status.startswith("413"), b"".join(body)
    assert headers["Content-Type"] == "application/problem+json"
    assert world.ours.get("/v1/customers").get_json()["items"] == []


@pytest.mark.parametrize(
    "query", ["number=a%00b", "number=%ff", "number=" + "9" * 30, "nonsense=1", "number=1&number=1", "number="]
)
def test_queries_that_cannot_be_right(world: World, query: str) -> None:
    problem(world.ours.get(f"/v1/customers?{query}"), 422, "invalid_input")


@pytest.mark.parametrize("segment", ["a%00b", "%ff", "a%2Fb", "x" * 5000, "%20", "é"])
def test_paths_that_name_nothing(world: World, segment: str) -> None:
    problem(world.ours.get(f"/v1/customers/by-external-id/crm/{segment}"), 404, "not_found")
    problem(world.ours.get(f"/v1/customers/{segment}"), 404, "not_found")
