"""The accounting package of the example: the fake, as a process of its own for as long as the example lasts."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any, Final
from urllib.parse import urlsplit

MAPPED: Final = {("revenue", ""): "gl-8000"}
"""What a bookkeeper of the example chooses beside the proposals: all revenue on one account."""

_KNOWN_THERE: Final[dict[str, Any]] = {
    "code": "K-17",
    "name": "Korenverband Nederland",
    "street": "Stationsplein 14",
    "postal_code": "3818 LE",
    "city": "Amersfoort",
    "country": "NL",
    "is_business": True,
}
"""A customer that stood there before anybody connected."""


@dataclass(frozen=True, slots=True)
class Package:
    """The running package, and what a bookkeeper does in it."""

    url: str
    secrets: dict[str, str] = field(repr=False)

    def put_customer(self) -> None:
        """Somebody had made one of the customers there already."""
        self._post("/v1/customers", _KNOWN_THERE)

    def pay(self, number: str, amount: Decimal, on: date) -> None:
        """A payment for the invoice with this number is booked there."""
        told = {"number": number, "amount": str(amount), "on": on.isoformat(), "reference": "", "iban": ""}
        self._post("/control", {"do": "pay", **told})

    def _post(self, path: str, body: dict[str, Any]) -> None:
        connection = HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.secrets['api_key']}"}
        try:
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        if not 200 <= answer.status < 300:
            raise RuntimeError(f"The fake package answered {answer.status}: {said[:200]!r}")


@contextmanager
def running(before: Callable[[], None] | None) -> Iterator[Package]:
    """The fake on a free port of this machine, with secrets of its own; it ends with the block.

    ``before`` is called in the new process first.
    """
    made = {name: secrets.token_urlsafe(24) for name in ("api_key", "webhook_secret")}
    process = subprocess.Popen(
        [sys.executable, "-m", "connectors.fake"],
        env=os.environ | {f"FAKE_{name.upper()}": value for name, value in made.items()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C reaches us alone
        preexec_fn=before,
    )
    try:
        url = process.stdout.readline().strip() if process.stdout else ""
        if not url:
            raise RuntimeError("The fake package did not start.")
        yield Package(url, made)
    finally:
        process.terminate()
        process.wait()
        if process.stdout:
            process.stdout.close()
