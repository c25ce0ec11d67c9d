"""A card sold over HTTP, questions that draw from it, and a person who draws."""

from __future__ import annotations

from typing import Any

import pytest

from tests import builders
from tests.api.client import World, problem
from tests.api.test_questions import ask, decision
from tests.prepaid.cards import TARIFF, spent


@pytest.fixture
def desk(world: World) -> World:
    with world.database.write() as session:
        ours = world.ours_id
        customer = builders.customer(session, ours)
        organisation = builders.organisation(session, ours, "zwolle")
        builders.person(session, ours, "anna")
        tariff = builders.tariff(session, ours, TARIFF)
        builders.contract(session, ours, customer, tariff, organisations=(organisation,))
    return world


def sell(desk: World, minutes: int) -> str:
    (contract,) = desk.ours.get("/v1/contracts").get_json()["items"]
    card = {
        "contract_id": contract["id"],
        "kind": "card",
        "code": "support",
        "title": {"nl": "Strippenkaart", "en": "Hour card"},
        "minutes": minutes,
        "price": {"amount": "90.00", "currency": "EUR"},
        "vat_class": "standard",
        "sold_on": "2026-03-01",
    }
    answer = desk.ours.post("/v1/hour-cards", card)
    assert answer.status_code == 201, answer.get_json(force=True)
    return str(answer.get_json()["id"])


def movements(desk: World, card: str) -> list[tuple[str, int]]:
    rows: list[dict[str, Any]] = desk.ours.get(f"/v1/hour-cards/{card}/movements").get_json()["items"]
    return [(row["kind"], row["quantity"]) for row in rows]


def test_a_question_is_split_over_a_card_and_a_charge_and_says_so(desk: World) -> None:
    card = sell(desk, 60)
    question = ask(desk, category="work", time_entries=spent(90))
    decided = decision(desk, question, query_string={"language": "nl"})
    assert (decided["disposition"], decided["amount"]["amount"]) == ("draw", "45.00")
    drawn, charged = decided["parts"]
    assert drawn["drawn_from"] == {"nl": "strippenkaart UK-0001", "en": "hour card UK-0001"}
    assert "drawn_from" not in charged
    assert (
        "Afgeschreven van strippenkaart UK-0001 voor 2 maart 2026: 1:00; daarop stond 1:00, over is 0:00."
        in decided["sentences"]
    )
    assert movements(desk, card) == [("sale", 60), ("draw", -60)]
    assert desk.ours.get(f"/v1/hour-cards/{card}").get_json()["balance"] == 0
    sell(desk, 60)  # sold afterwards, for the same days: what is not released yet draws from it
    assert decision(desk, question)["amount"]["amount"] == "0.00"


def test_a_person_draws_what_is_there_and_no_more(desk: World) -> None:
    card = sell(desk, 60)
    question = ask(desk)
    path = f"/v1/questions/{question['id']}/decision"
    draw = {"disposition": "draw", "minutes": 61, "code": "support", "reason": "Op de kaart"}
    problem(desk.ours.post(path, draw), 422, "prepaid_short")
    problem(desk.ours.post(path, draw | {"disposition": "waived"}), 422, "invalid_input")
    assert desk.ours.post(path, draw | {"minutes": 60}).get_json()["disposition"] == "draw"
    assert movements(desk, card) == [("sale", 60), ("draw", -60)]
    assert desk.ours.send("DELETE", path).get_json()["disposition"] == "charge"
    assert movements(desk, card) == [("sale", 60), ("draw", -60), ("undo", 60)]
