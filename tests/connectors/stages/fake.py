"""The fake as its own stage: its server, behind a real socket, with its clock standing still until it is moved."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

from connectors.fake.control import control_of
from connectors.fake.profiles import PROFILES
from connectors.fake.server import FakePackage, too_many
from connectors.fake.wire import Server
from connectors.http import Secret
from connectors.oauth import Tokens, TokenStore
from tests.connectors.stages.stage import CANARY, Stage, at, trouble_of
from tests.connectors.tokens import FileTokens

START = 1_788_256_800.0  # 1 September 2026, 10:00 UTC
NAMES = ("api_key", "webhook_secret", "client_id", "client_secret", "access_token", "refresh_token")
WITH_OAUTH = "keys"


class FakeStage(Stage):
    package = "fake"
    kinds = tuple(PROFILES)
    routes: ClassVar = {
        "create": "POST /v1/documents",
        "customer": "POST /v1/customers",
        "attach": r"POST /v1/documents/\d+/attachments",
        "post": r"POST /v1/documents/\d+/book",
        "payment": "POST /v1/payments",
        "find": "GET /v1/documents",
        "read": r"GET /v1/documents/\d+",
        "check": "GET /v1/company",
        "open": "GET /v1/open-items",
        "payments": "GET /v1/payments",
        "token": "POST /oauth/token",
    }
    cites: ClassVar = {r"[A-Z]+ /(v1|oauth)/\S+ \d+": "14"}  # the kinds of package that it plays
    optional = frozenset({"journal", "description", "credits", "cost_centre", "email", "vat_number", "kvk_number"})
    optional_parameters = frozenset(
        {"/v1/customers?code", "/v1/customers?cursor", "/v1/documents?cursor", "/v1/open-items?cursor"}
        | {"/v1/payments?after", "/v1/payments?number"}
    )

    def is_error(self, body: bytes) -> bool:
        error = json.loads(body)["error"]
        return isinstance(error, str) or {"code", "field", "message"} <= error.keys()

    def start(self) -> None:
        dials = PROFILES[self.kind]
        if self.unlimited:
            dials = replace(dials, calls_a_minute=0, errors_an_hour=0)
        self._folder = TemporaryDirectory()
        self.fake = FakePackage(self.kind, self._all_secrets(), clock=lambda: START, dials=dials)
        self.control = control_of(self.fake)
        self._server = Server(self.fake.handle)
        self._server.__enter__()
        self._tokens = FileTokens(Path(self._folder.name) / "tokens.json")
        self._tokens.put(
            Tokens(
                Secret(f"{CANARY}-access_token"),
                Secret(f"{CANARY}-refresh_token"),
                obtained_at=self.now(),
                expires_at=self.now() + timedelta(seconds=dials.token_life),
            )
        )

    def stop(self) -> None:
        self._server.__exit__()
        self._folder.cleanup()

    def vanish(self) -> None:
        self._server.__exit__()

    def _all_secrets(self) -> dict[str, str]:
        return {**{name: f"{CANARY}-{name}" for name in NAMES}, "client_id": "client-1"}

    def now(self) -> datetime:
        return at(self.fake.clock())

    def settings(self) -> dict[str, str]:
        return {"base_url": self._server.url, "profile": self.kind, "client_id": "client-1"}

    def secrets(self) -> dict[str, Secret]:
        return {name: Secret(value) for name, value in self._all_secrets().items() if name != "client_id"}

    def tokens(self) -> TokenStore | None:
        return self._tokens if self.kind == WITH_OAUTH else None

    def trouble(self, step: str, **what: Any) -> None:
        self.control.trouble(trouble_of(self.routes, step, what))

    def calm(self) -> None:
        self.control.calm()

    def advance(self, wait: timedelta) -> None:
        self.control.advance(wait.total_seconds())

    def documents(self) -> list[tuple[str, str]]:
        there = self.control.books()["documents"]
        return [(one["kind"], one["number"]) for one in there if one["state"] != "cancelled"]

    def files(self, number: str) -> list[tuple[str, bytes]]:
        there = [one for one in self.control.books()["documents"] if one["number"] == number]
        return [(file["name"], base64.b64decode(file["content"])) for one in there for file in one["files"]]

    def customers(self) -> list[str]:
        return [one["code"] for one in self.control.books()["customers"]]

    def picture(self) -> str:
        return json.dumps({**self.control.books(), "token_calls": None}, sort_keys=True)

    def pay(self, number: str | None, amount: Decimal, on: date, reference: str = "") -> str:
        told: str = self.control.pay(number, amount, on, reference=reference)["id"]
        return told

    def undo(self, payment: str, on: date) -> None:
        self.control.undo(payment, on)

    def hook(self, subject: str, remote_id: str) -> tuple[bytes, dict[str, str]]:
        return self.control.hook(about=subject, of=remote_id)

    def use_up_limit(self) -> timedelta | None:
        refusal = too_many(PROFILES[self.kind].waits_as, 25, self.fake.clock())
        headers = refusal.value.pop("headers")
        self.trouble("check", applies=False, status=429, body=json.dumps(refusal.value), headers=headers)
        return timedelta(seconds=25)

    def token_calls(self) -> int:
        return int(self.control.books()["token_calls"])

    def lose_sign_in(self) -> None:
        self.fake.secrets["api_key"] = "another"
        self.fake._refresh = "another"
        self.fake._access.clear()
