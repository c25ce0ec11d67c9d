"""What the suite asks of Odoo: its server behind a real socket, in each of its kinds."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from unittest import mock

from requests.adapters import BaseAdapter

from connectors.fake.wire import Reply, Request, Server, Troubled
from connectors.http import Secret
from connectors.odoo import records
from connectors.odoo.connector import OdooConnector
from tests.connectors.stages.odoo.accounting import Books
from tests.connectors.stages.odoo.api import DATABASE, LOGIN, Odoo
from tests.connectors.stages.stage import CANARY, Stage, at, trouble_of

START = 1_788_256_800.0  # 1 September 2026, 10:00 UTC
STEPS = {
    "create": "account.move/create",
    "customer": "res.partner/create",
    "attach": "ir.attachment/create",
    "post": "account.move/action_post",
    "payment": "account.payment.register/action_create_payments",
    "find": "account.move/search_read",
    "read": "account.move/read",
    "check": "account.journal/search_read",
    "open": "account.move/search_read",
    "payments": "account.payment/search_read",
    "analytic": "account.analytic.account/search_read",
}

CALLED = r"POST (/json/2/|/xmlrpc/2/object#){} 200"


class OdooStage(Stage):
    """Odoo 19 with JSON-2, its company rounding VAT per line; and Odoo 18 with XML-RPC only, rounding globally."""

    package = "odoo"
    kinds = ("json-2", "xml-rpc")
    routes: ClassVar = {step: f"POST (/json/2/|/xmlrpc/2/object#){re.escape(call)}" for step, call in STEPS.items()}
    cites: ClassVar = {
        r".*/xmlrpc/\S* 4\d\d": "11.2",
        r".* 401": "11.2 11.8",
        r".* (4\d\d|500)": "11.8",
        r"POST /xmlrpc/2/common 200": "11.2",
        CALLED.format(r"(account\.journal|res\.company|res\.country)/\w+"): "11.2 11.4",
        CALLED.format(r"res\.partner/\w+"): "11.3 11.8",
        CALLED.format(r"account\.move/\w+"): "11.4 11.5 11.6 11.7 11.8",
        CALLED.format(r"(account\.(tax|account|analytic\.account)|ir\.attachment)/\w+"): "11.4 11.8",
        CALLED.format(r"account\.payment(\.register)?/\w+"): "11.6 11.8",
    }

    def may_leave_out(self, path: str, field: str) -> bool:
        """Odoo makes a record of whatever it is given: what a call must have is little."""
        named = path.endswith(("res.partner/create", "ir.attachment/create"))
        return field not in {"vals_list", "vals", "active_model", "active_ids", "name" if named else ""}

    def refuses(self, path: str, status: int, body: bytes) -> bool:
        """Also with 500 for a wrong field or argument (11.8); in XML-RPC by a fault, and ``false`` for a wrong key."""
        if status == 200 and self.kind == "xml-rpc":
            wrong_key = path.endswith("/common") and b"<boolean>0</boolean>" in body
            return b"<fault>" in body or wrong_key
        wrong = status == 500 and b'"name": "builtins.' in body
        return wrong or super().refuses(path, status, body)

    def start(self) -> None:
        self.ahead = 0.0
        rounding = "round_per_line" if self.kind == "json-2" else "round_globally"
        self.books = Books(self.clock, rounding)
        self.odoo = Odoo(self.books, f"{CANARY}-api_key", (self.kind,))
        self.troubled = Troubled(self.odoo.handle, self.clock)
        self._server = Server(self._handle)
        self._server.__enter__()
        # Odoo gives as many records as it is asked for: with small pages every list of the suite has several.
        self._pages = mock.patch.object(records, "PAGE", 3)
        self._pages.start()

    def _handle(self, request: Request) -> Reply:
        return self.troubled(self.odoo.labelled(request))

    def stop(self) -> None:
        self._pages.stop()
        self._server.__exit__()

    def vanish(self) -> None:
        self._server.__exit__()

    def clock(self) -> float:
        return START + self.ahead

    def now(self) -> datetime:
        return at(self.clock())

    def settings(self) -> dict[str, str]:
        there = {"base_url": self._server.url, "journal": "HLP", "database": DATABASE}
        old = {"api": "xml-rpc", "login": LOGIN, "vat_rounding": "globally"}
        return {**there, **old} if self.kind == "xml-rpc" else there

    def secrets(self) -> dict[str, Secret]:
        return {"api_key": Secret(f"{CANARY}-api_key")}

    def opened(self, transport: BaseAdapter | None = None, **wants: str) -> OdooConnector:
        """A connector with other settings; an empty one is absent."""
        there = {name: text for name, text in {**self.settings(), **wants}.items() if text}
        return OdooConnector(replace(self.connection(transport=transport), settings=there))

    def trouble(self, step: str, **what: Any) -> None:
        self.troubled.add(trouble_of(self.routes, step, what))

    def calm(self) -> None:
        self.troubled.clear()

    def advance(self, wait: timedelta) -> None:
        self.ahead += wait.total_seconds()
        self.troubled.settle()

    # --- the books --------------------------------------------------------------------------------------------------

    def moves(self) -> list[dict[str, Any]]:
        self.troubled.settle()
        return [one for one in self.books.rows["account.move"].values() if one["state"] != "cancel"]

    def documents(self) -> list[tuple[str, str]]:
        kinds = {"out_invoice": "invoice", "out_refund": "credit_note"}
        return [(kinds[one["move_type"]], one["name"]) for one in self.moves()]

    def files(self, number: str) -> list[tuple[str, bytes]]:
        of = {one["id"] for one in self.moves() if one["name"] == number}
        files = [one for one in self.books.rows["ir.attachment"].values() if one["res_id"] in of]
        return [(one["name"], base64.b64decode(one["datas"])) for one in files]

    def customers(self) -> list[str]:
        return [one["ref"] for one in self.books.rows["res.partner"].values()]

    def picture(self) -> str:
        self.troubled.settle()
        return json.dumps(self.books.rows, default=str, sort_keys=True)

    def pay(self, number: str | None, amount: Decimal, on: date, reference: str = "") -> str:
        moves = [one["id"] for one in self.moves() if number is not None and one["name"] == number]
        return str(self.books.pay(moves, amount, on.isoformat(), reference or number or ""))

    def undo(self, payment: str, on: date) -> None:
        self.books.cancel_payment(int(payment))

    def lose_sign_in(self) -> None:
        self.odoo.key = "another"
