"""Subscriptions are agreed on, changed, ended and cancelled; what was billed before is set right by ``settling``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service.core import money
from billing_service.core import subscriptions as core
from billing_service.core.ids import new_id
from billing_service.errors import Conflict, FieldError, InvalidInput
from billing_service.rating.locking import lock_contracts
from billing_service.store import audit
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope
from billing_service.store.subscriptions import Subscription, SubscriptionTerm
from billing_service.subscriptions.charging import next_due
from billing_service.subscriptions.loading import value_of, values
from billing_service.subscriptions.settling import settle

STANDARD: Final = {
    "period": "month",
    "anchor": "calendar",
    "timing": "in_advance",
    "first_policy": "days",
    "last_policy": "days",
    "vat_class": "standard",
}
"""What holds where nothing else is agreed."""
_OPTIONAL: Final = ("label", "once_amount", "ends_on", "revenue_group")
CHANGEABLE: Final = ("title", "label", "revenue_group")
_WAYS: Final = ("amount", "percentage", "per_mille", "index")


def create(scope: Scope, wish: Mapping[str, Any]) -> Subscription:
    """A new subscription. Nothing is charged yet: the next billing run does that.

    ``wish``: ``contract_id``, ``title`` (``nl`` and ``en``), ``starts_on``, ``price`` (one of ``amount``, or
    ``percentage`` or ``per_mille`` a year of ``investment``), optionally ``quantity``, ``once_amount``, ``ends_on``,
    ``label``, ``revenue_group`` and whatever ``STANDARD`` names.

    Raises:
        InvalidInput: an unknown contract, a start outside it, an end before the start, not exactly one price.
    """
    contract = scope.session.get(Contract, (scope.administration_id, wish["contract_id"]))
    if contract is None:
        raise InvalidInput("There is no such contract.", errors=[FieldError("/contract_id", "is no contract")])
    lock_contracts(scope, [contract.id])
    scope.session.refresh(contract)  # its end may have changed until it was locked
    start, end = wish["starts_on"], wish.get("ends_on")
    if start < contract.valid_from or (contract.valid_to is not None and start > contract.valid_to):
        _refuse("/starts_on", f"lies outside the contract {contract.reference}")
    _refuse_end(start, end)
    row = Subscription(
        administration_id=scope.administration_id,
        id=new_id(),
        contract_id=contract.id,
        title=dict(wish["title"]),
        starts_on=start,
        created_at=scope.now,
        **{name: wish.get(name) for name in _OPTIONAL},
        **{name: wish.get(name) or standard for name, standard in STANDARD.items()},
    )
    terms = [{**_price(wish["price"]), "valid_from": start}]
    quantity = wish.get("quantity")
    if quantity is not None:
        terms.append({"kind": "quantity", "value": quantity, "base": None, "valid_from": start})
    value = value_of(row, [core.Term(**term) for term in terms], contract.valid_to)
    _refuse_huge(value)
    row.next_due = next_due(value, None)
    scope.session.add(row)
    scope.session.flush()
    add_terms(scope, [{"subscription_id": row.id, **term} for term in terms])
    audit.record(scope, "create", "subscription", row.id, wish)
    return row


def change(scope: Scope, row: Subscription, wish: Mapping[str, Any]) -> Subscription:
    """Change its title, label or revenue group: what is charged from now on says the new one."""
    changed = {name: wish[name] for name in CHANGEABLE if name in wish and getattr(row, name) != wish[name]}
    for name, value in changed.items():
        setattr(row, name, value)
    scope.session.flush()
    if changed:
        audit.record(scope, "change", "subscription", row.id, changed)
    return row


def agree(scope: Scope, row: Subscription, wish: Mapping[str, Any]) -> Subscription:
    """Another price, an indexation or another quantity from ``valid_from`` on: from the first period that begins then.

    ``wish``: ``valid_from``, and a price as in ``create`` or ``index`` (per cent), and/or ``quantity``.

    Raises:
        InvalidInput: nothing or several prices, a day before the start.
        Conflict: it is cancelled, or was indexed from that day before.
    """
    refuse_cancelled(row)
    day = wish["valid_from"]
    if day < row.starts_on:
        _refuse("/valid_from", "lies before the subscription starts")
    terms = [_price(wish)] if any(wish.get(name) is not None for name in _WAYS) else []
    if wish.get("quantity") is not None:
        terms.append({"kind": "quantity", "value": wish["quantity"], "base": None})
    if not terms:
        _refuse("/amount", "needs a price, an indexation or a quantity")
    if any(term["kind"] == "index" for term in terms) and indexed_from(scope, [row.id], day):
        raise Conflict(
            f"This subscription was indexed from {day} before; give the new price instead.", code="already_indexed"
        )
    add_terms(scope, [{"subscription_id": row.id, "valid_from": day, **term} for term in terms])
    _refuse_huge(values(scope, [row])[row.id])
    audit.record(scope, "agree", "subscription", row.id, wish)
    settle(scope, [row])
    return row


def end(scope: Scope, row: Subscription, ends_on: date | None) -> Subscription:
    """Its last day, or none: earlier or later than before.

    What was billed beyond it is computed again while its charge is open, else corrected by the policy for the last
    period.

    Raises:
        InvalidInput: a day before the start.
        Conflict: it is cancelled.
    """
    refuse_cancelled(row)
    _refuse_end(row.starts_on, ends_on)
    if row.ends_on != ends_on:
        row.ends_on = ends_on
        scope.session.flush()
        audit.record(scope, "end", "subscription", row.id, {"ends_on": ends_on})
        settle(scope, [row])
    return row


def cancel(scope: Scope, row: Subscription, reason: str) -> Subscription:
    """It never begins: what was billed in advance of it is taken back.

    Raises:
        Conflict: it is cancelled, or has begun; then it can be ended.
    """
    refuse_cancelled(row)
    if row.starts_on <= scope.today:
        raise Conflict(
            f"This subscription began on {row.starts_on}; it can be ended, not cancelled.", code="subscription_began"
        )
    row.cancelled_at = scope.now
    scope.session.flush()
    audit.record(scope, "cancel", "subscription", row.id, {"reason": reason})
    settle(scope, [row])
    return row


def contract_ends_otherwise(scope: Scope, contract_id: UUID) -> None:
    """The contract ends on another day than before, and its subscriptions with it."""
    lock_contracts(scope, [contract_id])
    query = select(Subscription).where(
        Subscription.administration_id == scope.administration_id,
        Subscription.contract_id == contract_id,
        Subscription.cancelled_at.is_(None),
    )
    rows = scope.session.scalars(query.execution_options(populate_existing=True)).all()
    if rows:
        settle(scope, rows)


def refuse_cancelled(row: Subscription) -> None:
    """Raises Conflict for a subscription that never begins."""
    if row.cancelled_at is not None:
        raise Conflict("This subscription was cancelled.", code="subscription_cancelled")


def add_terms(scope: Scope, terms: Sequence[Mapping[str, Any]]) -> None:
    """Store terms: ``subscription_id``, ``valid_from``, ``kind``, ``value``, ``base``."""
    scope.session.add_all(
        SubscriptionTerm(
            administration_id=scope.administration_id,
            id=new_id(),
            actor=scope.actor,
            created_at=scope.now,
            **term,
        )
        for term in terms
    )
    scope.session.flush()


def indexed_from(scope: Scope, subscription_ids: Sequence[UUID], day: date) -> set[UUID]:
    """Those of these subscriptions that are indexed from this very day already."""
    query = select(SubscriptionTerm.subscription_id).where(
        SubscriptionTerm.administration_id == scope.administration_id,
        SubscriptionTerm.subscription_id.in_(subscription_ids),
        SubscriptionTerm.valid_from == day,
        SubscriptionTerm.kind == "index",
    )
    return set(scope.session.scalars(query))


def _price(wish: Mapping[str, Any]) -> dict[str, Any]:
    """The one price in ``wish``, as a term."""
    given = [name for name in _WAYS if wish.get(name) is not None]
    investment = wish.get("investment")
    if len(given) != 1:
        _refuse("/amount", "needs exactly one price: an amount, or a part of an investment")
    kind, value = given[0], Decimal(wish[given[0]])
    of_investment = kind in ("percentage", "per_mille")
    if of_investment != (investment is not None):
        _refuse("/investment", "is needed" if of_investment else "goes with a percentage or per mille only")
    if kind == "index" and value <= -100:
        _refuse("/index", "leaves nothing of the price")
    if kind == "amount":
        value = money.unit_price(value, "/amount")
    return {"kind": kind, "value": value, "base": investment}


def _refuse_end(start: date, end: date | None) -> None:
    if end is not None and end < start:
        _refuse("/ends_on", "lies before the subscription starts")


def _refuse_huge(value: core.Subscription) -> None:
    """Raises InvalidInput where a period would come to more than an amount can be."""
    core.full_amount(value, 0, core.price_on(value, date.max))


def _refuse(pointer: str, problem: str) -> None:
    raise InvalidInput(
        f"This subscription cannot be right: {pointer} {problem}.", errors=[FieldError(pointer, problem)]
    )
