"""Service reports over HTTP: to read, as files, and to nobody else."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from billing_service.api.schemas.service_reports import ServiceReportOut
from billing_service.context import Context
from billing_service.worker.process import Worker
from tests import builders
from tests.api.client import World, problem
from tests.documents.reading import read
from tests.helpdesk import QUESTION, TARIFF

MARCH = "date_from=2026-03-01&date_until=2026-03-31"
ANSWERED = {"picked_up_at": "2026-03-02T09:30:00+01:00", "solution_summary": "Opnieuw ingelezen.", "channel": "phone"}


@pytest.fixture
def asked(world: World) -> str:
    """The query for a contract with two questions in March; its customer's name and a subject are attacks."""
    with world.database.write() as session:
        key = world.ours_id
        customer = builders.customer(session, key, name="=1+1")
        covered = [builders.organisation(session, key, code) for code in ("zwolle", "assen")]
        builders.person(session, key, "anna")
        tariff = builders.tariff(session, key, TARIFF)
        contract = builders.contract(session, key, customer, tariff, organisations=tuple(covered), pickup_hours=4)
    questions: tuple[dict[str, Any], ...] = ({}, {"external_id": "2", "organisation": "assen", "subject": "=2+2"})
    for question in questions:
        assert world.ours.post("/v1/questions", QUESTION | ANSWERED | question).status_code == 201
    return f"contract_id={contract}&{MARCH}"


def test_a_report_is_read(world: World, asked: str) -> None:
    answer = world.ours.get(f"/v1/service-reports?{asked}")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert "Content-Disposition" not in answer.headers
    found = answer.get_json()
    assert found.keys() == ServiceReportOut().fields.keys()
    assert found["report"]["contracts"] == [
        {"reference": "C-1", "title": "Helpdesk", "pickup_hours": 4, "solve_hours": None}
    ]
    first, second = found["questions"]
    assert (first["external_id"], first["decision"], first["solution_summary"]) == ("1", "charge", "Opnieuw ingelezen.")
    assert first["pickup"] == {"minutes": 30, "agreed_hours": 4, "within": True}
    assert first["solved_at"] == "2026-03-02T09:00:00Z"
    assert first["amount"] == {"amount": "25.00", "currency": "EUR"}
    assert (second["organisation"], second["explanation"]) == ("Assen", None)
    totals = found["totals"]
    assert totals["one_working_day"] == {"within": 2, "of": 2, "percentage": "100.0"}
    assert totals["solved"] == {"within": 0, "of": 0, "percentage": None}
    assert totals["closed"]["amount"] == {"amount": "50.00", "currency": "EUR"}
    assert [one["what"] for one in totals["channels"]] == ["phone"]


def test_an_organisation_reads_its_own_questions_without_amounts(world: World, asked: str) -> None:
    organisations = world.ours.get("/v1/organisations").get_json()["items"]
    (assen,) = [one["id"] for one in organisations if one["code"] == "assen"]
    found = world.ours.get(f"/v1/service-reports?{asked}&audience=asker&organisation_id={assen}").get_json()
    assert [one["external_id"] for one in found["questions"]] == ["2"]
    assert found["questions"][0]["amount"] is found["totals"]["closed"]["amount"] is None
    written = world.ours.get(f"/v1/service-reports/csv?{asked}&audience=asker&organisation_id={assen}")
    assert b"Bedrag" not in written.get_data()


def test_a_report_as_files(world: World, asked: str, tmp_path: Path) -> None:
    written = world.ours.get(f"/v1/service-reports/csv?{asked}&explain=true")
    assert "servicerapport-C-1-2026-03-01-2026-03-31.csv" in written.headers["Content-Disposition"]
    titles, first, second = csv.reader(io.StringIO(written.get_data().decode("utf-8-sig")), delimiter=";")
    told = dict(zip(titles, first, strict=True))
    assert (told["Gesteld"], told["Op tijd opgepakt"], told["Bedrag"]) == ("2026-03-02 09:00:00", "ja", "25,00")
    assert "€\xa025,00" in told["Toelichting"]
    assert dict(zip(titles, second, strict=True))["Onderwerp"] == "'=2+2"

    workbook = tmp_path / "report.xlsx"
    workbook.write_bytes(world.ours.get(f"/v1/service-reports/xlsx?{asked}&language=en").get_data())
    sheets = CalamineWorkbook.from_path(str(workbook))
    assert sheets.sheet_names == ["Questions", "Totals"]
    assert sheets.get_sheet_by_name("Questions").to_python()[2][5] == "=2+2"
    totals = sheets.get_sheet_by_name("Totals").to_python()
    assert ["Percentage", "solved within one working day", 2, 2, 100] in [row[:5] for row in totals]

    printed = world.ours.get(f"/v1/service-reports/pdf?{asked}")
    assert (printed.status_code, printed.content_type) == (200, "application/pdf")
    text = " ".join(page.text for page in read(printed.get_data()))
    assert [wanted for wanted in ("Opnieuw ingelezen.", "2 van 2", "100 %", "50,00") if wanted not in text] == []


def test_a_large_report_is_made_by_the_worker(world: World, asked: str) -> None:
    wanted = {name: value for name, _, value in (pair.partition("=") for pair in asked.split("&"))}
    for suffix, beginning in (("xlsx", b"PK"), ("csv", b"\xef\xbb\xbfBron"), ("pdf", b"%PDF")):
        started = world.ours.post("/v1/service-reports", wanted | {"format": suffix, "audience": "customer"})
        assert started.status_code == 202
        Worker(Context(world.database, lambda: world.now[0]), tasks={}).drain()
        job = world.ours.get(started.headers["Location"]).get_json()
        assert (job["state"], job["result"]["questions"]) == ("done", 2), job
        (file,) = job["result"]["files"]
        assert file["name"] == f"servicerapport-C-1-2026-03-01-2026-03-31.{suffix}"
        path = f"{started.headers['Location']}/files/{file['name']}"
        assert world.ours.get(path).get_data().startswith(beginning)
        problem(world.caller("jobs:read").get(path), 403, "not_allowed")
    problem(world.ours.post("/v1/service-reports", wanted | {"audience": "asker"}), 422, "invalid_input")


def test_what_cannot_be_reported_is_refused_before_anything_is_sent(world: World, asked: str) -> None:
    for path in ("", "/csv", "/xlsx", "/pdf"):
        refused = world.ours.get(f"/v1/service-reports{path}?{asked}&audience=asker")
        assert problem(refused, 422, "invalid_input")["errors"][0]["pointer"] == "/organisation_id"
        problem(world.theirs.get(f"/v1/service-reports{path}?{asked}"), 404, "not_found")
        problem(world.caller("questions:read").get(f"/v1/service-reports{path}?{asked}"), 403, "not_allowed")
    problem(world.ours.get(f"/v1/service-reports?{MARCH}"), 422, "invalid_input")
