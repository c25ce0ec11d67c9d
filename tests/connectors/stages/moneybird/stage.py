"""Moneybird as the suite meets it."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Final

from connectors.fake.wire import Server
from connectors.http import Secret
from connectors.oauth import Tokens, TokenStore
from tests.connectors.stages.moneybird.books import ADMINISTRATION
from tests.connectors.stages.moneybird.forms import CONTACT, DETAIL, INVOICE, PAYMENT, Record, number
from tests.connectors.stages.moneybird.server import API, INVOICES, TOKEN_LIFE, MoneybirdServer, too_many
from tests.connectors.stages.stage import CANARY, Stage, at, trouble_of
from tests.connectors.tokens import FileTokens

START = 1_788_256_800.0  # 1 September 2026, 10:00 UTC
NAMES: Final = ("token", "client_secret", "access_token", "refresh_token", "webhook_secret")
NEW: Final = frozenset(
    {"contact_id", "reference", "details_attributes", "id", "description", "price", "payment_date", "company_name"}
)
"""What a creation needs, by the refusals of [M1]; its contract requires little more than the object around it."""
ENTITIES: Final = {"payment": "Payment", "document": "ExternalSalesInvoice", "customer": "Contact"}


class MoneybirdStage(Stage):
    """In each way to sign in; and in each way to round VAT, of which the documentation does not say which it is."""

    package = "moneybird"
    tells_unmatched = False
    kinds = ("token", "oauth")
    routes: ClassVar = {
        "create": f"POST {INVOICES}.json",
        "customer": f"POST {API}/contacts.json",
        "attach": rf"POST {INVOICES}/\d+/attachment.json",
        "payment": rf"POST {INVOICES}/\d+/payments.json",
        "find": f"GET {INVOICES}.json",
        "read": rf"GET {INVOICES}/\d+.json",
        "check": "GET /api/v2/administrations.json",
        "open": rf"(GET|POST) {INVOICES}/synchronization.json",
        "payments": f"GET {INVOICES}/synchronization.json",
        "fetch": f"POST {INVOICES}/synchronization.json",
        "token": "POST /oauth/token",
    }
    cites: ClassVar = {
        r"[A-Z]+ /oauth/\S+ \d+": "2.1",
        r".* 401": "2.1",
        r".* 429": "2.8",
        r".* 4\d\d": "2.10",
        r"GET /api/v2/administrations.json 200": "2.2",
        rf"[A-Z]+ {API}/contacts\S* 20\d": "2.3 2.9",
        rf"GET {API}/(tax_rates|ledger_accounts|projects).json 200": "2.4 2.9",
        rf"(GET {API}/financial_accounts.json|[A-Z]+ {INVOICES}\S*/(synchronization|payments)\S*) 20\d": "2.6",
        rf"[A-Z]+ {INVOICES}\S* 20\d": "2.4 2.5 2.7 2.9 2.12",
    }
    optional_parameters = frozenset(
        f"{path}.json?{name}"
        for path in (f"{API}/tax_rates", f"{API}/projects", f"{API}/contacts", INVOICES, f"{INVOICES}/synchronization")
        for name in ("filter", "page", "per_page")
    )

    def may_leave_out(self, path: str, field: str) -> bool:
        """Whatever stands there already may be left out of a change (a number at the end); of a creation the rest."""
        changes = re.search(r"/\d+\.json$", path) is not None
        needed = NEW if not changes else NEW - {*CONTACT, *INVOICE}
        return field not in needed and field in {*CONTACT, *INVOICE, *DETAIL, *PAYMENT}

    def is_error(self, body: bytes) -> bool:
        """2.10: a sentence, or the complaints about each field."""
        error = json.loads(body)["error"]
        return bool(error) and isinstance(error, str | dict)

    def start(self) -> None:
        self._folder = TemporaryDirectory()
        self.ahead = 0.0
        held = {**{name: f"{CANARY}-{name}" for name in NAMES}, "client_id": "client-1"}
        per_line = self.kind == "oauth"
        self.moneybird = MoneybirdServer(held, self._clock, per_line=per_line, unlimited=self.unlimited)
        self.books = self.moneybird.books
        self._server = Server(self.moneybird.handle)
        self._server.__enter__()
        self._tokens = FileTokens(Path(self._folder.name) / "tokens.json")
        pair = (Secret(held["access_token"]), Secret(held["refresh_token"]))
        self._tokens.put(Tokens(*pair, self.now(), self.now() + timedelta(seconds=TOKEN_LIFE)))

    def _clock(self) -> float:
        return START + self.ahead

    def stop(self) -> None:
        self._server.__exit__()
        self._folder.cleanup()

    def vanish(self) -> None:
        self._server.__exit__()

    # --- our side ---------------------------------------------------------------------------------------------------

    def now(self) -> datetime:
        return at(self._clock())

    def settings(self) -> dict[str, str]:
        given = {"base_url": self._server.url, "administration_id": ADMINISTRATION}
        return {**given, "client_id": "client-1"} if self.kind == "oauth" else given

    def secrets(self) -> dict[str, Secret]:
        names = ("client_secret",) if self.kind == "oauth" else ("token",)
        return {name: Secret(f"{CANARY}-{name}") for name in (*names, "webhook_secret")}

    def tokens(self) -> TokenStore | None:
        return self._tokens if self.kind == "oauth" else None

    def sent(self, step: str) -> int:
        filled = (one.route.replace("{administration}", ADMINISTRATION) for one in self.calls)
        asked = zip(self.calls, filled, strict=True)
        return sum(re.fullmatch(self.routes[step], f"{one.method} {route}") is not None for one, route in asked)

    # --- their side -------------------------------------------------------------------------------------------------

    def trouble(self, step: str, **what: Any) -> None:
        self.moneybird.troubled.add(trouble_of(self.routes, step, what))

    def calm(self) -> None:
        self.moneybird.troubled.clear()

    def advance(self, wait: timedelta) -> None:
        self.ahead += wait.total_seconds()
        self.moneybird.troubled.settle()

    def documents(self) -> list[tuple[str, str]]:
        return [
            ("credit_note" if number(one["total_price_incl_tax"]) < 0 else "invoice", one["reference"])
            for one in self.books.invoices.values()
        ]

    def invoice(self, reference: str) -> Record:
        """The first invoice with this number."""
        return next(one for one in self.books.invoices.values() if one["reference"] == reference)

    def files(self, number: str) -> list[tuple[str, bytes]]:
        return [(one["filename"], one["content"]) for one in self.invoice(number)["attachments"]]

    def customers(self) -> list[str]:
        return [one["customer_id"] for one in self.books.contacts.values()]

    def picture(self) -> str:
        return json.dumps([self.books.contacts, self.books.invoices], default=str, sort_keys=True)

    def pay(self, number: str | None, amount: Decimal, on: date, reference: str = "") -> str:
        """Somebody links a line of the bank to the invoice. A line that is linked to nothing is no payment there."""
        if number is None:
            return self.books.new_id()
        price = {"payment_date": on.isoformat(), "price": str(amount)}
        told: str = self.books.pay(self.invoice(number)["id"], price)["id"]
        return told

    def undo(self, payment: str, on: date) -> None:
        holding = [one for one in self.books.invoices.values() if payment in {each["id"] for each in one["payments"]}]
        self.books.unpay(holding[0]["id"], payment)

    def hook(self, subject: str, remote_id: str) -> tuple[bytes, dict[str, str]]:
        """The payload of 2.11 [M3], signed."""
        pushed = {
            "administration_id": ADMINISTRATION,
            "webhook_id": "116010948233266179",
            "webhook_token": "hPCNhskk1PwGC1pyJZMZmKNT",
            "entity_type": ENTITIES[subject],
            "entity_id": remote_id,
            "state": None,
            "action": f"{subject}_registered",
            "entity": {"id": remote_id},
        }
        return self.signed(json.dumps(pushed).encode())

    def signed(self, body: bytes, *more: str, secret: str = f"{CANARY}-webhook_secret") -> tuple[bytes, dict[str, str]]:
        """A body with its signature; ``more`` are other signatures that stand before it."""
        moment = int(self._clock())
        ours = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
        signature = ",".join([f"t={moment}", *more, f"v1={ours}"])
        return body, {"Moneybird-Signature": signature, "Idempotency-Key": "push-1"}

    def use_up_limit(self) -> timedelta | None:
        refusal = too_many(self._clock() + 25)
        body = json.dumps(refusal.value)
        self.trouble("check", applies=False, status=refusal.status, body=body, headers=refusal.headers)
        return timedelta(seconds=25)

    def token_calls(self) -> int:
        return self.moneybird.token_calls

    def lose_sign_in(self) -> None:
        self.moneybird.secrets["token"] = self.moneybird.refresh = self.books.new_id()
        self.moneybird.access.clear()
