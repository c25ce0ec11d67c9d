"""Import policies: what member-file imports cost, in dated sets that never change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import imports
from billing_service.api.glue import Answer, Routes, chosen_language, created, current_currency, page
from billing_service.api.schemas.decisions import LanguageQuery
from billing_service.api.schemas.imports import (
    ImportPolicyIn,
    ImportPolicyOut,
    ImportPolicyQuery,
    PolicyOnQuery,
)
from billing_service.store.imports import ImportPolicyRow
from billing_service.store.scope import Scope

routes = Routes("import-policies", "What importing member files costs: dated sets of settings that never change.")


@routes.operation(
    "POST", "/import-policies", scope="import_policies:write", body=ImportPolicyIn, out=ImportPolicyOut, status=201
)
def create_import_policy(scope: Scope, body: dict[str, Any]) -> Answer:
    """Store a policy. It never changes; projects keep the policy that was in force when they were opened."""
    row = imports.create_policy(scope, body)
    return created(_shown(row, {}), f"/v1/import-policies/{row.id}")


@routes.operation(
    "GET", "/import-policies", scope="import_policies:read", query=ImportPolicyQuery, page_of=ImportPolicyOut
)
def list_import_policies(scope: Scope, query: dict[str, Any]) -> Any:
    """List import policies, oldest first."""
    statement = select(ImportPolicyRow).where(ImportPolicyRow.administration_id == scope.administration_id)
    return page(scope, statement, ImportPolicyRow.id, query, lambda rows: [_shown(row, query) for row in rows])


@routes.operation(
    "GET", "/import-policies/in-force", scope="import_policies:read", query=PolicyOnQuery, out=ImportPolicyOut
)
def get_import_policy_in_force(scope: Scope, query: dict[str, Any]) -> dict[str, Any]:
    """Read the policy for a project opened today, or on another day.

    Without a stored policy the defaults are in force; they have no id.
    """
    return imports.describe_policy_on(scope, query.get("on") or scope.today, chosen_language(query), current_currency())


@routes.operation(
    "GET",
    "/import-policies/<uuid:import_policy_id>",
    scope="import_policies:read",
    query=LanguageQuery,
    out=ImportPolicyOut,
)
def get_import_policy(scope: Scope, import_policy_id: UUID, query: dict[str, Any]) -> dict[str, Any]:
    """Read an import policy, with everything it says in words."""
    return _shown(imports.get_policy(scope, import_policy_id), query)


def _shown(row: ImportPolicyRow, query: dict[str, Any]) -> dict[str, Any]:
    return imports.describe_policy(row, chosen_language(query), current_currency())
