"""The audit trail: who changed what, when."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from billing_service.access import OPERATOR
from billing_service.api.glue import Routes, page
from billing_service.api.schemas.watching import AuditQuery, AuditRowOut
from billing_service.store.audit import AuditRow, OperatorAuditRow
from billing_service.store.scope import OperatorScope, Scope

routes = Routes("audit-trail", "Who changed what, when. Rows are written with the change itself and never change.")


@routes.operation("GET", "/audit-trail", scope=("audit_trail:read", OPERATOR), query=AuditQuery, page_of=AuditRowOut)
def list_audit_trail(scope: Scope | OperatorScope, query: dict[str, Any]) -> Any:
    """List changes, oldest first; an operator sees what operators did."""
    if isinstance(scope, OperatorScope):
        return page(scope, _matching(OperatorAuditRow, query), OperatorAuditRow.id, query)
    statement = _matching(AuditRow, query).where(AuditRow.administration_id == scope.administration_id)
    return page(scope, statement, AuditRow.id, query)


def _matching(rows: type[Any], query: dict[str, Any]) -> Any:
    statement = select(rows)
    for name in ("noun", "object_id", "action", "actor"):
        if name in query:
            statement = statement.where(getattr(rows, name) == query[name])
    return statement
