"""Subscriptions: a price once and a price per period, charged by the billing runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import subscriptions
from billing_service.api.glue import Answer, Routes, check_version, chosen_language, created, current_currency, page
from billing_service.api.schemas.decisions import LanguageQuery
from billing_service.api.schemas.questions import ReasonIn
from billing_service.api.schemas.subscriptions import (
    IndexIn,
    IndexOut,
    SubscriptionEndIn,
    SubscriptionIn,
    SubscriptionOut,
    SubscriptionPatch,
    SubscriptionQuery,
    SubscriptionTermIn,
    UpcomingOut,
    UpcomingQuery,
    WholeSubscriptionOut,
)
from billing_service.core.charge_texts import explain_charge
from billing_service.core.money import ZERO
from billing_service.store.parties import Contract
from billing_service.store.scope import Scope
from billing_service.store.subscriptions import Subscription
from billing_service.subscriptions.charging import FURTHEST
from billing_service.subscriptions.indexing import Indexed

routes = Routes("subscriptions", "A price once and a price per period, charged by the billing runs; each period once.")

READ, WRITE = "subscriptions:read", "subscriptions:write"
_ONE = "/subscriptions/<uuid:subscription_id>"


@routes.operation("POST", "/subscriptions", scope=WRITE, body=SubscriptionIn, out=WholeSubscriptionOut, status=201)
def create_subscription(scope: Scope, body: dict[str, Any]) -> Answer:
    """Agree on a subscription under a contract.

    Nothing is charged by this: the next billing run does. The answer shows the first twelve charges.
    """
    row = subscriptions.create(scope, body)
    return created(_whole(scope, row), f"/v1/subscriptions/{row.id}")


@routes.operation("GET", "/subscriptions", scope=READ, query=SubscriptionQuery, page_of=SubscriptionOut)
def list_subscriptions(scope: Scope, query: dict[str, Any]) -> Any:
    """List subscriptions, oldest first."""
    statement = select(Subscription).where(Subscription.administration_id == scope.administration_id)
    for name in ("contract_id", "label"):
        if name in query:
            statement = statement.where(getattr(Subscription, name) == query[name])
    if "customer_id" in query:
        of_customer = select(Contract.id).where(
            Contract.administration_id == scope.administration_id, Contract.customer_id == query["customer_id"]
        )
        statement = statement.where(Subscription.contract_id.in_(of_customer))
    if "due_until" in query:
        statement = statement.where(Subscription.next_due <= query["due_until"])
    return page(scope, statement, Subscription.id, query, lambda rows: subscriptions.shown(scope, rows))


@routes.operation("GET", _ONE, scope=READ, query=LanguageQuery, out=WholeSubscriptionOut)
def get_subscription(scope: Scope, query: dict[str, Any], subscription_id: UUID) -> dict[str, Any]:
    """Read a subscription with everything that was billed of it and its next twelve charges."""
    return _whole(scope, subscriptions.get(scope, subscription_id), query)


@routes.operation("GET", f"{_ONE}/upcoming", scope=READ, query=UpcomingQuery, out=UpcomingOut)
def list_upcoming_periods(scope: Scope, query: dict[str, Any], subscription_id: UUID) -> dict[str, Any]:
    """Show what will be charged of a subscription up to a day, with the reasons."""
    until = query.get("until") or scope.today + FURTHEST
    found = subscriptions.upcoming(scope, subscriptions.get(scope, subscription_id), until)
    return {"upcoming": _worded(found, query), "total": sum((due["amount"] for due in found), ZERO)}


@routes.operation("PATCH", _ONE, scope=WRITE, body=SubscriptionPatch, out=WholeSubscriptionOut)
def change_subscription(scope: Scope, body: dict[str, Any], subscription_id: UUID) -> dict[str, Any]:
    """Change its title, label or revenue group: what is charged from now on says the new one."""
    row = subscriptions.get(scope, subscription_id, lock=True)
    check_version(row)
    return _whole(scope, subscriptions.change(scope, row, body))


@routes.operation("POST", f"{_ONE}/terms", scope=WRITE, body=SubscriptionTermIn, out=WholeSubscriptionOut)
def agree_on_subscription(scope: Scope, body: dict[str, Any], subscription_id: UUID) -> dict[str, Any]:
    """Another price, an indexation or another quantity, from the first period that begins on or after a day.

    Open charges follow; where a period on a document would cost something else, a finding says so.
    """
    return _whole(scope, subscriptions.agree(scope, subscriptions.get(scope, subscription_id, lock=True), body))


@routes.operation("POST", f"{_ONE}/end", scope=WRITE, body=SubscriptionEndIn, out=WholeSubscriptionOut)
def end_subscription(scope: Scope, body: dict[str, Any], subscription_id: UUID) -> dict[str, Any]:
    """Give it another last day, or none.

    What was billed beyond it follows while it is open; what is on a document is corrected by a charge, as the policy
    for the last period says.
    """
    row = subscriptions.get(scope, subscription_id, lock=True)
    return _whole(scope, subscriptions.end(scope, row, body["ends_on"]))


@routes.operation("POST", f"{_ONE}/cancel", scope=WRITE, body=ReasonIn, out=WholeSubscriptionOut)
def cancel_subscription(scope: Scope, body: dict[str, Any], subscription_id: UUID) -> dict[str, Any]:
    """Cancel a subscription that has not begun: what was billed of it in advance is taken back."""
    row = subscriptions.get(scope, subscription_id, lock=True)
    return _whole(scope, subscriptions.cancel(scope, row, body["reason"]))


@routes.operation("POST", "/subscriptions/index-preview", scope=READ, body=IndexIn, out=IndexOut, writes=False)
def preview_indexation(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Show what indexing many subscriptions would change. Writes nothing."""
    return _indexed(subscriptions.index_preview(scope, body))


@routes.operation("POST", "/subscriptions/index", scope=WRITE, body=IndexIn, out=IndexOut)
def index_subscriptions(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Raise the price of every subscription that runs on a day and began before it.

    One that was indexed from that very day before is left alone.
    """
    return _indexed(subscriptions.index_all(scope, body))


def _indexed(found: Sequence[Indexed]) -> dict[str, Any]:
    skipped = sum(one.skipped for one in found)
    return {
        "indexed": len(found) - skipped,
        "skipped": skipped,
        "subscriptions": subscriptions.described_index(found),
    }


def _whole(scope: Scope, row: Subscription, query: Mapping[str, Any] | None = None) -> dict[str, Any]:
    found = subscriptions.shown_whole(scope, row)
    return found | {"upcoming": _worded(found["upcoming"], query)}


def _worded(found: Sequence[Mapping[str, Any]], query: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    language, currency = chosen_language(query), current_currency()
    return [{**due, "sentences": explain_charge(due["explanation"], language, currency)} for due in found]
