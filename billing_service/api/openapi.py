"""The OpenAPI 3.1 description, generated from the code; a test compares ``openapi.json`` in the repository with it.

Links say how one operation's answer feeds the next, so that tools (and readers) can walk from a POST to what it made.
"""

from __future__ import annotations

import json
from typing import Any, Final

import flask

from billing_service.api import description

_METHODS: Final = ("get", "put", "post", "patch", "delete")
_KEPT: Final = "billing_openapi"
_CREATED: Final = "201"


def document(app: flask.Flask) -> dict[str, Any]:
    """The description of this application; made at the first call."""
    if _KEPT not in app.extensions:
        spec = description.of(app)
        _add_links(spec["paths"])
        app.extensions[_KEPT] = spec
    found: dict[str, Any] = app.extensions[_KEPT]
    return found


def text(app: flask.Flask) -> str:
    """The description as it stands in ``openapi.json``."""
    return json.dumps(document(app), indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def operations(spec: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation."""
    return [
        (method.upper(), path, described[method])
        for path, described in spec["paths"].items()
        for method in _METHODS
        if method in described
    ]


def _add_links(paths: dict[str, Any]) -> None:
    """From every POST that makes something at ``/x`` to the operations at ``/x/{…}`` that take its id."""
    for path, described in paths.items():
        answer = described.get("post", {}).get("responses", {}).get(_CREATED)
        target = next((other for other in paths if _is_item(other, path)), None)
        if answer is None or target is None:
            continue
        parameters = _path_parameters(target, path)
        answer["links"] = {
            f"{method}_made": {"operationId": paths[target][method]["operationId"], "parameters": parameters}
            for method in ("get", "patch", "delete")
            if method in paths[target]
        }
        if "patch" in paths[target]:
            answer["links"]["patch_made"]["parameters"] = {**parameters, "header.If-Match": "$response.header.ETag"}


def _is_item(other: str, path: str) -> bool:
    below = other.removeprefix(path + "/")
    return other != below and below.startswith("{") and below.endswith("_id}") and "/" not in below


def _path_parameters(target: str, path: str) -> dict[str, str]:
    names = [part[1:-1] for part in target.split("/") if part.startswith("{")]
    given = {name: f"$request.path.{name}" for name in names if f"{{{name}}}" in path}
    return {**given, names[-1]: "$response.body#/id"}
