"""Payments that name no document: matched by what the payer wrote and who paid; the rest is for a person."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from billing_service.collection import resolve
from billing_service.core.references import rf_reference
from billing_service.errors import Conflict, InvalidInput
from billing_service.store.invoices import Invoice
from billing_service.store.payments_in import PaymentIn
from billing_service.store.session import Database
from tests.collection.world import Paid

IBAN = "NL91ABNA0417164300"


@pytest.fixture
def world(database: Database) -> Paid:
    return Paid.founded(database)


def decide(world: Paid, key: str, **wish: Any) -> PaymentIn:
    with world.scope() as scope:
        return resolve(scope, world.payments()[key].id, wish)


def outcome(world: Paid, key: str) -> tuple[str, str | None]:
    row = world.payments()[key]
    return row.state, row.doubt or row.evidence


def test_matched_by_reference_number_and_payer(world: Paid):
    referred, named, silent = world.delivered("C-1"), world.delivered("C-2"), world.delivered("C-2")
    reference = world.pay(None, "10.00", reference=f"ref {rf_reference(world.number(referred))} dank")
    number = world.pay(None, "15.13", reference=f"factuur {world.number(named)}", iban=IBAN)
    payer = world.pay(None, "15.13", reference="betaling", iban=IBAN)
    world.pull()
    assert outcome(world, reference) == ("settled", "reference")
    assert outcome(world, number) == ("settled", "number")
    assert outcome(world, payer) == ("settled", "amount")
    assert (world.state(referred), world.state(named), world.state(silent)) == ("partly_paid", "paid", "paid")


def test_the_payer_may_be_known_by_what_the_package_says(world: Paid):
    invoice, other = world.delivered("C-1"), world.delivered("C-2")
    there = world.books.control.books()["customers"]
    mine = next(one["id"] for one in there if one["code"] == "10000")
    world.told(world.fact("p-1", "15.13", None, customer=mine), world.fact("p-2", "15.13", None, customer="stranger"))
    assert outcome(world, "p-1") == ("settled", "amount")
    assert outcome(world, "p-2") == ("elsewhere", None)
    assert (world.state(invoice), world.state(other)) == ("paid", "open")


def test_what_is_uncertain_is_a_finding_with_proposals_and_one_call_resolves_it(world: Paid):
    first, second = world.delivered(), world.delivered()
    text = f"{world.number(first)} {world.number(second)}"
    key = world.pay(None, "20.00", reference=text)
    world.pull()
    (finding,) = world.findings("payment_needs_decision")
    row = world.payments()[key]
    assert finding.subject_id == row.id
    assert (finding.facts["doubt"], sorted(row.proposals or [])) == (
        "amount_differs",
        sorted(map(str, [first, second])),
    )
    parts = [{"invoice_id": first, "amount": Decimal("15.13")}, {"invoice_id": second, "amount": Decimal("4.87")}]
    resolved = decide(world, key, choice="allocate", parts=parts, reason="Gebeld met de klant")
    assert (resolved.state, resolved.evidence) == ("settled", "person")
    assert world.findings("payment_needs_decision") == []
    assert (world.state(first), world.state(second)) == ("paid", "partly_paid")
    world.pull()
    assert outcome(world, key) == ("settled", "person")


def test_kept_as_balance_or_none_of_ours_and_decided_anew(world: Paid):
    invoice = world.delivered()
    key = world.pay(None, "50.00", reference="dank u")
    world.pull()
    assert outcome(world, key) == ("needs_decision", "nothing_known")
    decide(world, key, choice="not_ours")
    assert (outcome(world, key), world.receipts()) == (("not_ours", "person"), [])
    with world.scope() as scope:
        customer = scope.session.get_one(Invoice, (scope.administration_id, invoice)).customer_id
    decide(world, key, choice="balance", customer_id=customer)
    (receipt,) = world.receipts()
    assert (receipt.amount, receipt.customer_id) == (Decimal("50.00"), customer)
    decide(world, key, choice="allocate", parts=[{"invoice_id": invoice, "amount": Decimal("15.13")}])
    assert (world.state(invoice), len(world.receipts())) == ("paid", 1)


def test_a_decision_holds_until_it_stands_there_for_something_else(world: Paid):
    invoice, other = world.delivered("C-1"), world.delivered("C-2")
    world.told(world.fact("p-1", "15.13", None, reference="?"))
    decide(world, "p-1", choice="allocate", parts=[{"invoice_id": invoice, "amount": Decimal("15.13")}])
    world.told(world.fact("p-1", "16.00", None, reference="?"))
    assert outcome(world, "p-1") == ("needs_decision", "changed_since")
    assert (world.state(invoice), world.receipts()) == ("open", [])
    world.told(world.fact("p-1", "15.13", world.delivery(other).remote_id))
    assert outcome(world, "p-1") == ("settled", "document")
    assert (world.state(invoice), world.state(other)) == ("open", "paid")
    with pytest.raises(Conflict, match="not to be decided"):
        decide(world, "p-1", choice="not_ours")


def test_impossible_decisions_are_refused(world: Paid):
    invoice, other = world.delivered("C-1"), world.delivered("C-2")
    there = world.delivery(invoice).remote_id
    world.told(world.fact("p-1", "20.00", None), world.fact("p-2", "-5.00", there))

    def part(of: UUID, amount: str) -> dict[str, Any]:
        return {"invoice_id": of, "amount": Decimal(amount)}

    for parts in ([part(invoice, "20.01")], [part(invoice, "0.00")], [part(invoice, "1.00"), part(other, "1.00")]):
        with pytest.raises(InvalidInput):
            decide(world, "p-1", choice="allocate", parts=parts)
    with pytest.raises(Conflict) as refused:
        decide(world, "p-2", choice="allocate", parts=[part(invoice, "5.00")])
    assert refused.value.code == "only_not_ours"
    decide(world, "p-2", choice="not_ours")
    assert outcome(world, "p-2") == ("not_ours", "person")


def test_a_match_yields_to_what_the_package_says_later(world: Paid):
    invoice = world.delivered()
    world.told(world.fact("p-1", "15.13", None, reference=world.number(invoice)))
    assert outcome(world, "p-1") == ("settled", "number")
    world.told(world.fact("p-2", "15.13", world.delivery(invoice).remote_id))
    assert outcome(world, "p-1") == ("needs_decision", "already_paid")
    assert world.state(invoice) == "paid"


def test_what_was_matched_long_ago_stays(world: Paid):
    invoice = world.delivered()
    world.told(world.fact("p-1", "15.13", None, reference=world.number(invoice)))
    world.advance(timedelta(days=8))
    world.told(world.fact("p-2", "15.13", world.delivery(invoice).remote_id))
    assert outcome(world, "p-1") == ("settled", "number")
    assert world.state(invoice) == "overpaid"


def test_what_does_not_concern_us_is_remembered_without_a_finding(world: Paid):
    invoice = world.delivered()
    world.told(
        world.fact("p-1", "15.13", None, date(2025, 12, 31), reference=world.number(invoice)),
        world.fact("p-2", "15.13", "999", document_number="INKOOP-7"),
        world.fact("p-3", "15.13", "998"),
    )
    assert [row.state for row in world.payments().values()] == ["elsewhere"] * 3
    assert world.findings("payment_needs_decision") == []
    assert world.state(invoice) == "open"


def test_a_payment_told_before_its_document_is_known_is_booked_once_it_is(world: Paid):
    invoice = world.invoice()
    world.told(world.fact("p-1", "5.00", "9007199254740995"))
    assert outcome(world, "p-1") == ("elsewhere", None)
    world.settle()
    assert world.delivery(invoice).remote_id == "9007199254740995"
    world.pull()
    assert outcome(world, "p-1") == ("settled", "document")
    assert world.state(invoice) == "partly_paid"
