"""From a question over HTTP to its decision and charge, as a helpdesk and a finance person use it."""

from __future__ import annotations

from typing import Any

import pytest

from billing_service import jobs
from billing_service.store.scope import Scope
from tests import builders, helpdesk
from tests.api.client import World, problem


@pytest.fixture
def desk(world: World) -> World:
    """Our administration with a customer whose contract covers the organisation ``zwolle``."""
    with world.database.write() as session:
        ours = world.ours_id
        customer = builders.customer(session, ours)
        organisation = builders.organisation(session, ours, "zwolle")
        builders.person(session, ours, "anna")
        tariff = builders.tariff(session, ours, helpdesk.TARIFF)
        builders.contract(session, ours, customer, tariff, organisations=(organisation,))
    return world


def ask(world: World, status: int = 201, **fields: Any) -> dict[str, Any]:
    row = {name: value for name, value in (helpdesk.QUESTION | fields).items() if value is not None}
    answer = world.ours.post("/v1/questions", row)
    assert answer.status_code == status, answer.get_json(force=True)
    body: dict[str, Any] = answer.get_json()
    return body


def decision(world: World, question: dict[str, Any], **options: Any) -> dict[str, Any]:
    body: dict[str, Any] = world.ours.get(f"/v1/questions/{question['id']}/decision", **options).get_json()
    return body


def test_a_closed_question_is_decided_and_charged_at_once(desk: World) -> None:
    question = ask(desk)
    assert question["organisation"] == "zwolle"
    assert question["contract"] is None
    decided = decision(desk, question)
    assert (decided["state"], decided["disposition"]) == ("decided", "charge")
    assert decided["amount"] == {"amount": "25.00", "currency": "EUR"}
    (charge,) = desk.ours.get("/v1/charges?state=open").get_json()["items"]
    assert charge["description"] == {"nl": "Regel import: Leden importeren", "en": "Rule import: Leden importeren"}
    assert (charge["quantity"], charge["unit_price"], charge["pricing"]) == ("1.0000", "25.0000", "quantity")


def test_the_explanation_comes_as_codes_and_as_sentences_in_the_language_asked_for(desk: World) -> None:
    question = ask(desk)
    dutch = decision(desk, question, query_string={"language": "nl"})
    english = decision(desk, question, headers={"Accept-Language": "en-GB, en;q=0.9"})
    assert dutch["explanation"] == english["explanation"]
    assert dutch["explanation"]["rule"] == "import"
    assert len(dutch["sentences"]) == len(english["sentences"]) > 3
    assert set(dutch["sentences"]).isdisjoint(english["sentences"])


def test_the_same_question_twice_is_one_question(desk: World) -> None:
    first = ask(desk)
    again = ask(desk, status=200)
    assert (again["id"], again["version"]) == (first["id"], 1)
    changed = ask(desk, status=200, category="manual")
    assert (changed["id"], changed["version"]) == (first["id"], 2)
    assert decision(desk, changed)["disposition"] == "included"
    (charge,) = desk.ours.get("/v1/charges").get_json()["items"]
    assert charge["amount"]["amount"] == "0.00"


def test_an_open_question_has_no_decision_yet(desk: World) -> None:
    question = ask(desk, closed_at=None)
    problem(desk.ours.get(f"/v1/questions/{question['id']}/decision"), 404, "not_found")
    problem(
        desk.ours.post(f"/v1/questions/{question['id']}/decision", {"disposition": "waived", "reason": "x"}),
        409,
        "not_closed",
    )


def test_everything_wrong_with_a_question_is_said_at_once_and_nothing_is_kept(desk: World) -> None:
    wrong = helpdesk.QUESTION | {
        "closed_at": "2026-03-02T08:00:00+01:00",
        "picked_up_at": "2026-03-02",
        "colour": "red",
        "base_amount": 12.5,
        "quantities": {"labels": 3},
        "time_entries": [{"minutes": -5, "worked_on": "2026-03-02"}, {"minutes": 1441, "worked_on": "2027-01-01"}],
    }
    body = problem(desk.ours.post("/v1/questions", wrong), 422, "invalid_input")
    assert {error["pointer"] for error in body["errors"]} == {
        "/closed_at",
        "/picked_up_at",
        "/colour",
        "/base_amount",
        "/quantities/labels",
        "/time_entries/0/minutes",
        "/time_entries/1/minutes",
        "/time_entries/1/worked_on",
    }
    assert desk.ours.get("/v1/questions").get_json()["items"] == []


@pytest.mark.parametrize(
    ("field", "value"), [("organisation", "nergens"), ("asker", "niemand"), ("contract", "C-9"), ("handler", "x")]
)
def test_an_unknown_code_is_refused_by_its_field(desk: World, field: str, value: str) -> None:
    body = problem(desk.ours.post("/v1/questions", helpdesk.QUESTION | {field: value}), 422, "invalid_input")
    assert [error["pointer"] for error in body["errors"]] == [f"/{field}"]


def test_a_person_names_the_contract_that_the_rules_could_not_find(desk: World) -> None:
    question = ask(desk, organisation=None)
    assert decision(desk, question)["reason"] == "no_contract"
    path = f"/v1/questions/{question['id']}"
    assert desk.ours.patch(path, {"contract": "C-1"}).status_code == 200
    assert decision(desk, question)["amount"]["amount"] == "25.00"
    ask(desk, status=200, organisation=None)
    assert decision(desk, question)["state"] == "decided"


def test_a_withdrawn_question_counts_nowhere(desk: World) -> None:
    question = ask(desk)
    path = f"/v1/questions/{question['id']}/withdraw"
    assert desk.ours.post(path, {"reason": "double"}).get_json()["withdrawn_at"] is not None
    assert desk.ours.get("/v1/charges").get_json()["items"] == []
    counts = desk.ours.get("/v1/decisions/counts").get_json()
    assert (counts["questions"], counts["withdrawn"], counts["open"]) == (0, 1, 0)
    problem(desk.ours.post(path, {"reason": "again"}), 409, "already_withdrawn")
    ask(desk, status=200, subject="Toch anders")
    assert desk.ours.get("/v1/charges").get_json()["items"] == []


def test_a_persons_decision_is_never_replaced_by_a_rule(desk: World) -> None:
    question = ask(desk)
    path = f"/v1/questions/{question['id']}/decision"
    problem(desk.ours.post(path, {"disposition": "charge", "reason": "x"}), 422, "invalid_input")
    wish = {"disposition": "charge", "amount": {"amount": "9.95", "currency": "EUR"}, "reason": "agreed by phone"}
    assert desk.ours.post(path, wish).get_json()["amount"]["amount"] == "9.95"
    ask(desk, status=200, category="manual")
    kept = decision(desk, question)
    assert (kept["amount"]["amount"], kept["by_person"]) == ("9.95", f"key:{desk.ours.key.split('_')[1]}")
    assert any("agreed by phone" in sentence for sentence in kept["sentences"])
    back = desk.ours.send("DELETE", path).get_json()
    assert (back["disposition"], back["by_person"]) == ("included", None)


def test_what_is_not_billable_is_listed_until_somebody_closes_it(desk: World) -> None:
    one, two, other = ask(desk, kind="bug"), ask(desk, kind="bug", external_id="2"), ask(desk, external_id="3")
    waiting = "/v1/decisions?closed=false"
    assert len(desk.ours.get(waiting).get_json()["items"]) == 2
    wrong = {"question_ids": [one["id"], other["id"]], "reason": "ours"}
    body = problem(desk.ours.post("/v1/decisions/close", wrong), 422, "invalid_input")
    assert [error["pointer"] for error in body["errors"]] == ["/question_ids/1"]
    assert len(desk.ours.get(waiting).get_json()["items"]) == 2
    closed = desk.ours.post("/v1/decisions/close", {"question_ids": [one["id"]], "reason": "ours"})
    assert closed.get_json() == {"closed": [one["id"]]}
    assert desk.ours.post(f"/v1/questions/{two['id']}/decision/close", {"reason": "ours"}).get_json()["closed"] is True
    assert desk.ours.get(waiting).get_json()["items"] == []


def test_time_is_told_revised_corrected_and_confirmed(desk: World) -> None:
    question = ask(desk, category="checked")
    assert decision(desk, question)["reason"] == "missing_time"
    told = {"question_id": question["id"], "external_id": "t1", "worked_on": "2026-03-02", "minutes": 50}
    entry = desk.ours.post("/v1/time-entries", told).get_json()
    assert decision(desk, question)["reason"] == "missing_correction"
    path = f"/v1/time-entries/{entry['id']}"
    corrected = desk.ours.post(f"{path}/corrections", {"minutes": 30, "reason": "too long"})
    assert corrected.status_code == 201
    assert decision(desk, question)["amount"]["amount"] == "47.50"
    assert desk.ours.post("/v1/time-entries", told | {"minutes": 60}).status_code == 200
    history = desk.ours.get(path).get_json()
    assert [revision["raw_minutes"] for revision in history["revisions"]] == [50, 60]
    assert [correction["minutes"] for correction in history["corrections"]] == [30]
    assert decision(desk, question)["amount"]["amount"] == "47.50"
    codes = [finding["code"] for finding in desk.ours.get("/v1/findings").get_json()["items"]]
    assert codes == ["time_revised_after_correction"]


def test_raw_minutes_are_confirmed_in_bulk(desk: World) -> None:
    entries = [{"worked_on": "2026-03-02", "minutes": minutes} for minutes in (20, 40)]
    question = ask(desk, category="checked", time_entries=entries)
    wrong = {"question_ids": [question["id"], question["id"][:-4] + "0000"], "reason": "seen"}
    problem(desk.ours.post("/v1/time-entries/confirm", wrong), 422, "invalid_input")
    answer = desk.ours.post("/v1/time-entries/confirm", {"question_ids": [question["id"]], "reason": "seen"})
    assert len(answer.get_json()["confirmed"]) == 2
    assert decision(desk, question)["minutes"] == 60
    again = desk.ours.post("/v1/time-entries/confirm", {"question_ids": [question["id"]], "reason": "seen"})
    assert again.get_json() == {"confirmed": []}


def test_a_contact_moment_holds_several_questions(desk: World) -> None:
    moment = {"source": "desk", "external_id": "call-1", "channel": "phone", "occurred_at": "2026-03-02T09:00:00Z"}
    made = desk.ours.post("/v1/contact-moments", moment | {"asker": "anna"}).get_json()
    assert desk.ours.post("/v1/contact-moments", moment | {"asker": "anna"}).status_code == 200
    questions = [ask(desk, external_id=key, contact_moment=made["id"])["id"] for key in ("1", "2")]
    assert desk.ours.get(f"/v1/contact-moments/{made['id']}").get_json()["questions"] == questions
    later = desk.ours.post("/v1/contact-moments", moment | {"occurred_at": "2027-03-02T09:00:00Z"})
    problem(later, 422, "invalid_input")


def test_a_charge_by_hand_multiplies_out_and_can_be_cancelled(desk: World) -> None:
    contract = desk.ours.get("/v1/contracts").get_json()["items"][0]["id"]
    wish = {
        "contract_id": contract,
        "date": "2026-03-02",
        "description": {"nl": "Reiskosten", "en": "Travel"},
        "vat_class": "standard",
    }
    problem(desk.ours.post("/v1/charges", wish), 422, "invalid_input")
    problem(desk.ours.post("/v1/charges", wish | {"minutes": 50}), 422, "invalid_input")
    before = problem(desk.ours.post("/v1/charges", wish | {"date": "2013-01-01", "minutes": 50}), 422, "invalid_input")
    assert before["errors"][0]["pointer"] == "/date"
    charge = desk.ours.post("/v1/charges", wish | {"minutes": 50, "unit_price": "95.00"}).get_json()
    assert (charge["amount"]["amount"], charge["pricing"]) == ("79.17", "time")
    by_piece = desk.ours.post("/v1/charges", wish | {"quantity": "3", "unit_price": "0.3333"}).get_json()
    assert by_piece["amount"]["amount"] == "1.00"
    path = f"/v1/charges/{charge['id']}/cancel"
    assert desk.ours.post(path, {"reason": "typed twice"}).get_json()["state"] == "cancelled"
    problem(desk.ours.post(path, {"reason": "again"}), 409, "not_open")
    ask(desk)
    of_question = desk.ours.get("/v1/charges?source=question").get_json()["items"][0]["id"]
    refused = desk.ours.post(f"/v1/charges/{of_question}/cancel", {"reason": "no"})
    problem(refused, 409, "not_a_manual_charge")


def test_the_counts_add_up_to_every_question(desk: World) -> None:
    for number, category in enumerate(["import", "import", "manual", "unknown"]):
        ask(desk, external_id=str(number), category=category)
    ask(desk, external_id="open", closed_at=None)
    body = desk.ours.get("/v1/decisions/counts").get_json()
    told = {(one["state"], one["reason"], one["disposition"]): one["questions"] for one in body["counts"]}
    assert told == {
        ("decided", None, "charge"): 2,
        ("decided", None, "included"): 1,
        ("needs_decision", "no_rule", None): 1,
    }
    assert (body["questions"], body["open"]) == (4, 1)
    assert desk.ours.get("/v1/decisions/counts?decided_until=2026-01-01").get_json()["questions"] == 0


def test_a_bulk_body_becomes_a_job_that_takes_good_rows_and_lists_bad_ones(desk: World) -> None:
    rows = (
        b"source,external_id,subject,organisation,category,opened_at,closed_at,tags\n"
        b"desk,1,Vraag,zwolle,import,2026-03-02T09:00:00Z,2026-03-02T10:00:00Z,a|late\n"
        b"desk,2,Vraag,nergens,import,2026-03-02T09:00:00Z,2026-03-02T10:00:00Z,\n"
        b"desk,3,,zwolle,import,2026-03-02T09:00:00Z,2026-03-02T10:00:00Z,\n"
    )
    answer = desk.ours.send("POST", "/v1/questions/bulk", data=rows, content_type="text/csv")
    assert answer.status_code == 202
    path = answer.headers["Location"]
    _work(desk, path)
    result = desk.ours.get(path).get_json()["result"]
    assert (result["taken"], result["refused"]) == (1, 2)
    assert [(error["line"], error["pointer"]) for error in result["errors"]] == [(3, "/organisation"), (4, "/subject")]
    (question,) = desk.ours.get("/v1/questions").get_json()["items"]
    assert question["tags"] == ["a", "late"]
    assert decision(desk, question)["disposition"] == "waived"


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"{}", "application/json", "unreadable_file"),
        (b"[", "application/json", "unreadable_file"),
        (b"[]", "application/json", "invalid_input"),
        ('{"subject": "é"}'.encode("latin-1"), "application/x-ndjson", "wrong_encoding"),
        ("source,subject\ndesk,Één\n".encode("cp1252"), "text/csv", "wrong_encoding"),
        (b"source,colour\ndesk,red\n", "text/csv", "invalid_input"),
        (b"", "text/csv", "unreadable_file"),
    ],
)
def test_a_body_that_cannot_be_read_at_all_is_refused_at_once(desk: World, body: bytes, kind: str, code: str) -> None:
    answer = desk.ours.send("POST", "/v1/questions/bulk", data=body, content_type=kind)
    problem(answer, 422, code)


def test_another_administration_sees_nothing_of_it(desk: World) -> None:
    question = ask(desk)
    entry = {"question_id": question["id"], "worked_on": "2026-03-02", "minutes": 5}
    for path in (f"/v1/questions/{question['id']}", f"/v1/questions/{question['id']}/decision"):
        problem(desk.theirs.get(path), 404, "not_found")
    for noun in ("questions", "decisions", "charges", "time-entries", "contact-moments"):
        assert desk.theirs.get(f"/v1/{noun}").get_json()["items"] == []
    problem(desk.theirs.post("/v1/time-entries", entry), 422, "invalid_input")
    problem(
        desk.theirs.post("/v1/decisions/close", {"question_ids": [question["id"]], "reason": "x"}), 422, "invalid_input"
    )


def _work(world: World, path: str) -> None:
    """What the worker does with the job at ``path``."""
    from contextlib import contextmanager
    from uuid import UUID

    @contextmanager
    def scope():  # type: ignore[no-untyped-def]
        with world.database.write() as session:
            yield Scope(session, world.ours_id, "worker", world.now[0])

    jobs.run(scope, UUID(path.rsplit("/", 1)[1]))
