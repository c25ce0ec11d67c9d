"""Who is told of what becomes of a delivery: those who wait for it, and the people who must look at it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import literal_column, select, update

from billing_service import findings
from billing_service.delivery.patience import CUSTOMER, INVOICE
from billing_service.store import dispatch
from billing_service.store.connections import Connection
from billing_service.store.deliveries import IS_STUCK, NOT_DELIVERED, Delivery
from billing_service.store.invoices import Invoice
from billing_service.store.receivables import Allocation
from billing_service.store.scope import Scope
from billing_service.store.telling import tell
from billing_service.store.work import OutboxRow

DELIVERIES_NEED_ATTENTION: Final = "deliveries_need_attention"
"""One finding per connection; the list of deliveries says which, and why."""
CUSTOMER_FIRST, INVOICE_FIRST = "customer_first", "invoice_first"
"""Causes that go by themselves once what they wait for is delivered."""


def lock(scope: Scope, connection_id: UUID) -> None:
    """Alone with what is told of this connection, until the transaction ends."""
    mine = Connection.administration_id == scope.administration_id, Connection.id == connection_id
    scope.session.execute(select(Connection.id).where(*mine).with_for_update(key_share=True))


def needs_attention(scope: Scope, row: Delivery) -> None:
    """In the transaction that stored it, with the connection locked."""
    told(scope, row.connection_id)
    tell(scope, "delivery.needs_attention", "delivery", row.id, _news(row) | {"cause": row.cause, "fix": row.fix})


def told(scope: Scope, connection_id: UUID) -> None:
    """Bring the finding about this connection up to date: its causes, or that nothing is left."""
    mine = Delivery.administration_id == scope.administration_id, Delivery.connection_id == connection_id
    causes = scope.session.scalars(select(Delivery.cause).where(*mine, IS_STUCK).distinct())
    found = sorted(cause for cause in causes if cause)
    if not found:
        findings.settle(scope, DELIVERIES_NEED_ATTENTION, connection_id, "delivered")
        return
    connection = scope.session.get_one(Connection, (scope.administration_id, connection_id))
    facts = {"connection": connection.title, "causes": ", ".join(found)}
    findings.report(scope, DELIVERIES_NEED_ATTENTION, "connection", connection_id, facts)


def delivered(scope: Scope, row: Delivery) -> None:
    """In the transaction that stored it: whatever waits for this one goes on now."""
    tell(scope, "delivery.delivered", "delivery", row.id, _news(row) | {"remote_id": row.remote_id})
    if row.noun == "customer":
        of_customer = select(Invoice.id).where(
            Invoice.administration_id == scope.administration_id, Invoice.customer_id == row.subject_id
        )
        _wake(scope, row, CUSTOMER, CUSTOMER_FIRST, of_customer)
    elif row.noun == "document":
        credits_it = select(Invoice.id).where(
            Invoice.administration_id == scope.administration_id, Invoice.credits_invoice_id == row.subject_id
        )
        settles_it = select(Allocation.id).where(
            Allocation.administration_id == scope.administration_id, Allocation.invoice_id == row.subject_id
        )
        _wake(scope, row, INVOICE, INVOICE_FIRST, credits_it.union_all(settles_it))


def _news(row: Delivery) -> dict[str, object]:
    return {
        "connection_id": row.connection_id,
        "noun": row.noun,
        "subject_id": row.subject_id,
        "number": row.number,
    }


def _wake(scope: Scope, row: Delivery, waits: str, cause: str, subjects: object) -> None:
    mine = Delivery.administration_id == scope.administration_id, Delivery.connection_id == row.connection_id
    theirs = (Delivery.waits == waits) | (Delivery.cause == cause)
    found = select(Delivery.id, Delivery.state).where(*mine, NOT_DELIVERED, theirs, Delivery.subject_id.in_(subjects))  # type: ignore[arg-type]
    states = {one.id: one.state for one in scope.session.execute(found)}
    if not states:
        return
    again(scope, states)
    hurry(scope, [one for one, state in states.items() if state == "waiting"])
    dispatch.ask(scope, [one for one, state in states.items() if state != "waiting"])


def again(scope: Scope, delivery_ids: Collection[UUID]) -> None:
    """These are to go again, whatever they waited for or needed; what is known of an unclear attempt stays."""
    nothing = ("waits", "waiting_since", "next_at", "cause", "fix", "field", "detail", "differences")
    scope.session.execute(
        update(Delivery)
        .where(Delivery.administration_id == scope.administration_id, Delivery.id.in_(delivery_ids))
        .values(state="waiting", attempts=0, asked_at=scope.now, version=Delivery.version + 1, **dict.fromkeys(nothing))
        .execution_options(synchronize_session=False)
    )


def hurry(scope: Scope, delivery_ids: Collection[UUID]) -> None:
    """The work that waits in the outbox for these is due now."""
    scope.session.execute(
        update(OutboxRow)
        .where(
            OutboxRow.administration_id == scope.administration_id,
            OutboxRow.kind == dispatch.DELIVER,
            OutboxRow.subject_id.in_(delivery_ids),
            OutboxRow.state == literal_column("'ready'"),
        )
        .values(due_at=scope.now)
        .execution_options(synchronize_session=False)
    )
