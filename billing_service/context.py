"""What an entry point (API, command line, worker) is handed by ``app``: the database, the clock, the limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from billing_service.store.session import Database


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


@dataclass(frozen=True, slots=True)
class Context:
    """``public_url`` is where customers reach the service; links on quotes begin with it."""

    database: Database
    clock: Callable[[], datetime] = utc_now
    limits: Limits = field(default_factory=Limits)
    public_url: str = "http://127.0.0.1:8000"
    metrics: Metrics = field(default_factory=Metrics)
