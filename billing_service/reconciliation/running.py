"""Asking for a reconciliation, and the job that makes one: whole, or not at all with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from billing_service import findings, jobs
from billing_service.connections import Outside, connecting, open_connector
from billing_service.connections.opening import package_of
from billing_service.core.calendar import AMSTERDAM
from billing_service.errors import Conflict
from billing_service.jobs import RunningJob
from billing_service.reconciliation import recording
from billing_service.reconciliation.comparing import compare
from billing_service.reconciliation.ours import Side
from billing_service.reconciliation.spool import workshop
from billing_service.reconciliation.theirs import Reader
from billing_service.store import collecting
from billing_service.store.administrations import Administration
from billing_service.store.connections import Connection
from billing_service.store.reconciliations import Reconciliation
from billing_service.store.scope import Scope
from billing_service.store.work import Job
from connectors.base import ConnectorError, SignInAgain

RECONCILE: Final = "reconciliation"
"""A kind of job; its subject is the connection."""
NIGHT: Final = time(1)
"""When the night's reconciliation is due, in Amsterdam: an hour that every day has once, summer time or not."""
AGAIN_AFTER: Final = timedelta(hours=1)
"""How long after one that came to nothing the schedule tries again."""
NOT_RECONCILED: Final = "not_reconciled"
JOURNAL: Final = "journal"
"""The setting of a package that lists the documents of one journal only: the one that is ours."""
ACTOR: Final = "worker"


def start(scope: Scope, connection: Connection) -> Job:
    """Asks for a reconciliation, after payments were collected. One that is asked for or under way already is it.

    Raises ``Conflict`` for a connection that is not active.
    """
    connecting.refuse_closed(connection)
    if connection.state != "active":
        raise Conflict("Only an active connection can be reconciled.", code="not_active")
    collecting.ask(scope, connection.id)  # it also holds others off who ask for the same
    mine = {"administration_id": scope.administration_id, "kind": RECONCILE, "subject_id": connection.id}
    under_way = select(Job).filter_by(**mine).where(Job.state.in_(("queued", "running")))
    return scope.session.scalars(under_way).first() or jobs.start(scope, RECONCILE, subject_id=connection.id)


def nightly(session: Session, now: datetime) -> None:
    """Asks for one of every active connection that has none since the last night, and tried none in the last hour."""
    night = last_night(now)
    since = exists().where(
        Reconciliation.administration_id == Connection.administration_id,
        Reconciliation.connection_id == Connection.id,
        Reconciliation.created_at >= night,
    )
    tried = exists().where(
        Job.administration_id == Connection.administration_id,
        Job.subject_id == Connection.id,
        Job.kind == RECONCILE,
        (Job.finished_at.is_(None) | (Job.finished_at > now - AGAIN_AFTER)),
    )
    due = select(Connection).where(Connection.state == "active", Connection.activated_at < night, ~since, ~tried)
    for row in session.scalars(due):
        start(Scope(session, row.administration_id, ACTOR, now), row)


def last_night(now: datetime) -> datetime:
    """The last moment at which the night's reconciliation became due."""
    local = now.astimezone(AMSTERDAM)
    due = datetime.combine(local.date(), NIGHT, tzinfo=AMSTERDAM)
    return due if due <= local else datetime.combine(local.date() - timedelta(days=1), NIGHT, tzinfo=AMSTERDAM)


@jobs.runs(RECONCILE, calls_out=True)
def run(job: RunningJob) -> Mapping[str, Any]:
    """Compares, repairs what is safe, and stores what it came to; its result names the reconciliation."""
    outside: Outside = job.outside
    with job.scope() as scope:
        row = connecting.get(scope, job.subject_id or job.id)
        made = recording.of_job(scope, job.id)
        currency = select(Administration.currency).where(Administration.id == scope.administration_id)
        began, base = scope.now, scope.session.scalars(currency).one()
    if made is not None:  # a worker before this one came as far
        return recording.told(made)
    if row.state != "active":
        return {"reconciled": False, "reason": "The connection is not active."}
    connector = open_connector(outside, row.administration_id, row.id)
    with job.reading() as scope:
        side = Side.of(scope, row, connector.capabilities, base)
    reader = Reader(connector, side.groups, breathe=lambda: _breathe(job))
    try:
        with workshop() as folder:
            found = compare(side, reader, job.reading, folder, own_journal=JOURNAL in row.settings)
    except ConnectorError as error:
        with job.scope() as scope:
            return _not_reconciled(scope, row.id, error)
    with job.scope() as scope:
        made = recording.record(scope, job.id, side, found, began)
        findings.settle(scope, NOT_RECONCILED, row.id, "reconciled")
    return recording.told(made)


def _breathe(job: RunningJob) -> None:
    """Raises when this worker is to stop: the work goes to another one, from the beginning."""
    with job.reading():
        pass


def _not_reconciled(scope: Scope, connection_id: UUID, error: ConnectorError) -> Mapping[str, Any]:
    row = connecting.get(scope, connection_id)
    reason = " ".join(filter(None, (str(error), error.detail)))
    if isinstance(error, SignInAgain):
        connecting.sign_in_lost(scope, connection_id, reason)
    if row.state != "closed":
        facts = {"connection": row.title, "package": package_of(row.package).title, "reason": reason}
        findings.report(scope, NOT_RECONCILED, "connection", row.id, facts)
    return {"reconciled": False, "reason": reason}
