"""Questions draw from hour cards, blocks and allowances: by the day of the work, the oldest first, and take back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from billing_service.core import finding_texts
from billing_service.core.tariff import explain
from billing_service.errors import InvalidInput
from billing_service.intake import withdraw_question
from billing_service.rating import redecide
from billing_service.rating.persons import decide_by_person, undo_person
from billing_service.store.charges import Charge
from billing_service.store.findings import Finding
from billing_service.store.questions import Question
from billing_service.store.session import Database
from tests.helpdesk import Helpdesk
from tests.prepaid.cards import allow, left, moved, open_desk, parts, sell, spent, work

ZERO, MARCH_2 = Decimal("0.00"), "2026-03-02T10:00:00Z"


def sentences(desk: Helpdesk, key: str, language: str = "en") -> list[str]:
    row = desk.decision(key)
    assert row is not None
    return explain(row.explanation, language)


def withdraw(desk: Helpdesk, key: str) -> None:
    with desk.scope() as scope:
        row = scope.session.scalars(select(Question).where(Question.external_id == key)).one()
        withdraw_question(scope, row, "Dubbel")


def test_ninety_minutes_on_a_card_with_sixty_left(database: Database) -> None:
    desk = open_desk(database)
    card = sell(desk, 60)
    work(desk, "a", 90)
    assert parts(desk, "a") == [("draw", 60, "0.00"), ("charge", 30, "45.00")]
    assert desk.decided("a") == ("decided", "draw", Decimal("45.00"))
    assert left(desk, card) == 0
    charges = sorted(desk.charges(), key=lambda charge: charge.part)
    assert [(c.disposition, c.minutes, c.amount) for c in charges] == [
        ("included", 60, ZERO),
        ("charge", 30, Decimal("45.00")),
    ]
    assert charges[0].description["nl"] == "Regel support: Leden importeren (strippenkaart UK-0001)"
    assert charges[1].description["en"] == "Rule support: Leden importeren"
    assert sentences(desk, "a")[2:] == [
        "Time spent: 1:30.",
        "Billed time: 1:30.",
        "Drawn from hour card UK-0001 for 2 March 2026: 1:00; it held 1:00, 0:00 is left.",
        "For 2 March 2026 nothing is left of hour card UK-0001: 0:30 is invoiced.",
        "0:30 hours × €90.00 = €45.00.",
        "Drawn in part; to be invoiced: €45.00, excluding VAT.",
    ]


def test_the_oldest_card_first_and_then_the_next(database: Database) -> None:
    desk = open_desk(database)
    younger = sell(desk, 60, "UK-0001", valid_from=date(2026, 2, 1))
    older = sell(desk, 60, "UK-0002")
    work(desk, "a", 75)
    assert (left(desk, older), left(desk, younger)) == (0, 45)
    assert parts(desk, "a") == [("draw", 60, "0.00"), ("draw", 15, "0.00")]
    assert desk.amounts() == [ZERO, ZERO]


def test_each_day_of_work_draws_from_the_card_that_is_valid_on_it(database: Database) -> None:
    desk = open_desk(database)
    winter = sell(desk, 60, "UK-0001", valid_to=date(2026, 2, 28))
    spring = sell(desk, 60, "UK-0002", valid_from=date(2026, 3, 1))
    work(desk, "a", ("2026-02-27", 40), ("2026-03-02", 30))
    assert (left(desk, winter), left(desk, spring)) == (20, 30)
    work(desk, "late", ("2026-02-20", 30), closed="2026-03-20T10:00:00Z")  # 20 are left of the card of that day
    assert (left(desk, winter), left(desk, spring)) == (0, 30)
    assert parts(desk, "late") == [("draw", 20, "0.00"), ("charge", 10, "15.00")]


def test_what_rounding_added_is_of_the_last_day(database: Database) -> None:
    desk = open_desk(database)
    winter = sell(desk, 60, "UK-0001", valid_to=date(2026, 2, 28))
    spring = sell(desk, 60, "UK-0002", valid_from=date(2026, 3, 1))
    work(desk, "a", ("2026-02-27", 10), ("2026-03-02", 11), category="quarters")
    assert (left(desk, winter), left(desk, spring)) == (50, 40)


def test_a_rest_at_two_rates_is_charged_in_proportion(database: Database) -> None:
    desk = open_desk(database)
    sell(desk, 60)
    entries = [*spent(60), spent(60, role="junior")[0] | {"external_id": "junior"}]
    desk.receive(
        external_id="a", category="work", closed_at=MARCH_2, opened_at="2026-01-01T09:00:00Z", time_entries=entries
    )
    assert parts(desk, "a") == [("draw", 60, "0.00"), ("charge", 30, "30.00"), ("charge", 30, "45.00")]


def test_no_minutes_draw_nothing(database: Database) -> None:
    desk = open_desk(database)
    card = sell(desk, 60)
    work(desk, "a", 0)
    assert parts(desk, "a") == [("draw", 0, "0.00")]
    assert (left(desk, card), moved(desk)) == (60, [])


def test_without_any_card_all_of_it_is_charged_and_says_so(database: Database) -> None:
    desk = open_desk(database)
    sell(desk, 60, code="other", kind="block")
    work(desk, "a", 30, category="design")
    assert parts(desk, "a") == [("charge", 30, "45.00")]
    assert "For 2 March 2026 no hour card, block or allowance is valid to draw from: 0:30 is invoiced." in sentences(
        desk, "a"
    )


def test_whatever_changes_is_undone_and_drawn_anew(database: Database) -> None:
    desk = open_desk(database)
    card = sell(desk, 120)
    work(desk, "a", 60)
    work(desk, "a", 60)
    assert moved(desk) == [("draw", -60)]
    work(desk, "a", 60, subject="Anders")
    assert moved(desk) == [("draw", -60)]
    work(desk, "a", 45)
    assert moved(desk) == [("draw", -60), ("undo", 60), ("draw", -45)]
    work(desk, "a", 45, category="import")
    assert (left(desk, card), len(moved(desk))) == (120, 4)
    work(desk, "a", 45)
    withdraw(desk, "a")
    assert left(desk, card) == 120
    assert desk.decision("a") is None


def test_reopening_gives_back_and_those_after_it_draw_it(database: Database) -> None:
    desk = open_desk(database)
    card = sell(desk, 60)
    work(desk, "a", 45)
    work(desk, "b", 45)
    assert parts(desk, "b") == [("draw", 15, "0.00"), ("charge", 30, "45.00")]
    work(desk, "a", 45, closed=None)  # type: ignore[arg-type]
    assert parts(desk, "b") == [("draw", 45, "0.00")]
    assert left(desk, card) == 15
    assert desk.amounts() == [ZERO]


def test_in_whatever_order_they_come_in_the_same_ones_find_the_card_empty(database: Database) -> None:
    told = []
    for order in ("abc", "cab", "bca"):
        desk = open_desk(database)
        card = sell(desk, 100)
        for key in order:
            work(desk, key, 45, closed=f"2026-03-0{'abc'.index(key) + 2}T10:00:00Z")
        told.append([parts(desk, key) for key in "abc"])
        assert left(desk, card) == 0
    assert told[0] == told[1] == told[2]
    assert told[0][2] == [("draw", 10, "0.00"), ("charge", 35, "52.50")]


def test_a_policy_of_finding_draws_nothing_and_names_what_is_short(database: Database) -> None:
    desk = open_desk(database)
    card = sell(desk, 30)
    work(desk, "a", 45, category="strict")
    assert desk.decided("a") == ("prepaid_short", None, None)
    assert left(desk, card) == 30
    assert sentences(desk, "a", "nl")[-1] == (
        "Van strippenkaart UK-0001 is 0:15 te weinig over: een medewerker moet beslissen."
    )
    with desk.scope() as scope:
        found = scope.session.scalars(select(Finding).where(Finding.code == "prepaid_short")).one()
        assert finding_texts.wording("prepaid_short", found.facts, "en", "EUR")[0] == (
            "For this question 0:15 too little was paid for beforehand (hour card UK-0001)."
        )
    sell(desk, 30, "UK-0002")
    with desk.scope() as scope:
        redecide(scope, cause="card_sold", contracts=[desk.contract_id])
    assert parts(desk, "a") == [("draw", 30, "0.00"), ("draw", 15, "0.00")]
    with desk.scope() as scope:
        assert scope.session.scalars(select(Finding.state).where(Finding.code == "prepaid_short")).one() == "resolved"


def test_free_questions_of_a_month_then_the_price(database: Database) -> None:
    desk = open_desk(database)
    allow(desk, 2)
    for number in range(3):
        desk.receive(external_id=f"q{number}", category="call", closed_at=MARCH_2)
    assert desk.amounts() == [ZERO, ZERO, Decimal("25.00")]
    assert moved(desk) == [("grant", 2), ("draw", -1), ("draw", -1)]
    assert desk.charges()[0].description["en"] == "Rule free: Leden importeren (Free questions (from 1 March 2026))"
    assert sentences(desk, "q0")[-2:] == [
        "Drawn from Free questions (from 1 March 2026) on 2 March 2026: 1 question; 2 were left, now 1.",
        "Drawn from prepaid time or an allowance (worth €25.00).",
    ]
    assert "nothing is left of Free questions (from 1 March 2026): 1 question is invoiced" in "".join(
        sentences(desk, "q2")
    )


def test_what_is_left_of_a_month_may_be_used_in_the_next(database: Database) -> None:
    desk = open_desk(database)
    allow(desk, 2, carry_over_periods=1, valid_from=date(2026, 2, 1))
    for day in ("02-10", "03-02", "03-03", "03-04", "03-05"):
        desk.receive(
            external_id=day, category="call", opened_at="2026-01-01T09:00:00Z", closed_at=f"2026-{day}T10:00:00Z"
        )
    assert [charge.amount for charge in desk.charges()] == [ZERO, ZERO, ZERO, ZERO, Decimal("25.00")]
    with desk.scope() as scope:
        told = {charge.date: charge.description["nl"] for charge in scope.session.scalars(select(Charge))}
    assert "(vanaf 1 februari 2026)" in told[date(2026, 3, 2)].replace("Vrije vragen ", "")
    assert "vanaf 1 maart 2026" in told[date(2026, 3, 3)]


def test_a_rule_takes_over_where_a_person_withdraws(database: Database) -> None:
    desk = open_desk(database)
    card = sell(desk, 60)
    work(desk, "a", 45)
    row = desk.decision("a")
    assert row is not None
    with desk.scope() as scope:
        decide_by_person(scope, row.question_id, {"disposition": "waived", "reason": "Coulance"})
    assert left(desk, card) == 60
    with desk.scope() as scope:
        undo_person(scope, row.question_id)
    assert left(desk, card) == 15


def test_a_person_draws_and_no_rule_touches_it(database: Database) -> None:
    desk = open_desk(database)
    card, other = sell(desk, 60), sell(desk, 60, "UK-0002", code="other", kind="block")
    work(desk, "a", 45, category="import", closed="2026-03-05T10:00:00Z")
    work(desk, "b", 45, closed="2026-03-06T10:00:00Z")
    row = desk.decision("a")
    assert row is not None
    wish = {"disposition": "draw", "minutes": 30, "code": "support", "reason": "Op de kaart"}
    with desk.scope() as scope:
        decide_by_person(scope, row.question_id, wish)
    assert parts(desk, "a") == [("draw", 30, "0.00")]
    assert parts(desk, "b") == [("draw", 30, "0.00"), ("draw", 15, "0.00")]  # the next card has the rest of it
    assert sentences(desk, "a")[:2] == [
        "Decided by a member of staff: Op de kaart.",
        "Drawn from hour card UK-0001 for 2 March 2026: 0:30; it held 1:00, 0:30 is left.",
    ]
    work(desk, "early", 90)  # comes before both, yet what a person decided stays
    assert parts(desk, "a") == [("draw", 30, "0.00")]
    assert parts(desk, "b") == [("charge", 45, "67.50")]
    assert (left(desk, card), left(desk, other)) == (0, 0)
    with desk.scope() as scope, pytest.raises(InvalidInput) as refused:
        decide_by_person(scope, row.question_id, wish | {"minutes": 31})
    assert refused.value.code == "prepaid_short"
    assert [error.pointer for error in refused.value.errors] == ["/minutes"]


def test_a_person_draws_a_question_from_an_allowance(database: Database) -> None:
    desk = open_desk(database)
    allow(desk, 1)
    for key in ("a", "b"):
        desk.receive(external_id=key)
    rows = [desk.decision(key) for key in ("a", "b")]
    wish = {"disposition": "draw", "reason": "Vrije vraag"}
    with desk.scope() as scope:
        decide_by_person(scope, rows[0].question_id, wish)  # type: ignore[union-attr]
    assert parts(desk, "a") == [("draw", 0, "0.00")]
    with desk.scope() as scope, pytest.raises(InvalidInput) as refused:
        decide_by_person(scope, rows[1].question_id, wish)  # type: ignore[union-attr]
    assert refused.value.code == "prepaid_short"
    with desk.scope() as scope, pytest.raises(InvalidInput):
        decide_by_person(scope, rows[1].question_id, wish | {"disposition": "waived", "minutes": 3})  # type: ignore[union-attr]
