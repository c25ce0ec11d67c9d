"""Requests that nobody would think of, made from the published description: each answer must be one it promises.

Schemathesis sends what the description allows and what it forbids, to every operation, over a seeded administration.
Ids in addresses and bodies are those of seeded rows in part of the requests, so that most of them really do something;
and every operation must succeed with the example that it documents.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.config import SchemathesisConfig
from sqlalchemy import event, update

from billing_service.context import Limits
from billing_service.store import schema as database_schema
from billing_service.store.connections import Connection
from billing_service.store.session import Database
from tests.api.client import Caller, World, make_world
from tests.api.seeds import Seeded, seed
from tests.api.walk import Walked, operations
from tests.databases import without_waiting_for_the_disk

CONFIG: Final = SchemathesisConfig.from_path(str(Path(__file__).parents[2] / "schemathesis.toml"))
UNLIMITED: Final = Limits(requests_per_minute=10**9)
_folder = tempfile.TemporaryDirectory(prefix="billing-contract-")


@cache
def seeded_world() -> tuple[World, Seeded]:
    database = Database(f"sqlite:///{_folder.name}/billing.sqlite3")
    event.listen(database.engine, "connect", without_waiting_for_the_disk)
    database_schema.migrate(database)
    world = make_world(database, UNLIMITED)
    with database.write() as session:
        rows = seed(session, world.ours_id)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(f"{_folder.name}/billing.sqlite3", f"{_folder.name}/as-seeded.sqlite3")
    return world, rows


@pytest.fixture
def freshly_seeded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[World, Seeded]]:
    """The same world with a database of its own, as it was before any request."""
    world, rows = seeded_world()
    copy = shutil.copy(f"{_folder.name}/as-seeded.sqlite3", tmp_path / "billing.sqlite3")
    database = Database(f"sqlite:///{copy}")
    event.listen(database.engine, "connect", without_waiting_for_the_disk)
    context = replace(world.app.extensions["billing"], database=database)
    monkeypatch.setitem(world.app.extensions, "billing", context)
    yield replace(world, database=database), dict(rows)
    database.close()


@pytest.fixture(scope="module", autouse=True)
def _cleared_away() -> Iterator[None]:
    yield
    seeded_world()[0].database.close()
    _folder.cleanup()


class KeyOfTheOperation:
    """Signs each request with the key that its operation asks for."""

    def get(self, case: schemathesis.Case, _context: Any) -> str:
        world, _ = seeded_world()
        asks_operator = "operator" in case.operation.definition.raw["x-scopes"]
        return (world.operator if asks_operator else world.ours).key

    def set(self, case: schemathesis.Case, data: str, _context: Any) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


api = schemathesis.openapi.from_wsgi("/openapi.json", seeded_world()[0].app, config=CONFIG)
api.auth(refresh_interval=None)(KeyOfTheOperation)


@api.parametrize()
@settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_one_that_the_description_promises(case: schemathesis.Case) -> None:
    world, rows = seeded_world()
    world.app.extensions["billing_rate_limits"].forget()  # bad keys are part of the trial, not an attack
    _meet_seeded_rows(case, rows)
    case.call_and_validate()


def _meet_seeded_rows(case: schemathesis.Case, rows: Seeded) -> None:
    """Put real ids where a right request has made-up ones; a wrong one is sent as it is."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    parts: list[Any] = [case.path_parameters, case.query, case.body]
    for part in parts:
        if isinstance(part, dict):
            part.update({name: str(rows[name]) for name in part if name in rows})


# What some operations need to have happened first: a request, or a change of the seeds, by operation.
A_BUG: Final = {"source": "desk", "external_id": "bug", "subject": "Foutmelding", "kind": "bug", "contract": "seeded"}
CLOSED: Final = {"opened_at": "2026-03-02T09:00:00+01:00", "closed_at": "2026-03-02T10:00:00+01:00"}

# The seeded import has an open quote; these come before or after its decision.
WITHDRAWN: Final = [("/quotes/{import_quote_id}/withdraw", {"reason": "Anders"})]
ACCEPTED: Final = [("/quotes/{import_quote_id}/accept", {"by": "J. de Wit", "on": "2026-03-05"})]
IMPORTED: Final = [*ACCEPTED, ("/deliveries/{import_delivery_id}/import", {"use": "moment", "on": "2026-03-06"})]
OF_A_DECIDED_QUOTE: Final[dict[str, Any]] = {
    "assess_import": WITHDRAWN,
    "send_import_quote": WITHDRAWN,
    "import_delivery": ACCEPTED,
    "give_import_feedback": IMPORTED,
    "record_import_agreement": IMPORTED,
}


OF_AN_ISSUED_INVOICE: Final = (
    "allocate",
    "create_credit_note",
    "open_dispute",
    "write_off",
)


def _prepare_money(name: str, caller: Caller, rows: Seeded) -> None:
    if name in OF_AN_ISSUED_INVOICE:
        rows["invoice_id"] = rows["issued_invoice_id"]
    if name == "open_dispute":
        caller.post(f"/v1/disputes/{rows['dispute_id']}/end", {"outcome": "Uitgelegd"})
    elif name in ("create_credit_note", "correct_question"):
        undone = caller.post(f"/v1/write-offs/{rows['write_off_id']}/undo", {"reason": "Toch"})
        assert undone.status_code == 201, undone.get_data(as_text=True)
        rows["question_id"] = rows["changed_question_id"]
    elif name == "cancel_receipt":
        receipt = {"customer_id": str(rows["customer_id"]), "amount": {"amount": "3.00", "currency": "EUR"}}
        rows["receipt_id"] = caller.post("/v1/receipts", receipt).get_json()["id"]


def _prepare_connection(name: str, caller: Caller, rows: Seeded, database: Database) -> None:
    """The seeded one is active and has one open match."""
    address = f"/v1/connections/{rows['connection_id']}"
    if name == "create_connection":
        caller.post(f"{address}/close", {"reason": "Ander pakket"})
    elif name == "resume_connection":
        caller.post(f"{address}/stop", {"reason": "Jaarafsluiting"})
    elif name == "activate_connection":
        caller.post(f"{address}/matches/{rows['match_id']}/reject")
        with database.write() as session:
            session.execute(update(Connection).values(state="preparing", start_date=None, activated_at=None))


BEFORE_CONSULT: Final[dict[str, list[tuple[str, dict[str, Any]]]]] = {
    "complete_consult": [("confirm", {})],
    "reopen_consult": [("confirm", {}), ("complete", {})],
}


def _prepare(name: str, caller: Caller, rows: Seeded) -> None:
    if name == "get_customer_by_external_id":
        customer = {"number": "77", "name": "Bond", "street": "Markt 1", "postal_code": "1234 AB", "city": "Ede"}
        caller.put("/v1/customers/by-external-id/unknown-code/unknown-code", customer)
    elif name == "delete_vat_status":
        path = f"/v1/administrations/{rows['administration_id']}/vat-statuses/1999-01-01"
        caller.put(path, {"status": "liable"})
    elif name == "hand_back_decision":
        decision = {"disposition": "waived", "reason": "Coulance"}
        caller.post(f"/v1/questions/{rows['question_id']}/decision", decision)
    elif name in ("close_decision", "close_decisions"):
        rows["question_id"] = caller.post("/v1/questions", A_BUG | CLOSED).get_json()["id"]
        rows["question_ids"] = [rows["question_id"]]
    elif name in OF_AN_ISSUED_INVOICE or name in ("cancel_receipt", "correct_question"):
        _prepare_money(name, caller, rows)
    elif name in BEFORE_CONSULT:
        for step, body in BEFORE_CONSULT[name]:
            answer = caller.post(f"/v1/consults/{rows['consult_id']}/{step}", body)
            assert answer.status_code == 200, answer.get_data(as_text=True)
    elif name in OF_A_DECIDED_QUOTE:
        project = f"/v1/import-projects/{rows['import_project_id']}"
        for path, body in OF_A_DECIDED_QUOTE[name]:
            answer = caller.post(project + path.format(**rows), body)
            assert answer.status_code < 300, answer.get_data(as_text=True)


REPORTED: Final = "?contract_id={contract_id}&date_from=2026-03-01&date_until=2026-03-31"
"""What only a report needs to be told: its period, and what it is about."""


@pytest.mark.parametrize("one", operations(), ids=str)
def test_every_operation_succeeds_with_the_example_it_documents(
    one: Walked, freshly_seeded: tuple[World, Seeded]
) -> None:
    world, rows = freshly_seeded
    caller = world.operator if one.promise.scopes == ("operator",) else world.ours
    _prepare(one.name, caller, rows)
    _prepare_connection(one.name, caller, rows, world.database)
    options = one.options()
    if one.name == "receive_questions":
        options = {"data": json.dumps([A_BUG | CLOSED]), "content_type": "application/json", "headers": {}}
    elif one.name == "add_import_file":
        options = {"data": b"Naam;Postcode\nJansen;1234 AB\n", "content_type": "text/csv", "headers": {}}
    elif one.content_type == "application/json":
        example = one.example(rows) | ({"question_ids": rows["question_ids"]} if one.name == "close_decisions" else {})
        options = {"json": example, "headers": options["headers"]}
    query = REPORTED.format(**rows) if one.name.startswith("get_service_report") else ""
    answer = caller.send(one.method, one.address(rows) + query, **options)
    assert answer.status_code < 300, answer.get_data(as_text=True)
