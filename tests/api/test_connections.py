"""Connecting an accounting package over HTTP, with a worker that calls it; and no secret ever comes back out."""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import structlog
from sqlalchemy import select

from billing_service import backup, logs
from billing_service.connections.tokens import StoredTokens
from billing_service.store import schema
from billing_service.store.connections import Connection
from billing_service.store.session import Database
from billing_service.vault import Vault
from billing_service.worker.process import Worker
from connectors.fake.wire import Trouble
from tests import builders
from tests.api.client import World, problem
from tests.connections.fakes import CANARY, SECRETS, FakeBooks

FILLED_IN: dict[str, Any] = {
    "package": "fake",
    "title": "Boekhouding",
    "settings": {"base_url": "http://fake.invalid", "client_id": "client-1"},
    "secrets": SECRETS | {"client_secret": f"{CANARY}-client-secret"},
}


class Desk:
    """Our administration over HTTP, and the package on the other side. Keeps every answer it got."""

    def __init__(self, world: World) -> None:
        self.world, self.books = world, FakeBooks(clock=lambda: world.now[0])
        self.books.package.secrets |= {"client_id": "client-1", "client_secret": f"{CANARY}-client-secret"}
        self.answers: list[str] = []
        with world.database.write() as session:
            self.customer = builders.customer(session, world.ours_id, "10001", kvk="30281234")

    def ask(self, method: str, path: str, body: Any = None, expect: int = 200, **headers: str) -> Any:
        answer = self.world.ours.send(method, f"/v1{path}", body, headers=headers)
        self.answers.append(f"{answer.headers} {answer.get_data(as_text=True)}")
        assert answer.status_code == expect, answer.get_data(as_text=True)
        return answer.get_json(force=True, silent=True)

    def work(self, job: dict[str, Any]) -> dict[str, Any]:
        Worker(self.books.context(self.world.database), tasks={}).drain()
        done = self.ask("GET", f"/jobs/{job['id']}")
        assert done["state"] == "done", done
        found: dict[str, Any] = done["result"]
        return found

    def connect(self, **values: Any) -> str:
        row = self.ask("POST", "/connections", FILLED_IN | values, 201)
        self.at = f"/connections/{row['id']}"
        return self.at

    def sign_in(self, thrown_back: list[str] | None = None) -> str:
        """Begins, agrees there, and comes back; the code. ``thrown_back``: the code is refused with all of these."""
        begun = self.ask("POST", f"{self.at}/sign-in")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(begun["address"]).query).items()}
        code = self.books.control.agree(asked["redirect_uri"])
        if thrown_back is not None:
            self.books.control.trouble(refusal(400, [code, *thrown_back], "POST /oauth/token"))
        page = self.world.app.test_client().get(f"/connections/signed-in?state={asked['state']}&code={code}")
        self.answers.append(page.get_data(as_text=True))
        assert page.status_code == 200, page.get_data(as_text=True)
        assert "U bent aangemeld" in page.get_data(as_text=True)
        Worker(self.books.context(self.world.database), tasks={}).drain()
        return code


def refusal(status: int, texts: list[str], when: str = ".*") -> Trouble:
    """The package refuses, and throws all of this back at us."""
    body = json.dumps({"error": {"code": "refused", "field": "", "message": " ".join(texts)}})
    return Trouble(when=when, status=status, body=body, times=3, applies=False)


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)


def test_a_bookkeeper_connects_a_package(desk: Desk) -> None:
    packages = {one["name"]: one for one in desk.ask("GET", "/packages")["items"]}
    assert {"name": "api_key", "required": True, "secret": True, "choices": []} in packages["fake"]["settings"]
    assert {one["name"] for one in packages["fake"]["capabilities"]} > {"search", "settle", "vat"}
    at = desk.connect()
    assert desk.ask("GET", at)["secret_names"] == ["api_key", "client_secret", "webhook_secret"]
    desk.sign_in()
    assert desk.ask("GET", at)["company_name"] == "Voorbeeld Helpdesk B.V."
    assert desk.work(desk.ask("POST", f"{at}/read", expect=202))["read"] is True
    accounts = desk.ask("GET", f"{at}/choices?kind=ledger_account")["items"]
    assert [one["code"] for one in accounts] == ["4990", "8000", "8100"]

    proposed = desk.ask("POST", f"{at}/accept-proposals")
    lines = [{name: one[name] for name in ("kind", "ours", "remote_id")} for one in proposed["mappings"]]
    mapped = [one for one in lines if one["remote_id"]] + [{"kind": "revenue", "remote_id": "gl-8000"}]
    tag = f'"{proposed["version"]}"'
    whole = desk.ask("PUT", f"{at}/mappings", {"mappings": mapped}, **{"If-Match": tag})
    assert all(one["remote_id"] and not one["problem"] for one in whole["mappings"])
    stale = desk.world.ours.send("PUT", f"/v1{at}/mappings", {"mappings": mapped}, headers={"If-Match": tag})
    problem(stale, 412, "stale_version")

    books = desk.books.package.books
    address = {"street": "Plein 1", "postal_code": "1111 AA", "city": "Ede", "country": "NL", "is_business": True}
    books.put_customer({"code": "D1", "name": "De Linde", "kvk_number": "30281234", **address})
    assert desk.work(desk.ask("POST", f"{at}/compare-customers", expect=202))["certain"] == 1
    assert desk.ask("POST", f"{at}/activate", {"start_date": "2026-03-01"}, 409)["type"].endswith("matches_undecided")
    assert desk.ask("POST", f"{at}/accept-certain-matches") == {"count": 1}
    (match,) = desk.ask("GET", f"{at}/matches")["items"]
    assert (match["state"], match["found_by"], match["customer_id"]) == ("accepted", "kvk_number", str(desk.customer))
    (known,) = desk.ask("GET", f"{at}/customers")["items"]
    assert (known["customer_id"], known["sent_at"]) == (str(desk.customer), None)
    active = desk.ask("POST", f"{at}/activate", {"start_date": "2026-03-01"})
    assert (active["state"], active["start_date"]) == ("active", "2026-03-01")
    assert desk.work(desk.ask("POST", f"{at}/take-opening-balance", expect=202))["items"] == 0
    assert desk.ask("GET", f"{at}/opening-items")["items"] == []


def test_an_incomplete_mapping_is_refused_by_name(desk: Desk) -> None:
    at = desk.connect()
    desk.sign_in()
    desk.work(desk.ask("POST", f"{at}/compare-customers", expect=202))
    refused = desk.ask("POST", f"{at}/activate", {"start_date": "2026-03-01"}, 409)
    assert [one["pointer"] for one in refused["errors"]] == ["vat S:21", "revenue", "journal"]


def test_a_stranger_who_comes_back_is_told_nothing(world: World) -> None:
    unknown = "niet (meer) bekend"
    for query, status, says in (
        ("state=made-up&code=x", 404, unknown),
        ("error=access_denied&state=made-up", 400, "geen toestemming"),
        ("", 400, unknown),
        (f"state=made-up&code={'y' * 5000}", 400, unknown),
    ):
        page = world.app.test_client().get(f"/connections/signed-in?{query}")
        assert page.status_code == status
        assert says in page.get_data(as_text=True)
        assert "made-up" not in page.get_data(as_text=True)


def test_without_a_key_in_the_environment_only_connecting_is_refused(world: World) -> None:
    world.app.extensions["billing"] = replace(world.app.extensions["billing"], secret_keys=())
    problem(world.ours.post("/v1/connections", FILLED_IN), 409, "no_secret_key")
    assert world.ours.get("/v1/connections").status_code == 200


# --- canaries -------------------------------------------------------------------------------------------------------


@pytest.fixture
def logged(capsys: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Everything is logged, down to the smallest."""
    root, structured = logging.getLogger(), structlog.get_config()
    handlers, level = root.handlers[:], root.level
    logs.configure("debug", "json")
    yield
    root.handlers[:], root.level = handlers, level
    structlog.configure(**structured)


@pytest.mark.usefixtures("logged")
def test_no_secret_is_in_an_answer_a_log_a_finding_or_a_backup(
    desk: Desk, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    at = desk.connect()
    codes = [desk.sign_in()]
    with desk.world.database.read() as session:
        connection = session.scalars(select(Connection.id)).one()
    vault = Vault((builders.SECRET_KEY,))
    tokens = StoredTokens(desk.world.database, vault, desk.world.ours_id, connection).read()
    secrets = [tokens.access, tokens.refresh, *FILLED_IN["secrets"].values()]
    for status in (400, 403, 422, 500, 401):
        desk.books.control.trouble(refusal(status, secrets))
        desk.work(desk.ask("POST", f"{at}/read", expect=202))
        desk.books.control.calm()
    codes.append(desk.sign_in(thrown_back=secrets))
    version = desk.ask("GET", at)["version"]
    desk.ask(
        "PATCH", at, {"secrets": {"api_key": secrets[1], "nothing": secrets[2]}}, 422, **{"If-Match": f'"{version}"'}
    )
    desk.ask("POST", "/connections", FILLED_IN, 409)
    for path in ("/connections", "/jobs", "/findings", "/audit-trail", f"{at}/mappings"):
        desk.ask("GET", path)
    backup.take(desk.world.database, tmp_path / "kept.backup", desk.world.now[0])
    desk.ask("POST", f"{at}/close", {"reason": "Klaar"})
    places = {
        "answers": "\n".join(desk.answers),
        "log": "".join(capsys.readouterr()),
        "backup": gzip.decompress((tmp_path / "kept.backup").read_bytes()).decode(),
    }
    assert "package.called" in places["log"]
    assert '"connections"' in places["backup"]
    for place, text in places.items():
        assert [secret for secret in [*codes, *secrets] if secret in text] == [], place


def test_a_backup_keeps_secrets_encrypted_and_they_open_where_the_key_is(desk: Desk, tmp_path: Path) -> None:
    desk.connect()
    backup.take(desk.world.database, tmp_path / "kept.backup", desk.world.now[0])
    text = gzip.decompress((tmp_path / "kept.backup").read_bytes()).decode()
    assert CANARY not in text
    elsewhere = Database(f"sqlite:///{tmp_path / 'elsewhere.sqlite3'}")
    schema.migrate(elsewhere)
    backup.restore(elsewhere, tmp_path / "kept.backup", desk.world.now[0], "cli")
    with elsewhere.read() as session:
        row = session.scalars(select(Connection)).one()
    elsewhere.close()
    opened = Vault((builders.SECRET_KEY,)).decrypt(row.id, row.secrets)
    assert opened == FILLED_IN["secrets"]
