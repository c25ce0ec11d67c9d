"""Walking every operation of the API: its promise, its address, a body that its schema accepts."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import flask
from werkzeug.routing import Rule

from billing_service.api import create_app, docs, openapi
from billing_service.api.glue.routes import Operation, operation_of
from billing_service.api.system import UNSCOPED
from billing_service.context import Context
from billing_service.store.session import Database


@dataclass(frozen=True, slots=True)
class Walked:
    """One operation. ``ids`` are the path parameters that name rows, ``codes`` those of the caller's own choosing."""

    name: str
    method: str
    rule: str
    promise: Operation
    ids: tuple[str, ...]
    codes: tuple[str, ...]
    body: bytes | None
    content_type: str | None
    query: tuple[str, ...]
    is_page: bool
    tagged: bool

    def __str__(self) -> str:
        return self.name

    def address(self, values: Mapping[str, Any]) -> str:
        """The operation's address; raises ``KeyError`` naming a parameter without a row in ``tests/api/seeds.py``."""
        chosen = {**dict.fromkeys(self.codes, "unknown-code"), **values, "valid_from": "2000-01-01"}
        return re.sub(r"<(?:[^:<>]+:)?([a-z_]+)>", lambda found: str(chosen[found[1]]), self.rule)

    def example(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON body of the docs page, with real ids where the seeds have them."""
        found: dict[str, Any] = json.loads(self.body or b"{}")
        return found | {name: str(values[name]) for name in found if name in values}

    def options(self, **headers: str) -> dict[str, Any]:
        """What a well-formed request carries."""
        sent = {"If-Match": '"1"'} if self.promise.conditional else {}
        found: dict[str, Any] = {"headers": sent | headers}
        if self.body is not None:
            found |= {"data": self.body, "content_type": self.content_type}
        return found


@functools.cache
def spec_app() -> flask.Flask:
    """An application without a database worth mentioning: only its routes and description are used."""
    return create_app(Context(Database("sqlite:///never-opened.sqlite3")))


def rules() -> list[Rule]:
    return list(spec_app().url_map.iter_rules())


@functools.cache
def operations() -> tuple[Walked, ...]:
    """Every operation that needs a key."""
    spec = openapi.document(spec_app())
    found = []
    for rule in rules():
        if rule.endpoint in UNSCOPED:
            continue
        promise = operation_of(spec_app().view_functions[rule.endpoint])
        assert promise is not None, f"{rule} was not made by Routes.operation: it has no scope"
        described = spec["paths"][re.sub(r"<(?:[^:<>]+:)?([a-z_]+)>", r"{\1}", rule.rule)][promise.method.lower()]
        found.append(_walked(rule, promise, spec, described))
    return tuple(sorted(found, key=lambda one: one.name))


def _walked(rule: Rule, promise: Operation, spec: dict[str, Any], described: dict[str, Any]) -> Walked:
    body, content_type = _body(spec, described)
    converters = {name: type(found).__name__ for name, found in rule._converters.items()}
    answers = described["responses"]
    shown = next((answers[code] for code in ("200", "201", "202") if code in answers), {})
    return Walked(
        described["operationId"],
        promise.method,
        rule.rule,
        promise,
        tuple(name for name, kind in converters.items() if kind == "UUIDConverter"),
        tuple(name for name, kind in converters.items() if kind != "UUIDConverter"),
        body,
        content_type,
        tuple(found["name"] for found in described.get("parameters", ()) if found["in"] == "query"),
        "next_cursor" in json.dumps(_schema(spec, shown)),
        "ETag" in shown.get("headers", {}),
    )


def _schema(spec: dict[str, Any], answer: dict[str, Any]) -> Any:
    content = answer.get("content", {})
    found = next(iter(content.values()), {}).get("schema", {})
    return list(docs._resolved(spec, found).get("properties", {}))


def _body(spec: dict[str, Any], described: dict[str, Any]) -> tuple[bytes | None, str | None]:
    content = described.get("requestBody", {}).get("content", {})
    if not content:
        return None, None
    if "application/json" in content and "$ref" in content["application/json"].get("schema", {}):
        schema = docs._resolved(spec, content["application/json"]["schema"])
        return json.dumps(docs._body(spec, schema)).encode(), "application/json"
    kind = next(iter(content))
    return b"", kind
