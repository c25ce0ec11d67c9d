"""The whole service beside a real Tryton: connected over the API, invoiced, paid there, credited, compared at night."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests

from billing_service.context import Context
from billing_service.store.session import Database
from billing_service.worker.process import Worker
from billing_service.worker.schedule import TASKS
from connectors.http.transport import TimedAdapter
from tests import builders
from tests.api.client import World, make_world
from tests.invoicing.world import TARIFF
from tests.tryton.bookkeeper import Bookkeeper, day
from tests.tryton.server import DATABASE, PASSWORD, USER, TrytonServer

NOW = datetime(2026, 9, 10, 10, 0, tzinfo=UTC)
ON = date(2026, 9, 10)
START = date(2026, 9, 1)
TIMED = ("account_move", "account_move_line", "account_invoice")
CUSTOMER: dict[str, Any] = {
    "number": "10001",
    "name": "Vereniging De Linde",
    "kvk": "30281234",
    "street": "Dorpsstraat 1",
    "postal_code": "1234 AB",
    "city": "Zwolle",
    "email": "administratie@linde.example",
}


class Noting(TimedAdapter):
    """The way to Tryton. Notes of every search which records came back."""

    def __init__(self, told: dict[str, set[int]]) -> None:
        super().__init__(max_retries=0)
        self._told = told

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> requests.Response:
        answer = super().send(request, *rest, **more)
        method = json.loads(request.body or b"")["method"]
        if method.endswith(".search_read"):
            model = method.removeprefix("model.").removesuffix(".search_read")
            self._told.setdefault(model, set()).update(row["id"] for row in answer.json()["result"])
        return answer


@dataclass
class Story:
    """One administration over HTTP, its worker and its schedule, and Tryton with somebody who keeps the books there."""

    world: World
    server: TrytonServer
    told: dict[str, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.keeper = Bookkeeper(self.server)
        self.context = Context(
            self.world.database,
            lambda: self.world.now[0],
            secret_keys=(builders.SECRET_KEY,),
            transport=lambda package: Noting(self.told),
        )

    def ask(self, method: str, path: str, body: Any = None, expect: int = 200, **headers: str) -> Any:
        answer = self.world.ours.send(method, f"/v1{path}", body, headers=headers)
        assert answer.status_code == expect, answer.get_data(as_text=True)
        return answer.get_json(force=True, silent=True)

    def work(self, job: Mapping[str, Any] | None = None) -> Any:
        """A worker does all that is due; the result of this job."""
        Worker(self.context, tasks={}).drain()
        done = self.ask("GET", f"/jobs/{job['id']}") if job else {"state": "done", "result": None}
        assert done["state"] == "done", done
        return done["result"]

    # --- here -------------------------------------------------------------------------------------------------------

    def connect(self) -> None:
        """What a bookkeeper does once: fill in, read, map, compare, activate."""
        settings = {"base_url": self.server.url, "database": DATABASE, "user": USER}
        filled_in = {"package": "tryton", "title": "Boekhouding", "settings": settings}
        made = self.ask("POST", "/connections", filled_in | {"secrets": {"password": PASSWORD}}, 201)
        at = f"/connections/{made['id']}"
        assert self.work(self.ask("POST", f"{at}/read", expect=202))["read"] is True
        (account, *_) = self.ask("GET", f"{at}/choices?kind=ledger_account")["items"]
        proposed = self.ask("POST", f"{at}/accept-proposals")
        mapped = [{name: one[name] for name in ("kind", "ours", "remote_id")} for one in proposed["mappings"]]
        mapped = [one for one in mapped if one["remote_id"] and one["kind"] != "revenue"]
        mapped.append({"kind": "revenue", "ours": "", "remote_id": account["remote_id"]})
        self.ask("PUT", f"{at}/mappings", {"mappings": mapped}, **{"If-Match": f'"{proposed["version"]}"'})
        assert self.work(self.ask("POST", f"{at}/compare-customers", expect=202))["certain"] == 0
        active = self.ask("POST", f"{at}/activate", {"start_date": START.isoformat()})
        assert (active["state"], active["company_name"]) == ("active", "Voorbeeld Helpdesk B.V.")

    def agree(self) -> None:
        """A customer with a contract."""
        with self.world.database.write() as session:
            builders.credit_series(session, self.world.ours_id)
            tariff = builders.tariff(session, self.world.ours_id, TARIFF)
        self.customer = self.ask("POST", "/customers", CUSTOMER, 201)["id"]
        wish = {"reference": "C-1", "title": "Helpdesk", "customer_id": self.customer, "tariff_id": str(tariff)}
        self.contract = self.ask("POST", "/contracts", wish | {"valid_from": "2026-01-01"}, 201)["id"]

    def invoice(self, *amounts: str) -> str:
        """An invoice of these charges, issued and delivered; its id."""
        charge = {"contract_id": self.contract, "date": "2026-09-09", "vat_class": "standard"}
        charge["description"] = {"nl": "Cursus voor nieuwe leden van de werkgroep", "en": "Course for new members"}
        for amount in amounts:
            self.ask("POST", "/charges", charge | {"amount": {"amount": amount, "currency": "EUR"}}, 201)
        self.work(self.ask("POST", "/billing-runs", {"until": "2026-09-30"}, 202))
        (released,) = self.ask("GET", "/invoices?state=released")["items"]
        self.ask("POST", f"/invoices/{released['id']}/issue", {})
        self.work()
        return str(released["id"])

    def stands(self, invoice: str) -> tuple[str, str]:
        """How it is paid here: state and what is open."""
        shown = self.ask("GET", f"/invoices/{invoice}")
        return shown["payment_state"], shown["open_amount"]["amount"]

    def receipts(self) -> list[str]:
        return [one["amount"]["amount"] for one in self.ask("GET", "/receipts")["items"]]

    def scheduled(self, task: str, later: timedelta) -> None:
        """The schedule asks for this when so much time has passed, and a worker does it."""
        self.world.now[0] += later
        self.told.clear()
        with self.world.database.write() as session:
            TASKS[task].run(session, self.world.now[0])
        self.work()

    # --- there ------------------------------------------------------------------------------------------------------

    def there(self, document: str) -> dict[str, Any]:
        """What was delivered, as it stands in Tryton."""
        (delivery,) = self.ask("GET", f"/deliveries?subject_id={document}")["items"]
        assert delivery["state"] == "delivered", delivery
        fields = ("reference", "state", "party.code", "invoice_date", "origin_invoices")
        totals = ("untaxed_amount", "tax_amount", "total_amount", "amount_to_pay")
        (row,) = self.keeper.find("account.invoice", [["id", "=", int(delivery["remote_id"])]], *fields, *totals)
        return row | {name: row[name]["decimal"] for name in totals}

    def files(self, of: int) -> list[bytes]:
        found = self.keeper.find("ir.attachment", [["resource", "=", f"account.invoice,{of}"]], "data")
        return [base64.b64decode(row["data"]["base64"]) for row in found]

    def an_hour_ago(self) -> None:
        """Everything that stands in Tryton was done an hour earlier than it was."""
        with closing(sqlite3.connect(self.server.file, timeout=30)) as books, books:
            for table in TIMED:
                earlier = (f"{name} = datetime({name}, '-1 hour')" for name in ("create_date", "write_date"))
                books.execute(f"UPDATE {table} SET {', '.join(earlier)}")


@pytest.fixture
def story(sqlite_database: Database, tryton_server: TrytonServer) -> Story:
    """On one database: most of the time is Tryton's, and the fake tells the same on both."""
    made = Story(make_world(sqlite_database, now=NOW), tryton_server)
    made.connect()
    made.agree()
    return made


def test_invoice_payments_and_credit_note_between_here_and_tryton(story: Story):
    # Issued here, it is booked there with our number, totals and PDF.
    invoice = story.invoice("33.35", "33.35", "33.35")
    ours, bill = story.ask("GET", f"/invoices/{invoice}"), story.there(invoice)
    pdf = story.world.ours.get(f"/v1/invoices/{invoice}/pdf").data
    assert (bill["state"], bill["reference"], bill["invoice_date"]) == ("posted", ours["number"], day(ON))
    assert (bill["untaxed_amount"], bill["tax_amount"], bill["total_amount"]) == ("100.05", "21.01", "121.06")
    assert [ours[name]["amount"] for name in ("net", "vat", "gross")] == ["100.05", "21.01", "121.06"]
    assert (bill["party."]["code"], story.files(bill["id"])) == (CUSTOMER["number"], [pdf])

    # Partly paid there, it is partly paid here at the next pull; without news there is nothing to tell.
    story.keeper.pays(bill["id"], Decimal("50.00"), ON)
    story.scheduled("collect_payments", timedelta(minutes=5))
    assert (story.stands(invoice), story.receipts()) == (("partly_paid", "71.06"), ["50.00"])
    story.an_hour_ago()
    story.scheduled("collect_payments", timedelta(minutes=5))
    assert story.told == {"account.move.line": set(), "account.invoice": set()}

    # A line credited here is credited there, linked, and is no payment.
    part = {"line": 3, "amount": {"amount": "33.35", "currency": "EUR"}}
    wish = {"invoice_id": invoice, "reason": "Dubbel berekend.", "lines": [part]}
    note = story.ask("POST", "/credit-notes", wish, 201)["id"]
    story.work()
    there = story.there(note)
    assert (there["state"], there["total_amount"], there["origin_invoices"]) == ("posted", "-40.35", [bill["id"]])
    assert story.stands(invoice) == ("partly_paid", "30.71")

    # The rest: only what is new is told, and both are settled on both sides.
    rest = story.keeper.pays(bill["id"], Decimal("30.71"), ON)
    story.scheduled("collect_payments", timedelta(minutes=5))
    assert rest in story.told["account.move.line"]
    assert (story.stands(invoice), sorted(story.receipts())) == (("paid", "0.00"), ["30.71", "50.00"])
    assert {story.there(one)["state"] for one in (invoice, note)} == {"paid"}

    # At night both sides are compared, and agree to the cent.
    story.scheduled("reconcile_connections", timedelta(days=1))
    (made,) = story.ask("GET", "/reconciliations")["items"]
    assert (made["agrees"], made["documents_ours"], made["documents_theirs"], made["classes"]) == (True, 2, 2, {})
    told = {name: made[name]["amount"] for name in ("total_ours", "total_theirs", "open_theirs", "unexplained")}
    assert told == {"total_ours": "80.71", "total_theirs": "80.71", "open_theirs": "0.00", "unexplained": "0.00"}
    assert story.ask("GET", "/findings?state=open")["items"] == []
