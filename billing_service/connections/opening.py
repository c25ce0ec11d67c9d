"""Opening a connector: the row of a connection, its secrets, and the counters and tokens that all processes share."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

import connectors
from billing_service.connections.limiter import StoredLimiter
from billing_service.connections.tokens import StoredTokens
from billing_service.errors import Conflict, NotFound
from billing_service.store import connections as store
from billing_service.store.session import Database
from billing_service.vault import Vault
from connectors.base import Capabilities, Connector
from connectors.http import Call, Deadlines, Secret
from connectors.package import Connection, Package

log = structlog.get_logger(__name__)


class Outside(Protocol):
    """What it takes to talk to a package: the context of a process, or what a test puts in its place.

    ``secret_keys`` are those of :class:`Vault`. ``transport`` takes the place of the network, by package;
    ``call_seconds`` is how long one call to it takes at most.
    """

    @property
    def database(self) -> Database: ...

    @property
    def clock(self) -> Callable[[], datetime]: ...

    @property
    def secret_keys(self) -> Sequence[str]: ...

    @property
    def transport(self) -> Callable[[str], BaseAdapter | None]: ...

    @property
    def call_seconds(self) -> float: ...


def open_connector(outside: Outside, administration_id: UUID, connection_id: UUID) -> Connector:
    """A connector for this connection, in whatever state it is but closed; makes no call.

    It belongs to one thread, and opens short transactions of its own for limits and tokens: on SQLite never call it
    inside a write transaction. Raises ``NotFound``, ``Conflict`` for one that is closed, and ``NoSecretKey``.
    """
    with outside.database.read() as session:
        row = session.get(store.Connection, (administration_id, connection_id))
    if row is None:
        raise NotFound("There is no such connection.")
    if row.state == "closed":
        raise Conflict("This connection is closed.", code="connection_closed")
    package, opened = connection_of(outside, row)
    return package.connect(opened)


def package_of(name: str) -> Package:
    """Raises ``Conflict`` for a package that this version does not have (any more)."""
    if name not in connectors.PACKAGES:
        raise Conflict(f"This version cannot connect to {name!r}.", code="package_unknown")
    return connectors.PACKAGES[name]


def capabilities_of(row: store.Connection) -> Capabilities:
    """What the package can for this connection; makes no call and needs no secret."""
    package = package_of(row.package)
    return package.capabilities(_settings(row)).enable(frozenset(row.enabled))


def tokens_of(outside: Outside, administration_id: UUID, connection_id: UUID) -> StoredTokens:
    """Where the OAuth tokens of this connection are kept."""
    return StoredTokens(outside.database, _vault(outside), administration_id, connection_id)


def _vault(outside: Outside) -> Vault:
    return Vault(outside.secret_keys)


def _settings(row: store.Connection) -> Mapping[str, str]:
    return {name: str(value) for name, value in row.settings.items()}


def connection_of(outside: Outside, row: store.Connection) -> tuple[Package, Connection]:
    """What the package is handed to open this connection. Raises ``NoSecretKey``."""
    package = package_of(row.package)
    return package, Connection(
        id=str(row.id),
        settings=_settings(row),
        secrets={name: Secret(value) for name, value in _vault(outside).decrypt(row.id, row.secrets).items()},
        limiter=StoredLimiter(outside.database, row.administration_id, outside.clock),
        clock=outside.clock,
        tokens=tokens_of(outside, row.administration_id, row.id) if package.uses_oauth else None,
        enabled=frozenset(row.enabled),
        on_call=_traced,
        deadlines=_deadlines(outside.call_seconds),
        transport=_Silence() if row.restored_at is not None else outside.transport(row.package),
    )


class _Silence(BaseAdapter):
    """In place of the network in a restored copy: whatever asks, nothing leaves until a person resumes."""

    def send(self, request: PreparedRequest, *args: object, **options: object) -> Response:
        detail = "This copy was restored from a backup: resume the connection first, if nothing else uses it."
        raise Conflict(detail, code="restored_copy")

    def close(self) -> None:
        """Nothing was opened."""


def _deadlines(whole: float) -> Deadlines:
    usual = Deadlines()
    return Deadlines(min(usual.connect, whole), min(usual.wait, whole), whole)


def _traced(call: Call) -> None:
    log.log(
        logging.DEBUG if call.status is not None and call.status < 400 else logging.INFO,
        "package.called",
        connection=call.connection,
        method=call.method,
        route=call.route,
        status=call.status,
        milliseconds=call.milliseconds,
        bytes=call.bytes,
    )
