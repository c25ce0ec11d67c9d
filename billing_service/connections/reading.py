"""Asking a package whose books it is and what can be mapped to: by a worker, and once a day by the schedule.

No transaction is open during the calls. Whatever the package refuses becomes a finding on the connection, which goes
with the next reading that succeeds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, insert, or_, select
from sqlalchemy.orm import Session

from billing_service import findings, jobs
from billing_service.connections import connecting, mapping
from billing_service.connections.opening import open_connector, package_of
from billing_service.jobs import RunningJob
from billing_service.store.connections import LISTS, Connection, ConnectionChoice
from billing_service.store.findings import Finding
from billing_service.store.scope import Scope
from billing_service.store.work import Job
from connectors.base import Choice, Company, ConnectorError, Lists, SignInAgain

READ: Final = "connection_read"
AGAIN_AFTER: Final = timedelta(hours=23)
ACTOR: Final = "worker"
_CONNECTED: Final = ("active", "stopped")


def start(scope: Scope, connection: Connection) -> Job:
    """Asks for a reading; raises ``Conflict`` for a closed connection."""
    connecting.refuse_closed(connection)
    return jobs.start(scope, READ, subject_id=connection.id)


@jobs.runs(READ)
def run(job: RunningJob) -> Mapping[str, Any]:
    """Reads company and lists; the result says whether that succeeded."""
    with job.scope() as scope:
        administration_id = scope.administration_id
    return read(job, administration_id, job.subject_id or job.id)


def read(job: RunningJob, administration_id: UUID, connection_id: UUID) -> Mapping[str, Any]:
    """As ``run``, also right after somebody signed in."""
    connector = open_connector(job.outside, administration_id, connection_id)
    try:
        company, lists = connector.check(), connector.lists()
    except ConnectorError as error:
        with job.scope() as scope:
            return not_read(scope, connection_id, error)
    with job.scope() as scope:
        return _store(scope, connecting.get(scope, connection_id), company, lists)


def not_read(scope: Scope, connection_id: UUID, error: ConnectorError) -> Mapping[str, Any]:
    """Remembers why the package did not answer as it should."""
    row = connecting.get(scope, connection_id)
    reason = " ".join(filter(None, (str(error), error.detail)))
    if isinstance(error, SignInAgain):
        connecting.sign_in_lost(scope, connection_id, reason)
    elif row.state != "closed":
        facts = {"connection": row.title, "package": package_of(row.package).title, "reason": reason}
        findings.report(scope, connecting.NOT_READ, "connection", row.id, facts)
    return {"read": False, "reason": reason}


def _store(scope: Scope, row: Connection, company: Company, lists: Lists) -> Mapping[str, Any]:
    connecting.refuse_closed(row)
    if row.company_id not in {None, company.id}:
        return _other_company(scope, row, company)
    row.company_id, row.company_name, row.company_currency = company.id, company.name, company.currency
    row.checked_at = row.lists_read_at = scope.now
    _store_choices(scope, row, lists)
    for code in (connecting.NOT_READ, connecting.SIGN_IN, connecting.OTHER_COMPANY):
        findings.settle(scope, code, row.id, "read")
    open_ends = mapping.check(scope, row)
    if row.state == "stopped" and row.stop_cause in {"sign_in", "other_company"} and not open_ends:
        connecting.resume(scope, row)
    scope.session.flush()
    return {"read": True, "company": company.name, "to_map": [list(need) for need in open_ends]}


def _other_company(scope: Scope, row: Connection, company: Company) -> Mapping[str, Any]:
    facts = {"connection": row.title, "expected": row.company_name, "found": company.name}
    findings.report(scope, connecting.OTHER_COMPANY, "connection", row.id, facts)
    reason = f"The books of {company.name} answered instead of those of {row.company_name}."
    if row.state == "active":
        connecting.stop(scope, row, "other_company", reason)
    return {"read": False, "reason": reason}


def _store_choices(scope: Scope, row: Connection, lists: Lists) -> None:
    mine = {"administration_id": scope.administration_id, "connection_id": row.id}
    scope.session.execute(delete(ConnectionChoice).filter_by(**mine))
    rows = [
        {**mine, "kind": kind, "remote_id": choice.id, "read_at": scope.now, **_columns(choice)}
        for kind, choice in _listed(lists)
    ]
    if rows:
        scope.session.execute(insert(ConnectionChoice), rows)


def _listed(lists: Lists) -> Iterator[tuple[str, Choice]]:
    for kind in LISTS:
        for choice in {one.id: one for one in getattr(lists, f"{kind}s")}.values():
            yield kind, choice


def _columns(choice: Choice) -> dict[str, Any]:
    return {name: getattr(choice, name) for name in ("code", "name", "rate", "category", "active")}


# --- the schedule ---------------------------------------------------------------------------------------------------


def read_again(session: Session, now: datetime) -> None:
    """Asks for a reading of every active connection that had none for a day or gave no usable answer last time, unless
    one is under way."""
    failed = select(Finding.subject_id).where(Finding.code == connecting.NOT_READ, Finding.state == "open")
    is_due = or_(Connection.lists_read_at < now - AGAIN_AFTER, Connection.id.in_(failed))
    due = select(Connection).where(Connection.state == "active", is_due)
    under_way = select(Job.subject_id).where(Job.kind == READ, Job.state.in_(("queued", "running")))
    for row in session.scalars(due.where(Connection.id.not_in(under_way))):
        start(Scope(session, row.administration_id, ACTOR, now), row)


def any_connected(session: Session) -> bool:
    """Whether any administration has a connection that documents go to."""
    return session.scalars(select(Connection.id).where(Connection.state.in_(_CONNECTED)).limit(1)).first() is not None


def check_mappings(session: Session, now: datetime) -> None:
    """Looks whether something new of ours is not mapped yet, before a document with it is refused."""
    for row in session.scalars(select(Connection).where(Connection.state.in_(_CONNECTED))):
        mapping.check(Scope(session, row.administration_id, ACTOR, now), row)
