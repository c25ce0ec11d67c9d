"""A crash at any commit while an invoice is credited, or many processes that issue credit notes: no gap, no double."""

from __future__ import annotations

from decimal import Decimal

from billing_service import invoicing, receivables
from billing_service.core.crediting import Part
from billing_service.store.invoices import Invoice
from billing_service.store.receivables import Allocation
from billing_service.store.session import Database
from tests.invoicing.checks import broken_promises
from tests.invoicing.test_crash import many_documents, survive_every_crash
from tests.invoicing.together import order, side_by_side
from tests.invoicing.world import World


def half_paid_invoice(database: Database) -> World:
    world = World.founded(database)
    world.agree()
    world.charge(amount=Decimal("100.00"))
    world.issue(world.release())
    with world.scope() as scope:
        wish = {"customer_id": world.contracts["C-1"][1], "amount": Decimal("60.00")}
        receipt = receivables.record_receipt(scope, wish)
        receivables.allocate(scope, {"receipt_id": receipt.id, "invoice_id": world.invoices()[0].id})
    return world


def notes(world: World) -> list[Invoice]:
    return sorted((row for row in world.invoices() if row.kind == "credit_note"), key=lambda row: row.id)


def credit_step_by_step(world: World) -> None:
    """Release, issue and render two credit notes, each step in a commit of its own, going on from where it stopped."""
    (invoice,) = (row for row in world.invoices() if row.kind == "invoice")
    for at, parts in enumerate(([Part(1, amount=Decimal("30.00"))], None)):
        if len(notes(world)) == at:
            with world.scope() as scope:
                invoicing.credit(scope, invoice.id, "Te veel", parts)
        note = notes(world)[at]
        with world.scope() as scope:
            invoicing.issue_invoice(scope, note.id)
        invoicing.render_pdf(world.scope, note.id)


def credit_at_once(world: World) -> None:
    """Release and issue in one transaction."""
    (invoice,) = (row for row in world.invoices() if row.kind == "invoice")
    if not notes(world):
        with world.scope() as scope:
            invoicing.issue_invoice(scope, invoicing.credit(scope, invoice.id, "Te veel"))


def test_a_credit_survives_a_crash_at_every_commit(database: Database) -> None:
    assert survive_every_crash(database, half_paid_invoice, credit_step_by_step) == 16


def test_a_credit_in_one_step_survives_a_crash_at_every_commit(database: Database) -> None:
    assert survive_every_crash(database, half_paid_invoice, credit_at_once) == 2


def test_the_checker_catches_a_credit_that_closes_something_else_than_it_says(database: Database) -> None:
    world = half_paid_invoice(database)
    (invoice,) = world.invoices()
    with world.scope() as scope:
        note = invoicing.credit(scope, invoice.id, "Te veel")
        invoicing.issue_invoice(scope, note)
    assert broken_promises(database, world.administration_id) == []
    with world.scope() as scope:
        receivables.undo_allocation(
            scope, scope.session.query(Allocation).filter(Allocation.receipt_id.is_not(None)).one().id, "Van een ander"
        )
        receivables.close_with_credit(scope, note, world.contracts["C-1"][1], invoice.id, Decimal("0.01"))
    assert broken_promises(database, world.administration_id) == ["C2026-00001 closed 61.01 and says something else"]


def test_processes_that_issue_credit_notes_at_once_leave_no_gap_and_no_double(database: Database) -> None:
    world = many_documents(database, 40)
    for row in world.invoices():
        with world.scope() as scope:
            invoicing.issue_invoice(scope, row.id)
            invoicing.credit(scope, row.id, "Dubbel")
    waiting = [str(row.id) for row in world.invoices("released")]
    assert len(waiting) == 40
    orders = [order(world, "issue", invoices=waiting), order(world, "issue", invoices=waiting[::-1])]
    first, second = side_by_side(orders)
    assert first == second[::-1]
    assert sorted(first) == [f"C2026-{at:05d}" for at in range(1, 41)]
    assert broken_promises(database, world.administration_id) == []
