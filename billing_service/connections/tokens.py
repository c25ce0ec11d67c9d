"""The OAuth tokens of a connection in the database, shared by all processes (accounting-apis 14.8).

Whoever renews them holds a lease by the database's clock, which ends by itself when its process dies; no transaction is
open during the call. A new pair is stored if the one it came from still stands there, also when the lease ran out
meanwhile: whoever renewed later got the older pair refused, and ours is the one that works.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from billing_service.store.clock import database_now
from billing_service.store.connections import ConnectionTokens
from billing_service.store.session import Database
from billing_service.vault import Vault
from connectors.base import SignInAgain, TryAgainLater, Wait
from connectors.http import Secret
from connectors.oauth import LockedTokens, Tokens

LEASE: Final = timedelta(seconds=90)
"""Longer than a call to the package can take (``connectors.http.Deadlines``: 60 s)."""
LONGEST_WAIT: Final = timedelta(seconds=20)
LOOK_AGAIN: Final = 0.1
LOCKED_OUT: Final = timedelta(seconds=5)
"""After how long to try again where another process held the tokens all the while."""


class StoredTokens:
    """A :class:`connectors.oauth.TokenStore` for one connection."""

    def __init__(
        self,
        database: Database,
        vault: Vault,
        administration_id: UUID,
        connection_id: UUID,
        *,
        lease: timedelta = LEASE,
        longest_wait: timedelta = LONGEST_WAIT,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._database, self._vault = database, vault
        self._administration_id, self._connection_id = administration_id, connection_id
        self._lease, self._longest_wait, self._sleep = lease, longest_wait, sleep

    def read(self) -> Tokens:
        """See :class:`connectors.oauth.TokenStore`."""
        return self._read()[0]

    @contextmanager
    def locked(self) -> Iterator[LockedTokens]:
        """See :class:`connectors.oauth.TokenStore`."""
        token = uuid4()
        give_up_at = time.monotonic() + self._longest_wait.total_seconds()
        while not self._claim(token):
            if time.monotonic() >= give_up_at:
                raise TryAgainLater("Another process renews the sign-in.", wait=Wait.SIGN_IN, after=LOCKED_OUT)
            self._sleep(LOOK_AGAIN)
        try:
            yield _Held(self)
        finally:
            self._change(ConnectionTokens.lease_token == token, lease_token=None, lease_until=None)

    def put(self, session: Session, tokens: Tokens) -> None:
        """Stores the pair of a new sign-in, in the caller's transaction; whatever stood there is replaced."""
        row = session.get(ConnectionTokens, (self._administration_id, self._connection_id))
        if row is None:
            row = ConnectionTokens(
                administration_id=self._administration_id, connection_id=self._connection_id, generation=0
            )
            session.add(row)
        for name, value in self._columns(tokens).items():
            setattr(row, name, value)
        row.generation += 1
        session.flush()

    def secrets(self) -> dict[str, Secret]:
        """The stored pair by its names, also one that was refused meanwhile, for whoever must not show it."""
        row = self._row()
        pair = self._vault.decrypt(self._connection_id, row.pair) if row else {}
        return {name: Secret(value) for name, value in pair.items()}

    def _row(self) -> ConnectionTokens | None:
        with self._database.read() as session:
            return session.get(ConnectionTokens, (self._administration_id, self._connection_id))

    def _read(self) -> tuple[Tokens, int]:
        row = self._row()
        if row is None:
            raise SignInAgain("Nobody has signed in to the package yet.")
        if row.stopped_reason is not None:
            raise SignInAgain("The package no longer accepts the stored sign-in.", detail=row.stopped_reason)
        pair = self._vault.decrypt(self._connection_id, row.pair)
        return Tokens(Secret(pair["access"]), Secret(pair["refresh"]), row.obtained_at, row.expires_at), row.generation

    def _columns(self, tokens: Tokens) -> dict[str, object]:
        pair = self._vault.encrypt(self._connection_id, {"access": tokens.access, "refresh": tokens.refresh})
        times = {"obtained_at": tokens.obtained_at, "expires_at": tokens.expires_at}
        return {"pair": pair, "stopped_reason": None, **times}

    def _claim(self, token: UUID) -> bool:
        with self._database.write() as session:
            now = database_now(session)
            free = or_(ConnectionTokens.lease_until.is_(None), ConnectionTokens.lease_until <= now)
            claimed = session.execute(
                update(ConnectionTokens)
                .filter_by(administration_id=self._administration_id, connection_id=self._connection_id)
                .where(free)
                .values(lease_token=token, lease_until=now + self._lease)
                .returning(ConnectionTokens.generation)
                .execution_options(synchronize_session=False)
            ).first()
            if claimed is None and not self._exists(session):
                raise SignInAgain("Nobody has signed in to the package yet.")
        return claimed is not None

    def _exists(self, session: Session) -> bool:
        return session.get(ConnectionTokens, (self._administration_id, self._connection_id)) is not None

    def _change(self, condition: object, **values: object) -> None:
        with self._database.write() as session:
            session.execute(
                update(ConnectionTokens)
                .filter_by(administration_id=self._administration_id, connection_id=self._connection_id)
                .where(condition)  # type: ignore[arg-type]
                .values(**values)
                .execution_options(synchronize_session=False)
            )


class _Held:
    """The tokens in the hands of the process that holds the lease."""

    def __init__(self, store: StoredTokens) -> None:
        self._store = store
        self._generation = 0

    def read(self) -> Tokens:
        """See :class:`connectors.oauth.LockedTokens`."""
        tokens, self._generation = self._store._read()
        return tokens

    def save(self, tokens: Tokens) -> None:
        """See :class:`connectors.oauth.LockedTokens`."""
        values = self._store._columns(tokens)
        self._store._change(self._unchanged(), generation=ConnectionTokens.generation + 1, **values)

    def stop(self, reason: str) -> None:
        """See :class:`connectors.oauth.LockedTokens`."""
        self._store._change(self._unchanged(), stopped_reason=reason)

    def _unchanged(self) -> object:
        return ConnectionTokens.generation == self._generation
