"""Credit notes, corrections and payments over HTTP, as docs/credit-and-payments.md tells them."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from billing_service import invoicing
from billing_service.invoicing.release import release_contract
from billing_service.parties.selling import load_issuer
from billing_service.store.invoices import Invoice
from tests import builders, helpdesk
from tests.api.client import World, problem
from tests.helpdesk import MARCH
from tests.invoicing.world import released_invoice


def euro(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


def issued(world: World) -> dict[str, Any]:
    """An invoice of ours of 12.50 + 2.63 = 15.13, issued."""
    with world.database.write() as session:
        builders.credit_series(session, world.ours_id)
        tariff = builders.tariff(session, world.ours_id, helpdesk.TARIFF)
        customer = builders.customer(session, world.ours_id)
        contract = builders.contract(session, world.ours_id, customer, tariff)
        invoice = released_invoice(session, world.ours_id, contract, customer)
    answer = world.ours.post(f"/v1/invoices/{invoice}/issue", {})
    found: dict[str, Any] = answer.get_json()
    assert (found["payment_state"], found["open_amount"], found["overdue"]) == ("open", euro("15.13"), False)
    return found


def test_an_invoice_is_credited_after_it_was_paid_and_the_balance_is_refunded(world: World) -> None:
    invoice = issued(world)
    path = f"/v1/invoices/{invoice['id']}"
    receipt = world.ours.post(
        "/v1/receipts", {"customer_id": invoice["customer_id"], "amount": euro("20.00")}
    ).get_json()
    allocation = world.ours.post("/v1/allocations", {"receipt_id": receipt["id"], "invoice_id": invoice["id"]})
    assert allocation.get_json()["amount"] == euro("15.13")
    assert world.ours.get(path).get_json()["payment_state"] == "paid"
    assert world.ours.get(f"/v1/receipts/{receipt['id']}").get_json()["left"] == euro("4.87")

    note = world.ours.post("/v1/credit-notes", {"invoice_id": invoice["id"], "reason": "Dubbel gefactureerd."})
    assert note.status_code == 201
    body = note.get_json()
    assert (body["number"], body["closes"], body["balance"], body["left"]) == (
        "C2026-00001",
        euro("0.00"),
        euro("15.13"),
        euro("15.13"),
    )
    pdf = world.ours.get(f"{note.headers['Location']}/pdf")
    assert "C2026-00001" in PdfReader(io.BytesIO(pdf.data)).pages[0].extract_text()
    assert world.ours.get(path).get_json()["payment_state"] == "credited"
    assert world.ours.get("/v1/credit-notes?left=true").get_json()["items"] == [body]

    balance = world.ours.get(f"/v1/customers/{invoice['customer_id']}/balance").get_json()
    assert balance["balance"] == euro("-20.00")
    assert [entry["kind"] for entry in balance["entries"]] == ["invoice", "receipt", "credit_note"]
    refund = world.ours.post("/v1/refunds", {"credit_note_id": body["id"], "reference": "Bank 12"})
    assert refund.get_json()["amount"] == euro("15.13")
    assert world.ours.get("/v1/credit-notes?left=true").get_json()["items"] == []
    problem(world.ours.post("/v1/refunds", {"credit_note_id": body["id"]}), 409, "exceeds_source")
    undone = world.ours.post(f"/v1/refunds/{refund.get_json()['id']}/undo", {"reason": "Rekening bestaat niet"})
    assert undone.get_json()["amount"] == euro("-15.13")


def test_part_of_a_line_is_credited_and_more_is_refused(world: World) -> None:
    invoice = issued(world)
    part = {"invoice_id": invoice["id"], "reason": "Te veel", "lines": [{"line": 1, "amount": euro("2.50")}]}
    released = world.ours.post("/v1/credit-notes", part | {"issue": False}).get_json()
    assert (released["state"], released["number"], released["left"]) == ("released", None, None)
    problem(world.ours.post("/v1/credit-notes", part), 409, "credit_note_waiting")
    assert world.ours.post(f"/v1/invoices/{released['id']}/issue", {}).get_json()["number"] == "C2026-00001"
    assert world.ours.get(f"/v1/invoices/{invoice['id']}").get_json()["open_amount"] == euro("12.10")
    refused = problem(
        world.ours.post("/v1/credit-notes", part | {"lines": [{"line": 1, "amount": euro("10.01")}]}),
        409,
        "credit_exceeds_invoice",
    )
    assert refused["errors"][0]["pointer"] == "/lines/0/amount"
    problem(world.theirs.post("/v1/credit-notes", part), 404, "not_found")
    problem(world.caller("invoices:read").post("/v1/credit-notes", part), 403, "not_allowed")


def test_invoices_are_found_by_how_they_stand(world: World) -> None:
    invoice = issued(world)
    world.now[0] = datetime(2026, 6, 1, 10, 0, tzinfo=UTC)
    for found in ("payment_state=open", "overdue_on=2026-06-01", "overdue_on=2026-06-01&payment_state=open"):
        assert [one["id"] for one in world.ours.get(f"/v1/invoices?{found}").get_json()["items"]] == [invoice["id"]]
        own = f"{found}&customer_id={invoice['customer_id']}"
        assert len(world.ours.get(f"/v1/invoices?{own}").get_json()["items"]) == 1
    assert world.ours.get("/v1/invoices?overdue_on=2026-04-30").get_json()["items"] == []
    assert world.ours.get("/v1/invoices?disputed=true").get_json()["items"] == []
    path = f"/v1/invoices/{invoice['id']}"
    dispute = world.ours.post(f"{path}/disputes", {"reason": "De uren kloppen niet."}).get_json()
    assert len(world.ours.get("/v1/invoices?disputed=true").get_json()["items"]) == 1
    ended = world.ours.post(f"/v1/disputes/{dispute['id']}/end", {"outcome": "Uitgelegd."})
    assert ended.get_json()["ended_on"] == "2026-06-01"
    off = world.ours.post(f"{path}/write-offs", {"reason": "Failliet."}).get_json()
    shown = world.ours.get(path).get_json()
    assert (shown["payment_state"], shown["written_off_amount"], shown["overdue"]) == (
        "written_off",
        euro("15.13"),
        False,
    )
    problem(world.ours.post("/v1/credit-notes", {"invoice_id": invoice["id"], "reason": "Toch"}), 409, "written_off")
    assert world.ours.post(f"/v1/write-offs/{off['id']}/undo", {"reason": "Curator"}).status_code == 201
    assert world.ours.get(path).get_json()["overdue"] is True


def test_a_question_that_changed_after_issue_is_corrected_in_one_call(world: World) -> None:
    issued(world)
    with world.database.write() as session:
        contract = session.scalars(select(Invoice.contract_id)).first()
        builders.organisation(session, world.ours_id)
        builders.person(session, world.ours_id)
        assert contract is not None
    asked = helpdesk.QUESTION | {"contract": "C-1"}
    question = world.ours.post("/v1/questions", asked).get_json()["id"]
    with world.database.write() as session:
        scope = builders.scope(session, world.ours_id)
        assert release_contract(scope, load_issuer(scope), contract, MARCH) == "invoice"
        released = session.scalars(select(Invoice.id).where(Invoice.state == "released")).one()
    path = f"/v1/questions/{question}"
    assert world.ours.get(f"{path}/correction").get_json()["way"] == "withdraw"
    world.ours.post("/v1/questions", asked | {"kind": "bug"})
    (finding,) = world.ours.get("/v1/findings?code=changed_after_release").get_json()["items"]
    assert finding["next_action"]["nl"].startswith("Voorstel: trek het document in")
    world.ours.post("/v1/questions", asked)  # as it was: the finding stays, and says so
    problem(world.ours.post(f"{path}/correct", {}), 409, "withdraw_instead")
    with world.database.write() as session:
        invoicing.issue_invoice(builders.scope(session, world.ours_id), released)
    finding = world.ours.get(f"/v1/findings/{finding['id']}").get_json()
    assert finding["next_action"]["nl"].startswith("Voorstel: corrigeer de vraag")  # issued meanwhile
    problem(world.ours.post(f"{path}/correct", {}), 409, "nothing_to_correct")

    world.ours.post("/v1/questions", asked | {"tags": ["late"]})
    (finding,) = world.ours.get("/v1/findings?code=changed_after_release").get_json()["items"]
    assert finding["facts"]["proposal"] == {"way": "correct", "credit": "25.00", "charge": "0.00"}
    proposed = world.ours.get(f"{path}/correction").get_json()
    assert (proposed["way"], proposed["credit"], proposed["now_disposition"]) == ("correct", euro("25.00"), "waived")
    done = world.ours.post(f"{path}/correct", {"reason": "Coulance."}).get_json()
    note = world.ours.get(f"/v1/credit-notes/{done['credit_note_id']}").get_json()
    assert (note["net"], note["reason"], note["credited_number"]) == (euro("25.00"), "Coulance.", "2026-00002")
    assert world.ours.get(f"/v1/findings/{finding['id']}").get_json()["state"] == "resolved"
    assert world.ours.get(f"{path}/decision").get_json()["disposition"] == "waived"
    assert Decimal(world.ours.get("/v1/charges?state=credited").get_json()["items"][0]["amount"]["amount"]) == 25


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"reason": "x"}, "/invoice_id"),
        ({"invoice_id": "{id}"}, "/reason"),
        ({"invoice_id": "{id}", "reason": "x", "lines": [{"line": 0}]}, "/lines/0/line"),
        ({"invoice_id": "{id}", "reason": "x", "lines": [{"line": 9}]}, "/lines/0/line"),
        ({"invoice_id": "{id}", "reason": "x", "lines": [{"line": 1, "minutes": 5}]}, "/lines/0/minutes"),
    ],
)
def test_a_credit_that_cannot_be_right_names_the_field(world: World, body: dict[str, Any], pointer: str) -> None:
    invoice = issued(world)
    filled = {name: invoice["id"] if value == "{id}" else value for name, value in body.items()}
    refused = problem(world.ours.post("/v1/credit-notes", filled), 422, "invalid_input")
    assert [error["pointer"] for error in refused["errors"]] == [pointer]
