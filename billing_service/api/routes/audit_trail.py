"""The audit trail: who changed what, when."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from billing_service.access import OPERATOR
from billing_service.api.glue import Answer, Routes, accepted, page
from billing_service.api.schemas.watching import AuditQuery, AuditRowOut, AuditSealOut, JobOut, VerificationIn
from billing_service.auditing.trails import Trail, head_of, unsealed
from billing_service.auditing.verifying import start_verification
from billing_service.core.audit_chain import Seal
from billing_service.store.audit import AuditRow, OperatorAuditRow
from billing_service.store.scope import OperatorScope, Scope

routes = Routes("audit-trail", "Who changed what, when. Rows never change, and are chained so that it shows.")


@routes.operation("GET", "/audit-trail", scope=("audit_trail:read", OPERATOR), query=AuditQuery, page_of=AuditRowOut)
def list_audit_trail(scope: Scope | OperatorScope, query: dict[str, Any]) -> Any:
    """List changes, oldest first; an operator sees what operators did."""
    if isinstance(scope, OperatorScope):
        return page(scope, _matching(OperatorAuditRow, query), OperatorAuditRow.id, query)
    statement = _matching(AuditRow, query).where(AuditRow.administration_id == scope.administration_id)
    return page(scope, statement, AuditRow.id, query)


@routes.operation("GET", "/audit-trail/seal", scope=("audit_trail:read", OPERATOR), out=AuditSealOut)
def get_audit_seal(scope: Scope | OperatorScope) -> dict[str, Any]:
    """Read where the chain over the trail ends, and what is not sealed yet.

    Rows are sealed about a second after they were written. An operator sees that of the operators' trail.
    """
    trail = Trail(scope.administration_id if isinstance(scope, Scope) else None)
    head, waiting = head_of(scope.session, trail), unsealed(scope.session, trail)
    return {
        "seal_number": head.number if head else 0,
        "seal": head.seal if head and head.number else None,
        "unsealed": waiting.count,
        "oldest_unsealed_id": waiting.oldest_id,
        "oldest_unsealed_at": waiting.oldest_at,
    }


@routes.operation(
    "POST", "/audit-trail/verifications", scope="audit_trail:read", body=VerificationIn, out=JobOut, status=202
)
def verify_audit_trail(scope: Scope, body: dict[str, Any]) -> Answer:
    """Verify the whole trail and all stored PDFs; the job's result says whether both are `sound`.

    It names the first broken link, and the first PDF whose bytes are not those that were stored.

    The operators' own trail is verified on the command line: `billing audit verify`.
    """
    noted = body.get("noted")
    return accepted(start_verification(scope, Seal(noted["seal_number"], noted["seal"]) if noted else None))


def _matching(rows: type[Any], query: dict[str, Any]) -> Any:
    statement = select(rows)
    for name in ("noun", "object_id", "action", "actor"):
        if name in query:
            statement = statement.where(getattr(rows, name) == query[name])
    return statement
