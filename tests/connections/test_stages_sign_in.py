"""Signing in to Exact Online and Moneybird, from the address in the browser to a second sign-in, at their stages."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select

from billing_service.connections import connecting, open_connector, reading, signing_in
from billing_service.connections.tokens import StoredTokens
from billing_service.context import Context
from billing_service.store.connections import Connection
from billing_service.store.findings import Finding
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from billing_service.vault import Vault
from billing_service.worker.process import Worker
from connectors.base import SignInAgain
from tests import builders
from tests.builders import SECRET_KEY
from tests.connectors.stages.exact import ExactStage
from tests.connectors.stages.moneybird import MoneybirdStage

PUBLIC = "https://billing.example"
Stages = ExactStage | MoneybirdStage


class SignedIn:
    """One administration that connects to the stage; every secret of the connection is in its vault."""

    def __init__(self, database: Database, stage: Stages) -> None:
        self.database, self.stage = database, stage
        self.context = Context(database, stage.now, secret_keys=(SECRET_KEY,))
        with database.write() as session:
            self.administration = builders.administration(session)
        given = {"settings": stage.settings(), "secrets": {key: str(value) for key, value in stage.secrets().items()}}
        with self.scope() as scope:
            row = connecting.create(scope, self.vault, {"package": stage.package, "title": "Boekhouding"} | given)
            self.id: UUID = row.id

    vault = Vault((SECRET_KEY,))

    @contextmanager
    def scope(self) -> Iterator[Scope]:
        with self.database.write() as session:
            yield builders.scope(session, self.administration, self.stage.now())

    def sign_in(self) -> dict[str, str]:
        """What the person is asked there; agrees, comes back with the code, and a worker exchanges it."""
        with self.scope() as scope:
            begun = signing_in.begin(scope, self.context, connecting.get(scope, self.id), PUBLIC)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.address).query).items()}
        server = self.stage.exact if isinstance(self.stage, ExactStage) else self.stage.moneybird
        code = server.agree(asked["redirect_uri"])
        with self.database.write() as session:
            signing_in.answered(session, self.vault, asked["state"], code, PUBLIC, self.stage.now())
        self.work()
        return {"address": begun.address.partition("?")[0].removeprefix(self.stage.settings()["base_url"]), **asked}

    def read(self) -> None:
        with self.scope() as scope:
            reading.start(scope, connecting.get(scope, self.id))
        self.work()

    def work(self) -> None:
        Worker(self.context, tasks={}).drain()

    def row(self) -> Connection:
        with self.database.read() as session:
            return session.get_one(Connection, (self.administration, self.id))

    def findings(self) -> set[str]:
        with self.database.read() as session:
            return set(session.scalars(select(Finding.code).where(Finding.state == "open")))

    def check(self) -> Any:
        """One call over a connector of its own, as another process opens it."""
        return open_connector(self.context, self.administration, self.id).check()

    def stored(self) -> StoredTokens:
        return StoredTokens(self.database, self.vault, self.administration, self.id)


@pytest.fixture(params=["exact", "moneybird"])
def signed_in(request: pytest.FixtureRequest, database: Database) -> Iterator[SignedIn]:
    made: Stages = ExactStage("code", unlimited=True) if request.param == "exact" else MoneybirdStage("oauth")
    with made as stage:
        yield SignedIn(database, stage)


def test_from_the_first_sign_in_over_renewals_to_the_next(signed_in: SignedIn) -> None:
    stage = signed_in.stage
    asked = signed_in.sign_in()
    at = {"exact": "/api/oauth2/auth", "moneybird": "/oauth/authorize"}[stage.package]
    assert (asked["address"], asked["redirect_uri"]) == (at, f"{PUBLIC}/connections/signed-in")
    assert (asked["client_id"], asked["response_type"]) == ("client-1", "code")
    assert asked.get("scope") == {"exact": None, "moneybird": "sales_invoices settings"}[stage.package]
    assert signed_in.row().company_name
    assert signed_in.findings() == set()

    # The token ends: everybody notices at once, and one of them renews it for all.
    stage.advance(timedelta(minutes=10))
    before, calls = signed_in.stored().read(), stage.token_calls()
    seen: list[Any] = []
    threads = [threading.Thread(target=lambda: seen.append(signed_in.check())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (len(seen), stage.token_calls()) == (4, calls + 1)
    assert signed_in.stored().read().refresh != before.refresh

    # The person takes the consent back: the connection stops with a finding, and asks nothing any more.
    with signed_in.scope() as scope:
        row = connecting.get(scope, signed_in.id)
        row.state, row.start_date, row.activated_at = "active", scope.today, scope.now
    stage.lose_sign_in()
    stage.advance(timedelta(minutes=10))
    signed_in.read()
    assert (signed_in.row().state, signed_in.row().stop_cause) == ("stopped", "sign_in")
    assert "connection_sign_in" in signed_in.findings()
    calls = stage.token_calls()
    with pytest.raises(SignInAgain):
        signed_in.check()
    assert stage.token_calls() == calls

    # Signing in again repairs it. What goes out is still held where the mapping has gaps, and that says so.
    stage.advance(timedelta(minutes=1))
    signed_in.sign_in()
    assert signed_in.findings() == {"connection_mapping_missing"}
    assert signed_in.check().name == signed_in.row().company_name
