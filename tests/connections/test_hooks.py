"""A package calls: believed with its signature alone, and then the payments are read at once."""

from __future__ import annotations

import hashlib
import hmac
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from billing_service import receivables
from billing_service.api import create_app
from billing_service.api.hooks import LARGEST
from billing_service.context import Context
from billing_service.core.ids import new_id
from billing_service.store.collecting import COLLECT
from billing_service.store.connections import Connection
from billing_service.store.session import Database
from billing_service.store.tables import METADATA
from billing_service.store.work import OutboxRow
from billing_service.vault import Vault
from tests import builders
from tests.api.client import problem
from tests.connections.fakes import CANARY
from tests.connectors.stages import stage_of
from tests.connectors.stages.stage import Stage
from tests.delivery.world import Delivering

SIGNED = [("fake", "searchable"), ("exact", ""), ("moneybird", "")]


@dataclass
class Called:
    """A connection that its package calls. ``moment`` is the clock of both."""

    database: Database
    stage: Stage
    administration_id: UUID
    connection_id: UUID
    key: str
    later: timedelta = timedelta()

    def __post_init__(self) -> None:
        context = Context(self.database, lambda: self.stage.now() + self.later, secret_keys=(builders.SECRET_KEY,))
        self.client = create_app(context).test_client()

    def call(self, body: bytes, headers: Any, key: str | None = None, **options: Any) -> TestResponse:
        return self.client.post(f"/hooks/{key or self.key}", data=body, headers=dict(headers), **options)

    def asked(self, kind: str = COLLECT) -> int:
        with self.database.read() as session:
            found = select(func.count()).select_from(OutboxRow).where(OutboxRow.kind == kind)
            return session.scalar(found) or 0

    def set(self, **values: Any) -> None:
        with self.database.write() as session:
            session.execute(update(Connection).where(Connection.id == self.connection_id).values(**values))

    def secrets(self, **given: str) -> None:
        sealed = Vault((builders.SECRET_KEY,)).encrypt(self.connection_id, given)
        self.set(secrets=sealed, secret_names=sorted(given))


@contextmanager
def called(database: Database, package: str, kind: str) -> Iterator[Called]:
    stage_type = stage_of(package)
    with stage_type(kind or stage_type.kinds[0]) as stage:
        made, now = new_id(), stage.now()
        with database.write() as session:
            administration_id = builders.administration(session)
            row = Connection(
                administration_id=administration_id,
                id=made,
                package=package,
                title="Boekhouding",
                state="active",
                settings=stage.settings(),
                start_date=date(2026, 1, 1),
                webhook_key=f"key-of-{made.hex}",
                activated_at=now,
                created_at=now,
            )
            session.add(row)
        being = Called(database, stage, administration_id, made, f"key-of-{made.hex}")
        being.secrets(**{name: str(value) for name, value in stage.secrets().items()})
        yield being


@pytest.mark.parametrize(("package", "kind"), SIGNED, ids=[name for name, _ in SIGNED])
def test_what_its_package_signed_is_believed_and_nothing_else(
    database: Database, package: str, kind: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with called(database, package, kind) as being:
        remote_id = "66f9ab12-0c1d-4b7a-9f2e-8d3c5a6b7c10" if package == "exact" else "10023"
        body, headers = being.stage.hook("payment", remote_id)
        forged = being.stage.forgeries(body, headers, remote_id)
        forged |= {"truncated": (body[:-7], headers, timedelta()), "of another": (b"{}", headers, timedelta())}
        for how, (content, signed, later) in forged.items():
            being.later = later
            refused = problem(being.call(content, signed), 400, "signature_refused")
            assert (how, being.asked()) == (how, 0)
            assert CANARY not in str(refused)
        being.later = timedelta()
        assert being.call(body, headers).status_code == 200
        assert being.asked() == 1
        for _ in range(3):
            assert (being.call(body, headers).status_code, being.asked()) == (200, 1)
        told = "".join(capsys.readouterr())
        assert "hook.refused" in told
        assert "hook.heard" in told
        assert "canary" not in told
        assert being.key not in told


def emptily_signed(package: str, body: bytes, at: datetime) -> tuple[bytes, dict[str, str]]:
    """As whoever knows no secret would sign."""
    if package == "exact":
        content = body[len(b'{"Content":') : body.rindex(b',"HashCode"')]
        digest = hmac.new(b"", content, hashlib.sha256).hexdigest().upper()
        return b'{"Content":' + content + b',"HashCode":"' + digest.encode() + b'"}', {}
    moment = int(at.timestamp())
    digest = hmac.new(b"", f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {f"{package}-signature": f"t={moment},v1={digest}"}


@pytest.mark.parametrize(("package", "kind"), SIGNED, ids=[name for name, _ in SIGNED])
def test_a_signature_with_an_empty_secret_is_worth_nothing(sqlite_database: Database, package: str, kind: str) -> None:
    """Not while the secret is empty, and not while there is none: then the package only tries whether we answer."""
    with called(sqlite_database, package, kind) as being:
        body, headers = being.stage.hook("payment", "10023")
        nothing = emptily_signed(package, body, being.stage.now())
        secrets = {name: str(value) for name, value in being.stage.secrets().items()}
        problem(being.call(*nothing), 400, "signature_refused")
        being.secrets(**secrets | {"webhook_secret": ""})
        problem(being.call(*nothing), 400, "signature_refused")
        being.secrets(**{name: value for name, value in secrets.items() if name != "webhook_secret"})
        for content, signed in (nothing, (body, headers), (b"", {})):
            assert being.call(content, signed).status_code == 200
        assert being.asked() == 0


def test_exact_asks_with_an_empty_body_whether_anybody_listens(sqlite_database: Database) -> None:
    with called(sqlite_database, "exact", "") as being:
        answer = being.call(b"", {})
        assert (answer.status_code, answer.data, being.asked()) == (200, b"", 0)


def test_nobody_learns_anything_by_trying(sqlite_database: Database) -> None:
    """An unknown key, a closed connection and a package that sends no webhooks are one and the same."""
    with called(sqlite_database, "fake", "searchable") as being:
        body, headers = being.stage.hook("payment", "1")
        count = rows(sqlite_database)
        tried = ["x" * 43, being.key[:-1], being.key + "x", "..%2f", "%00" * 30, "a" * 5000]
        answers = [being.call(body, headers, key=key) for key in tried]
        being.set(state="closed")
        answers.append(being.call(body, headers))
        being.set(state="active", settings=being.stage.settings() | {"profile": "unsearchable"})
        answers.append(being.call(body, headers))
        said = {(one.status_code, one.get_json(force=True)["detail"]) for one in answers}
        assert said == {(404, "There is nothing at this address.")}
        assert rows(sqlite_database) == count
        being.client.application.extensions["billing_rate_limits"].forget()
        being.set(settings=being.stage.settings(), secrets=b"of a key that is gone")
        answer = being.call(body, headers)
        assert "BILLING" not in str(problem(answer, 503, "unavailable"))


def test_junk_is_cut_off_stores_nothing_and_stops_nobody_else(sqlite_database: Database) -> None:
    with called(sqlite_database, "fake", "searchable") as being:
        count = rows(sqlite_database)
        problem(being.call(b"x" * (LARGEST + 1), {}), 413, "body_too_large")
        chunked = {"wsgi.input_terminated": True, "wsgi.input": io.BytesIO(b"x" * (LARGEST + 1))}
        problem(being.client.post(f"/hooks/{being.key}", environ_overrides=chunked), 413, "body_too_large")
        statuses = [being.call(b"junk", {}).status_code for _ in range(70)]
        assert statuses[:60] == [400] * 60
        assert set(statuses[60:]) == {429}
        assert rows(sqlite_database) == count
        assert being.call(*being.stage.hook("payment", "1")).status_code == 200
        assert being.asked() == 1


def test_a_connection_that_stands_still_is_not_set_going(sqlite_database: Database) -> None:
    """While it is prepared or stopped hooks are taken, so that the package does not give up on us."""
    with called(sqlite_database, "moneybird", "") as being:
        for state in ({"state": "preparing"}, {"state": "stopped", "stop_cause": "person", "stopped_at": builders.NOW}):
            being.set(**state)
            assert being.call(*being.stage.hook("payment", "1")).status_code == 200
        assert being.asked() == 0


def rows(database: Database) -> dict[str, int]:
    with database.read() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0 for table in METADATA.sorted_tables
        }


# --- what comes of it -----------------------------------------------------------------------------------------------


def test_paid_there_called_and_settled_here_in_the_next_turn_of_the_worker(database: Database) -> None:
    delivering = Delivering.founded(database)
    client = create_app(delivering.context).test_client()
    invoice = delivering.invoice()
    delivering.drain()
    delivery = delivering.delivery(invoice)
    with delivering.scope() as scope:
        key = scope.session.scalars(select(Connection.webhook_key)).one()
        gross = receivables.standing(scope, invoice).open
    paid = delivering.books.control.pay(delivery.number, gross, date(2026, 3, 31))
    with delivering.scope() as scope:
        assert receivables.standing(scope, invoice).state == "open"
    hook = delivering.books.control.hook(about="payment", of=paid["id"])
    for _ in range(2):
        assert client.post(f"/hooks/{key}", data=hook[0], headers=hook[1]).status_code == 200
    delivering.drain()
    with delivering.scope() as scope:
        assert receivables.standing(scope, invoice).state == "paid"
    assert client.post(f"/hooks/{key}", data=hook[0], headers=hook[1]).status_code == 200
    delivering.drain()
    with delivering.scope() as scope:
        standing = receivables.standing(scope, invoice)
        assert (standing.state, standing.paid) == ("paid", gross)
