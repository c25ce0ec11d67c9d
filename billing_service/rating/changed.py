"""Findings about released questions: the facts changed and the decision stays.

Each proposes what to do: withdraw the document while it is not issued, else credit and charge anew
(``invoicing.correct``), with both amounts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, select

from billing_service import findings
from billing_service.core.money import ZERO
from billing_service.rating.outcome import Outcome
from billing_service.store.charges import Decision
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope

CHANGED_AFTER_RELEASE: Final = "changed_after_release"


def report_changed_after_release(
    scope: Scope, question_ids: Collection[UUID], outcomes: Iterable[Outcome], cause: str
) -> None:
    """A finding per released question: what was released, what the tariff would say now, and the ``cause``."""
    if not question_ids:
        return
    now = {outcome.question_id: outcome.decision for outcome in outcomes}
    for question_id, disposition, amount, state in scope.session.execute(_released(scope, question_ids)).all():
        would_be = now.get(question_id, {})
        facts: dict[str, Any] = {
            "cause": cause,
            "released": {"disposition": disposition, "amount": amount},
            "now": {name: would_be.get(name) for name in ("state", "disposition", "amount")},
        }
        facts["proposal"] = _proposal(facts, state)
        findings.report(scope, CHANGED_AFTER_RELEASE, "question", question_id, facts)


def proposals(scope: Scope, facts: Mapping[UUID, Mapping[str, Any]]) -> dict[UUID, dict[str, Any]]:
    """What the open findings about these questions propose now: their document may have been issued since.

    ``facts`` are those of each finding, by question.
    """
    if not facts:
        return {}
    rows = scope.session.execute(_released(scope, facts)).all()
    return {question_id: _proposal(facts[question_id], state) for question_id, _, _, state in rows}


def _released(scope: Scope, question_ids: Collection[UUID]) -> Any:
    return (
        select(Decision.question_id, Decision.disposition, Decision.amount, Invoice.state)
        .outerjoin(
            Invoice,
            and_(Invoice.administration_id == Decision.administration_id, Invoice.id == Decision.invoice_id),
        )
        .where(Decision.administration_id == scope.administration_id, Decision.question_id.in_(question_ids))
    )


def _proposal(facts: Mapping[str, Any], state: str | None) -> dict[str, Any]:
    """The way and both amounts without VAT; ``state`` is that of the document."""
    credit, charge = (
        facts[which]["amount"] if facts[which]["disposition"] == "charge" else ZERO for which in ("released", "now")
    )
    return {"way": "correct" if state == "issued" else "withdraw", "credit": credit, "charge": charge}
