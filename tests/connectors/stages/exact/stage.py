"""Exact Online as the suite meets it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Final

from requests.adapters import BaseAdapter

from connectors.fake.wire import Server
from connectors.http import Deadlines, Secret
from connectors.oauth import Tokens, TokenStore
from connectors.package import Connection
from tests.connectors.stages.exact.books import DIVISION
from tests.connectors.stages.exact.entities import RESOURCES
from tests.connectors.stages.exact.odata import Row
from tests.connectors.stages.exact.server import TOKEN_LIFE, TOKEN_YOUNGEST, ExactServer, too_many
from tests.connectors.stages.stage import CANARY, Hook, Stage, at, trouble_of
from tests.connectors.tokens import FileTokens

START = 1_788_256_800.0  # 1 September 2026, 10:00 UTC
SECRETS: Final = ("client_secret", "webhook_secret", "access_token", "refresh_token")
API = f"/api/v1/{DIVISION}"
TOPICS: Final = {"payment": "FinancialTransactions", "customer": "Accounts"}


SEARCH_CODE: Final = "searchcode"


class ExactStage(Stage):
    """In its second kind customer codes stand in ``SearchCode``, and what is unverified is switched on."""

    package = "exact"
    kinds = ("code", SEARCH_CODE)
    routes: ClassVar = {
        "create": f"POST {API}/salesentry/SalesEntries",
        "customer": f"POST {API}/crm/Accounts",
        "attach": f"POST {API}/documents/DocumentAttachments",
        "document": f"POST {API}/documents/Documents",
        "link": rf"PUT {API}/salesentry/SalesEntries\(guid'[0-9a-f-]+'\)",
        "payment": f"POST {API}/financialtransaction/BankEntries",
        "find": f"GET {API}/salesentry/SalesEntries",
        "read": f"GET {API}/salesentry/SalesEntries",
        "check": f"GET {API}/system/Divisions",
        "open": f"GET {API}/cashflow/Receivables",
        "payments": f"GET {API}/sync/Cashflow/PaymentTerms",
        "token": "POST /api/oauth2/token",
    }
    cites: ClassVar = {
        r"[A-Z]+ /api/oauth2/\S+ \d+": "1.1",
        r".* 401": "1.1 1.10",
        r".* 429": "1.8",
        r".* 4\d\d": "1.10",
        rf"GET {API}/system/Divisions 200": "1.2 1.9",
        rf"[A-Z]+ {API}/crm/\S+ 20\d": "1.3 1.9",
        rf"[A-Z]+ {API}/(salesentry|documents)/\S+ 20\d": "1.4 1.5 1.7 1.9",
        rf"GET {API}/(financial|vat|hrm)/\S+ 200": "1.4 1.9",
        rf"[A-Z]+ {API}/(cashflow|sync|financialtransaction)/\S+ 20\d": "1.6 1.9",
    }
    optional_parameters = frozenset(
        f"{API}/{name}?{option}"
        for name, resource in RESOURCES.items()
        for option in ("$select", "$orderby", "$top", "$skiptoken", "$filter")
        if option != "$filter" or not (resource.filtered or resource.is_sync)
    )
    youngest_token = timedelta(seconds=TOKEN_YOUNGEST)

    def may_leave_out(self, path: str, field: str) -> bool:
        """A PUT may leave out anything but everything; a POST what need not be given."""
        name = path.removeprefix(f"{API}/")
        if "(" in name:
            return not field.startswith("Document")  # the only field of that call
        inside = RESOURCES[name].lines
        names = [name, *([inside[1]] if inside else [])]
        fields = [RESOURCES[one].fields[field] for one in names if field in RESOURCES[one].fields]
        return bool(fields) and not any(one.required for one in fields)

    def is_error(self, body: bytes) -> bool:
        """Text in the user's language (1.10); the token endpoint has a form of its own (1.1)."""
        error = json.loads(body)["error"]
        return isinstance(error, str) or isinstance(error["message"]["value"], str)

    def start(self) -> None:
        self._folder = TemporaryDirectory()
        self.ahead = 0.0
        secrets = {name: f"{CANARY}-{name}" for name in SECRETS}
        self.exact = ExactServer({**secrets, "client_id": "client-1"}, self._clock, unlimited=self.unlimited)
        self.books = self.exact.books
        self._server = Server(self.exact.handle)
        self._server.__enter__()
        self._tokens = FileTokens(Path(self._folder.name) / "tokens.json")
        access, refresh = Secret(secrets["access_token"]), Secret(secrets["refresh_token"])
        self._tokens.put(Tokens(access, refresh, self.now(), self.now() + timedelta(seconds=TOKEN_LIFE)))

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
        field = "SearchCode" if self.kind == SEARCH_CODE else ""
        ours = {"division": str(DIVISION), "journal": "70", "customer_code_field": field, "client_id": "client-1"}
        return {"base_url": self._server.url, **ours}

    def secrets(self) -> dict[str, Secret]:
        return {name: Secret(f"{CANARY}-{name}") for name in ("client_secret", "webhook_secret")}

    def tokens(self) -> TokenStore:
        return self._tokens

    def connection(self, *, deadlines: Deadlines | None = None, transport: BaseAdapter | None = None) -> Connection:
        enabled = frozenset({"push_payment"}) if self.kind == SEARCH_CODE else frozenset()
        return replace(super().connection(deadlines=deadlines, transport=transport), enabled=enabled)

    def sent(self, step: str) -> int:
        """As for every package; a trace names the division by its place in the route."""
        asked = [f"{call.method} {call.route}".replace("{division}", str(DIVISION)) for call in self.calls]
        return sum(re.fullmatch(self.routes[step], one) is not None for one in asked)

    # --- their side -------------------------------------------------------------------------------------------------

    def trouble(self, step: str, **what: Any) -> None:
        self.exact.troubled.add(trouble_of(self.routes, step, what))

    def calm(self) -> None:
        self.exact.troubled.clear()

    def advance(self, wait: timedelta) -> None:
        self.ahead += wait.total_seconds()
        self.exact.troubled.settle()

    def entry(self, number: str) -> Row:
        """The sales entry with our number; one that is there twice is not asked for."""
        (there,) = [row for row in self.books.table("salesentry/SalesEntries") if row.get("YourRef") == number]
        return there

    def documents(self) -> list[tuple[str, str]]:
        kinds = {20: "invoice", 21: "credit_note"}
        return [(kinds[row["Type"]], str(row.get("YourRef"))) for row in self.books.table("salesentry/SalesEntries")]

    def files(self, number: str) -> list[tuple[str, bytes]]:
        entry = self.entry(number)
        ours = [
            row["ID"]
            for row in self.books.table("documents/Documents")
            if row.get("FinancialTransactionEntryID") == entry["EntryID"] or row["ID"] == entry.get("Document")
        ]
        attached = self.books.table("documents/DocumentAttachments")
        return [(row["FileName"], row["Attachment"]) for row in attached if row["Document"] in ours]

    def customers(self) -> list[str]:
        field = self.settings()["customer_code_field"] or "Code"
        return [row[field].strip() for row in self.books.table("crm/Accounts") if row.get("Status") == "C"]

    def picture(self) -> str:
        return json.dumps(self.books.rows, default=str, sort_keys=True)

    def pay(self, number: str | None, amount: Decimal, on: date, reference: str = "") -> str:
        entry = None if number is None else self.entry(number)
        account = entry["Customer"] if entry else self.books.nobody["ID"]
        debtors = self.books.one("financial/GLAccounts", "1300", key="Code")["ID"]
        line = {"Account": account, "AmountFC": float(amount), "Date": on, "GLAccount": debtors}
        made = self.books.bank({"JournalCode": "20", "BankEntryLines": [{**line, "Description": reference or None}]})
        (paid,) = self.books.terms_of(made["EntryID"])
        if entry is not None and paid["Status"] == 20:
            owed = [term for term in self.books.terms_of(entry["EntryID"]) if term["Status"] == 20]
            self.books.match(paid, owed[0])
        told: str = paid["ID"]
        return told

    def undo(self, payment: str, on: date) -> None:
        self.books.undo(payment)

    def hook(self, subject: str, remote_id: str) -> tuple[bytes, dict[str, str]]:
        return self.exact.hook(TOPICS[subject], remote_id), {}

    def forgeries(self, body: bytes, headers: Mapping[str, str], remote_id: str) -> dict[str, Hook]:
        """The signature stands in the body, and has no time in it: retries go on for 34 hours (1.11)."""
        at_once = timedelta()
        return {
            "about another record": (body.replace(remote_id.encode(), remote_id[::-1].encode()), headers, at_once),
            "the same, written otherwise": (body.replace(b'"Topic":', b'"Topic": '), headers, at_once),
            "no signature": (re.sub(rb',"HashCode":"\w+"', b"", body), headers, at_once),
            "a mangled signature": (re.sub(rb'\w\w"}$', b'00"}', body), headers, at_once),
            "something behind it": (body + b" ", headers, at_once),
        }

    def use_up_limit(self) -> timedelta:
        wait = timedelta(seconds=25)
        headers = too_many(wait.total_seconds(), self._clock())
        self.trouble("check", applies=False, status=429, body="{}", headers=headers)
        return wait

    def token_calls(self) -> int:
        return self.exact.token_calls

    def lose_sign_in(self) -> None:
        """And so much time passes that a new token would be given."""
        self.exact.withdraw()
        self.advance(timedelta(seconds=TOKEN_LIFE))
