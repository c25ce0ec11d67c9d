"""Files of questions: good rows are taken, bad ones named, and nothing is ever taken twice."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from billing_service.errors import InvalidInput, UnreadableFile
from billing_service.intake import ColumnMapping, CreateMissing, Tally, import_questions, load_mapping, read_rows
from billing_service.intake import accept as intake_accept
from billing_service.intake import bulk as intake_bulk
from billing_service.intake.rows import CSV, JSON, NDJSON
from billing_service.store.charges import Charge, Decision
from billing_service.store.parties import Organisation, Person
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.session import Database
from tests import builders
from tests.helpdesk import QUESTION, Helpdesk, open_helpdesk
from tests.left_out import needs_shared

ROWS: list[dict[str, Any]] = [
    QUESTION | {"external_id": "1"},
    QUESTION | {"external_id": "2", "category": "call"},
    QUESTION | {"external_id": "3", "category": "work", "time_entries": [{"worked_on": "2026-03-02", "minutes": 50}]},
    QUESTION | {"external_id": "4", "kind": "bug", "closed_at": None},
    QUESTION | {"external_id": "5", "organisation": None},
]
"""Rows of five questions: charged, by ordinal, by the hour, still open, without contract."""


def take(desk: Helpdesk, content: bytes, kind: str, create: CreateMissing | None = None, **options: Any) -> Tally:
    rows = read_rows(content, kind, "EUR", **options)
    tallies = list(import_questions(desk.scope, rows, create=create))
    return tallies[-1] if tallies else Tally()


def take_rows(desk: Helpdesk, rows: Sequence[Any]) -> Tally:
    return take(desk, json.dumps(rows).encode(), JSON)


def picture(desk: Helpdesk) -> list[Any]:
    """Everything that counts about the questions of this helpdesk, without ids and moments of storing."""
    with desk.database.read() as session:
        questions = session.execute(
            select(Question.external_id, Question.facts_digest, Decision.state, Decision.rule, Decision.amount)
            .outerjoin(Decision, Decision.question_id == Question.id)
            .where(Question.administration_id == desk.administration_id)
            .order_by(Question.external_id)
        ).all()
        charges = session.execute(
            select(Question.external_id, Charge.part, Charge.amount, Charge.minutes)
            .join(Charge, Charge.question_id == Question.id)
            .where(Question.administration_id == desk.administration_id)
            .order_by(Question.external_id, Charge.part)
        ).all()
        entries = session.execute(
            select(TimeEntry.external_id, TimeEntry.raw_minutes, TimeEntry.revision)
            .where(TimeEntry.administration_id == desk.administration_id)
            .order_by(TimeEntry.external_id)
        ).all()
    return [[tuple(row) for row in rows] for rows in (questions, charges, entries)]


def test_the_same_rows_as_json_ndjson_and_csv_are_the_same_questions(database: Database) -> None:
    titles = ["source", "external_id", "subject", "category", "organisation", "opened_at", "closed_at"]
    lines = [",".join(titles)] + [",".join(row[title] or "" for title in titles) for row in ROWS[:2]]
    pictures = []
    for content, kind in (
        (json.dumps([{t: row[t] for t in titles} for row in ROWS[:2]]), JSON),
        ("\n\n".join(json.dumps({t: row[t] for t in titles}) for row in ROWS[:2]), NDJSON),
        ("\r\n".join(lines), CSV),
        ("\n".join(line.replace(",", ";") for line in lines), CSV),
    ):
        desk = open_helpdesk(database)
        assert take(desk, content.encode(), kind).taken == 2
        pictures.append(picture(desk))
    assert pictures == [pictures[0]] * 4


@pytest.fixture
def reference(database: Database) -> list[Any]:
    desk = open_helpdesk(database)
    for row in ROWS:
        desk.receive(**row)
    return picture(desk)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(len(ROWS))),
    again=st.lists(st.integers(0, len(ROWS) - 1), max_size=6),
    chunk=st.integers(1, 7),
)
def test_any_order_and_repetition_of_rows_gives_the_same_questions_decisions_and_charges(
    database: Database, reference: list[Any], order: list[int], again: list[int], chunk: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(intake_bulk, "CHUNK", chunk)
        desk = open_helpdesk(database)
        tally = take_rows(desk, [ROWS[index] for index in [*order, *again]])
    assert (tally.taken, tally.unchanged, tally.refused) == (len(ROWS), len(again), 0)
    assert picture(desk) == reference


def test_one_by_one_and_in_bulk_refuse_the_same_rows_for_the_same_reasons(database: Database) -> None:
    desk = open_helpdesk(database)
    wrong: list[dict[str, Any]] = [
        {"subject": None},
        {"opened_at": "2026-03-03T09:00:00Z"},
        {"closed_at": "2026-03-02 10:00"},
        {"closed_at": "2031-01-01T00:00:00Z"},
        {"kind": "joke"},
        {"time_entries": [{"worked_on": "2026-03-02", "minutes": -1}]},
        {"time_entries": [{"worked_on": "2026-03-02", "minutes": 1.5}]},
        {"time_entries": [{"worked_on": "2026-02-30", "minutes": 1}]},
        {"base_amount": {"amount": "1" * 30, "currency": "EUR"}},
        {"base_amount": {"amount": "1.00", "currency": "USD"}},
        {"quantities": {"n": 1.5}},
        {"organisation": "nergens"},
        {"subject": "a\x00b"},
        {"tags": "late"},
        {"unknown": 1},
        {"contact_moment": "0193b3a0-0000-7000-8000-000000000000"},
    ]
    one_by_one = []
    for fields in wrong:
        with pytest.raises(InvalidInput) as refused:
            desk.receive(**fields)
        one_by_one.append([(error.pointer, error.detail) for error in refused.value.errors])
    rows = [{key: value for key, value in (QUESTION | fields).items() if value is not None} for fields in wrong]
    tally = take_rows(desk, rows)
    assert tally.refused == len(wrong)
    in_bulk = [
        [(error["pointer"], error["detail"]) for error in tally.errors if error["line"] == place]
        for place in range(1, len(wrong) + 1)
    ]
    assert in_bulk == one_by_one
    assert all(one_by_one)
    assert picture(desk)[0] == []


def test_a_question_told_twice_in_one_file_ends_as_the_last_line_says(database: Database) -> None:
    desk = open_helpdesk(database)
    tally = take_rows(desk, [ROWS[0], ROWS[0] | {"category": "manual"}, ROWS[0] | {"category": "call"}])
    assert (tally.taken, tally.changed) == (1, 2)
    assert desk.decided()[2] == desk.charges()[0].amount
    decision = desk.decision()
    assert decision is not None
    assert decision.rule == "volume"


def test_a_time_entry_belongs_to_the_first_question_that_names_it(database: Database) -> None:
    desk = open_helpdesk(database)
    entry = [{"worked_on": "2026-03-02", "minutes": 5, "external_id": "t"}]
    tally = take_rows(desk, [ROWS[0] | {"time_entries": entry}, ROWS[1] | {"time_entries": entry}, ROWS[2]])
    assert (tally.taken, tally.refused) == (2, 1)
    assert tally.errors[0]["pointer"] == "/time_entries/0/external_id"
    again = take_rows(desk, [ROWS[1] | {"time_entries": entry}])
    assert again.errors[0]["pointer"] == "/time_entries/0/external_id"


def test_a_bad_chunk_leaves_the_good_ones_and_a_second_run_goes_on(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_bulk, "CHUNK", 2)
    desk = open_helpdesk(database)

    def crash(scope: object, tally: Tally) -> None:
        if tally.rows > 2:
            raise ConnectionError("the power went")

    rows = read_rows(json.dumps(ROWS).encode(), JSON, "EUR")
    with pytest.raises(ConnectionError):
        list(import_questions(desk.scope, rows, after_chunk=crash))
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Question)) == 2
    tally = take_rows(desk, ROWS)
    assert (tally.taken, tally.unchanged) == (3, 2)


def test_errors_beyond_the_most_that_are_listed_are_counted(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake_bulk, "MOST_ERRORS", 2)
    desk = open_helpdesk(database)
    tally = take_rows(desk, [{"subject": "x", "source": "desk", "external_id": str(n)} for n in range(5)])
    assert (tally.refused, len(tally.errors), tally.errors_left_out) == (5, 2, 3)


def test_two_imports_of_the_same_questions_at_once_take_each_once(
    postgresql_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = open_helpdesk(postgresql_database)
    insert = intake_accept._insert

    def overtaken(*arguments: Any) -> None:  # our rows were looked up and are not there; now somebody else stores one
        monkeypatch.setattr(intake_accept, "_insert", insert)
        take_rows(desk, ROWS[:1])
        insert(*arguments)

    monkeypatch.setattr(intake_accept, "_insert", overtaken)
    tally = take_rows(desk, ROWS)
    assert (tally.taken, tally.unchanged) == (len(ROWS) - 1, 1)


# --- column mapping --------------------------------------------------------------------------------------------------

MAPPING = b"""
source = "servicedesk"
decimal = ","
tags = [{ column = "sla", values = { FALSE = "late", TRUE = "" } }, { column = "team", prefix = "team:" }]

[dates]
formats = ["%d-%m-%Y %H:%M", "iso"]
time_zone = "Europe/Amsterdam"

[fields]
external_id = "nummer"
subject = { columns = ["soort", "detail"], separator = " / ", default = "Zonder onderwerp" }
channel = { column = "kanaal", values = { Telefoon = "phone" }, otherwise = "keep" }
kind = { value = "question" }
category = { column = "soort", values = { Imp = "import" }, otherwise = "refuse" }
organisation = "locatie"
asker = "melder"
opened_at = "geopend"
closed_at = "gesloten"
base_amount = "bedrag"

[time]
minutes = "minuten"
worked_on = "gesloten"

[quantities]
labels = "etiketten"

[names]
organisation = "naam"
"""
TITLES = "nummer;soort;detail;kanaal;locatie;naam;melder;geopend;gesloten;minuten;etiketten;bedrag;sla;team"


def mapped(desk: Helpdesk, *lines: str, encoding: str | None = None, create: bool = True) -> Tally:
    mapping = load_mapping(MAPPING, "mapping.toml", "EUR")
    content = "\n".join([TITLES, *lines]).encode(encoding or "utf-8")
    return take(desk, content, CSV, CreateMissing(create, create), mapping=mapping, encoding=encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1252"])
def test_a_mapping_turns_columns_into_questions_in_every_usual_encoding(database: Database, encoding: str) -> None:
    desk = open_helpdesk(database)
    line = "7;Imp;Café;Telefoon;Almere;Vereniging Élan;piet;29-03-2026 01:30;29-03-2026 03:30;20;1.500,5;12,50;FALSE;A"
    mapping = load_mapping(MAPPING, "mapping.toml", "EUR")
    named = None if encoding == "utf-8-sig" else encoding
    tally = take(
        desk, f"{TITLES}\n{line}".encode(encoding), CSV, CreateMissing(True, True), mapping=mapping, encoding=named
    )
    assert tally.errors == []
    with database.read() as session:
        question = session.scalars(select(Question)).one()
        entry = session.scalars(select(TimeEntry)).one()
        organisation = session.scalars(select(Organisation).where(Organisation.code == "Almere")).one()
    assert question.subject == "Imp / Café"
    assert question.tags == ["late", "team:A"]
    assert question.opened_at.isoformat() == "2026-03-29T00:30:00+00:00"
    assert question.closed_at is not None
    assert question.closed_at.isoformat() == "2026-03-29T01:30:00+00:00"
    assert (question.channel, question.category) == ("phone", "import")
    assert (str(question.base_amount), question.quantities) == ("12.50", {"labels": "1500.50"})
    assert (entry.raw_minutes, entry.worked_on.isoformat()) == (20, "2026-03-29")
    assert organisation.name == "Vereniging Élan"


def test_an_empty_cell_is_an_unknown_value_and_no_minutes_are_invented(database: Database) -> None:
    desk = open_helpdesk(database)
    tally = mapped(desk, "7;;;;;;;01-03-2026 10:00;;;;;;")
    assert tally.errors == []
    with database.read() as session:
        question = session.scalars(select(Question)).one()
        assert session.scalars(select(TimeEntry)).all() == []
    assert question.subject == "Zonder onderwerp"
    assert (question.category, question.organisation_id, question.closed_at) == (None, None, None)
    assert (question.tags, question.quantities, question.base_amount) == ([], {}, None)


def test_bad_cells_are_named_by_line_and_field(database: Database) -> None:
    desk = open_helpdesk(database)
    tally = mapped(
        desk,
        "1;Imp;;;;;;01-03-2026 10:00;;;;;;",
        "2;Anders;;;;;;01-03-2026 10:00;;;;;;",
        "3;Imp;;;;;;1 maart;;;;;;",
        "4;Imp;;;;;;01-03-2026 10:00;01-03-2026 11:00;een;;;;",
        "5;Imp;;;;;;01-03-2026 10:00;;;;abc;;",
        "6;te kort",
        '7;Imp;"over twee',
        'regels";;;;;01-03-2026 10:00;;;;;MISSCHIEN;',
        "8;Imp;;;;;;01-03-2026 10:00;;;;;;",
    )
    assert tally.taken == 2
    assert [(error["line"], error["pointer"]) for error in tally.errors] == [
        (3, "/category"),
        (4, "/opened_at"),
        (5, "/time_entries/0/minutes"),
        (6, "/base_amount/amount"),
        (7, ""),
        (8, "/tags"),
    ]


def test_without_create_missing_an_unknown_code_is_refused(database: Database) -> None:
    desk = open_helpdesk(database)
    line = "7;Imp;;;Almere;;piet;01-03-2026 10:00;;;;;;"
    tally = mapped(desk, line, create=False)
    assert {error["pointer"] for error in tally.errors} == {"/organisation", "/asker"}
    with database.read() as session:
        assert session.scalars(select(Organisation.code)).all() == ["zwolle"]
    assert mapped(desk, line).taken == 1
    assert mapped(desk, line, create=False).unchanged == 1
    with database.read() as session:
        assert sorted(session.scalars(select(Person.code))) == ["anna", "piet"]


@pytest.mark.parametrize(
    ("content", "encoding", "line"),
    [
        ("a;b\n1;2\n3;é".encode("cp1252"), None, 3),
        ("a;b\n1;é".encode(), "windows-1252", 2),
        ("a;b\n1;2".encode("utf-16-le"), None, 1),
        (b"a;b\n1;\x81", "windows-1252", 2),
    ],
)
def test_a_wrong_encoding_is_one_clear_error_naming_the_line(content: bytes, encoding: str | None, line: int) -> None:
    with pytest.raises(UnreadableFile, match=f"Line {line} ") as refused:
        read_rows(content, CSV, "EUR", encoding=encoding, mapping=ColumnMapping())
    assert refused.value.code == "wrong_encoding"


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        (b"colour = 1", "/colour"),
        (b'[fields]\ncolour = "x"', "/fields/colour"),
        (b'[fields]\nsubject = { column = "a", value = "b" }', "/fields/subject"),
        (b'[fields]\nsubject = { column = "a", otherwise = "guess" }', "/fields/subject/otherwise"),
        (b'[dates]\ntime_zone = "Mars"', "/dates/time_zone"),
        (b'[time]\nminutes = "m"', "/time"),
        (b'encoding = "ebcdic"', "/encoding"),
        (b"tags = 1", "/tags"),
    ],
)
def test_a_mistake_in_a_mapping_is_named(document: bytes, pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        load_mapping(document, "mapping.toml", "EUR")
    assert pointer in [error.pointer for error in refused.value.errors]


def test_a_column_that_the_file_does_not_have_is_named_before_anything_is_taken() -> None:
    mapping = load_mapping(b'{"fields": {"subject": "onderwerp"}}', "mapping.json", "EUR")
    with pytest.raises(InvalidInput, match="'onderwerp'"):
        read_rows(b"a,b\n1,2\n", CSV, "EUR", mapping=mapping)


# --- real input ------------------------------------------------------------------------------------------------------

INCIDENTS = Path(__file__).parents[2] / "docs/examples/incidents/mapping.toml"


def test_real_incidents_are_all_taken_and_a_second_import_changes_nothing(database: Database) -> None:
    content = needs_shared("data/incidents.csv").read_bytes()
    with database.write() as session:
        ours = builders.administration(session)
    desk = Helpdesk(database, ours, ours, ours, ours, ours, ours)
    mapping = load_mapping(INCIDENTS.read_bytes(), INCIDENTS.name, "EUR")
    create = CreateMissing(True, True)
    first = take(desk, content, CSV, create, mapping=mapping)
    assert (first.taken, first.refused, first.errors) == (890, 0, [])
    before = picture(desk)
    assert take(desk, content, CSV, create, mapping=mapping).unchanged == 890
    assert picture(desk) == before
    rows = list(csv.DictReader(content.decode().splitlines()))
    with database.read() as session:
        assert session.scalar(text("SELECT count(*) FROM time_entries")) == 0
        assert session.scalar(select(func.count()).where(Question.organisation_id.is_(None))) == 2
        organisations = session.scalar(select(func.count()).select_from(Organisation))
    assert organisations == len({row["location"] for row in rows if row["location"]})
