"""The books of one administration, kept over HTTP only, with a clock that the story moves and a worker of its own.

``in_order`` says what must hold of the books at the end of any story.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from billing_service import access
from billing_service.api import create_app
from billing_service.auditing.sealing import seal_some
from billing_service.context import Context
from billing_service.store.scope import OperatorScope
from billing_service.store.session import Database
from billing_service.store.work import OutboxRow
from billing_service.worker.process import Worker
from tests.api.client import Caller
from tests.documents.reading import read
from tests.invoicing.checks import broken_promises

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)

TARIFF: dict[str, Any] = {
    "name": "Helpdesk",
    "rates": {"default": "95.00"},
    "rules": [
        {
            "code": "fout",
            "name": {"nl": "Fouten herstellen wij kosteloos", "en": "Bugs are repaired free of charge"},
            "when": {"kind": ["bug"]},
            "disposition": "not_billable",
            "close": True,
        },
        {
            "code": "coulance",
            "name": {"nl": "Coulance", "en": "Goodwill"},
            "when": {"tags": ["coulance"]},
            "disposition": "waived",
            "price": {"basis": "fixed", "amount": "12.50"},
        },
        {
            "code": "handleiding",
            "name": {"nl": "Uitleg bij de handleiding", "en": "Explanation of the manual"},
            "when": {"category": ["handleiding"]},
            "disposition": "included",
            "vat_class": "standard",
        },
        {
            "code": "telefoon",
            "name": {"nl": "Telefonische vraag", "en": "Question by phone"},
            "when": {"channel": ["phone"]},
            "disposition": "charge",
            "price": {"basis": "fixed", "amount": "12.50"},
            "vat_class": "standard",
        },
        {
            "code": "uren",
            "name": {"nl": "Bestede tijd per kwartier", "en": "Time spent, per quarter of an hour"},
            "disposition": "charge",
            "price": {"basis": "actual_time"},
            "time": {"step": 15, "direction": "up", "grace": 5, "minimum": 15},
            "vat_class": "standard",
        },
    ],
}
"""Prices of 2025: 12.50 for a question by phone, 95.00 an hour by the quarter, the manual included."""


def priced(call: str, hour: str) -> dict[str, Any]:
    """The same tariff at other prices for a question by phone and for an hour."""
    rules = [
        rule | {"price": {"basis": "fixed", "amount": call}} if rule["code"] == "telefoon" else rule
        for rule in TARIFF["rules"]
    ]
    return TARIFF | {"rates": {"default": hour}, "rules": rules}


def counted(first: str, more: str, upto: int, period: str = "calendar_year") -> dict[str, Any]:
    """A tariff by which the first ``upto`` questions of a period cost ``first``, the others ``more``."""
    return {
        "name": "Staffel",
        "tables": {
            "vragen": {
                "measure": "ordinal",
                "kind": "class",
                "per": "contract",
                "period": period,
                "rows": [{"up_to": upto, "amount": first}, {"up_to": None, "amount": more}],
            }
        },
        "rules": [
            {
                "code": "vraag",
                "name": {"nl": "Vraag volgens staffel", "en": "Question by table"},
                "disposition": "charge",
                "price": {"basis": "tiered", "table": "vragen"},
                "vat_class": "standard",
            }
        ],
    }


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def local(*when: int) -> datetime:
    """A moment by the clock on the wall in Amsterdam."""
    return datetime(*when, tzinfo=AMSTERDAM)  # type: ignore[arg-type,misc]


@dataclass(slots=True)
class Books:
    """``ours`` is the key of a helpdesk that may do everything in its one administration; ``moment`` is now."""

    database: Database
    app: flask.Flask
    moment: list[datetime]
    operator: Caller
    ours: Caller = field(init=False)
    administration: str = field(init=False)

    # --- the story's own moves ---

    def at(self, *when: int) -> None:
        """It is now this moment by the clock on the wall in Amsterdam; noon, of a day alone."""
        self.moment[0] = local(*when, *((12,) if len(when) == 3 else ())).astimezone(UTC)

    def work(self) -> None:
        """A worker does everything that waits. It goes by the clock of the database: what was asked for is due."""
        with self.database.write() as session:
            session.execute(update(OutboxRow).where(OutboxRow.state == "ready").values(due_at=LONG_AGO))
        Worker(self.app.extensions["billing"], tasks={}).drain()

    def post(self, path: str, body: Any = None) -> dict[str, Any]:
        return _told(self.ours.post(f"/v1{path}", body), 200, 201, 202)

    def change(self, path: str, body: Any) -> dict[str, Any]:
        return _told(self.ours.patch(f"/v1{path}", body), 200)

    def get(self, path: str, **query: Any) -> dict[str, Any]:
        return _told(self.ours.get(f"/v1{path}", query_string=query), 200)

    def all(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """Every row of a list, page by page."""
        page = self.get(path, limit=100, **query)
        found: list[dict[str, Any]] = page["items"]
        while page["next_cursor"]:
            page = self.get(path, limit=100, cursor=page["next_cursor"], **query)
            found += page["items"]
        return found

    # --- what is agreed ---

    def customer(self, number: str = "10001", name: str = "Vereniging De Linde", **fields: Any) -> str:
        body = {"number": number, "name": name, "street": "Dorpsstraat 1", "postal_code": "7411 AA", "city": "Deventer"}
        body |= {"email": f"penningmeester@v{number}.example"}
        return str(self.post("/customers", body | fields)["id"])

    def tariff(self, document: dict[str, Any] | None = None, valid_from: str = "2014-01-01", code: str = "std") -> str:
        """A tariff with one published version."""
        made = str(self.post("/tariffs", {"code": code, "name": "Helpdesk"})["id"])
        self.version(made, document or TARIFF, valid_from)
        return made

    def version(self, tariff: str, document: dict[str, Any], valid_from: str) -> None:
        """A further version of the tariff, published."""
        made = self.post(f"/tariffs/{tariff}/versions", {"valid_from": valid_from, "document": document})
        assert made["problems"] == []
        self.post(f"/tariffs/{tariff}/versions/{made['id']}/publish")

    def contract(self, reference: str, customer: str, tariff: str, **fields: Any) -> str:
        body = {"reference": reference, "title": "Helpdesk", "customer_id": customer, "tariff_id": tariff}
        return str(self.post("/contracts", body | {"valid_from": "2014-01-01"} | fields)["id"])

    # --- what comes in ---

    def closed(self, external_id: str, moment: datetime, contract: str, minutes: int = 0, **facts: Any) -> str:
        """A question that was closed at ``moment``, an hour after it came in; by phone unless it took ``minutes``."""
        entries = [{"worked_on": f"{moment.astimezone(AMSTERDAM):%Y-%m-%d}", "minutes": minutes}] if minutes else []
        body = {
            "source": "desk",
            "external_id": external_id,
            "subject": f"Vraag over de ledenadministratie ({external_id})",
            "channel": "email" if minutes else "phone",
            "contract": contract,
            "opened_at": (moment.astimezone(UTC) - timedelta(hours=1)).isoformat(),
            "closed_at": moment.isoformat(),
            "time_entries": entries,
        }
        return str(self.post("/questions", body | facts)["id"])

    # --- what goes out ---

    def job(self, path: str, body: Any) -> dict[str, Any]:
        """Ask for long work and have the worker do it; the job as it ended."""
        job = self.post(path, body)
        self.work()
        return self.get(f"/jobs/{job['id']}")

    def release(self, until: str, *contracts: str) -> str:
        """A billing run up to ``until``, released; its id."""
        job = self.job("/billing-runs", {"until": until} | ({"contract_ids": list(contracts)} if contracts else {}))
        assert job["state"] == "done", job
        return str(job["subject_id"])

    def issue(self, run: str, issue_date: str | None = None) -> list[dict[str, Any]]:
        """Issue all that a run released; its documents in order."""
        job = self.job(f"/billing-runs/{run}/issue", {"issue_date": issue_date} if issue_date else {})
        assert (job["state"], job["result"]["refused"]) == ("done", 0), job
        return self.all("/invoices", billing_run_id=run, state="issued")

    def bill(self, until: str, *contracts: str) -> list[dict[str, Any]]:
        """A whole run: everything uninvoiced up to ``until`` is released and issued now."""
        return self.issue(self.release(until, *contracts))

    def document(self, invoice: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.get(f"/invoices/{invoice['id']}")["document"]
        return found

    def pdf(self, invoice: dict[str, Any]) -> str:
        """All that the customer reads, with single blanks."""
        answer = self.ours.get(f"/v1/invoices/{invoice['id']}/pdf")
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return " ".join(page.text for page in read(answer.data))

    def says(self, invoice: dict[str, Any], *sentences: str) -> None:
        """The customer reads every one of these."""
        text = self.pdf(invoice)
        missing = [sentence for sentence in sentences if sentence not in text]
        assert not missing, f"{missing} NOT IN {text}"


def figures(invoice: dict[str, Any]) -> tuple[str | None, str, str, str]:
    """Number, net, VAT and gross."""
    return (invoice["number"], *(invoice[name]["amount"] for name in ("net", "vat", "gross")))


def total(invoices: list[dict[str, Any]], name: str) -> Decimal:
    return sum((Decimal(invoice[name]["amount"]) for invoice in invoices), Decimal("0.00"))


def together(*works: Callable[[], Any]) -> list[Any]:
    """Do all of these at the same moment, each in a thread of its own; what each gave."""
    start = threading.Barrier(len(works))

    def go(work: Callable[[], Any]) -> Any:
        start.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(go, works))


def asked(books: Books, path: str, body: Any) -> Callable[[], TestResponse]:
    """A caller who asks for it."""
    caller = Caller(books.app.test_client(), books.ours.key)
    return lambda: caller.post(f"/v1{path}", body)


def opened_books(database: Database, today: date, **administration: Any) -> Books:
    """A helpdesk in Utrecht that begins its books at noon of a day."""
    moment = [local(today.year, today.month, today.day, 12).astimezone(UTC)]
    app = create_app(Context(database, lambda: moment[0]))
    with database.write() as session:
        _, operator = access.create_operator_key(OperatorScope(session, "cli", moment[0]), "operator")
    books = Books(database, app, moment, Caller(app.test_client(), operator))
    values = {
        "legal_name": "Stichting Ledenhulp",
        "street": "Oudegracht 12",
        "postal_code": "3511 AA",
        "city": "Utrecht",
        "kvk": "30281234",
        "vat_number": "NL004495445B01",
        "iban": "NL91ABNA0417164300",
    }
    made = _told(books.operator.post("/v1/administrations", values | administration), 201)
    key = {"label": "helpdesk", "scopes": sorted(access.SCOPES), "administration_id": made["id"]}
    books.administration = made["id"]
    books.ours = Caller(app.test_client(), _told(books.operator.post("/v1/api-keys", key), 201)["key"])
    return books


def in_order(books: Books) -> None:
    """What holds of the books after any story."""
    assert broken_promises(books.database, UUID(books.administration)) == []
    documents = [books.get(f"/invoices/{one['id']}") for one in books.all("/invoices") if one["state"] != "withdrawn"]
    assert [*_sums(books, documents), *_once(books, documents), *_owed(books), *_proven(books)] == []


def _sums(books: Books, documents: list[dict[str, Any]]) -> Iterator[str]:
    """Each document adds up by itself, and the customer reads the total it is booked for."""
    for invoice in documents:
        document, name = invoice["document"], invoice["number"] or invoice["id"]
        net = sum(Decimal(line["amount"]) for line in document["lines"])
        vat = sum(Decimal(group["tax"]) for group in document["vat"])
        booked = tuple(Decimal(invoice[part]["amount"]) for part in ("net", "vat", "gross"))
        if (net, vat, net + vat) != booked:
            yield f"{name} is booked for {booked}; its lines make {net} and {vat}"
        printed = f"€ {booked[2]:,.2f}".translate(str.maketrans(",.", ".,"))
        text = books.pdf(invoice)
        title = "NULOVERZICHT" if document["kind"] == "zero_statement" else invoice["number"] or "concept"
        if printed not in text or title not in text:
            yield f"{name} does not print its number and its total of {printed}"


def _once(books: Books, documents: list[dict[str, Any]]) -> Iterator[str]:
    """Every charge that is not open stands on one line of one document, and no question is charged twice."""
    lines = {(invoice["id"], line["number"]) for invoice in documents for line in invoice["document"]["lines"]}
    charges = books.all("/charges")
    for charge in charges:
        placed = (charge["invoice_id"], charge["line"])
        if charge["state"] in ("open", "cancelled"):
            if placed != (None, None):
                yield f"charge {charge['id']} is {charge['state']} and stands on {placed}"
        elif placed not in lines:
            yield f"charge {charge['id']} is {charge['state']} and stands on no line"
    parts = Counter(
        (charge["question_id"], charge["part"])
        for charge in charges
        if charge["question_id"] and charge["state"] in ("open", "released", "invoiced")
    )
    yield from (f"question {question} is charged twice" for (question, _), count in parts.items() if count > 1)


def _owed(books: Books) -> Iterator[str]:
    """Gross less what was allocated and written off is open; documents and money make up what a customer owes."""
    allocated: dict[str, Decimal] = defaultdict(Decimal)
    for allocation in books.all("/allocations"):
        allocated[allocation["invoice_id"]] += Decimal(allocation["amount"]["amount"])
    for invoice in books.all("/invoices", state="issued", kind="invoice"):
        off = sum(Decimal(one["amount"]["amount"]) for one in books.all(f"/invoices/{invoice['id']}/write-offs"))
        rest = Decimal(invoice["gross"]["amount"]) - allocated[invoice["id"]] - off
        if Decimal(invoice["open_amount"]["amount"]) != rest:
            yield f"{invoice['number']} says that {invoice['open_amount']['amount']} is open, not {rest}"
    for customer in books.all("/customers"):
        account = books.get(f"/customers/{customer['id']}/balance")
        owed, invoices, receipts, credits = (
            Decimal(account[name]["amount"]) for name in ("balance", "open_invoices", "receipts_left", "credits_left")
        )
        if owed != invoices - receipts - credits or account["closing"] != account["balance"]:
            yield f"the account of {customer['name']} does not add up: {account}"


def _proven(books: Books) -> Iterator[str]:
    """What an auditor asks for: the audit trail is sealed and sound, the number series are complete."""
    with books.database.write() as session:
        while seal_some(session, books.moment[0]):
            pass
    trail = books.job("/audit-trail/verifications", {})["result"]
    if not trail["sound"] or not trail["rows"]:
        yield f"the audit trail is broken: {trail}"
    job = books.job("/series-reports", {})
    report = books.get(f"/series-reports/{job['id']}")
    if not report["complete"]:
        yield f"the number series are not complete: {report}"
    issued = [one for one in books.all("/invoices", state="issued") if one["number"]]
    if sum(one["documents"] for one in report["series"]) != len(issued):
        yield f"the report knows of other documents than the {len(issued)} with a number"


def _told(answer: TestResponse, *expected: int) -> dict[str, Any]:
    assert answer.status_code in expected, answer.get_data(as_text=True)
    body: dict[str, Any] = answer.get_json()
    return body
