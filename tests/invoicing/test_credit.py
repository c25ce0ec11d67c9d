"""Credit notes of issued invoices: numbered, chained, within the invoice, and what they do to what is open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from billing_service import invoicing, receivables
from billing_service.core.crediting import ExceedsInvoice, NothingToCredit, Part
from billing_service.core.document import from_json
from billing_service.core.ids import new_id
from billing_service.errors import BillingError, Conflict, InvalidInput
from billing_service.store.administrations import Series
from billing_service.store.invoices import Invoice, InvoiceLine
from billing_service.store.session import Database
from tests.invoicing.checks import broken_promises
from tests.invoicing.world import World

REASON = "De factuur ging naar de verkeerde vereniging."


def issued_invoice(database: Database) -> tuple[World, UUID]:
    """1:00 at 95.00 and two resets of 12.50, at 21 %: 120.00 + 25.20 = 145.20, numbered 2026-00001."""
    world = World.founded(database)
    world.agree()
    world.charge(minutes=60, unit_price=Decimal("95.00"))
    world.charge(quantity=Decimal(2), unit_price=Decimal("12.50"))
    world.issue(world.release())
    (invoice,) = world.invoices()
    assert invoice.gross == Decimal("145.20")
    return world, invoice.id


def credit(world: World, invoice_id: UUID, *parts: Part) -> Invoice:
    """A credit note, released and issued in one transaction."""
    with world.scope() as scope:
        made = invoicing.credit(scope, invoice_id, REASON, parts or None)
        invoicing.issue_invoice(scope, made)
    with world.reading() as scope:
        row = invoicing.get_credit_note(scope, made)
        scope.session.expunge(row)
    return row


def pay(world: World, invoice_id: UUID, amount: str) -> UUID:
    """A receipt of this amount, all of it allocated to the invoice."""
    with world.scope() as scope:
        wish = {"customer_id": world.contracts["C-1"][1], "amount": Decimal(amount), "received_on": date(2026, 3, 31)}
        receipt = receivables.record_receipt(scope, wish)
        receivables.allocate(scope, {"receipt_id": receipt.id, "invoice_id": invoice_id})
        return receipt.id


def standing(world: World, invoice_id: UUID) -> tuple[str, Decimal]:
    with world.reading() as scope:
        found = receivables.standing(scope, invoice_id)
    return found.state, found.open


def test_a_whole_credit_gets_a_number_of_its_own_series_and_closes_the_invoice(database: Database) -> None:
    world, invoice_id = issued_invoice(database)
    note = credit(world, invoice_id)
    assert (note.number, note.kind, note.gross) == ("C2026-00001", "credit_note", Decimal("145.20"))
    assert (note.due_date, note.payment_reference, note.credits_invoice_id) == (None, None, invoice_id)
    document = from_json(note.document.encode())
    assert document.preceding is not None
    assert (document.preceding.number, document.preceding.issue_date) == ("2026-00001", date(2026, 3, 31))
    assert standing(world, invoice_id) == ("credited", Decimal("0.00"))
    assert broken_promises(database, world.administration_id) == []


def test_the_pdf_says_what_is_credited_why_and_what_becomes_of_the_money(database: Database) -> None:
    world, invoice_id = issued_invoice(database)
    pay(world, invoice_id, "100.00")
    note = credit(world, invoice_id)
    pdf = invoicing.pdf_of(world.reading, world.scope, note.id)
    assert pdf.file_name == "Creditnota C2026-00001 Stichting Ledenhulp.pdf"
    text = " ".join(PdfReader(BytesIO(pdf.content)).pages[0].extract_text().split())
    assert "Van factuur 2026-00001 van 31 maart 2026 crediteren wij wat hieronder staat." in text
    assert REASON in text
    assert "€ 45,20 gaat af van wat u voor factuur 2026-00001 nog moet betalen." in text.replace("\xa0", " ")
    assert "€ 100,00 had u al betaald." in text.replace("\xa0", " ")
    assert "Vervaldatum" not in text
    assert "Betalingskenmerk" not in text
    assert broken_promises(database, world.administration_id) == []


def test_a_credit_closes_the_open_part_first_and_the_rest_is_the_customers_balance(database: Database) -> None:
    world, invoice_id = issued_invoice(database)
    pay(world, invoice_id, "100.00")
    assert standing(world, invoice_id) == ("partly_paid", Decimal("45.20"))
    note = credit(world, invoice_id, Part(2))  # 30.25 with VAT: less than what is open
    assert standing(world, invoice_id) == ("partly_paid", Decimal("14.95"))
    last = credit(world, invoice_id)
    assert standing(world, invoice_id) == ("credited", Decimal("0.00"))
    with world.reading() as scope:
        rests = receivables.credit_rests(scope, [note.id, last.id])
        balance = receivables.balance_of(scope, world.contracts["C-1"][1])
    assert rests == {note.id: Decimal("0.00"), last.id: Decimal("100.00")}
    assert balance.balance == Decimal("-100.00")
    assert broken_promises(database, world.administration_id) == []


def test_parts_of_lines_are_credited_until_nothing_is_left(database: Database) -> None:
    world, invoice_id = issued_invoice(database)
    nets = [
        credit(world, invoice_id, Part(1, minutes=20)).net,
        credit(world, invoice_id, Part(1, minutes=20), Part(2, quantity=Decimal(1))).net,
        credit(world, invoice_id, Part(2, amount=Decimal("2.50"))).net,
    ]
    assert nets == [Decimal("31.67"), Decimal("44.16"), Decimal("2.50")]
    with pytest.raises(ExceedsInvoice):
        credit(world, invoice_id, Part(1, minutes=21))
    last = credit(world, invoice_id)
    assert sum(nets) + last.net == Decimal("120.00")
    assert [note.number for note in world.invoices() if note.kind == "credit_note"] == [
        f"C2026-0000{at}" for at in (1, 2, 3, 4)
    ]
    with pytest.raises(NothingToCredit):
        credit(world, invoice_id)
    assert broken_promises(database, world.administration_id) == []


def test_vat_is_that_of_the_invoice_also_after_a_rate_change(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, invoice_id = issued_invoice(database)
    from billing_service.core import vat

    monkeypatch.setitem(vat._RATES, "standard", ((date(2026, 3, 31), Decimal("25.00")), *vat._RATES["standard"]))
    assert credit(world, invoice_id).vat == Decimal("25.20")


def test_one_credit_note_of_an_invoice_follows_the_other(database: Database) -> None:
    world, invoice_id = issued_invoice(database)
    with world.scope() as scope:
        first = invoicing.credit(scope, invoice_id, REASON, [Part(2)])
    with pytest.raises(Conflict) as refused, world.scope() as scope:
        invoicing.credit(scope, invoice_id, REASON)
    assert refused.value.code == "credit_note_waiting"
    assert standing(world, invoice_id) == ("open", Decimal("145.20"))  # nothing happens before it is issued
    with world.scope() as scope:
        invoicing.withdraw(scope, [first])
    assert credit(world, invoice_id).gross == Decimal("145.20")
    assert broken_promises(database, world.administration_id) == []


def test_only_an_issued_invoice_can_be_credited(database: Database) -> None:
    world = World.founded(database)
    world.agree()
    world.charge()
    world.release()
    (invoice,) = world.invoices()
    with pytest.raises(Conflict) as refused:
        credit(world, invoice.id)
    assert refused.value.code == "not_creditable"
    with world.scope() as scope:
        invoicing.issue_invoice(scope, invoice.id)
    note = credit(world, invoice.id)
    with pytest.raises(Conflict):
        credit(world, note.id)


def test_an_administration_without_a_series_for_credit_notes_is_told_to_add_one(database: Database) -> None:
    world, invoice_id = issued_invoice(database)
    with world.scope() as scope:
        scope.session.delete(scope.session.scalars(select(Series).where(Series.code == "credit-notes")).one())
    with pytest.raises(InvalidInput, match="add one of document type credit_note") as refused:
        credit(world, invoice_id)
    assert refused.value.code == "no_series"


def test_what_was_written_off_is_not_credited_as_well(database: Database) -> None:
    world, invoice_id = issued_invoice(database)
    with world.scope() as scope:
        receivables.write_off(scope, invoice_id, "Failliet")
    with pytest.raises(Conflict) as refused:
        credit(world, invoice_id)
    assert refused.value.code == "written_off"


# --- the database refuses by itself -----------------------------------------------------------------------------------


def a_note_past_the_rules(world: World, invoice_id: UUID, amount: str, **totals: Decimal) -> None:
    """A credit note with one line, written straight into the database."""
    with world.scope() as scope:
        row = scope.session.execute(select(Invoice.__table__).where(Invoice.id == invoice_id)).one()._asdict()
        changes = {"id": new_id(), "kind": "credit_note", "state": "released", "credits_invoice_id": invoice_id}
        changes |= dict.fromkeys(("number", "series_id", "period", "sequence", "billing_run_id"))
        note = row | changes | totals
        scope.session.execute(insert(Invoice), [note])
        line = {
            "administration_id": world.administration_id,
            "invoice_id": note["id"],
            "line": 1,
            "description": "Werk",
            "pricing": "amount",
            "amount": Decimal(amount),
            "vat_category": "S",
            "credits_line": 1,
        }
        scope.session.execute(insert(InvoiceLine), [line])


def test_the_database_refuses_a_credit_above_the_invoice(database: Database) -> None:
    world, invoice_id = issued_invoice(database)
    credit(world, invoice_id, Part(2, amount=Decimal("1.00")))
    with pytest.raises(DBAPIError, match="credits never exceed their invoice"):
        a_note_past_the_rules(world, invoice_id, "10.00")  # the gross amount of the whole invoice


@pytest.mark.parametrize("amount", ["95.01", "-0.01", "94.01"])
def test_the_database_refuses_a_credit_above_a_line(database: Database, amount: str) -> None:
    world, invoice_id = issued_invoice(database)
    credit(world, invoice_id, Part(1, amount=Decimal("1.00")))
    less = {"net": Decimal("10.00"), "vat": Decimal("2.10"), "gross": Decimal("12.10")}
    with pytest.raises(DBAPIError, match="credits never exceed their invoice"):
        a_note_past_the_rules(world, invoice_id, amount, **less)
    a_note_past_the_rules(world, invoice_id, "94.00", **less)


def test_two_credits_at_once_never_take_more_than_the_invoice(database: Database) -> None:
    world, invoice_id = issued_invoice(database)

    def one(_: int) -> str:
        try:
            return str(credit(world, invoice_id, Part(1, minutes=40)).number)
        except BillingError as error:
            return error.code

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(one, range(4)))
    assert outcomes == ["C2026-00001", *["credit_exceeds_invoice"] * 3]
    assert broken_promises(database, world.administration_id) == []
