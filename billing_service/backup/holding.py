"""Holding a copy of the database that was brought back from a backup, in one transaction, until a person says what it
may do.

Numbers that were given after the backup may have been sent, and only a person can know. The database that the backup
was made of may still be in use, or the copy may be there just to look at: so nothing is called from it, neither
accounting packages nor webhooks. What was on its way may have arrived since, and is looked for before it goes again.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_service import delivery
from billing_service.connections import connecting
from billing_service.notifying import endpoints
from billing_service.parties import numbering
from billing_service.store import dispatch
from billing_service.store.administrations import Administration
from billing_service.store.connections import Connection
from billing_service.store.scope import Scope


@dataclass(frozen=True, slots=True)
class Held:
    """How many number series are blocked, connections and webhook endpoints stand still, and how many deliveries are
    looked for when they go on."""

    series_blocked: int
    connections_held: int
    webhook_endpoints_held: int
    deliveries_doubted: int


def hold(session: Session, now: datetime, actor: str) -> Held:
    """Nothing is issued and nothing leaves any more, in all administrations. May be repeated."""
    ids = session.scalars(select(Administration.id).order_by(Administration.id)).all()
    scopes = [Scope(session, one, actor, now) for one in ids]
    silenced = sum(endpoints.hold(scope) for scope in scopes)  # first: of what follows nobody outside is to hear
    connected = [(scope, row) for scope in scopes for row in _not_closed(scope)]
    for scope, row in connected:
        _hold_connection(scope, row)
    return Held(
        series_blocked=numbering.block_all_series(session, now, actor),
        connections_held=len(connected),
        webhook_endpoints_held=silenced,
        deliveries_doubted=dispatch.doubt(session, now),
    )


def _hold_connection(scope: Scope, row: Connection) -> None:
    # What was not asked for yet may have been delivered since: it is asked for here, to be doubted with the rest.
    delivery.dispatch_since_start(lambda: nullcontext(scope), row.id)
    connecting.hold(scope, row)


def _not_closed(scope: Scope) -> list[Connection]:
    mine = select(Connection).where(Connection.administration_id == scope.administration_id)
    return list(scope.session.scalars(mine.where(Connection.state != "closed")))
