"""OAuth tokens that survive crashes, rotation and several processes (accounting-apis 1.1, 14.8).

Exact and Xero give a new refresh token at every use and kill the old one; two processes that refresh at once lose the
connection. So: one row of tokens per connection; a refresh happens under a lock of **all** processes; whoever gets the
lock reads the tokens again, for another may just have refreshed them; the new pair is stored, durably, before its first
use. A refresh token that is refused stops the connection until a person signs in again. One hole is left that no client
can close: a process that dies between the answer and the save has lost the pair.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

from connectors.base import OutcomeUnknown, SignInAgain, TryAgainLater, Wait
from connectors.http import Answer, Http, Secret, SignIn, redacted
from connectors.limits import Clock


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """A pair as the package gave it. ``expires_at`` is ``None`` where it did not say."""

    access: Secret
    refresh: Secret
    obtained_at: datetime
    expires_at: datetime | None


class LockedTokens(Protocol):
    """The tokens of one connection, held by this process alone."""

    def read(self) -> Tokens:
        """The tokens as they are stored now, not as they were before the lock."""

    def save(self, tokens: Tokens) -> None:
        """Stores them durably: when this returns, they survive a crash."""

    def stop(self, reason: str) -> None:
        """Stops the connection until a person signs in again: from now on :meth:`TokenStore.read` raises."""


class TokenStore(Protocol):
    """Where one connection's tokens are kept, for all processes."""

    def read(self) -> Tokens:
        """The stored tokens; raises ``SignInAgain`` if the connection was stopped or never signed in."""

    def locked(self) -> AbstractContextManager[LockedTokens]:
        """Holds the tokens against every other process.

        A process that dies lets them go. Whoever waits too long for them gets ``TryAgainLater``.
        """


@dataclass(frozen=True, slots=True, repr=False)
class Client:
    """Our registration with the package. ``token_route`` is where, below the base address, it gives out tokens.

    ``early`` is how long before its end a token is renewed; ``youngest`` the age below which the package refuses to
    give a new one (Exact: 570 s of 600).
    """

    token_route: str
    client_id: str
    client_secret: Secret
    early: timedelta = timedelta(seconds=60)
    youngest: timedelta = timedelta()


class OAuth:
    """Signs the calls of one connection with its access token (a :class:`connectors.http.SignIn`).

    ``http_for`` gives the HTTP layer for the token calls; they count as calls of the connection.
    """

    def __init__(self, client: Client, store: TokenStore, http_for: Callable[[SignIn], Http], clock: Clock) -> None:
        self._client, self._store, self._clock = client, store, clock
        self._seen: set[str] = {client.client_secret}
        self._http = http_for(_Unsigned(self.secrets))

    def headers(self) -> Mapping[str, str]:
        """The access token, renewed first if it is about to end. Raises ``SignInAgain`` if the connection stopped."""
        tokens = self._store.read()
        if self._ends_soon(tokens):
            tokens = self._renewed(self._ends_soon)
        return self._bearer(tokens)

    def renew(self, used: Mapping[str, str]) -> bool:
        """After a 401: takes the pair that another process stored meanwhile, else asks for a new one."""
        self._renewed(lambda tokens: self._bearer(tokens) == used)
        return True

    def secrets(self) -> Sequence[str]:
        """See :class:`connectors.http.SignIn`: also tokens used earlier."""
        return tuple(self._seen)

    def _bearer(self, tokens: Tokens) -> dict[str, str]:
        self._seen |= {tokens.access, tokens.refresh}
        return {"Authorization": Secret(f"Bearer {tokens.access}")}

    def _ends_soon(self, tokens: Tokens) -> bool:
        return tokens.expires_at is not None and tokens.expires_at - self._client.early <= self._clock()

    def _renewed(self, is_needed: Callable[[Tokens], bool]) -> Tokens:
        with self._store.locked() as stored:
            tokens = stored.read()
            if not is_needed(tokens):
                return tokens  # another process was faster
            age = self._clock() - tokens.obtained_at
            if age < self._client.youngest:
                raise TryAgainLater(
                    "The package gives no new token yet.", wait=Wait.SIGN_IN, after=self._client.youngest - age
                )
            self._seen |= {tokens.access, tokens.refresh}
            try:
                answer = self._exchange(tokens)
                if answer.status == 200:
                    fresh = read_tokens(answer, self._clock(), tokens.refresh)
                    stored.save(fresh)
                    return fresh
            except OutcomeUnknown as error:
                # The pair may be lost; only another try tells, and if it is, that one is refused.
                after, detail = error.after, error.detail
            else:
                refusal = self._http.redact(answer.text())
                stored.stop(refusal)
                raise SignInAgain("The package no longer accepts the stored sign-in.", detail=refusal)
        raise TryAgainLater("The token could not be renewed.", wait=Wait.SIGN_IN, after=after, detail=detail)

    def _exchange(self, tokens: Tokens) -> Answer:
        """The answer of the token endpoint: 200, or 400 or 401 for a refresh token that is refused (RFC 6749, 5.2)."""
        form = {
            "grant_type": "refresh_token",
            "refresh_token": tokens.refresh,
            "client_id": self._client.client_id,
            "client_secret": self._client.client_secret,
        }
        return self._http.request("POST", self._client.token_route, form=form, expects=frozenset({400, 401}))


def authorize_address(address: str, client_id: str, redirect_uri: str, state: str, scope: str = "") -> str:
    """Where to send the person who connects (RFC 6749, 4.1.1); ``state`` comes back with the answer."""
    asked = {"response_type": "code", "client_id": client_id, "redirect_uri": redirect_uri, "state": state}
    return f"{address}?{urlencode(asked | ({'scope': scope} if scope else {}))}"


def first_tokens(http: Http, client: Client, code: str, redirect_uri: str, now: datetime) -> Tokens:
    """Exchanges the code that a person came back with for tokens (RFC 6749, 4.1.3).

    A code works once and lives for minutes, so whatever goes wrong but a package that asks to wait, raises
    ``SignInAgain``.
    """
    form = {
        "grant_type": "authorization_code",
        "code": Secret(code),
        "redirect_uri": redirect_uri,
        "client_id": client.client_id,
        "client_secret": client.client_secret,
    }
    try:
        answer = http.request("POST", client.token_route, form=form, expects=frozenset({400, 401}))
    except OutcomeUnknown as error:
        raise SignInAgain(
            "The sign-in broke off and has to be done again.", detail=redacted(error.detail, [code])
        ) from None
    if answer.status != 200:
        raise SignInAgain(
            "The package did not accept the sign-in.", detail=redacted(http.redact(answer.text()), [code])
        )
    return read_tokens(answer, now)


@dataclass(frozen=True, slots=True, repr=False)
class _Unsigned:
    """The token calls sign themselves in their form; here only what must not be shown of them."""

    secrets: Callable[[], Sequence[str]]

    def headers(self) -> Mapping[str, str]:
        return {}

    def renew(self, used: Mapping[str, str]) -> bool:
        return False


def read_tokens(answer: Answer, now: datetime, previous: Secret | None = None) -> Tokens:
    """The tokens in the answer of a token endpoint (RFC 6749, 5.1); ``previous`` stays where no new one is given.

    ``expires_in`` may be a text (Exact: accounting-apis 1.1), and may be absent (Moneybird: 2.1).
    """

    def take(value: Any) -> Tokens:
        lives = value.get("expires_in")
        return Tokens(
            access=Secret(_text(value["access_token"])),
            refresh=Secret(_text(value.get("refresh_token") or previous)),
            obtained_at=now,
            expires_at=None if lives is None else now + timedelta(seconds=int(lives)),
        )

    return answer.read(take)


def _text(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("a token is a text")
    return value
