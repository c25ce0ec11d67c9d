"""What was released keeps what it drew; a withdrawal of the run, or a correction, gives it back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from billing_service import invoicing
from billing_service.intake import withdraw_question
from billing_service.invoicing.correcting import propose
from billing_service.invoicing.release import withdraw
from billing_service.rating.persons import undo_person
from billing_service.store.findings import Finding
from billing_service.store.questions import Question
from billing_service.store.session import Database
from tests import builders
from tests.helpdesk import Helpdesk
from tests.invoicing.checks import broken_promises
from tests.invoicing.test_correct import correct, invoice, nets, question, release
from tests.prepaid.cards import left, moved, open_desk, parts, sell, work

ZERO = Decimal("0.00")


def a_desk(database: Database, minutes: int = 120) -> tuple[Helpdesk, UUID]:
    desk = open_desk(database)
    with desk.scope() as scope:
        builders.credit_series(scope.session, desk.administration_id)
    return desk, sell(desk, minutes)


def test_a_late_question_leaves_what_was_released_as_it_is(database: Database) -> None:
    desk, card = a_desk(database)
    work(desk, "a", 100, closed="2026-03-10T10:00:00Z")
    assert invoice(desk).net == ZERO
    work(desk, "late", 60)
    work(desk, "z", 60, closed="2026-03-11T10:00:00Z")
    assert parts(desk, "a") == [("draw", 100, "0.00")]
    assert parts(desk, "late") == [("draw", 20, "0.00"), ("charge", 40, "60.00")]
    assert parts(desk, "z") == [("charge", 60, "90.00")]
    issued = invoice(desk)
    assert issued.net == Decimal("150.00")
    assert left(desk, card) == 0
    with desk.scope() as scope:
        lines = invoicing.get_invoice(scope, issued.id).document
    assert "strippenkaart UK-0001" in (lines or "")
    assert broken_promises(database, desk.administration_id) == []


def test_a_run_that_is_withdrawn_draws_in_order_again(database: Database) -> None:
    desk, card = a_desk(database, 60)
    work(desk, "b", 60, closed="2026-03-10T10:00:00Z")
    released = release(desk)
    work(desk, "a", 45)
    assert parts(desk, "a") == [("charge", 45, "67.50")]
    with desk.scope() as scope:
        withdraw(scope, [released])
    assert parts(desk, "a") == [("draw", 45, "0.00")]
    assert parts(desk, "b") == [("draw", 15, "0.00"), ("charge", 45, "67.50")]
    assert left(desk, card) == 0


def test_changed_minutes_of_an_invoiced_question_are_corrected_with_what_it_drew(database: Database) -> None:
    desk, card = a_desk(database)
    work(desk, "a", 90)
    assert invoice(desk).net == ZERO
    work(desk, "a", 150)
    assert left(desk, card) == 30
    with desk.scope() as scope:
        found = scope.session.scalars(select(Finding).where(Finding.code == "changed_after_release")).one()
        assert found.facts["now"] == {"state": "decided", "disposition": "draw", "amount": "45.00"}
        proposal = propose(scope, question(desk, "a"))
    assert (proposal.way, proposal.credit) == ("correct", ZERO)
    correct(desk, "a")
    assert left(desk, card) == 0
    assert parts(desk, "a") == [("draw", 120, "0.00"), ("charge", 30, "45.00")]
    assert moved(desk) == [("draw", -90), ("undo", 90), ("draw", -120)]
    assert invoice(desk).net == Decimal("45.00")


def test_an_invoiced_question_that_is_withdrawn_gives_back_at_its_correction(database: Database) -> None:
    desk, card = a_desk(database, 60)
    work(desk, "a", 90)
    invoice(desk)
    work(desk, "b", 30, closed="2026-03-11T10:00:00Z")
    with desk.scope() as scope:
        row = scope.session.scalars(select(Question).where(Question.external_id == "a")).one()
        withdraw_question(scope, row, "Dubbel")
    assert left(desk, card) == 0
    correct(desk, "a")
    assert nets(desk)[-1] == ("C2026-00001", Decimal("45.00"))
    assert parts(desk, "b") == [("draw", 30, "0.00")]
    assert left(desk, card) == 30


def test_a_correction_by_a_person_may_draw(database: Database) -> None:
    desk, card = a_desk(database)
    work(desk, "a", 30, category="import")
    assert invoice(desk).net == Decimal("25.00")
    correct(desk, "a", wish={"disposition": "draw", "minutes": 30, "reason": "Alsnog van de kaart"})
    assert left(desk, card) == 90
    assert nets(desk)[-1] == ("C2026-00001", Decimal("25.00"))
    with desk.scope() as scope:
        undo_person(scope, question(desk, "a"))
    assert left(desk, card) == 120


def test_time_of_days_that_a_card_no_longer_covers_is_drawn_from_it_all_the_same(database: Database) -> None:
    """An expired card keeps its balance: entries of its days that come in late still draw from it."""
    desk, _ = a_desk(database, 60)
    expired = sell(desk, 60, "UK-0002", valid_from=date(2025, 1, 1), valid_to=date(2025, 12, 31))
    work(desk, "a", ("2025-12-30", 40), closed="2026-03-02T10:00:00Z", opened_at="2025-12-01T09:00:00Z")
    assert left(desk, expired) == 20
    work(desk, "b", 30)
    assert left(desk, expired) == 20
