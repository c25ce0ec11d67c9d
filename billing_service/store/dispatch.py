"""Asking for deliveries to an accounting package, in the transaction of the change that asks for them.

Where an administration has no connection this is one look. While a connection is stopped the rows are written and wait;
``resume`` asks for them. Workers deliver (``billing_service.delivery``).

**Nothing falls between.** Whoever issues looks for a connection after its first insert, which holds the row of the
administration (foreign keys take a share of it); ``begin`` takes that row alone, so that everything that did not see
the connection is committed before it begins, and is found by the work that ``begin`` asks for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, bindparam, case, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from billing_service.core.ids import new_id
from billing_service.store import bulk, outbox
from billing_service.store.administrations import Administration
from billing_service.store.connections import Connection, ConnectionCustomer
from billing_service.store.deliveries import IS_WAITING, NOT_DELIVERED, Delivery
from billing_service.store.parties import Customer
from billing_service.store.payments_in import PaymentIn
from billing_service.store.receivables import Allocation
from billing_service.store.scope import Scope
from billing_service.store.types import Instant
from billing_service.store.work import OutboxRow

DELIVER: Final = "deliver"
"""Work on one delivery; its subject is the delivery."""
DISPATCH: Final = "dispatch"
"""Asking for everything issued since the start date; its subject is the connection."""
BY_HAND: Final = "receipt_by_hand"
"""A receipt that the package does not hear of; its subject is the allocation."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the documents of an administration go."""

    connection_id: UUID
    start_date: date
    pushes_receipts: bool
    payments_owner: str


@dataclass(frozen=True, slots=True)
class Paper:
    """What of an issued document matters here; a zero statement has no ``number``."""

    id: UUID
    number: str | None
    issue_date: date | None
    customer_id: UUID


def destination(scope: Scope) -> Destination | None:
    """The connection that things are delivered to, also while it is stopped; ``None`` where there is none."""
    values = {"of_administration": scope.administration_id}
    row = scope.session.connection().execute(_destination(), values).first()
    return None if row is None else Destination(row.id, row.start_date, row.pushes_receipts, row.payments_owner)


def documents(scope: Scope, papers: Sequence[Paper]) -> None:
    """These documents were issued now: deliver those dated from the start date on, each after its customer."""
    to = destination(scope)
    if to is not None:
        documents_to(scope, to, papers)


def documents_to(scope: Scope, to: Destination, papers: Sequence[Paper]) -> None:
    """As ``documents``, where the destination is known."""
    due = [paper for paper in papers if paper.number and paper.issue_date and paper.issue_date >= to.start_date]
    if not due:
        return
    _ensure_customers(scope, to, {paper.customer_id for paper in due})
    _insert(scope, to, "document", {paper.id: str(paper.number) for paper in due})


def customer_changed(scope: Scope, customer: Customer) -> None:
    """Bring this customer up to date there, if it stands there or is on its way."""
    to = destination(scope)
    if to is None or _ask_again(scope, to, "customer", customer.id, customer.number):
        return
    key = (scope.administration_id, to.connection_id, customer.id)
    if scope.session.get(ConnectionCustomer, key) is not None:
        _insert(scope, to, "customer", {customer.id: customer.number})


def customer_again(scope: Scope, connection_id: UUID, customer_id: UUID) -> None:
    """Something waits for this customer, who does not stand there: bring it there (again)."""
    to = destination(scope)
    if to is not None and to.connection_id == connection_id:
        customer = scope.session.get_one(Customer, (scope.administration_id, customer_id))
        if not _ask_again(scope, to, "customer", customer_id, customer.number):
            _insert(scope, to, "customer", {customer_id: customer.number})


def receipt_allocated(scope: Scope, allocation_id: UUID, invoice_id: UUID) -> None:
    """A receipt settles an invoice: book it there, if this connection wants that and has the invoice.

    Where it does not and the package owns payments, a person must hear of a receipt by hand. Whether the receipt came
    from there is asked by whoever goes on with it.
    """
    to = destination(scope)
    if to is None or not _deliveries(scope, to, "document", [invoice_id]):
        return
    if to.pushes_receipts and not _collected(scope, allocation_id):
        _insert(scope, to, "receipt", {allocation_id: receipt_number(allocation_id)})
    elif not to.pushes_receipts and to.payments_owner == "package":
        outbox.enqueue(scope, BY_HAND, allocation_id, payload={"connection_id": str(to.connection_id)})


def push_receipt(scope: Scope, connection_id: UUID, allocation_id: UUID) -> None:
    """A person wants this receipt booked there, whether or not the connection does that by itself."""
    to = destination(scope)
    if to is not None and to.connection_id == connection_id:
        _insert(scope, to, "receipt", {allocation_id: receipt_number(allocation_id)})


def receipt_undone(scope: Scope, allocation_id: UUID) -> None:
    """An allocation was undone: whoever delivers it sees what is to be done about that."""
    to = destination(scope)
    if to is not None:
        ask(scope, _deliveries(scope, to, "receipt", [allocation_id]))


def receipt_number(allocation_id: UUID) -> str:
    """What a receipt of ours is called there: 17 characters, from the random part of its id."""
    return f"R{allocation_id.hex[-16:]}".upper()


def begin(scope: Scope, connection_id: UUID) -> None:
    """A connection was made active in this transaction: ask for everything issued since its start date.

    Until the transaction ends nothing is issued, and what was being issued is committed.
    """
    alone = select(Administration.id).where(Administration.id == scope.administration_id).with_for_update()
    scope.session.execute(alone)
    outbox.enqueue(scope, DISPATCH, connection_id)


def resume(scope: Scope, connection_id: UUID) -> None:
    """The connection works again: ask for everything that waits."""
    waiting = select(Delivery.id).where(
        Delivery.administration_id == scope.administration_id,
        Delivery.connection_id == connection_id,
        IS_WAITING,
    )
    again = (
        update(Delivery)
        .where(Delivery.administration_id == scope.administration_id, Delivery.id.in_(waiting.scalar_subquery()))
        .values(waits=None, waiting_since=None, next_at=None, version=Delivery.version + 1)
        .execution_options(synchronize_session=False)
    )
    ids = list(scope.session.scalars(waiting.order_by(Delivery.id)))
    scope.session.execute(again)
    ask(scope, ids)


def close(scope: Scope, connection_id: UUID) -> None:
    """The connection is closed: what did not get there will not."""
    ended = (
        update(Delivery)
        .where(
            Delivery.administration_id == scope.administration_id,
            Delivery.connection_id == connection_id,
            NOT_DELIVERED,
        )
        .values(state="cancelled", cause=None, fix=None, version=Delivery.version + 1)
        .execution_options(synchronize_session=False)
    )
    scope.session.execute(ended)


def delivery_of(scope: Scope, connection_id: UUID, noun: str, subject_id: UUID) -> Delivery | None:
    """The delivery of this subject over this connection, if there is one."""
    key = {"administration_id": scope.administration_id, "connection_id": connection_id}
    found = select(Delivery).filter_by(**key, noun=noun, subject_id=subject_id)
    return scope.session.scalars(found).one_or_none()


def doubt(session: Session, now: datetime) -> int:
    """After a restore: what was on its way may have arrived since the backup, so it is looked for first. How many.

    Of a document that stood there, its file is what may have arrived.
    """
    no_file_yet = (Delivery.noun == "document") & ~Delivery.attached & ~Delivery.without_file
    doubted = (
        update(Delivery)
        .where(NOT_DELIVERED, Delivery.remote_id.is_(None) | no_file_yet)
        .values(
            unclear=True,
            step=case((Delivery.remote_id.is_(None), func.coalesce(Delivery.step, "create")), else_="attach"),
            tried_at=func.coalesce(Delivery.tried_at, now, type_=Instant()),
            look_after=now,
            version=Delivery.version + 1,
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    return len(session.scalars(doubted).all())


def ask(scope: Scope, delivery_ids: Collection[UUID]) -> None:
    """Ask workers to go on with these deliveries now."""
    bulk.insert_rows(scope.session, OutboxRow, [outbox.row(scope, DELIVER, one) for one in delivery_ids])


# --- rows ---


@lru_cache(maxsize=1)
def _destination() -> Select[UUID, date | None, bool, str]:
    open_ = Connection.state.in_((literal_column("'active'"), literal_column("'stopped'")))
    columns = (Connection.id, Connection.start_date, Connection.pushes_receipts, Connection.payments_owner)
    return select(*columns).where(
        Connection.administration_id == bindparam("of_administration"),
        Connection.state != literal_column("'closed'"),  # so that a planner sees that the partial index is enough
        open_,
        Connection.start_date.is_not(None),
    )


def _deliveries(scope: Scope, to: Destination, noun: str, subjects: Collection[UUID]) -> dict[UUID, UUID]:
    """The deliveries of those of the subjects that have one, with their subjects."""
    found = select(Delivery.id, Delivery.subject_id).where(
        Delivery.administration_id == scope.administration_id,
        Delivery.connection_id == to.connection_id,
        Delivery.noun == noun,
        Delivery.subject_id.in_(subjects),
    )
    return {row.id: row.subject_id for row in scope.session.execute(found)}


def _collected(scope: Scope, allocation_id: UUID) -> bool:
    """Whether the receipt came from there: what becomes of it there is decided there."""
    told = (
        select(PaymentIn.id)
        .join(
            Allocation,
            (Allocation.administration_id == PaymentIn.administration_id)
            & (Allocation.receipt_id == PaymentIn.receipt_id),
        )
        .where(PaymentIn.administration_id == scope.administration_id, Allocation.id == allocation_id)
    )
    return scope.session.scalars(told).first() is not None


def _ensure_customers(scope: Scope, to: Destination, customers: Collection[UUID]) -> None:
    missing = set(customers) - set(_deliveries(scope, to, "customer", customers).values())
    if not missing:
        return
    numbers = select(Customer.id, Customer.number).where(
        Customer.administration_id == scope.administration_id, Customer.id.in_(missing)
    )
    _insert(scope, to, "customer", {row.id: row.number for row in scope.session.execute(numbers)})


def _insert(scope: Scope, to: Destination, noun: str, subjects: Mapping[UUID, str]) -> None:
    """New deliveries of these subjects with their numbers; one that another transaction made meanwhile stays."""
    rows: list[dict[str, Any]] = [
        {
            "administration_id": scope.administration_id,
            "id": (made := new_id()),
            "connection_id": to.connection_id,
            "noun": noun,
            "subject_id": subject,
            "number": subjects[subject],
            "state": "waiting",
            "key": made.hex,
            "attached": False,
            "without_file": False,
            "unclear": False,
            "attempts": 0,
            "asked_at": scope.now,
            "created_at": scope.now,
            "version": 1,
        }
        for subject in sorted(subjects)
    ]
    if noun == "document":  # issued once, by whoever holds its lock: nobody else can have made it
        bulk.insert_rows(scope.session, Delivery, rows)
        ask(scope, [row["id"] for row in rows])
        return
    insert = sqlite_insert if scope.session.get_bind().dialect.name == "sqlite" else postgresql_insert
    adding = insert(Delivery).on_conflict_do_nothing().returning(Delivery.id)
    ask(scope, list(scope.session.scalars(adding, rows)))


def _ask_again(scope: Scope, to: Destination, noun: str, subject_id: UUID, number: str) -> bool:
    """Whatever became of this delivery, it is to go again. Whether there is one.

    What is known of an unclear attempt stays: it may still come through.
    """
    again = (
        update(Delivery)
        .where(
            Delivery.administration_id == scope.administration_id,
            Delivery.connection_id == to.connection_id,
            Delivery.noun == noun,
            Delivery.subject_id == subject_id,
        )
        .values(
            state="waiting",
            number=number,
            asked_at=scope.now,
            version=Delivery.version + 1,
            **dict.fromkeys(("waits", "waiting_since", "next_at", "cause", "fix", "field", "detail", "differences")),
        )
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    )
    found = list(scope.session.scalars(again))
    ask(scope, found)
    return bool(found)
