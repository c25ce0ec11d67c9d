"""Correcting a question after its invoice on the command line."""

from __future__ import annotations

import re
from decimal import Decimal

from sqlalchemy import select

from billing_service.store.invoices import InvoicePdf
from billing_service.store.session import Database
from tests.invoicing.test_correct import TWO_ENTRIES, finding, invoice, nets, open_desk, question, states
from tests.prepaid.cards import left, sell
from tests.test_cli import Billing, billing, own_folder  # noqa: F401 - fixtures


def test_a_question_is_corrected_after_a_look(database: Database, billing: Billing) -> None:  # noqa: F811
    desk = open_desk(database)
    desk.receive(category="work", time_entries=TWO_ENTRIES)
    invoice(desk)
    desk.receive(category="work", time_entries=[TWO_ENTRIES[0] | {"minutes": 30}])
    declined = billing("correct", "1", answer="n\n")
    assert declined.exit_code == 1
    assert "On 2026-00001: charge 95.00. Now: charge 47.50." in declined.output
    assert "95.00 is credited and 47.50 is charged anew, without VAT." in declined.output
    assert len(nets(desk)) == 1

    done = billing("correct", "1", answer="y\n")
    assert done.exit_code == 0, done.output
    assert "Credit note C2026-00001: 95.00 + 19.95 VAT = 114.95." in done.output
    assert "114.95 closes 2026-00001; 0.00 stands as the customer's balance." in done.output
    assert "47.50 of 2026-03-02, on the next invoice." in done.output
    assert finding(desk).state == "resolved"
    assert ("correction", "open", Decimal("47.50")) in states(desk)
    with desk.database.read() as session:
        assert len(session.scalars(select(InvoicePdf.invoice_id)).all()) == 2

    again = billing("correct", "1", "--yes")
    assert again.exit_code == 1
    assert "There is nothing to correct" in again.stderr
    assert len(nets(desk)) == 2


def test_a_person_decides_otherwise(database: Database, billing: Billing) -> None:  # noqa: F811
    desk = open_desk(database)
    desk.receive()
    invoice(desk)
    waived = ("--decide", "waived", "--amount", "25.00", "--because", "coulance")
    done = billing("correct", question(desk), *waived, "--reason", "Coulance.", "--yes")
    assert done.exit_code == 0, done.output
    assert "On 2026-00001: charge 25.00. Now: waived 0.00." in done.output
    assert desk.decided() == ("decided", "waived", Decimal("0.00"))


def test_what_cannot_be_corrected_is_said(database: Database, billing: Billing) -> None:  # noqa: F811
    desk = open_desk(database)
    desk.receive()
    invoice(desk)
    assert billing("correct", "999").stderr == "There is no question 999.\n"
    assert billing("correct", "1", "--decide", "waived").exit_code == 2
    missing = billing("correct", "1", "--decide", "charge", "--because", "afgesproken", "--yes")
    assert re.search(r"The amount is required for a charge\.\n  /amount:", missing.stderr)
    desk.receive(source="mail")
    several = billing("correct", "1", "--yes")
    assert several.exit_code == 1
    assert re.search(r"Several sources know a question 1: give --source, one of \w+, mail\.", several.stderr)
    assert "nothing to correct" in billing("correct", "1", "--source", "mail", "--yes").stderr


def test_a_person_draws_it_from_a_card_after_all(database: Database, billing: Billing) -> None:  # noqa: F811
    desk = open_desk(database)
    card = sell(desk, 60)
    desk.receive()
    invoice(desk)
    draws = ("--decide", "draw", "--minutes", "45", "--code", "support", "--because", "op de kaart")
    done = billing("correct", "1", *draws, "--yes")
    assert done.exit_code == 0, done.output
    assert "On 2026-00001: charge 25.00. Now: draw 0.00." in done.output
    assert left(desk, card) == 15
    assert billing("correct", "1", "--minutes", "45").exit_code == 2
