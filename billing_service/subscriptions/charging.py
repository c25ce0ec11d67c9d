"""What of subscriptions falls due becomes charges: each period once, in whatever order and however often runs ask.

The contract is locked first, as a release locks it; how far a subscription was billed stands in its row, and the key of
the billed periods refuses a second one whatever happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import ScalarSelect, Table, and_, bindparam, func, select, update

from billing_service.core import subscriptions as core
from billing_service.core.charge_texts import explain_charge
from billing_service.core.formats import LANGUAGES
from billing_service.core.ids import new_id
from billing_service.core.subscriptions import Due
from billing_service.rating import OpenCharge
from billing_service.rating.locking import lock_contracts
from billing_service.rating.waiting import COLUMNS
from billing_service.store import audit, bulk
from billing_service.store.audit import AuditRow
from billing_service.store.charges import Charge
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope
from billing_service.store.subscriptions import Subscription, SubscriptionPeriod
from billing_service.subscriptions.loading import AGREED, terms_of, value_of

SOURCE: Final = "subscription"
FURTHEST: Final = timedelta(days=366)
"""No run bills subscriptions further ahead than this from today: a date that was mistyped charges no century."""
_DAY: Final = timedelta(days=1)


@dataclass(slots=True)
class _Made:
    """What was made for one subscription."""

    row: Any
    charges: list[OpenCharge]
    periods: list[dict[str, Any]]
    billed_until: date | None
    next_due: date | None


def first_due() -> ScalarSelect[date | None]:
    """The date of the first charge still to be made of a contract's subscriptions, for a query over contracts."""
    return (
        select(func.min(Subscription.next_due))
        .where(
            Subscription.administration_id == Contract.administration_id,
            Subscription.contract_id == Contract.id,
            Subscription.next_due.is_not(None),
        )
        .correlate(Contract)
        .scalar_subquery()
    )


def reach(scope: Scope, until: date) -> date:
    """Up to which date subscriptions are billed where ``until`` was asked for."""
    return min(until, scope.today + FURTHEST)


def charge_due(scope: Scope, until: Mapping[UUID, date], currency: str) -> None:
    """Make the charges of these contracts' subscriptions that fall due up to and including each one's date.

    The contracts stay locked until the transaction ends. Charges are open then, as any other.
    """
    lock_contracts(scope, until)
    made = _make(scope, until, currency)
    if not made:
        return
    charges = [charge for one in made for charge in one.charges]
    insert_charges(scope, charges)
    bulk.insert_rows(scope.session, SubscriptionPeriod, [period for one in made for period in one.periods])
    billed = [{"of_subscription": one.row.id, "billed": one.billed_until, "due": one.next_due} for one in made]
    scope.session.connection().execute(_BILLED, [{"mine": scope.administration_id, **values} for values in billed])


def upcoming_charges(scope: Scope, until: Mapping[UUID, date], currency: str) -> list[OpenCharge]:
    """The charges that ``charge_due`` would make now, oldest first per contract. Writes nothing."""
    return [charge for one in _make(scope, until, currency) for charge in one.charges]


def insert_charges(scope: Scope, charges: Sequence[OpenCharge]) -> None:
    """Store these as open charges, each with its audit row."""
    stored = [
        {
            "administration_id": scope.administration_id,
            "version": 1,
            "state": "open",
            "replaces_id": None,
            "created_at": scope.now,
            **{name: getattr(charge, name) for name in COLUMNS},
        }
        for charge in charges
    ]
    bulk.insert_rows(scope.session, Charge, stored)
    trail: Iterable[tuple[str, str, UUID, Mapping[str, Any]]] = (
        ("create", "charge", row["id"], {name: row[name] for name in ("contract_id", "date", "amount", "vat_class")})
        for row in stored
    )
    bulk.insert_rows(scope.session, AuditRow, list(audit.rows(scope, trail)))


def is_charged(due: Due) -> bool:
    """Whether it becomes a charge: all but the part of a period that costs nothing. A price of 0.00 is shown."""
    return bool(due.amount) or not due.whole


def charge_values(row: Any, due: Due, currency: str) -> dict[str, Any]:
    """What the charge of ``due`` says; the printed line multiplies out."""
    days = None if due.part == core.ONCE else (due.first, due.last)
    values: dict[str, Any] = {
        "date": due.on,
        "description": core.description(row.title, days),
        "detail": dict(_told(due.steps[1:], currency)) or None,
        "explanation": [list(step) for step in due.steps],
        "disposition": "charge" if due.amount else "included",
        "pricing": "amount",
        "quantity": None,
        "minutes": None,
        "unit_price": None,
        "amount": due.amount,
        "vat_class": row.vat_class,
        "revenue_group": row.revenue_group,
    }
    if due.price is not None and due.share == 1 and due.amount:
        values |= {"pricing": "quantity", "quantity": due.price.quantity, "unit_price": due.unit_price}
    return values


@lru_cache(maxsize=4096)
def _told(steps: tuple[tuple[Any, ...], ...], currency: str) -> tuple[tuple[str, str], ...]:
    """The sentences of these steps by language. Kept: most subscriptions of an administration cost the same."""
    return tuple((language, " ".join(explain_charge(steps, language, currency))) for language in LANGUAGES if steps)


def open_charge(contract_id: UUID, customer_id: UUID, values: Mapping[str, Any]) -> OpenCharge:
    """A charge of a subscription that waits for an invoice."""
    keys: dict[str, Any] = {"id": new_id(), "contract_id": contract_id, "customer_id": customer_id}
    return OpenCharge(**keys, source=SOURCE, question_id=None, part=0, rule=None, **values)


def period_row(
    scope: Scope, subscription_id: UUID, due: Due, charge_id: UUID | None, number: int = 0
) -> dict[str, Any]:
    """That this was billed."""
    return {
        "administration_id": scope.administration_id,
        "subscription_id": subscription_id,
        "part": due.part,
        "first_day": due.first,
        "number": number,
        "last_day": due.last,
        "whole": due.whole,
        "charge_id": charge_id,
        "created_at": scope.now,
    }


def next_due(value: core.Subscription, billed_until: date | None) -> date | None:
    """The date of the next charge, after what was billed."""
    coming = next(core.due_charges(value, date.max, billed_until), None)
    return None if coming is None else coming.on


def _make(scope: Scope, until: Mapping[UUID, date], currency: str) -> list[_Made]:
    latest = reach(scope, max(until.values()))
    values = {"mine": scope.administration_id, "contracts": list(until), "until": latest}
    rows = [row for row in scope.session.execute(_DUE, values) if row.next_due <= until[row.contract_id]]
    if not rows:
        return []
    terms = terms_of(scope, [row.id for row in rows])
    return [
        _made(scope, row, value_of(row, terms[row.id], row.valid_to), min(latest, until[row.contract_id]), currency)
        for row in rows
    ]


def _made(scope: Scope, row: Any, value: core.Subscription, until: date, currency: str) -> _Made:
    made = _Made(row, [], [], row.billed_until, None)
    for due in core.due_charges(value, until, row.billed_until):
        charge = None
        if is_charged(due):
            charge = open_charge(row.contract_id, row.customer_id, charge_values(row, due, currency))
            made.charges.append(charge)
        made.periods.append(period_row(scope, row.id, due, None if charge is None else charge.id))
        made.billed_until = due.first - _DAY if due.part == core.ONCE else due.period.last
    made.next_due = next_due(value, made.billed_until)
    return made


# Built once: a release may run them for every contract.
_DUE = (
    select(
        Subscription.id,
        Subscription.contract_id,
        Contract.customer_id,
        Contract.valid_to,
        *(getattr(Subscription, name) for name in AGREED),
        Subscription.title,
        Subscription.ends_on,
        Subscription.once_amount,
        Subscription.vat_class,
        Subscription.revenue_group,
        Subscription.cancelled_at,
        Subscription.billed_until,
        Subscription.next_due,
    )
    .join(
        Contract,
        and_(Contract.administration_id == Subscription.administration_id, Contract.id == Subscription.contract_id),
    )
    .where(
        Subscription.administration_id == bindparam("mine"),
        Subscription.contract_id.in_(bindparam("contracts", expanding=True)),
        Subscription.next_due.is_not(None),
        Subscription.next_due <= bindparam("until"),
    )
    .order_by(Subscription.contract_id, Subscription.id)
)
_SUBSCRIPTIONS: Final = cast(Table, Subscription.__table__)
_BILLED = (
    update(_SUBSCRIPTIONS)
    .where(
        _SUBSCRIPTIONS.c.administration_id == bindparam("mine"),
        _SUBSCRIPTIONS.c.id == bindparam("of_subscription"),
    )
    .values(billed_until=bindparam("billed"), next_due=bindparam("due"), version=_SUBSCRIPTIONS.c.version + 1)
)
