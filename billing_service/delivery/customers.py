"""A customer on its way: found by our code, created where it is not there, brought up to date where it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from billing_service.connections.documents import customer_digest, customer_value
from billing_service.connections.facts import customer_facts
from billing_service.connections.first_run import Ours, propose
from billing_service.delivery.patience import UNCLEAR, Attention, Later
from billing_service.delivery.push import Push
from billing_service.delivery.steps import key_lives
from billing_service.store.agreements import agree
from billing_service.store.connections import ConnectionCustomer
from billing_service.store.parties import Customer
from billing_service.store.scope import Scope
from connectors import base
from connectors.base import AlreadyThere, Cause, Outcome, Refused, RemoteCustomer, Step, TryAgainLater, Wait


@dataclass(frozen=True, slots=True)
class Known:
    """The customer as it is now; ``remote_id`` is who it is there, ``sent`` that what stands there is current."""

    ours: Ours
    value: base.Customer
    digest: str
    remote_id: str | None
    sent: bool


def push_customer(push: Push) -> timedelta | None:
    """Look, create or bring up to date; after how long it goes on, if it does."""
    known = _load(push)
    if known.sent and known.remote_id is not None:
        return _ended(push, known, known.remote_id)
    remote_id = known.remote_id
    if remote_id is None:
        if push.row.unclear and push.row.look_after is not None and push.now() < push.row.look_after:
            return push.later(Later(UNCLEAR, push.row.waiting_since or push.now(), push.row.look_after))
        found = push.connector.find_customer(known.value.code)
        if found.outcome is Outcome.SEVERAL:
            ids = ", ".join(one.id for one in found.items)
            return push.attention(Attention("several_there", "look_there", None, ids))
        if found.outcome is Outcome.CANNOT_SEARCH and push.row.unclear and not _is_safe(push):
            return push.attention(Attention("outcome_unclear", "look_there"))
        if found.outcome is not Outcome.ONE:
            return _create(push, known)
        (there,) = found.items
        if not push.row.unclear and not _same(known.ours, there):
            return push.attention(Attention("customer_code_taken", "look_there", "code", there.name))
        remote_id = there.id
    return _update(push, known, remote_id)


def _create(push: Push, known: Known) -> timedelta | None:
    push.begin(Step.CREATE, known.digest)
    try:
        made = push.connector.upsert_customer(known.value, key=push.row.key)
    except AlreadyThere as error:  # somebody else made it since we looked, or the search is late: look again
        raise TryAgainLater(str(error), wait=Wait.UNAVAILABLE, detail=error.detail) from None
    return _ended(push, known, made.id, made)


def _update(push: Push, known: Known, remote_id: str) -> timedelta | None:
    try:
        made = push.connector.upsert_customer(known.value, remote_id, key=push.row.key)
    except Refused as error:
        if error.cause is not Cause.CUSTOMER_UNKNOWN:
            raise
        return push.attention(Attention("customer_gone", "look_there", None, error.detail or str(error)))
    return _ended(push, known, remote_id, made)


def _ended(push: Push, known: Known, remote_id: str, made: RemoteCustomer | None = None) -> timedelta | None:
    return push.delivered(lambda scope: _link(scope, push, known, remote_id, made), remote_id=remote_id)


def _link(scope: Scope, push: Push, known: Known, remote_id: str, made: RemoteCustomer | None) -> bool:
    """Record who it is there, what was sent, and what stands there since (``made``); whether that is what it is now: it
    may have changed meanwhile."""
    key = (scope.administration_id, push.row.connection_id, known.ours.id)
    row = scope.session.get(ConnectionCustomer, key)
    if row is None:
        row = ConnectionCustomer(
            administration_id=scope.administration_id,
            connection_id=push.row.connection_id,
            customer_id=known.ours.id,
            remote_id=remote_id,
        )
        scope.session.add(row)
    row.sent_digest, row.sent_at = known.digest, scope.now
    scope.session.flush()
    if made is not None:
        agree(scope, push.row.connection_id, "customer", known.ours.id, customer_facts(made))
    return customer_digest(customer_value(_customer(scope, known.ours.id))) == known.digest


def _is_safe(push: Push) -> bool:
    return key_lives(push.progress, push.capabilities, push.now())


def _same(ours: Ours, there: RemoteCustomer) -> bool:
    """Whether a customer that stood there before us is certainly this one."""
    return any(proposal.certain for proposal in propose([ours], [there]))


def _load(push: Push) -> Known:
    with push.hands.reading() as scope:
        row = _customer(scope, push.row.subject_id)
        link = scope.session.get(ConnectionCustomer, (scope.administration_id, push.row.connection_id, row.id))
        value = customer_value(row)
        digest = customer_digest(value)
        ours = Ours(row.id, row.number, row.name, row.postal_code, row.vat_number, row.kvk)
        return Known(
            ours, value, digest, link.remote_id if link else None, link is not None and link.sent_digest == digest
        )


def _customer(scope: Scope, customer_id: UUID) -> Customer:
    found = select(Customer).where(Customer.administration_id == scope.administration_id, Customer.id == customer_id)
    return scope.session.scalars(found).one()
