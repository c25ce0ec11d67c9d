"""Allowances: questions or minutes that a contract gives in every period."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import not_, select

from billing_service import prepaid
from billing_service.api.glue import Answer, PageQuery, Routes, created, page
from billing_service.api.schemas.prepaid import (
    AllowanceEndIn,
    AllowanceIn,
    AllowanceOut,
    AllowanceQuery,
    MovementOut,
)
from billing_service.prepaid.describing import is_running
from billing_service.store.prepaid import Allowance, CardMovement
from billing_service.store.scope import Scope

routes = Routes("allowances", "Free questions or minutes by the period. What is left is the sum of the movements.")

READ, WRITE = "hour_cards:read", "hour_cards:write"
_ONE = "/allowances/<uuid:allowance_id>"


@routes.operation("POST", "/allowances", scope=WRITE, body=AllowanceIn, out=AllowanceOut, status=201)
def create_allowance(scope: Scope, body: dict[str, Any]) -> Answer:
    """Give a contract questions or minutes in every period.

    Questions of the contract that are not released yet are decided again.
    """
    row = prepaid.add_allowance(scope, body)
    return created(_shown(scope, row), f"/v1/allowances/{row.id}")


@routes.operation("GET", "/allowances", scope=READ, query=AllowanceQuery, page_of=AllowanceOut)
def list_allowances(scope: Scope, query: dict[str, Any]) -> Any:
    """List allowances with what is left of them today, oldest first."""
    statement = select(Allowance).where(Allowance.administration_id == scope.administration_id)
    for name in ("contract_id", "code"):
        if name in query:
            statement = statement.where(getattr(Allowance, name) == query[name])
    if "running" in query:
        running = is_running(scope.today)
        statement = statement.where(running if query["running"] else not_(running))
    return page(scope, statement, Allowance.id, query, lambda rows: prepaid.allowances_shown(scope, rows))


@routes.operation("GET", _ONE, scope=READ, out=AllowanceOut)
def get_allowance(scope: Scope, allowance_id: UUID) -> dict[str, Any]:
    """Read an allowance and what is left of it today."""
    return _shown(scope, prepaid.get_allowance(scope, allowance_id))


@routes.operation("GET", f"{_ONE}/movements", scope=READ, query=PageQuery, page_of=MovementOut)
def list_allowance_movements(scope: Scope, query: dict[str, Any], allowance_id: UUID) -> Any:
    """List what an allowance gave and what was drawn of it, oldest first. A period is opened by its first draw."""
    row = prepaid.get_allowance(scope, allowance_id)
    mine = CardMovement.administration_id == scope.administration_id
    statement = select(CardMovement).where(mine, CardMovement.allowance_id == row.id)
    return page(scope, statement, CardMovement.id, query)


@routes.operation("POST", f"{_ONE}/end", scope=WRITE, body=AllowanceEndIn, out=AllowanceOut)
def end_allowance(scope: Scope, body: dict[str, Any], allowance_id: UUID) -> dict[str, Any]:
    """Give nothing after a day. Questions of later days that are not released yet are decided without it."""
    return _shown(scope, prepaid.end_allowance(scope, prepaid.get_allowance(scope, allowance_id), body["valid_to"]))


def _shown(scope: Scope, row: Allowance) -> dict[str, Any]:
    return prepaid.allowances_shown(scope, [row])[0]
