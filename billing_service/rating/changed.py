"""Findings about released questions: the facts changed and the decision stays.

Each proposes what to do: withdraw the document while it is not issued, else credit and charge anew
(``invoicing.correct``), with both amounts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final
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
    query = (
        select(Decision.question_id, Decision.disposition, Decision.amount, Invoice.state)
        .outerjoin(
            Invoice,
            and_(Invoice.administration_id == Decision.administration_id, Invoice.id == Decision.invoice_id),
        )
        .where(Decision.administration_id == scope.administration_id, Decision.question_id.in_(question_ids))
    )
    for question_id, disposition, amount, state in scope.session.execute(query).all():
        would_be = now.get(question_id, {})
        charged = amount if disposition == "charge" else ZERO
        new = would_be.get("amount") if would_be.get("disposition") == "charge" else ZERO
        facts = {
            "cause": cause,
            "released": {"disposition": disposition, "amount": amount},
            "now": {"disposition": would_be.get("disposition"), "amount": would_be.get("amount")},
            "proposal": {"way": "correct" if state == "issued" else "withdraw", "credit": charged, "charge": new},
        }
        findings.report(scope, CHANGED_AFTER_RELEASE, "question", question_id, facts)
