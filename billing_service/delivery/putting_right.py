"""What was changed there is made ours again, because a person asked for it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from billing_service.core.ids import new_id
from billing_service.delivery import telling
from billing_service.store import dispatch
from billing_service.store.connections import ConnectionCustomer
from billing_service.store.scope import Scope

OVERWRITE: Final = ""
"""In place of the digest of what was sent: it differs from every other, so that what stands there is made ours."""


def customer_again(scope: Scope, connection_id: UUID, customer_id: UUID, *, gone: bool) -> None:
    """Send this customer once more; ``gone``: it does not stand there any more, so that it is made anew.

    A customer that is made anew goes with a key of its own: under the old one a package that honours keys would answer
    with what is gone.
    """
    telling.lock(scope, connection_id)
    link = scope.session.get(ConnectionCustomer, (scope.administration_id, connection_id, customer_id))
    if link is not None and gone:
        scope.session.delete(link)
    elif link is not None:
        link.sent_digest = OVERWRITE
    row = dispatch.delivery_of(scope, connection_id, "customer", customer_id)
    if row is not None and gone:
        row.key, row.remote_id, row.step, row.digest = new_id().hex, None, None, None
    scope.session.flush()
    dispatch.customer_again(scope, connection_id, customer_id)


def document_again(scope: Scope, connection_id: UUID, invoice_id: UUID) -> None:
    """Make the document there equal to ours; only where the package lets us change it."""
    telling.lock(scope, connection_id)
    row = dispatch.delivery_of(scope, connection_id, "document", invoice_id)
    if row is not None:
        row.digest = OVERWRITE
        scope.session.flush()
        telling.again(scope, [row.id])
        scope.session.refresh(row)
        dispatch.ask(scope, [row.id])
