"""Decisions counted, for overviews and for comparing with a count made elsewhere."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import and_, func, select

from billing_service.store.charges import Decision
from billing_service.store.questions import Question
from billing_service.store.scope import Scope


def count_decisions(
    scope: Scope, *, first: date | None = None, last: date | None = None, contract_id: UUID | None = None
) -> dict[str, Any]:
    """How many questions were decided how, by state, reason and the disposition of the first part.

    ``first`` and ``last`` limit the day of closing, ``contract_id`` the contract. Without any limit ``open`` and
    ``withdrawn`` are the questions that have no decision, so that everything together is every question.
    """
    conditions = [Decision.administration_id == scope.administration_id]
    conditions += [] if first is None else [Decision.decided_on >= first]
    conditions += [] if last is None else [Decision.decided_on <= last]
    conditions += [] if contract_id is None else [Decision.contract_id == contract_id]
    by = (Decision.state, Decision.reason, Decision.disposition)
    rows = scope.session.execute(
        select(*by, func.count(), func.sum(Decision.amount)).where(*conditions).group_by(*by).order_by(*by)
    )
    counts: list[dict[str, Any]] = [
        {"state": state, "reason": reason, "disposition": disposition, "questions": number, "amount": amount}
        for state, reason, disposition, number, amount in rows.all()
    ]
    decided = sum([count["questions"] for count in counts])
    found: dict[str, Any] = {"counts": counts, "questions": decided, "open": None, "withdrawn": None}
    if len(conditions) == 1:
        found |= _undecided(scope)
    return found


def _undecided(scope: Scope) -> dict[str, int]:
    mine = Question.administration_id == scope.administration_id
    without = (
        select(Question.withdrawn_at.is_not(None), func.count())
        .outerjoin(
            Decision,
            and_(Decision.administration_id == Question.administration_id, Decision.question_id == Question.id),
        )
        .where(mine, Decision.question_id.is_(None))
        .group_by(Question.withdrawn_at.is_not(None))
    )
    found = {bool(withdrawn): number for withdrawn, number in scope.session.execute(without)}
    return {"open": found.get(False, 0), "withdrawn": found.get(True, 0)}
