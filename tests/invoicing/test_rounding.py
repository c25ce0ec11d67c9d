"""Time that a tariff rounds per day or per invoice, from questions to documents."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from billing_service import invoicing
from billing_service.core.document import InvoiceDocument, from_json
from billing_service.core.minutes import TimeRule
from billing_service.core.money import ZERO, time_amount
from billing_service.intake import withdraw_question
from billing_service.invoicing.release import release_contract
from billing_service.parties.selling import load_issuer
from billing_service.store.charges import Charge
from billing_service.store.invoices import Invoice
from billing_service.store.questions import Question
from billing_service.store.session import Database
from tests import builders
from tests.helpdesk import MARCH, Helpdesk, fixed, open_helpdesk, rule

HOURLY = Decimal("95.00")


def tariff(scope: str, **time: Any) -> dict[str, Any]:
    """Work is rounded together, up to quarters unless said otherwise; an import costs 25.00."""
    how = {"step": 15, "direction": "up", "scope": scope} | time
    return {
        "name": "Samen afgerond",
        "rates": {"default": "95.00"},
        "rules": [
            rule("import", when={"category": ["import"]}, price=fixed("25.00")),
            rule("work", price={"basis": "actual_time"}, time=how, revenue_group="support"),
        ],
    }


def open_desk(database: Database, scope: str, **time: Any) -> Helpdesk:
    desk = open_helpdesk(database, tariff(scope, **time), annex=True)
    with desk.scope() as opened:
        builders.credit_series(opened.session, desk.administration_id)
    return desk


def worked(desk: Helpdesk, key: str, minutes: int, day: int = 2) -> None:
    """A question closed on this day of March with so many minutes of work."""
    entry = {"external_id": f"t{key}", "worked_on": f"2026-03-{day:02d}", "minutes": minutes}
    desk.receive(external_id=key, category="work", time_entries=[entry], closed_at=f"2026-03-{day:02d}T10:00:00+01:00")


def preview(desk: Helpdesk, until: date = MARCH) -> InvoiceDocument:
    with desk.database.read() as session:
        (draft,) = invoicing.preview(builders.scope(session, desk.administration_id), until)
    assert isinstance(draft, invoicing.Draft)
    return draft.document


def release(desk: Helpdesk, until: date = MARCH) -> Invoice:
    with desk.scope() as scope:
        assert release_contract(scope, load_issuer(scope), desk.contract_id, until) == "invoice"
        row = scope.session.scalars(select(Invoice).where(Invoice.state == "released")).one()
        scope.session.expunge(row)
    return row


def invoice(desk: Helpdesk, until: date = MARCH) -> Invoice:
    """Released as previewed, and issued."""
    shown = preview(desk, until)
    row = release(desk, until)
    assert from_json(row.document.encode()) == shown
    with desk.scope() as scope:
        invoicing.issue_invoice(scope, row.id)
    return row


def roundings(desk: Helpdesk) -> list[tuple[date, Decimal, str]]:
    return [(row.date, row.amount, row.state) for row in desk.charges() if row.source == "rounding"]


def question(desk: Helpdesk, key: str) -> UUID:
    with desk.database.read() as session:
        return session.scalars(select(Question.id).where(Question.external_id == key)).one()


def test_a_day_is_rounded_as_a_whole_and_the_difference_stands_on_a_line(database: Database) -> None:
    desk = open_desk(database, "day")
    worked(desk, "1", 20, day=2)
    worked(desk, "2", 31, day=2)
    worked(desk, "3", 50, day=3)
    desk.receive(external_id="4", closed_at="2026-03-03T12:00:00+01:00")
    row = invoice(desk)
    document = from_json(row.document.encode())
    assert [(line.minutes, line.amount) for line in document.lines] == [
        (20, Decimal("31.67")),
        (31, Decimal("49.08")),
        (None, Decimal("14.25")),
        (50, Decimal("79.17")),
        (None, Decimal("25.00")),
        (None, Decimal("15.83")),
    ]
    assert row.net == 2 * time_amount(60, HOURLY) + Decimal("25.00")
    difference = document.lines[2]
    assert difference.description == "Afronding van de tijd: Regel work"
    assert difference.detail == "Alle tijd van 2 maart 2026 samen: 0:51; gefactureerd: 1:00 (naar boven op 15 min)"
    assert (difference.revenue_group, difference.vat_rate) == ("support", Decimal("21.00"))
    told = {entry.question: entry.explanation for entry in document.annex}
    assert told["1"][-1] == f"{difference.detail}."
    assert any("per dag afgerond" in sentence for sentence in told["1"])
    assert not any("afgerond" in sentence for sentence in told["4"])
    assert [state for _, _, state in roundings(desk)] == ["invoiced", "invoiced"]


def test_a_late_question_changes_the_rounding_of_its_day_by_what_is_right(database: Database) -> None:
    desk = open_desk(database, "day")
    worked(desk, "1", 50)
    first = invoice(desk)
    worked(desk, "2", 8)
    worked(desk, "3", 10)
    second = invoice(desk)
    assert (first.net, first.net + second.net) == (time_amount(60, HOURLY), time_amount(75, HOURLY))
    (late,) = (line for line in from_json(second.document.encode()).lines if line.minutes is None)
    assert late.amount == -time_amount(3, HOURLY)
    assert late.detail is not None
    assert late.detail.endswith("0:50 daarvan stond op een eerdere factuur")


def test_a_corrected_question_changes_the_rounding_of_its_day(database: Database) -> None:
    desk = open_desk(database, "day")
    worked(desk, "1", 50)
    worked(desk, "2", 10)
    invoice(desk)
    assert roundings(desk) == []
    worked(desk, "2", 15)
    with desk.scope() as scope:
        invoicing.correct(scope, question(desk, "2"))
    second = invoice(desk)
    assert second.net == time_amount(15, HOURLY) + time_amount(10, HOURLY)
    assert [amount for _, amount, _ in roundings(desk)] == [time_amount(10, HOURLY)]


def test_a_question_taken_back_after_issue_counts_when_the_contract_is_next_released(database: Database) -> None:
    desk = open_desk(database, "day")
    worked(desk, "1", 20)
    worked(desk, "2", 5)
    assert invoice(desk).net == time_amount(30, HOURLY)
    with desk.scope() as scope:
        withdraw_question(scope, scope.session.get_one(Question, (desk.administration_id, question(desk, "2"))), "spam")
        invoicing.correct(scope, question(desk, "2"))
    worked(desk, "3", 15, day=9)
    second = from_json(invoice(desk).document.encode())
    assert [line.amount for line in second.lines] == [
        time_amount(30, HOURLY) - Decimal("31.67") - Decimal("7.91"),
        time_amount(15, HOURLY),
    ]


def test_an_invoice_is_rounded_as_a_whole_and_a_late_question_with_the_invoice_it_comes_on(database: Database) -> None:
    desk = open_desk(database, "invoice", step=60)
    worked(desk, "1", 50, day=2)
    worked(desk, "2", 25, day=9)
    first = invoice(desk)
    assert first.net == time_amount(120, HOURLY)
    worked(desk, "3", 30, day=3)
    assert invoice(desk).net == time_amount(60, HOURLY)
    assert [day for day, _, _ in roundings(desk)] == [date(2026, 3, 3), date(2026, 3, 9)]


def test_what_is_withdrawn_before_issue_takes_its_rounding_along(database: Database) -> None:
    desk = open_desk(database, "day")
    worked(desk, "1", 50)
    released = release(desk)
    with desk.scope() as scope:
        invoicing.withdraw(scope, [released.id])
    assert [state for _, _, state in roundings(desk)] == ["cancelled"]
    worked(desk, "1", 55)
    assert invoice(desk).net == time_amount(60, HOURLY)
    assert sorted(state for _, _, state in roundings(desk)) == ["cancelled", "invoiced"]


@pytest.mark.parametrize("scope", ["day", "invoice"])
@given(data=st.data())
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_it_is_released_all_invoices_together_are_the_rounded_sums(
    database: Database, scope: str, data: st.DataObject
) -> None:
    time = {
        "step": data.draw(st.sampled_from([5, 15, 60]), "step"),
        "direction": data.draw(st.sampled_from(["up", "nearest", "down"]), "direction"),
        "minimum": data.draw(st.sampled_from([0, 15, 40]), "minimum"),
    }
    batches = data.draw(
        st.lists(
            st.lists(st.tuples(st.integers(2, 4), st.integers(1, 70)), min_size=1, max_size=4), min_size=1, max_size=3
        ),
        "questions of each release: (day, minutes)",
    )
    desk = _again(database, scope, time)
    nets, key = [], 0
    days: dict[int, int] = {}
    for batch in batches:
        for day, minutes in batch:
            key += 1
            worked(desk, str(key), minutes, day)
            days[day] = days.get(day, 0) + minutes
        shown = preview(desk)
        with desk.scope() as opened:
            outcome = release_contract(opened, load_issuer(opened), desk.contract_id, MARCH)
        if outcome != "invoice":  # rounded down to nothing
            return
        with desk.scope() as opened:
            of_desk = Invoice.administration_id == desk.administration_id
            row = opened.session.scalars(select(Invoice).where(of_desk, Invoice.state == "released")).one()
            assert from_json(row.document.encode()) == shown
            nets.append(row.net)
            invoicing.issue_invoice(opened, row.id)
    rounded = TimeRule(**time)
    sums = days.values() if scope == "day" else [sum(minutes for _, minutes in batch) for batch in batches]
    assert sum(nets, ZERO) == sum((time_amount(rounded.bill(spent).billed, HOURLY) for spent in sums), ZERO)
    with desk.database.read() as session:
        left = select(Charge.id).where(Charge.administration_id == desk.administration_id, Charge.state == "open")
        assert session.scalars(left).all() == []


def _again(database: Database, scope: str, time: dict[str, Any]) -> Helpdesk:
    """A helpdesk of its own for each example: another administration."""
    return open_helpdesk(database, tariff(scope, **time))
