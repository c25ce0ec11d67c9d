"""Replay: another tariff over a past period, by the code that really decides; decisions and charges stay the same."""

from __future__ import annotations

import csv
import io
import json
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update

from billing_service import cli, job_files, jobs, replay, tariffs
from billing_service.app import PROGRAM
from billing_service.cli.program import Program
from billing_service.context import Context
from billing_service.core.ids import new_id
from billing_service.errors import InvalidInput, InvalidTariff
from billing_service.exports import Form
from billing_service.intake import withdraw_question
from billing_service.rating import persons
from billing_service.replay import deciding
from billing_service.replay.counting import Place, numbers
from billing_service.store.charges import Charge, Decision
from billing_service.store.questions import Question
from billing_service.store.replays import ReplayRow
from billing_service.store.session import Database
from billing_service.store.tariffs import TariffVersion
from billing_service.store.work import OutboxRow
from billing_service.worker.process import Worker
from billing_service.worker.work import Pace
from tests import builders
from tests.helpdesk import MARCH, TARIFF, Helpdesk, fixed, open_helpdesk, rule
from tests.rating.test_ordinals import call, release

FIRST = date(2026, 3, 1)


def rules(**changes: Any) -> dict[str, Any]:
    """The helpdesk's tariff with other rules (by code) in the place of its own."""
    document = deepcopy(TARIFF)
    document["rules"] = [changes.get(one["code"], one) for one in document["rules"]]
    return document


def version_of(desk: Helpdesk) -> TariffVersion:
    with desk.database.read() as session:
        return session.scalars(select(TariffVersion).where(TariffVersion.tariff_id == desk.tariff_id)).one()


def work(desk: Helpdesk) -> None:
    Worker(Context(desk.database, lambda: desk.now), Pace(max_attempts=3), tasks={}).drain()


def start(desk: Helpdesk, document: dict[str, Any] | None = None, first: date = FIRST, last: date = MARCH) -> UUID:
    with desk.scope() as scope:
        return replay.start(scope, version_of(desk), first, last, Form(), document).id


def replayed(desk: Helpdesk, document: dict[str, Any] | None = None, **period: date) -> dict[str, Any]:
    """The whole of what a replay tells: its JSON file."""
    job_id = start(desk, document, **period)
    work(desk)
    with desk.database.read() as session:
        scope = builders.scope(session, desk.administration_id)
        job = jobs.get(scope, job_id)
        assert job.state == "done", job.error
        found: dict[str, Any] = json.loads(b"".join(job_files.content(scope, job_id, "replay.json")))
        assert {name: found[name] for name in job.result or {} if name != "files"} == {
            name: value for name, value in (job.result or {}).items() if name != "files"
        }
    return found


def questions(found: dict[str, Any]) -> dict[str, Any]:
    return {row["external_id"]: row for row in found["questions"]}


def assert_no_difference(found: dict[str, Any], *, apart: bool = True) -> None:
    """0.00 everywhere, and the same outcome for every question."""
    for row in found["questions"]:
        assert row["difference"] == "0.00", row
        for name in ("state", "reason", "disposition", "rule", "minutes"):
            assert row[f"old_{name}"] == row[f"new_{name}"], row
    for table in ("customers", "subjects", "rules", "outcomes"):
        assert {row["difference"] for row in found[table]} <= {"0.00"}
    assert found["compared"]["difference"] == "0.00"


def busy(desk: Helpdesk) -> None:
    """All kinds of questions, some released, some waiting, some late, some gone."""
    for number in range(6):
        call(desk, f"call-{number}", closed=f"2026-03-0{number + 1}T10:00:00Z")
    desk.receive(external_id="bug", kind="bug")
    desk.receive(external_id="late", tags=["late"])
    desk.receive(external_id="manual", category="manual")
    desk.receive(external_id="import")
    desk.receive(external_id="nothing", category="unheard of")
    desk.receive(external_id="no time", category="work")
    desk.receive(
        external_id="work",
        category="work",
        time_entries=[{"external_id": "w", "worked_on": "2026-03-02", "minutes": 50}],
    )
    desk.receive(external_id="stranger", organisation=None, asker=None)
    release(desk, until=date(2026, 3, 4))
    call(desk, "call-late", closed="2026-03-01T08:00:00Z")
    release(desk, until=date(2026, 3, 5))
    call(desk, "call-latest", closed="2026-03-01T07:00:00Z")
    with desk.scope() as scope:
        gone = scope.session.scalars(select(Question).where(Question.external_id == "call-1")).one()
        withdraw_question(scope, gone, "not ours")


def test_the_tariff_that_really_decided_makes_no_difference(database: Database) -> None:
    desk = open_helpdesk(database)
    busy(desk)
    found = replayed(desk)
    assert_no_difference(found)
    assert found["compared"]["questions"] == 14
    assert found["left_out"] == {
        "withdrawn": 1,
        "reopened": 0,
        "contract_no_longer_valid": 0,
        "without_contract": 1,
        "other_tariffs": 0,
    }
    calls = {key: row["new_ordinal"] for key, row in questions(found).items() if key.startswith("call")}
    # call-1 holds place 2 though it was withdrawn; the late one came after those of the first release
    assert calls == {"call-0": 1, "call-2": 3, "call-3": 4, "call-late": 5, "call-4": 6, "call-latest": 7, "call-5": 8}


def test_nothing_is_written_to_decisions_and_charges(database: Database) -> None:
    desk = open_helpdesk(database)
    busy(desk)
    before = everything(desk)
    replayed(desk, rules(**{"import": rule("import", when={"category": ["import"]}, price=fixed("99.00"))}))
    assert everything(desk) == before
    with database.read() as session:
        assert session.scalars(select(ReplayRow.question_id)).all() == []


def everything(desk: Helpdesk) -> list[Any]:
    with desk.database.read() as session:
        return [
            sorted(tuple(map(str, row)) for row in session.execute(select(*table.__table__.columns)))
            for table in (Decision, Charge, Question)
        ]


def test_differences_per_customer_subject_and_rule(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive(external_id="a", subject="Leden importeren")
    desk.receive(external_id="b", subject="=Bestand")
    desk.receive(external_id="c", category="unheard of", subject="Iets anders")
    document = rules(
        **{
            "import": rule("bulk", when={"subject": ["=Bestand"]}, price=fixed("40.00")),
            "volume": rule("rest", "waived", price=fixed("5.00")),
        }
    )
    found = replayed(desk, document)
    assert found["compared"] == {
        "questions": 3,
        "old_amount": "50.00",
        "new_amount": "40.00",
        "difference": "-10.00",
    }
    assert {(row["old_rule"], row["new_rule"]): row["difference"] for row in found["rules"]} == {
        ("import", "rest"): "-25.00",
        ("import", "bulk"): "15.00",
        (None, "rest"): "0.00",
    }
    assert {row["subject"]: row["difference"] for row in found["subjects"]} == {
        "Leden importeren": "-25.00",
        "=Bestand": "15.00",
        "Iets anders": "0.00",
    }
    [customer] = found["customers"]
    assert (customer["customer_number"], customer["questions"], customer["difference"]) == ("10001", 3, "-10.00")
    assert {(row["old_state"], row["new_disposition"], row["questions"]) for row in found["outcomes"]} == {
        ("decided", "waived", 1),
        ("decided", "charge", 1),
        ("needs_decision", "waived", 1),
    }


def test_ordinals_are_counted_as_if_the_tariff_had_been_in_force(database: Database) -> None:
    desk = open_helpdesk(database)
    for number in range(4):
        call(desk, f"c{number}", closed=f"2026-03-0{number + 1}T10:00:00Z", tags=["vip"] if number == 1 else [])
    release(desk)
    without = rules(bug=rule("vip", "included", when={"tags": ["vip"]}))
    found = questions(replayed(desk, without))
    assert {key: (row["old_ordinal"], row["new_ordinal"], row["new_amount"]) for key, row in found.items()} == {
        "c0": (1, 1, "20.00"),
        "c1": (2, None, "0.00"),
        "c2": (3, 2, "20.00"),
        "c3": (4, 3, "10.00"),
    }


def test_counting_begins_with_the_counting_period_and_not_with_the_replay(database: Database) -> None:
    document = deepcopy(TARIFF)
    document["tables"]["volume"]["period"] = "calendar_quarter"
    desk = open_helpdesk(database, document)
    for key, month in (("jan", 1), ("feb", 2), ("mar", 3)):
        closed = f"2026-0{month}-10T10:00:00Z"
        desk.receive(external_id=key, category="call", opened_at=closed, closed_at=closed)
    release(desk)
    found = replayed(desk)
    assert found["counting_from"] == "2026-01-01"
    assert_no_difference(found)
    [march] = found["questions"]
    assert (march["external_id"], march["new_ordinal"], march["new_amount"]) == ("mar", 3, "10.00")


def test_a_new_table_counts_in_the_order_of_closing(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive(external_id="b", closed_at="2026-03-03T10:00:00Z")
    release(desk)
    desk.receive(external_id="a", closed_at="2026-03-02T10:00:00Z")
    desk.receive(external_id="c", closed_at="2026-03-04T10:00:00Z")
    price = {"basis": "tiered", "table": "volume"}
    found = replayed(desk, rules(**{"import": rule("import", when={"category": ["import"]}, price=price)}))
    assert {key: row["new_ordinal"] for key, row in questions(found).items()} == {"a": 1, "b": 2, "c": 3}
    assert found["compared"]["new_amount"] == "50.00"


def test_contract_years_begin_on_days_of_their_own(database: Database) -> None:
    document = deepcopy(TARIFF)
    document["tables"]["volume"]["period"] = "contract_year"
    desk = open_helpdesk(database, document, valid_from=date(2025, 3, 2))
    for key, day in (("old", "2026-03-01"), ("new", "2026-03-02"), ("later", "2026-03-05")):
        call(desk, key, closed=f"{day}T10:00:00Z")
    found = replayed(desk)
    assert {key: row["new_ordinal"] for key, row in questions(found).items()} == {"old": 1, "new": 1, "later": 2}
    assert_no_difference(found)


def test_what_a_person_decided_is_kept_and_counted_apart(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive(external_id="a")
    with desk.scope() as scope:
        question_id = scope.session.scalars(select(Question.id)).one()
        wish = {"disposition": "charge", "amount": Decimal("7.00"), "reason": "Afgesproken"}
        persons.decide_by_person(scope, question_id, wish)
    found = replayed(desk, rules(**{"import": rule("import", price=fixed("99.00"))}))
    assert found["by_person"] == {"questions": 1, "old_amount": "7.00", "new_amount": "7.00", "difference": "0.00"}
    assert found["compared"]["questions"] == 0
    assert found["rules"] == []
    assert questions(found)["a"]["replay_kind"] == "by_person"


def test_facts_that_changed_after_release_are_no_difference_of_the_tariff(database: Database) -> None:
    desk = open_helpdesk(database)
    entry = {"external_id": "w", "worked_on": "2026-03-02", "minutes": 50}
    desk.receive(external_id="a", category="work", time_entries=[entry])
    release(desk)
    desk.receive(external_id="a", category="work", time_entries=[entry | {"minutes": 120}])
    found = replayed(desk)
    assert found["compared"]["questions"] == 0
    changed = found["changed_after_release"]
    assert (changed["questions"], changed["old_amount"], changed["new_amount"]) == (1, "71.25", "190.00")


def test_blocked_and_undecided_questions_are_counted_in_both(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive(external_id="no time", category="work")
    desk.receive(external_id="nothing", category="unheard of")
    found = replayed(
        desk, rules(hours=rule("hours", when={"category": ["unheard of"]}, price={"basis": "actual_time"}))
    )
    assert {key: (row["old_reason"], row["new_reason"]) for key, row in questions(found).items()} == {
        "no time": ("missing_time", "no_rule"),
        "nothing": ("no_rule", "missing_time"),
    }
    assert {(row["old_state"], row["new_state"], row["questions"]) for row in found["outcomes"]} == {
        ("blocked", "needs_decision", 1),
        ("needs_decision", "blocked", 1),
    }


def test_a_version_that_was_replaced_is_held_against_what_it_decided(database: Database) -> None:
    """A dearer version, published afterwards from the same day on, does not touch what was released."""
    desk = open_helpdesk(database)
    desk.receive(external_id="a")
    release(desk)
    with desk.scope() as scope:
        dearer = rules(**{"import": rule("import", when={"category": ["import"]}, price=fixed("30.00"))})
        tariff = tariffs.get(scope, desk.tariff_id)
        version = tariffs.add_version(scope, tariff, {"valid_from": date(2026, 1, 1), "document": dearer})
        tariffs.publish(scope, version)
        first = scope.session.scalars(select(TariffVersion).where(TariffVersion.number == 1)).one()
        done = [replay.start(scope, one, FIRST, MARCH, Form()).id for one in (first, version)]
    work(desk)
    with database.read() as session:
        scope = builders.scope(session, desk.administration_id)
        results = [jobs.get(scope, job_id).result or {} for job_id in done]
    assert [one["compared"]["difference"] for one in results] == ["0.00", "5.00"]
    assert [one["changed_after_release"]["questions"] for one in results] == [0, 0]


def test_a_year_that_is_closed_can_be_replayed(database: Database) -> None:
    desk = open_helpdesk(database)
    desk.receive(opened_at="2024-05-02T09:00:00Z", closed_at="2024-05-02T10:00:00Z")
    release(desk)
    found = replayed(desk, first=date(2024, 1, 1), last=date(2024, 12, 31))
    assert_no_difference(found)
    assert found["compared"]["questions"] == 1


def test_a_replay_that_was_killed_begins_anew(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = open_helpdesk(database)
    busy(desk)
    whole = replayed(desk)
    monkeypatch.setattr(deciding, "BATCH", 3)
    real, calls = deciding.decide_batch, []

    def dies_once(*values: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise ConnectionError("gone")
        return real(*values)

    monkeypatch.setattr(deciding, "decide_batch", dies_once)
    job_id = start(desk)
    work(desk)
    with desk.database.read() as session:
        job = jobs.get(builders.scope(session, desk.administration_id), job_id)
        assert (job.state, job.done) == ("running", 6)
        assert session.scalars(select(ReplayRow.question_id)).all() != []
    with desk.database.write() as session:
        session.execute(update(OutboxRow).values(due_at=builders.NOW - timedelta(days=9)))
    work(desk)
    with desk.database.read() as session:
        scope = builders.scope(session, desk.administration_id)
        job = jobs.get(scope, job_id)
        assert (job.state, job.done) == ("done", job.total)
        again = json.loads(b"".join(job_files.content(scope, job_id, "replay.json")))
    assert again == whole


def test_csv_and_xlsx_tell_what_json_tells(database: Database) -> None:
    desk = open_helpdesk(database)
    busy(desk)
    desk.receive(external_id="evil", subject="=1+1")
    job_id = start(desk, rules(**{"import": rule("import", when={"category": ["import"]}, price=fixed("1234.50"))}))
    work(desk)
    with database.read() as session:
        scope = builders.scope(session, desk.administration_id)
        names = [file["name"] for file in (jobs.get(scope, job_id).result or {})["files"]]
        content = {name: b"".join(job_files.content(scope, job_id, name)) for name in names}
    found = json.loads(content["replay.json"])
    book = CalamineWorkbook.from_filelike(io.BytesIO(content["replay.xlsx"]))
    assert book.sheet_names == ["Vragen", "Debiteuren", "Onderwerpen", "Tariefregels", "Totalen"]
    for sheet, name, key in zip(
        book.sheet_names,
        ("questions", "customers", "subjects", "rules", "totals"),
        ("questions", "customers", "subjects", "rules", "outcomes"),
        strict=True,
    ):
        in_sheet = book.get_sheet_by_name(sheet).to_python()
        text = content[f"replay-{name}.csv"].decode("utf-8-sig")
        in_csv = list(csv.reader(io.StringIO(text, newline=""), delimiter=";"))
        assert len(in_sheet) == len(in_csv) == len(found[key]) + 1
        differences = [Decimal(row["difference"]) for row in found[key]]
        assert [Decimal(row[-1].replace(",", ".")) for row in in_csv[1:]] == differences
        assert [Decimal(str(row[-1])) for row in in_sheet[1:]] == differences
    assert "'=1+1" in content["replay-questions.csv"].decode()
    assert isinstance(book.get_sheet_by_name("Vragen").to_python()[1][0], date)


def test_what_cannot_be_replayed_is_refused(database: Database) -> None:
    desk = open_helpdesk(database)
    with pytest.raises(InvalidInput, match="in the future"):
        start(desk, last=date(2026, 4, 1))
    with pytest.raises(InvalidInput, match="lies before"):
        start(desk, last=date(2026, 2, 1))
    with pytest.raises(InvalidTariff) as refused:
        start(desk, {"name": "Leeg", "rules": []})
    assert refused.value.errors[0].pointer.startswith("/document/")


def test_from_the_command_line(database: Database, tmp_path: Path) -> None:
    desk = open_helpdesk(database)
    busy(desk)
    rules_file = tmp_path / "rules.json"
    dearer = rules(**{"import": rule("import", when={"category": ["import"]}, price=fixed("30.00"))})
    rules_file.write_text(json.dumps(dearer), encoding="utf-8")
    with desk.scope() as scope:
        code = tariffs.get(scope, desk.tariff_id).code
    words = ["replay-tariff", code, "--from", "2026-03-01", "--until", "2026-03-31"]
    program = Program(lambda _: Context(database, lambda: desk.now), PROGRAM.web_app, PROGRAM.make_worker)
    runner = CliRunner()
    done = runner.invoke(cli.main, [*words, "--document", str(rules_file), "-o", str(tmp_path / "out")], obj=program)
    assert done.exit_code == 0, done.output
    assert "5.00" in done.output
    assert "left out, withdrawn: 1" in done.output
    assert {path.name for path in (tmp_path / "out").iterdir()} >= {"replay.json", "replay.xlsx", "replay-rules.csv"}
    refused = runner.invoke(cli.main, [*words, "--version", "9"], obj=program)
    assert (refused.exit_code, refused.output) == (1, f"There is no tariff {code} with a version 9.\n")


# --- ordinals, by themselves ---


@given(st.lists(st.booleans(), max_size=30), st.randoms(use_true_random=False))
def test_who_counts_the_same_questions_gives_the_same_ordinals(gaps: list[bool], chance: Any) -> None:
    """Whatever the order in which they closed and whichever places are empty."""
    taken = [number for number, is_there in enumerate(gaps, start=1) if is_there]
    closings = [builders.NOW + timedelta(minutes=minute) for minute in range(len(taken))]
    chance.shuffle(closings)
    places = [
        Place(closed, "desk", str(number), new_id(), number, True)
        for number, closed in zip(taken, closings, strict=True)
    ]
    assert dict(numbers(places)) == {place.question_id: place.taken for place in places}


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=30))
def test_ordinals_are_unique_and_without_gaps_where_none_were(kinds: list[tuple[bool, bool]]) -> None:
    places, taken = [], 0
    for minute, (really, counts) in enumerate(kinds):
        taken += really
        closed = builders.NOW + timedelta(minutes=minute)
        places.append(Place(closed, "desk", str(minute), new_id(), taken if really else None, counts or not really))
    found = [number for _, number in numbers(places)]
    assert found == list(range(1, len(found) + 1))
