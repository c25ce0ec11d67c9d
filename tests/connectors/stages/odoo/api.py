"""JSON-2 and XML-RPC in front of the books (accounting-apis 11.2, 11.8).

Stricter than Odoo where Odoo looks away: it takes no parameter in an address and no key of a context that the reference
does not name, so that a connector that sends one is found out.
"""

from __future__ import annotations

import json
import re
import threading
import xmlrpc.client
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from connectors.fake.wire import Reply, Request
from tests.connectors.stages.odoo.accounting import Books
from tests.connectors.stages.odoo.orm import MODELS, Record, Wrong, type_error

DATABASE, LOGIN, USER = "helpdesk", "billing@voorbeeld.example", 7
Method = tuple[bool, set[str], set[str], Callable[..., Any]]
CONTEXT = {"active_model", "active_ids"}
TRACE = 'Traceback (most recent call last):\n  File "odoo/http.py", line 1, in a_secret_place\n'
MARK = "#"
"""Stands before model and method in the line of an XML-RPC request, where troubles are looked up."""


class Odoo:
    """The server of one database. ``forms`` names the APIs that this version has."""

    def __init__(self, books: Books, key: str, forms: tuple[str, ...]) -> None:
        self.books, self.key, self.forms = books, key, forms
        self._lock = threading.RLock()

    def handle(self, request: Request) -> Reply:
        with self._lock:
            if request.query:
                return Reply(400, b'"No parameters are documented."')
            if request.path.startswith("/json/2") and "json-2" in self.forms:
                return self._json_2(request)
            if request.path.startswith("/xmlrpc/2/") and "xml-rpc" in self.forms:
                return self._xml_rpc(request)
            return Reply(404, b"<!doctype html><h1>Not Found</h1>", {"Content-Type": "text/html"})

    # --- JSON-2 -----------------------------------------------------------------------------------------------------

    def _json_2(self, request: Request) -> Reply:
        try:
            return Reply(200, json.dumps(self._answered(request)).encode())
        except Wrong as wrong:
            more = [wrong.status] if wrong.name.startswith("werkzeug") else []
            told = {"name": wrong.name, "message": wrong.message, "arguments": [wrong.message, *more], "context": {}}
            return Reply(wrong.status, json.dumps({**told, "debug": TRACE + wrong.message}).encode())

    def _answered(self, request: Request) -> Any:
        place = re.fullmatch(r"/json/2/([a-z._]+)/([a-z_]+)", request.path)
        if request.method != "POST" or place is None:
            raise Wrong(404, "werkzeug.exceptions.NotFound", "Did you mean POST /json/2/<model>/<method>?")
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or token != self.key:
            raise Wrong(401, "werkzeug.exceptions.Unauthorized", "Invalid apikey")
        if request.headers.get("X-Odoo-Database") != DATABASE:
            raise Wrong(404, "werkzeug.exceptions.NotFound", "No database is selected")
        try:
            arguments = json.loads(request.body)
        except ValueError as error:
            raise Wrong(400, "werkzeug.exceptions.BadRequest", "could not parse the body as json") from error
        if not isinstance(arguments, dict):
            raise Wrong(400, "werkzeug.exceptions.BadRequest", "could not parse the body, expecting a json object")
        return self.call(place[1], place[2], arguments)

    # --- XML-RPC ----------------------------------------------------------------------------------------------------

    def _xml_rpc(self, request: Request) -> Reply:
        service = request.path.partition(MARK)[0].removeprefix("/xmlrpc/2/")
        if request.method != "POST":
            return Reply(405, b"<h1>Method Not Allowed</h1>", {"Content-Type": "text/html"})
        if service not in {"common", "object"}:
            return Reply(404, b"<h1>Not Found</h1>", {"Content-Type": "text/html"})
        try:
            parameters, name = xmlrpc.client.loads(request.body)
            value = self._served(service, str(name), parameters)
            answer = xmlrpc.client.dumps((value,), methodresponse=True)
        except Wrong as wrong:
            answer = xmlrpc.client.dumps(fault_of(wrong))
        except Exception as error:  # noqa: BLE001  (as Odoo: whatever else happens comes as a traceback)
            answer = xmlrpc.client.dumps(_traceback(f"{type(error).__name__}: {error}"))
        return Reply(200, answer.encode(), {"Content-Type": "text/xml"})

    def _served(self, service: str, name: str, parameters: tuple[Any, ...]) -> Any:
        if (service, name) == ("common", "authenticate"):
            database, login, key, agent = parameters
            if database != DATABASE or not isinstance(agent, dict) or agent:
                raise type_error("authenticate()")
            return USER if (login, key) == (LOGIN, self.key) else False
        if (service, name) != ("object", "execute_kw"):
            raise type_error(f"Method not found: {name}")
        database, user, key, model, method, by_place, by_name = parameters
        if (database, user, key) != (DATABASE, USER, self.key):
            raise Wrong(401, "odoo.exceptions.AccessDenied", "Access Denied")
        return self.call(model, method, _named(method, by_place, by_name))

    def labelled(self, request: Request) -> Request:
        """An XML-RPC request with its model and method in its line."""
        if not request.path.startswith("/xmlrpc/2/object"):
            return request
        try:
            parameters, _ = xmlrpc.client.loads(request.body)
            return replace(request, path=f"{request.path}{MARK}{parameters[3]}/{parameters[4]}")
        except Exception:  # noqa: BLE001  (it will be refused)
            return request

    # --- a call, in whichever form it came --------------------------------------------------------------------------

    def call(self, model: str, method: str, arguments: Record) -> Any:
        """The value of a method; an unknown model, method or argument is refused."""
        if model not in MODELS:
            raise Wrong(404, "werkzeug.exceptions.NotFound", f"the model '{model}' does not exist")
        ids, context = arguments.pop("ids", []), arguments.pop("context", {})
        known = self._methods(model, ids, context)
        if method not in known:
            raise Wrong(404, "werkzeug.exceptions.NotFound", f"The method '{model}.{method}' does not exist")
        of_records, required, optional, carry_out = known[method]
        if ids and not of_records:
            raise Wrong(422, "werkzeug.exceptions.UnprocessableEntity", f"cannot call {model}.{method} with ids")
        if wrong := (required - arguments.keys()) or (arguments.keys() - required - optional):
            raise type_error(f"{method}() got an unexpected keyword argument or lacks one: {min(wrong)!r}")
        if not isinstance(ids, list) or any(not isinstance(one, int) for one in ids):
            raise type_error(f"ids: {ids!r}")
        if not isinstance(context, dict) or context.keys() - CONTEXT:
            raise type_error(f"context: {context!r}")
        if "active_ids" in context and not isinstance(context["active_ids"], list):
            raise type_error(f"active_ids: {context!r}")
        return carry_out(**arguments)

    def _methods(
        self, model: str, ids: Any, context: Any
    ) -> dict[str, tuple[bool, set[str], set[str], Callable[..., Any]]]:
        """Name → whether it works on records, the arguments it needs and takes, and what it does."""
        books = self.books
        search = {"domain", "offset", "limit", "order"}

        def search_read(fields: Any = None, **more: Any) -> Any:
            return books.read(model, books.search(model, **more), fields)

        def create(vals_list: Any) -> list[int]:
            if not isinstance(vals_list, list):
                raise type_error(f"vals_list: {vals_list!r}")
            return [books.create(model, values, context) for values in vals_list]

        known: dict[str, Method] = {
            "search": (False, set(), search, lambda **more: books.search(model, **more)),
            "search_read": (False, set(), search | {"fields"}, search_read),
            "read": (True, set(), {"fields"}, lambda fields=None: books.read(model, ids, fields)),
            "create": (False, {"vals_list"}, set(), create),
            "write": (True, {"vals"}, set(), lambda vals: books.write(model, ids, vals)),
            "unlink": (True, set(), set(), lambda: books.unlink(model, ids)),
        }
        if model == "account.move":
            known["action_post"] = (True, set(), set(), lambda: books.action_post(ids))
        if model == "account.payment.register":
            wizard = lambda: books.action_create_payments(ids, context)  # noqa: E731
            known["action_create_payments"] = (True, set(), set(), wizard)
        return known


OF_MODEL = {"search", "search_read", "create"}


def _named(method: str, by_place: Any, by_name: Any) -> Record:
    """The arguments by name: XML-RPC gives the values to create, or the ids, by place."""
    if not isinstance(by_place, list) or not isinstance(by_name, dict):
        raise type_error(f"execute_kw: {by_place!r}, {by_name!r}")
    if method == "create":
        return {**by_name, "vals_list": by_place[0]} if by_place else dict(by_name)
    if method in OF_MODEL:
        if by_place:
            raise type_error(f"{method}: by name, please")
        return dict(by_name)
    return {**by_name, "ids": by_place[0]}


def fault_of(wrong: Wrong) -> xmlrpc.client.Fault:
    """2 for what the user did wrong, 3 for a wrong key, 4 for rights, else 1 with a traceback."""
    kind = wrong.name.rpartition(".")[2]
    if kind == "AccessDenied":
        return xmlrpc.client.Fault(3, wrong.message)
    if kind == "AccessError":
        return xmlrpc.client.Fault(4, wrong.message)
    if wrong.name.startswith("odoo.exceptions"):
        return xmlrpc.client.Fault(2, wrong.message)
    return _traceback(f"{wrong.name.removeprefix('builtins.')}: {wrong.message}")


def _traceback(last: str) -> xmlrpc.client.Fault:
    return xmlrpc.client.Fault(1, f"{TRACE}{last}\n")
