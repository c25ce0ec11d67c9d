"""Organisations, persons and contracts over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests import builders, helpdesk
from tests.api.client import World, problem


@pytest.fixture
def agreed(world: World) -> dict[str, Any]:
    """A contract that may be made: its customer, tariff, organisation and two persons exist."""
    with world.database.write() as session:
        ours = world.ours_id
        return {
            "reference": "C-1",
            "title": "Helpdesk",
            "customer_id": str(builders.customer(session, ours)),
            "tariff_id": str(builders.tariff(session, ours, helpdesk.TARIFF)),
            "valid_from": "2026-01-01",
            "organisations": [str(builders.organisation(session, ours, "zwolle"))],
            "known_contacts": [str(builders.person(session, ours, "anna"))],
            "key_users": [str(builders.person(session, ours, "bert"))],
            "phases": [{"valid_from": "2026-01-01", "label": "implementation"}],
        }


def test_an_organisation_is_made_found_and_renamed(world: World) -> None:
    made = world.ours.post("/v1/organisations", {"code": "zwolle", "name": "Zwolle"})
    assert world.ours.get("/v1/organisations?code=zwolle").get_json()["items"] == [made.get_json()]
    assert world.ours.patch(made.headers["Location"], {"name": "Zwolle-Zuid"}).get_json()["name"] == "Zwolle-Zuid"
    problem(world.ours.post("/v1/organisations", {"code": "zwolle", "name": "Z"}), 409, "already_exists")
    assert world.ours.put("/v1/organisations/by-code/zwolle", {"name": "Zwolle"}).status_code == 200
    assert world.ours.put("/v1/organisations/by-code/kampen", {"name": "Kampen"}).status_code == 201
    assert len(world.ours.get("/v1/organisations").get_json()["items"]) == 2


def test_a_person_works_at_an_organisation_of_the_same_administration(world: World) -> None:
    with world.database.write() as session:
        ours = str(builders.organisation(session, world.ours_id))
        theirs = str(builders.organisation(session, world.theirs_id))
    anna = {"code": "anna", "name": "Anna", "email": "anna@zwolle.example", "organisation_id": ours}
    made = world.ours.post("/v1/persons", anna)
    assert anna.items() <= made.get_json().items()
    assert len(world.ours.get(f"/v1/persons?organisation_id={ours}").get_json()["items"]) == 1
    refused = problem(world.ours.patch(made.headers["Location"], {"organisation_id": theirs}), 422, "invalid_input")
    assert refused["errors"] == [{"pointer": "/organisation_id", "detail": "is no organisation"}]
    replaced = world.ours.put("/v1/persons/by-code/anna", {"name": "Anna de Wit"}).get_json()
    assert (replaced["id"], replaced["email"], replaced["organisation_id"]) == (made.get_json()["id"], None, None)


def test_a_contract_shows_everything_that_was_agreed(world: World, agreed: dict[str, Any]) -> None:
    wish = agreed | {
        "valid_to": "2026-12-31",
        "rhythm": "quarter",
        "invoice_reference": "PO 17",
        "group_equal_lines": True,
        "annex": True,
        "recipient_name": "Inkoop",
        "recipient_email": "inkoop@holding.example",
        "pickup_hours": 4,
        "solve_hours": 40,
        "system_owner": "Landelijke Bond",
    }
    made = world.ours.post("/v1/contracts", wish)
    assert made.status_code == 201, made.get_data(as_text=True)
    body = world.ours.get(made.headers["Location"]).get_json()
    assert wish.items() <= body.items()
    assert [one["id"] for one in world.ours.get("/v1/contracts?valid_on=2026-06-30").get_json()["items"]] == [
        body["id"]
    ]
    assert world.ours.get("/v1/contracts?valid_on=2027-01-01").get_json()["items"] == []


def test_a_change_of_a_list_is_a_new_version(world: World, agreed: dict[str, Any]) -> None:
    path = world.ours.post("/v1/contracts", agreed).headers["Location"]
    both = agreed["known_contacts"] + agreed["key_users"]
    changed = world.ours.patch(path, {"known_contacts": both})
    assert changed.headers["ETag"] == '"2"'
    assert sorted(changed.get_json()["known_contacts"]) == sorted(both)
    assert changed.get_json()["key_users"] == agreed["key_users"]
    same = world.ours.patch(path, {"title": agreed["title"], "phases": agreed["phases"]})
    assert same.headers["ETag"] == '"2"'
    assert world.ours.patch(path, {"organisations": [], "phases": []}).get_json()["phases"] == []


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"valid_to": "2025-12-31"}, "/valid_to"),
        ({"phases": [{"valid_from": "2025-12-31", "label": "live"}]}, "/phases/0/valid_from"),
        ({"phases": [{"valid_from": "2026-01-01", "label": name} for name in "ab"]}, "/phases/1/valid_from"),
        ({"recipient_name": "Inkoop"}, "/recipient_email"),
        ({"recipient_email": "inkoop@holding.example"}, "/recipient_name"),
        ({"customer_id": "01999999-9999-7999-8999-999999999999"}, "/customer_id"),
        ({"tariff_id": "01999999-9999-7999-8999-999999999999"}, "/tariff_id"),
        ({"organisations": ["01999999-9999-7999-8999-999999999999"]}, "/organisations/0"),
        ({"key_users": ["01999999-9999-7999-8999-999999999999"]}, "/key_users/0"),
        ({"rhythm": "week"}, "/rhythm"),
        ({"pickup_hours": -1}, "/pickup_hours"),
    ],
)
def test_a_contract_that_cannot_be(world: World, agreed: dict[str, Any], fields: dict[str, Any], pointer: str) -> None:
    refused = problem(world.ours.post("/v1/contracts", agreed | fields), 422, "invalid_input")
    assert pointer in [error["pointer"] for error in refused["errors"]]
    assert world.ours.get("/v1/contracts").get_json()["items"] == []


def test_a_contract_cannot_reach_into_another_administration(world: World, agreed: dict[str, Any]) -> None:
    with world.database.write() as session:
        theirs = world.theirs_id
        foreign = {
            "customer_id": str(builders.customer(session, theirs, "9")),
            "tariff_id": str(builders.tariff(session, theirs, helpdesk.TARIFF)),
            "organisations": [str(builders.organisation(session, theirs, "elders"))],
            "known_contacts": [str(builders.person(session, theirs, "eva"))],
        }
    refused = problem(world.ours.post("/v1/contracts", agreed | foreign), 422, "invalid_input")
    pointers = {error["pointer"] for error in refused["errors"]}
    assert pointers == {"/customer_id", "/tariff_id", "/organisations/0", "/known_contacts/0"}


def test_a_recipient_cannot_lose_half_of_itself(world: World, agreed: dict[str, Any]) -> None:
    chosen = {"recipient_name": "Inkoop", "recipient_email": "inkoop@holding.example"}
    path = world.ours.post("/v1/contracts", agreed | chosen).headers["Location"]
    problem(world.ours.patch(path, {"recipient_email": None}), 422, "invalid_input")
    assert world.ours.patch(path, dict.fromkeys(chosen)).get_json()["recipient_name"] is None


def test_a_validity_cannot_shrink_past_its_phases(world: World, agreed: dict[str, Any]) -> None:
    path = world.ours.post("/v1/contracts", agreed).headers["Location"]
    refused = problem(world.ours.patch(path, {"valid_from": "2026-02-01"}), 422, "invalid_input")
    assert refused["errors"][0]["pointer"] == "/phases/0/valid_from"


def test_a_new_contract_frees_the_questions_that_waited_for_one(world: World, agreed: dict[str, Any]) -> None:
    question = world.ours.post("/v1/questions", helpdesk.QUESTION).get_json()
    decision = f"/v1/questions/{question['id']}/decision"
    assert world.ours.get(decision).get_json()["reason"] == "no_contract"
    path = world.ours.post("/v1/contracts", agreed).headers["Location"]
    assert world.ours.get(decision).get_json()["amount"]["amount"] == "25.00"
    world.ours.patch(path, {"organisations": []})
    assert world.ours.get(decision).get_json()["reason"] == "no_contract"


def test_what_only_the_database_notices_is_a_conflict_too(
    world: World, agreed: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two requests with one reference both pass the check; the unique key stops the second."""
    world.ours.post("/v1/contracts", agreed)
    monkeypatch.setattr("billing_service.parties.common.refuse_taken", lambda *_, **__: None)
    problem(world.ours.post("/v1/contracts", agreed), 409, "already_exists")
    assert len(world.ours.get("/v1/contracts").get_json()["items"]) == 1
