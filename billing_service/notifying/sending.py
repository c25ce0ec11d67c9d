"""One call to an endpoint: signed, to the address that was checked, without redirects, within a deadline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from standardwebhooks.webhooks import Webhook
from urllib3.exceptions import HTTPError

from billing_service.notifying.addresses import AddressRefused, Network, resolve
from connectors.http.transport import Deadline, PlainPool, SecurePool, under

WHOLE: Final = 15.0
"""Seconds for the whole call (Standard Webhooks advises 15 to 30)."""
WAIT: Final = 10.0
MOST_READ: Final = 2048
_AGENT: Final = "billing-service-webhooks/1"


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a call: a status, or a problem in words where there was none. Bodies of answers are not kept."""

    status: int | None
    problem: str | None = None

    @property
    def taken(self) -> bool:
        """Any 2xx; a redirect is not followed and counts as refused."""
        return self.status is not None and 200 <= self.status < 300


def signed_headers(event_id: str, body: bytes, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The headers of Standard Webhooks, with a signature for each secret that is valid."""
    signatures = [Webhook(secret).sign(msg_id=event_id, timestamp=now, data=body.decode()) for secret in secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": _AGENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def post(url: str, body: bytes, headers: dict[str, str], networks: Sequence[Network]) -> Reply:
    """Calls the endpoint once. Never raises for what goes wrong outside; says so instead."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        address = resolve(parts, networks)
    except AddressRefused as error:
        return Reply(None, str(error))
    except (OSError, UnicodeError):
        return Reply(None, f"{host} could not be looked up")
    pool = _pool(address, parts.port, host if parts.scheme == "https" else None)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with under(Deadline(WHOLE, WAIT)), pool:
            answer = pool.urlopen(
                "POST", path, body, headers | {"Host": parts.netloc}, redirect=False, retries=False,
                timeout=WAIT, preload_content=False,
            )  # fmt: skip
            answer.read(MOST_READ)
            return Reply(answer.status)
    except (HTTPError, OSError) as error:
        # The name of the error alone: its text may hold the address and what was sent.
        return Reply(None, f"no answer ({type(error).__name__})")


def _pool(address: str, port: int | None, tls_name: str | None) -> PlainPool | SecurePool:
    if tls_name is None:
        return PlainPool(address, port, maxsize=1)
    return SecurePool(address, port, maxsize=1, server_hostname=tls_name, assert_hostname=tls_name)
