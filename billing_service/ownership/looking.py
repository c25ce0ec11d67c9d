"""A worker's look at customers and documents of ours in the package: after a hook, and at all customers once a day.

Documents are read whole by reconciliation, payments by collection; of customers nothing else tells that they were
changed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_service import connections
from billing_service.connections import Outside, open_connector
from billing_service.connections.facts import customer_facts
from billing_service.delivery import Hands
from billing_service.ownership import seeing
from billing_service.store import looking, outbox
from billing_service.store.agreements import Agreement
from billing_service.store.connections import Connection, ConnectionCustomer
from billing_service.store.deliveries import Delivery
from billing_service.store.parties import Customer
from billing_service.store.scope import Scope
from connectors.base import (
    Cause,
    Connector,
    Refused,
    RemoteCustomer,
    RemoteDocument,
    SignInAgain,
    TryAgainLater,
    everything,
)

WAIT: Final = timedelta(minutes=1)
"""How long a package is left alone that says nothing better itself."""
AT_ONCE: Final = 200
"""Customers that are held against what was agreed on in one transaction."""


def look(outside: Outside, hands: Hands, connection_id: UUID, noun: str, subject_id: UUID) -> timedelta | None:
    """Read this one there and see whether it was changed; after how long again, if the package cannot say now."""
    with hands.reading() as scope:
        known = _remote_id(scope, connection_id, noun, subject_id)
        number = _number(scope, subject_id) if noun == "customer" else ""
        is_active = _is_active(scope, connection_id)
    if known is None or not is_active:
        return None
    read_at = outside.clock()
    connector = open_connector(outside, scope.administration_id, connection_id)
    try:
        if noun == "document":
            document = _document(connector, known)
        else:
            customer = _customer(connector, number, known)
    except TryAgainLater as error:
        return error.after or WAIT
    except SignInAgain as error:
        _sign_in(hands, connection_id, error)
        return None
    with hands.scope() as scope:
        told: Mapping[str, Any] = {"found_by": "hook", "read_at": read_at}
        if noun == "document":
            seeing.document_seen(scope, connection_id, subject_id, document, **told)
        else:
            seeing.customer_seen(scope, connection_id, subject_id, customer, **told)
    return None


def look_at_customers(outside: Outside, hands: Hands, connection_id: UUID) -> timedelta | None:
    """Read all customers there and see which of ours were changed."""
    with hands.reading() as scope:
        if not _is_active(scope, connection_id):
            return None
    read_at = outside.clock()
    connector = open_connector(outside, scope.administration_id, connection_id)
    try:
        there = {one.id: one for one in everything(connector.list_customers)}
    except TryAgainLater as error:
        return error.after or WAIT
    except SignInAgain as error:
        _sign_in(hands, connection_id, error)
        return None
    with hands.reading() as scope:
        suspects = _suspects(scope, connection_id, there)
    differing: set[UUID] = set()
    for first in range(0, len(suspects), AT_ONCE):
        with hands.scope() as scope:
            for customer_id, remote_id in suspects[first : first + AT_ONCE]:
                remote = there.get(remote_id)
                if seeing.customer_seen(scope, connection_id, customer_id, remote, found_by="look", read_at=read_at):
                    differing.add(customer_id)
    with hands.scope() as scope:
        seeing.settle_others(scope, connection_id, "customer", differing, read_at=read_at)
    return None


def ask_all(session: Session, now: datetime) -> None:
    """For the schedule: every active connection's customers are looked at, where nobody asked yet."""
    for row in session.scalars(select(Connection).where(Connection.state == "active")):
        scope = Scope(session, row.administration_id, "schedule", now)
        if not looking.is_asked(scope, looking.LOOK_AT_CUSTOMERS, row.id):
            outbox.enqueue(scope, looking.LOOK_AT_CUSTOMERS, row.id)


def _document(connector: Connector, remote_id: str) -> RemoteDocument | None:
    try:
        return connector.read_document(remote_id)
    except Refused as error:
        if error.cause is not Cause.DOCUMENT_UNKNOWN:
            raise
        return None


def _customer(connector: Connector, number: str, remote_id: str) -> RemoteCustomer | None:
    """By our number; where that was changed there, among all."""
    found = connector.find_customer(number)
    same = next((one for one in found.items if one.id == remote_id), None)
    return same or next((one for one in everything(connector.list_customers) if one.id == remote_id), None)


def _suspects(scope: Scope, connection_id: UUID, there: Mapping[str, RemoteCustomer]) -> Sequence[tuple[UUID, str]]:
    """Our customers, with their ids there, that do not stand there as was agreed on."""
    mine = {"administration_id": scope.administration_id, "connection_id": connection_id}
    known = select(Agreement.subject_id, Agreement.facts).filter_by(**mine, noun="customer")
    facts = {row.subject_id: row.facts for row in scope.session.execute(known)}
    linked = select(ConnectionCustomer.customer_id, ConnectionCustomer.remote_id).filter_by(**mine)
    return [
        (row.customer_id, row.remote_id)
        for row in scope.session.execute(linked.order_by(ConnectionCustomer.customer_id))
        if row.remote_id not in there or facts.get(row.customer_id) != customer_facts(there[row.remote_id])
    ]


def _remote_id(scope: Scope, connection_id: UUID, noun: str, subject_id: UUID) -> str | None:
    mine = {"administration_id": scope.administration_id, "connection_id": connection_id}
    if noun == "document":
        delivered = select(Delivery.remote_id).filter_by(**mine, noun=noun, subject_id=subject_id, state="delivered")
        return scope.session.scalars(delivered).one_or_none()
    known = select(ConnectionCustomer.remote_id).filter_by(**mine, customer_id=subject_id)
    return scope.session.scalars(known).one_or_none()


def _number(scope: Scope, customer_id: UUID) -> str:
    return scope.session.get_one(Customer, (scope.administration_id, customer_id)).number


def _is_active(scope: Scope, connection_id: UUID) -> bool:
    return scope.session.get_one(Connection, (scope.administration_id, connection_id)).state == "active"


def _sign_in(hands: Hands, connection_id: UUID, error: SignInAgain) -> None:
    with hands.recording() as scope:
        connections.sign_in_lost(scope, connection_id, " ".join(filter(None, (str(error), error.detail))))
