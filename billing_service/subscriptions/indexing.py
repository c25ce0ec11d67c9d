"""Many subscriptions indexed at once, after a look at what that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import or_, select

from billing_service.core import subscriptions as core
from billing_service.core.subscriptions import Price
from billing_service.errors import FieldError, InvalidInput
from billing_service.rating.locking import lock_contracts
from billing_service.store import audit, bulk
from billing_service.store.audit import AuditRow
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope
from billing_service.store.subscriptions import Subscription
from billing_service.subscriptions.agreeing import add_terms, indexed_from
from billing_service.subscriptions.loading import values
from billing_service.subscriptions.settling import settle

_TOGETHER: Final = 500
"""How many are looked at together."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What indexing does to one subscription. ``skipped``: it was indexed from that very day before, and stays.

    ``billed``: a period that begins on or after that day was billed already; open charges follow, others get a finding.
    """

    row: Subscription
    contract: str
    before: Price
    after: Price
    skipped: bool
    billed: bool


def index_preview(scope: Scope, wish: Mapping[str, Any]) -> list[Indexed]:
    """What ``index_all`` would do, by contract reference and age. Writes nothing. Raises as ``index_all``."""
    day, percentage = wish["valid_from"], wish["percentage"]
    if percentage <= -100:
        detail = "leaves nothing of the price"
        raise InvalidInput(f"The percentage {detail}.", errors=[FieldError("/percentage", detail)])
    found = []
    rows = _chosen(scope, wish)
    for start in range(0, len(rows), _TOGETHER):
        some = rows[start : start + _TOGETHER]
        subscriptions = [row for row, _ in some]
        agreed = values(scope, subscriptions)
        done = indexed_from(scope, list(agreed), day)
        for row, contract in some:
            value = agreed[row.id]
            if value.cancelled or (value.ends_on is not None and value.ends_on < day):
                continue
            before = core.price_on(value, day)
            skipped = row.id in done
            after = before if skipped else core.indexed(before, percentage)
            billed = row.billed_until is not None and row.billed_until >= day
            found.append(Indexed(row, contract, before, after, skipped, billed and not skipped))
    return found


def index_all(scope: Scope, wish: Mapping[str, Any]) -> list[Indexed]:
    """Index every subscription that runs on ``valid_from`` and began before it, by ``percentage``.

    ``wish`` may narrow them by ``label``, ``title`` (Dutch or English, the whole of it) and ``contract_ids``. One that
    was indexed from that very day before is skipped, so that doing it twice does it once.

    Raises:
        InvalidInput: a percentage that leaves nothing.
    """
    contracts = sorted({row.contract_id for row, _ in _chosen(scope, wish)})
    lock_contracts(scope, contracts)  # all at once, in one order: a run that locks many too waits, or is waited for
    scope.session.expire_all()
    found = index_preview(scope, wish)
    doing = [one for one in found if not one.skipped]
    term = {"valid_from": wish["valid_from"], "kind": "index", "value": wish["percentage"], "base": None}
    add_terms(scope, [{"subscription_id": one.row.id, **term} for one in doing])
    told = {"valid_from": wish["valid_from"], "index": wish["percentage"]}
    trail = list(audit.rows(scope, (("agree", "subscription", one.row.id, told) for one in doing)))
    bulk.insert_rows(scope.session, AuditRow, trail)
    billed = [one.row for one in doing if one.billed]
    for start in range(0, len(billed), _TOGETHER):
        settle(scope, billed[start : start + _TOGETHER])
    return found


def described(found: Sequence[Indexed]) -> list[dict[str, Any]]:
    """As plain values; a price that is a part of an investment shows the investment before and after."""
    return [
        {
            "subscription_id": one.row.id,
            "contract": one.contract,
            "title": one.row.title,
            "label": one.row.label,
            "before": _price(one.before),
            "after": _price(one.after),
            "skipped": one.skipped,
            "billed": one.billed,
        }
        for one in found
    ]


def _price(price: Price) -> Decimal | None:
    return price.unit_price if price.base is None else price.base


def _chosen(scope: Scope, wish: Mapping[str, Any]) -> list[tuple[Subscription, str]]:
    day = wish["valid_from"]
    query = (
        select(Subscription, Contract.reference)
        .join(
            Contract,
            (Contract.administration_id == Subscription.administration_id) & (Contract.id == Subscription.contract_id),
        )
        .where(
            Subscription.administration_id == scope.administration_id,
            Subscription.cancelled_at.is_(None),
            Subscription.starts_on < day,
            or_(Subscription.ends_on.is_(None), Subscription.ends_on >= day),
        )
        .order_by(Contract.reference, Subscription.id)
    )
    if wish.get("label") is not None:
        query = query.where(Subscription.label == wish["label"])
    chosen: Sequence[UUID] | None = wish.get("contract_ids")
    if chosen is not None:
        query = query.where(Subscription.contract_id.in_(chosen))
    rows = [(row, reference) for row, reference in scope.session.execute(query)]
    title = wish.get("title")
    return [pair for pair in rows if title is None or title in pair[0].title.values()]
