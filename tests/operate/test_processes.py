"""Real processes: what several of them count comes together, and what is secret leaves none of them."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import make_url, select, text

from billing_service import access
from billing_service.core.ids import new_id
from billing_service.store import schema
from billing_service.store.findings import Finding
from billing_service.store.parties import Customer
from billing_service.store.session import Database
from billing_service.store.work import Job, OutboxRow
from tests import builders
from tests.operate.site import Client, Site, ask_once, site, until

PASSWORD, TOKEN = "kanarie-wachtwoord", "kanarie-prometheus-token"
LINK = "kanarie-van-een-offerte"
"""The secret in a customer's link: an answer may say which address was asked for, a log may not."""
EMAIL = "kanarie.piet@vereniging.example"


@pytest.fixture
def running(postgresql_database: Database, tmp_path: Path) -> Iterator[Site]:
    url = make_url(postgresql_database.url).set(password=PASSWORD).render_as_string(hide_password=False)
    settings = {"BILLING_METRICS_TOKEN": TOKEN, "BILLING_LOG_LEVEL": "debug", "BILLING_MAX_ATTEMPTS": "1"}
    with site(url, tmp_path / "site", **settings) as made:
        made.add_worker()
        made.add_web()
        yield made


@pytest.fixture
def client(postgresql_database: Database, running: Site) -> Client:
    with postgresql_database.write() as session:
        administration = builders.administration(session)
        builders.organisation(session, administration, "zwolle")
        _, key = access.create_key(builders.scope(session, administration), "test", access.SCOPES)
    return running.client(key)


def metrics(running: Site) -> str:
    status, _, content = ask_once(next(iter(running.webs)), "GET", "/metrics", Authorization=f"Bearer {TOKEN}")
    assert status == 200, content
    return content.decode()


def requests(running: Site, route: str) -> float:
    return sum(
        sample.value
        for family in text_string_to_metric_families(metrics(running))
        for sample in family.samples
        if sample.name == "billing_http_requests_total" and sample.labels["route"] == route
    )


def web_processes(running: Site) -> set[int]:
    """The processes under gunicorn's arbiter."""
    [web] = running.webs.values()
    assert web.running is not None
    children = Path(f"/proc/{web.running.pid}/task/{web.running.pid}/children").read_text()
    return {int(pid) for pid in children.split()}


def test_what_the_web_processes_count_comes_together_and_survives_one_of_them(running: Site, client: Client) -> None:
    one = "/v1/customers/{customer_id}"
    for _ in range(40):
        assert client.send("GET", f"/v1/customers/{new_id()}")[0] == 404
    assert requests(running, one) == 40
    before = web_processes(running)
    assert len(before) == 2
    os.kill(min(before), signal.SIGKILL)
    until(lambda: len(web_processes(running) - before) == 1 and len(web_processes(running)) == 2, "a new process")
    for _ in range(10):
        assert client.send("GET", f"/v1/customers/{new_id()}")[0] == 404
    assert requests(running, one) == 50
    folders = [Path(name) for name in re.findall(r"/\S*billing-metrics-\w+", _environment(running))]
    running.end()
    assert [folder for folder in folders if folder.exists()] == []


def _environment(running: Site) -> str:
    """What the arbiter's children have open: the files they count in."""
    opened = [
        os.readlink(link)
        for pid in web_processes(running)
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if link.exists() or link.is_symlink()
    ]
    assert any("billing-metrics-" in name for name in opened)
    return "\n".join(opened)


def test_planted_secrets_appear_in_no_log_no_metric_and_no_error(
    running: Site, client: Client, postgresql_database: Database
) -> None:
    told: list[bytes] = []  # every refusal and error

    def send(method: str, path: str, body: Any = None, **options: Any) -> int:
        status, headers, content = client.send(method, path, body, **options)
        if status >= 400:
            told.append(content + json.dumps(headers).encode())
        return status

    customer = {"number": "1", "name": "Piet Kanarie", "email": EMAIL, "street": "Brink 1", "postal_code": "9401 HV"}
    assert send("POST", "/v1/customers", customer | {"city": "Assen"}) == 201
    assert send("POST", "/v1/customers", customer) == 422
    assert send("POST", "/v1/customers", customer | {"city": "Assen", EMAIL: EMAIL}) == 422
    assert send("GET", f"/v1/customers?email={EMAIL}&token={PASSWORD}") == 422
    assert send("GET", f"/v1/quotes/{EMAIL}/{LINK}") == 404
    for key in (client.key[:-1], f"{client.key}x", PASSWORD):
        status, _, content = ask_once(client.ports[0], "GET", "/v1/customers", Authorization=f"Bearer {key}")
        assert status == 401
        told.append(content)
    assert ask_once(client.ports[0], "GET", "/metrics", Authorization=f"Bearer {TOKEN}x")[0] == 401

    # A defect: the database is not as the program expects, in a request and in a job.
    with postgresql_database.write() as session:
        session.execute(text("ALTER TABLE customers ADD CONSTRAINT broken CHECK (city <> 'Echt')"))
        session.execute(text("ALTER TABLE customers ADD COLUMN needed TEXT NOT NULL DEFAULT 'x'"))
        session.execute(text("ALTER TABLE customers ALTER COLUMN needed DROP DEFAULT"))
        session.execute(text("ALTER TABLE questions RENAME COLUMN subject TO other"))
    try:
        status = send("POST", "/v1/customers", customer | {"number": "2", "city": "Echt"}, request_id="the-defect")
        assert status == 500
        row = {"source": "desk", "external_id": "1", "subject": EMAIL, "opened_at": "2026-03-02T09:00:00+01:00"}
        job = client.post("/v1/questions/bulk", [row | {"organisation": "zwolle"}], request_id="the-import")
        assert client.finished(job)["state"] == "needs_attention"
    finally:
        with postgresql_database.write() as session:
            session.execute(text("ALTER TABLE customers DROP CONSTRAINT broken"))
            session.execute(text("ALTER TABLE customers DROP COLUMN needed"))
            session.execute(text("ALTER TABLE questions RENAME COLUMN other TO subject"))
    shown = metrics(running)
    running.end()

    with postgresql_database.read() as session:
        assert session.scalars(select(Customer.email)).all() == [EMAIL], "it was planted"
        stored = [*session.scalars(select(OutboxRow.error)), *session.scalars(select(Job.error))]
        stored += [str(facts) for facts in session.scalars(select(Finding.facts))]
    assert any("column" in (found or "") for found in stored), "the job says what went wrong"
    logged = running.logged
    [defect] = running.events("api.unexpected_error")
    assert defect["request_id"] == "the-defect"
    assert "INSERT INTO customers" in defect["exception"]
    [failed] = running.events("worker.needs_attention")
    assert (failed["request_id"], failed["job_id"]) == ("the-import", job["id"])
    assert {line["route"] for line in running.events("api.request")} >= {"/v1/customers", "/v1/questions/bulk"}

    secret = client.key.rpartition("_")[2]
    for canary in (secret, secret[:-1], PASSWORD, TOKEN, LINK, EMAIL, "Kanarie"):
        assert canary not in logged, canary
        assert canary not in shown, canary
        assert canary not in str(stored), canary
    for canary in (secret, secret[:-1], PASSWORD, TOKEN):
        assert canary not in b"\n".join(told).decode(), canary
    assert EMAIL.encode() not in told[-1], "an error of ours repeats nothing"
    schema.check(postgresql_database)
