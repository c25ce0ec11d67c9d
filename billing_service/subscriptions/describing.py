"""Subscriptions as plain values for whoever shows them: what holds now, what was billed, what comes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any, Final

from sqlalchemy import and_, select

from billing_service.core import subscriptions as core
from billing_service.core.subscriptions import Due, Price
from billing_service.errors import FieldError, InvalidInput
from billing_service.store.charges import Charge
from billing_service.store.scope import Scope
from billing_service.store.subscriptions import Subscription, SubscriptionPeriod
from billing_service.subscriptions.loading import shown_terms, values

UPCOMING: Final = 12
"""How many periods to come are told with a subscription."""
FURTHEST: Final = timedelta(days=3660)

_COLUMNS: Final = tuple(
    column.key for column in Subscription.__table__.columns if column.key not in ("administration_id",)
)


def shown(scope: Scope, rows: Sequence[Subscription]) -> list[dict[str, Any]]:
    """Each with its terms and the price in force today (that of its start where it has not begun)."""
    agreed = values(scope, rows)
    terms = shown_terms(scope, list(agreed))
    return [
        {name: getattr(row, name) for name in _COLUMNS}
        | {
            "state": _state(scope, agreed[row.id]),
            "price": price(core.price_on(agreed[row.id], max(scope.today, row.starts_on))),
            "terms": [dict(term) for term in terms[row.id]],
        }
        for row in rows
    ]


def shown_whole(scope: Scope, row: Subscription) -> dict[str, Any]:
    """One subscription with everything that was billed of it, and its next periods."""
    (value,) = values(scope, [row]).values()
    coming = core.due_charges(value, date.max, row.billed_until)
    return shown(scope, [row])[0] | {
        "billed": billed(scope, row),
        "upcoming": [_upcoming(due) for due in islice(coming, UPCOMING)],
    }


def upcoming(scope: Scope, row: Subscription, until: date) -> list[dict[str, Any]]:
    """What will be charged up to ``until``, ten years from today at most. Raises InvalidInput beyond that."""
    if until > scope.today + FURTHEST:
        detail = "lies more than ten years ahead"
        raise InvalidInput(f"The date {detail}.", errors=[FieldError("/until", detail)])
    (value,) = values(scope, [row]).values()
    return [_upcoming(due) for due in core.due_charges(value, until, row.billed_until)]


def billed(scope: Scope, row: Subscription) -> list[dict[str, Any]]:
    """What was billed of it, oldest first: corrections beside the period they correct."""
    query = (
        select(SubscriptionPeriod, Charge.date, Charge.amount, Charge.state, Charge.invoice_id)
        .outerjoin(
            Charge,
            and_(
                Charge.administration_id == SubscriptionPeriod.administration_id,
                Charge.id == SubscriptionPeriod.charge_id,
            ),
        )
        .where(
            SubscriptionPeriod.administration_id == scope.administration_id,
            SubscriptionPeriod.subscription_id == row.id,
        )
        .order_by(SubscriptionPeriod.first_day, SubscriptionPeriod.part, SubscriptionPeriod.number)
    )
    return [
        {
            "part": period.part,
            "first_day": period.first_day,
            "last_day": period.last_day,
            "correction": period.number > 0,
            "date": on,
            "amount": amount,
            "charge_id": period.charge_id,
            "state": state,
            "invoice_id": invoice_id,
        }
        for period, on, amount, state, invoice_id in scope.session.execute(query)
    ]


def price(found: Price) -> dict[str, Any]:
    """The price in force, as it is told."""
    return {
        "amount": found.unit_price,
        "percentage": found.rate if found.kind == "percentage" else None,
        "per_mille": found.rate if found.kind == "per_mille" else None,
        "investment": found.base,
        "a_year": found.a_year,
        "quantity": found.quantity,
    }


def _upcoming(due: Due) -> dict[str, Any]:
    return {
        "part": due.part,
        "first_day": due.first,
        "last_day": due.last,
        "date": due.on,
        "amount": due.amount,
        "explanation": [list(step) for step in due.steps],
    }


def _state(scope: Scope, value: core.Subscription) -> str:
    if value.cancelled:
        return "cancelled"
    if value.ends_on is not None and value.ends_on < scope.today:
        return "ended"
    return "active" if value.starts_on <= scope.today else "to_begin"
