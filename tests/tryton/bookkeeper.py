"""What somebody does in Tryton by hand, as its own client would ask for it; and what stands in the books."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import requests

from tests.tryton.server import ADMIN, DATABASE, PASSWORD, TrytonServer

CONTEXT = {"company": 1, "companies": [1], "language": "en"}


class Refusal(Exception):
    """What the server answered instead of a result."""


class Bookkeeper:
    """The administrator at work in Tryton."""

    def __init__(self, server: TrytonServer, user: str = ADMIN) -> None:
        self._url, self._session = f"{server.url}/{DATABASE}/rpc/", requests.Session()
        number, key, _ = self._result("common.db.login", [user, {"password": PASSWORD}])
        token = base64.b64encode(f"{user}:{number}:{key}".encode()).decode()
        self._session.headers["Authorization"] = f"Session {token}"

    def __call__(self, method: str, *params: Any, **context: Any) -> Any:
        return self._result(method, [*params, {**CONTEXT, **context}])

    def _result(self, method: str, params: Sequence[Any]) -> Any:
        answer = self._session.post(self._url, json={"id": 1, "method": method, "params": params}, timeout=60)
        told = answer.json() if answer.status_code == 200 else {"error": [answer.status_code, answer.text]}
        if "error" in told:
            raise Refusal(told["error"])
        return told["result"]

    def find(self, model: str, domain: Sequence[Any], *fields: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self(f"model.{model}.search_read", domain, 0, None, [["id", "ASC"]], list(fields))
        return found

    def wizard(self, name: str, model: str, keys: Sequence[int], *steps: tuple[str, dict[str, Any]]) -> None:
        """Goes through a wizard; a warning is confirmed. Each form is sent with its defaults and what is given."""
        about = {"active_model": model, "active_id": keys[0], "active_ids": list(keys)}
        session, step, _ = self(f"wizard.{name}.create")
        data: dict[str, Any] = {}
        told = self._executed(name, session, data, step, about)
        for following, given in steps:
            defaults = told["view"]["defaults"]
            shown = {field: value for field, value in defaults.items() if "." not in field}
            data[told["view"]["state"]] = {**shown, **given}
            told = self._executed(name, session, data, following, about)
        self(f"wizard.{name}.delete", session)

    def _executed(self, name: str, session: int, data: Any, step: str, about: dict[str, Any]) -> Any:
        try:
            return self(f"wizard.{name}.execute", session, data, step, **about)
        except Refusal as refused:
            kind, said = refused.args[0]
            if kind != "UserWarning":
                raise
        self("model.res.user.warning.skip", said[0])
        return self(f"wizard.{name}.execute", session, data, step, **about)

    # --- money ------------------------------------------------------------------------------------------------------

    def statement(self, on: date, *lines: dict[str, Any]) -> list[int]:
        """A bank statement, entered and posted; the lines that it made on the receivable account."""
        (journal,) = self.find("account.statement.journal", [], "name")
        total = sum((line["amount"] for line in lines), Decimal())
        entered = [
            {"date": day(on), "number": str(at), **line, "amount": money(line["amount"])}
            for at, line in enumerate(lines)
        ]
        values = {
            "name": f"Bank {on}",
            "journal": journal["id"],
            "date": day(on),
            "start_balance": money(Decimal(0)),
            "end_balance": money(total),
            "lines": [["create", entered]],
        }
        (statement,) = self("model.account.statement.create", [values])
        self("model.account.statement.validate_statement", [statement])
        self("model.account.statement.post", [statement])
        made = self.find(
            "account.move.line", [["move.origin", "=", f"account.statement,{statement}"], RECEIVABLE], "id"
        )
        return [line["id"] for line in made]

    def pays(self, invoice: int, amount: Decimal, on: date) -> int:
        """A line of a bank statement that pays this invoice."""
        (row,) = self.find("account.invoice", [["id", "=", invoice]], "party", "account")
        about = {"party": row["party"], "account": row["account"], "related_to": f"account.invoice,{invoice}"}
        return self.statement(on, {"amount": amount, "description": "betaling", **about})[0]

    def receives(self, amount: Decimal, on: date, reference: str, party: int) -> int:
        """A line of a bank statement for a party, and no invoice known."""
        (account,) = self.find("account.configuration", [], "default_account_receivable")
        about = {"party": party, "account": account["default_account_receivable"]}
        return self.statement(on, {"amount": amount, "description": reference, **about})[0]

    def matches(self, invoice: int, line: int, *, write_off: bool = False) -> None:
        """Reconciles a payment with the invoice that it pays, what is left given up."""
        (row,) = self.find("account.invoice", [["id", "=", invoice]], "lines_to_pay")
        lines = [*row["lines_to_pay"], line]
        (given_up,) = self.find("account.move.reconcile.write_off", [], "name")
        steps = [("reconcile", {"writeoff": given_up["id"]})] if write_off else []
        self.wizard("account.move.reconcile_lines", "account.move.line", lines, *steps)

    def reverses(self, line: int) -> None:
        """A payment that was none: taken from its invoice if it settled that, then its move is cancelled by another."""
        (row,) = self.find("account.move.line", [["id", "=", line]], "move", "reconciliation")
        if row["reconciliation"]:
            self.wizard("account.move.unreconcile_lines", "account.move.line", [line])
        self.wizard("account.move.cancel", "account.move", [row["move"]], ("cancel", {}))


RECEIVABLE = ["account.type.receivable", "=", True]


def money(amount: Decimal) -> dict[str, str]:
    return {"__class__": "Decimal", "decimal": str(amount)}


def day(on: date) -> dict[str, Any]:
    return {"__class__": "date", "year": on.year, "month": on.month, "day": on.day}
