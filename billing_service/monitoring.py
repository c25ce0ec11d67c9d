"""How the service is doing, read from its database: figures for graphs and alerts, and what a person should know now.

Labels are kinds, states and codes of this program, never names, numbers or ids of customers.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, literal_column, select
from sqlalchemy.orm import Session

from billing_service.store.administrations import Series
from billing_service.store.audit import AuditRow, OperatorAuditRow
from billing_service.store.clock import database_now
from billing_service.store.connections import Connection
from billing_service.store.deliveries import IS_STUCK, NOT_DELIVERED, Delivery
from billing_service.store.findings import Finding
from billing_service.store.invoices import Invoice
from billing_service.store.payments_in import PaymentPull
from billing_service.store.reconciliations import Reconciliation
from billing_service.store.session import Database
from billing_service.store.types import Instant
from billing_service.store.work import Job, OutboxRow, ScheduleRow, WorkerRow

SILENT_AFTER: Final = timedelta(seconds=90)
"""A worker that said nothing for so long does not run; it says something every ten seconds."""
LATE_AFTER: Final = timedelta(minutes=5)
"""Work that is due for so long waits for a worker that does not come."""
PAYMENTS_LATE: Final = timedelta(hours=1)
"""They are read every five minutes, or every half hour where a package allows few calls."""
DISK_NEARLY_FULL: Final = 500 * 1024 * 1024
"""Free bytes beside the SQLite file."""

# Written into the statement, so that a planner sees that the partial index is enough.
_OPEN: Final[tuple[ColumnElement[str], ...]] = (literal_column("'ready'"), literal_column("'running'"))
_IS_STOPPED: Final = Connection.state == literal_column("'stopped'")
_STUCK: Final[ColumnElement[str]] = literal_column("'needs_attention'")
_UNRESOLVED: Final[ColumnElement[str]] = literal_column("'open'")
_DONE: Final[ColumnElement[str]] = literal_column("'done'")


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of now, per combination of labels: a gauge."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    values: Sequence[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that does not stop the service and that a person should know; ``code`` is stable."""

    code: str
    detail: str


def figures(session: Session) -> Iterator[Figure]:
    """Every figure of this moment; each is an index scan over what is open, not over what was ever done."""
    now = database_now(session)
    yield from _work(session, now)
    yield from _workers(session, now)
    yield from _documents(session)
    yield from _deliveries(session, now)
    yield from _reconciliations(session)
    yield from _payments(session)
    yield from _audit(session, now)


def _work(session: Session, now: datetime) -> Iterator[Figure]:
    open_ = OutboxRow.state.in_(_OPEN)
    rows = session.execute(
        select(OutboxRow.kind, func.count(), func.min(OutboxRow.due_at)).where(open_).group_by(OutboxRow.kind)
    ).all()
    yield Figure("billing_outbox_open", "Work that waits or runs.", ("kind",), [((row[0],), row[1]) for row in rows])
    ages = [((kind,), max(0.0, (now - due).total_seconds())) for kind, _, due in rows]
    yield Figure("billing_outbox_oldest_age_seconds", "How long the oldest open work is due.", ("kind",), ages)
    yield Figure(
        "billing_outbox_needs_attention",
        "Work that ended and that a person must look at.",
        ("kind",),
        _counted(session, OutboxRow.kind, where=OutboxRow.state == _STUCK),
    )
    yield Figure(
        "billing_jobs",
        "Jobs that are not done.",
        ("kind", "state"),
        _counted(session, Job.kind, Job.state, where=Job.state != _DONE),
    )
    yield Figure(
        "billing_findings_open",
        "What a person must look at, by cause.",
        ("code",),
        _counted(session, Finding.code, where=Finding.state == _UNRESOLVED),
    )


def _counted(session: Session, *labels: Any, where: ColumnElement[bool]) -> list[tuple[tuple[str, ...], float]]:
    rows = session.execute(select(*labels, func.count()).where(where).group_by(*labels)).all()
    return [(tuple(row[:-1]), row[-1]) for row in rows]


def _workers(session: Session, now: datetime) -> Iterator[Figure]:
    seen = list(session.scalars(select(WorkerRow.seen_at)))
    running = sum(now - at <= SILENT_AFTER for at in seen)
    yield Figure("billing_workers", "Workers that said in the last 90 seconds that they run.", (), [((), running)])
    last = [((), max(seen).timestamp())] if seen else []
    yield Figure("billing_worker_last_seen_timestamp_seconds", "When a worker last said that it runs.", (), last)
    rows = session.execute(select(ScheduleRow.name, ScheduleRow.last_run_at, ScheduleRow.last_error)).all()
    yield Figure(
        "billing_schedule_last_run_timestamp_seconds",
        "When a task of the schedule last succeeded.",
        ("task",),
        [((name,), at.timestamp()) for name, at, _ in rows if at],
    )
    yield Figure(
        "billing_schedule_failed",
        "1 where the last run of a task failed.",
        ("task",),
        [((name,), float(error is not None)) for name, _, error in rows],
    )


def _documents(session: Session) -> Iterator[Figure]:
    newest = session.scalar(
        select(func.max(Invoice.issued_at)).join(
            Series,
            (Series.administration_id == Invoice.administration_id) & (Series.last_number == Invoice.number),
        )
    )
    yield Figure(
        "billing_last_number_timestamp_seconds",
        "When the newest document number was given.",
        (),
        [((), newest.timestamp())] if newest else [],
    )
    yield Figure(
        "billing_series_blocked",
        "Number series that wait, after a restore, for their last number.",
        (),
        [((), _blocked(session))],
    )


def _blocked(session: Session) -> int:
    return session.execute(select(func.count()).where(Series.blocked_at.is_not(None))).scalar_one()


def _deliveries(session: Session, now: datetime) -> Iterator[Figure]:
    rows = session.execute(
        select(Delivery.noun, Delivery.state, func.count(), func.min(Delivery.asked_at))
        .where(NOT_DELIVERED)
        .group_by(Delivery.noun, Delivery.state)
    ).all()
    yield Figure(
        "billing_deliveries",
        "Deliveries to accounting packages that wait or need attention.",
        ("noun", "state"),
        [((noun, state), count) for noun, state, count, _ in rows],
    )
    oldest: dict[str, float] = {}
    for _, state, _, asked_at in rows:
        oldest[state] = max(oldest.get(state, 0.0), (now - asked_at).total_seconds())
    yield Figure(
        "billing_deliveries_oldest_age_seconds",
        "How long ago the oldest of them was asked for.",
        ("state",),
        [((state,), age) for state, age in oldest.items()],
    )
    yield Figure(
        "billing_deliveries_needs_attention",
        "Deliveries that a person must look at, by cause.",
        ("cause",),
        _counted(session, Delivery.cause, where=IS_STUCK),
    )
    yield Figure(
        "billing_connections_stopped",
        "Connections to accounting packages over which nothing goes, by cause.",
        ("cause",),
        _counted(session, Connection.stop_cause, where=_IS_STOPPED),
    )


def _reconciliations(session: Session) -> Iterator[Figure]:
    """Of the latest one of every active connection."""
    latest = (
        select(Reconciliation.created_at)
        .where(
            Reconciliation.administration_id == Connection.administration_id,
            Reconciliation.connection_id == Connection.id,
        )
        .order_by(Reconciliation.created_at.desc())
        .limit(1)
        .correlate(Connection)
        .scalar_subquery()
    )
    theirs = and_(
        Reconciliation.administration_id == Connection.administration_id,
        Reconciliation.connection_id == Connection.id,
        Reconciliation.created_at == latest,
    )
    rows = session.execute(
        select(Reconciliation.created_at, Reconciliation.classes, Reconciliation.unexplained)
        .join(Connection, theirs)
        .where(Connection.state == literal_column("'active'"))
    ).all()
    yield Figure(
        "billing_reconciliation_oldest_timestamp_seconds",
        "When the active connection that was reconciled longest ago was.",
        (),
        [((), min(row.created_at for row in rows).timestamp())] if rows else [],
    )
    counts: Counter[str] = Counter()
    for row in rows:
        counts.update(row.classes)
    yield Figure(
        "billing_reconciliation_differences",
        "Differences that the latest reconciliations found, by class.",
        ("class",),
        [((kind,), count) for kind, count in sorted(counts.items())],
    )
    yield Figure(
        "billing_reconciliation_unexplained",
        "Active connections whose latest reconciliation left something unexplained.",
        (),
        [((), sum(row.unexplained != 0 for row in rows))],
    )


def _payments(session: Session) -> Iterator[Figure]:
    yield Figure(
        "billing_payments_pulled_timestamp_seconds",
        "When the payments of the active connection that is furthest behind were last read whole.",
        ("package",),
        [((package,), at.timestamp()) for package, at in _read_until(session).items()],
    )


def _read_until(session: Session) -> dict[str, datetime]:
    """Per package the connection that is furthest behind; one that never was read to the end counts from its start."""
    until = func.coalesce(PaymentPull.pulled_at, Connection.activated_at, type_=Instant())
    pull = (PaymentPull.administration_id == Connection.administration_id) & (
        PaymentPull.connection_id == Connection.id
    )
    read = (
        select(Connection.package, func.min(until, type_=Instant()))
        .outerjoin(PaymentPull, pull)
        .where(Connection.state == "active")
        .group_by(Connection.package)
    )
    return {package: at for package, at in session.execute(read) if at is not None}


def _audit(session: Session, now: datetime) -> Iterator[Figure]:
    """Of both trails together: the sealer follows within seconds."""
    waiting = [
        session.execute(select(func.count(), func.min(row.at)).where(row.seal_number.is_(None))).one()
        for row in (AuditRow, OperatorAuditRow)
    ]
    count = sum(many for many, _ in waiting)
    yield Figure("billing_audit_unsealed", "Audit rows that wait for their seal.", (), [((), count)])
    oldest = max((max(0.0, (now - at).total_seconds()) for _, at in waiting if at), default=0.0)
    yield Figure("billing_audit_oldest_unsealed_age_seconds", "How long the oldest of them waits.", (), [((), oldest)])


def concerns(database: Database) -> list[Concern]:
    """What a person should know though the service answers."""
    with database.read() as session:
        found = list(_concerns_of(session))
    if database.is_sqlite and (full := _disk(database)) is not None:
        found.append(full)
    return found


def _concerns_of(session: Session) -> Iterator[Concern]:
    now = database_now(session)
    seen = session.scalar(select(func.max(WorkerRow.seen_at)))
    if seen is None or now - seen > SILENT_AFTER:
        since = f"for {int((now - seen).total_seconds())} seconds" if seen else "yet"
        yield Concern("no_worker", f"No worker was seen {since}: jobs and PDFs wait. Start: billing worker.")
    due = session.scalar(select(func.min(OutboxRow.due_at)).where(OutboxRow.state.in_(_OPEN)))
    if due is not None and now - due > LATE_AFTER:
        yield Concern("work_waits", f"The oldest work is due for {int((now - due).total_seconds())} seconds.")
    if stuck := session.execute(select(func.count()).select_from(Delivery).where(IS_STUCK)).scalar_one():
        yield Concern("deliveries_need_attention", f"{stuck} deliveries need attention: billing deliveries list.")
    if stopped := session.execute(select(func.count()).select_from(Connection).where(_IS_STOPPED)).scalar_one():
        yield Concern("connections_stopped", f"{stopped} connections are stopped: billing connection show.")
    late = sorted(package for package, at in _read_until(session).items() if now - at > PAYMENTS_LATE)
    if late:
        yield Concern("payments_late", f"Payments were not read for over an hour: {', '.join(late)}.")
    if blocked := _blocked(session):
        yield Concern("series_blocked", f"{blocked} number series wait for their last number since a restore.")


def _disk(database: Database) -> Concern | None:
    free = shutil.disk_usage(Path(database.engine.url.database or ".").absolute().parent).free
    if free >= DISK_NEARLY_FULL:
        return None
    return Concern("disk_nearly_full", f"{free // 1024**2} MiB are free on the disk of the SQLite file.")
