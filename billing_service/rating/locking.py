"""Whatever depends on all questions of a contract (ordinals, prepaid time) is worked out by one at a time."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, select

from billing_service.store.parties import Contract, Customer
from billing_service.store.scope import Scope


def lock_contracts(scope: Scope, contract_ids: Collection[UUID]) -> None:
    """Hold these contracts and their customers until the transaction ends: two releases of them follow one another.

    Questions can still come in meanwhile (the lock leaves foreign keys alone). On SQLite there is one writer anyway.
    """
    values = {"mine": scope.administration_id, "contracts": list(contract_ids)}
    for query in (_LOCK_CUSTOMERS, _LOCK_CONTRACTS):
        scope.session.execute(query, values).all()


# Built once: a release runs them for every contract, and building one costs more than running it.

_MINE: BindParameter[Any] = bindparam("mine")
_ASKED_FOR: BindParameter[Any] = bindparam("contracts", expanding=True)

_LOCK_CUSTOMERS = (
    select(Customer.id)
    .where(
        Customer.administration_id == _MINE,
        Customer.id.in_(
            select(Contract.customer_id).where(Contract.administration_id == _MINE, Contract.id.in_(_ASKED_FOR))
        ),
    )
    .order_by(Customer.id)
    .with_for_update(key_share=True)
)
_LOCK_CONTRACTS = (
    select(Contract.id)
    .where(Contract.administration_id == _MINE, Contract.id.in_(_ASKED_FOR))
    .order_by(Contract.id)
    .with_for_update(key_share=True)
)
