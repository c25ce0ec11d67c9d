"""What is asked of Moneybird, call by call (accounting-apis 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, TypeVar

from connectors.base import (
    Attachment,
    Cause,
    Choice,
    Company,
    Connector,
    Customer,
    Document,
    Fix,
    Found,
    Hint,
    Kind,
    Lists,
    OpenItem,
    Page,
    Payment,
    PaymentFact,
    PaymentsPage,
    Refused,
    RemoteCustomer,
    RemoteDocument,
    TryAgainLater,
    Wait,
)
from connectors.http import Answer
from connectors.moneybird import hooks, records
from connectors.moneybird.news import Cursor
from connectors.moneybird.refusals import is_absent
from connectors.moneybird.sign_in import capable, signed
from connectors.package import Connection

T = TypeVar("T")
PER_PAGE: Final = 100
"""The most that one call lists or fetches (accounting-apis 2.6, 2.9)."""
PER_SLICE: Final = 5 * PER_PAGE
"""How many invoices one page for the service holds."""
BEGINNING, END = date(2000, 1, 1), date(2099, 12, 31)
_API: Final = "/api/v2/{administration}"
_INVOICES: Final = _API + "/external_sales_invoices"
_INVOICE: Final = _INVOICES + "/{id}"


class MoneybirdConnector(Connector):
    """One connection to one administration."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(capable(connection))
        self._connection = connection
        self._administration = connection.settings["administration_id"]
        self._http = signed(connection)

    def _ask(self, method: str, route: str, path: Mapping[str, str] | None = None, **more: Any) -> Answer:
        """A call below this administration."""
        return self._http.request(
            method, f"{route}.json", path={"administration": self._administration, **(path or {})}, **more
        )

    def _pages(self, route: str, take: Callable[[Any], T], **query: str) -> Iterator[T]:
        """All of a list that comes page by page; a page that is not full is the last one (accounting-apis 2.9)."""
        page, count = 1, PER_PAGE
        while count == PER_PAGE:
            part = self._page(route, take, page, **query)
            yield from part
            page, count = page + 1, len(part)

    def _page(self, route: str, take: Callable[[Any], T], page: int, **query: str) -> list[T]:
        asked = {**query, "page": str(page), "per_page": str(PER_PAGE)}
        return self._ask("GET", route, query=asked).read(lambda value: [take(one) for one in value])

    # --- connecting -------------------------------------------------------------------------------------------------

    def check(self) -> Company:
        companies = self._http.request("GET", "/api/v2/administrations.json").read(
            lambda value: {str(one["id"]): Company(str(one["id"]), one["name"], one["currency"]) for one in value}
        )
        if self._administration not in companies:
            said = "This sign-in does not reach the administration that is filled in."
            raise Refused(said, fix=Fix.RIGHTS, cause=Cause.NO_PERMISSION, field="administration_id")
        return companies[self._administration]

    def lists(self) -> Lists:
        rates = self._pages(f"{_API}/tax_rates", records.vat_code, filter="tax_rate_type:sales_invoice")
        projects = self._pages(f"{_API}/projects", records.project, filter="state:all")
        return Lists(
            vat_codes=tuple(rates),
            ledger_accounts=self._ask("GET", f"{_API}/ledger_accounts").read(_sales_accounts),
            cost_centres=tuple(projects),
            payment_methods=self._ask("GET", f"{_API}/financial_accounts").read(
                lambda value: tuple(records.financial_account(one) for one in value)
            ),
        )

    # --- customers --------------------------------------------------------------------------------------------------

    def find_customer(self, code: str) -> Found[RemoteCustomer]:
        answer = self._ask("GET", f"{_API}/contacts/customer_id/{{code}}", {"code": code}, expects=frozenset({404}))
        if is_absent(answer, "customer_id"):
            return Found()
        return answer.read(lambda value: Found((records.customer(value),)))

    def list_customers(self, cursor: str | None = None) -> Page[RemoteCustomer]:
        page = int(cursor or 1)
        items = self._page(f"{_API}/contacts", records.customer, page)
        return Page(tuple(items), str(page + 1) if len(items) == PER_PAGE else None)

    def _upsert_customer(self, customer: Customer, remote_id: str | None, key: str) -> RemoteCustomer:
        fields = records.contact_of(customer)
        if remote_id is None:
            new = {"contact": {name: value for name, value in fields.items() if value is not None}}
            return self._ask("POST", f"{_API}/contacts", json=new).read(records.customer)
        answer = self._ask(
            "PATCH",
            f"{_API}/contacts/{{id}}",
            {"id": remote_id},
            json={"contact": {name: value or "" for name, value in fields.items()}},
            repeats=True,
            expects=frozenset({404}),
        )
        if is_absent(answer, "id"):
            said = "This contact does not stand there any more."
            raise Refused(said, fix=Fix.DATA, cause=Cause.CUSTOMER_UNKNOWN, field="customer")
        return answer.read(records.customer)

    # --- documents --------------------------------------------------------------------------------------------------

    def _find_document(self, kind: Kind, number: str, customer: str | None, on: date | None) -> Found[RemoteDocument]:
        """Lists and compares, for there is no search by number (accounting-apis 2.7).

        All years of the customer are looked through; without a customer those around the date, without that all.
        """
        first, last = BEGINNING, END
        if customer is None and on is not None:
            first, last = on - timedelta(days=366), on + timedelta(days=366)
        within = _within(first, last) + (f",contact_id:{customer}" if customer is not None else "")
        listed = {there.id: there for there in self._pages(_INVOICES, records.document, filter=within)}
        return Found(tuple(one for one in listed.values() if (one.kind, one.number) == (kind, number)))

    def read_document(self, remote_id: str) -> RemoteDocument:
        return self._ask("GET", _INVOICE, {"id": remote_id}).read(records.document)

    def _create_document(self, document: Document, key: str) -> RemoteDocument:
        body = {"external_sales_invoice": records.invoice_of(document)}
        return self._ask("POST", _INVOICES, json=body).read(records.document)

    def _update_document(self, remote_id: str, document: Document) -> RemoteDocument:
        path = {"id": remote_id}
        lines = self._ask("GET", _INVOICE, path).read(lambda value: [str(one["id"]) for one in value["details"]])
        body = {"external_sales_invoice": records.invoice_of(document, leftovers=lines)}
        return self._ask("PATCH", _INVOICE, path, json=body).read(records.document)

    def _delete_document(self, remote_id: str) -> None:
        self._ask("DELETE", _INVOICE, {"id": remote_id}, repeats=True, expects=frozenset({404}))

    def _attach(self, remote_id: str, attachment: Attachment, key: str) -> None:
        file = (attachment.name, attachment.content, attachment.media_type)
        self._ask("POST", f"{_INVOICE}/attachment", {"id": remote_id}, files={"file": file}).read(int)

    def documents(self, since: date, cursor: str | None = None) -> Page[RemoteDocument]:
        invoices, following = self._slice(_within(since, END), cursor)
        return Page(tuple(records.document(one) for one in invoices), following)

    def _slice(self, within: str, cursor: str | None) -> tuple[Sequence[Any], str | None]:
        """The invoices with the lowest ids above the cursor.

        By id and not by page number: an invoice that is deleted meanwhile would move another one past us.
        """
        ids = sorted((known for known in self._versions(within) if int(known) > int(cursor or 0)), key=int)
        part = ids[:PER_SLICE]
        there = self._records(part)
        return list(there.values()), part[-1] if len(ids) > len(part) else None

    def _versions(self, within: str) -> dict[str, int]:
        """The version of every invoice by its id, whole: this list has no pages (accounting-apis 2.6)."""
        answer = self._ask("GET", f"{_INVOICES}/synchronization", query={"filter": within})
        return answer.read(lambda value: {str(one["id"]): int(one["version"]) for one in value})

    def _records(self, ids: Sequence[str]) -> dict[str, Any]:
        """These invoices by their ids; one that does not stand there any more is absent."""
        found: dict[str, Any] = {}
        for start in range(0, len(ids), PER_PAGE):
            asked = {"ids": ids[start : start + PER_PAGE]}
            answer = self._ask("POST", f"{_INVOICES}/synchronization", json=asked, changes=False)
            found |= answer.read(lambda value: {str(one["id"]): _checked(one) for one in value})
        return found

    # --- money ------------------------------------------------------------------------------------------------------

    def _payments(self, cursor: str | None) -> PaymentsPage:
        now, seen = self._connection.clock(), Cursor.read(cursor)
        versions = self._versions(_within(BEGINNING, END))
        due = seen.due(versions)
        part = due[:PER_SLICE]
        there = self._records(part)
        facts, open_items = _taken(seen, part, there, versions, now)
        seen.forget([known for known in seen.invoices if known not in versions and known not in due])
        more = len(due) > len(part)
        if not more:
            seen.end_round()
        return PaymentsPage(tuple(facts), tuple(open_items), seen.text(), more)

    def open_items(self, cursor: str | None = None) -> Page[OpenItem]:
        """Every state is asked for: which of them can have something open is not documented."""
        invoices, following = self._slice(_within(BEGINNING, END), cursor)
        items = (records.open_item(one) for one in invoices)
        return Page(tuple(item for item in items if item.open), following)

    def _push_payment(self, payment: Payment, key: str) -> PaymentFact:
        invoice = self._invoice(payment.document)
        if payment.amount > records.open_item(invoice).open:
            # Whether it would refuse this itself is not documented (accounting-apis 2.6).
            said = "More is paid than is open there."
            raise Refused(said, fix=Fix.DATA, cause=Cause.NOTHING_OPEN, field="amount")
        body = {
            "payment_date": payment.paid_on.isoformat(),
            "price": f"{payment.amount:f}",
            "transaction_identifier": payment.number,
            "financial_account_id": payment.method,
        }
        answer = self._ask("POST", f"{_INVOICE}/payments", {"id": payment.document}, json={"payment": body})
        return answer.read(lambda value: records.payment(value, invoice))

    def _find_payment(self, payment: Payment) -> Found[PaymentFact]:
        told = records.payments(self._invoice(payment.document))
        return Found(tuple(one for one in told if one.number == payment.number))

    def _invoice(self, remote_id: str) -> Any:
        return self._ask("GET", _INVOICE, {"id": remote_id}).read(_checked)

    # --- webhooks ---------------------------------------------------------------------------------------------------

    def _verify_webhook(self, body: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Hint, ...]:
        return hooks.hints(self._connection.secrets.get("webhook_secret", ""), body, headers, now)


def _within(first: date, last: date) -> str:
    """Every state, in this period. Without a period only this year would be listed, silently (accounting-apis 2.12)."""
    return f"state:all,period:{first:%Y%m%d}..{last:%Y%m%d}"


def _sales_accounts(value: Any) -> tuple[Choice, ...]:
    """The ledger accounts on which a line of a sales invoice may be booked."""
    return tuple(records.ledger_account(one) for one in value if "sales_invoice" in one["allowed_document_types"])


def _checked(invoice: Any) -> Any:
    """The record, once it is certain that everything we take from it can be read."""
    records.document(invoice)
    records.payments(invoice)
    int(invoice["version"])
    return invoice


def _taken(
    seen: Cursor, asked: Sequence[str], there: Mapping[str, Any], listed: Mapping[str, int], now: datetime
) -> tuple[list[PaymentFact], list[OpenItem]]:
    """What the invoices that were asked for tell; one that neither is listed nor can be fetched is gone."""
    facts: list[PaymentFact] = []
    open_items: list[OpenItem] = []
    for known in asked:
        if known in there:
            facts += seen.saw(there[known], now)
            open_items.append(records.open_item(there[known]))
        elif known in listed:
            raise TryAgainLater("Moneybird lists an invoice that it does not give.", wait=Wait.UNAVAILABLE)
        else:
            facts += seen.missed(known)
    return facts, open_items
