"""A question that changes after its invoice was issued: a finding with a proposal, and one call that sets it right."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from billing_service import invoicing, receivables
from billing_service.core.document import from_json
from billing_service.core.finding_texts import wording
from billing_service.core.vat import _RATES
from billing_service.errors import BillingError
from billing_service.intake import withdraw_question
from billing_service.invoicing.release import release_contract
from billing_service.parties.selling import load_issuer
from billing_service.store.charges import Charge
from billing_service.store.findings import Finding
from billing_service.store.invoices import Invoice
from billing_service.store.questions import Question
from billing_service.store.session import Database
from tests import builders
from tests.helpdesk import MARCH, Helpdesk, open_helpdesk
from tests.invoicing.checks import broken_promises

TWO_ENTRIES = [{"external_id": "t", "worked_on": "2026-03-02", "minutes": 60}]


def open_desk(database: Database, **contract: Any) -> Helpdesk:
    desk = open_helpdesk(database, **contract)
    with desk.scope() as scope:
        builders.credit_series(scope.session, desk.administration_id)
    return desk


def release(desk: Helpdesk, until: date = MARCH) -> UUID:
    """Everything open on a document, not issued."""
    with desk.scope() as scope:
        assert release_contract(scope, load_issuer(scope), desk.contract_id, until) in ("invoice", "zero_statement")
        return scope.session.scalars(select(Invoice.id).where(Invoice.state == "released")).one()


def invoice(desk: Helpdesk, until: date = MARCH) -> Invoice:
    released = release(desk, until)
    with desk.scope() as scope:
        invoicing.issue_invoice(scope, released)
        row = invoicing.get_invoice(scope, released)
        scope.session.expunge(row)
    return row


def question(desk: Helpdesk, external_id: str = "1") -> UUID:
    with desk.database.read() as session:
        return session.scalars(select(Question.id).where(Question.external_id == external_id)).one()


def correct(desk: Helpdesk, external_id: str = "1", **how: Any) -> invoicing.Correction:
    with desk.scope() as scope:
        return invoicing.correct(scope, question(desk, external_id), **how)


def refused(desk: Helpdesk, external_id: str = "1", **how: Any) -> str:
    with pytest.raises(BillingError) as error:
        correct(desk, external_id, **how)
    return error.value.code


def finding(desk: Helpdesk) -> Finding:
    with desk.database.read() as session:
        return session.scalars(select(Finding).where(Finding.code == "changed_after_release")).one()


def nets(desk: Helpdesk) -> list[tuple[str | None, Decimal]]:
    with desk.database.read() as session:
        rows = session.scalars(select(Invoice).where(Invoice.state == "issued").order_by(Invoice.id)).all()
        return [(row.number, row.net) for row in rows]


def states(desk: Helpdesk) -> list[tuple[str, str, Decimal]]:
    return [(charge.source, charge.state, charge.amount) for charge in desk.charges()]


def test_a_changed_question_is_credited_and_charged_anew(database: Database) -> None:
    desk = open_desk(database)
    desk.receive(category="work", time_entries=TWO_ENTRIES)  # 1:00 at 95.00
    desk.receive(external_id="2")  # 25.00
    first = invoice(desk)
    desk.receive(category="work", time_entries=[TWO_ENTRIES[0] | {"minutes": 30}])
    found = finding(desk)
    assert found.facts["proposal"] == {"way": "correct", "credit": "95.00", "charge": "47.50"}
    told = wording(found.code, found.facts, "nl", "EUR")[1].replace("\N{NO-BREAK SPACE}", " ")
    assert "Te crediteren € 95,00 en opnieuw te factureren € 47,50" in told
    with desk.scope() as scope:
        proposal = invoicing.propose(scope, question(desk))
    assert (proposal.way, proposal.number, proposal.credit, proposal.charge) == (
        "correct",
        "2026-00001",
        Decimal("95.00"),
        Decimal("47.50"),
    )

    done = correct(desk)
    assert finding(desk).state == "resolved"
    assert sorted(states(desk)) == [
        ("correction", "open", Decimal("47.50")),
        ("question", "credited", Decimal("95.00")),
        ("question", "invoiced", Decimal("25.00")),
    ]
    old, new = (charge for charge in desk.charges() if charge.question_id == question(desk))
    assert (new.replaces_id, new.date, list(done.charge_ids)) == (old.id, old.date, [new.id])
    assert nets(desk) == [("2026-00001", Decimal("120.00")), ("C2026-00001", Decimal("95.00"))]
    with desk.scope() as scope:
        assert receivables.standing(scope, first.id).open == Decimal("30.25")

    second = invoice(desk)
    assert (second.number, second.net) == ("2026-00002", Decimal("47.50"))
    (line,) = from_json(second.document.encode()).lines
    assert line.detail is not None
    assert line.detail.endswith("correctie van een eerdere factuur")
    assert broken_promises(database, desk.administration_id) == []


def test_what_stood_on_a_zero_statement_is_charged_and_nothing_credited(database: Database) -> None:
    desk = open_desk(database)
    desk.receive(category="manual")  # included
    assert invoice(desk).kind == "zero_statement"
    desk.receive(category="work", time_entries=TWO_ENTRIES)
    found = finding(desk)
    assert found.facts["proposal"] == {"way": "correct", "credit": "0.00", "charge": "95.00"}
    assert correct(desk).credit_note_id is None
    (line,) = from_json(invoice(desk).document.encode()).lines
    assert line.detail is not None
    assert line.detail.endswith("correctie van een eerder nuloverzicht")
    assert broken_promises(database, desk.administration_id) == []


def test_a_second_correction_works_on_the_newest_state(database: Database) -> None:
    desk = open_desk(database, annex=True)
    desk.receive(category="work", time_entries=TWO_ENTRIES)
    invoice(desk)
    desk.receive(category="work", time_entries=[TWO_ENTRIES[0] | {"minutes": 30}])
    correct(desk)
    assert refused(desk) == "nothing_to_correct"  # the new charge follows the facts by itself
    desk.receive(category="work", time_entries=[TWO_ENTRIES[0] | {"minutes": 45}])
    assert states(desk)[1] == ("correction", "open", Decimal("71.25"))
    second = invoice(desk)
    assert [entry.amount for entry in from_json(second.document.encode()).annex] == [Decimal("71.25")]

    desk.receive(category="work", time_entries=[TWO_ENTRIES[0] | {"minutes": 15}])
    correct(desk)
    first_charge, second_charge, third_charge = desk.charges()
    assert (third_charge.amount, third_charge.replaces_id) == (Decimal("23.75"), second_charge.id)
    assert (first_charge.state, second_charge.state, second_charge.replaces_id) == (
        "credited",
        "credited",
        first_charge.id,
    )
    invoice(desk)
    assert [net for _, net in nets(desk)] == [Decimal(x) for x in ("95.00", "95.00", "71.25", "71.25", "23.75")]
    assert desk.decided() == ("decided", "charge", Decimal("23.75"))
    assert broken_promises(database, desk.administration_id) == []


def test_a_withdrawn_question_is_credited_and_counts_nowhere(database: Database) -> None:
    desk = open_desk(database)
    desk.receive()
    invoice(desk)
    with desk.scope() as scope:
        withdraw_question(scope, scope.session.get_one(Question, (desk.administration_id, question(desk))), "dubbel")
    assert finding(desk).facts["proposal"] == {"way": "correct", "credit": "25.00", "charge": "0.00"}
    done = correct(desk)
    assert done.charge_ids == ()
    assert desk.decision() is None
    assert states(desk) == [("question", "credited", Decimal("25.00"))]
    assert broken_promises(database, desk.administration_id) == []


def test_while_the_invoice_is_not_issued_the_proposal_is_to_withdraw_it(database: Database) -> None:
    desk = open_desk(database)
    desk.receive()
    released = release(desk)
    desk.receive(category="work", time_entries=TWO_ENTRIES)
    assert finding(desk).facts["proposal"] == {"way": "withdraw", "credit": "25.00", "charge": "95.00"}
    assert refused(desk) == "withdraw_instead"
    with desk.scope() as scope:
        invoicing.withdraw(scope, [released])
    assert desk.amounts() == [Decimal("95.00")]


def test_of_a_line_for_several_questions_only_its_own_share_is_credited(database: Database) -> None:
    desk = open_desk(database, group_equal_lines=True)
    for key in ("1", "2", "3"):
        desk.receive(external_id=key)
    first = invoice(desk)
    assert len(from_json(first.document.encode()).lines) == 1
    desk.receive(external_id="2", category="work", time_entries=TWO_ENTRIES)
    done = correct(desk, "2")
    with desk.scope() as scope:
        assert done.credit_note_id is not None
        (line,) = from_json(invoicing.get_invoice(scope, done.credit_note_id).document.encode()).lines
    assert (line.quantity, line.amount, line.detail) == (Decimal(1), Decimal("25.00"), "Correctie van vraag 2.")
    for key in ("1", "3"):
        desk.receive(external_id=key, kind="bug")
        correct(desk, key)
    assert [net for _, net in nets(desk)] == [Decimal(x) for x in ("75.00", "25.00", "25.00", "25.00")]
    assert broken_promises(database, desk.administration_id) == []


def test_a_correction_keeps_the_vat_of_the_original_date(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = open_desk(database)
    desk.receive(category="work", time_entries=TWO_ENTRIES)
    invoice(desk)
    monkeypatch.setitem(_RATES, "standard", ((date(2026, 4, 1), Decimal("25.00")), *_RATES["standard"]))
    desk.now = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
    desk.receive(
        category="work",
        closed_at="2026-04-20T10:00:00+02:00",  # its source says now that it was closed later
        time_entries=[TWO_ENTRIES[0] | {"minutes": 120}],
    )
    correct(desk)
    assert [charge.date for charge in desk.charges()] == [date(2026, 3, 2), date(2026, 3, 2)]
    second = invoice(desk, date(2026, 4, 30))
    assert [(group.rate, group.taxable) for group in from_json(second.document.encode()).vat] == [
        (Decimal("21.00"), Decimal("190.00"))
    ]
    assert broken_promises(database, desk.administration_id) == []


def call(desk: Helpdesk, key: str, day: int, **fields: Any) -> None:
    """The first two calls of a month cost 20.00, the others 10.00."""
    moments = {name: f"2026-03-{day:02d}T{at}:00:00+01:00" for name, at in (("opened_at", "09"), ("closed_at", "10"))}
    desk.receive(external_id=key, category="call", **moments, **fields)


def test_an_ordinal_that_was_invoiced_is_not_given_to_a_late_question(database: Database) -> None:
    desk = open_desk(database)
    call(desk, "1", 2)
    call(desk, "2", 3)
    invoice(desk)
    with desk.scope() as scope:  # credited by hand, whole: the correction charges anew
        row = scope.session.scalars(select(Invoice).where(Invoice.kind == "invoice")).one()
        invoicing.issue_invoice(scope, invoicing.credit(scope, row.id, "Verkeerde vereniging"))
    correct(desk, "1")
    call(desk, "late", 1)
    call(desk, "1", 2, subject="Iets anders")
    second = invoice(desk)
    assert second.net == Decimal("30.00")
    decisions = {key: desk.decision(key) for key in ("1", "late")}
    assert {key: row and (row.ordinal, row.amount) for key, row in decisions.items()} == {
        "1": (1, Decimal("20.00")),
        "late": (3, Decimal("10.00")),
    }
    assert broken_promises(database, desk.administration_id) == []


def test_a_person_corrects_what_a_person_decided(database: Database) -> None:
    desk = open_desk(database)
    desk.receive()
    invoice(desk)
    wish = {"disposition": "charge", "amount": Decimal("10.00"), "reason": "afgesproken"}
    correct(desk, wish=wish)
    invoice(desk)
    desk.receive(category="work", time_entries=TWO_ENTRIES)
    assert refused(desk) == "decided_by_a_person"
    correct(desk, wish={"disposition": "waived", "amount": Decimal("10.00"), "reason": "coulance"})
    assert [net for _, net in nets(desk)] == [Decimal(x) for x in ("25.00", "25.00", "10.00", "10.00")]
    assert desk.decided() == ("decided", "waived", Decimal("0.00"))
    assert broken_promises(database, desk.administration_id) == []


def test_nothing_to_correct_is_refused_and_changes_nothing(database: Database) -> None:
    desk = open_desk(database)
    desk.receive()
    assert refused(desk) == "nothing_to_correct"  # not released yet
    invoice(desk)
    assert refused(desk) == "nothing_to_correct"
    with desk.database.read() as session:
        assert [charge.state for charge in session.scalars(select(Charge))] == ["invoiced"]
