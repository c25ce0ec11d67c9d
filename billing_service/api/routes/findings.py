"""Findings: what a person must look at."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import findings
from billing_service.api.glue import Routes, current_currency, page
from billing_service.api.schemas.watching import FindingOut, FindingQuery, ResolveIn
from billing_service.core.finding_texts import wording
from billing_service.rating.changed import CHANGED_AFTER_RELEASE, proposals
from billing_service.store.audit import plain
from billing_service.store.findings import Finding
from billing_service.store.scope import Scope

routes = Routes("findings", "What a person must look at, with its cause and the next action.")


@routes.operation("GET", "/findings", scope="findings:read", query=FindingQuery, page_of=FindingOut)
def list_findings(scope: Scope, query: dict[str, Any]) -> Any:
    """List findings, oldest first."""
    statement = select(Finding).where(Finding.administration_id == scope.administration_id)
    for name in ("state", "code", "noun", "subject_id"):
        if name in query:
            statement = statement.where(getattr(Finding, name) == query[name])
    return page(scope, statement, Finding.id, query, partial(_shown, scope))


@routes.operation("GET", "/findings/<uuid:finding_id>", scope="findings:read", out=FindingOut)
def get_finding(scope: Scope, finding_id: UUID) -> dict[str, Any]:
    """Read a finding."""
    return _shown(scope, [findings.get(scope, finding_id)])[0]


@routes.operation("POST", "/findings/<uuid:finding_id>/resolve", scope="findings:write", body=ResolveIn, out=FindingOut)
def resolve_finding(scope: Scope, finding_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Say that a finding was dealt with, and how."""
    return _shown(scope, [findings.resolve(scope, findings.get(scope, finding_id), body["resolution"])])[0]


def _shown(scope: Scope, rows: Sequence[Finding]) -> list[dict[str, Any]]:
    proposed = proposals(
        scope, {row.subject_id: row.facts for row in rows if row.code == CHANGED_AFTER_RELEASE and row.state == "open"}
    )
    shown = []
    for row in rows:
        facts = row.facts | ({"proposal": plain(proposed[row.subject_id])} if row.subject_id in proposed else {})
        texts = {language: wording(row.code, facts, language, current_currency()) for language in ("nl", "en")}
        columns = {column.key: getattr(row, column.key) for column in Finding.__table__.columns}
        cause, action = ({language: text[part] for language, text in texts.items()} for part in (0, 1))
        shown.append(columns | {"facts": facts, "cause": cause, "next_action": action})
    return shown
