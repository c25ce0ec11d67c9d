"""Delivered files over HTTP: read while the upload waits, compared, and never kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from billing_service.imports import deliveries
from billing_service.store.session import Database
from tests.api.client import Caller, World, make_world, problem
from tests.api.importing import Import, opened
from tests.documents.delivered.samples import csv_of, xlsx_of

ROWS: list[list[Any]] = [
    ["Naam", "Geboren", "Plaats"],
    ["Jansen-Hoekstra", "03-04-1980", "Appingedam"],
    ["De Vries", "1999/12/31", "Ede"],
]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def upload(
    project: Import, delivery: str, content: bytes, name: str = "leden.csv", kind: str = "text/csv", **options: Any
) -> TestResponse:
    address = f"{project.path}{delivery}/files"
    return project.world.ours.post(
        address, data=content, content_type=kind, query_string={"name": name, "language": "en"}, **options
    )


def empty_delivery(project: Import) -> str:
    return f"/deliveries/{project.do('/deliveries', {})['id']}"


def test_a_file_shows_its_columns_what_is_wrong_with_them_and_what_it_would_cost(world: World) -> None:
    project = opened(world)
    delivery = empty_delivery(project)
    too_soon = project.post("/assess", {"delivery_id": delivery.rsplit("/", 1)[1], "one_dimensional": True})
    problem(too_soon, 422, "import_nothing_delivered")
    answer = upload(project, delivery, csv_of(ROWS))
    assert answer.status_code == 201
    shown = answer.get_json()
    (file,) = shown["files"]
    assert (file["name"], file["format"], file["separator"], file["rows"]) == ("leden.csv", "csv", ";", 2)
    assert [column["title"] for column in file["columns"]] == ROWS[0]
    assert [column["filled"] for column in file["columns"]] == [2, 2, 2]
    born = file["columns"][1]
    assert born["problem"] is not None
    assert "2 notations of dates" in born["sentence"]
    assert shown["proposal"] == {"one_dimensional": True, "reasons": []}
    assert (shown["assessment"]["outcome"], shown["next_fee"]["needs"]) == ("free", ["assessed"])

    facts = project.assess(delivery)["facts"]
    assert (facts["files"], facts["columns"], facts["skipped"]) == (1, 3, 1)
    project.do(f"{delivery}/import", {"use": "moment"})
    assert "Not imported: Geboren" in project.get(language="en")["history"][-1]["sentence"]


def test_titles_that_suggest_more_than_persons_only_propose(world: World) -> None:
    project = opened(world)
    delivery = empty_delivery(project)
    shown = upload(project, delivery, csv_of([["Naam", "Commissie"], ["Jansen", "Feest"]])).get_json()
    assert shown["proposal"]["one_dimensional"] is False
    assert "Commissie" in shown["proposal"]["reasons"][0]["sentence"]
    assert shown["assessment"]["outcome"] == "quote"
    assert project.assess(delivery, one_dimensional=True)["assessment"]["outcome"] == "free"


def test_several_files_and_formats_make_one_structure_in_whichever_order(world: World) -> None:
    project = opened(world)
    files = [
        (xlsx_of(("Blad1", ROWS)), "leden.xlsx", XLSX),
        (csv_of([["Bedrijf", "KvK"], ["Bond BV", "30281234"]]), "bedrijven.csv", "text/csv"),
    ]
    fingerprints = []
    for order in (files, files[::-1]):
        delivery = empty_delivery(project)
        for file in order:
            assert upload(project, delivery, *file).status_code == 201
        fingerprints.append(project.get(delivery)["fingerprint"])
    assert fingerprints[0] == fingerprints[1]
    assert project.assess(delivery, one_dimensional=False)["facts"] | {"skipped": 0} == {
        "files": 2,
        "columns": 5,
        "one_dimensional": False,
        "extra_fields": None,
        "skipped": 0,
    }


def test_the_same_file_delivered_again_has_the_same_structure(world: World) -> None:
    project = opened(world)
    first = empty_delivery(project)
    upload(project, first, csv_of(ROWS))
    project.assess(first)
    project.do(f"{first}/import", {"use": "moment"})
    second = empty_delivery(project)
    shown = upload(project, second, csv_of([[" NAAM", *ROWS[0][1:]], *ROWS[1:]], "\t"), "nieuw.csv").get_json()
    assert [(one["moment"], one["same"]) for one in shown["comparisons"]] == [(1, True)]
    assert shown["next_fee"]["amount"]["amount"] == "0.00"


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [
        (b"", "leden.csv", "no_titles"),
        (b"%PDF-1.7 ...", "leden.csv", "not_a_table"),
        (csv_of(ROWS), "leden.xlsx", "wrong_extension"),
        (csv_of(ROWS), "leden.docx", "wrong_extension"),
        (csv_of([["Naam", "Naam"], ["a", "b"]]), "leden.csv", "duplicate_titles"),
        (csv_of([["Jansen", "03-04-1980"], ["De Vries", "31-12-1999"]]), "leden.csv", "no_titles"),
        (b"PK\x03\x04" + b"\x00" * 50, "leden.xlsx", "damaged_file"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_the_reason(
    world: World, content: bytes, name: str, code: str
) -> None:
    project = opened(world)
    delivery = empty_delivery(project)
    problem(upload(project, delivery, content, name, "application/octet-stream"), 422, code)
    assert project.get(delivery)["files"] == []


def test_what_stands_in_a_file_is_stored_nowhere(database: Database) -> None:
    world = make_world(database)
    project = opened(world)
    delivery = empty_delivery(project)
    assert upload(project, delivery, csv_of(ROWS)).status_code == 201
    project.assess(delivery)
    project.do(f"{delivery}/import", {"use": "moment"})
    everything = ""
    with database.read() as session:
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        if not database.is_sqlite:
            query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
        for table in session.scalars(text(query)).all():
            everything += str(session.execute(text(f'SELECT * FROM "{table}"')).all())
    assert "Geboren" in everything  # a title
    for canary in ("Hoekstra", "03-04-1980", "1999/12/31", "Appingedam"):
        assert canary not in everything, canary


def test_a_repeated_upload_is_answered_and_adds_nothing(world: World) -> None:
    project = opened(world)
    delivery = empty_delivery(project)
    first = upload(project, delivery, csv_of(ROWS), key="once")
    project.assess(delivery)
    project.do(f"{delivery}/import", {"use": "moment"})
    again = upload(project, delivery, csv_of(ROWS), key="once")
    assert (again.status_code, again.data) == (201, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    problem(upload(project, delivery, csv_of(ROWS[:2]), key="once"), 422, "idempotency_key_reused")
    problem(upload(project, delivery, csv_of(ROWS), "meer.csv"), 409, "import_delivery_handled")


def test_two_files_of_one_name_are_a_mistake(world: World) -> None:
    project = opened(world)
    delivery = empty_delivery(project)
    upload(project, delivery, csv_of(ROWS))
    problem(upload(project, delivery, csv_of(ROWS)), 409, "already_exists")
    assert project.do(f"{delivery}/discard", {"reason": "Verkeerd project"})["state"] == "discarded"
    problem(project.post(f"{delivery}/import", {"use": "moment"}), 409, "import_delivery_handled")


def test_reading_holds_no_transaction(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a file is read, others can write; on SQLite one open write transaction would stop them all."""
    world = make_world(sqlite_database)
    project = opened(world)
    delivery = empty_delivery(project)
    real, seen = deliveries.read_delivered, []

    def reading(content: bytes, name: str) -> Any:
        caller = Caller(world.app.test_client(), world.ours.key)
        seen.append(caller.post("/v1/organisations", {"code": "ede", "name": "Ede"}).status_code)
        return real(content, name)

    monkeypatch.setattr(deliveries, "read_delivered", reading)
    assert upload(project, delivery, csv_of(ROWS)).status_code == 201
    assert seen == [201]


def test_many_threads_importing_the_same_delivery_import_it_once(database: Database) -> None:
    world = make_world(database)
    project = opened(world, website=False, on="2026-03-01")
    first = project.deliver(on="2026-03-02")
    project.assess(first)
    project.do(f"{first}/import", {"use": "moment"})
    project.do("/agreements", {"to": "further_moment", "by": "J. de Wit"})
    delivery = project.deliver()

    def send(_: int) -> str:
        caller = Caller(world.app.test_client(), world.ours.key)
        answer: dict[str, Any] = caller.post(f"{project.path}{delivery}/import", {"use": "moment"}).get_json(force=True)
        return str(answer.get("type", "imported"))

    with ThreadPoolExecutor(12) as threads:
        told = sorted(threads.map(send, range(12)))
    assert told == ["/problems/import_delivery_handled"] * 11 + ["imported"]
    assert project.fees() == [("further_moment", "90.00")]
    assert [charge["date"] for charge in project.charges()] == [date(2026, 3, 31).isoformat()]
    assert project.check()["agrees"]
