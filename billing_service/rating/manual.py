"""Manual charges: an amount for a contract that no question gave rise to. They can be cancelled while open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from billing_service.core import money
from billing_service.core.ids import new_id
from billing_service.errors import Conflict, FieldError, InvalidInput, NotFound
from billing_service.store import audit
from billing_service.store.charges import Charge
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope


def get_charge(scope: Scope, charge_id: UUID) -> Charge:
    """Raises ``NotFound``, also for a charge of another administration."""
    row = scope.session.get(Charge, (scope.administration_id, charge_id))
    if row is None:
        raise NotFound("There is no such charge.")
    return row


def add_charge(scope: Scope, wish: Mapping[str, Any]) -> Charge:
    """A charge by hand.

    ``wish``: ``contract_id``, ``date``, ``description`` (texts ``nl`` and ``en``), ``vat_class``, optionally
    ``revenue_group``; and one way to price it: ``amount``, or ``quantity`` × ``unit_price``, or ``minutes`` ×
    ``unit_price`` of an hour. A negative amount or price takes something off.

    Raises:
        InvalidInput: an unknown contract, a date on which it was not valid, not exactly one way to price.
    """
    contract = scope.session.get(Contract, (scope.administration_id, wish["contract_id"]))
    if contract is None:
        raise InvalidInput("There is no such contract.", errors=[FieldError("/contract_id", "is no contract")])
    day = wish["date"]
    if day < contract.valid_from or (contract.valid_to is not None and day > contract.valid_to):
        problem = f"lies outside the contract {contract.reference}"
        raise InvalidInput(f"The date {problem}.", errors=[FieldError("/date", problem)])
    charge = Charge(
        administration_id=scope.administration_id,
        id=new_id(),
        contract_id=contract.id,
        customer_id=contract.customer_id,
        source="manual",
        part=0,
        date=day,
        description=dict(wish["description"]),
        disposition="charge",
        vat_class=wish["vat_class"],
        revenue_group=wish.get("revenue_group"),
        state="open",
        created_at=scope.now,
        **_pricing(wish),
    )
    scope.session.add(charge)
    scope.session.flush()
    told = {"contract_id": contract.id, "date": day, "amount": charge.amount, "vat_class": charge.vat_class}
    audit.record(scope, "create", "charge", charge.id, told)
    return charge


def cancel_charge(scope: Scope, charge: Charge, reason: str) -> Charge:
    """Take a manual charge back while it is open. Raises ``Conflict`` for every other one."""
    if charge.source != "manual":
        raise Conflict(
            f"This charge comes from its source ({charge.source}): set it right there instead.",
            code="not_a_manual_charge",
        )
    if charge.state != "open":
        raise Conflict(f"This charge is {charge.state}; only an open one can be cancelled.", code="not_open")
    charge.state = "cancelled"
    audit.record(scope, "cancel", "charge", charge.id, {"reason": reason})
    return charge


def _pricing(wish: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that say how the amount comes about, so that the printed line multiplies out."""
    given = {name for name in ("amount", "quantity", "minutes", "unit_price") if wish.get(name) is not None}
    if given == {"amount"}:
        return {"pricing": "amount", "amount": money.amount(wish["amount"], "/amount")}
    if given == {"quantity", "unit_price"}:
        quantity, price = wish["quantity"], wish["unit_price"]
        amount = money.line_amount(quantity, price)
        return {"pricing": "quantity", "quantity": quantity, "unit_price": price, "amount": amount}
    if given == {"minutes", "unit_price"}:
        minutes, price = wish["minutes"], wish["unit_price"]
        amount = money.time_amount(minutes, price)
        return {"pricing": "time", "minutes": minutes, "unit_price": price, "amount": amount}
    raise InvalidInput(
        "Give an amount, or a quantity with a unit price, or minutes with the price of an hour.",
        errors=[FieldError("/amount", "needs exactly one way to price the charge")],
    )
