"""Connecting an accounting package on the command line; and keys that are replaced without anybody noticing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet
from sqlalchemy import select

from billing_service import cli, vault
from billing_service.app import PROGRAM
from billing_service.cli.program import Program
from billing_service.connections import open_connector
from billing_service.connections.tokens import StoredTokens
from billing_service.notifying import endpoints
from billing_service.notifying.endpoints import Rules
from billing_service.store.connections import Connection, ConnectionMatch
from billing_service.store.session import Database
from billing_service.store.webhooks import WebhookEndpoint
from billing_service.vault import NoSecretKey, Vault
from connectors.http import Secret
from connectors.oauth import Tokens
from tests import builders
from tests.builders import NOW, SECRET_KEY
from tests.connections.fakes import CANARY, FakeBooks, active_connection
from tests.test_cli import own_folder  # noqa: F401 - a fixture for every test


class Line:
    """The command line of an operator with these keys, and the package on the other side."""

    def __init__(self, database: Database, keys: tuple[str, ...] = (SECRET_KEY,)) -> None:
        self.database, self.books, self.keys = database, FakeBooks(), keys

    def __call__(self, *words: object, answer: str | None = None) -> Result:
        context = replace(self.books.context(self.database), secret_keys=self.keys)
        program = Program(lambda _: context, PROGRAM.web_app, PROGRAM.make_worker)
        return CliRunner().invoke(cli.main, ["connection", *map(str, words)], obj=program, input=answer)

    def works(self, *words: object, answer: str | None = None) -> str:
        done = self(*words, answer=answer)
        assert done.exit_code == 0, done.output
        assert CANARY not in done.output
        return done.output


@pytest.fixture
def line(database: Database) -> Line:
    return Line(database)


@pytest.fixture
def administration(database: Database) -> UUID:
    with database.write() as session:
        made = builders.administration(session)
        builders.customer(session, made, "10001", name="Vereniging De Linde", kvk="30281234")
        return made


def create(line: Line, tmp_path: Path) -> str:
    (tmp_path / "hook").write_text(f"{CANARY}-webhook-secret\n")
    given = ("--setting", "base_url=http://fake.invalid", "--secret-file", f"webhook_secret={tmp_path / 'hook'}")
    made = ("create", "--package", "fake", "--title", "Boekhouding", *given, "--secret", "api_key")
    return line.works(*made, answer=f"{CANARY}-api-key\n")


@pytest.mark.usefixtures("administration")
def test_a_package_is_connected_step_by_step(line: Line, database: Database, tmp_path: Path) -> None:
    assert "Fake package" in line.works("packages")
    assert "webhook_secret" in line.works("packages", "fake")
    assert "no connection" in line("show").output
    assert "is filled in" in create(line, tmp_path)
    told = line.works("read")
    assert "Voorbeeld Helpdesk B.V." in told
    assert "not mapped: vat S:21" in told
    assert "Omzet helpdesk" in line.works("choices", "--kind", "ledger_account")
    mapped = line.works("map", "--proposals", "--to", "revenue:=gl-8000")
    assert "needed" not in mapped
    address = {"street": "Plein 1", "postal_code": "1111 AA", "city": "Ede", "country": "NL", "is_business": True}
    books = line.books.package.books
    known = books.put_customer({"code": "D1", "name": "De Linde", "kvk_number": "30281234", **address})
    maybe = books.put_customer({"code": "D2", "name": "Ver. De Linde", **address | {"postal_code": "1234 AB"}})
    told = line.works("match")
    assert "2 customers there; 2 may be ours." in told
    assert "10001 Vereniging De Linde" in told
    with database.read() as session:
        ids = {row.remote_id: row.id for row in session.scalars(select(ConnectionMatch))}
    assert "Ver. De Linde" not in line.works("match", "--accept", ids[known["id"]])
    refused = line("match", "--reject", ids[maybe["id"]])
    assert (refused.exit_code, "decided upon before" in refused.output) == (1, True)
    assert "documents from 2026-03-01 on" in line.works("activate", "--start-date", "2026-03-01")
    assert "number" in line.works("opening-balance")
    assert "active" in line.works("show")
    line.works("stop", "--reason", "Jaarafsluiting")
    assert "Jaarafsluiting" in line.works("show")
    line.works("resume")
    line.works("close", "--reason", "Ander pakket")


@pytest.mark.usefixtures("administration")
def test_what_goes_wrong_is_said_in_a_sentence(line: Line, tmp_path: Path) -> None:
    wrong = line("create", "--package", "fake", "--title", "B", "--setting", "base_url")
    assert (wrong.exit_code, "wants NAME=VALUE" in wrong.output) == (1, True)
    wrong = line("create", "--package", "fake", "--title", "B", "--secret-file", f"api_key={tmp_path / 'none'}")
    assert (wrong.exit_code, "cannot be read" in wrong.output) == (1, True)
    wrong = line("create", "--package", "fake", "--title", "B")
    assert "/settings/base_url: is needed" in wrong.output
    create(line, tmp_path)
    line.books.package.secrets["api_key"] = "another"
    wrong = line("read")
    assert (wrong.exit_code, "sign" in wrong.output) == (1, True)
    wrong = line("map", "--to", "tax:S:21=vat-21")
    assert "'tax' is none of" in wrong.output
    assert line("sign-in").exit_code == 1, "no client is filled in"
    line.works("change", "--setting", "client_id=client-1", "--secret", "client_secret", answer=f"{CANARY}-x\n")
    assert "/oauth/authorize?" in line.works("sign-in")


def test_keys_are_replaced_while_everything_goes_on(database: Database, administration: UUID) -> None:
    with database.write() as session:
        connection = active_connection(session, administration)
        scope = builders.scope(session, administration)
        tokens = Tokens(Secret("access"), Secret("refresh"), NOW, None)
        StoredTokens(database, Vault((SECRET_KEY,)), administration, connection).put(session, tokens)
        rules = Rules(Vault((SECRET_KEY,)), ("0.0.0.0/0",))
        endpoint, signs_with = endpoints.create(scope, {"url": "https://example.org/hook"}, rules)
    new = Fernet.generate_key().decode()
    assert Fernet(vault.make_key())
    assert "1 connections, 1 webhook endpoints" in Line(database, (new, SECRET_KEY)).works("rotate-secrets")
    only_new = Line(database, (new,))
    context = replace(only_new.books.context(database), secret_keys=(new,))
    assert open_connector(context, administration, connection).check().id == "1"
    assert StoredTokens(database, Vault((new,)), administration, connection).read().refresh == "refresh"
    with database.read() as session:
        row = session.get_one(Connection, (administration, connection))
        with pytest.raises(NoSecretKey):
            Vault((SECRET_KEY,)).decrypt(row.id, row.secrets)
        hook = session.get_one(WebhookEndpoint, (administration, endpoint.id))
        assert Vault((new,)).decrypt(hook.id, hook.secrets) == {"current": signs_with}
        with pytest.raises(NoSecretKey):
            Vault((SECRET_KEY,)).decrypt(hook.id, hook.secrets)
    lost = Line(database, (Fernet.generate_key().decode(),))("rotate-secrets")
    assert (lost.exit_code, "No key" in lost.output) == (1, True)
    assert open_connector(context, administration, connection).check().id == "1", "nothing was changed"
