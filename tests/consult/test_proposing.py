"""Consults proposed from facts: each cause once, for a person to decide; what was rejected does not come back."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from billing_service import consults, imports
from billing_service.context import Context
from billing_service.core import finding_texts
from billing_service.core.calendar import Period
from billing_service.core.consult import (
    ConsultPolicy,
    ManyQuestions,
    describe_proposal,
    propose_for_contract,
    propose_for_import,
    propose_for_questions,
    propose_for_urgency,
)
from billing_service.store.consults import Consult
from billing_service.store.session import Database
from billing_service.worker.schedule import TASKS, Schedule
from tests import builders
from tests.consult.world import FIXED, Desk

NOTHING: dict[str, Any] = {
    "import_not_one_dimensional": False,
    "many_questions": None,
    "several_administrations": None,
    "urgent": [],
}
"""A policy by which nothing is proposed."""


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


def policy(desk: Desk, **settings: Any) -> None:
    desk.do("put_policy", NOTHING | settings)


def proposed(desk: Desk) -> list[tuple[str, str | None, list[str]]]:
    """What is newly proposed: reference, rule, indicators."""
    return [(row.reference, row.rule, row.indicators) for row in desk.do("propose")]


def held_by(desk: Desk, reference: str) -> list[UUID]:
    with desk.helpdesk.scope() as scope:
        query = select(Consult).where(Consult.reference == reference)
        row = scope.session.scalars(query).one()
        return [one["question_id"] for one in consults.describe(scope, row, "nl", "EUR")["questions"]]


def import_project(desk: Desk, *, one_dimensional: bool) -> None:
    with desk.helpdesk.scope() as scope:
        wish = {"reference": "IMP-1", "name": "Leden", "contract_id": desk.helpdesk.contract_id, "website": False}
        project = imports.open_project(scope, wish | {"on": date(2026, 3, 2)}).row
        facts = {"files": 2, "columns": 12, "one_dimensional": one_dimensional, "on": date(2026, 3, 3)}
        imports.confirm_facts(scope, project.id, facts)


def test_without_a_policy_nothing_is_proposed(desk: Desk) -> None:
    desk.ask(urgency="urgent")
    assert proposed(desk) == []
    assert desk.findings() == []


def test_an_import_that_is_not_one_dimensional_is_proposed_once(desk: Desk) -> None:
    policy(desk, import_not_one_dimensional=True, pricing=FIXED)
    import_project(desk, one_dimensional=False)
    assert proposed(desk) == [("C-0001", "import_not_one_dimensional", ["complex_file"])]
    assert proposed(desk) == []
    (finding,) = desk.findings()
    assert finding_texts.wording(finding.code, finding.facts, "en", "EUR") == (
        "Proposal for consult C-0001 under contract C-1: import IMP-1 (Leden) holds more than personal data of "
        "members.",
        "Confirm the consult with its price, or reject it with a reason.",
    )
    assert finding_texts.wording(finding.code, finding.facts, "nl", "EUR")[0] == (
        "Voorstel voor consult C-0001 onder contract C-1: import IMP-1 (Leden) heeft meer dan persoonsgegevens van "
        "leden."
    )
    desk.do("reject", finding.subject_id, "Klant lost het zelf op")
    assert proposed(desk) == []
    assert desk.findings() == []


def test_a_one_dimensional_import_is_not(desk: Desk) -> None:
    policy(desk, import_not_one_dimensional=True)
    import_project(desk, one_dimensional=True)
    assert proposed(desk) == []


def test_more_questions_in_a_month_than_the_policy_allows_with_those_still_open(desk: Desk) -> None:
    policy(desk, many_questions={"more_than": 2})
    for number in range(2):
        desk.ask(f"answered-{number}")
    desk.ask("last-month", opened_at="2026-02-20T09:00:00+01:00")
    assert proposed(desk) == []
    waiting = desk.ask("waiting", closed_at=None)
    assert proposed(desk) == [("C-0001", "many_questions", ["too_many_questions"])]
    assert held_by(desk, "C-0001") == [waiting]  # what was answered was answered
    (finding,) = desk.findings()
    cause = finding_texts.wording(finding.code, finding.facts, "en", "EUR")[0]
    assert cause.endswith("3 questions from 1 March 2026 up to 31 March 2026, more than 2.")
    for number in range(5):
        desk.ask(f"more-{number}")
    assert proposed(desk) == []  # the same month


def test_the_last_day_of_a_month_counts_on_the_first_of_the_next(desk: Desk) -> None:
    policy(desk, many_questions={"more_than": 1})
    for number in range(2):
        desk.ask(str(number), opened_at="2026-03-31T11:00:00+02:00", closed_at=None)
    desk.helpdesk.now = builders.NOW + timedelta(days=1)
    assert [rule for _, rule, _ in proposed(desk)] == ["many_questions"]
    desk.helpdesk.now = builders.NOW + timedelta(days=2)
    for number in range(2):
        desk.ask(f"april-{number}", opened_at="2026-04-01T11:00:00+02:00", closed_at=None)
    assert [reference for reference, _, _ in proposed(desk)] == ["C-0002"]


def test_questions_may_be_counted_per_organisation_of_the_asker(database: Database) -> None:
    desk = Desk(database)
    with database.write() as session:
        builders.organisation(session, desk.helpdesk.administration_id, "ede")
    policy(desk, many_questions={"more_than": 1, "per": "organisation"})
    desk.ask("1")
    desk.ask("2", organisation="ede", contract="C-1")
    assert proposed(desk) == []
    desk.ask("3")
    assert [rule for _, rule, _ in proposed(desk)] == ["many_questions"]
    assert desk.findings()[0].facts["facts"]["organisation"] == "zwolle"


def test_a_contract_year_counts_from_the_day_the_contract_began(database: Database) -> None:
    desk = Desk(database, valid_from=date(2025, 6, 15))
    policy(desk, many_questions={"more_than": 1, "period": "contract_year"})
    desk.ask("1", opened_at="2025-06-20T09:00:00+02:00", closed_at="2025-06-20T10:00:00+02:00")
    assert proposed(desk) == []
    desk.ask("2")
    proposed(desk)
    assert desk.findings()[0].facts["facts"]["from"] == "2025-06-15"


def test_an_urgent_question_in_the_policys_words_is_in_the_proposal(desk: Desk) -> None:
    policy(desk, urgent=["hoog"], pricing=FIXED)
    desk.ask("1", urgency="urgent")
    asked = desk.ask("2", urgency="hoog")
    desk.ask("old", urgency="hoog", opened_at="2026-02-20T09:00:00+01:00")
    assert proposed(desk) == [("C-0001", "urgent", ["answer_needed_fast"])]
    assert held_by(desk, "C-0001") == [asked]
    assert desk.helpdesk.decided("2")[1] == "charge"  # a proposal decides nothing
    desk.do("confirm", desk.findings()[0].subject_id, {})
    assert desk.helpdesk.decided("2")[1] == "included"


def test_an_urgent_question_that_is_released_or_without_contract_is_not_proposed(desk: Desk) -> None:
    policy(desk, urgent=["urgent"])
    desk.ask("1", urgency="urgent")
    desk.ask("2", urgency="urgent", organisation=None)
    desk.release()
    assert proposed(desk) == []


def test_a_contract_that_covers_several_organisations_and_again_when_another_joins(database: Database) -> None:
    desk = Desk(database)
    with database.write() as session:
        key, customer, tariff = desk.helpdesk.administration_id, desk.helpdesk.customer_id, desk.helpdesk.tariff_id
        covered = tuple(builders.organisation(session, key, code) for code in ("ede", "apeldoorn"))
        builders.contract(session, key, customer, tariff, reference="C-2", organisations=covered)
        ended = {"reference": "C-3", "organisations": covered, "valid_to": date(2026, 3, 30)}
        builders.contract(session, key, customer, tariff, **ended)
    policy(desk, several_administrations=2)
    assert proposed(desk) == [("C-0001", "several_administrations", ["several_entities"])]
    facts = desk.findings()[0].facts["facts"]
    assert describe_proposal("several_administrations", facts, "en") == (
        "the contract covers 2 organisations: apeldoorn, ede."
    )
    assert proposed(desk) == []


def test_the_worker_proposes_once_a_day_where_there_is_a_policy(desk: Desk) -> None:
    task = {"look_at_consults": TASKS["look_at_consults"]}
    schedule = Schedule(Context(desk.database, lambda: builders.NOW), task)
    desk.ask(urgency="urgent")
    assert schedule.run_due() == []  # nothing is wanted without a policy
    policy(desk, urgent=["urgent"])
    assert schedule.run_due() == ["look_at_consults"]
    assert schedule.run_due() == []
    assert [finding.facts["reference"] for finding in desk.findings()] == ["C-0001"]


def test_two_that_propose_at_once_propose_one(desk: Desk) -> None:
    policy(desk, urgent=["urgent"])
    desk.ask(urgency="urgent")
    together, made = threading.Barrier(2), []

    def run() -> None:
        together.wait()
        made.extend(desk.do("propose"))

    both = [threading.Thread(target=run) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(made) == 1
    assert len(desk.findings()) == 1


def test_the_rules_by_themselves() -> None:
    month = Period(date(2026, 3, 1), date(2026, 3, 31))
    strict = ConsultPolicy(many_questions=ManyQuestions(more_than=10))
    assert propose_for_questions(strict, month, 10) is None
    found = propose_for_questions(strict, month, 11)
    assert found is not None
    assert found.facts["questions"] == 11
    assert propose_for_contract(strict, ["ede"]) is None
    one, other = propose_for_contract(strict, ["a", "b"]), propose_for_contract(strict, ["b", "a"])
    assert one is not None
    assert one == other
    assert propose_for_urgency(strict, "1", "Storing", None) is None
    poor = propose_for_import(strict, "IMP", "Leden", 1, one_dimensional=False, sent_back=True)
    assert poor is not None
    assert poor.indicators == ("poor_source_file", "complex_file")
    off = ConsultPolicy(False, None, None, ())
    assert propose_for_import(off, "IMP", "Leden", 1, one_dimensional=False, sent_back=False) is None
    assert propose_for_questions(off, month, 1000) is None
    assert propose_for_contract(off, ["a", "b"]) is None
    assert propose_for_urgency(off, "1", "Storing", "urgent") is None
