"""Service reports: what is in them, how fast it was against what was agreed, who sees what."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event, select

from billing_service import service_reports
from billing_service.core.service_report import COLUMNS, WORDS, Timing
from billing_service.core.working_days import WorkingTime
from billing_service.errors import InvalidInput, NotFound
from billing_service.intake import times, withdraw_question
from billing_service.store.parties import Contract
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.session import Database
from tests.prepaid import cards
from tests.service_reports.desk import Desk, open_desk

MONEY = Decimal


@pytest.fixture
def desk(database: Database) -> Desk:
    return open_desk(database)


def entry(minutes: int, external_id: str = "a", worked_on: str = "2026-03-03") -> dict[str, Any]:
    return {"external_id": external_id, "handler": "anna", "worked_on": worked_on, "minutes": minutes}


def month(desk: Desk) -> None:
    """Five closed questions and two open ones of C-1, and one of somebody else."""
    desk.receive("1", "2026-03-03 09:00", "2026-03-03 10:00", "2026-03-03 11:00", "2026-03-03 12:00", channel="phone")
    desk.receive(
        "2",
        "2026-03-04 09:00",
        "2026-03-04 14:00",  # five hours: late
        "2026-03-06 17:00",  # 24 hours: late
        "2026-03-06 17:00",
        channel="phone",
        category="work",
        time_entries=[entry(50)],
    )
    desk.receive("3", "2026-03-05 09:00", None, None, "2026-03-06 17:00", channel="email", tags=["late"], category=None)
    desk.receive("4", "2026-03-06 16:00", "2026-03-09 10:00", None, "2026-03-09 16:00", organisation="assen")
    desk.receive("5", "2026-03-10 09:00", None, None, "2026-03-10 10:00", category="unheard of")
    desk.receive("6", "2026-03-12 09:00", "2026-03-12 10:00")  # open, and late
    desk.receive("7", "2026-03-31 16:00")
    desk.receive("8", "2026-03-03 09:00", "2026-03-03 10:00", None, "2026-03-03 11:00", organisation="meppel")


def test_a_month_of_a_contract(desk: Desk) -> None:
    month(desk)
    report = desk.report()
    assert [line.external_id for line in report.lines] == ["1", "2", "3", "4", "5", "6", "7"]
    totals = report.totals
    assert (totals.closed.questions, totals.open, totals.open_late) == (5, 2, 1)
    assert (totals.picked_up.within, totals.picked_up.of, totals.pickup_unknown) == (2, 3, 2)
    assert (totals.solved.within, totals.solved.of) == (4, 5)
    # Within one working day: 1 (two hours), 4 (eight) and 5 (one); not 2 (24) nor 3 (16).
    assert (totals.one_working_day.within, totals.one_working_day.of) == (3, 5)
    assert totals.one_working_day.percentage == Decimal("60.0")
    assert {code: found.questions for code, found in totals.dispositions.items()} == {
        "charge": 3,
        "needs_decision": 1,
        "waived": 1,
    }
    assert {code: found.questions for code, found in totals.channels.items()} == {None: 2, "phone": 2, "email": 1}
    assert (totals.waived_questions, totals.waived_value) == (1, MONEY("15.00"))
    assert totals.closed.amount == MONEY("121.25")  # 25.00 + 0:45 at 95.00 + 0.00 + 25.00


def test_a_question_tells_how_long_it_took_and_what_it_cost(desk: Desk) -> None:
    month(desk)
    line = desk.line("2")
    assert (line.pickup, line.solve) == (Timing(300, 4, False), Timing(24 * 60, 16, False))
    assert (line.raw_minutes, line.corrected_minutes, line.billed_minutes) == (50, None, 45)
    assert (line.decision, line.amount, line.organisation, line.asker) == ("charge", MONEY("71.25"), "Zwolle", "Anna")
    overnight = desk.line("4")
    assert (overnight.pickup, overnight.solve) == (Timing(120, 4, True), Timing(8 * 60, 16, True))
    assert overnight.within_one_working_day
    assert desk.line("3").pickup == Timing(None, 4, None)
    assert desk.line("6").solve == Timing(None, 16, False)
    assert desk.line("7").solve == Timing(None, 16, None)


def test_raw_corrected_and_billed_time_stand_side_by_side(desk: Desk) -> None:
    spent = [entry(50), entry(30, "b")]
    desk.receive("1", "2026-03-03 09:00", None, None, "2026-03-03 12:00", category="checked", time_entries=spent)
    assert (desk.line().raw_minutes, desk.line().corrected_minutes, desk.line().decision) == (80, None, "blocked")
    with desk.helpdesk.scope() as scope:
        first = scope.session.scalars(select(TimeEntry).where(TimeEntry.external_id == "a")).one()
        times.correct_entry(scope, first, 20, "Pauze niet afgetrokken.")
    line = desk.line()
    assert (line.raw_minutes, line.corrected_minutes) == (80, 50)


def test_what_was_drawn_from_prepaid_time_is_told(database: Database) -> None:
    by_question = cards.drawing("visit", "visit", unit="questions")  # priced by time, drawn as one question
    desk = open_desk(database, cards.TARIFF | {"rules": [by_question, *cards.TARIFF["rules"]]})
    cards.sell(desk.helpdesk, 60)
    cards.allow(desk.helpdesk, 1, unit="questions")
    cards.work(desk.helpdesk, "1", 90)
    cards.work(desk.helpdesk, "2", 30, category="visit")
    report = desk.report()
    split, free = report.lines
    assert (split.decision, split.billed_minutes, split.drawn_minutes, split.amount) == ("draw", 90, 60, MONEY("45.00"))
    assert split.drawn_from == ("strippenkaart UK-0001",)
    assert (free.decision, free.drawn_minutes, free.amount, len(free.drawn_from)) == ("draw", 0, MONEY("0.00"), 1)
    assert (report.totals.drawn_questions, report.totals.drawn_minutes) == (2, 60)


def test_without_agreed_hours_nothing_is_late(database: Database) -> None:
    desk = open_desk(database, pickup_hours=None, solve_hours=None)
    month(desk)
    totals = desk.report().totals
    assert (totals.picked_up.of, totals.picked_up.percentage) == (0, None)
    assert (totals.solved.of, totals.solved.percentage, totals.open_late) == (0, None, 0)
    assert totals.one_working_day.of == 5


def test_a_month_without_questions_has_no_percentages(desk: Desk) -> None:
    totals = desk.report().totals
    assert [share.percentage for share in (totals.picked_up, totals.solved, totals.one_working_day)] == [None] * 3


def test_service_hours_and_holidays_are_those_of_the_setting(desk: Desk) -> None:
    desk.receive("1", "2026-04-02 17:00", "2026-04-03 09:00", None, "2026-04-07 09:00")
    april = {"first": date(2026, 4, 1), "last": date(2026, 4, 30)}
    assert desk.line(**april).solve.minutes == 480  # Good Friday is worked, Easter Monday never
    long_days = WorkingTime(8 * 60, 18 * 60, good_friday=True)
    assert desk.line(working_time=long_days, **april).solve.minutes == 60 + 60


# --- which questions --------------------------------------------------------------------------------------------------


def test_a_question_counts_in_the_month_in_which_it_was_closed(desk: Desk) -> None:
    desk.receive("1", "2026-03-31 23:00", None, None, "2026-04-01 00:00")
    (march,) = desk.report().lines
    assert (march.state, march.closed_at, march.decision, march.amount) == ("open", None, None, None)
    (april,) = desk.report(first=date(2026, 4, 1), last=date(2026, 4, 30)).lines
    assert (april.state, april.decision) == ("closed", "charge")


def test_a_report_says_the_same_whenever_it_is_made(desk: Desk) -> None:
    """What happened after the period is not in it."""
    desk.receive("1", "2026-03-31 09:00")
    before = desk.report()
    later = [entry(30, worked_on="2026-04-02")]
    desk.receive("1", "2026-03-31 09:00", "2026-04-01 10:00", None, "2026-04-02 10:00", time_entries=later)
    assert desk.report().lines == before.lines


def test_what_was_withdrawn_or_falls_under_no_contract_is_in_no_report(desk: Desk) -> None:
    desk.receive("1", "2026-03-03 09:00", None, None, "2026-03-03 12:00")
    desk.receive("4", "2026-03-03 09:00")
    for line in desk.report().lines:
        with desk.helpdesk.scope() as scope:
            question = scope.session.get_one(Question, (scope.administration_id, line.question_id))
            withdraw_question(scope, question, "Dubbel gemeld.")
    desk.receive("2", "2026-03-03 09:00", None, None, "2026-03-03 12:00", organisation=None)
    desk.receive("3", "2026-03-03 09:00", organisation=None)
    assert desk.report().lines == ()


def test_an_open_question_is_reported_under_the_contract_it_names(desk: Desk) -> None:
    desk.receive("1", "2026-03-03 09:00", contract="C-2")
    assert desk.report().lines == ()
    (line,) = desk.report(contract_id=desk.other_contract_id).lines
    assert (line.contract, line.organisation) == ("C-2", "Zwolle")


def test_a_customer_with_several_contracts_gets_them_together(desk: Desk) -> None:
    month(desk)
    both = desk.report(customer_id=desk.helpdesk.customer_id)
    assert len(both.lines) == 7
    (theirs,) = desk.report(customer_id=desk.other_customer_id).lines
    assert (theirs.external_id, theirs.contract, theirs.pickup.agreed_hours) == ("8", "C-2", 1)


def test_a_file_is_named_after_what_it_is_about(desk: Desk) -> None:
    assert service_reports.file_name(desk.plan(), "csv") == "servicerapport-C-1-2026-03-01-2026-03-31.csv"
    with desk.database.write() as session:
        session.get_one(Contract, (desk.helpdesk.administration_id, desk.contract_id)).reference = "../NG/2025: één"
    assert service_reports.file_name(desk.plan(language="en"), "pdf") == (
        "service-report-..-NG-2025-n-2026-03-01-2026-03-31.pdf"
    )


def test_another_administrations_contract_is_not_there(desk: Desk) -> None:
    for unknown in ({"contract_id": uuid4()}, {"customer_id": uuid4()}, {"organisation_id": uuid4()}):
        with pytest.raises(NotFound):
            desk.plan(**unknown)


# --- who sees what ----------------------------------------------------------------------------------------------------


def test_askers_see_their_own_organisation_only(desk: Desk) -> None:
    month(desk)
    report = desk.report(audience="asker", organisation_id=desk.assen)
    assert [(line.external_id, line.organisation) for line in report.lines] == [("4", "Assen")]
    assert (report.header.reader, report.header.amounts, report.totals.closed.questions) == ("Assen", False, 1)
    other = desk.report(audience="asker", organisation_id=desk.meppel)
    assert other.lines == ()  # meppel is covered by another contract
    assert {line.organisation for line in desk.report(audience="asker", organisation_id=desk.zwolle).lines} == {
        "Zwolle"
    }


def test_who_sees_no_amounts_finds_none(desk: Desk) -> None:
    month(desk)
    hidden = desk.report(amounts=False)
    assert {(line.amount, line.waived_value) for line in hidden.lines} == {(None, None)}
    assert (hidden.totals.closed.amount, hidden.totals.waived_value) == (0, 0)
    assert hidden.totals.closed.billed_minutes == 45
    shown = desk.report(audience="asker", organisation_id=desk.zwolle, amounts=True)
    assert shown.totals.closed.amount == MONEY("96.25")


def test_the_system_owner_sees_every_organisation(desk: Desk) -> None:
    month(desk)
    report = desk.report(audience="system_owner")
    assert {line.organisation for line in report.lines} == {"Zwolle", "Assen"}
    assert (report.header.reader, report.header.amounts) == ("Landelijk Bureau", True)


def test_explanations_are_given_on_request(desk: Desk) -> None:
    month(desk)
    assert desk.line("1").explanation is None
    told = desk.line("1", explain=True).explanation
    assert told is not None
    assert "25,00" in " ".join(told)
    english = desk.line("1", explain=True, language="en").explanation
    assert english is not None
    assert "€25.00" in " ".join(english)


@pytest.mark.parametrize(
    ("asked", "pointer"),
    [
        ({"contract_id": None}, "/contract_id"),
        ({"customer_id": "theirs"}, "/contract_id"),
        ({"audience": "asker"}, "/organisation_id"),
        ({"first": date(2026, 4, 1)}, "/date_until"),
        ({"amounts": False, "explain": True}, "/explain"),
    ],
)
def test_what_makes_no_report_is_refused(sqlite_database: Database, asked: dict[str, Any], pointer: str) -> None:
    desk = open_desk(sqlite_database)
    if "customer_id" in asked:
        asked = {"contract_id": desk.contract_id, "customer_id": desk.other_customer_id}
    with pytest.raises(InvalidInput) as refused:
        desk.plan(**asked)
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_a_system_owner_is_one_that_the_contract_names(sqlite_database: Database) -> None:
    desk = open_desk(sqlite_database, system_owner=None)
    with pytest.raises(InvalidInput) as refused:
        desk.plan(audience="system_owner")
    assert "give contract C-1 one" in refused.value.errors[0].detail
    with pytest.raises(InvalidInput):
        desk.plan(audience="system_owner", customer_id=desk.helpdesk.customer_id)


# --- at any size ------------------------------------------------------------------------------------------------------


def test_as_many_queries_for_many_questions_as_for_few(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_reports.reading, "FETCHED_AT_ONCE", 3)
    counted: list[str] = []
    event.listen(desk.database.engine, "before_cursor_execute", lambda *told: counted.append(told[2]))
    sizes = []
    for many in range(2):
        for at in range(many * 10, many * 10 + 10):
            desk.receive(f"c{at}", "2026-03-03 09:00", None, None, "2026-03-03 12:00")
            desk.receive(f"o{at}", "2026-03-03 09:00")
        plan = desk.plan()
        counted.clear()
        with desk.database.read() as session:
            report = service_reports.report_of(desk.scope(session), plan)
        sizes.append((len(report.lines), len(counted)))
    assert [lines for lines, _ in sizes] == [20, 40]
    assert sizes[0][1] == sizes[1][1]


def test_every_title_and_word_is_there_in_both_languages() -> None:
    assert COLUMNS["nl"].keys() == COLUMNS["en"].keys()
    assert WORDS["nl"].keys() == WORDS["en"].keys()
