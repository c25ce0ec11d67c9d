"""The daily look: what is to be proposed, and time that changed after its consult was charged."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from billing_service import findings
from billing_service.consults.completing import work_of
from billing_service.consults.proposing import propose
from billing_service.consults.records import TIME_CHANGED, pricing_of
from billing_service.store.charges import Charge
from billing_service.store.consults import Consult, ConsultPolicyRow
from billing_service.store.scope import Scope

ACTOR: Final = "worker"
LOOKED_BACK: Final = timedelta(days=366)
"""How long after its completion the time of a consult is still held against its charge."""


def anything_to_see(session: Session) -> bool:
    """Whether an administration wants proposals, or has consults that were charged."""
    completed = select(Consult.id).where(Consult.state == "completed")
    return any(
        session.scalars(query.limit(1)).first() is not None
        for query in (select(ConsultPolicyRow.administration_id), completed)
    )


def look_everywhere(session: Session, now: datetime) -> None:
    """The daily task: propose where there is a policy, and report time that changed after it was charged."""
    for administration_id in _administrations(session):
        scope = Scope(session, administration_id, ACTOR, now)
        propose(scope)
        report_changed_time(scope)


def report_changed_time(scope: Scope) -> None:
    """A finding per consult, completed in the last year, whose time is not what its charge says any more."""
    query = (
        select(Consult, Charge.explanation)
        .join(Charge, and_(Charge.administration_id == Consult.administration_id, Charge.id == Consult.charge_id))
        .where(
            Consult.administration_id == scope.administration_id,
            Consult.state == "completed",
            Consult.completed_on >= scope.today - LOOKED_BACK,
        )
        .order_by(Consult.id)
    )
    for row, explanation in scope.session.execute(query).all():
        pricing = pricing_of(row)
        if pricing is None or not pricing.counts_questions:
            continue  # its sessions do not change once it is completed
        charged, now = _charged_minutes(explanation), work_of(scope, row.id).minutes(pricing)
        if charged == now:
            findings.settle(scope, TIME_CHANGED, row.id, "the time is what was charged")
        else:
            facts = {"reference": row.reference, "charged": charged, "minutes": now}
            findings.report(scope, TIME_CHANGED, "consult", row.id, facts)


def _administrations(session: Session) -> list[UUID]:
    completed = select(Consult.administration_id).where(Consult.state == "completed")
    return sorted(session.scalars(select(ConsultPolicyRow.administration_id).union(completed)))


def _charged_minutes(explanation: list[Any]) -> int:
    found: int = next(step[1] for step in explanation if step[0] == "consult_time")
    return found
