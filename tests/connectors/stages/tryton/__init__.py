"""The stage of Tryton: its JSON-RPC as a scripted server of our own. Its twin, a real trytond, is in ``real``."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from connectors import tryton
from connectors.fake.wire import Request, Server, Troubled
from connectors.http import Secret
from tests.connectors.stages.stage import CANARY, Stage, at, trouble_of
from tests.connectors.stages.tryton.server import TrytonServer, labelled

START = 1_788_256_800.0  # 1 September 2026, 10:00 UTC
USER = "billing"
PROTOCOL = {"id", "method", "params", "companies", "__class__", "decimal", "base64", "year", "month", "day"}


def _calls(what: str) -> str:
    return rf"POST /\S+/rpc/#{what}"


ROUTES = {
    "create": _calls(r"model\.account\.invoice\.create"),
    "customer": _calls(r"model\.party\.party\.create"),
    "attach": _calls(r"model\.ir\.attachment\.create"),
    "post": _calls(r"model\.account\.invoice\.post"),
    "confirm": _calls(r"model\.res\.user\.warning\.skip"),
    "payment": _calls(r"wizard\.account\.invoice\.pay\.execute pay"),
    "find": _calls(r"model\.account\.invoice\.search_read"),
    "read": _calls(r"model\.account\.invoice\.search_read"),
    "check": _calls(r"model\.company\.company\.search_read"),
    "open": _calls(r"model\.account\.invoice\.search_read"),
    "payments": _calls(r"model\.account\.move\.line\.search_read"),
    "preferences": _calls(r"model\.res\.user\.get_preferences"),
    "token": _calls(r"common\.db\.login"),
}


class TrytonStage(Stage):
    package = "tryton"
    kinds = ("scripted",)
    routes: ClassVar = ROUTES
    cites: ClassVar = {
        r".* (401|429)": "12.2",
        r".* 4\d\d": "12.2 12.7",
        _calls(r"(common\.db\.login|model\.res\.user\.get_preferences|model\.company\.\S+) 200"): "12.2",
        _calls(r"model\.(party|country)\.\S+ 200"): "12.3",
        _calls(r"(model\.account\.(move\.line|invoice\.payment)|wizard\.account\.invoice\.pay)\.\S+ 200"): "12.6",
        _calls(r"wizard\.account\.move\.reconcile_lines\S+ 200"): "12.5",
        _calls(r"model\.(account|ir|currency|res\.user\.warning)\.\S+ 200"): "12.4 12.7",
    }
    # What the real server fills in or does without.
    optional = frozenset(
        {"language", "journal", "reference", "description", "invoice_date", "payment_term", "payment_term_date"}
        | {
            "taxes",
            "legal_notice",
            "origin",
            "country",
            "identifiers",
            "contact_mechanisms",
            "name",
            "type",
            "addresses",
        }
    )

    def may_leave_out(self, path: str, field: str) -> bool:
        """A record may be changed in part."""
        return field in self.optional or (path.endswith(".write") and field not in PROTOCOL)

    def refuses(self, path: str, status: int, body: bytes) -> bool:
        return status in {400, 401, 403, 404, 405, 422} or (status == 200 and b'"error":' in body[:40])

    def start(self) -> None:
        self._seconds = START
        self.tryton = TrytonServer(USER, f"{CANARY}-password", CANARY, self.now)
        self.tryton.counts_failures = not self.unlimited
        self.troubled = Troubled(self.tryton.handle, lambda: self._seconds)
        self._server = Server(self._served)
        self._server.__enter__()
        self._page, tryton.connector.PAGE = tryton.connector.PAGE, 3

    def _served(self, request: Request) -> Any:
        return self.troubled(labelled(request))

    def stop(self) -> None:
        tryton.connector.PAGE = self._page
        self._server.__exit__()

    def vanish(self) -> None:
        self._server.__exit__()

    def now(self) -> datetime:
        return at(self._seconds)

    def settings(self) -> dict[str, str]:
        return {"base_url": self._server.url, "database": "test", "user": USER}

    def secrets(self) -> dict[str, Secret]:
        return {"password": Secret(f"{CANARY}-password")}

    def trouble(self, step: str, **what: Any) -> None:
        self.troubled.add(trouble_of(self.routes, step, what))

    def calm(self) -> None:
        self.troubled.clear()

    def advance(self, wait: timedelta) -> None:
        self._seconds += wait.total_seconds()
        self.troubled.settle()

    # --- the books --------------------------------------------------------------------------------------------------

    @property
    def books(self) -> Any:
        return self.tryton.books

    def documents(self) -> list[tuple[str, str]]:
        self.troubled.settle()
        invoices = self.books.all["account.invoice"].values()
        there = [one for one in invoices if one["state"] != "cancelled"]
        return [("credit_note" if self.books.total(one) < 0 else "invoice", one["reference"]) for one in there]

    def files(self, number: str) -> list[tuple[str, bytes]]:
        there = {f"account.invoice,{one['id']}" for one in self._invoices(number)}
        return [
            (one["name"], one["data"]) for one in self.books.all["ir.attachment"].values() if one["resource"] in there
        ]

    def customers(self) -> list[str]:
        return [one["code"] for one in self.books.all["party.party"].values() if one["id"] != 1]

    def picture(self) -> str:
        return repr(self.books.all)

    def _invoices(self, number: str) -> list[dict[str, Any]]:
        return [one for one in self.books.all["account.invoice"].values() if one["reference"] == number]

    def pay(self, number: str | None, amount: Decimal, on: date, reference: str = "") -> str:
        """A line of a bank statement (journal STA): it pays an invoice, or stands open on the party's account."""
        invoice = self._invoices(number)[0] if number else None
        move = self.books.move(4, on, origin="account.statement,1")
        party = invoice["party"] if invoice else None
        line = self.books.line(move, party, amount, origin="account.statement.line,1", description=reference or None)
        if invoice:
            self.books.settle(invoice, line)
        return str(line["id"])

    def undo(self, payment: str, on: date) -> None:
        """What was reconciled is taken apart, then the move is cancelled: by another one that takes it back."""
        line = self.books.all["account.move.line"][int(payment)]
        if line["reconciliation"]:
            self.books.unreconcile(line["reconciliation"])
        move = self.books.move(4, on, origin=f"account.move,{line['move']}")
        back = self.books.line(move, line["party"], -line["credit"], origin=f"account.move.line,{payment}")
        self.books.reconcile([line, back])

    def lose_sign_in(self) -> None:
        self.tryton.sessions.clear()
        self.tryton.password = "another"  # noqa: S105
