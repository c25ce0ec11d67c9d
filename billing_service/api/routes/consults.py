"""Consults: proposed from facts or made by a person, decided, held, completed; and the policy behind them."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service import consults
from billing_service.api.glue import Answer, Routes, check_version, chosen_language, created, current_currency, page
from billing_service.api.schemas.consults import (
    ConsultCompleteIn,
    ConsultConfirmIn,
    ConsultIn,
    ConsultItemOut,
    ConsultOut,
    ConsultPatch,
    ConsultPolicyIn,
    ConsultPolicyOut,
    ConsultQuery,
    ConsultQuestionIn,
    ConsultSessionIn,
    ProposedOut,
)
from billing_service.api.schemas.decisions import LanguageQuery
from billing_service.api.schemas.questions import ReasonIn
from billing_service.store.consults import Consult
from billing_service.store.scope import Scope

routes = Routes(
    "consults",
    "Services for what a simple answer does not solve: proposed from facts, decided by a person, charged once.",
)

READ: Final = "consults:read"
WRITE: Final = "consults:write"
ONE: Final = "/consults/<uuid:consult_id>"


@routes.operation("POST", "/consults", scope=WRITE, body=ConsultIn, out=ConsultOut, status=201)
def create_consult(scope: Scope, body: dict[str, Any]) -> Answer:
    """Make a consult, confirmed unless it is to be proposed only."""
    row = consults.create(scope, body)
    if body.get("state", "confirmed") == "confirmed":
        row = consults.confirm(scope, row.id, {"reason": body.get("reason")})
    return created(_shown(scope, row), f"/v1/consults/{row.id}")


@routes.operation("GET", "/consults", scope=READ, query=ConsultQuery, page_of=ConsultItemOut)
def list_consults(scope: Scope, query: dict[str, Any]) -> Any:
    """List consults, oldest first."""
    statement = select(Consult).where(Consult.administration_id == scope.administration_id)
    for name in ("state", "contract_id", "customer_id", "reference", "rule"):
        if name in query:
            statement = statement.where(getattr(Consult, name) == query[name])
    return page(scope, statement, Consult.id, query, lambda rows: consults.describe_items(scope, rows))


@routes.operation("POST", "/consults/propose", scope=WRITE, out=ProposedOut)
def propose_consults(scope: Scope) -> dict[str, Any]:
    """Propose what the rules of the consult policy find now, as the worker does every day.

    The same cause is proposed once: a second call proposes nothing.
    """
    return {"proposed": consults.describe_items(scope, consults.propose(scope))}


@routes.operation("GET", ONE, scope=READ, query=LanguageQuery, out=ConsultOut)
def get_consult(scope: Scope, consult_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """Read a consult: its sessions and questions, the indicators in words, what it costs and why."""
    return _shown(scope, consults.get(scope, consult_id), query)


@routes.operation("PATCH", ONE, scope=WRITE, body=ConsultPatch, out=ConsultOut)
def change_consult(scope: Scope, consult_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Change a consult that is proposed or confirmed; only the fields given."""
    row = consults.get(scope, consult_id)
    check_version(row)
    return _shown(scope, consults.change(scope, row, body))


@routes.operation("POST", f"{ONE}/confirm", scope=WRITE, body=ConsultConfirmIn, out=ConsultOut)
def confirm_consult(scope: Scope, consult_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Confirm a proposed consult with its pricing, else that of the consult policy.

    Its questions are included from now on: they are charged with the consult. A person's decision stays.
    """
    return _shown(scope, consults.confirm(scope, consult_id, body))


@routes.operation("POST", f"{ONE}/reject", scope=WRITE, body=ReasonIn, out=ConsultOut)
def reject_consult(scope: Scope, consult_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Reject a proposed consult. It is not proposed again for the same cause."""
    return _shown(scope, consults.reject(scope, consult_id, body["reason"]))


@routes.operation("POST", f"{ONE}/cancel", scope=WRITE, body=ReasonIn, out=ConsultOut)
def cancel_consult(scope: Scope, consult_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Cancel a consult that is not completed. The tariff decides its questions again."""
    return _shown(scope, consults.cancel(scope, consult_id, body["reason"]))


@routes.operation("POST", f"{ONE}/complete", scope=WRITE, body=ConsultCompleteIn, out=ConsultOut)
def complete_consult(scope: Scope, consult_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Complete a confirmed consult: its charge is made, once, dated that day."""
    return _shown(scope, consults.complete(scope, consult_id, body.get("on")))


@routes.operation("POST", f"{ONE}/reopen", scope=WRITE, body=ReasonIn, out=ConsultOut)
def reopen_consult(scope: Scope, consult_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Undo the completion while the charge is open; that is cancelled."""
    return _shown(scope, consults.reopen(scope, consult_id, body["reason"]))


@routes.operation("POST", f"{ONE}/sessions", scope=WRITE, body=ConsultSessionIn, out=ConsultOut, status=201)
def add_consult_session(scope: Scope, consult_id: UUID, body: dict[str, Any]) -> Answer:
    """Add a webinar, call, visit or other session that was held."""
    consults.add_session(scope, consult_id, body)
    return created(_shown(scope, consults.get(scope, consult_id)), f"/v1/consults/{consult_id}")


@routes.operation("DELETE", f"{ONE}/sessions/<uuid:consult_session_id>", scope=WRITE, status=204)
def remove_consult_session(scope: Scope, consult_id: UUID, consult_session_id: UUID) -> None:
    """Take a session out that was not held after all."""
    consults.remove_session(scope, consult_id, consult_session_id)


@routes.operation("POST", f"{ONE}/questions", scope=WRITE, body=ConsultQuestionIn, out=ConsultOut, status=201)
def add_consult_question(scope: Scope, consult_id: UUID, body: dict[str, Any]) -> Answer:
    """Answer a question in this consult. A question is in one consult at most; a released one is refused."""
    consults.add_question(scope, consult_id, body["question_id"])
    return created(_shown(scope, consults.get(scope, consult_id)), f"/v1/consults/{consult_id}")


@routes.operation("DELETE", f"{ONE}/questions/<uuid:consulted_question_id>", scope=WRITE, status=204)
def remove_consult_question(scope: Scope, consult_id: UUID, consulted_question_id: UUID) -> None:
    """Take a question out of the consult: the tariff decides it again."""
    consults.remove_question(scope, consult_id, consulted_question_id)


@routes.operation("GET", "/consult-policy", scope=READ, out=ConsultPolicyOut)
def get_consult_policy(scope: Scope) -> dict[str, Any]:
    """Read what consults cost here, and when one is proposed: every setting."""
    return consults.describe_policy(scope)


@routes.operation("PUT", "/consult-policy", scope=WRITE, body=ConsultPolicyIn, out=ConsultPolicyOut)
def put_consult_policy(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Make this the consult policy; settings that are left out get their defaults.

    From then on consults are proposed, once a day and on demand.
    """
    consults.put_policy(scope, body["policy"], "/policy")
    return consults.describe_policy(scope)


def _shown(scope: Scope, row: Consult, query: dict[str, Any] | None = None) -> dict[str, Any]:
    return consults.describe(scope, row, chosen_language(query), current_currency())
