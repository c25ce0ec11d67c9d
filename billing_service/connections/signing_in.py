"""Signing in over OAuth: where to send the person who connects, and what to do with the code that comes back.

The state that comes back with the code works once and for a short time; only its digest is stored. The code is
exchanged by a worker, like every call to a package, and waits for it encrypted.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_service import jobs
from billing_service.connections import connecting, reading
from billing_service.connections.opening import Outside, connection_of, tokens_of
from billing_service.errors import Conflict, FieldError, InvalidInput, NotFound
from billing_service.jobs import RunningJob
from billing_service.store import audit
from billing_service.store.connections import Connection
from billing_service.store.scope import Scope
from billing_service.store.work import Job
from billing_service.vault import Vault
from connectors.base import ConnectorError
from connectors.oauth import Client, authorize_address, first_tokens
from connectors.package import Connection as Opened
from connectors.package import SignInPages

SIGN_IN: Final = "connection_sign_in"
ANSWER_WITHIN: Final = timedelta(minutes=15)
RETURN_PATH: Final = "/connections/signed-in"
"""Where a package sends the person back to, below the public address of the service."""


@dataclass(frozen=True, slots=True)
class Begun:
    """``address`` is where the person who connects agrees, before ``until``."""

    address: str
    until: datetime


def begin(scope: Scope, outside: Outside, row: Connection, public_url: str) -> Begun:
    """Starts signing in; an earlier attempt that got no answer yet is forgotten.

    Raises ``Conflict`` for a package without sign-in pages and a closed connection, ``InvalidInput`` where our
    registration with the package is not filled in.
    """
    connecting.refuse_closed(row)
    pages, opened = _pages(outside, row)
    client = _client(pages, opened)
    state = secrets.token_urlsafe(32)
    row.sign_in_state, row.sign_in_until = _digest(state), scope.now + ANSWER_WITHIN
    scope.session.flush()
    audit.record(scope, "sign_in", "connection", row.id)
    address = pages.address(opened.settings)
    return Begun(
        authorize_address(address, client.client_id, public_url + RETURN_PATH, state, pages.scope), row.sign_in_until
    )


def answered(session: Session, vault: Vault, state: str, code: str, public_url: str, now: datetime) -> Job:
    """The person came back with a code: a worker exchanges it and reads the connection.

    Raises ``NotFound`` for a state that nobody waits for (any more).
    """
    row = session.scalars(select(Connection).where(Connection.sign_in_state == _digest(state))).one_or_none()
    if row is None or row.sign_in_until is None or row.sign_in_until <= now or row.state == "closed":
        raise NotFound("Nobody waits for this sign-in (any more): begin it once more.")
    row.sign_in_state = row.sign_in_until = None
    scope = Scope(session, row.administration_id, "sign-in", now)
    payload = vault.encrypt(row.id, {"code": code, "redirect_uri": public_url + RETURN_PATH})
    session.flush()
    return jobs.start(scope, SIGN_IN, subject_id=row.id, payload=payload, media_type="application/octet-stream")


@jobs.runs(SIGN_IN)
def run(job: RunningJob) -> Mapping[str, Any]:
    """Exchanges the code for tokens and reads the connection with them."""
    with job.scope() as scope:
        row = connecting.get(scope, job.subject_id or job.id)
    outside: Outside = job.outside
    vault = Vault(outside.secret_keys)
    given = vault.decrypt(row.id, job.payload)
    pages, opened = _pages(outside, row)
    try:
        # What the package answers may quote the pair of an earlier sign-in too.
        stored = tokens_of(outside, row.administration_id, row.id).secrets()
        hiding = replace(opened, secrets={**opened.secrets, **stored})
        client, http = _client(pages, opened), pages.http(hiding)
        tokens = first_tokens(http, client, given["code"], given["redirect_uri"], outside.clock())
    except ConnectorError as error:
        with job.scope() as scope:
            return reading.not_read(scope, row.id, error)
    with job.scope() as scope:
        connecting.refuse_closed(connecting.get(scope, row.id))
        tokens_of(outside, row.administration_id, row.id).put(scope.session, tokens)
        audit.record(scope, "signed_in", "connection", row.id)
    return reading.read(job, row.administration_id, row.id)


def _pages(outside: Outside, row: Connection) -> tuple[SignInPages, Opened]:
    package, opened = connection_of(outside, row)
    if package.sign_in is None:
        raise Conflict(f"{package.title} has no sign-in: fill in its secrets.", code="no_sign_in")
    return package.sign_in, opened


def _client(pages: SignInPages, opened: Opened) -> Client:
    try:
        return pages.client(opened)
    except KeyError as error:
        name = str(error.args[0])
        kind = "settings" if name == "client_id" else "secrets"
        raise InvalidInput(
            "Fill in our registration with the package first.", errors=[FieldError(f"/{kind}/{name}", "is needed")]
        ) from None


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
