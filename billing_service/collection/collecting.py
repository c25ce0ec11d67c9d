"""The worker's part: one pull of a connection, page by page. No transaction is open during a call.

Each page is recorded with the cursor that follows it, in one transaction under the lease of the work: whoever goes on
after a crash asks for the same page again, and what is told twice is booked once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from billing_service import connections, findings
from billing_service.collection import open_list
from billing_service.collection.settling import look_again, record
from billing_service.connections import Outside, open_connector
from billing_service.delivery import Hands
from billing_service.delivery.patience import Later, verdict
from billing_service.store import collecting
from billing_service.store.connections import Connection
from billing_service.store.payments_in import PaymentPull
from billing_service.store.scope import Scope
from connectors.base import Connector, ConnectorError, PaymentsPage, Pull, SignInAgain

log = structlog.get_logger(__name__)

PAGES_AT_ONCE: Final = 50
"""After so many pages other work of the connection gets its turn."""
NOT_COLLECTED: Final = "payments_not_collected"
"""The finding about a connection whose payments cannot be read."""


def collect(outside: Outside, hands: Hands, connection_id: UUID) -> timedelta | None:
    """Read everything that is new and book it here. ``None``: that is done; else go on after this long.

    Of one connection one at a time: its work is claimed by its subject. While the connection is not active nothing is
    done.
    """
    with hands.scope() as scope:
        connection = scope.session.get_one(Connection, (scope.administration_id, connection_id))
        pull = collecting.lock(scope, connection_id)
        if connection.state != "active":
            return None
        if pull.next_at is not None and scope.now < pull.next_at:
            return pull.next_at - scope.now
        pull.began_at = pull.began_at or scope.now
        cursor = pull.cursor
    connector = open_connector(outside, connection.administration_id, connection_id)
    try:
        return read(connector, hands, connection_id, cursor)
    except ConnectorError as error:
        return _failed(hands, connection_id, error)


def read(connector: Connector, hands: Hands, connection_id: UUID, cursor: str | None) -> timedelta | None:
    """As ``collect``, with a connector that is open; raises what it raises."""
    if connector.capabilities.payments.value is Pull.OPEN_LIST:
        return _compare(connector, hands, connection_id)
    return _read(connector, hands, connection_id, cursor)


def _read(connector: Connector, hands: Hands, connection_id: UUID, cursor: str | None) -> timedelta | None:
    for _ in range(PAGES_AT_ONCE):
        page = connector.payments(cursor)
        with hands.scope() as scope:
            if not _recorded(scope, connection_id, cursor, page):
                return None
        if not page.more:
            return None
        cursor = page.cursor
    return timedelta()


def _compare(connector: Connector, hands: Hands, connection_id: UUID) -> timedelta | None:
    """For a package that tells only what is open."""
    with hands.reading() as scope:
        began = scope.now
    listed = open_list.read(connector)
    with hands.reading() as scope:
        found = open_list.suspects(scope, connection_id, listed, began)
    for document, open_there in found.items():
        if not open_list.is_confirmed(connector, document, open_there):
            continue
        with hands.scope() as scope:
            collecting.lock(scope, connection_id)
            connection = scope.session.get_one(Connection, (scope.administration_id, connection_id))
            if connection.state != "active":
                return None
            open_list.book(scope, connection, document, open_there)
    with hands.scope() as scope:
        pull = collecting.lock(scope, connection_id)
        connection = scope.session.get_one(Connection, (scope.administration_id, connection_id))
        if connection.state == "active":
            _ended(scope, connection, pull)
    return None


def _recorded(scope: Scope, connection_id: UUID, cursor: str | None, page: PaymentsPage) -> bool:
    """Books a page; ``False`` where it no longer counts: the connection was stopped, or somebody else has read on."""
    pull = collecting.lock(scope, connection_id)
    connection = scope.session.get_one(Connection, (scope.administration_id, connection_id))
    if connection.state != "active" or pull.cursor != cursor:
        return False
    record(scope, connection, page.payments)
    pull.cursor = page.cursor
    if page.more:
        _went_well(scope, pull)
    else:
        _ended(scope, connection, pull)
    return True


def _ended(scope: Scope, connection: Connection, pull: PaymentPull) -> None:
    """Everything was read that was there when the pull began."""
    look_again(scope, connection, pull.pulled_at or pull.began_at or scope.now)
    pull.pulled_at, pull.began_at = pull.began_at, None
    _went_well(scope, pull)


def _went_well(scope: Scope, pull: PaymentPull) -> None:
    pull.attempts = 0
    pull.waits = pull.waiting_since = pull.next_at = None
    if pull.problem is not None:
        pull.problem = None
        findings.settle(scope, NOT_COLLECTED, pull.connection_id, "collected")
    scope.session.flush()


def _failed(hands: Hands, connection_id: UUID, error: ConnectorError) -> timedelta | None:
    """What becomes of the pull after this error, as of a delivery; after how long it goes on by itself, if it does."""
    reason = " ".join(filter(None, (str(error), error.detail)))
    with hands.recording() as scope:
        pull = collecting.lock(scope, connection_id)
        if isinstance(error, SignInAgain):
            connections.sign_in_lost(scope, connection_id, reason)
            return None
        pull.attempts += 1
        decided = verdict(
            error,
            attempts=pull.attempts,
            waiting_since=pull.waiting_since,
            settle=timedelta(),
            now=scope.now,
        )
        if isinstance(decided, Later):
            pull.waits, pull.waiting_since, pull.next_at = decided.waits, decided.since, decided.at
            return decided.at - scope.now
        pull.waits = pull.next_at = None
        pull.problem = decided.cause
        connection = scope.session.get_one(Connection, (scope.administration_id, connection_id))
        facts = {"connection": connection.title, "reason": reason}
        findings.report(scope, NOT_COLLECTED, "connection", connection_id, facts)
    log.warning("collection.needs_attention", connection=str(connection_id), cause=decided.cause)
    return None
