"""Contracts: what was agreed with one customer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from billing_service.api.glue import Answer, Routes, check_version, created, page
from billing_service.api.schemas.contracts import ContractIn, ContractOut, ContractPatch, ContractQuery
from billing_service.parties import contracts
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope

routes = Routes("contracts", "What was agreed with one customer. One contract gives at most one invoice per run.")


@routes.operation("POST", "/contracts", scope="contracts:write", body=ContractIn, out=ContractOut, status=201)
def create_contract(scope: Scope, body: dict[str, Any]) -> Answer:
    """Create a contract.

    Questions that were blocked for want of a contract are decided again.
    """
    row = contracts.create(scope, body)
    return created(_shown(scope, row), f"/v1/contracts/{row.id}")


@routes.operation("GET", "/contracts", scope="contracts:read", query=ContractQuery, page_of=ContractOut)
def list_contracts(scope: Scope, query: dict[str, Any]) -> Any:
    """List contracts, oldest first."""
    statement = select(Contract).where(Contract.administration_id == scope.administration_id)
    for name in ("customer_id", "reference"):
        if name in query:
            statement = statement.where(getattr(Contract, name) == query[name])
    if "valid_on" in query:
        day = query["valid_on"]
        statement = statement.where(
            Contract.valid_from <= day, or_(Contract.valid_to.is_(None), Contract.valid_to >= day)
        )
    return page(scope, statement, Contract.id, query, lambda rows: contracts.shown(scope, rows))


@routes.operation("GET", "/contracts/<uuid:contract_id>", scope="contracts:read", out=ContractOut)
def get_contract(scope: Scope, contract_id: UUID) -> dict[str, Any]:
    """Read a contract."""
    return _shown(scope, contracts.get(scope, contract_id))


@routes.operation(
    "PATCH", "/contracts/<uuid:contract_id>", scope="contracts:write", body=ContractPatch, out=ContractOut
)
def change_contract(scope: Scope, contract_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Change a contract; only the fields given.

    Questions it may touch are decided again until their charge is released.
    """
    row = contracts.get(scope, contract_id)
    check_version(row)
    return _shown(scope, contracts.change(scope, row, body))


def _shown(scope: Scope, row: Contract) -> dict[str, Any]:
    return contracts.shown(scope, [row])[0]
