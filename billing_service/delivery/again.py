"""Bringing there once more what was delivered, because it is gone or was changed there: a person asked for it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from billing_service.core.ids import new_id
from billing_service.delivery import telling
from billing_service.store import dispatch
from billing_service.store.connections import ConnectionCustomer
from billing_service.store.deliveries import Delivery
from billing_service.store.scope import Scope
from connectors.base import Step

OVERWRITE: Final = ""
"""In place of the digest of what was sent: it differs from every other, so that what stands there is made ours."""


def customer(scope: Scope, connection_id: UUID, customer_id: UUID, *, gone: bool) -> None:
    """Send this customer once more; ``gone``: it does not stand there any more, so that it is made anew."""
    telling.lock(scope, connection_id)
    link = scope.session.get(ConnectionCustomer, (scope.administration_id, connection_id, customer_id))
    row = dispatch.delivery_of(scope, connection_id, "customer", customer_id)
    if link is not None and gone:
        scope.session.delete(link)
    elif link is not None:
        link.sent_digest = OVERWRITE
    if row is not None and gone:
        _forget(row)
    scope.session.flush()
    dispatch.customer_again(scope, connection_id, customer_id)


def anew(scope: Scope, connection_id: UUID, noun: str, subject_id: UUID) -> None:
    """It does not stand there any more: deliver it as if it never had been, looked for first in case somebody made it
    there again."""
    telling.lock(scope, connection_id)
    row = dispatch.delivery_of(scope, connection_id, noun, subject_id)
    if row is not None:
        _forget(row)
        row.step, row.unclear, row.tried_at, row.look_after = Step.CREATE, True, scope.now, scope.now
        _go(scope, row)


def overwrite(scope: Scope, connection_id: UUID, invoice_id: UUID) -> None:
    """The document there was changed: make it ours again. Only where the package lets us change it."""
    telling.lock(scope, connection_id)
    row = dispatch.delivery_of(scope, connection_id, "document", invoice_id)
    if row is not None:
        row.digest = OVERWRITE
        _go(scope, row)


def _forget(row: Delivery) -> None:
    """With a new key: under the old one a package that honours keys would answer with what is gone."""
    row.key, row.remote_id, row.step, row.digest, row.attached = new_id().hex, None, None, None, False


def _go(scope: Scope, row: Delivery) -> None:
    row.state = "waiting"
    scope.session.flush()
    telling.again(scope, [row.id])
    scope.session.refresh(row)
    dispatch.ask(scope, [row.id])
