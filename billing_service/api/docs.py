"""The API description as the docs page shows it: operations by noun, each with its fields and a curl example."""

from __future__ import annotations

import json
from typing import Any, Final

from billing_service.api import openapi

_EXAMPLE_ID: Final = "01999999-9999-7999-8999-999999999999"
_BY_FORMAT: Final = {"uuid": _EXAMPLE_ID, "date": "2026-03-31", "date-time": "2026-03-31T10:00:00Z"}
_BY_TYPE: Final[dict[str, Any]] = {"string": "text", "integer": 1, "boolean": True, "object": {}, "number": 1}


def operation_groups(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Per noun: its description and its operations, ready for the page."""
    groups: dict[str, dict[str, Any]] = {
        tag["name"]: {"name": tag["name"], "description": tag.get("description", ""), "operations": []}
        for tag in spec["tags"]
    }
    for method, path, described in openapi.operations(spec):
        groups[described["tags"][0]]["operations"].append(_operation(spec, method, path, described))
    return list(groups.values())


def _operation(spec: dict[str, Any], method: str, path: str, described: dict[str, Any]) -> dict[str, Any]:
    body = described.get("requestBody", {}).get("content", {})
    kind: str | None = next(iter(body), None)
    schema = _resolved(spec, body[kind].get("schema", {})) if kind else {}
    parameters = [_resolved(spec, found) for found in _parameters(spec, path, described)]
    answers = {code: _resolved(spec, answer) for code, answer in described["responses"].items() if code[0] == "2"}
    return {
        "id": described["operationId"],
        "method": method,
        "path": path,
        "summary": described["summary"],
        "description": described.get("description", ""),
        "scopes": described["x-scopes"],
        "parameters": [_parameter(found) for found in parameters],
        "body_types": list(body),
        "fields": _fields(spec, schema),
        "answers": [(code, answer["description"], _answer_fields(spec, answer)) for code, answer in answers.items()],
        "curl": _curl(spec, method, path, kind, schema, parameters),
    }


def _parameters(spec: dict[str, Any], path: str, described: dict[str, Any]) -> list[Any]:
    shared: list[Any] = spec["paths"][path].get("parameters", [])
    return shared + list(described.get("parameters", []))


def _parameter(found: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": found["name"],
        "place": found["in"],
        "required": found.get("required", False),
        "type": _type(found.get("schema", {})),
        "description": found.get("description", ""),
    }


def _fields(spec: dict[str, Any], schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [
        {
            "name": name,
            "required": name in required,
            "type": _type(_resolved(spec, field)),
            "description": field.get("description", ""),
            "fields": _fields(spec, _inner(spec, field)),
        }
        for name, field in schema.get("properties", {}).items()
    ]


def _answer_fields(spec: dict[str, Any], answer: dict[str, Any]) -> list[dict[str, Any]]:
    content = answer.get("content", {})
    return _fields(spec, _resolved(spec, next(iter(content.values()))["schema"])) if content else []


def _inner(spec: dict[str, Any], field: dict[str, Any]) -> dict[str, Any]:
    found = _resolved(spec, field)
    return _resolved(spec, found["items"]) if "items" in found else found


def _resolved(spec: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """What a reference, also one among alternatives with null, points to."""
    if "$ref" in found:
        target: Any = spec
        for step in found["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return _resolved(spec, target)
    for alternatives in (found.get("anyOf", ()), found.get("allOf", ())):
        for alternative in alternatives:
            if "$ref" in alternative:
                return _resolved(spec, alternative)
    return found


def _type(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join("null" if word is None else str(word) for word in schema["enum"])
    kind = schema.get("type", "string" if "pattern" in schema else "object")
    if isinstance(kind, list):
        return " | ".join(str(word) for word in (schema.get("format", kind[0]), *kind[1:]))
    if kind == "array":
        items = schema.get("items", {})
        return f"list of {items.get('format', items.get('type', 'object'))}"
    return str(schema.get("format", kind))


def _curl(
    spec: dict[str, Any], method: str, path: str, kind: str | None, schema: dict[str, Any], parameters: list[Any]
) -> str:
    address = path
    lines = []
    for found in parameters:
        if found["in"] == "path":
            address = address.replace(f"{{{found['name']}}}", str(_example(spec, found["schema"], found["name"])))
        elif found["in"] == "header" and found.get("required"):
            value = '"1"' if found["name"] == "If-Match" else "$(uuidgen)"
            quote = "'" if found["name"] == "If-Match" else '"'
            lines.append(f"-H {quote}{found['name']}: {value}{quote}")
    if kind == "application/json":
        body = json.dumps(_body(spec, schema), ensure_ascii=False, indent=2)
        lines += [f"-H 'Content-Type: {kind}'", "-d '" + body.replace("'", "'\\''") + "'"]
    elif kind:
        lines += [f"-H 'Content-Type: {kind}'", "--data-binary @questions.file"]
    verb = "" if method == "GET" else f"-X {method} "
    first = f'curl {verb}"$BILLING{address}" -H "Authorization: Bearer $KEY"'
    return " \\\n  ".join([first, *lines])


def _body(spec: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """The required fields and those with an example of their own; the first one where there are none (a change)."""
    properties = schema.get("properties", {})
    required = schema.get("required", ())
    wanted = [name for name, field in properties.items() if name in required or "example" in field]
    wanted = wanted or list(properties)[:1]
    return {name: _example(spec, properties[name], name) for name in wanted}


def _example(spec: dict[str, Any], schema: dict[str, Any], name: str) -> Any:
    if "example" in schema:
        return schema["example"]
    schema = _resolved(spec, schema)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "array":
        return [_example(spec, schema["items"], name)]
    if kind == "object" and "properties" in schema:
        return _body(spec, schema)
    if schema.get("format") in _BY_FORMAT:
        return _BY_FORMAT[schema["format"]]
    return name if kind == "string" else schema.get("minimum", _BY_TYPE[kind])
