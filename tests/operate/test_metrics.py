"""Figures for Prometheus and the answer of ``/readyz``: they tell the truth, to whom they may, and name nobody."""

from __future__ import annotations

import dataclasses
import shutil
import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from billing_service import findings, invoicing, jobs, monitoring
from billing_service.context import Context, Metrics
from billing_service.core.ids import new_id
from billing_service.errors import WrongSchema
from billing_service.parties import numbering
from billing_service.store import outbox, schema
from billing_service.store.clock import database_now
from billing_service.store.session import Database
from billing_service.store.work import OutboxRow, WorkerRow
from billing_service.worker.handlers import Handler
from billing_service.worker.presence import Presence
from billing_service.worker.process import Worker
from billing_service.worker.schedule import Task
from billing_service.worker.work import Pace, Work
from tests import builders
from tests.api.client import World, make_world, problem
from tests.invoicing.world import released_invoice

Sample = tuple[str, tuple[tuple[str, str], ...]]
TOKEN = "prometheus-token-1"  # noqa: S105


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)


def scraped(world: World, **headers: str) -> dict[Sample, float]:
    """Every sample by its name and labels, read as Prometheus reads it."""
    answer = world.app.test_client().get("/metrics", headers=headers)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    assert answer.content_type.startswith("text/plain")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.get_data(as_text=True))
        for sample in family.samples
    }


def value(found: dict[Sample, float], name: str, **labels: str) -> float:
    return found.get((name, tuple(sorted(labels.items()))), 0.0)


def test_work_that_waits_and_work_that_got_stuck_is_counted_by_kind(world: World) -> None:
    long_ago = timedelta(minutes=10)
    with world.database.write() as session:
        now = database_now(session)
        scope = builders.scope(session, world.ours_id, now)
        for _ in range(3):
            outbox.enqueue(scope, "render_pdf", new_id(), due_at=now - long_ago)
        outbox.enqueue(scope, "later", new_id(), due_at=now + long_ago)
        stuck = new_id()
        outbox.enqueue(scope, "render_pdf", stuck)
        session.execute(update(OutboxRow).where(OutboxRow.subject_id == stuck).values(state="needs_attention"))
        findings.report(scope, "work_failed", "invoice", stuck, {"kind": "render_pdf", "reason": "r", "attempts": 8})
        jobs.start(scope, "release_run", subject_id=new_id())
    found = scraped(world)
    assert value(found, "billing_outbox_open", kind="render_pdf") == 3
    assert 600 <= value(found, "billing_outbox_oldest_age_seconds", kind="render_pdf") < 700
    assert value(found, "billing_outbox_oldest_age_seconds", kind="later") == 0
    assert value(found, "billing_outbox_needs_attention", kind="render_pdf") == 1
    assert value(found, "billing_findings_open", code="work_failed") == 1
    assert value(found, "billing_jobs", kind="release_run", state="queued") == 1
    assert value(found, "billing_audit_unsealed") > 0
    assert value(found, "billing_audit_oldest_unsealed_age_seconds") > 0
    assert value(found, "billing_database_up") == 1
    assert value(found, "billing_schema_info", revision=schema.head()) == 1


def test_the_newest_number_and_blocked_series_are_told(world: World) -> None:
    assert ("billing_last_number_timestamp_seconds", ()) not in scraped(world)
    with world.database.write() as session:
        tariff = builders.tariff(session, world.ours_id, {})
        customer = builders.customer(session, world.ours_id)
        contract = builders.contract(session, world.ours_id, customer, tariff)
        invoice = released_invoice(session, world.ours_id, contract, customer)
        invoicing.issue_invoice(builders.scope(session, world.ours_id), invoice)
    found = scraped(world)
    assert value(found, "billing_last_number_timestamp_seconds") == builders.NOW.timestamp()
    assert value(found, "billing_series_blocked") == 0
    with world.database.write() as session:
        blocked = numbering.block_all_series(session, builders.NOW, "cli")
    assert value(scraped(world), "billing_series_blocked") == blocked == 2


def test_a_worker_says_that_it_runs_and_when_it_stops(world: World) -> None:
    seen: list[list[dict[str, Any]]] = []

    def look(*_: object) -> None:
        seen.append(warnings(world))
        worker.stop()

    worker = Worker(Context(world.database), tasks={"look": Task(look, timedelta(days=1))})
    assert "no_worker" in codes(warnings(world))
    worker.run()
    assert "no_worker" not in codes(seen[0])
    assert "no_worker" in codes(warnings(world))
    found = scraped(world)
    assert value(found, "billing_workers") == 0
    assert value(found, "billing_schedule_failed", task="look") == 0
    assert value(found, "billing_schedule_last_run_timestamp_seconds", task="look") > 0


def test_a_worker_that_a_migration_passed_by_takes_no_more_work_and_stops(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "Watch", partial(schema.Watch, every=0))
    done: list[Work] = []
    asked: list[None] = []

    def migrated(session: Session, _: object) -> None:
        monkeypatch.setattr(schema, "head", lambda: "0001")  # this program is now older than its database
        asked.append(outbox.enqueue(builders.scope(session, administration), "call", new_id()))

    with database.write() as session:
        administration = builders.administration(session)
    worker = Worker(
        Context(database),
        Pace(poll=timedelta(milliseconds=50)),
        {"call": Handler(done.append, lambda work: ("invoice", work.subject_id))},
        {"m": Task(migrated, timedelta(seconds=0))},
    )
    thread = threading.Thread(target=worker.run)
    thread.start()
    thread.join(30)
    ended = not thread.is_alive()
    worker.stop()
    thread.join()
    assert (ended, done, len(asked)) == (True, [], 1)
    with database.read() as session:
        assert session.scalars(select(OutboxRow.state).where(OutboxRow.kind == "call")).all() == ["ready"]
    with pytest.raises(WrongSchema):
        Worker(Context(database), tasks={}).drain()


def test_a_worker_that_was_killed_is_missed_after_a_while_and_forgotten_after_a_day(world: World) -> None:
    def sign_of_life(ago: timedelta) -> None:
        with world.database.write() as session:
            session.execute(update(WorkerRow).values(seen_at=database_now(session) - ago))

    Presence(world.database).note()
    assert value(scraped(world), "billing_workers") == 1
    sign_of_life(monitoring.SILENT_AFTER + timedelta(seconds=5))
    assert value(scraped(world), "billing_workers") == 0
    assert "no_worker" in codes(warnings(world))
    sign_of_life(timedelta(days=2))
    Presence(world.database).note()
    with world.database.read() as session:
        assert session.query(WorkerRow).count() == 1


def test_requests_are_counted_by_route_and_never_by_path(world: World) -> None:
    def requests(**labels: str) -> float:
        return value(scraped(world), "billing_http_requests_total", **labels)

    one = {"method": "GET", "route": "/v1/customers/{customer_id}", "status": "404"}
    none = {"method": "other", "route": "none", "status": "404"}
    before = requests(**one), requests(**none)
    for _ in range(2):
        world.ours.get(f"/v1/customers/{new_id()}")
    world.app.test_client().open("/no/such/path-of-jansen", method="JANSEN")
    assert (requests(**one), requests(**none)) == (before[0] + 2, before[1] + 1)
    found = scraped(world)
    timed = value(found, "billing_http_request_duration_seconds_count", method="GET", route=one["route"])
    assert timed >= 2
    assert "jansen" not in str(found).lower()
    assert value(found, "billing_database_connections_in_use") == 1, "that of the scrape itself"


def test_no_label_names_a_customer(world: World) -> None:
    """Every value of a label is a word of this program."""
    test_the_newest_number_and_blocked_series_are_told(world)
    for (_, labels), _value in scraped(world).items():
        assert {name for name, _ in labels} <= {
            *("kind", "state", "code", "task", "method", "route", "status", "le", "version", "python", "revision")
        }
        for text in ("Ledenhulp", "Elders", "Vereniging", str(world.ours_id), "2026-00001"):
            assert text not in str(labels)


def with_metrics(world: World, metrics: Metrics) -> None:
    world.app.extensions["billing"] = dataclasses.replace(world.app.extensions["billing"], metrics=metrics)


def test_metrics_ask_for_their_token_and_can_be_switched_off(sqlite_database: Database) -> None:
    world = make_world(sqlite_database)
    with_metrics(world, Metrics(token=TOKEN))
    nobody = world.app.test_client()
    for header in ("", "Bearer ", "Bearer prometheus-token-2", TOKEN, "Bearer é"):
        problem(nobody.get("/metrics", headers={"Authorization": header}), 401, "not_signed_in")
    assert scraped(world, Authorization=f"Bearer {TOKEN}")
    with_metrics(world, Metrics(shown=False))
    problem(nobody.get("/metrics"), 404, "not_found")


def test_without_a_database_there_are_still_metrics_that_say_so(sqlite_database: Database) -> None:
    world = make_world(sqlite_database)
    world.app.extensions["billing"] = Context(Database("postgresql://postgres@127.0.0.1:1/none"))
    found = scraped(world)
    assert found["billing_database_up", ()] == 0
    assert ("billing_workers", ()) not in found


def warnings(world: World) -> list[dict[str, Any]]:
    answer = world.app.test_client().get("/readyz")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.get_json()["warnings"]
    return found


def codes(found: list[dict[str, Any]]) -> set[str]:
    return {one["code"] for one in found}


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        ("work_waits", lambda scope: outbox.enqueue(scope, "k", new_id(), due_at=builders.NOW)),
        ("series_blocked", lambda scope: numbering.block_all_series(scope.session, builders.NOW, "cli")),
    ],
)
def test_ready_with_a_warning(world: World, code: str, cause: Callable[[Any], object]) -> None:
    assert code not in codes(warnings(world))
    with world.database.write() as session:
        cause(builders.scope(session, world.ours_id))
    assert code in codes(warnings(world))


def test_a_disk_that_is_nearly_full_is_a_warning(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world(sqlite_database)
    assert "disk_nearly_full" not in codes(warnings(world))
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=400 * 1024 * 1024))
    [found] = [one for one in warnings(world) if one["code"] == "disk_nearly_full"]
    assert found["detail"].startswith("400 MiB are free")
