"""The history of an import project: read, replayed, and appended to under the project's lock.

Everything about a project follows from its events by ``core.imports``. A command locks the project's row, replays what
is stored, applies one event – which the core refuses with a stable code where it cannot be – and stores the event, the
charges of its fees and an audit row in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from sqlalchemy import select

from billing_service.core.imports import (
    Event,
    ImportPolicy,
    Project,
    apply,
    event_from_plain,
    event_to_plain,
    replay,
)
from billing_service.errors import FieldError, InvalidInput, NotFound
from billing_service.imports.charging import charge_fees
from billing_service.imports.policies import pinned_policy
from billing_service.store import audit
from billing_service.store.imports import ImportEvent, ImportProject
from billing_service.store.scope import Scope


@dataclass(frozen=True, slots=True)
class History:
    """A project with the policy it was opened under, what its events add up to, and those events as stored."""

    row: ImportProject
    policy: ImportPolicy
    project: Project
    events: tuple[ImportEvent, ...]


def get_project(scope: Scope, project_id: UUID, *, lock: bool = False) -> ImportProject:
    """The project with this id, with ``lock`` held until the transaction ends. Raises ``NotFound``."""
    query = select(ImportProject).where(
        ImportProject.administration_id == scope.administration_id, ImportProject.id == project_id
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = scope.session.scalars(query).one_or_none()
    if row is None:
        raise NotFound("There is no such import project.")
    return row


def load(scope: Scope, project_id: UUID, *, lock: bool = False) -> History:
    """The project with its history replayed. Raises ``NotFound``."""
    row = get_project(scope, project_id, lock=lock)
    policy = pinned_policy(row)
    events = stored_events(scope, project_id)
    return History(row, policy, replay(policy, [as_event(event) for event in events]), events)


def stored_events(scope: Scope, project_id: UUID) -> tuple[ImportEvent, ...]:
    """The events of a project in order."""
    return tuple(
        scope.session.scalars(
            select(ImportEvent)
            .where(ImportEvent.administration_id == scope.administration_id, ImportEvent.project_id == project_id)
            .order_by(ImportEvent.seq)
        )
    )


def as_event(row: ImportEvent) -> Event:
    """The event of ``core.imports`` that a stored row is."""
    return event_from_plain(row.kind, row.data)


def append(scope: Scope, history: History, event: Event) -> History:
    """Let ``event`` happen in the project, which the caller holds locked: store it and charge what it costs.

    Raises:
        Conflict: the project is not where this can happen; nothing is stored.
        InvalidInput: a fee would fall outside the contract.
    """
    project = apply(history.policy, history.project, event)
    row = history.row
    plain = event_to_plain(event)
    stored = ImportEvent(
        administration_id=scope.administration_id,
        project_id=row.id,
        seq=len(history.events) + 1,
        kind=event.kind,
        happened_on=event.on,
        data=plain,
        actor=scope.actor,
        at=scope.now,
    )
    row.events = stored.seq
    row.state = "open" if project.closed_on is None else "closed"
    scope.session.add(stored)
    scope.session.flush()
    audit.record(scope, f"import.{event.kind}", "import_project", row.id, {"seq": stored.seq, "on": event.on})
    charge_fees(scope, row, project.fees[len(history.project.fees) :], stored.seq)
    return replace(history, project=project, events=(*history.events, stored))


def business_day(scope: Scope, given: date | None, pointer: str = "/on") -> date:
    """The day on which something happened: as given, else today. Raises ``InvalidInput`` for a day to come."""
    if given is not None and given > scope.today:
        detail = f"lies in the future; today is {scope.today}"
        raise InvalidInput(f"The date {detail}.", errors=[FieldError(pointer, detail)])
    return given or scope.today
