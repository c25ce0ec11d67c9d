"""The published description says what the API does, and is the file in the repository."""

from __future__ import annotations

import re
from pathlib import Path

from openapi_spec_validator import validate

from billing_service.api import openapi
from billing_service.api.system import UNSCOPED
from tests.api.walk import rules, spec_app

FILE = Path(__file__).parents[2] / "openapi.json"


def test_the_file_in_the_repository_is_what_the_code_generates() -> None:
    assert FILE.read_text("utf-8") == openapi.text(spec_app()), "make openapi writes it anew"


def test_the_description_is_valid_openapi() -> None:
    validate(openapi.document(spec_app()))


def test_every_address_of_the_api_is_described_and_nothing_else() -> None:
    described = {(method, path) for method, path, _ in openapi.operations(openapi.document(spec_app()))}
    served = {
        (method, re.sub(r"<(?:[^:<>]+:)?([a-z_]+)>", r"{\1}", rule.rule))
        for rule in rules()
        if rule.endpoint not in UNSCOPED
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == served


def test_every_operation_says_what_it_is_for_and_which_scope_it_needs() -> None:
    for method, path, described in openapi.operations(openapi.document(spec_app())):
        assert described["summary"], (method, path)
        assert described["x-scopes"], (method, path)
        assert described["security"] == [{"ApiKey": []}], (method, path)


def test_every_refusal_is_a_problem_document() -> None:
    document = openapi.document(spec_app())
    for method, path, described in openapi.operations(document):
        for status, answer in described["responses"].items():
            if status[0] in "45":
                named = answer["$ref"].rpartition("/")[2] if "$ref" in answer else None
                refusal = document["components"]["responses"][named] if named else answer
                assert list(refusal["content"]) == ["application/problem+json"], (method, path, status)
