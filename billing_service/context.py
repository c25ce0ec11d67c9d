"""What an entry point (API, command line, worker) is handed by ``app``: the database, the clock, the limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from billing_service.core.working_days import WorkingTime
from billing_service.store.session import Database

if TYPE_CHECKING:
    from requests.adapters import BaseAdapter


def utc_now() -> datetime:
    """The clock of a running service; tests hand in one of their own."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one caller may ask for. Sizes are bytes; ``requests_per_minute`` counts per API key and process."""

    body_bytes: int = 5 * 1024 * 1024
    bulk_body_bytes: int = 50 * 1024 * 1024
    requests_per_minute: int = 6000


@dataclass(frozen=True, slots=True)
class Metrics:
    """Whether ``/metrics`` answers, and to whom: everybody who reaches it, or who brings ``token``."""

    shown: bool = True
    token: str = field(default="", repr=False)


def the_network(package: str) -> BaseAdapter | None:
    """How packages are reached: over the network, not by anything that takes its place."""
    return None


@dataclass(frozen=True, slots=True)
class Context:
    """``public_url`` is where customers reach the service; links on quotes begin with it.

    ``secret_keys`` encrypt the secrets of connections, the newest first. ``transport`` is how a package is reached;
    tests put something in its place. ``call_seconds`` is how long one call to a package takes at most.
    ``webhook_networks`` are where webhooks may go besides the internet. ``working_time`` is what agreed hours are
    measured in.
    """

    database: Database
    clock: Callable[[], datetime] = utc_now
    limits: Limits = field(default_factory=Limits)
    public_url: str = "http://127.0.0.1:8000"
    metrics: Metrics = field(default_factory=Metrics)
    secret_keys: tuple[str, ...] = field(default=(), repr=False)
    transport: Callable[[str], BaseAdapter | None] = the_network
    call_seconds: float = 60.0
    webhook_networks: tuple[str, ...] = ()
    working_time: WorkingTime = field(default_factory=WorkingTime)
