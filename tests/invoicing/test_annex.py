"""From questions to the invoice: rating and invoicing together, with the annex and ordinals that release fixes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from billing_service import invoicing, jobs
from billing_service.core.document import InvoiceDocument, from_json
from billing_service.invoicing.drafts import Draft
from billing_service.store.charges import Decision
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Contract
from billing_service.store.session import Database
from tests.helpdesk import Helpdesk, open_helpdesk

UNTIL = date(2026, 3, 31)


@pytest.fixture
def helpdesk(database: Database) -> Helpdesk:
    desk = open_helpdesk(database)
    with desk.scope() as scope:
        contract = scope.session.get(Contract, (desk.administration_id, desk.contract_id))
        assert contract is not None
        contract.annex = True
    return desk


def preview(desk: Helpdesk) -> InvoiceDocument:
    with desk.scope() as scope:
        (draft,) = invoicing.preview(scope, UNTIL)
        assert isinstance(draft, Draft)
        return draft.document


def release(desk: Helpdesk) -> Invoice:
    with desk.scope() as scope:
        run, job = invoicing.start_run(scope, UNTIL)
        run_id, job_id = run.id, job.id
    jobs.run(desk.scope, job_id)
    with desk.scope() as scope:
        return scope.session.scalars(select(Invoice).where(Invoice.billing_run_id == run_id)).one()


def calls(desk: Helpdesk, *days: int) -> None:
    for day in days:
        moment = f"2026-03-{day:02d}T09:00:00+01:00"
        desk.receive(external_id=f"call-{day}", category="call", opened_at=moment, closed_at=moment)


def test_the_annex_shows_every_question_with_what_became_of_it_and_why(helpdesk: Helpdesk) -> None:
    helpdesk.receive(external_id="paid", subject="Leden importeren")
    helpdesk.receive(external_id="covered", category="manual", subject="Waar staat de handleiding?")
    helpdesk.receive(external_id="late", tags=["late"], subject="Te laat beantwoord")
    helpdesk.receive(external_id="bug", kind="bug", subject="Fout in het scherm")
    entry: dict[str, Any] = {"external_id": "t", "handler": "anna", "worked_on": "2026-03-02", "minutes": 50}
    helpdesk.receive(external_id="work", category="work", subject="Koppeling hersteld", time_entries=[entry])
    document = from_json(release(helpdesk).document.encode())

    annex = {entry.question: entry for entry in document.annex}
    assert {key: entry.disposition for key, entry in annex.items()} == {
        "paid": "charge",
        "covered": "included",
        "late": "waived",
        "work": "charge",
    }
    # The bug is not billable and nobody has closed it yet: it is listed for a person, not for the customer.
    work = annex["work"]
    assert (work.raw_minutes, work.corrected_minutes, work.billed_minutes) == (50, None, 45)
    assert work.amount == Decimal("71.25")
    assert (work.asker, work.closed_on) == ("Anna", date(2026, 3, 2))
    assert any("Regel hours" in sentence for sentence in work.explanation)
    lines = {line.description: line for line in document.lines}
    assert set(lines) == {
        "Regel import: Leden importeren",
        "Regel covered: Waar staat de handleiding?",
        "Regel hours: Koppeling hersteld",
    }
    assert lines["Regel covered: Waar staat de handleiding?"].included
    assert lines["Regel import: Leden importeren"].detail == "Vraag paid · Anna · 2 maart 2026"
    assert document.totals.net == Decimal("96.25")


def test_a_preview_prices_by_the_order_of_questions_exactly_as_release_does(helpdesk: Helpdesk) -> None:
    calls(helpdesk, 5, 4, 3)
    expected = preview(helpdesk)
    assert [line.amount for line in expected.lines] == [Decimal("20.00"), Decimal("20.00"), Decimal("10.00")]
    with helpdesk.scope() as scope:
        assert all(scope.session.scalars(select(Decision.provisional)))
    released = from_json(release(helpdesk).document.encode())
    assert released.lines == expected.lines
    assert [entry.amount for entry in released.annex] == [entry.amount for entry in expected.annex]


def test_a_late_question_takes_the_next_place_and_withdrawing_frees_the_places(helpdesk: Helpdesk) -> None:
    calls(helpdesk, 4, 5)
    first = release(helpdesk)
    calls(helpdesk, 3)
    late = release(helpdesk)
    assert late.net == Decimal("10.00")
    with helpdesk.scope() as scope:
        invoicing.withdraw(scope, [first.id, late.id])
    again = release(helpdesk)
    document = from_json(again.document.encode())
    assert [(entry.question, entry.amount) for entry in document.annex] == [
        ("call-3", Decimal("20.00")),
        ("call-4", Decimal("20.00")),
        ("call-5", Decimal("10.00")),
    ]


def test_a_question_stands_in_the_annex_of_one_document_only(helpdesk: Helpdesk) -> None:
    helpdesk.receive(external_id="paid")
    helpdesk.receive(external_id="late", tags=["late"])
    assert len(from_json(release(helpdesk).document.encode()).annex) == 2
    helpdesk.receive(external_id="next")
    assert [entry.question for entry in from_json(release(helpdesk).document.encode()).annex] == ["next"]
