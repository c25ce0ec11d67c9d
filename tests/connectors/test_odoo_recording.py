"""The stage answers as a real Odoo 19 did, and the connector's requests are the recorded ones, or named here."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests
from requests.adapters import BaseAdapter

from connectors.fake.wire import Request
from connectors.http.transport import TimedAdapter
from tests.connectors.stages.odoo import OdooStage
from tests.connectors.stages.odoo.accounting import Books
from tests.connectors.stages.odoo.api import DATABASE, Odoo
from tests.connectors.test_mutation import walk, walk_on
from tests.left_out import needs_shared

HEADERS = {"Authorization": "bearer key", "X-Odoo-Database": DATABASE}


@pytest.fixture(scope="module")
def recording() -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(needs_shared("contracts/odoo/json2-recording.json").read_text())
    assert len(told) == 30
    return told


def as_recorded() -> Odoo:
    """The books as they stood when the recording began: the ids and the two documents that it shows."""
    books = Books(lambda: 1_795_286_700.0, "round_per_line")
    books.rows["res.country"] = {165: {"id": 165, "code": "NL", "name": "Netherlands"}}
    journals = {one["code"]: one for one in books.rows["account.journal"].values()}
    books.rows["account.journal"] = {
        known: {**journals[code], "id": known} for known, code in {7: "INV", 12: "BNK1"}.items()
    }
    books.journals = {"INV": 7, "BNK1": 12}
    taxes = [one for one in books.rows["account.tax"].values() if one["name"] == "21% ST"]
    books.rows["account.tax"] = {7: {**taxes[0], "id": 7}}
    account = next(one for one in books.rows["account.account"].values() if one["code"] == "800100")
    books.rows["account.account"] = {367: {**account, "id": 367}}
    for known, name, state in ((1, "F2026-0042", "paid"), (8, "F2026-0044", "reversed")):
        books._ids["account.move"] = known - 1
        books.put("account.move", {"name": name, "move_type": "out_invoice", "state": "posted", "payment_state": state})
        books.rows["account.move"][known]["write_date"] -= 1000 - known
    books._ids |= {"res.partner": 7, "account.move": 16, "ir.attachment": 26}
    books._ids |= {"account.payment.register": 3, "account.payment": 4}
    return Odoo(books, "key", ("json-2",))


def without_moments(value: Any) -> Any:
    """The same without moments, which must have their form, and without the trace, which the recording leaves out."""
    if isinstance(value, list):
        return [without_moments(one) for one in value]
    if not isinstance(value, dict):
        return value
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value.get("write_date", "2026-01-01 00:00:00"))
    return {name: without_moments(one) for name, one in value.items() if name not in {"write_date", "debug"}}


#: Before the credit note another one was made, which the recording leaves out.
IDS_APART = {"create credit note with own number": ("account.move", 20)}


def first_difference(odoo: Odoo, recording: list[dict[str, Any]]) -> tuple[str, Any, Any] | None:
    """The first step that the stage answers otherwise, with both answers."""
    for exchange in recording:
        if exchange["step"] in IDS_APART:
            model, before = IDS_APART[exchange["step"]]
            odoo.books._ids[model] = before
        asked = exchange["request"]
        reply = odoo.handle(Request("POST", asked["path"], {}, HEADERS, json.dumps(asked["body"]).encode()))
        told = {"status": reply.status, "body": without_moments(json.loads(reply.body))}
        if told != (there := without_moments(exchange["response"])):
            return exchange["step"], told, there
    return None


def test_the_stage_gives_every_recorded_answer(recording: list[dict[str, Any]]):
    assert first_difference(as_recorded(), recording) is None


def test_a_stage_that_answered_otherwise_would_be_noticed(recording: list[dict[str, Any]]):
    """The planted fault: another rate."""
    odoo = as_recorded()
    odoo.books.rows["account.tax"][7]["amount"] = 20
    found = first_difference(odoo, recording)
    assert found is not None
    assert found[0] == "find 21% sales tax"


class Listening(BaseAdapter):
    """Passes every request on, and remembers it."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[tuple[str, Any]] = []
        self._inner = TimedAdapter(max_retries=0)

    def send(self, request: requests.PreparedRequest, *rest: Any, **more: Any) -> requests.Response:
        self.heard.append(("/" + (request.url or "").split("/", 3)[3], json.loads(request.body or b"")))
        return self._inner.send(request, *rest, **more)

    def close(self) -> None:
        self._inner.close()


def used(exchanges: list[tuple[str, Any]]) -> set[str]:
    """Every model with a method, and with a field: written, read, or searched by."""
    seen: set[str] = set()
    for path, body in exchanges:
        model, method = path.removeprefix("/json/2/").split("/")
        seen.add(f"{model}.{method}()")
        written = [*body.get("vals_list", []), *([body["vals"]] if "vals" in body else [])]
        names = {name for values in written for name in values} | set(body.get("fields", []))
        names |= {condition[0] for condition in body.get("domain", [])}
        seen |= {f"{model}.{name}" for name in names}
        for values in written:
            for command in values.get("invoice_line_ids", []):
                seen |= {f"account.move.line.{name}" for name in command[2] or ()}
    return seen


#: What the recording does not show. It rests on the reference where that names it, else on Odoo's own source only.
NOT_RECORDED = {
    # named by the reference (11.2 to 11.4, 11.6)
    "account.move.write()",
    "account.move.date",
    "account.move.line.analytic_distribution",
    "res.partner.write()",
    "res.partner.vat",
    # links and lists: the ordinary way of Odoo's ORM
    "account.account.read()",
    "account.analytic.account.id",
    "account.analytic.account.read()",
    "account.journal.read()",
    "account.payment.id",
    "account.tax.read()",
    "account.move.journal_id.code",
    "account.analytic.account.search_read()",
    "account.analytic.account.code",
    "account.analytic.account.name",
    "account.tax.amount_type",
    "ir.attachment.search_read()",
    "res.company.read()",
    "res.country.search_read()",
    "res.partner.read()",
    # fields of Odoo's source
    "account.journal.company_id",
    "account.move.currency_id",
    "account.move.invoice_payment_term_id",
    "account.payment.currency_id",
    "account.payment.partner_id",
    "account.payment.partner_type",
    "account.payment.payment_type",
    "res.company.company_registry",
    "res.company.currency_id",
    "res.company.name",
    "res.company.tax_calculation_rounding_method",
    "res.company.vat",
    "res.partner.company_registry",
    "res.partner.parent_id",
}


def test_what_the_connector_asks_was_recorded_or_is_named_here(recording: list[dict[str, Any]]):
    ours = Listening()
    for way in (walk, walk_on):
        with OdooStage("json-2", unlimited=True) as stage:
            way(stage, ours)
            stage.connector(transport=ours).lists()
    recorded = used([(one["request"]["path"], one["request"]["body"]) for one in recording])
    assert used(ours.heard) - recorded == NOT_RECORDED


def test_the_how_to_page_tells_what_was_not_recorded():
    page = Path(__file__).resolve().parents[2] / "docs" / "connectors" / "odoo.md"
    told = page.read_text()
    assert all(f"`{name.rpartition('.')[2]}`" in told for name in ("x.company_registry", "x.invoice_payment_term_id"))
