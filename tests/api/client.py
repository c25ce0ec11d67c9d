"""Talking to the API as a caller does: a key, headers, JSON in and out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from billing_service import access
from billing_service.api import create_app
from billing_service.context import Context, Limits
from billing_service.store.scope import OperatorScope
from billing_service.store.session import Database
from tests import builders


@dataclass(slots=True)
class Caller:
    """One API key. Every POST gets a fresh Idempotency-Key unless the story names one."""

    client: FlaskClient
    key: str

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.send("POST", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> TestResponse:
        return self.send("PUT", path, body, **options)

    def patch(self, path: str, body: Any, version: int | str | None = None, **options: Any) -> TestResponse:
        """Change what is at ``path``, on the version named or the current one."""
        tag = self.get(path).headers["ETag"] if version is None else f'"{version}"'
        headers = {"If-Match": tag} | options.pop("headers", {})
        return self.send("PATCH", path, body, headers=headers, **options)

    def send(
        self, method: str, path: str, body: Any = None, *, key: str | None = None, headers: Any = None, **options: Any
    ) -> TestResponse:
        sent = {"Authorization": f"Bearer {self.key}"}
        if method == "POST":
            sent["Idempotency-Key"] = key or str(uuid4())
        if body is not None:
            options["json"] = body
        return self.client.open(path, method=method, headers=sent | (headers or {}), **options)


@dataclass(slots=True)
class World:
    """Two administrations that know nothing of each other, and the clock they live by."""

    database: Database
    app: flask.Flask
    now: list[datetime]
    ours_id: UUID
    theirs_id: UUID
    ours: Caller
    theirs: Caller
    operator: Caller

    def caller(self, *scopes: str, administration_id: UUID | None = None) -> Caller:
        """A further key of our administration with just these scopes."""
        with self.database.write() as session:
            scope = builders.scope(session, administration_id or self.ours_id, self.now[0])
            _, key = access.create_key(scope, "test", scopes)
        return Caller(self.app.test_client(), key)


def make_world(database: Database, limits: Limits | None = None, now: datetime = builders.NOW) -> World:
    moments = [now]
    clock: Callable[[], datetime] = lambda: moments[0]  # noqa: E731 the story moves the clock
    keys, networks = (builders.SECRET_KEY,), ("127.0.0.0/8",)
    app = create_app(Context(database, clock, limits or Limits(), secret_keys=keys, webhook_networks=networks))
    with database.write() as session:
        ours = builders.administration(session)
        theirs = builders.administration(session, legal_name="Coöperatie Elders")
        api_keys = [access.create_key(builders.scope(session, one), "test", access.SCOPES)[1] for one in (ours, theirs)]
        _, operator = access.create_operator_key(OperatorScope(session, "cli", now), "operator")
    callers = [Caller(app.test_client(), key) for key in (*api_keys, operator)]
    return World(database, app, moments, ours, theirs, *callers)


def problem(response: TestResponse, status: int, code: str) -> dict[str, Any]:
    """The problem document of an answer that must be exactly this refusal."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    body: dict[str, Any] = response.get_json(force=True)
    assert body["type"] == f"/problems/{code}", body
    assert body["status"] == status
    assert body["request_id"] == response.headers["X-Request-Id"]
    return body
