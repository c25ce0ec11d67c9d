"""A bookkeeper's deliveries: documents arrive by themselves; what does not says why, and goes again after a repair."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from billing_service import access, cli
from billing_service.api import create_app
from billing_service.app import PROGRAM
from billing_service.cli.program import Program
from billing_service.context import Context
from billing_service.core.delivery_texts import CAUSES, FIELDS, WAITS, dutch, english
from billing_service.delivery.patience import CUSTOMER, INVOICE, PATIENCE
from billing_service.notifying import endpoints
from billing_service.notifying.endpoints import Rules
from billing_service.store.session import Database
from billing_service.vault import Vault
from connectors.base import Cause
from connectors.fake.wire import Manner, Trouble
from tests import builders
from tests.api.client import Caller, problem
from tests.builders import SECRET_KEY
from tests.delivery.world import Delivering
from tests.notifying.test_webhooks import Receiver, listening

DOCS = Path(__file__).resolve().parents[2] / "docs" / "delivery.md"
RULES = Rules(Vault((SECRET_KEY,)), ("127.0.0.0/8",))


class Office(Delivering):
    """The world that delivers, with a bookkeeper who uses the API (``asks``) and the command line (``line``)."""

    asks: Caller

    @property
    def context(self) -> Context:
        return replace(super().context, webhook_networks=RULES.networks)

    def open(self) -> Office:
        with self.scope() as scope:
            _, key = access.create_key(scope, "bookkeeper", access.SCOPES)
        self.asks = Caller(create_app(self.context).test_client(), key)
        return self

    def listed(self, **filters: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.asks.get("/v1/deliveries", query_string=filters).get_json()["items"]
        return items

    def line(self, *words: str) -> str:
        """What ``billing deliveries …`` says, whether it succeeds or not."""
        program = Program(lambda _: self.context, PROGRAM.web_app, PROGRAM.make_worker)
        return CliRunner().invoke(cli.main, ["deliveries", *words], obj=program).output

    def findings(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.asks.get("/v1/findings?state=open").get_json()["items"]
        return items

    def warnings(self) -> set[str]:
        return {one["code"] for one in self.asks.get("/readyz").get_json()["warnings"]}

    def metric(self, line: str) -> str:
        found = re.search(rf"^{re.escape(line)} (\S+)$", self.asks.get("/metrics").get_data(as_text=True), re.M)
        return found[1] if found else "0.0"

    def stands_as_issued(self, *ids: UUID) -> None:
        """Each of these is in the package once, booked, with our number, dates, amounts and PDF."""
        ours = {row.number: row for row in self.world.invoices("issued") if row.id in ids}
        there = [one for one in self.there() if one["number"] in ours]
        assert sorted(one["number"] for one in there) == sorted(ours)
        for one in there:
            row = ours[one["number"]]
            figures = (f"{row.net:.2f}", f"{row.vat:.2f}", f"{row.gross:.2f}")
            if row.gross < 0:  # a credit note is stored negative here, and is a document of positive amounts there
                figures = tuple(figure.removeprefix("-") for figure in figures)  # type: ignore[assignment]
            assert (one["net"], one["tax"], one["total"]) == figures
            assert (one["issue_date"], one["due_date"]) == (str(row.issue_date), str(row.due_date or row.issue_date))
            assert (one["state"], len(one["attachments"])) == ("booked", 1)


@pytest.fixture
def office(database: Database) -> Office:
    office = Office.founded(database)
    assert isinstance(office, Office)
    return office.open()


@pytest.fixture
def receiver(office: Office) -> Iterator[Receiver]:
    """Another service that listens to what becomes of deliveries."""
    with listening() as (receiver, url):
        with office.scope() as scope:
            kinds = ["delivery.delivered", "delivery.needs_attention", "connection.stopped"]
            endpoints.create(scope, {"url": url, "kinds": kinds}, RULES)
        yield receiver


def told(receiver: Receiver, kind: str) -> list[dict[str, Any]]:
    return [one["data"] for one in receiver.told() if one["type"] == kind]


def test_from_issued_to_delivered_and_what_is_refused_goes_again_after_the_mapping_is_repaired(
    office: Office, receiver: Receiver
) -> None:
    invoice = office.invoice(quantity=3)
    credit = office.credit(invoice)
    assert office.metric('billing_deliveries{noun="document",state="waiting"}') == "2.0"
    assert "No invoice" not in office.line("list")
    office.settle()  # workers alone; nobody does anything
    office.stands_as_issued(invoice, credit)
    first, second = sorted(office.there(), key=lambda one: int(one["id"]))
    assert (first["kind"], second["kind"], second["credits"]) == ("invoice", "credit_note", first["id"])
    assert {(one["noun"], one["number"]) for one in told(receiver, "delivery.delivered")} == {
        ("customer", "10000"),
        *(("document", one["number"]) for one in (first, second)),
    }

    customer = office.world.contracts["C-1"][1]
    moved = office.asks.patch(f"/v1/customers/{customer}", {"city": "Deventer"})
    assert moved.status_code == 200, moved.get_data(as_text=True)
    office.settle()
    assert [one["city"] for one in office.books.control.books()["customers"]] == ["Deventer"]

    [code] = [one for one in office.books.package.books.lists["vat_codes"] if one["id"] == "vat-21"]
    office.books.package.books.lists["vat_codes"].append(code | {"id": "vat-21-new", "code": "21N"})
    code["active"] = False  # the bookkeeper replaced the VAT code there
    refused = [office.invoice(), office.invoice("C-2")]
    office.settle()
    found = office.listed(state="needs_attention", cause="vat_code_unknown", noun="document")
    assert [UUID(one["subject_id"]) for one in found] == refused
    assert found[0]["problem"]["nl"] == (
        f"Een btw-code van {found[0]['number']} is niet gekoppeld, of bestaat in het boekhoudpakket niet (meer)."
    )
    assert found[0]["next_action"]["en"] == "Repair the mapping of VAT and then let the delivery go again."
    assert (found[0]["fix"], found[0]["waits_for"], found[0]["unclear"]) == ("fix_mapping", None, False)
    assert office.asks.get(f"/v1/deliveries/{found[0]['id']}").get_json() == found[0]
    assert office.listed(connection_id=str(office.connection_id), state="waiting") == []
    [finding] = [one for one in office.findings() if one["code"] == "deliveries_need_attention"]
    assert finding["facts"]["causes"] == "vat_code_unknown"
    assert "deliveries_need_attention" in office.warnings()
    assert office.metric('billing_deliveries_needs_attention{cause="vat_code_unknown"}') == "2.0"
    assert [one["cause"] for one in told(receiver, "delivery.needs_attention")] == ["vat_code_unknown"] * 2
    shown = office.line("show", found[0]["number"])
    assert f"A VAT code of {found[0]['number']} is not mapped" in shown
    assert "2 needs attention: vat_code_unknown" in office.line("list")

    repair(office)
    again = office.asks.post("/v1/deliveries/retry", {"cause": "vat_code_unknown"})
    assert again.get_json() == {"retried": 2}
    assert office.asks.post("/v1/deliveries/retry", {"cause": "vat_code_unknown"}).get_json() == {"retried": 0}
    office.settle()
    office.stands_as_issued(invoice, credit, *refused)
    assert [one["state"] for one in office.listed()] == ["delivered"] * 6
    assert "deliveries_need_attention" not in {one["code"] for one in office.findings()} | office.warnings()
    assert "delivered" in office.line("list", "--state", "delivered")
    ended = office.asks.post(f"/v1/deliveries/{found[0]['id']}/retry", {})
    problem(ended, 409, "delivery_ended")

    stop = office.asks.post(f"/v1/connections/{office.connection_id}/stop", {"reason": "Jaarafsluiting"})
    assert stop.status_code == 200
    office.drain()
    [stopped] = told(receiver, "connection.stopped")
    assert (stopped["cause"], stopped["reason"]) == ("person", "Jaarafsluiting")
    assert "connections_stopped" in office.warnings()
    assert office.metric('billing_connections_stopped{cause="person"}') == "1.0"


def repair(office: Office) -> None:
    """Read what stands there now, and map the rate onto the new code."""
    connection = f"/v1/connections/{office.connection_id}"
    read = office.asks.post(f"{connection}/read")
    assert read.status_code == 202
    office.drain()
    known = office.asks.get(f"{connection}/mappings")
    lines = [
        {"kind": one["kind"], "ours": one["ours"], "remote_id": one["remote_id"]}
        | ({"remote_id": "vat-21-new"} if one["ours"] == "S:21" else {})
        for one in known.get_json()["mappings"]
        if one["remote_id"]
    ]
    tag = {"If-Match": f'"{known.get_json()["version"]}"'}
    mapped = office.asks.put(f"{connection}/mappings", {"mappings": lines}, headers=tag)
    assert mapped.status_code == 200, mapped.get_data(as_text=True)


def test_where_nobody_can_look_a_person_says_whether_it_stands_there(database: Database) -> None:
    office = Office.founded(database, "unsearchable")
    assert isinstance(office, Office)
    office.open()
    office.invoice("C-0")
    office.settle()
    ids = []
    for at, arrives in enumerate((False, True, False), 1):
        lost = Trouble("POST /v1/documents", applies=arrives, manner=Manner.RESET)
        office.books.control.trouble(lost)
        ids.append(office.invoice(f"C-{at}"))
        office.settle()
    absent, there, by_hand = office.listed(state="needs_attention")
    assert [one["cause"] for one in (absent, there, by_hand)] == ["outcome_unclear"] * 3
    assert "Nobody can tell whether" in absent["problem"]["en"]

    one = f"/v1/deliveries/{absent['id']}"
    problem(office.asks.post(f"{one}/retry", {}), 409, "outcome_needed")
    problem(office.asks.post("/v1/deliveries/retry", {"cause": "outcome_unclear"}), 409, "outcome_needed")
    assert "one by one" in office.line("retry-all", "outcome_unclear")
    where = problem(
        office.asks.post(f"/v1/deliveries/{there['id']}/retry", {"stands_there": True}), 422, "invalid_input"
    )
    assert [error["pointer"] for error in where["errors"]] == ["/remote_id"]
    assert "give one of the two" in office.line("retry", absent["number"], "--not-there", "--stands-there", "1")
    assert "Nothing with number 4711" in office.line("show", "4711")

    assert office.asks.post(f"{one}/retry", {"stands_there": False}).get_json()["state"] == "waiting"
    [document] = [row for row in office.there() if row["number"] == there["number"]]
    assert "goes again" in office.line("retry", there["number"], "--stands-there", document["id"])
    assert "does not go" in office.line("cancel", by_hand["number"], "--reason", "Met de hand ingevoerd")
    problem(office.asks.post(f"/v1/deliveries/{by_hand['id']}/cancel", {"reason": "Nog eens"}), 409, "delivery_ended")
    office.settle()
    assert [office.delivery(one).state for one in ids] == ["delivered", "delivered", "cancelled"]
    numbers = [row["number"] for row in office.there()]
    assert len(numbers) == len(set(numbers)) == 3, "none twice, and not the one that was entered by hand"
    assert office.findings() == []


def test_what_waits_says_why_and_when_it_goes_on(office: Office) -> None:
    invoice = office.invoice()
    office.books.control.trouble(Trouble("[A-Z]+ /v1/.*", applies=False, status=503, times=1000))
    office.drain()
    office.advance(timedelta(seconds=30))
    office.drain()
    waiting = {one["noun"]: one for one in office.listed(state="waiting")}
    assert "wordt opnieuw geprobeerd" in waiting["customer"]["waits_for"]["nl"]
    assert waiting["customer"]["next_at"] > builders.NOW.isoformat()
    assert "customer goes first" in waiting["document"]["waits_for"]["en"]
    assert "The customer goes first." in office.line("list", "--state", "waiting")
    assert float(office.metric('billing_deliveries_oldest_age_seconds{state="waiting"}')) > 0
    office.books.control.calm()
    assert office.asks.post(f"/v1/deliveries/{waiting['customer']['id']}/retry", {}).status_code == 200
    office.settle()
    office.stands_as_issued(invoice)


def test_every_cause_has_its_sentence_and_its_line_in_the_docs() -> None:
    assert set(dutch.CAUSES) == set(english.CAUSES) >= {str(cause) for cause in Cause}
    assert {f"still_{wait}" for wait in PATIENCE} <= set(dutch.CAUSES)
    assert set(WAITS["nl"]) == set(WAITS["en"]) == {*map(str, PATIENCE), "sign_in_again", CUSTOMER, INVOICE}
    assert set(FIELDS["nl"]) == set(FIELDS["en"])
    for texts in CAUSES.values():
        for sentence, action in texts.values():
            assert not re.search(r"\{(?!number|detail|field|differences)", sentence + action)
    rows = re.findall(r"^\| (`.*?) \|", DOCS.read_text("utf-8").partition("| Cause |")[2], re.M)
    named = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(named) == sorted(CAUSES["en"])
