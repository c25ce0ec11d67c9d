"""Canaries in every secret, and every kind of error while delivering: they appear nowhere but in the package."""

from __future__ import annotations

import gzip
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select

from billing_service import access, backup, logs
from billing_service.api import create_app
from billing_service.connections import connecting
from billing_service.connections.opening import tokens_of
from billing_service.context import Context
from billing_service.notifying import endpoints
from billing_service.notifying.endpoints import Rules
from billing_service.store.session import Database
from billing_service.store.tables import METADATA
from billing_service.vault import Vault
from connectors.fake.wire import Manner, Trouble
from connectors.http import Secret
from connectors.oauth import Tokens
from tests.api.client import Caller
from tests.builders import NOW, SECRET_KEY
from tests.connections.fakes import CANARY
from tests.delivery.world import Delivering

LIFE = 150
"""Seconds for which a token is good: it is renewed in the middle of a story."""
IN_URL = "canary7c02"
"""Whoever knows the address of a webhook may write to it; who may see the endpoint sees it, and the log does not."""
REFUSED = {
    r".*": (400, 403, 422, 500),
    r"POST /v1/documents": (409, 500),
    r"POST /oauth/token": (400, 500),
}
ECHO = f"Authorization: Bearer {CANARY}-access; key {CANARY}-api-key; {CANARY}-client-secret; {CANARY}-refresh"
"""What a package that quotes the question in its answer would say."""
TROUBLES = (
    *(Trouble(".*", manner=manner) for manner in (Manner.RESET, Manner.SILENCE, Manner.CUT)),
    *(Trouble(line, status=one, body=ECHO, applies=False) for line, statuses in REFUSED.items() for one in statuses),
    *(Trouble(line, status=200, body=f"<html>{ECHO}</html>") for line in REFUSED),
    Trouble(".*", status=429, body=ECHO, applies=False, headers={"Retry-After": "5", "X-Echo": ECHO}),
    Trouble(".*", status=302, applies=False, headers={"Location": f"https://elsewhere.example/?token={CANARY}"}),
    Trouble(".*", status=401, body=ECHO, applies=False, times=3),
)


class WithOAuth(Delivering):
    """The world that delivers, signed in by OAuth with tokens that are canaries."""

    @property
    def context(self) -> Context:
        return replace(super().context, webhook_networks=("127.0.0.0/8",))

    def sign_in(self) -> None:
        """As a person does after the package no longer accepts what is stored."""
        package = self.books.package
        package._refresh = f"{CANARY}-refresh"
        package._access = {f"{CANARY}-access": package.clock() + LIFE}
        pair = Tokens(
            Secret(f"{CANARY}-access"), Secret(f"{CANARY}-refresh"), self.now, self.now + timedelta(seconds=LIFE)
        )
        with self.scope() as scope:
            tokens_of(self.context, self.administration_id, self.connection_id).put(scope.session, pair)


@contextmanager
def debug_log() -> Iterator[None]:
    """Everything is logged that can be; logging is put back afterwards."""
    root, structured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    logs.configure("debug", "json")
    try:
        yield
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.configure(**structured)


def test_canaries_are_nowhere_to_be_read(database: Database, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    office = WithOAuth.founded(database, client_id="client-1")
    office.books.package.secrets |= {"client_id": "client-1", "client_secret": f"{CANARY}-client-secret"}
    with office.scope() as scope:
        rules = Rules(Vault((SECRET_KEY,)), ("127.0.0.0/8",))
        _, hook_secret = endpoints.create(scope, {"url": f"http://127.0.0.1:9/{IN_URL}"}, rules)
        _, key = access.create_key(scope, "bookkeeper", access.SCOPES)
    told: list[str] = []
    with debug_log():
        caller = Caller(create_app(office.context).test_client(), key)
        for trouble in TROUBLES:
            office.sign_in()
            _active(office)
            office.books.control.trouble(trouble)
            office.invoice("known")
            for _ in range(3):
                office.drain()
                office.advance(timedelta(seconds=70))
            office.books.control.calm()
        told += [
            _told(caller, path) for path in ("deliveries", "findings", "connections", "webhook-endpoints", "events")
        ]
    logged = "".join(capfd.readouterr())
    states = {row.state for row in office.deliveries()}
    assert {"delivered", "needs_attention"} <= states, states
    assert "package.called" in logged
    assert "worker.done" in logged
    assert len(told[0]) > 10_000
    canaries = (CANARY, hook_secret, hook_secret.removeprefix("whsec_"), SECRET_KEY, key)
    places = {"log": logged, "answers": "".join(told), "dump": _dump(database), "backup": _backup(database, tmp_path)}
    places["process"] = Path(f"/proc/{os.getpid()}/cmdline").read_text()
    found = [(place, canary) for place, text in places.items() for canary in canaries if canary in text]
    assert found == []
    assert IN_URL not in logged


def _active(office: Delivering) -> None:
    """A connection that was stopped because its sign-in was lost goes on."""
    with office.scope() as scope:
        row = connecting.not_closed(scope)
        if row.state == "stopped":
            row.checked_at = row.lists_read_at = scope.now + timedelta(seconds=1)  # as reading it with success does
            connecting.resume(scope, row)


def _told(caller: Caller, path: str) -> str:
    answer = caller.get(f"/v1/{path}")
    assert answer.status_code == 200, (path, answer.get_data(as_text=True))
    return str(answer.get_data(as_text=True))


def _dump(database: Database) -> str:
    """Every byte that the database keeps."""
    if database.is_sqlite:
        path = Path(database.engine.url.database or "")
        return "".join(one.read_bytes().decode("latin-1") for one in path.parent.glob(f"{path.name}*"))
    with database.read() as session:
        connection = session.connection()
        return "".join(str(row) for table in METADATA.sorted_tables for row in connection.execute(select(table)))


def _backup(database: Database, folder: Path) -> str:
    backup.take(database, folder / "backup.gz", NOW)
    return gzip.decompress((folder / "backup.gz").read_bytes()).decode()
