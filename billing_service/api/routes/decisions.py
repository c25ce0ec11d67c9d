"""Decisions: what the tariff says about each question, what a person says instead, and how many of which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.api.glue import Routes, chosen_language, page
from billing_service.api.schemas.decisions import (
    ClosedOut,
    CloseIn,
    CountsOut,
    CountsQuery,
    DecisionIn,
    DecisionOut,
    DecisionQuery,
    LanguageQuery,
)
from billing_service.api.schemas.questions import ReasonIn
from billing_service.core.tariff import explain
from billing_service.errors import Conflict
from billing_service.rating import persons
from billing_service.rating.listing import count_decisions
from billing_service.store.charges import Decision
from billing_service.store.scope import Scope

routes = Routes("decisions", "What the tariff says about each closed question, with its explanation.")

_ONE = "/questions/<uuid:question_id>/decision"


@routes.operation("GET", "/decisions", scope="decisions:read", query=DecisionQuery, page_of=DecisionOut)
def list_decisions(scope: Scope, query: dict[str, Any]) -> Any:
    """List decisions, in the order in which their questions came in."""
    statement = select(Decision).where(Decision.administration_id == scope.administration_id)
    for name in ("state", "disposition", "reason", "contract_id", "customer_id", "invoice_id", "closed", "released"):
        if name in query:
            statement = statement.where(getattr(Decision, name) == query[name])
    if query.get("closed") is False:
        statement = statement.where(Decision.disposition == "not_billable")
    if "decided_from" in query:
        statement = statement.where(Decision.decided_on >= query["decided_from"])
    if "decided_until" in query:
        statement = statement.where(Decision.decided_on <= query["decided_until"])
    language = chosen_language(query)
    return page(scope, statement, Decision.question_id, query, lambda rows: _shown(rows, language))


@routes.operation("GET", "/decisions/counts", scope="decisions:read", query=CountsQuery, out=CountsOut)
def get_decision_counts(scope: Scope, query: dict[str, Any]) -> dict[str, Any]:
    """Count questions by state, reason and disposition (of the first part)."""
    return count_decisions(
        scope,
        first=query.get("decided_from"),
        last=query.get("decided_until"),
        contract_id=query.get("contract_id"),
    )


@routes.operation("POST", "/decisions/close", scope="decisions:write", body=CloseIn, out=ClosedOut)
def close_decisions(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Close questions that are not billable, so that they leave the list. All or none."""
    return {"closed": persons.close_not_billable(scope, body["question_ids"], body["reason"])}


@routes.operation("GET", _ONE, scope="decisions:read", query=LanguageQuery, out=DecisionOut)
def get_decision(scope: Scope, question_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """Read the decision about a question, with its explanation as codes and as sentences."""
    return _shown([persons.get_decision(scope, question_id)], chosen_language(query))[0]


@routes.operation("POST", _ONE, scope="decisions:write", body=DecisionIn, out=DecisionOut)
def decide_question(scope: Scope, question_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Decide a closed question as a person; no rule replaces it, until it is handed back to the rules."""
    return _shown([persons.decide_by_person(scope, question_id, body)], chosen_language())[0]


@routes.operation("DELETE", _ONE, scope="decisions:write", out=DecisionOut)
def hand_back_decision(scope: Scope, question_id: UUID) -> dict[str, Any]:
    """Take a person's decision back: the question is decided by its tariff again."""
    return _shown([persons.undo_person(scope, question_id)], chosen_language())[0]


@routes.operation("POST", f"{_ONE}/close", scope="decisions:write", body=ReasonIn, out=DecisionOut)
def close_decision(scope: Scope, question_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Close a question that is not billable."""
    row = persons.get_decision(scope, question_id)
    if row.disposition != "not_billable":
        raise Conflict("Only a question decided as not billable is closed this way.", code="not_not_billable")
    persons.close_not_billable(scope, [question_id], body["reason"])
    return _shown([persons.get_decision(scope, question_id)], chosen_language())[0]


def _shown(rows: Sequence[Decision], language: str) -> list[dict[str, Any]]:
    names = [name for name in DecisionOut._declared_fields if name != "sentences"]
    return [
        {name: getattr(row, name) for name in names} | {"sentences": explain(row.explanation, language)} for row in rows
    ]
