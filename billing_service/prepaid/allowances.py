"""Allowances: questions or minutes that a contract gives in every period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from uuid import UUID

from billing_service.core.ids import new_id
from billing_service.errors import Conflict, FieldError, InvalidInput
from billing_service.parties import common
from billing_service.prepaid import ledger
from billing_service.rating.locking import lock_contracts
from billing_service.store import audit
from billing_service.store.parties import Contract
from billing_service.store.prepaid import Allowance
from billing_service.store.scope import Scope


def get_allowance(scope: Scope, allowance_id: UUID) -> Allowance:
    """Raises ``NotFound``, also for one of another administration."""
    return common.get(scope, Allowance, allowance_id, "allowance")


def add_allowance(scope: Scope, wish: Mapping[str, Any]) -> Allowance:
    """Give a contract questions or minutes in every period.

    ``wish``: ``contract_id``, ``code`` (what a rule's ``draw_from`` asks for), ``title`` by language, ``unit``
    (questions or minutes), ``quantity``, ``period``; optionally ``carry_over_periods`` (0: what is left of a period is
    lost), ``valid_from`` (the day the contract begins) and ``valid_to``.

    Raises:
        InvalidInput: an unknown contract, days outside it, a validity that ends before it begins.
    """
    problems = common.Problems()
    contract = scope.session.get(Contract, (scope.administration_id, wish["contract_id"]))
    if contract is None:
        raise InvalidInput("There is no such contract.", errors=[FieldError("/contract_id", "is no contract")])
    first, last = wish.get("valid_from") or contract.valid_from, wish.get("valid_to")
    if first < contract.valid_from or (contract.valid_to is not None and first > contract.valid_to):
        problems.add("/valid_from", f"lies outside the contract {contract.reference}")
    if last is not None and last < first:
        problems.add("/valid_to", "lies before valid_from")
    problems.refuse("allowance")
    lock_contracts(scope, [contract.id])
    row = Allowance(
        administration_id=scope.administration_id,
        id=new_id(),
        contract_id=contract.id,
        code=wish["code"],
        title=dict(wish["title"]),
        unit=wish["unit"],
        quantity=wish["quantity"],
        period=wish["period"],
        carry_over_periods=wish.get("carry_over_periods") or 0,
        valid_from=first,
        valid_to=last,
        created_at=scope.now,
    )
    scope.session.add(row)
    scope.session.flush()
    told = {name: getattr(row, name) for name in ("contract_id", "code", "unit", "quantity", "period", "valid_from")}
    audit.record(scope, "create", "allowance", row.id, told)
    ledger.decide_again(scope, row.contract_id)
    return row


def end_allowance(scope: Scope, row: Allowance, last: date) -> Allowance:
    """Give nothing after ``last``. Questions of later days that are not released yet are decided without it.

    Raises:
        Conflict: it ends on that day or before already.
        InvalidInput: a day before it begins.
    """
    if last < row.valid_from:
        problem = f"lies before it begins ({row.valid_from})"
        raise InvalidInput(f"The last day {problem}.", errors=[FieldError("/valid_to", problem)])
    if row.valid_to is not None and row.valid_to <= last:
        raise Conflict(f"This allowance ends on {row.valid_to} already.", code="already_ended")
    lock_contracts(scope, [row.contract_id])
    row.valid_to = last
    scope.session.flush()
    audit.record(scope, "end", "allowance", row.id, {"valid_to": last})
    ledger.decide_again(scope, row.contract_id)
    return row
