"""The interface of Exact Online: sign-in, limits, routes, pages and errors (accounting-apis 1.1, 1.2, 1.8 to 1.11)."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from connectors.fake.wire import Reply, Request, Troubled
from tests.connectors.stages.exact.books import DIVISION, Books
from tests.connectors.stages.exact.entities import RESOURCES, Resource
from tests.connectors.stages.exact.odata import GUID, Fault, Filter, Row, selected_of, taken, told

TOKEN_LIFE, TOKEN_YOUNGEST, TOKENS_A_DAY = 600, 570, 200  # 1.1 [E1][E7]
A_MINUTE, A_DAY, ERRORS = 60, 5000, 10  # 1.8 [E6][E7]
LARGEST_POST: Final = 10_000_000  # 1.4 [E1]
CODE_LIFE: Final = 180  # 1.1 [E7]: about three minutes
TOKEN_FIELDS: Final = {
    "refresh_token": {"grant_type", "refresh_token", "client_id", "client_secret"},
    "authorization_code": {"grant_type", "code", "redirect_uri", "client_id", "client_secret"},
}
OPTIONS: Final = {"$filter", "$select", "$top", "$orderby", "$skiptoken"}
_ADDRESS = re.compile(rf"/api/v1/(\d+)/([A-Za-z/]+?)(?:\(guid'({GUID})'\)(?:/(\w+))?)?")


class ExactServer:
    """One administration behind its interface. ``clock`` gives seconds.

    ``page_size`` and ``sync_page_size`` are small, so that every list has pages (60 and, unverified, 1,000: 1.9).
    ``shuffled`` gives what changed in another order than that of its timestamps, which nothing documents.
    """

    def __init__(self, secrets: Mapping[str, str], clock: Callable[[], float], *, unlimited: bool) -> None:
        self.secrets, self.clock, self.unlimited = dict(secrets), clock, unlimited
        self.books = Books(self.today)
        self.page_size, self.sync_page_size, self.shuffled = 3, 5, True
        self.token_calls = 0
        self._lock = threading.RLock()
        self._refresh, self._access = secrets["refresh_token"], secrets["access_token"]
        self._token_given = clock()
        self._codes: dict[str, tuple[str, float]] = {}
        self._calls: list[float] = []
        self._errors: dict[str, list[float]] = defaultdict(list)
        self._blocked: dict[str, float] = {}
        self.troubled = Troubled(self._served, clock)

    def today(self) -> date:
        return datetime.fromtimestamp(self.clock(), UTC).date()

    def handle(self, request: Request) -> Reply:
        with self._lock:
            return self.troubled(request)

    # --- a call, from outside in ------------------------------------------------------------------------------------

    def _served(self, request: Request) -> Reply:
        endpoint = re.sub(r"\(.*", "", request.path)
        try:
            if request.path == "/api/oauth2/token":
                return Reply(200, _json(self._token(request)))
            self._count(endpoint)
            self._check_sign_in(request)
            status, value = self._routed(request)
        except Fault as fault:
            if fault.status in {400, 401, 403, 404}:
                self._spend_error(endpoint)
            return Reply(fault.status, _json(fault.value), {**self._limit_headers(), **fault.headers})
        if request.headers.get("Accept") != "application/json":
            return Reply(status, b"<feed/>", {"Content-Type": "application/atom+xml"})  # OData without being asked
        return Reply(status, b"" if value is None else _json({"d": value}), self._limit_headers())

    def _count(self, endpoint: str) -> None:
        """60 a minute and 5,000 a day; when the minute is used up only its headers are sent (1.8 [E1])."""
        now = self.clock()
        self._calls = [moment for moment in self._calls if moment > now - 86400]
        if self.unlimited:
            return
        if self._blocked.get(endpoint, 0) > now:
            raise Fault(403, "Geblokkeerd: te veel fouten")  # which status it is: unverified
        minute = sum(moment > now - 60 for moment in self._calls)
        if minute >= A_MINUTE:
            raise Fault(429, "Too many requests", too_many(60 - (now - self._calls[-A_MINUTE]), now))
        if len(self._calls) >= A_DAY:
            until = str(round((self._calls[0] + 86400) * 1000))
            raise Fault(429, "Too many requests", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": until})
        self._calls.append(now)

    def _limit_headers(self) -> dict[str, str]:
        now = self.clock()
        minute = sum(moment > now - 60 for moment in self._calls)
        left = {"X-RateLimit-": (A_DAY, len(self._calls)), "X-RateLimit-Minutely-": (A_MINUTE, minute)}
        ends = {"X-RateLimit-": 86400, "X-RateLimit-Minutely-": 60}
        headers: dict[str, str] = {}
        for name, (most, used) in left.items():
            headers |= {f"{name}Limit": str(most), f"{name}Remaining": str(most - used)}
            headers[f"{name}Reset"] = str(round((now + ends[name]) * 1000))
        return headers

    def _spend_error(self, endpoint: str) -> None:
        """More than ten errors within an hour block the endpoint for an hour (1.8 [E6][E7])."""
        now = self.clock()
        recent = [moment for moment in self._errors[endpoint] if moment > now - 3600]
        self._errors[endpoint] = [*recent, now]
        if len(recent) >= ERRORS:
            self._blocked[endpoint] = now + 3600

    # --- sign-in ----------------------------------------------------------------------------------------------------

    def _check_sign_in(self, request: Request) -> None:
        alive = self.clock() < self._token_given + TOKEN_LIFE
        if not alive or request.headers.get("Authorization") != f"Bearer {self._access}":
            raise Fault(401, "Unauthorized")

    def _token(self, request: Request) -> Row:
        """Each refresh token once; a new pair only from 570 s after the one before; 200 a day (1.1)."""
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        wanted = TOKEN_FIELDS.get(form.get("grant_type", ""))
        if request.method != "POST" or request.query or form.keys() != wanted:
            raise _refusal(400, "invalid_request", "")
        self.token_calls += 1
        ours = (self.secrets["client_id"], self.secrets["client_secret"])
        if (form["client_id"], form["client_secret"]) != ours:
            raise _refusal(401, "invalid_client", "")
        if "code" in form:
            redirect_uri, until = self._codes.pop(form["code"], ("", 0.0))
            if form["redirect_uri"] != redirect_uri or until < self.clock():
                raise _refusal(400, "invalid_grant", "")
        elif form["refresh_token"] != self._refresh:
            raise _refusal(401, "unauthorized_client", "Old refresh token used.")
        elif self.clock() < self._token_given + TOKEN_YOUNGEST or self.token_calls > TOKENS_A_DAY:
            raise _refusal(400, "invalid_request", "Rate limit exceeded: access_token not expired")  # words: unverified
        self._refresh = _another(self._refresh)
        self._access = _another(self._refresh)
        self._token_given = self.clock()
        lives = str(TOKEN_LIFE)  # a text (1.1 [E1][E7])
        return {
            "access_token": self._access,
            "refresh_token": self._refresh,
            "expires_in": lives,
            "token_type": "bearer",
        }

    def agree(self, redirect_uri: str) -> str:
        """A person consents on screen; the code that comes back to this address, good once."""
        code = _another(f"{redirect_uri}{len(self._codes)}")
        self._codes[code] = (redirect_uri, self.clock() + CODE_LIFE)
        return code

    def withdraw(self) -> None:
        """The user takes back the consent."""
        self._refresh = self._access = "another"

    # --- routes -----------------------------------------------------------------------------------------------------

    def _routed(self, request: Request) -> tuple[int, Any]:
        found = _ADDRESS.fullmatch(request.path)
        name = found[2] if found else ""
        if found is None or name not in RESOURCES:
            raise Fault(404, "Resource not found for the segment.")
        if int(found[1]) != DIVISION:
            raise Fault(403, "Forbidden")
        resource, known, lines = RESOURCES[name], found[3], found[4]
        if unknown := request.query.keys() - OPTIONS:
            raise Fault(400, f"The query parameter '{min(unknown)}' is not supported.")
        if lines is not None:
            return self._lines(request, name, resource, known, lines)
        if request.method not in resource.methods or (known is None) != (request.method in {"GET", "POST"}):
            raise Fault(405, "The requested resource does not support this method.")
        if request.method == "GET":
            return 200, self._listed(request, name, resource, self.books.table(name))
        if request.query:
            raise Fault(400, "Query options cannot be used here.")
        if known is None:
            return self._made(request, name, resource)
        there = [row for row in self.books.table(name) if row[resource.key] == known.lower()]
        if not there:
            raise Fault(404, "Niet gevonden")
        return self._changed(request, name, resource, there[0])

    def _lines(self, request: Request, name: str, resource: Resource, known: str, lines: str) -> tuple[int, Any]:
        """The address that a deferred collection names (1.9 [E3])."""
        if resource.lines is None or resource.lines[0] != lines or request.method != "GET":
            raise Fault(404, "Resource not found for the segment.")
        inside = resource.lines[1]
        rows = [row for row in self.books.table(inside) if row[resource.key] == known.lower()]
        return 200, self._listed(request, inside, RESOURCES[inside], rows)

    def _listed(self, request: Request, name: str, resource: Resource, rows: list[Row]) -> Row:
        query = request.query
        if request.body:
            raise Fault(400, "A body is not expected.")
        if "$filter" not in query and (resource.filtered or resource.is_sync):
            raise Fault(400, "Please add a $filter to the query string.")  # 1.9 [E6][E7]
        names = selected_of(query.get("$select"), resource)
        if "$filter" in query:
            fields = resource.fields
            if resource.is_sync:  # by nothing else (the help text of the sync endpoints)
                fields = {"Timestamp": fields["Timestamp"]}
            rows = [row for row in rows if Filter(query["$filter"], fields).test(row)]
        rows = self._ordered(rows, query.get("$orderby"), resource)
        size = self.sync_page_size if resource.is_sync else self.page_size
        return self._page(request, name, resource, names, rows, size)

    def _ordered(self, rows: list[Row], by: str | None, resource: Resource) -> list[Row]:
        if by is not None:
            field, _, direction = by.partition(" ")
            if field not in resource.fields or direction not in {"", "asc", "desc"}:
                raise Fault(400, f"No property '{field}' exists in this type.")
            return sorted(rows, key=lambda row: (str(row.get(field)), row["_no"]), reverse=direction == "desc")
        if resource.is_sync and not self.shuffled:
            return sorted(rows, key=lambda row: row["Timestamp"])
        return sorted(rows, key=lambda row: str(row.get(resource.key) or row["_no"]))

    def _page(
        self, request: Request, name: str, resource: Resource, names: list[str] | None, rows: list[Row], size: int
    ) -> Row:
        query = request.query
        for option in ("$top", "$skiptoken"):
            if option in query and not re.fullmatch(r"\d{1,12}", query[option]):
                raise Fault(400, f"Incorrect value for {option}.")
        after = [row["_no"] for row in rows].index(int(query["$skiptoken"])) + 1 if "$skiptoken" in query else 0
        rows = rows[after:][: int(query.get("$top", len(rows)))]
        host = f"http://{request.headers['Host']}"
        base = f"{host}/api/v1/{DIVISION}/{name}"
        part = [told(row, resource, names, f"{base}(guid'{row[resource.key]}')") for row in rows[:size]]
        page: Row = {"results": part}
        if len(rows) > size:
            following = {**query, "$skiptoken": str(rows[size - 1]["_no"])}
            page["__next"] = f"{host}{request.path}?{urlencode(following)}"
        return page

    # --- changes ----------------------------------------------------------------------------------------------------

    def _body(self, request: Request) -> Any:
        if len(request.body) > LARGEST_POST:
            raise Fault(413, "Request Entity Too Large")
        try:
            return json.loads(request.body)
        except ValueError:
            raise Fault(400, "Error processing request stream.") from None

    def _made(self, request: Request, name: str, resource: Resource) -> tuple[int, Any]:
        given = taken(resource, self._body(request), makes=True)
        books = self.books
        if name == "crm/Accounts":
            row = books.account(given, None)
        elif name == "salesentry/SalesEntries":
            row = books.book(given)
        elif name == "financialtransaction/BankEntries":
            row = books.bank(given)
        elif name == "documents/Documents":
            row = books.add(name, given)
        elif name == "documents/DocumentAttachments":
            books.one("documents/Documents", given["Document"])
            row = books.add(name, given)
        else:
            raise Fault(403, "Forbidden - Application Scope Violated.")  # an app without that scope
        if request.headers.get("Prefer") != "return=representation":
            return 204, None  # 1.4 [E1]
        uri = f"http://{request.headers['Host']}/api/v1/{DIVISION}/{name}(guid'{row[resource.key]}')"
        return 201, told(row, resource, None, uri)

    def _changed(self, request: Request, name: str, resource: Resource, row: Row) -> tuple[int, Any]:
        if request.method == "DELETE" and name == "salesentry/SalesEntries":
            self.books.delete(row)
        elif request.method == "PUT" and name == "crm/Accounts":
            self.books.account(taken(resource, self._body(request), makes=False), row)
        elif request.method == "PUT" and name == "salesentry/SalesEntries":
            self.books.change(row, taken(resource, self._body(request), makes=False))
        else:
            raise Fault(403, "Forbidden - Application Scope Violated.")
        return 204, None

    # --- hooks ------------------------------------------------------------------------------------------------------

    def hook(self, topic: str, key: str, division: int = DIVISION) -> bytes:
        """A notification; its hash is over the raw text of what it holds, in capitals (1.11 [E1][E5])."""
        held = {"Topic": topic, "ClientId": self.secrets["client_id"], "Division": division, "Action": "Update"}
        endpoint = f"https://start.exactonline.nl/api/v1/{division}/x(guid'{key}')"
        held |= {"Key": key, "ExactOnlineEndpoint": endpoint}
        held["EventCreatedOn"] = f"/Date({round(self.clock() * 1000)})/"
        content = json.dumps(held, separators=(",", ":")).encode()
        digest = hmac.new(self.secrets["webhook_secret"].encode(), content, hashlib.sha256).hexdigest().upper()
        return b'{"Content":' + content + b',"HashCode":"' + digest.encode() + b'"}'


def too_many(seconds: float, now: float) -> dict[str, str]:
    """The headers when the minute is used up: resets in epoch milliseconds, no ``Retry-After`` (1.8 [E1])."""
    reset = str(round((now + seconds) * 1000))
    return {
        "X-RateLimit-Minutely-Limit": str(A_MINUTE),
        "X-RateLimit-Minutely-Remaining": "0",
        "X-RateLimit-Minutely-Reset": reset,
    }


def _refusal(status: int, error: str, description: str) -> Fault:
    """As the token endpoint refuses (1.1 [E2 #644])."""
    fault = Fault(status, description)
    fault.value = {"error": error, "error_description": description}
    return fault


def _another(seed: str) -> str:
    return hashlib.sha256(seed.encode()).hexdigest()


def _json(value: Any) -> bytes:
    return json.dumps(value, default=str).encode()
