"""Webhooks of a package: a signed hint that something changed there. Never a fact: what changed is read by a worker.

The key in the address says which connection is meant; that the package sent it is proved by the signature on the raw
body. Nothing is stored of a hook: it only makes work due that would be done anyway, once, however often it is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_service.connections.opening import Outside, capabilities_of, open_connector
from billing_service.errors import NotFound
from billing_service.store import collecting, looking
from billing_service.store.connections import Connection, ConnectionCustomer
from billing_service.store.deliveries import Delivery
from billing_service.store.scope import Scope
from connectors.base import ConnectorError, Hint, InvalidSignature, NotSupported, Subject

log = structlog.get_logger(__name__)

PATH: Final = "/hooks/"
"""Where packages call us, below the public address of the service; the key of the connection follows."""
SECRET: Final = "webhook_secret"  # noqa: S105 the name of it
ACTOR: Final = "hook"
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{20,100}")
_LONGEST_ID: Final = 200


@dataclass(frozen=True, slots=True)
class Called:
    """How the package calls us. ``address`` is what to register there, ``signature`` the kind that it makes: both
    ``None`` where it sends no webhooks. ``secret_given``: what it signs with is filled in; until then nothing is
    believed."""

    address: str | None
    signature: str | None
    secret_given: bool


def called(row: Connection, public_url: str) -> Called:
    """How the package of this connection calls us; a closed one is not called."""
    signature = None if row.state == "closed" else capabilities_of(row).webhooks.value
    address = None if signature is None else f"{public_url}{PATH}{row.webhook_key}"
    return Called(address, signature, SECRET in row.secret_names)


def hear(outside: Outside, key: str, body: bytes, headers: Mapping[str, str]) -> bool:
    """Take a webhook; whether it is believed. One that is gives reason to look there, in one short transaction.

    Until the secret of the connection is filled in nothing is believed, but nothing refused either: a package tries the
    address before it gives us the secret. Raises ``NotFound`` for an unknown key; makes no call.
    """
    row = _found(outside, key)
    if SECRET not in row.secret_names:
        return True
    try:
        connector = open_connector(outside, row.administration_id, row.id)
        hints = connector.verify_webhook(body, headers, outside.clock())
    except NotSupported:
        raise NotFound("There is nothing at this address.") from None
    except InvalidSignature:
        log.info("hook.refused", connection=str(row.id))
        return False
    except ConnectorError as error:  # not signed in yet, or signed but nothing that anybody understands
        log.warning("hook.not_understood", connection=str(row.id), error=type(error).__name__)
        return True
    if hints and row.state == "active":
        _heed(outside, row, hints)
    return True


def _found(outside: Outside, key: str) -> Connection:
    if _KEY.fullmatch(key):
        with outside.database.read() as session:
            row = session.scalars(select(Connection).where(Connection.webhook_key == key)).one_or_none()
        if row is not None and row.state != "closed":
            return row
    raise NotFound("There is nothing at this address.")


@dataclass(frozen=True, slots=True)
class _Reasons:
    """What to look at: payments, and of ours these (noun, id)."""

    collect: bool
    looks: Sequence[tuple[str, UUID]]


def _heed(outside: Outside, row: Connection, hints: Sequence[Hint]) -> None:
    with outside.database.read() as session:
        reasons = _reasons(_scope(outside, session, row), row.id, hints)
    log.info("hook.heard", connection=str(row.id), hints=len(hints), collect=reasons.collect, looks=len(reasons.looks))
    if not reasons.collect and not reasons.looks:
        return
    with outside.database.write() as session:
        scope = _scope(outside, session, row)
        for noun, subject_id in reasons.looks:
            looking.ask(scope, row.id, noun, subject_id)
        if reasons.collect:
            collecting.ask(scope, row.id)


def _reasons(scope: Scope, connection_id: UUID, hints: Sequence[Hint]) -> _Reasons:
    """A document may have been paid, so that payments are read for it, too. Work that waits already is asked for once:
    it has not begun, so that it will see what this hook is about."""
    collect = any(hint.subject is not Subject.CUSTOMER for hint in hints)
    looks = [about for hint in hints if (about := _ours(scope, connection_id, hint)) is not None]
    return _Reasons(
        collect and not looking.is_asked(scope, collecting.COLLECT, connection_id),
        [about for about in dict.fromkeys(looks) if not looking.is_asked(scope, looking.LOOK, about[1])],
    )


def _ours(scope: Scope, connection_id: UUID, hint: Hint) -> tuple[str, UUID] | None:
    """What of ours it is about. One that is on its way is left to its delivery: mostly the hook echoes that."""
    remote_id = hint.id
    if not isinstance(remote_id, str) or len(remote_id) > _LONGEST_ID or not remote_id.isprintable():
        return None
    mine = {"administration_id": scope.administration_id, "connection_id": connection_id, "remote_id": remote_id}
    if hint.subject is Subject.CUSTOMER:
        known = scope.session.scalars(select(ConnectionCustomer.customer_id).filter_by(**mine)).one_or_none()
        return None if known is None else ("customer", known)
    if hint.subject is Subject.DOCUMENT:
        delivered = select(Delivery.subject_id).filter_by(**mine, noun="document", state="delivered")
        known = scope.session.scalars(delivered).one_or_none()
        return None if known is None else ("document", known)
    return None


def _scope(outside: Outside, session: Session, row: Connection) -> Scope:
    return Scope(session, row.administration_id, ACTOR, outside.clock())
