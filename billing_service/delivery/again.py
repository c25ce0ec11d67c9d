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
"""In place of the digest of what was sent: it differs from every other, so that the document there is made ours."""


def anew(scope: Scope, connection_id: UUID, noun: str, subject_id: UUID) -> None:
    """It does not stand there any more: deliver it as if it never had been.

    With a new key: under the old one a package that honours keys would answer with what is gone. A document is looked
    for first, in case somebody made it there again.
    """
    telling.lock(scope, connection_id)
    if noun == "customer":
        link = scope.session.get(ConnectionCustomer, (scope.administration_id, connection_id, subject_id))
        if link is not None:
            scope.session.delete(link)
            scope.session.flush()
    row = dispatch.delivery_of(scope, connection_id, noun, subject_id)
    if row is None:
        return
    row.key, row.remote_id, row.step, row.digest, row.attached = new_id().hex, None, None, None, False
    if noun == "document":
        row.step, row.unclear, row.tried_at, row.look_after = Step.CREATE, True, scope.now, scope.now
    row.state = "waiting"
    _go(scope, row)


def overwrite(scope: Scope, connection_id: UUID, invoice_id: UUID) -> None:
    """The document there was changed: make it ours again. Only where the package lets us change it."""
    telling.lock(scope, connection_id)
    row = dispatch.delivery_of(scope, connection_id, "document", invoice_id)
    if row is not None:
        row.digest, row.state = OVERWRITE, "waiting"
        _go(scope, row)


def _go(scope: Scope, row: Delivery) -> None:
    scope.session.flush()
    telling.again(scope, [row.id])
    scope.session.refresh(row)
    dispatch.ask(scope, [row.id])
