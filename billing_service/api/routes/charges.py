"""Charges: amounts ready to be invoiced, from questions or by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.api.glue import Answer, Routes, chosen_language, created, current_currency, page
from billing_service.api.schemas.decisions import ChargeIn, ChargeOut, ChargeQuery, LanguageQuery
from billing_service.api.schemas.questions import ReasonIn
from billing_service.core.charge_texts import explain_charge
from billing_service.rating import manual
from billing_service.store.charges import Charge
from billing_service.store.scope import Scope

routes = Routes("charges", "Amounts ready to be invoiced. Every charge names a contract.")

_ONE = "/charges/<uuid:charge_id>"


@routes.operation("POST", "/charges", scope="charges:write", body=ChargeIn, out=ChargeOut, status=201)
def create_charge(scope: Scope, body: dict[str, Any]) -> Answer:
    """Charge something by hand: an amount, a quantity at a unit price, or minutes at the price of an hour."""
    row = manual.add_charge(scope, body)
    return created(_shown([row], chosen_language())[0], f"/v1/charges/{row.id}")


@routes.operation("GET", "/charges", scope="charges:read", query=ChargeQuery, page_of=ChargeOut)
def list_charges(scope: Scope, query: dict[str, Any]) -> Any:
    """List charges, oldest first."""
    statement = select(Charge).where(Charge.administration_id == scope.administration_id)
    for name in ("state", "source", "contract_id", "customer_id", "question_id", "invoice_id"):
        if name in query:
            statement = statement.where(getattr(Charge, name) == query[name])
    if "date_from" in query:
        statement = statement.where(Charge.date >= query["date_from"])
    if "date_until" in query:
        statement = statement.where(Charge.date <= query["date_until"])
    language = chosen_language(query)
    return page(scope, statement, Charge.id, query, lambda rows: _shown(rows, language))


@routes.operation("GET", _ONE, scope="charges:read", query=LanguageQuery, out=ChargeOut)
def get_charge(scope: Scope, query: dict[str, Any], charge_id: UUID) -> dict[str, Any]:
    """Read a charge."""
    return _shown([manual.get_charge(scope, charge_id)], chosen_language(query))[0]


@routes.operation("POST", f"{_ONE}/cancel", scope="charges:write", body=ReasonIn, out=ChargeOut)
def cancel_charge(scope: Scope, charge_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Cancel a manual charge that is still open."""
    row = manual.cancel_charge(scope, manual.get_charge(scope, charge_id), body["reason"])
    return _shown([row], chosen_language())[0]


def _shown(rows: Sequence[Charge], language: str) -> list[dict[str, Any]]:
    names = [name for name in ChargeOut._declared_fields if name != "sentences"]
    return [
        {name: getattr(row, name) for name in names}
        | {"sentences": explain_charge(row.explanation or (), language, current_currency())}
        for row in rows
    ]
