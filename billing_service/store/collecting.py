"""Asking for the payments of a connection, in the transaction of whatever gives reason to."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from sqlalchemy import literal_column, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from billing_service.store import outbox
from billing_service.store.payments_in import PaymentPull
from billing_service.store.scope import Scope
from billing_service.store.work import OutboxRow

COLLECT: Final = "collect"
"""Reading what a package tells about payments; its subject is the connection."""
SETTLE_AGAIN: Final = "settle_again"
"""Booking here what stands there instead of a receipt of ours; its subject is the connection."""


def ask(scope: Scope, connection_id: UUID) -> None:
    """Somebody has reason to think that there is news: read it now.

    Work that waits already is due now and no second piece is made; one that runs may have missed it, so that another
    follows. What the package asked for, time above all, is kept to. To be called with as few locks as possible: it
    waits for a collection that is just being recorded.
    """
    lock(scope, connection_id)
    waiting = (
        update(OutboxRow)
        .where(
            OutboxRow.administration_id == scope.administration_id,
            OutboxRow.subject_id == connection_id,
            OutboxRow.kind == COLLECT,
            OutboxRow.state == literal_column("'ready'"),
        )
        .values(due_at=scope.now)
        .returning(OutboxRow.id)
        .execution_options(synchronize_session=False)
    )
    if not scope.session.scalars(waiting).all():
        outbox.enqueue(scope, COLLECT, connection_id)


def settle_again(scope: Scope, connection_id: UUID, number: str) -> None:
    """A person took what stands there for our receipt of this number: book it here as any payment there."""
    outbox.enqueue(scope, SETTLE_AGAIN, connection_id, payload={"number": number})


def lock(scope: Scope, connection_id: UUID) -> PaymentPull:
    """How far this connection was read, held until the transaction ends; made where it is the first time."""
    key = {"administration_id": scope.administration_id, "connection_id": connection_id}
    insert = sqlite_insert if scope.session.get_bind().dialect.name == "sqlite" else postgresql_insert
    scope.session.execute(insert(PaymentPull).values(**key, attempts=0).on_conflict_do_nothing())
    found = select(PaymentPull).filter_by(**key).with_for_update().execution_options(populate_existing=True)
    return scope.session.scalars(found).one()
