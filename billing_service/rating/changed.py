"""Findings about released questions: the facts changed and the decision stays.

The correction is a credit and a new charge, made by a person.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service.core.ids import new_id
from billing_service.rating.outcome import Outcome
from billing_service.store import audit, bulk
from billing_service.store.charges import Decision
from billing_service.store.findings import Finding
from billing_service.store.scope import Scope

CHANGED_AFTER_RELEASE: Final = "changed_after_release"
TIME_REVISED_AFTER_CORRECTION: Final = "time_revised_after_correction"


def report_changed_after_release(
    scope: Scope, question_ids: Collection[UUID], outcomes: Iterable[Outcome], cause: str
) -> None:
    """A finding per released question: what was released, what the tariff would say now, and the ``cause``."""
    if not question_ids:
        return
    now = {outcome.question_id: outcome.decision for outcome in outcomes}
    query = select(Decision.question_id, Decision.disposition, Decision.amount).where(
        Decision.administration_id == scope.administration_id, Decision.question_id.in_(question_ids)
    )
    facts = {}
    for question_id, disposition, amount in scope.session.execute(query):
        would_be = now.get(question_id, {})
        facts[question_id] = {
            "cause": cause,
            "released": {"disposition": disposition, "amount": amount},
            "now": {"disposition": would_be.get("disposition"), "amount": would_be.get("amount")},
        }
    raise_findings(scope, CHANGED_AFTER_RELEASE, "question", facts)


def raise_findings(scope: Scope, code: str, noun: str, facts: dict[UUID, dict[str, Any]]) -> None:
    """An open finding for each subject that has none of this code yet."""
    query = select(Finding.subject_id).where(
        Finding.administration_id == scope.administration_id,
        Finding.code == code,
        Finding.state == "open",
        Finding.subject_id.in_(facts),
    )
    known = set(scope.session.scalars(query))
    bulk.insert_rows(
        scope.session,
        Finding,
        [
            {
                "administration_id": scope.administration_id,
                "id": new_id(),
                "version": 1,
                "code": code,
                "noun": noun,
                "subject_id": subject,
                "facts": audit.plain(told),
                "state": "open",
                "created_at": scope.now,
            }
            for subject, told in facts.items()
            if subject not in known
        ],
    )
