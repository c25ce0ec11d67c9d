"""Consults over HTTP: from a proposal to a line on the invoice with its reasons in the annex."""

from __future__ import annotations

import io
from typing import Any

import pytest
from pypdf import PdfReader

from tests import builders, helpdesk
from tests.api.client import World, problem
from tests.api.test_invoices import work_off

HOURLY = {"kind": "hourly", "rate": "95.00", "time": {"step": 15, "grace": 5}, "question_time": "counted"}
NOTHING: dict[str, Any] = {
    "import_not_one_dimensional": False,
    "many_questions": None,
    "several_administrations": None,
    "urgent": [],
}


@pytest.fixture
def contract(world: World) -> str:
    """C-1, which wants an annex; it covers organisation zwolle, where anna works."""
    with world.database.write() as session:
        key = world.ours_id
        tariff, customer = builders.tariff(session, key, helpdesk.TARIFF), builders.customer(session, key)
        covered = (builders.organisation(session, key, "zwolle"),)
        builders.person(session, key, "anna")
        return str(builders.contract(session, key, customer, tariff, organisations=covered, annex=True))


def ask(world: World, **fields: Any) -> str:
    worked = {"external_id": "t", "worked_on": "2026-03-02", "minutes": 20}
    answer = world.ours.post("/v1/questions", helpdesk.QUESTION | {"time_entries": [worked]} | fields)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    found: str = answer.get_json()["id"]
    return found


def do(world: World, path: str, body: Any = None) -> dict[str, Any]:
    answer = world.ours.post(path, body)
    assert answer.status_code < 300, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()
    return found


def test_an_urgent_question_becomes_a_proposal_a_consult_and_a_line_with_its_reasons(
    world: World, contract: str
) -> None:
    put = world.ours.put("/v1/consult-policy", {"policy": NOTHING | {"urgent": ["hoog"]}})
    assert put.get_json()["stored"] is True
    question = ask(world, urgency="hoog")
    (proposed,) = do(world, "/v1/consults/propose")["proposed"]
    assert do(world, "/v1/consults/propose")["proposed"] == []
    one = f"/v1/consults/{proposed['id']}"
    assert proposed["indicators"] == [
        {
            "code": "answer_needed_fast",
            "nl": "Het antwoord is snel of direct nodig.",
            "en": "The answer is needed fast, or at once.",
        }
    ]
    assert proposed["proposal"]["en"] == "question “Leden importeren” has urgency “hoog”."
    (finding,) = world.ours.get("/v1/findings?state=open").get_json()["items"]
    assert (finding["code"], finding["subject_id"]) == ("consult_proposed", proposed["id"])

    problem(world.ours.post(f"{one}/confirm", {}), 422, "invalid_input")
    confirmed = do(world, f"{one}/confirm", {"pricing": HOURLY, "reason": "Telefonisch akkoord"})
    assert [asked["question_id"] for asked in confirmed["questions"]] == [question]
    decision = world.ours.get(f"/v1/questions/{question}/decision?language=en").get_json()
    assert (decision["disposition"], decision["amount"]["amount"]) == ("included", "0.00")
    do(world, f"{one}/sessions", {"held_on": "2026-03-10", "minutes": 120, "kind": "webinar", "handler": "anna"})
    completed = do(world, f"{one}/complete", {"on": "2026-03-20"})
    assert (completed["state"], completed["minutes"], completed["price"]["minutes"]) == ("completed", 140, 135)
    assert completed["price"]["amount"] == {"amount": "213.75", "currency": "EUR"}

    charge = world.ours.get(f"/v1/charges/{completed['charge_id']}?language=nl").get_json()
    assert (charge["source"], charge["date"]) == ("consult", "2026-03-20")
    assert charge["sentences"][-1] == "2:15 uur × € 95,00 = € 213,75.".replace("€ ", "€\xa0")

    started = world.ours.post("/v1/billing-runs", {"until": "2026-03-31"})
    run = work_off(world, started.headers["Location"])["subject_id"]
    work_off(world, world.ours.post(f"/v1/billing-runs/{run}/issue", {}).headers["Location"])
    (invoice,) = world.ours.get("/v1/invoices").get_json()["items"]
    assert invoice["net"]["amount"] == "213.75"
    pdf = world.ours.get(f"/v1/invoices/{invoice['id']}/pdf")
    printed = " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf.data)).pages).split())
    assert "Webinar op 10 maart 2026: 2:00." in printed
    assert "wordt beantwoord in consult C-0001" in printed
    problem(world.ours.post(f"{one}/reopen", {"reason": "Toch niet"}), 409, "consult_released")


def test_a_rejected_proposal_needs_a_reason_and_does_not_come_back(world: World, contract: str) -> None:
    world.ours.put("/v1/consult-policy", {"policy": NOTHING | {"urgent": ["hoog"]}})
    ask(world, urgency="hoog")
    (proposed,) = do(world, "/v1/consults/propose")["proposed"]
    one = f"/v1/consults/{proposed['id']}"
    problem(world.ours.post(f"{one}/reject", {}), 422, "invalid_input")
    rejected = do(world, f"{one}/reject", {"reason": "Kan per e-mail"})
    assert (rejected["state"], rejected["reason"]) == ("rejected", "Kan per e-mail")
    problem(world.ours.post(f"{one}/confirm", {"pricing": HOURLY}), 409, "consult_not_proposed")
    problem(world.ours.post(f"{one}/cancel", {"reason": "x"}), 409, "consult_ended")
    assert do(world, "/v1/consults/propose")["proposed"] == []
    assert world.ours.get("/v1/findings?state=open").get_json()["items"] == []


def test_one_by_hand_with_what_is_put_in_and_taken_out(world: World, contract: str) -> None:
    question = ask(world)
    wish = {"contract_id": contract, "title": "Inrichting", "pricing": HOURLY, "indicators": ["privacy"]}
    made = world.ours.post("/v1/consults", wish)
    assert made.status_code == 201
    one = made.headers["Location"]
    assert made.get_json()["state"] == "confirmed"
    problem(world.ours.post("/v1/consults", wish | {"reference": "C-0001"}), 409, "already_exists")
    second = do(world, "/v1/consults", wish | {"state": "proposed"})
    assert (second["reference"], second["state"]) == ("C-0002", "proposed")

    do(world, f"{one}/questions", {"question_id": question})
    taken = world.ours.post(f"/v1/consults/{second['id']}/questions", {"question_id": question})
    assert "C-0001" in problem(taken, 409, "question_in_consult")["detail"]
    session = do(world, f"{one}/sessions", {"held_on": "2026-03-10", "minutes": 30, "kind": "call"})["sessions"][0]
    shown = world.ours.get(f"{one}?language=en").get_json()
    assert shown["sentences"][:3] == [
        "Call on 10 March 2026: 0:30.",
        "Question 1, “Leden importeren”: 0:20.",
        "Time of this consult: 0:50.",
    ]
    assert world.ours.send("DELETE", f"{one}/sessions/{session['id']}").status_code == 204
    assert world.ours.send("DELETE", f"{one}/questions/{question}").status_code == 204
    problem(world.ours.send("DELETE", f"{one}/questions/{question}"), 404, "not_found")
    problem(world.ours.post(f"{one}/complete", {}), 409, "consult_without_time")

    version = world.ours.get(one).get_json()["version"]
    fixed = {"kind": "fixed", "amount": "450.00"}
    changed = world.ours.patch(one, {"pricing": fixed, "title": "Ontwerp"}, version)
    assert changed.get_json()["price"]["amount"]["amount"] == "450.00"
    problem(world.ours.patch(one, {"title": "Later"}, version), 412, "stale_version")
    (listed,) = world.ours.get("/v1/consults?state=confirmed").get_json()["items"]
    assert (listed["title"], listed["contract"]) == ("Ontwerp", "C-1")
    done = do(world, f"{one}/complete", {})
    assert done["completed_on"] == "2026-03-31"
    assert do(world, f"{one}/reopen", {"reason": "Nog iets"})["charge_id"] is None


def test_the_same_completion_sent_again_makes_one_charge(world: World, contract: str) -> None:
    wish = {"contract_id": contract, "title": "Inrichting", "pricing": {"kind": "fixed", "amount": "90.00"}}
    one = do(world, "/v1/consults", wish)["id"]
    headers = {"Idempotency-Key": "complete-once"}
    first = world.ours.post(f"/v1/consults/{one}/complete", {}, headers=headers)
    again = world.ours.post(f"/v1/consults/{one}/complete", {}, headers=headers)
    assert first.get_json() == again.get_json()
    assert len(world.ours.get("/v1/charges?source=consult").get_json()["items"]) == 1


def test_a_policy_that_cannot_be_is_refused_at_every_wrong_setting(world: World, contract: str) -> None:
    assert world.ours.get("/v1/consult-policy").get_json()["stored"] is False
    wrong = {"urgent": "hoog", "pricing": {"kind": "hourly"}, "colour": "red"}
    told = problem(world.ours.put("/v1/consult-policy", {"policy": wrong}), 422, "invalid_input")
    pointers = {error["pointer"] for error in told["errors"]}
    assert pointers == {"/policy/urgent", "/policy/pricing/rate", "/policy/colour"}
