"""Tryton's JSON-RPC over the books: sessions, methods, wizards and errors (accounting-apis 12.2, 12.6, 12.7)."""

from __future__ import annotations

import base64
import copy
import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from connectors.fake.wire import Reply, Request
from tests.connectors.stages.tryton.books import Books, balance
from tests.connectors.stages.tryton.records import (
    MODELS,
    Broken,
    NeedsConfirmation,
    Status,
    UserError,
    read_value,
    written,
)

FRESH = timedelta(seconds=300)
AGE = timedelta(days=30)
NEEDS_FRESH = {"model.account.invoice.post", "wizard.account.invoice.pay.create"}
MOST_FAILED = 5
LONG = 1400
CONTEXT = {"company", "companies"}
ABOUT = {"active_model", "active_id", "active_ids"}
WRITES = {
    "account.invoice": ("create", "write", "delete", "post"),
    "party.party": ("create", "write"),
    "ir.attachment": ("create",),
}
FORBIDDEN = b"""<!doctype html><title>403 Forbidden</title><h1>Forbidden</h1><p>You don&#39;t have the permission to
access the requested resource. It is either read-protected or not readable by the server.</p>"""


def labelled(request: Request) -> Request:
    """The request with its method behind the path, by which trouble knows it: ``POST /test/rpc/#model.x.read``."""
    try:
        called = json.loads(request.body)
        step = called["params"][2] if called["method"].endswith(".execute") else ""
        label = f"{called['method']} {step}".strip()
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        label = "?"
    return replace(request, path=f"{request.path}#{label}")


class TrytonServer:
    """One database. ``clock`` gives aware instants."""

    def __init__(self, user: str, password: str, canary: str, clock: Callable[[], datetime]) -> None:
        self.user, self.password, self._canary, self._clock = user, password, canary, clock
        self.books = Books(clock)
        self.sessions: dict[str, tuple[datetime, datetime]] = {}
        self.counts_failures = True
        self._failed = 0
        self._wizards: dict[int, str] = {}
        self._opened = 0

    def handle(self, request: Request) -> Reply:
        path = request.path.partition("#")[0]
        try:
            if path != "/test/rpc/":
                raise Status(404 if path.startswith("/test/rpc/") is False else 405)
            if request.method != "POST":
                raise Status(405)
            if request.query:
                raise Status(400)
            called = self._called(request)
            kept = copy.deepcopy(self.books.all)
            try:
                told = {"id": called["id"], "result": self._result(request, called["method"], called["params"])}
            except Status:
                raise
            except Exception as error:  # noqa: BLE001  (as the real one: whatever goes wrong is told, and undone)
                self.books.all = kept
                told = {"id": called["id"], "error": _told(error)}
        except Status as answer:
            return Reply(answer.status, answer.body, {"Content-Type": "text/html", **answer.headers})
        return _reply(request, told)

    def _called(self, request: Request) -> dict[str, Any]:
        try:
            called = json.loads(request.body)
        except ValueError:
            raise Status(400) from None
        # The real server answers a call with other keys too, but in a form of its own (ran on 8.2).
        if not isinstance(called, dict) or called.keys() != {"id", "method", "params"}:
            raise Status(400)
        if type(called["id"]) is not int or not isinstance(called["method"], str):
            raise Status(400)
        if not isinstance(called["params"], list) or not called["params"]:
            raise Status(400)
        return called

    # --- signing in -------------------------------------------------------------------------------------------------

    def _login(self, params: list[Any]) -> list[Any]:
        user, given = params
        if not isinstance(given, dict) or given.keys() - {"password"}:
            raise Status(400)
        if "password" not in given:
            raise Status(401)
        if self.counts_failures and self._failed > MOST_FAILED:
            raise Status(429)
        if (user, given["password"]) != (self.user, self.password):
            self._failed += 1
            raise Status(401)
        self._failed = 0
        key = f"{self._canary}session{len(self.sessions)}"
        self.sessions[key] = (self._clock(), self._clock())
        return [1, key, None]

    def _check_session(self, request: Request, method: str) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            user, number, key = base64.b64decode(token).decode().split(":", 2)
        except ValueError:
            user = number = key = ""
        opened, used = self.sessions.get(key, (None, None))
        refused = scheme != "Session" or (user, number) != (self.user, "1") or opened is None or used is None
        now = self._clock()
        if refused or now - opened > AGE or (method in NEEDS_FRESH and now - used > FRESH):
            raise Status(401, b"")
        self.sessions[key] = (opened, now)

    # --- methods ----------------------------------------------------------------------------------------------------

    def _result(self, request: Request, method: str, params: list[Any]) -> Any:
        if method == "common.db.login":
            return self._login(params)
        self._check_session(request, method)
        *given, context = params
        given = read_value(given)
        if method == "model.res.user.get_preferences":
            if given != [True] or context != {}:
                raise Status(422)
            return {"company": 1, "companies": [1], "language": "en"}
        self._check_context(read_value(context), wizard=method.startswith("wizard."))
        kind, _, rest = method.partition(".")
        name, _, call = rest.rpartition(".")
        if kind == "wizard":
            return self._wizard(name, call, given, context)
        if kind != "model" or (name not in MODELS and name != "res.user.warning"):
            raise Broken(repr(name))
        return self._model(name, call, given)

    def _check_context(self, context: Any, *, wizard: bool) -> None:
        if not isinstance(context, dict):
            raise Status(422)
        more = context.keys() - CONTEXT - {"language"}
        if not context.keys() >= CONTEXT or (more and (not wizard or more != ABOUT)):
            raise Broken(f"context: {sorted(context)}")
        if (context["company"], context["companies"], context.get("language", "en")) != (1, [1], "en"):
            raise UserError("You are not allowed to access this company.")

    def _model(self, model: str, call: str, given: list[Any]) -> Any:
        books = self.books
        if (model, call) == ("res.user.warning", "skip"):
            books.confirmed.add(*given)
            return None
        if call == "search_read":
            domain, offset, limit, order, fields = _exactly(given, 5)
            if offset != 0 or not isinstance(fields, list):
                raise Broken("search_read")
            return [written(books.read(model, key, fields)) for key in books.search(model, domain, limit, order)]
        if call not in WRITES.get(model, ()):
            raise Status(403, FORBIDDEN)
        if call == "create":
            (many,) = _exactly(given, 1)
            return [self._made(model, values) for values in many]
        if call == "write":
            books.write(model, *_exactly(given, 2))
            return None
        (keys,) = _exactly(given, 1)
        books.post(keys) if call == "post" else books.delete(model, keys)
        return None

    def _made(self, model: str, values: Any) -> int:
        if model == "ir.attachment" and isinstance(values, dict):
            name, _, key = str(values.get("resource")).partition(",")
            if not key.isdigit() or int(key) not in self.books.all.get(name, {}):
                raise UserError('A value is required for field "Resource" in record "x" of "Attachment".')
        return self.books.create(model, values)

    # --- wizards ----------------------------------------------------------------------------------------------------

    def _wizard(self, name: str, call: str, given: list[Any], context: dict[str, Any]) -> Any:
        if name not in {"account.invoice.pay", "account.move.reconcile_lines"}:
            raise Broken(repr(name))
        if call == "create":
            _exactly(given, 0)
            self._opened += 1
            self._wizards[self._opened] = name
            return [self._opened, "start", "end"]
        if not given or self._wizards.get(given[0]) != name:
            raise UserError("This wizard is gone.")
        if call == "delete":
            _exactly(given, 1)
            del self._wizards[given[0]]
            return None
        if not context.keys() >= ABOUT or context["active_ids"][:1] != [context["active_id"]]:
            raise Broken("active_id")
        _, data, state = _exactly(given, 3)
        if name == "account.invoice.pay":
            return self._pay(data, state, context)
        return self._reconcile(data, state, context)

    def _pay(self, data: Any, state: str, context: dict[str, Any]) -> Any:
        books = self.books
        if context["active_model"] != "account.invoice":
            raise UserError("You cannot execute this wizard on this model.")
        (key,) = books.known("account.invoice", context["active_ids"])
        invoice = books.all["account.invoice"][key]
        left = books.to_pay(invoice)
        about = {"company": 1, "currency": 1, "invoice_account": books.receivable}
        if state == "start":
            _form(data, set())
            known = {"payee": invoice["party"], "payees": [invoice["party"]]}
            return _view({**about, **known, "amount": left, "date": self._clock().date()})
        start = _form(data, {"start"} if state == "choice" else {"start", "ask"})["start"]
        _form(start, {*about, "payee", "payees", "amount", "date", "payment_method"}, {"description"})
        self._check_start(start, {**about, "payee": invoice["party"], "payees": [invoice["party"]]})
        claims = [line for line in books.inner(invoice, "lines_to_pay") if not line["reconciliation"]]
        paid = [line["id"] for line in books.inner(invoice, "payment_lines") if not line["reconciliation"]]
        asked = {
            "amount": start["amount"],
            "company": 1,
            "currency": 1,
            "invoice": key,
            "lines": [line["id"] for line in claims],
            "lines_to_pay": [line["id"] for line in claims],
            "payment_lines": paid,
            "type": "overpayment" if start["amount"] >= left else "partial",
        }
        if state == "choice" and start["amount"] != left:
            return _view(asked)
        if state == "pay":
            if _form(data["ask"], set(asked)) != {**asked, "type": "partial"}:
                raise Broken("ask")
            if start["amount"] > left:
                said = f'You cannot add a partial payment on invoice "{books.name(key)}" with an amount greater'
                raise UserError(f'{said} than the amount to pay "{left}".')
        elif state != "choice":
            raise Broken(repr(state))
        move = books.move(3, start["date"], f"account.invoice,{key}", start.get("description"))
        books.settle(invoice, books.line(move, invoice["party"], start["amount"]))
        return {}

    def _check_start(self, start: dict[str, Any], defaults: dict[str, Any]) -> None:
        if {name: start[name] for name in defaults} != defaults:
            raise Broken("start")
        if start["payment_method"] not in self.books.all["account.invoice.payment.method"]:
            said = f'The value "{start["payment_method"]}" for field "Payment Method" in record "x"'
            raise UserError(f'{said} of "Pay Invoice" is not valid according to its domain.')
        if not isinstance(start["amount"], Decimal) or not hasattr(start["date"], "isoformat"):
            raise Broken("start")
        if not isinstance(start.get("description", ""), str):
            raise Broken("description")

    def _reconcile(self, data: Any, state: str, context: dict[str, Any]) -> Any:
        if (context["active_model"], state) != ("account.move.line", "start"):
            raise UserError("You cannot execute this wizard on this model.")
        _form(data, set())
        keys = self.books.known("account.move.line", context["active_ids"])
        lines = [self.books.all["account.move.line"][key] for key in keys]
        if sum(map(balance, lines)):
            return _view({"amount": sum(map(balance, lines)), "company": 1, "currency": 1})
        self.books.reconcile(lines)
        return {}


def _exactly(given: list[Any], count: int) -> list[Any]:
    if len(given) != count:
        raise Status(422)
    return given


def _form(value: Any, needed: set[str], optional: frozenset[str] | set[str] = frozenset()) -> dict[str, Any]:
    if not isinstance(value, dict) or not needed <= value.keys() <= needed | optional:
        raise Broken(f"{value!r}")
    return value


def _view(defaults: dict[str, Any]) -> dict[str, Any]:
    """A form to fill in; names with a dot are only shown (12.12)."""
    shown = {"company.": {"rec_name": "Voorbeeld Helpdesk B.V."}}
    return {"view": {"defaults": written({**defaults, **shown}), "fields_view": {}, "buttons": [], "state": "x"}}


def _told(error: Exception) -> list[Any]:
    if isinstance(error, UserError):
        return ["UserError", [str(error), "", None]]
    if isinstance(error, NeedsConfirmation):
        return ["UserWarning", [error.name, str(error), ""]]
    return [str(error), ""]


def _reply(request: Request, told: dict[str, Any]) -> Reply:
    """A longer answer is called compressed, also when it is not because nobody asked for it (trytond 8.2.1)."""
    body = json.dumps(told, separators=(",", ":")).encode()
    if len(body) <= LONG:
        return Reply(200, body)
    packed = gzip.compress(body, 1) if "gzip" in request.headers.get("Accept-Encoding", "") else body
    return Reply(200, packed, {"Content-Encoding": "gzip"})
