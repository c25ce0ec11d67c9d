"""A copy that was brought back from a backup calls nobody until a person says so; then nothing is there twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, update

from billing_service import backup, cli
from billing_service.app import PROGRAM
from billing_service.cli.program import Program
from billing_service.connections import connecting, reading, signing_in
from billing_service.connections.tokens import StoredTokens
from billing_service.context import Context
from billing_service.notifying import endpoints, replay_since
from billing_service.notifying.endpoints import Rules
from billing_service.store import collecting, dispatch
from billing_service.store.connections import Connection
from billing_service.store.deliveries import Delivery
from billing_service.store.findings import Finding
from billing_service.store.session import Database
from billing_service.store.work import ScheduleRow
from billing_service.vault import Vault
from billing_service.worker.process import Worker
from billing_service.worker.schedule import Schedule
from billing_service.worker.work import Pace
from connectors.fake.wire import Reply, Request
from connectors.http import Secret
from connectors.oauth import Tokens
from tests.builders import SECRET_KEY
from tests.delivery.world import Delivering
from tests.invoicing.world import World
from tests.notifying.test_webhooks import Receiver, listening
from tests.operate.conftest import Elsewhere, kind_of

RULES = Rules(Vault((SECRET_KEY,)), ("127.0.0.0/8",))


class Story(Delivering):
    """Deliveries, webhooks to a receiver, and a list of every call that reached the package."""

    calls: list[str]

    @classmethod
    def of(cls, database: Database, **connection: str) -> Story:
        story = cls.founded(database, **connection)
        story.calls = []
        handle = story.books.package.handle

        def counted(request: Request) -> Reply:
            story.calls.append(f"{request.method} {request.path}")
            return handle(request)

        story.books.package.handle = counted  # type: ignore[method-assign]
        return story

    def copied(self, database: Database) -> Story:
        copy = Story(database, self.books)
        copy.join(World.rejoined(database, self.world))
        copy.connection_id, copy.calls, copy.now = self.connection_id, self.calls, self.now
        return copy

    @property
    def context(self) -> Context:
        return replace(super().context, webhook_networks=RULES.networks)

    def everything(self) -> None:
        """What workers and their schedule do for a day, whatever is due."""
        for _ in range(3):
            Schedule(self.context).run_due()
            Worker(self.context, Pace(), tasks={}).drain()
            self.advance(timedelta(hours=12))
            with self.database.write() as session:
                session.execute(update(ScheduleRow).values(due_at=datetime(2026, 1, 1, tzinfo=UTC)))

    def connection(self) -> Connection:
        with self.database.read() as session:
            return session.get_one(Connection, (self.administration_id, self.connection_id))

    def findings(self) -> set[str]:
        with self.database.read() as session:
            open_ = select(Finding.code).where(Finding.state == "open", Finding.code.not_in(["series_blocked"]))
            return set(session.scalars(open_))

    def line(self, *words: str) -> Result:
        program = Program(lambda _: self.context, PROGRAM.web_app, PROGRAM.make_worker)
        return CliRunner().invoke(cli.main, words, obj=program)


@pytest.fixture
def story(database: Database) -> Story:
    return Story.of(database)


@contextmanager
def heard(story: Story) -> Iterator[tuple[Receiver, UUID]]:
    """Somebody who listens to invoices that are issued."""
    with listening() as (receiver, url), story.scope() as scope:
        row, _ = endpoints.create(scope, {"url": url, "kinds": ["invoice.issued"]}, RULES)
        scope.session.commit()
        yield receiver, row.id


def asked_for(story: Story) -> None:
    """Everything there is that calls the package is under way."""
    with story.scope() as scope:
        reading.start(scope, connecting.get(scope, story.connection_id))
        collecting.ask(scope, story.connection_id)


def test_a_restored_copy_waits_for_a_person_and_then_finds_what_the_original_delivered(
    story: Story, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    with heard(story) as (receiver, endpoint_id):
        first = story.invoice()
        asked_for(story)
        with story.scope() as scope:  # of the second nothing was asked for yet: the backup fell in between
            second = story.invoice("C-2")
            scope.session.execute(Delivery.__table__.delete().where(Delivery.subject_id == second))
        backup.take(story.database, tmp_path / "monday", story.now)
        with story.scope() as scope:
            dispatch.begin(scope, story.connection_id)
        story.settle()  # the original goes on
        assert [story.delivery(one).state for one in (first, second)] == ["delivered"] * 2
        told = [request.headers["webhook-id"] for request in receiver.came]
        assert len(told) == 2

        target = elsewhere(kind_of(story.database))
        held = backup.restore(target, tmp_path / "monday", story.now, "cli").held
        assert (held.connections_held, held.webhook_endpoints_held, held.deliveries_doubted) == (1, 1, 4)
        copy = story.copied(target)
        story.calls.clear()
        copy.everything()
        assert (story.calls, len(receiver.came)) == ([], 2), "nothing left the copy"
        assert copy.findings() == {"connection_restored", "webhooks_restored", "work_failed"}
        assert (copy.connection().state, copy.connection().stop_cause) == ("stopped", "restored")

        resumed = copy.line("connection", "resume")
        assert resumed.exit_code == 0, resumed.output
        with copy.scope() as scope:
            row = endpoints.get(scope, endpoint_id)
            endpoints.change(scope, row, {"state": "active"}, RULES)
            replay_since(scope, row, story.now - timedelta(days=1))
        copy.settle()
        assert sorted(request.headers["webhook-id"] for request in receiver.came[2:]) == sorted(told)
    assert [copy.delivery(one).state for one in (first, second)] == ["delivered"] * 2
    assert len(story.there()) == len(story.books.control.books()["customers"]) == 2, "found, not brought again"
    assert all(len(one["attachments"]) == 1 for one in story.there())
    assert copy.findings() == {"work_failed"}


def test_what_was_not_active_is_not_called_either_and_stays_as_it_was(database: Database) -> None:
    """Restored by other means; the connection is still being prepared, and somebody has just signed in."""
    story = Story.of(database, client_id="client-1")
    pair = Tokens(Secret("access"), Secret("refresh"), story.now, None)
    with story.database.write() as session:
        StoredTokens(database, RULES.vault, story.administration_id, story.connection_id).put(session, pair)
        session.execute(update(Connection).values(state="preparing", activated_at=None))
    asked_for(story)
    with story.scope() as scope:
        row = connecting.get(scope, story.connection_id)
        row.sign_in_state, row.sign_in_until = signing_in._digest("came-back"), story.now + timedelta(minutes=5)
    with story.database.write() as session:
        signing_in.answered(session, RULES.vault, "came-back", "a-code", "http://billing", story.now)
    blocked = story.line("block-series")
    assert "1 connections to accounting packages stand still" in blocked.output
    assert blocked.output == story.line("block-series").output, "it may be said twice"
    story.everything()
    assert story.calls == []
    assert "nothing is called until it is resumed" in story.line("connection", "show").output
    asked = story.line("connection", "read")
    assert (asked.exit_code, "restored from a backup: resume" in asked.output) == (1, True)

    assert story.line("connection", "resume").exit_code == 0
    assert (story.connection().state, story.connection().restored_at) == ("preparing", None)
    assert "connection_restored" not in story.findings()
    story.line("connection", "read")
    assert story.calls, "it may"
    assert story.line("connection", "resume").exit_code == 1, "there is nothing to resume"
