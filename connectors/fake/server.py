"""The fake's interface: routes, sign-in, limits, keys, pages; and the controls by which tests and the demo use it.

All of it stands under one lock, so that every request is applied wholly or not at all. ``python -m connectors.fake``
puts it behind a socket; :class:`FakePackage` by itself answers in memory.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import format_datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from connectors.base import Push
from connectors.fake.books import Books, Record
from connectors.fake.forms import CODE, TOKEN, Problem, body_of, filled
from connectors.fake.profiles import PROFILES, Dials
from connectors.fake.wire import Manner, Reply, Request, Trouble, Troubled

Take = Callable[..., tuple[int, Any]]
OUTSIDE: Final = ("created", "place")  # kept for the fake itself, told to nobody


class FakePackage:
    """A whole accounting package.

    ``secrets``: api_key, webhook_secret, and for OAuth client_id, client_secret, access_token and refresh_token.
    """

    def __init__(
        self,
        profile: str,
        secrets: Mapping[str, str],
        *,
        clock: Callable[[], float] = time.time,
        dials: Dials | None = None,
    ) -> None:
        self.dials, self.secrets, self._base_clock = dials or PROFILES[profile], dict(secrets), clock
        self.ahead = 0.0
        self._lock = threading.RLock()
        self.troubled = Troubled(self._served, self.clock)
        self.books = Books(self.dials, self.clock)
        self._calls: list[float] = []
        self._errors: dict[str, list[float]] = defaultdict(list)
        self._keys: dict[str, tuple[float, str, Reply]] = {}
        self._refresh = self.secrets.get("refresh_token", "")
        self._access = {self.secrets["access_token"]: self.clock() + self.dials.token_life} if self._refresh else {}
        self._codes: dict[str, str] = {}
        self.token_calls = 0

    def clock(self) -> float:
        """Seconds since 1970, moved ahead as far as a test asked for; for what is carried out late, when it was due."""
        late = self.troubled.moment
        return self._base_clock() + self.ahead if late is None else late

    def handle(self, request: Request) -> Reply:
        """Answers one request: a control, or a call to the package with the trouble that was asked for."""
        with self._lock:
            if request.path == "/control":
                return Reply(200, _json(self.control(**json.loads(request.body, parse_float=Decimal))))
            return self.troubled(request)

    # --- a call, from outside in ------------------------------------------------------------------------------------

    def _served(self, request: Request) -> Reply:
        route = re.sub(r"\d{6,}", "{id}", request.line)
        try:
            self._check_limits(route)
            if request.line == "POST /oauth/token":
                status, value = self._token(request)
            else:
                self._check_sign_in(request)
                return self._keyed(request)
        except Problem as problem:
            if problem.status < 429:
                self._errors[route].append(self.clock())
            headers = problem.value.pop("headers", {})
            return Reply(problem.status, _json(problem.value), headers)
        return Reply(status, _json(value))

    def _check_limits(self, route: str) -> None:
        now, dials = self.clock(), self.dials
        self._calls = [moment for moment in self._calls if moment > now - 60]
        if dials.calls_a_minute and len(self._calls) >= dials.calls_a_minute:
            raise too_many(dials.waits_as, 60 - (now - self._calls[0]), now)
        self._calls.append(now)
        errors = [moment for moment in self._errors[route] if moment > now - 3600]
        if dials.errors_an_hour and len(errors) > dials.errors_an_hour:
            raise Problem(403, "blocked")

    def _check_sign_in(self, request: Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = token == self.secrets["api_key"] or self._access.get(token, 0) > self.clock()
        if scheme != "Bearer" or not known:
            raise Problem(401, "not_signed_in")

    def _token(self, request: Request) -> tuple[int, Any]:
        if request.query:
            raise Problem(400, "unknown_parameter", min(request.query))
        given = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        form = filled(CODE if given.get("grant_type") == "authorization_code" else TOKEN, given)
        self.token_calls += 1
        ours = (self.secrets.get("client_id"), self.secrets.get("client_secret"))
        if (form["client_id"], form["client_secret"]) != ours:
            raise Problem(401, "unknown_client")
        if "code" in form:
            if self._codes.pop(form["code"], None) != form["redirect_uri"]:
                raise Problem(400, "invalid_grant")
            self._refresh = _token_text(form["code"])
        if "code" not in form and form["refresh_token"] != self._refresh:
            raise Problem(401, "old_refresh_token_used")
        self._refresh = _token_text(self._refresh)
        access = _token_text(self._refresh + "a")
        self._access = {access: self.clock() + self.dials.token_life}
        lives = str(self.dials.token_life)
        return 200, {
            "access_token": access,
            "refresh_token": self._refresh,
            "expires_in": lives,
            "token_type": "bearer",
        }

    def _keyed(self, request: Request) -> Reply:
        """A repetition with the same key gets the first answer, for as long as keys live."""
        key = request.headers.get("Idempotency-Key") if self.dials.honours_keys else None
        digest = hashlib.sha256(request.line.encode() + request.body).hexdigest()
        expires, first, reply = self._keys.get(key or "", (0, "", Reply(0)))
        if key is not None and expires > self.clock():
            if digest != first:
                raise Problem(422, "key_reused", "Idempotency-Key")
            return reply
        status, value = self._routed(request)
        reply = Reply(status, _json(value))
        if key is not None:
            self._keys[key] = (self.clock() + self.dials.key_life, digest, reply)
        return reply

    # --- routes -----------------------------------------------------------------------------------------------------

    def _routed(self, request: Request) -> tuple[int, Any]:
        if not any(re.fullmatch(pattern, request.path) for _, pattern, _, _ in self._routes()):
            raise Problem(404, "unknown_route")
        for method, pattern, allowed, take in self._routes():
            match = re.fullmatch(pattern, request.path)
            if match and method == request.method:
                if unknown := sorted(request.query.keys() - set(allowed)):
                    raise Problem(400, "unknown_parameter", unknown[0])
                if method == "GET" and request.body:
                    raise Problem(400, "body_not_expected")
                return take(request, *match.groups())
        raise Problem(405, "unknown_method")

    def _routes(self) -> list[tuple[str, str, tuple[str, ...], Take]]:
        """Method, path, parameters, and what answers; what this kind of package does not have is absent."""
        books, dials = self.books, self.dials
        by_number = ("kind", "number") if dials.search else ()
        routes: list[tuple[str, str, tuple[str, ...], Take]] = [
            ("GET", "/v1/company", (), lambda _: (200, COMPANY)),
            ("GET", "/v1/lists", (), lambda _: (200, books.lists)),
            ("GET", "/v1/customers", ("code", "cursor"), self._customers),
            ("POST", "/v1/customers", (), lambda asked: (201, books.put_customer(body_of(asked.body)))),
            ("PUT", r"/v1/customers/(\d+)", (), lambda asked, of: (200, books.put_customer(body_of(asked.body), of))),
            ("GET", "/v1/documents", (*by_number, "since", "cursor"), self._documents),
            ("POST", "/v1/documents", (), self._create),
            ("GET", r"/v1/documents/(\d+)", (), lambda _, of: (200, self._told(books.document(of)))),
            ("PUT", r"/v1/documents/(\d+)", (), self._update),
            ("DELETE", r"/v1/documents/(\d+)", (), self._delete),
            ("GET", "/v1/open-items", ("cursor",), self._open_items),
        ]
        if dials.attachments:
            routes.append(("POST", r"/v1/documents/(\d+)/attachments", (), self._attach))
        if dials.drafts:
            routes.append(("POST", r"/v1/documents/(\d+)/book", (), lambda _, of: (200, self._told(books.book(of)))))
        if dials.payment_changes:
            routes.append(("GET", "/v1/payments", ("after", "number"), self._payments))
        if dials.push is not Push.NO:
            routes.append(("POST", "/v1/payments", (), self._push))
        return routes

    def _customers(self, request: Request) -> tuple[int, Any]:
        if "code" in request.query:
            return 200, {
                "items": [one for one in self.books.customers.values() if one["code"] == request.query["code"]]
            }
        return 200, self._page(list(self.books.customers.values()), request)

    def _documents(self, request: Request) -> tuple[int, Any]:
        if "number" in request.query:
            if request.query.get("kind") not in {"invoice", "credit_note"} or request.query.keys() != {
                "kind",
                "number",
            }:
                raise Problem(400, "invalid_parameter", "kind")
            found = self.books.found(request.query["kind"], request.query["number"])
            return 200, {"items": [self._told(document) for document in found]}
        since = request.query.get("since", "")
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", since):
            raise Problem(400, "invalid_parameter", "since")
        listed = [self._told(one) for one in self.books.documents.values() if one["issue_date"] >= since]
        return 200, self._page(listed, request)

    def _create(self, request: Request) -> tuple[int, Any]:
        value = body_of(request.body)
        number = value.get("number") if isinstance(value, dict) else None
        if isinstance(number, str) and (
            len(number) > self.dials.longest_number or not re.fullmatch(self.dials.number_pattern, number)
        ):
            raise Problem(422, "invalid", "number")
        return 201, self._told(self.books.create(value))

    def _update(self, request: Request, known: str) -> tuple[int, Any]:
        return 200, self._told(self.books.update(known, body_of(request.body)))

    def _delete(self, request: Request, known: str) -> tuple[int, Any]:
        self.books.delete(known)
        return 200, {}

    def _attach(self, request: Request, known: str) -> tuple[int, Any]:
        return 201, self._told(self.books.attach(known, body_of(request.body)))

    def _push(self, request: Request) -> tuple[int, Any]:
        matches = self.dials.push is Push.BOOKS_AND_MATCHES
        return 201, _without(self.books.push(body_of(request.body), matches))

    def _payments(self, request: Request) -> tuple[int, Any]:
        """By our number, or those from a cursor on, that one included once more: the news overlaps."""
        payments = self.books.payments
        if "number" in request.query:
            return 200, {"items": [_without(one) for one in payments if one["number"] == request.query["number"]]}
        after = request.query.get("after", "0")
        if not re.fullmatch(r"\d{1,9}", after):
            raise Problem(400, "invalid_parameter", "after")
        first = max(int(after) - 1, 0)
        part = payments[first : first + self.dials.page_size]
        cursor = str(part[-1]["place"] if part else len(payments))
        documents = {
            one["document"]: self._told(self.books.documents[one["document"]]) for one in part if one["document"]
        }
        more = first + len(part) < len(payments)
        return 200, {
            "items": [_without(one) for one in part],
            "documents": list(documents.values()),
            "cursor": cursor,
            "more": more,
        }

    def _open_items(self, request: Request) -> tuple[int, Any]:
        return 200, self._page([self._told(one) for one in self.books.living() if self._is_open(one)], request)

    def _is_open(self, document: Record) -> bool:
        return bool(document["state"] == "booked" and document["open"] != 0)

    def _page(self, items: list[Record], request: Request) -> Record:
        cursor = request.query.get("cursor", "0")
        if not re.fullmatch(r"\d{1,9}", cursor):
            raise Problem(400, "invalid_parameter", "cursor")
        end = int(cursor) + self.dials.page_size
        return {"items": items[int(cursor) : end], "next": str(end) if end < len(items) else None}

    def _told(self, document: Record) -> Record:
        names = [one["name"] for one in document["attachments"]] if self.dials.attachments else None
        return {**_without(document), "attachments": names}

    # --- controls ---------------------------------------------------------------------------------------------------

    def control(self, do: str, **what: Any) -> Any:
        """What tests and the demo ask for; see :mod:`connectors.fake.control`."""
        if do == "pay":
            return _without(self.books.pay(what.pop("number"), Decimal(what.pop("amount")), **what))
        if do == "undo":
            return _without(self.books.undo(**what))
        if do == "trouble":
            what.update(manner=Manner(what["manner"]), late=float(what["late"]))
            return self.troubled.add(Trouble(**what))
        if do == "calm":
            return self.troubled.clear()
        if do == "advance":
            self.ahead += float(what["seconds"])
            return self.troubled.settle()
        if do == "books":
            self.troubled.settle()
            listed = [{**self._told(one), "files": one["attachments"]} for one in self.books.documents.values()]
            return {
                "documents": listed,
                "customers": list(self.books.customers.values()),
                "payments": [_without(one) for one in self.books.payments],
                "token_calls": self.token_calls,
                "dials": {name: str(value) for name, value in asdict(self.dials).items()},
            }
        if do == "agree":
            code = _token_text(f"{what['redirect_uri']}{self.books.new_id()}")
            self._codes[code] = what["redirect_uri"]
            return {"code": code}
        if do == "change":
            return self.books.documents[what["document"]].update(what["to"])
        if do == "hook":
            return self._hook(what["about"])
        raise ValueError(do)

    def _hook(self, about: Record) -> Record:
        """A webhook as it would be delivered: body and headers."""
        body = _json({"id": self.books.new_id(), **about}).decode()
        moment = int(self.clock())
        return {
            "body": body,
            "headers": {"Fake-Signature": f"t={moment},v1={sign(self.secrets, moment, body.encode())}"},
        }


COMPANY: Final = {"id": "1", "name": "Voorbeeld Helpdesk B.V.", "currency": "EUR", "kvk_number": "12345678"}


def sign(secrets: Mapping[str, str], moment: int, body: bytes) -> str:
    """The signature of a webhook: over the moment and the raw body."""
    return hmac.new(secrets["webhook_secret"].encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()


def too_many(waits_as: str, seconds: float, now: float) -> Problem:
    """A 429, with the time to wait in one of the ways that real packages use."""
    until = now + seconds
    headers = {
        "seconds": {"Retry-After": str(int(seconds) + 1)},
        "epoch": {"Retry-After": str(int(until) + 1)},
        "reset_ms": {"X-RateLimit-Minutely-Remaining": "0", "X-RateLimit-Minutely-Reset": str(int(until * 1000))},
        "date": {"Retry-After": format_datetime(datetime.fromtimestamp(int(until) + 1, UTC), usegmt=True)},
        "prose": {},
    }[waits_as]
    problem = Problem(429, f"too many calls, try again in {int(seconds) + 1} seconds")
    problem.value["headers"] = headers
    return problem


def _token_text(seed: str) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()


def _without(record: Record) -> Record:
    return {name: value for name, value in record.items() if name not in OUTSIDE}


def _json(value: Any) -> bytes:
    return json.dumps(value, default=str).encode()
