"""Matches of customers that stood there before: asked for, decided upon, and what an accepted one means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from billing_service import jobs
from billing_service.connections import connecting, reading
from billing_service.connections.first_run import Ours, propose
from billing_service.connections.opening import open_connector
from billing_service.core.ids import new_id
from billing_service.errors import AlreadyExists, Conflict, NotFound
from billing_service.jobs import RunningJob
from billing_service.store import audit
from billing_service.store.connections import Connection, ConnectionCustomer, ConnectionMatch
from billing_service.store.parties import Customer
from billing_service.store.scope import Scope
from billing_service.store.work import Job
from connectors.base import ConnectorError, RemoteCustomer, everything

MATCH: Final = "connection_match"


def start(scope: Scope, connection: Connection) -> Job:
    """Asks for comparing the customers there with ours; raises ``Conflict`` for a closed connection."""
    connecting.refuse_closed(connection)
    return jobs.start(scope, MATCH, subject_id=connection.id)


@jobs.runs(MATCH)
def run(job: RunningJob) -> Mapping[str, Any]:
    """Reads all customers there and proposes matches; what was decided before stays."""
    with job.scope() as scope:
        connection = connecting.get(scope, job.subject_id or job.id)
    connector = open_connector(job.outside, connection.administration_id, connection.id)
    try:
        theirs = list(everything(connector.list_customers))
    except ConnectorError as error:
        with job.scope() as scope:
            return reading.not_read(scope, connection.id, error)
    with job.scope() as scope:
        return _propose(scope, connecting.get(scope, connection.id), theirs)


def get(scope: Scope, connection: Connection, match_id: UUID) -> ConnectionMatch:
    """Raises ``NotFound``."""
    row = scope.session.get(ConnectionMatch, (scope.administration_id, match_id))
    if row is None or row.connection_id != connection.id:
        raise NotFound("There is no such match.")
    return row


def accept(scope: Scope, row: ConnectionMatch) -> ConnectionMatch:
    """They are the same: from now on that customer there is ours. Other proposals for either of them are rejected.

    Raises ``Conflict`` for one that was decided before, ``AlreadyExists`` where either is matched already.
    """
    _refuse_decided(row)
    link(scope, row.connection_id, row.customer_id, row.remote_id)
    _decide(scope, row, "accepted")
    same = (ConnectionMatch.customer_id == row.customer_id) | (ConnectionMatch.remote_id == row.remote_id)
    scope.session.execute(
        update(ConnectionMatch)
        .filter_by(administration_id=scope.administration_id, connection_id=row.connection_id, state="proposed")
        .where(same)
        .values(state="rejected", decided_at=scope.now, decided_by=scope.actor)
    )
    return row


def reject(scope: Scope, row: ConnectionMatch) -> ConnectionMatch:
    """They are not the same. Raises ``Conflict`` for one that was decided before."""
    _refuse_decided(row)
    _decide(scope, row, "rejected")
    return row


def accept_certain(scope: Scope, connection: Connection) -> int:
    """Accepts every certain proposal that is open; how many that were."""
    mine = {"administration_id": scope.administration_id, "connection_id": connection.id}
    certain = select(ConnectionMatch).filter_by(**mine, state="proposed", certain=True)
    rows = scope.session.scalars(certain.order_by(ConnectionMatch.id)).all()
    for row in rows:
        accept(scope, row)
    return len(rows)


def link(scope: Scope, connection_id: UUID, customer_id: UUID, remote_id: str) -> ConnectionCustomer:
    """This customer there is this one of ours. Raises ``AlreadyExists`` where either belongs to another."""
    mine = {"administration_id": scope.administration_id, "connection_id": connection_id}
    either = (ConnectionCustomer.customer_id == customer_id) | (ConnectionCustomer.remote_id == remote_id)
    for row in scope.session.scalars(select(ConnectionCustomer).filter_by(**mine).where(either)):
        if (row.customer_id, row.remote_id) != (customer_id, remote_id):
            raise AlreadyExists("This customer is matched to another one already.", code="already_matched")
        return row
    row = ConnectionCustomer(**mine, customer_id=customer_id, remote_id=remote_id)
    scope.session.add(row)
    scope.session.flush()
    return row


def _propose(scope: Scope, connection: Connection, theirs: list[RemoteCustomer]) -> Mapping[str, Any]:
    connecting.refuse_closed(connection)
    mine = {"administration_id": scope.administration_id, "connection_id": connection.id}
    scope.session.execute(delete(ConnectionMatch).filter_by(**mine, state="proposed"))
    linked, decided = _pairs(scope, ConnectionCustomer, mine), _pairs(scope, ConnectionMatch, mine)
    taken = {remote_id for _, remote_id in linked}
    free = [one for one in theirs if one.id not in taken]
    ours = _ours(scope, {customer_id for customer_id, _ in linked})
    proposals = [one for one in propose(ours, free) if (one.customer_id, one.remote.id) not in decided]
    rows = [
        {
            **mine,
            "id": new_id(),
            "customer_id": one.customer_id,
            "remote_id": one.remote.id,
            "remote_code": one.remote.code,
            "remote_name": one.remote.name,
            "found_by": one.found_by,
            "certain": one.certain,
            "state": "proposed",
            "created_at": scope.now,
        }
        for one in proposals
    ]
    if rows:
        scope.session.execute(insert(ConnectionMatch), rows)
    connection.matched_at = scope.now
    scope.session.flush()
    certain = sum(one.certain for one in proposals)
    return {"read": True, "customers_there": len(theirs), "proposed": len(rows), "certain": certain}


def _pairs(
    scope: Scope, of: type[ConnectionCustomer] | type[ConnectionMatch], mine: Mapping[str, UUID]
) -> set[tuple[UUID, str]]:
    """Our customer and its id there."""
    rows = scope.session.execute(select(of.customer_id, of.remote_id).filter_by(**mine))
    return {(row.customer_id, row.remote_id) for row in rows}


def _ours(scope: Scope, besides: set[UUID]) -> list[Ours]:
    columns = ("id", "number", "name", "postal_code", "vat_number", "kvk")
    mine = Customer.administration_id == scope.administration_id
    found = select(*(getattr(Customer, name) for name in columns)).where(mine).order_by(Customer.number)
    return [Ours(*row) for row in scope.session.execute(found) if row.id not in besides]


def _refuse_decided(row: ConnectionMatch) -> None:
    if row.state != "proposed":
        raise Conflict("This match was decided upon before.", code="already_decided")


def _decide(scope: Scope, row: ConnectionMatch, state: str) -> None:
    row.state, row.decided_at, row.decided_by = state, scope.now, scope.actor
    scope.session.flush()
    told = {"customer_id": row.customer_id, "remote_id": row.remote_id, "found_by": row.found_by}
    audit.record(scope, state, "connection_match", row.id, told)
