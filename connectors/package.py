"""What a package registers, and what the service hands it to open a connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from requests.adapters import BaseAdapter

from connectors.base import Capabilities, Connector, ConnectorError
from connectors.http import Answer, Call, Deadlines, Http, Secret, SignIn
from connectors.limits import Clock, Limiter
from connectors.oauth import Client, TokenStore


@dataclass(frozen=True, slots=True)
class Connection:
    """Everything a connector needs from outside; it keeps nothing itself.

    ``id`` is ours, for limits and traces. ``settings`` and ``secrets`` are those that the package names. ``tokens`` is
    where the OAuth tokens are, for a package that uses them. ``enabled`` names unverified capabilities that somebody
    switched on. ``transport`` takes the place of the network.
    """

    id: str
    settings: Mapping[str, str]
    secrets: Mapping[str, Secret]
    limiter: Limiter
    clock: Clock
    tokens: TokenStore | None = None
    enabled: frozenset[str] = frozenset()
    on_call: Callable[[Call], None] = lambda call: None
    deadlines: Deadlines = field(default_factory=Deadlines)
    transport: BaseAdapter | None = None
    proxies: Mapping[str, str] = field(default_factory=dict)


def http_of(
    connection: Connection,
    base_url: str,
    sign_in: SignIn | None,
    capabilities: Capabilities,
    reads_error: Callable[[Answer, str], ConnectorError | None],
) -> Http:
    """The HTTP layer of one connection: every package asks through this one."""
    return Http(
        base_url,
        sign_in,
        connection=connection.id,
        capabilities=capabilities,
        limiter=connection.limiter,
        clock=connection.clock,
        on_call=connection.on_call,
        reads_error=reads_error,
        secrets=tuple(connection.secrets.values()),
        deadlines=connection.deadlines,
        transport=connection.transport,
        proxies=connection.proxies,
    )


@dataclass(frozen=True, slots=True)
class Setting:
    """One thing to fill in when connecting. ``name`` is stable; the service words it.

    ``choices`` are the only values that it takes, the first one if it is left empty; none: any text.
    """

    name: str
    required: bool = True
    secret: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignInPages:
    """How a person gives us access over OAuth (RFC 6749, 4.1), for :mod:`connectors.oauth`.

    ``address`` is where the person agrees, ``scope`` what is asked for there. ``client`` is our registration for these
    settings and secrets, ``http`` the layer over which the code is exchanged, below the same address as renewals.
    """

    address: Callable[[Mapping[str, str]], str]
    client: Callable[[Connection], Client]
    http: Callable[[Connection], Http]
    scope: str = ""


@dataclass(frozen=True, slots=True)
class Package:
    """One accounting package: what it can, what it needs, and how to open a connection to it.

    ``capabilities`` gives them for these settings, without any call: a package of several kinds differs by them.
    ``sign_in`` is how a connection that uses OAuth gets its first tokens.
    """

    name: str
    title: str
    settings: tuple[Setting, ...]
    capabilities: Callable[[Mapping[str, str]], Capabilities]
    connect: Callable[[Connection], Connector]
    uses_oauth: bool = False
    sign_in: SignInPages | None = None
