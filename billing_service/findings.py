"""Findings: what a person must look at. One open finding per cause and subject, however often the cause is met."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from billing_service.core.ids import new_id
from billing_service.errors import Conflict, NotFound
from billing_service.store import audit, telling
from billing_service.store.findings import Finding
from billing_service.store.scope import Scope


def report(scope: Scope, code: str, noun: str, subject_id: UUID, facts: Mapping[str, Any] | None = None) -> UUID:
    """Report a cause; an open finding of the same cause and subject gets the newest facts. Returns its id."""
    row = _open(scope.session, scope.administration_id, code, subject_id)
    plain = audit.plain(dict(facts or {}))
    if row is not None:
        row.facts = plain
        return row.id
    row = Finding(
        administration_id=scope.administration_id,
        id=new_id(),
        code=code,
        noun=noun,
        subject_id=subject_id,
        facts=plain,
        created_at=scope.now,
    )
    scope.session.add(row)
    scope.session.flush()
    audit.record(scope, "finding.reported", "finding", row.id, {"code": code, "subject_id": subject_id})
    telling.tell(scope, "finding.reported", "finding", row.id, {"code": code, "noun": noun, "subject_id": subject_id})
    return row.id


def settle(scope: Scope, code: str, subject_id: UUID, resolution: str) -> None:
    """The cause is gone: resolve its open finding, where there is one."""
    row = _open(scope.session, scope.administration_id, code, subject_id)
    if row is not None:
        row.state, row.resolution, row.resolved_at = "resolved", resolution, scope.now
        scope.session.flush()
        audit.record(scope, "finding.resolved", "finding", row.id, {"resolution": resolution})


def open_facts(scope: Scope, code: str, subject_ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The facts of the open findings of one cause about these subjects, by subject."""
    query = select(Finding.subject_id, Finding.facts).where(
        Finding.administration_id == scope.administration_id,
        Finding.code == code,
        Finding.state == "open",
        Finding.subject_id.in_(subject_ids),
    )
    return {row.subject_id: row.facts for row in scope.session.execute(query)}


def get(scope: Scope, finding_id: UUID) -> Finding:
    """Raises ``NotFound``."""
    row = scope.session.get(Finding, (scope.administration_id, finding_id))
    if row is None:
        raise NotFound("There is no such finding.")
    return row


def resolve(scope: Scope, row: Finding, resolution: str) -> Finding:
    """A person has looked at it. Raises ``Conflict`` for a finding that was resolved before."""
    if row.state != "open":
        raise Conflict("This finding was resolved before.", code="already_resolved")
    row.state, row.resolution, row.resolved_at = "resolved", resolution, scope.now
    scope.session.flush()
    audit.record(scope, "finding.resolved", "finding", row.id, {"resolution": resolution})
    return row


def _open(session: Session, administration_id: UUID, code: str, subject_id: UUID) -> Finding | None:
    values = {"mine": administration_id, "of_code": code, "of_subject": subject_id}
    return session.scalars(_OPEN, values).one_or_none()


_OPEN = select(Finding).where(
    Finding.administration_id == bindparam("mine"),
    Finding.code == bindparam("of_code"),
    Finding.subject_id == bindparam("of_subject"),
    Finding.state == "open",
)
