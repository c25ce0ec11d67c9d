"""890 real incidents: imported, decided, billed month by month, and compared with a count made from the file alone."""

from __future__ import annotations

import csv
import io
import json
import sys
from calendar import monthrange
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from subprocess import run
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import func, select

from billing_service import intake, tariffs
from billing_service.core.document import DocumentKind, from_json
from billing_service.parties import sheet
from billing_service.store.charges import Charge, Decision
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Contract
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.session import Database
from tests.invoicing.checks import broken_promises
from tests.invoicing.world import World
from tests.left_out import needs_shared
from tests.scenarios import count_incidents

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "incidents"
MONTHS = [date(2016 + (month - 1) // 12, (month - 1) % 12 + 1, 1) for month in range(2, 15)]
"""February 2016, the first closing, to February 2017, the last."""


@pytest.fixture(scope="module")
def incidents() -> Path:
    return needs_shared("data/incidents.csv")


@pytest.fixture(scope="module")
def example() -> ModuleType:
    """The script of the example, as a module."""
    spec = spec_from_file_location("make_customers", EXAMPLE / "make_customers.py")
    assert spec is not None
    assert spec.loader is not None
    made = module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def desk(database: Database, incidents: Path, example: ModuleType) -> World:
    """The service desk with its tariff, customers and the 890 incidents, on the first day after the last of them."""
    world = World.founded(database, legal_name="Servicedesk Nederland B.V.")
    world.now = datetime(2017, 3, 1, 9, 0, tzinfo=UTC)
    with world.scope() as scope:
        tariff = tariffs.create(scope, {"code": "servicedesk", "name": "Servicedesk"})
        document = json.loads((EXAMPLE / "tariff.json").read_text("utf-8"))
        version = tariffs.add_version(scope, tariff, {"valid_from": date(2016, 1, 1), "document": document})
        tariffs.publish(scope, version)
        loaded = sheet.import_customers(scope, customer_file(incidents, example))
        assert loaded.refused == []
    taken = take(world, incidents)
    assert (taken.taken, taken.refused) == (890, 0), taken.errors
    return world


def customer_file(incidents: Path, example: ModuleType) -> bytes:
    with incidents.open(newline="", encoding="utf-8") as file:
        locations = [row["location"] for row in csv.DictReader(file) if row["location"]]
    text = io.StringIO()
    writer = csv.DictWriter(text, (*example.TITLES, "organisations"))
    writer.writeheader()
    writer.writerows(example.customers(locations))
    return text.getvalue().encode()


def take(world: World, incidents: Path) -> intake.Tally:
    mapping = intake.load_mapping((EXAMPLE / "mapping.toml").read_bytes(), "mapping.toml", "EUR")
    rows = intake.read_rows(incidents.read_bytes(), "text/csv", "EUR", mapping=mapping)
    *_, last = intake.import_questions(world.scope, rows, create=intake.CreateMissing(organisations=True, persons=True))
    return last


def decided(world: World) -> dict[str, Any]:
    """Counts of what the service decided, in the form of ``count_incidents.count``."""
    with world.reading() as scope:
        rows = scope.session.execute(select(Decision.state, Decision.reason, Decision.disposition, Decision.rule)).all()
    return {
        "questions": len(rows),
        "states": dict(sorted(Counter(row.state for row in rows).items())),
        "reasons": dict(sorted(Counter(row.reason for row in rows if row.state == "blocked").items())),
        "dispositions": dict(sorted(Counter(row.disposition for row in rows if row.state == "decided").items())),
        "rules": dict(sorted(Counter(row.rule for row in rows if row.state == "decided").items())),
    }


def test_every_incident_is_decided_as_a_count_from_the_file_alone_says(
    desk: World, incidents: Path, example: ModuleType
) -> None:
    expected = count_incidents.count(incidents, example.contract_of)
    found = decided(desk)
    assert found == {name: expected[name] for name in found}
    assert sum(found["states"].values()) == 890
    assert (
        sum(found["reasons"].values()) + sum(found["dispositions"].values()) + found["states"]["needs_decision"] == 890
    )


def test_the_tariff_is_one_that_tells_something(desk: World) -> None:
    found = decided(desk)
    by_the_hour = found["reasons"]["missing_time"]  # decided by the rule, blocked for want of minutes
    assert all(0.05 <= count / 890 <= 0.6 for count in (*found["rules"].values(), by_the_hour))
    assert len(found["rules"]) + 1 >= 4
    assert len(found["dispositions"]) >= 3
    assert found["dispositions"]["charge"] > 200


def test_no_minutes_are_invented_and_the_organisation_is_the_questions(desk: World, incidents: Path) -> None:
    with incidents.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    places = defaultdict(set)
    for row in rows:
        places[row["caller_id"]].add(row["location"])
    with desk.reading() as scope:
        assert scope.session.scalar(select(func.count()).select_from(TimeEntry)) == 0
        askers = scope.session.execute(
            select(Question.asker_id, func.count(func.distinct(Question.organisation_id))).group_by(Question.asker_id)
        ).all()
        nowhere = scope.session.scalar(select(func.count()).where(Question.organisation_id.is_(None)))
    assert nowhere == 2
    assert len(askers) == len(places)
    several = sum(len(found - {""}) > 1 for found in places.values())
    assert sum(count > 1 for _, count in askers) == several == 9  # a tenth caller's other place is unknown


def test_a_second_import_changes_nothing(desk: World, incidents: Path) -> None:
    before = everything(desk)
    again = take(desk, incidents)
    assert (again.taken, again.changed, again.unchanged, again.refused) == (0, 0, 890, 0)
    assert everything(desk) == before


def everything(world: World) -> list[Any]:
    with world.reading() as scope:
        return [
            scope.session.execute(select(table.__table__).order_by(*table.__table__.primary_key)).all()  # type: ignore[attr-defined]
            for table in (Question, Decision, Charge)
        ]


def test_billed_month_by_month_every_invoice_is_what_the_count_says(
    desk: World, incidents: Path, example: ModuleType
) -> None:
    for month in MONTHS:
        last = month.replace(day=monthrange(month.year, month.month)[1])
        desk.now = datetime(last.year, last.month, last.day, 8, 0, tzinfo=UTC) + timedelta(days=1)
        desk.issue(desk.release(until=last))
    expected = count_incidents.count(incidents, example.contract_of)
    assert {place: net for place, net in billed(desk).items() if net} == {
        place: Decimal(net) for place, net in expected["net"].items()
    }
    with desk.reading() as scope:
        total = scope.session.scalar(select(func.sum(Invoice.net)).where(Invoice.state == "issued"))
        assert total == Decimal(expected["net_total"])
        assert scope.session.scalar(select(func.count()).where(Charge.state == "open")) == 0
        documents = scope.session.scalars(select(Invoice.document).where(Invoice.state == "issued")).all()
    assert broken_promises(desk.database, desk.administration_id) == []
    annexed = Counter(entry.disposition for text in documents for entry in from_json(text.encode()).annex)
    shown = {name: count for name, count in expected["dispositions"].items() if name != "not_billable"}
    assert {str(name): annexed[name] for name in shown if name != "waived"} == {
        name: count for name, count in shown.items() if name != "waived"
    }


def billed(world: World) -> dict[str, Decimal]:
    """The net amount of issued documents per contract and month."""
    with world.reading() as scope:
        rows = scope.session.execute(
            select(Contract.reference, Invoice.supply_to, Invoice.net, Invoice.kind)
            .join(Contract, Contract.id == Invoice.contract_id)
            .where(Invoice.state == "issued")
        ).all()
    for row in rows:
        assert (row.net == 0) == (row.kind == DocumentKind.ZERO_STATEMENT.value)
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        found[f"{row.reference} {row.supply_to:%Y-%m}"] += row.net
    return found


def test_from_the_command_line_as_the_readme_of_the_example_says(incidents: Path, tmp_path: Path) -> None:
    def billing(*words: str, code: int = 0) -> str:
        done = run(
            [sys.executable, "-c", "from billing_service.app import main; main()", *words],
            cwd=EXAMPLE.parents[2],
            env={"BILLING_DATA_DIR": str(tmp_path), "PATH": "", "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stderr
        return done.stdout

    customers = tmp_path / "customers.csv"
    made = run([sys.executable, EXAMPLE / "make_customers.py", incidents], capture_output=True, check=True)
    customers.write_bytes(made.stdout)
    billing("migrate")
    billing(
        *("create-administration", "--legal-name", "Servicedesk Nederland B.V.", "--street", "Kanaalweg 1"),
        *("--postal-code", "3526 KL", "--city", "Utrecht", "--vat-number", "NL000099998B57"),
        *("--iban", "NL91ABNA0417164300", "--kvk", "30281234"),
    )
    billing("publish-tariff", "servicedesk", str(EXAMPLE / "tariff.json"), "--valid-from", "2016-01-01")
    assert "83 new, 0 known, 0 refused" in billing("import-customers", str(customers))
    questions = ("import-questions", str(incidents), "--mapping", str(EXAMPLE / "mapping.toml"), "--create-missing")
    assert "890 taken, 0 changed, 0 known, 0 refused" in billing(*questions)
    assert "0 taken, 0 changed, 890 known, 0 refused" in billing(*questions)
    assert "Holding Oost en West B.V." in billing("preview", "--until", "2016-03-31")
