"""Money by hand: what a receipt settles, what stands as balance, disputes, write-offs, and races."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import DBAPIError

from billing_service import invoicing, receivables
from billing_service.core.ids import new_id
from billing_service.errors import BillingError, Conflict, InvalidInput
from billing_service.receivables import Standing
from billing_service.store.receivables import Allocation, Dispute, Receipt, Refund, WriteOff
from billing_service.store.session import Database
from tests.invoicing.checks import broken_promises
from tests.invoicing.world import World
from tests.receivables.test_any_order import check_that_all_adds_up


def invoices(database: Database, *amounts: str) -> tuple[World, list[UUID]]:
    """An issued invoice of the same customer per net amount, due on 30 April 2026."""
    world = World.founded(database)
    world.agree()
    for amount in amounts:
        world.charge(amount=Decimal(amount))
        world.issue(world.release())
    return world, [row.id for row in world.invoices("issued")]


def customer(world: World) -> UUID:
    return world.contracts["C-1"][1]


def receive(world: World, amount: str, **fields: Any) -> UUID:
    with world.scope() as scope:
        wish = {"customer_id": customer(world), "amount": Decimal(amount)} | fields
        return receivables.record_receipt(scope, wish).id


def allocate(world: World, receipt_id: UUID, invoice_id: UUID, amount: str | None = None, **fields: Any) -> UUID:
    wish = {"receipt_id": receipt_id, "invoice_id": invoice_id, "amount": amount and Decimal(amount)} | fields
    with world.scope() as scope:
        return receivables.allocate(scope, wish).id


def standing(world: World, invoice_id: UUID) -> Standing:
    with world.reading() as scope:
        return receivables.standing(scope, invoice_id)


def test_an_invoice_goes_from_open_to_partly_paid_to_paid(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    assert standing(world, invoice_id).state == "open"
    allocate(world, receive(world, "21.00"), invoice_id)
    assert (standing(world, invoice_id).state, standing(world, invoice_id).open) == ("partly_paid", Decimal("100.00"))
    receipt = receive(world, "110.00", payer_name="V. Penning", payer_iban="NL91 ABNA 0417 1643 00", reference="RF..")
    allocate(world, receipt, invoice_id)
    assert standing(world, invoice_id).state == "paid"
    with world.reading() as scope:  # what was paid too much stays the customer's
        assert receivables.receipt_rests(scope, [receipt]) == {receipt: Decimal("10.00")}
        assert scope.session.get_one(Receipt, (world.administration_id, receipt)).payer_iban == "NL91ABNA0417164300"
        assert receivables.balance_of(scope, customer(world)).balance == Decimal("-10.00")


def test_more_than_is_open_is_only_allocated_where_the_payer_meant_it(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    receipt = receive(world, "150.00")
    with pytest.raises(Conflict) as refused:
        allocate(world, receipt, invoice_id, "150.00")
    assert refused.value.code == "exceeds_open"
    allocation = allocate(world, receipt, invoice_id, overpays=True)
    assert (standing(world, invoice_id).state, standing(world, invoice_id).open) == ("overpaid", Decimal("-29.00"))
    with world.scope() as scope:
        receivables.undo_allocation(scope, allocation, "Hoort bij een andere factuur")
    assert standing(world, invoice_id).state == "open"
    with pytest.raises(Conflict) as refused, world.scope() as scope:
        receivables.undo_allocation(scope, allocation, "Nog eens")
    assert refused.value.code == "already_undone"
    check_that_all_adds_up(world, customer(world))


def test_more_than_the_receipt_is_never_allocated(database: Database) -> None:
    world, (first, second) = invoices(database, "100.00", "100.00")
    receipt = receive(world, "130.00")
    allocate(world, receipt, first)
    with pytest.raises(Conflict) as refused:
        allocate(world, receipt, second, "9.01")
    assert refused.value.code == "exceeds_source"
    allocate(world, receipt, second, "9.00")
    check_that_all_adds_up(world, customer(world))


def test_a_balance_is_set_off_against_another_invoice_or_refunded(database: Database) -> None:
    world, (first, second) = invoices(database, "100.00", "50.00")
    allocate(world, receive(world, "121.00"), first)
    with world.scope() as scope:
        note = invoicing.credit(scope, first, "Dubbel gefactureerd")
        invoicing.issue_invoice(scope, note)
    assert standing(world, first).state == "credited"
    with world.scope() as scope:
        receivables.allocate(scope, {"credit_note_id": note, "invoice_id": second})
        refund = receivables.record_refund(scope, {"credit_note_id": note, "reference": "Bank 17"})
    assert (standing(world, second).state, refund.amount) == ("paid", Decimal("60.50"))
    with pytest.raises(Conflict) as refused, world.scope() as scope:
        receivables.record_refund(scope, {"credit_note_id": note, "amount": Decimal("0.01")})
    assert refused.value.code == "exceeds_source"
    check_that_all_adds_up(world, customer(world))
    with world.reading() as scope:
        balance = receivables.balance_of(scope, customer(world))
    assert [(entry.kind, entry.amount) for entry in balance.entries] == [
        ("invoice", Decimal("121.00")),
        ("invoice", Decimal("60.50")),
        ("receipt", Decimal("-121.00")),
        ("credit_note", Decimal("-121.00")),
        ("refund", Decimal("60.50")),
    ]
    assert balance.balance == Decimal("0.00")


def test_what_a_credit_note_closed_of_its_own_invoice_stays_closed(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    with world.scope() as scope:
        invoicing.issue_invoice(scope, invoicing.credit(scope, invoice_id, "Fout"))
    with world.reading() as scope:
        (closing,) = scope.session.query(Allocation).all()
    with pytest.raises(Conflict) as refused, world.scope() as scope:
        receivables.undo_allocation(scope, closing.id, "Toch niet")
    assert refused.value.code == "closed_by_credit"


def test_money_of_another_customer_settles_nothing(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    world.agree("other")
    with world.scope() as scope:
        wish = {"customer_id": world.contracts["other"][1], "amount": Decimal("121.00")}
        receipt = receivables.record_receipt(scope, wish).id
    with pytest.raises(InvalidInput, match="another customer"):
        allocate(world, receipt, invoice_id)


def test_a_receipt_by_mistake_is_cancelled_while_nothing_of_it_is_used(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    receipt = receive(world, "21.00")
    allocation = allocate(world, receipt, invoice_id)
    with pytest.raises(Conflict) as refused, world.scope() as scope:
        receivables.cancel_receipt(scope, receipt, "Verkeerde klant")
    assert refused.value.code == "receipt_in_use"
    with world.scope() as scope:
        receivables.undo_allocation(scope, allocation, "Verkeerde klant")
        receivables.cancel_receipt(scope, receipt, "Verkeerde klant")
    with pytest.raises(Conflict) as refused:
        allocate(world, receipt, invoice_id)
    assert refused.value.code == "receipt_cancelled"
    check_that_all_adds_up(world, customer(world))


@pytest.mark.parametrize(
    "wish", [{"amount": "0.00"}, {"received_on": date(2026, 4, 1)}, {"payer_iban": "NL00ABNA0417164300"}]
)
def test_a_receipt_that_cannot_be_right_is_refused(database: Database, wish: dict[str, Any]) -> None:
    world, _ = invoices(database, "100.00")
    with pytest.raises(InvalidInput):
        receive(world, **({"amount": "5.00"} | wish))


def test_what_nobody_expects_any_more_is_written_off_and_can_come_back(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    allocate(world, receive(world, "100.00"), invoice_id)
    with world.scope() as scope:
        off = receivables.write_off(scope, invoice_id, "Failliet").id
    found = standing(world, invoice_id)
    assert (found.state, found.open, found.written_off) == ("written_off", Decimal("0.00"), Decimal("21.00"))
    with pytest.raises(Conflict), world.scope() as scope:
        receivables.write_off(scope, invoice_id, "Nog meer", Decimal("0.01"))
    with world.scope() as scope:
        receivables.undo_write_off(scope, off, "Curator betaalt toch")
    assert standing(world, invoice_id).state == "partly_paid"
    check_that_all_adds_up(world, customer(world))


def test_a_dispute_has_a_beginning_and_an_end(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    with world.scope() as scope:
        dispute = receivables.open_dispute(scope, invoice_id, "De uren kloppen niet", date(2026, 3, 31)).id
    assert standing(world, invoice_id).disputed
    with pytest.raises(Conflict) as refused, world.scope() as scope:
        receivables.open_dispute(scope, invoice_id, "Nog een")
    assert refused.value.code == "disputed_already"
    with pytest.raises(InvalidInput), world.scope() as scope:
        receivables.end_dispute(scope, dispute, "Te vroeg", date(2026, 3, 30))
    with world.scope() as scope:
        receivables.end_dispute(scope, dispute, "Uitgelegd")
    assert not standing(world, invoice_id).disputed
    with pytest.raises(DBAPIError, match="an ended dispute never changes"), world.scope() as scope:
        scope.session.execute(update(Dispute).values(outcome="anders"))


def test_nothing_is_contested_or_written_off_before_the_invoice_is_there(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    for record in (receivables.open_dispute, partial(receivables.write_off, amount=Decimal("1.00"))):
        with pytest.raises(InvalidInput) as refused, world.scope() as scope:
            record(scope, invoice_id, "Te vroeg", day=date(2026, 3, 30))
        assert "2026-03-31" in refused.value.errors[0].detail


def test_overdue_is_what_is_open_after_the_due_date(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    world.now = datetime(2026, 4, 30, 10, 0, tzinfo=UTC)
    assert not standing(world, invoice_id).overdue
    world.now = datetime(2026, 4, 30, 22, 30, tzinfo=UTC)  # past midnight in Amsterdam
    assert standing(world, invoice_id).overdue
    allocate(world, receive(world, "121.00"), invoice_id)
    assert not standing(world, invoice_id).overdue


def test_a_statement_of_a_period_opens_and_closes(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    world.now = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
    receive(world, "21.00")
    with world.reading() as scope:
        may = receivables.balance_of(scope, customer(world), date(2026, 5, 1))
        april = receivables.balance_of(scope, customer(world), date(2026, 4, 1), date(2026, 4, 30))
    assert (may.opening, len(may.entries), may.closing) == (Decimal("121.00"), 1, Decimal("100.00"))
    assert (april.opening, april.entries, april.closing) == (Decimal("121.00"), (), Decimal("121.00"))
    assert standing(world, invoice_id).open == Decimal("121.00")


# --- the database refuses by itself -----------------------------------------------------------------------------------


def test_money_is_written_once(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    receipt = receive(world, "10.00")
    allocate(world, receipt, invoice_id, "5.00")
    with world.scope() as scope:
        receivables.record_refund(scope, {"receipt_id": receipt, "amount": Decimal("1.00")})
        receivables.write_off(scope, invoice_id, "Klein", Decimal("1.00"))
    for table, sentence in (
        (Allocation, "allocations are undone"),
        (Refund, "refunds are undone"),
        (WriteOff, "write-offs are undone"),
        (Receipt, "a receipt never changes"),
    ):
        with pytest.raises(DBAPIError, match=sentence), world.scope() as scope:
            scope.session.execute(update(table.__table__).values(amount=Decimal("9.00")))  # type: ignore[arg-type]
        with pytest.raises(DBAPIError, match=sentence), world.scope() as scope:
            scope.session.execute(table.__table__.delete())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("amount", "more", "sentence"),
    [
        ("10.01", {}, "more than is left of the receipt"),
        ("5.01", {"invoice": "small"}, "more than is open of the invoice"),
        ("-5.00", {}, "ck_allocations"),
    ],
)
def test_the_database_refuses_an_allocation_past_the_rules(
    database: Database, amount: str, more: dict[str, str], sentence: str
) -> None:
    world, (large, small) = invoices(database, "100.00", "10.00")
    receipt = receive(world, "10.00")
    allocate(world, receive(world, "7.10"), small)
    row = {
        "administration_id": world.administration_id,
        "id": new_id(),
        "customer_id": customer(world),
        "receipt_id": receipt,
        "invoice_id": small if more else large,
        "amount": Decimal(amount),
        "overpays": False,
        "allocated_on": date(2026, 3, 31),
        "created_at": world.now,
    }
    with pytest.raises(DBAPIError, match=sentence), world.scope() as scope:
        scope.session.execute(insert(Allocation), [row])


def test_the_database_refuses_an_undoing_row_that_is_no_mirror(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    receipt = receive(world, "10.00")
    allocation = allocate(world, receipt, invoice_id, "5.00")
    row = {
        "administration_id": world.administration_id,
        "id": new_id(),
        "customer_id": customer(world),
        "receipt_id": receipt,
        "invoice_id": invoice_id,
        "amount": Decimal("-4.00"),
        "overpays": False,
        "allocated_on": date(2026, 3, 31),
        "reverses_id": allocation,
        "created_at": world.now,
    }
    with pytest.raises(DBAPIError, match="undoes another row"), world.scope() as scope:
        scope.session.execute(insert(Allocation), [row])


def test_a_receipt_is_given_out_once_however_many_try_at_once(database: Database) -> None:
    world, (first, second) = invoices(database, "100.00", "100.00")
    receipt = receive(world, "121.00")

    def one(at: int) -> str:
        try:
            allocate(world, receipt, (first, second)[at % 2])
        except BillingError as error:
            return error.code
        return "allocated"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(one, range(4)))
    assert outcomes == ["allocated", *["exceeds_source"] * 3]
    check_that_all_adds_up(world, customer(world))


def test_a_credit_and_a_payment_at_once_never_close_more_than_the_invoice(database: Database) -> None:
    world, (invoice_id,) = invoices(database, "100.00")
    receipt = receive(world, "121.00")

    def pay(_: int) -> None:
        allocate(world, receipt, invoice_id)

    def credit(_: int) -> None:
        with world.scope() as scope:
            invoicing.issue_invoice(scope, invoicing.credit(scope, invoice_id, "Fout"))

    def one(act: Any) -> str:
        try:
            act(0)
        except BillingError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(one, (pay, credit)))
    assert outcomes[1] == "done"
    assert outcomes[0] in ("done", "exceeds_open")
    assert standing(world, invoice_id).open == Decimal("0.00")
    check_that_all_adds_up(world, customer(world))
    assert broken_promises(database, world.administration_id) == []
