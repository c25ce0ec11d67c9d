"""The interface of Moneybird: routes, sign-in, limits, pages and refusals, all under one lock."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, Final
from urllib.parse import parse_qsl, unquote

from connectors.fake.wire import Reply, Request, Troubled
from tests.connectors.stages.moneybird.books import (
    ADMINISTRATION,
    FINANCIAL_ACCOUNTS,
    LEDGER_ACCOUNTS,
    PROJECTS,
    TAX_RATES,
    Books,
)
from tests.connectors.stages.moneybird.forms import (
    CONTACT,
    INVOICE,
    PAYMENT,
    Record,
    Refusal,
    bad,
    body_of,
    filters,
    not_found,
    period,
    states,
    wrapped,
)

API: Final = f"/api/v2/{ADMINISTRATION}"
INVOICES: Final = f"{API}/external_sales_invoices"
PAGED: Final = ("page", "per_page")
WINDOW: Final = 300
MOST_CALLS: Final = 150
TOKEN_LIFE: Final = 600
"""2.1: one source says that tokens do not end, one says an hour. The suite moves its clock in steps of ten minutes."""
TOKEN_FIELDS: Final = {
    "refresh_token": {"grant_type", "refresh_token", "client_id", "client_secret"},
    "authorization_code": {"grant_type", "code", "redirect_uri", "client_id", "client_secret"},
}
"""2.1 names the address only; the fields are those of RFC 6749, 4.1.3 and 6."""
OUTSIDE: Final = frozenset({"content", "total"})
Take = Callable[..., "tuple[int, Any]"]


class MoneybirdServer:
    """One administration. ``secrets``: token, client_id, client_secret, access_token, refresh_token."""

    def __init__(
        self, secrets: Mapping[str, str], clock: Callable[[], float], *, per_line: bool, unlimited: bool
    ) -> None:
        self.secrets, self.clock, self._unlimited = dict(secrets), clock, unlimited
        self.books = Books(clock, per_line=per_line)
        self.troubled = Troubled(self._served, clock)
        self.refresh = self.secrets["refresh_token"]
        self.access = {self.secrets["access_token"]: clock() + TOKEN_LIFE}
        self.gives_expiry = True
        self.token_calls = 0
        self._codes: dict[str, str] = {}
        self._window, self._calls = 0, 0

    def handle(self, request: Request) -> Reply:
        return self.troubled(request)

    def _served(self, request: Request) -> Reply:
        try:
            self._count()
            if request.line == "POST /oauth/token":
                status, value = self._token(request)
            else:
                self._check_sign_in(request)
                status, value = self._routed(request)
        except Refusal as refusal:
            return Reply(refusal.status, _json(refusal.value), refusal.headers)
        return Reply(status, b"" if status == 204 else _json(value))

    def _count(self) -> None:
        """150 calls in a fixed window of 5 minutes; ``Retry-After`` is a moment, not a time to wait (2.8 [M3][M4])."""
        window = int(self.clock()) // WINDOW
        self._calls = self._calls + 1 if window == self._window else 1
        self._window = window
        if self._calls > MOST_CALLS and not self._unlimited:
            raise too_many((window + 1) * WINDOW)

    # --- sign-in (2.1) ----------------------------------------------------------------------------------------------

    def _check_sign_in(self, request: Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        known = token == self.secrets["token"] or self.access.get(token, 0) > self.clock()
        if scheme != "Bearer" or not known:
            raise Refusal(401, {"error": "Access token is invalid or revoked"})

    def _token(self, request: Request) -> tuple[int, Any]:
        """A refresh token is given out; that the old one dies is not said, but the nastier of what can be."""
        self.token_calls += 1
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        if request.query or form.keys() != TOKEN_FIELDS.get(form.get("grant_type", "")):
            raise Refusal(400, {"error": "invalid_request"})
        if (form["client_id"], form["client_secret"]) != (self.secrets["client_id"], self.secrets["client_secret"]):
            raise Refusal(401, {"error": "invalid_client"})
        if "code" in form:
            if self._codes.pop(form["code"], None) != form["redirect_uri"]:
                raise Refusal(400, {"error": "invalid_grant"})
        elif form["refresh_token"] != self.refresh:
            raise Refusal(400, {"error": "invalid_grant"})
        self.refresh = _seed(self.refresh)
        access = _seed(self.refresh + "a")
        self.access = {access: self.clock() + (TOKEN_LIFE if self.gives_expiry else 10**9)}
        answer = {"access_token": access, "token_type": "bearer", "refresh_token": self.refresh, "scope": "settings"}
        return 200, {**answer, **({"expires_in": TOKEN_LIFE} if self.gives_expiry else {})}

    def agree(self, redirect_uri: str) -> str:
        """A person consents on screen; the code that comes back to this address, good once."""
        code = _seed(f"{redirect_uri}{self.token_calls}")
        self._codes[code] = redirect_uri
        return code

    # --- routes -----------------------------------------------------------------------------------------------------

    def _routed(self, request: Request) -> tuple[int, Any]:
        path = unquote(request.path)
        fitting = [
            (method, pattern, known, take)
            for method, pattern, known, take in self._routes()
            if re.fullmatch(pattern, path)
        ]
        if not fitting:
            raise Refusal(404, {"error": "Not found"})
        for method, pattern, known, take in fitting:
            match = re.fullmatch(pattern, path)
            if method == request.method and match is not None:
                if unknown := sorted(request.query.keys() - set(known)):
                    raise bad(f"{unknown[0]} is unknown", **{unknown[0]: "unknown"})
                if method in {"GET", "DELETE"} and request.body:
                    raise bad("A body is not expected")
                return take(request, *match.groups())
        raise Refusal(405, {"error": "Method not allowed"})

    def _routes(self) -> list[tuple[str, str, tuple[str, ...], Take]]:
        """Method, path, parameters, and what answers (2.2 to 2.6)."""
        books, one = self.books, rf"{INVOICES}/(\d+)"
        return [
            ("GET", "/api/v2/administrations.json", (), lambda _: (200, [COMPANY, ANOTHER])),
            ("GET", f"{API}/tax_rates.json", ("filter", *PAGED), self._tax_rates),
            ("GET", f"{API}/ledger_accounts.json", (), lambda _: (200, LEDGER_ACCOUNTS)),
            ("GET", f"{API}/projects.json", ("filter", *PAGED), self._projects),
            ("GET", f"{API}/financial_accounts.json", (), lambda _: (200, FINANCIAL_ACCOUNTS)),
            ("GET", f"{API}/contacts.json", (*PAGED, "query", "include_archived"), self._contacts),
            ("POST", f"{API}/contacts.json", (), lambda asked: (201, books.put_contact(contact_in(asked)))),
            ("GET", rf"{API}/contacts/customer_id/(\d+).json", (), self._contact_by_code),
            ("PATCH", rf"{API}/contacts/(\d+).json", (), self._update_contact),
            ("GET", f"{INVOICES}.json", ("filter", *PAGED), self._invoices),
            ("POST", f"{INVOICES}.json", (), lambda asked: (201, books.create(invoice_in(asked)))),
            ("GET", f"{INVOICES}/synchronization.json", ("filter",), self._versions),
            ("POST", f"{INVOICES}/synchronization.json", (), self._fetch),
            ("GET", rf"{one}.json", (), self._read),
            ("PATCH", rf"{one}.json", (), lambda asked, of: (200, books.update(of, invoice_in(asked)))),
            ("DELETE", rf"{one}.json", (), lambda _, of: (204, books.delete(of))),
            ("POST", rf"{one}/attachment.json", (), self._attach),
            ("POST", rf"{one}/payments.json", (), lambda asked, of: (201, books.pay(of, payment_in(asked)))),
            ("DELETE", rf"{one}/payments/(\d+).json", (), lambda _, of, known: (204, books.unpay(of, known))),
        ]

    def _tax_rates(self, request: Request) -> tuple[int, Any]:
        terms = filters(request.query.get("filter", ""), ("tax_rate_type", "percentage", "active"))
        kind = terms.get("tax_rate_type", "all")
        return 200, _page([one for one in TAX_RATES if kind in {"all", one["tax_rate_type"]}], request)

    def _projects(self, request: Request) -> tuple[int, Any]:
        state = filters(request.query.get("filter", "state:active"), ("state",))["state"]
        return 200, _page([one for one in PROJECTS if state in {"all", one["state"]}], request)

    def _contacts(self, request: Request) -> tuple[int, Any]:
        return 200, _page(list(self.books.contacts.values()), request)

    def _contact_by_code(self, request: Request, code: str) -> tuple[int, Any]:
        """The contract's pattern allows digits only, so that another code has no such address (2.3)."""
        for contact in self.books.contacts.values():
            if contact["customer_id"] == code:
                return 200, contact
        raise not_found("customer_id")

    def _update_contact(self, request: Request, known: str) -> tuple[int, Any]:
        if known not in self.books.contacts:
            raise not_found()
        return 200, self.books.put_contact(contact_in(request), known)

    def _filtered(self, request: Request) -> list[Record]:
        terms = filters(request.query.get("filter", ""), ("state", "period", "contact_id"))
        asked, (first, last) = states(terms), period(terms, self.books.today())
        contact = terms.get("contact_id")
        if contact is not None and contact not in self.books.contacts:
            raise not_found("contact_id")
        return [
            one
            for one in reversed(self.books.invoices.values())
            if first <= one["date"] <= last
            if not asked or one["state"] in asked
            if contact is None or one["contact_id"] == contact
        ]

    def _invoices(self, request: Request) -> tuple[int, Any]:
        """Newest first; the order is not documented."""
        return 200, _page(self._filtered(request), request)

    def _versions(self, request: Request) -> tuple[int, Any]:
        return 200, [{"id": one["id"], "version": one["version"]} for one in self._filtered(request)]

    def _fetch(self, request: Request) -> tuple[int, Any]:
        """At most 100, also if more are asked for (2.6)."""
        body = body_of(request.body)
        if unknown := sorted(body.keys() - {"ids"}):
            raise bad(f"{unknown[0]} is unknown", **{unknown[0]: "unknown"})
        ids = body.get("ids")
        if not isinstance(ids, list) or any(isinstance(one, bool) or not isinstance(one, str | int) for one in ids):
            raise bad("Ids is required", ids="required")
        there = [self.books.invoices[str(one)] for one in ids if str(one) in self.books.invoices]
        return 200, there[:100]

    def _read(self, request: Request, known: str) -> tuple[int, Any]:
        if known not in self.books.invoices:
            raise Refusal(404, {"error": "Record not found for model name: External invoice"})
        return 200, self.books.invoices[known]

    def _attach(self, request: Request, known: str) -> tuple[int, Any]:
        """One multipart field ``file`` (2.4); the answer is a number [M1]."""
        head = b"Content-Type: " + request.headers.get("Content-Type", "").encode() + b"\r\n\r\n"
        message = BytesParser(policy=HTTP).parsebytes(head + request.body)
        parts = list(message.iter_parts()) if message.is_multipart() else []
        if [part.get_param("name", header="content-disposition") for part in parts] != ["file"]:
            raise bad("File is required", file="required")
        (part,) = parts
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        self.books.attach(known, part.get_filename() or "", part.get_content_type(), content)
        return 200, 200


COMPANY: Final = {
    "id": ADMINISTRATION,
    "name": "Voorbeeld Helpdesk B.V.",
    "language": "nl",
    "currency": "EUR",
    "country": "NL",
    "time_zone": "Europe/Amsterdam",
    "access": "user",
    "suspended": False,
    "period_locked_until": None,
    "period_start_date": "2026-01-01",
}
ANOTHER: Final = {**COMPANY, "id": 123, "name": "Een andere administratie"}  # an id may be a number too [M1]


def contact_in(request: Request) -> Record:
    return wrapped(request.body, "contact", CONTACT)


def invoice_in(request: Request) -> Record:
    return wrapped(request.body, "external_sales_invoice", INVOICE)


def payment_in(request: Request) -> Record:
    return wrapped(request.body, "payment", PAYMENT)


def too_many(until: float) -> Refusal:
    return Refusal(429, {"error": "Throttled"}, {"Retry-After": str(int(until))})


def _page(items: list[Record], request: Request) -> list[Record]:
    """2.9: 50 unless told otherwise, at most 100."""
    page, size = (request.query.get(name, default) for name, default in (("page", "1"), ("per_page", "50")))
    if not re.fullmatch(r"\d{1,3}", size) or not 1 <= int(size) <= 100:
        raise bad("per_page does not have a valid value")
    if not re.fullmatch(r"\d{1,6}", page) or int(page) < 1:
        raise bad("Page is too small", page="min")
    start = (int(page) - 1) * int(size)
    return items[start : start + int(size)]


def _json(value: Any) -> bytes:
    return json.dumps(value, default=str).encode() if not isinstance(value, dict | list) else _shown(value)


def _shown(value: Any) -> bytes:
    """Without what is kept for the stage itself."""

    def plain(one: Any) -> Any:
        if isinstance(one, dict):
            return {name: plain(inside) for name, inside in one.items() if name not in OUTSIDE}
        return [plain(inside) for inside in one] if isinstance(one, list) else one

    return json.dumps(plain(value), default=str).encode()


def _seed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
