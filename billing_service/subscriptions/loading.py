"""Stored subscriptions as values: with their dated terms, and with the end of their contract."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, select

from billing_service.core import subscriptions as core
from billing_service.core.money import unit_price
from billing_service.core.subscriptions import Term
from billing_service.errors import NotFound
from billing_service.rating.locking import lock_contracts
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope
from billing_service.store.subscriptions import Subscription, SubscriptionTerm

AGREED: Final = ("period", "anchor", "timing", "first_policy", "last_policy", "starts_on")


def get(scope: Scope, subscription_id: UUID, *, lock: bool = False) -> Subscription:
    """The subscription with this id; with ``lock`` its contract is held until the transaction ends, so that no run
    bills it meanwhile. Raises NotFound."""
    key = (scope.administration_id, subscription_id)
    row = scope.session.get(Subscription, key)
    if row is not None and lock:
        lock_contracts(scope, [row.contract_id])
        row = scope.session.get(Subscription, key, populate_existing=True)
    if row is None:
        raise NotFound("There is no such subscription.")
    return row


def contract_of(scope: Scope, row: Subscription) -> Contract:
    """The contract it is charged to."""
    return scope.session.get_one(Contract, (scope.administration_id, row.contract_id))


def value_of(row: Any, terms: Sequence[Term], contract_ends: date | None) -> core.Subscription:
    """What was agreed, as a value. ``row`` has the columns of a subscription; it ends with its contract at the latest.

    A contract that ended before the subscription began leaves nothing of it.
    """
    ends = [day for day in (row.ends_on, contract_ends) if day is not None]
    ends_on = min(ends, default=None)
    return core.Subscription(
        **{name: getattr(row, name) for name in AGREED},
        ends_on=ends_on,
        terms=tuple(terms),
        once=row.once_amount,
        cancelled=row.cancelled_at is not None or (ends_on is not None and ends_on < row.starts_on),
    )


def values(scope: Scope, rows: Collection[Subscription]) -> dict[UUID, core.Subscription]:
    """What was agreed about each of these, by id."""
    terms = terms_of(scope, [row.id for row in rows])
    ends = _contract_ends(scope, {row.contract_id for row in rows})
    return {row.id: value_of(row, terms[row.id], ends[row.contract_id]) for row in rows}


def terms_of(scope: Scope, subscription_ids: Collection[UUID]) -> dict[UUID, list[Term]]:
    """The terms of each of these in the order in which they hold."""
    found: dict[UUID, list[Term]] = {subscription_id: [] for subscription_id in subscription_ids}
    for row in _term_rows(scope, subscription_ids):
        found[row.subscription_id].append(Term(row.valid_from, row.kind, unit_price(row.value), row.base))
    return found


def shown_terms(scope: Scope, subscription_ids: Collection[UUID]) -> dict[UUID, list[Mapping[str, Any]]]:
    """The terms of each of these as they are told, with who agreed them and when."""
    found: dict[UUID, list[Mapping[str, Any]]] = {subscription_id: [] for subscription_id in subscription_ids}
    for row in _term_rows(scope, subscription_ids):
        found[row.subscription_id].append({**row._mapping, "value": unit_price(row.value)})
    return found


def _term_rows(scope: Scope, subscription_ids: Collection[UUID]) -> Iterable[Any]:
    return scope.session.execute(_TERMS, {"mine": scope.administration_id, "wanted": list(subscription_ids)})


def _contract_ends(scope: Scope, contract_ids: Collection[UUID]) -> dict[UUID, date | None]:
    query = select(Contract.id, Contract.valid_to).where(
        Contract.administration_id == scope.administration_id, Contract.id.in_(contract_ids)
    )
    return {row.id: row.valid_to for row in scope.session.execute(query)}


# Built once: a release may run it for every contract.
_TERMS = (
    select(
        SubscriptionTerm.subscription_id,
        SubscriptionTerm.valid_from,
        SubscriptionTerm.kind,
        SubscriptionTerm.value,
        SubscriptionTerm.base,
        SubscriptionTerm.actor,
        SubscriptionTerm.created_at,
    )
    .where(
        SubscriptionTerm.administration_id == bindparam("mine"),
        SubscriptionTerm.subscription_id.in_(bindparam("wanted", expanding=True)),
    )
    .order_by(SubscriptionTerm.valid_from, SubscriptionTerm.id)
)
