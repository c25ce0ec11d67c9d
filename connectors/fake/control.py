"""The other side of the fake: what a bookkeeper does there, and what tests make go wrong.

Works on a :class:`connectors.fake.server.FakePackage` in memory and on its server process alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, cast

from connectors.fake.server import FakePackage
from connectors.fake.wire import Request, Trouble

Record = dict[str, Any]


class Control:
    """``ask`` takes the JSON of a command and gives the JSON of its answer."""

    def __init__(self, ask: Callable[[bytes], bytes]) -> None:
        self._ask = ask

    def pay(self, number: str | None, amount: Decimal, on: date, *, reference: str = "", iban: str = "") -> Record:
        """A payment is booked there, for the document with this number or (``None``) for nothing known."""
        return self._do("pay", number=number, amount=str(amount), on=on.isoformat(), reference=reference, iban=iban)

    def undo(self, payment: str, on: date) -> Record:
        """A payment there is reversed."""
        return self._do("undo", payment=payment, on=on.isoformat())

    def trouble(self, trouble: Trouble) -> None:
        """The next requests that it matches meet it."""
        names = ("when", "applies", "late", "status", "body", "manner", "times")
        headers = dict(trouble.headers)
        self._do("trouble", **{name: getattr(trouble, name) for name in names}, headers=headers)

    def calm(self) -> None:
        """No more trouble."""
        self._do("calm")

    def advance(self, seconds: float) -> None:
        """Its clock goes ahead: indexes catch up, what was late is applied, tokens run out."""
        self._do("advance", seconds=seconds)

    def books(self) -> Record:
        """Everything that stands there."""
        return self._do("books")

    def change(self, document: str, **to: Any) -> None:
        """Somebody there changes a document behind our back."""
        self._do("change", document=document, to=to)

    def agree(self, redirect_uri: str) -> str:
        """A person signs in there and gives us access; the code that comes back to this address."""
        return str(self._do("agree", redirect_uri=redirect_uri)["code"])

    def hook(self, **about: Any) -> tuple[bytes, dict[str, str]]:
        """A webhook as it would be delivered: body and headers."""
        told = self._do("hook", about=about)
        return told["body"].encode(), told["headers"]

    def _do(self, do: str, **what: Any) -> Record:
        return cast(Record, json.loads(self._ask(json.dumps({"do": do, **what}).encode())))


def control_of(package: FakePackage) -> Control:
    """The controls of a fake in this process."""
    return Control(lambda body: package.handle(Request("POST", "/control", {}, {}, body)).body)
