"""The stage of Tryton with a real trytond in it: a proxy before it makes the trouble, a bookkeeper does the rest."""

from __future__ import annotations

import base64
import time
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import requests

from connectors import tryton
from connectors.fake.wire import Reply, Request, Server, Troubled
from connectors.http import Secret
from tests.connectors.stages.stage import at
from tests.connectors.stages.tryton import TrytonStage
from tests.connectors.stages.tryton.server import labelled
from tests.tryton.bookkeeper import Bookkeeper
from tests.tryton.server import DATABASE, PASSWORD, USER, TrytonServer

OWN_PARTY = 1
KEPT = ("Content-Type", "Content-Encoding")


class RealTrytonStage(TrytonStage):
    """Uses a server that runs already, whose books were reset."""

    def __init__(self, server: TrytonServer) -> None:
        super().__init__("real")
        self.server = server

    def start(self) -> None:
        self._ahead = 0.0
        self.keeper = Bookkeeper(self.server)
        self._forwarding = requests.Session()
        self.troubled = Troubled(self._forwarded, lambda: time.time() + self._ahead)
        self._server = Server(lambda request: self.troubled(labelled(request)))
        self._server.__enter__()
        self._page, tryton.connector.PAGE = tryton.connector.PAGE, 3

    def _forwarded(self, request: Request) -> Reply:
        """What the real server answers, as it is on the wire."""
        headers = {name: value for name, value in request.headers.items() if name.lower() != "host"}
        with self._forwarding.request(
            request.method,
            self.server.url + request.path.partition("#")[0],
            params=request.query,
            headers=headers,
            data=request.body,
            stream=True,
            timeout=60,
        ) as answer:
            body = answer.raw.read(decode_content=False)
            told = {name: answer.headers[name] for name in KEPT if name in answer.headers}
            return Reply(answer.status_code, body, told)

    def now(self) -> datetime:
        return at(time.time() + self._ahead)

    def advance(self, wait: timedelta) -> None:
        """Only for us: what the server does, it does at once."""
        self._ahead += wait.total_seconds()
        self.troubled.settle()

    def settings(self) -> dict[str, str]:
        return {"base_url": self._server.url, "database": DATABASE, "user": USER}

    def secrets(self) -> dict[str, Secret]:
        return {"password": Secret(PASSWORD)}

    # --- the books --------------------------------------------------------------------------------------------------

    def _rows(self, *domain: Any) -> list[dict[str, Any]]:
        fields = ("reference", "total_amount", "state", "party")
        return self.keeper.find("account.invoice", [["state", "!=", "cancelled"], *domain], *fields)

    def documents(self) -> list[tuple[str, str]]:
        signs = [(Decimal(row["total_amount"]["decimal"]), row["reference"]) for row in self._rows()]
        return [("credit_note" if total < 0 else "invoice", number) for total, number in signs]

    def files(self, number: str) -> list[tuple[str, bytes]]:
        owners = [f"account.invoice,{row['id']}" for row in self._rows(["reference", "=", number])]
        found = self.keeper.find("ir.attachment", [["resource", "in", owners]], "name", "data")
        return [(row["name"], base64.b64decode(row["data"]["base64"])) for row in found]

    def customers(self) -> list[str]:
        return [row["code"] for row in self.keeper.find("party.party", [["id", "!=", OWN_PARTY]], "code")]

    def picture(self) -> str:
        lines = self.keeper.find("account.move.line", [], "debit", "credit", "reconciliation", "move")
        return repr((self._rows(), lines, self.customers()))

    def pay(self, number: str | None, amount: Decimal, on: date, reference: str = "") -> str:
        if number is None:
            party = self.keeper.find("party.party", [["id", "!=", OWN_PARTY]], "code")[0]["id"]
            return str(self.keeper.receives(amount, on, reference, party))
        return str(self.keeper.pays(self._rows(["reference", "=", number])[0]["id"], amount, on))

    def undo(self, payment: str, on: date) -> None:
        self.keeper.reverses(int(payment))

    def lose_sign_in(self) -> None:
        (user,) = self.keeper.find("res.user", [["login", "=", USER]], "login")
        self.keeper("model.res.user.write", [user["id"]], {"password": "another-password-than-before"})
