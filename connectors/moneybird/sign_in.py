"""How a connection shows who it is: by a personal token, or by OAuth (accounting-apis 2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from connectors.base import Capabilities, SignInAgain
from connectors.http import Bearer, Http, SignIn
from connectors.moneybird.capabilities import CAPABILITIES
from connectors.moneybird.refusals import reads_error
from connectors.oauth import Client, OAuth
from connectors.package import Connection, SignInPages, http_of

BASE_URL: Final = "https://moneybird.com"
SCOPES: Final = "sales_invoices settings"
"""``settings`` is for the lists of projects and financial accounts, and for whoever registers a webhook."""


def capable(at: Connection) -> Capabilities:
    """What this connection can."""
    return CAPABILITIES.enable(at.enabled)


def signed(at: Connection) -> Http:
    """The HTTP layer with the personal token, if one is filled in, else with the tokens that a person got us by OAuth.

    An access token without an end is used until it is refused.
    """
    return _http(at, _sign_in(at))


def _sign_in(at: Connection) -> SignIn:
    if at.secrets.get("token"):
        return Bearer(at.secrets["token"])
    if at.tokens is None:
        raise SignInAgain("No personal token is filled in, and nobody signed in to Moneybird.")
    return OAuth(_client(at), at.tokens, lambda sign_in: _http(at, sign_in), at.clock)


def _http(at: Connection, sign_in: SignIn | None) -> Http:
    return http_of(at, _base(at.settings), sign_in, capable(at), reads_error)


def _client(at: Connection) -> Client:
    for name, there in {"client_id": at.settings, "client_secret": at.secrets}.items():
        if not there.get(name):
            raise SignInAgain(f"Neither a personal token nor {name} is filled in.")
    return Client("/oauth/token", at.settings["client_id"], at.secrets["client_secret"])


def _base(settings: Mapping[str, str]) -> str:
    return settings.get("base_url") or BASE_URL


SIGN_IN: Final = SignInPages(
    address=lambda settings: f"{_base(settings)}/oauth/authorize",
    client=_client,
    http=lambda at: _http(at, None),
    scope=SCOPES,
)
