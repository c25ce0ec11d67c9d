"""Receipts, allocations, credits, refunds and write-offs in any order: states add up and nothing is given out twice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from billing_service import invoicing, receivables
from billing_service.core.crediting import Part
from billing_service.core.money import ZERO
from billing_service.errors import BillingError
from billing_service.receivables.standing import PAYMENT_STATES, having
from billing_service.store.invoices import Invoice
from billing_service.store.receivables import Allocation, Receipt, Refund, WriteOff
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from tests.invoicing.checks import broken_promises
from tests.invoicing.world import World

AMOUNTS = st.sampled_from([Decimal(text) for text in ("0.01", "10.00", "60.50", "121.00", "150.00", "242.00")])
WHICH = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("receipt"), AMOUNTS),
        st.tuples(st.sampled_from(["allocate", "overpay", "set_off"]), WHICH, WHICH, st.none() | AMOUNTS),
        st.tuples(st.sampled_from(["undo_allocation", "undo_refund", "undo_write_off", "cancel"]), WHICH),
        st.tuples(st.just("credit"), WHICH, st.none() | AMOUNTS),
        st.tuples(st.sampled_from(["refund", "refund_credit"]), WHICH, st.none() | AMOUNTS),
        st.tuples(st.just("write_off"), WHICH, st.none() | AMOUNTS),
    ),
    max_size=14,
)


def three_invoices(database: Database) -> World:
    """60.50, 121.00 and 242.00 of one customer."""
    world = World.founded(database)
    world.agree()
    for amount in ("50.00", "100.00", "200.00"):
        world.charge(amount=Decimal(amount))
        world.issue(world.release())
    return world


def rows(scope: Scope, table: Any, *conditions: Any) -> list[Any]:
    query = select(table).where(table.administration_id == scope.administration_id, *conditions)
    return list(scope.session.scalars(query.order_by(table.id)))


def pick(found: list[Any], which: int) -> UUID | None:
    return found[which % len(found)].id if found else None


def take(scope: Scope, customer_id: UUID, step: tuple[Any, ...]) -> None:
    """One step; raises ``BillingError`` where it is refused, and nothing where there is nothing to do it to."""
    what, *rest = step
    notes = rows(scope, Invoice, Invoice.kind == "credit_note")
    invoices = rows(scope, Invoice, Invoice.kind == "invoice")
    receipts = rows(scope, Receipt)
    if what == "receipt":
        receivables.record_receipt(scope, {"customer_id": customer_id, "amount": rest[0]})
    elif what in ("allocate", "overpay", "set_off"):
        source = pick(notes if what == "set_off" else receipts, rest[0])
        wish = {"invoice_id": pick(invoices, rest[1]), "amount": rest[2], "overpays": what == "overpay"}
        if source:
            receivables.allocate(scope, wish | {"credit_note_id" if what == "set_off" else "receipt_id": source})
    elif what in ("refund", "refund_credit"):
        source = pick(notes if what == "refund_credit" else receipts, rest[0])
        if source:
            column = "credit_note_id" if what == "refund_credit" else "receipt_id"
            receivables.record_refund(scope, {column: source, "amount": rest[1]})
    elif what == "credit":
        parts = None if rest[1] is None else [Part(1, amount=rest[1])]
        made = invoicing.credit(scope, cast(UUID, pick(invoices, rest[0])), "Te veel", parts)
        invoicing.issue_invoice(scope, made)
    elif what == "write_off":
        receivables.write_off(scope, cast(UUID, pick(invoices, rest[0])), "Klein", rest[1])
    else:
        undo(scope, what, rest[0])


def undo(scope: Scope, what: str, which: int) -> None:
    table, function = {
        "undo_allocation": (Allocation, receivables.undo_allocation),
        "undo_refund": (Refund, receivables.undo_refund),
        "undo_write_off": (WriteOff, receivables.undo_write_off),
        "cancel": (Receipt, receivables.cancel_receipt),
    }[what]
    key = pick(rows(scope, table), which)
    if key:
        function(scope, key, "Vergissing")  # type: ignore[operator]


def state_by_hand(gross: Decimal, paid: Decimal, closed: Decimal, credited: Decimal, off: Decimal) -> str:
    """The payment state as docs/credit-and-payments.md defines it, from plain sums."""
    left = gross - paid - closed - off
    if credited == gross:
        return "credited"
    if left < 0:
        return "overpaid"
    if left == 0:
        return "written_off" if off > 0 else "paid"
    return "partly_paid" if paid > 0 else "open"


def check_that_all_adds_up(world: World, customer_id: UUID) -> None:
    with world.reading() as scope:
        notes = {row.id: row for row in rows(scope, Invoice, Invoice.kind == "credit_note")}
        invoices = rows(scope, Invoice, Invoice.kind == "invoice")
        allocations, offs = rows(scope, Allocation), rows(scope, WriteOff)
        found = receivables.standings(scope, [row.id for row in invoices])
        for row in invoices:
            mine = [one for one in allocations if one.invoice_id == row.id]
            own = [one for one in mine if one.credit_note_id and notes[one.credit_note_id].credits_invoice_id == row.id]
            closed = sum((one.amount for one in own), ZERO)
            paid = sum((one.amount for one in mine), ZERO) - closed
            off = sum((one.amount for one in offs if one.invoice_id == row.id), ZERO)
            credited = sum((note.gross for note in notes.values() if note.credits_invoice_id == row.id), ZERO)
            stands = found[row.id]
            assert (stands.open, stands.paid, stands.credited, stands.written_off) == (
                row.gross - paid - closed - off,
                paid,
                credited,
                off,
            )
            assert stands.state == state_by_hand(row.gross, paid, closed, credited, off)
            if not any(one.overpays for one in mine):
                assert stands.open >= 0
        for state in PAYMENT_STATES:  # the two ways to filter find what is computed one by one
            for few in (True, False):
                mine = select(Invoice.id).where(Invoice.administration_id == world.administration_id)
                listed = scope.session.scalars(having(mine, scope, payment_state=state, few=few))
                assert set(listed) == {key for key, one in found.items() if one.state == state}
        for few in (True, False):
            mine = select(Invoice.id).where(Invoice.administration_id == world.administration_id)
            late = scope.session.scalars(having(mine, scope, overdue_on=date(2026, 5, 1), few=few))
            assert set(late) == {key for key, one in found.items() if one.open > 0}
            assert not list(scope.session.scalars(having(mine, scope, overdue_on=date(2026, 4, 30), few=few)))
        receipts_left = receivables.receipt_rests(scope, [row.id for row in rows(scope, Receipt)])
        credits_left = receivables.credit_rests(scope, list(notes))
        assert all(left >= 0 for left in (*receipts_left.values(), *credits_left.values()))
        balance = receivables.balance_of(scope, customer_id)
        assert balance.receipts_left == sum(receipts_left.values(), ZERO)
        assert balance.credits_left == sum(credits_left.values(), ZERO)
        assert balance.open_invoices == sum((one.open for one in found.values()), ZERO)
        assert balance.balance == balance.open_invoices - balance.receipts_left - balance.credits_left
        assert balance.closing == balance.balance == sum((entry.amount for entry in balance.entries), ZERO)
    assert broken_promises(world.database, world.administration_id) == []


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_order_of_steps_adds_up(database: Database, steps: list[tuple[Any, ...]]) -> None:
    world = three_invoices(database)
    customer_id = world.contracts["C-1"][1]
    for step in steps:
        try:
            with world.scope() as scope:
                take(scope, customer_id, step)
        except BillingError:
            continue  # refused as a whole: what is stored must add up all the same
    check_that_all_adds_up(world, customer_id)
