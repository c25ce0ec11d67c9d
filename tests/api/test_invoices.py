"""Invoicing over HTTP: preview, release, issue, download."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from billing_service import jobs
from billing_service.store.scope import Scope
from tests import builders
from tests.api.client import World, problem
from tests.invoicing import world as charges


def two_contracts(world: World, **customer: Any) -> list[UUID]:
    """Two contracts of ours with a charge of 12.50 each in March, and one of others."""
    with world.database.write() as session:
        for key, references in ((world.ours_id, ("C-1", "C-2")), (world.theirs_id, ("C-9",))):
            tariff_id = builders.tariff(session, key, charges.TARIFF)
            contracts = []
            for reference in references:
                customer_id = builders.customer(session, key, f"1-{reference}", **customer)
                contract_id = builders.contract(session, key, customer_id, tariff_id, reference=reference)
                charges.charge(session, key, contract_id, customer_id)
                contracts.append(contract_id)
            if key == world.ours_id:
                ours = contracts
    return ours


def work_off(world: World, location: str) -> dict[str, Any]:
    """Let the job run as a worker would; returns the job as its caller sees it."""

    def open_scope() -> Any:
        return _scope(world)

    jobs.run(open_scope, UUID(location.rsplit("/", 1)[1]))
    job: dict[str, Any] = world.ours.get(location).get_json()
    assert job["state"] == "done"
    return job


class _scope:  # noqa: N801 reads as a function
    def __init__(self, world: World) -> None:
        self._world, self._write = world, world.database.write()

    def __enter__(self) -> Scope:
        now = self._world.now[0]
        return Scope(self._write.__enter__(), self._world.ours_id, "worker", now, lambda: now)

    def __exit__(self, *error: Any) -> None:
        self._write.__exit__(*error)


def released(world: World, **customer: Any) -> tuple[str, list[dict[str, Any]]]:
    """The address of a released run, and its invoices."""
    two_contracts(world, **customer)
    started = world.ours.post("/v1/billing-runs", {"until": "2026-03-31"})
    assert started.status_code == 202
    run_id = work_off(world, started.headers["Location"])["subject_id"]
    return f"/v1/billing-runs/{run_id}", world.ours.get("/v1/invoices").get_json()["items"]


def test_preview_release_issue_and_download(world: World) -> None:
    two_contracts(world)
    preview = world.ours.post("/v1/billing-runs/preview", {"until": "2026-03-31"}).get_json()
    assert [draft["gross"] for draft in preview["drafts"]] == [{"amount": "15.13", "currency": "EUR"}] * 2
    assert preview["drafts"][0]["recipient"]["channel"] == "email"
    assert preview["refused"] == []
    assert world.ours.get("/v1/invoices").get_json()["items"] == []

    started = world.ours.post("/v1/billing-runs", {"until": "2026-03-31"})
    job = work_off(world, started.headers["Location"])
    assert (job["done"], job["total"], job["result"]["released"]) == (2, 2, 2)
    run = f"/v1/billing-runs/{job['subject_id']}"
    assert world.ours.get(run).get_json()["state"] == "released"

    issuing = world.ours.post(f"{run}/issue", {"issue_date": "2026-03-31"})
    assert issuing.status_code == 202
    assert work_off(world, issuing.headers["Location"])["result"]["issued"] == 2
    invoices = world.ours.get(f"/v1/invoices?state=issued&billing_run_id={job['subject_id']}").get_json()["items"]
    assert [invoice["number"] for invoice in invoices] == ["2026-00001", "2026-00002"]
    assert world.ours.get("/v1/invoices?number=2026-00002").get_json()["items"] == invoices[1:]
    detail = world.ours.get(f"/v1/invoices/{invoices[0]['id']}").get_json()
    assert detail["document"]["totals"]["gross"] == "15.13"
    assert detail["payment_reference"] == "RF" + detail["payment_reference"][2:4] + "202600001"
    assert world.theirs.get("/v1/invoices").get_json()["items"] == []


def test_one_invoice_is_issued_at_once_and_only_once(world: World) -> None:
    _, (first, second) = released(world)
    issued = world.ours.post(f"/v1/invoices/{first['id']}/issue", {})
    assert issued.status_code == 200
    assert issued.get_json()["number"] == "2026-00001"
    again = world.ours.post(f"/v1/invoices/{first['id']}/issue", {})
    assert again.get_json() == issued.get_json()
    early = world.ours.post(f"/v1/invoices/{second['id']}/issue", {"issue_date": "2026-03-30"})
    assert "2026-00001" in problem(early, 409, "issue_date_runs_backwards")["detail"]
    late = world.ours.post(f"/v1/invoices/{second['id']}/issue", {"issue_date": "2026-04-01"})
    problem(late, 409, "issue_date_in_future")
    problem(world.ours.post(f"/v1/invoices/{first['id']}/withdraw", {}), 409, "conflict")
    problem(world.theirs.post(f"/v1/invoices/{second['id']}/issue", {}), 404, "not_found")


def test_a_released_run_can_be_withdrawn(world: World) -> None:
    run, invoices = released(world)
    assert world.ours.post(f"{run}/withdraw", {}).get_json()["state"] == "withdrawn"
    assert world.ours.get(f"/v1/invoices/{invoices[0]['id']}").get_json()["state"] == "withdrawn"
    assert len(world.ours.get("/v1/charges?state=open").get_json()["items"]) == 2
    problem(world.ours.post(f"{run}/issue", {}), 409, "conflict")


def test_the_date_is_read_by_the_clock_of_the_request(world: World) -> None:
    _, (first, _) = released(world)
    world.now[0] = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    body = world.ours.post(f"/v1/invoices/{first['id']}/issue", {}).get_json()
    assert (body["number"], body["issue_date"]) == ("2027-00001", "2027-01-01")


def test_the_pdf_downloads_with_name_type_and_cache_headers(world: World) -> None:
    _, (first, _) = released(world)
    world.ours.post(f"/v1/invoices/{first['id']}/issue", {})
    path = f"/v1/invoices/{first['id']}/pdf"
    answer = world.ours.get(path)
    assert answer.status_code == 200
    assert answer.content_type == "application/pdf"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="Factuur 2026-00001 Stichting Ledenhulp.pdf"; '
        "filename*=UTF-8''Factuur%202026-00001%20Stichting%20Ledenhulp.pdf"
    )
    assert answer.headers["ETag"] == f'"{hashlib.sha256(answer.data).hexdigest()}"'
    assert "2026-00001" in PdfReader(io.BytesIO(answer.data)).pages[0].extract_text()

    same = world.ours.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (same.status_code, same.data) == (304, b"")
    assert same.headers["ETag"] == answer.headers["ETag"]
    assert world.ours.get(path, headers={"If-None-Match": '"another"'}).data == answer.data
    problem(world.theirs.get(path), 404, "not_found")


def test_a_name_with_signs_beyond_ascii_downloads_under_both_names(world: World) -> None:
    with world.database.write() as session:
        session.connection().exec_driver_sql("UPDATE administrations SET legal_name = 'Coöperatie \"Łódź\"/Twee'")
    _, (first, _) = released(world)
    disposition = world.ours.get(f"/v1/invoices/{first['id']}/pdf").headers["Content-Disposition"]
    assert disposition == (
        'attachment; filename="Factuur concept Co_peratie -__d_-Twee.pdf"; '
        "filename*=UTF-8''Factuur%20concept%20Co%C3%B6peratie%20-%C5%81%C3%B3d%C5%BA-Twee.pdf"
    )


def test_a_released_invoice_downloads_as_a_concept_and_keeps_nothing(world: World) -> None:
    _, (first, _) = released(world)
    concept = world.ours.get(f"/v1/invoices/{first['id']}/pdf")
    assert "concept" in PdfReader(io.BytesIO(concept.data)).pages[0].extract_text()
    world.ours.post(f"/v1/invoices/{first['id']}/issue", {})
    final = world.ours.get(f"/v1/invoices/{first['id']}/pdf")
    assert final.headers["ETag"] != concept.headers["ETag"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/until"),
        ({"until": "2026-02-30"}, "/until"),
        ({"until": "2026-03-31", "contract_ids": []}, "/contract_ids"),
        ({"until": "2026-03-31", "contract_ids": ["C-1"]}, "/contract_ids/0"),
        ({"until": "2026-03-31", "surprise": 1}, "/surprise"),
    ],
)
def test_a_run_that_cannot_be_right_names_the_field(world: World, body: dict[str, Any], pointer: str) -> None:
    refused = problem(world.ours.post("/v1/billing-runs", body), 422, "invalid_input")
    assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert world.ours.get("/v1/billing-runs").get_json()["items"] == []


def test_reading_may_not_issue(world: World) -> None:
    _, (first, _) = released(world)
    reader = world.caller("invoices:read", "billing_runs:read")
    assert reader.get(f"/v1/invoices/{first['id']}").status_code == 200
    problem(reader.post(f"/v1/invoices/{first['id']}/issue", {}), 403, "not_allowed")
    assert date.fromisoformat(first["supply_to"]) == date(2026, 3, 10)
