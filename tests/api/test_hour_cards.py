"""Hour cards, blocks and allowances over HTTP, as docs/hour-cards.md tells them."""

from __future__ import annotations

from typing import Any

import pytest

from tests import builders, helpdesk
from tests.api.client import World, problem
from tests.prepaid.cards import TARIFF

SUPPORT = {"nl": "Strippenkaart support", "en": "Support card"}


def euro(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


@pytest.fixture
def contract(world: World) -> str:
    """A contract of ours whose rules draw, with a person who asks."""
    with world.database.write() as session:
        key = world.ours_id
        zwolle = builders.organisation(session, key)
        builders.person(session, key, organisation_id=zwolle)
        customer, tariff = builders.customer(session, key), builders.tariff(session, key, TARIFF)
        return str(builders.contract(session, key, customer, tariff, organisations=(zwolle,)))


def sell(world: World, contract: str, **changes: Any) -> dict[str, Any]:
    asked = {
        "contract_id": contract,
        "kind": "card",
        "code": "support",
        "title": SUPPORT,
        "minutes": 60,
        "price": euro("90.00"),
        "vat_class": "standard",
        "sold_on": "2026-03-01",
    }
    answer = world.ours.post("/v1/hour-cards", asked | changes)
    assert answer.status_code == 201, answer.get_json()
    made: dict[str, Any] = answer.get_json()
    return made


def ask(world: World, key: str, minutes: int) -> None:
    worked = {"external_id": f"t-{key}", "worked_on": "2026-03-02", "minutes": minutes}
    row = helpdesk.QUESTION | {"external_id": key, "category": "work", "time_entries": [worked]}
    assert world.ours.post("/v1/questions", row).status_code == 201


def test_a_card_is_sold_drawn_and_invoiced_with_its_balance(world: World, contract: str) -> None:
    card = sell(world, contract)
    assert (card["reference"], card["balance"], card["state"], card["multi_purpose"]) == ("UK-0001", 60, "open", False)
    ask(world, "a", 90)
    path = f"/v1/hour-cards/{card['id']}"
    now = world.ours.get(path).get_json()
    assert (now["balance"], now["state"]) == (0, "used_up")
    moves = world.ours.get(f"{path}/movements?limit=1").get_json()
    assert [(each["kind"], each["quantity"]) for each in moves["items"]] == [("sale", 60)]
    moves = world.ours.get(f"{path}/movements?limit=1&cursor={moves['next_cursor']}").get_json()
    assert [(each["kind"], each["quantity"], each["part"]) for each in moves["items"]] == [("draw", -60, 0)]
    charge = world.ours.get(f"/v1/charges/{card['charge_id']}").get_json()
    assert (charge["source"], charge["amount"], charge["sentences"][0].replace("\xa0", " ")) == (
        "card",
        euro("90.00"),
        "Strippenkaart UK-0001: 1:00 uur voor € 90,00, zonder btw.",
    )
    (draft,) = world.ours.post("/v1/billing-runs/preview", {"until": "2026-03-31"}).get_json()["drafts"]
    assert (draft["net"], draft["vat"], draft["gross"]) == (euro("135.00"), euro("28.35"), euro("163.35"))
    (stands,) = draft["document"]["prepaid"]
    assert (stands["reference"], stands["previous"], stands["balance"]) == ("UK-0001", 0, 0)
    assert [(each["on"], each["kind"], each["quantity"], each["question"]) for each in stands["movements"]] == [
        ("2026-03-01", "sale", 60, None),
        ("2026-03-02", "draw", -60, "a"),
    ]


def test_a_card_sold_later_pays_for_work_that_is_not_released_yet(world: World, contract: str) -> None:
    ask(world, "a", 90)
    card = sell(world, contract, minutes=120)
    assert world.ours.get(f"/v1/hour-cards/{card['id']}").get_json()["balance"] == 30
    problem(world.ours.post(f"/v1/hour-cards/{card['id']}/cancel", {"reason": "Vergissing"}), 409, "card_drawn")


def test_lists_tell_cards_apart_by_how_they_stand_today(world: World, contract: str) -> None:
    used = sell(world, contract)
    over = sell(world, contract, minutes=30, valid_to="2026-03-01")
    coming = sell(world, contract, valid_from="2026-04-01")
    cancelled = sell(world, contract)
    still = sell(world, contract, kind="block", code="design", minutes=240)
    assert world.ours.post(f"/v1/hour-cards/{cancelled['id']}/cancel", {"reason": "Dubbel"}).status_code == 200
    ask(world, "a", 60)
    for state, card in (
        ("used_up", used),
        ("expired", over),
        ("upcoming", coming),
        ("cancelled", cancelled),
        ("open", still),
    ):
        found = world.ours.get(f"/v1/hour-cards?contract_id={contract}&state={state}").get_json()["items"]
        assert [(each["reference"], each["state"]) for each in found] == [(card["reference"], state)]
    assert len(world.ours.get("/v1/hour-cards?code=support").get_json()["items"]) == 4
    assert [each["id"] for each in world.ours.get("/v1/hour-cards?kind=block").get_json()["items"]] == [still["id"]]


def test_a_person_corrects_and_registers_feedback(world: World, contract: str) -> None:
    block = sell(world, contract, kind="block", code="design", minutes=240, price=euro("280.00"))
    path = f"/v1/hour-cards/{block['id']}"
    taken = world.ours.post(f"{path}/feedback", {"minutes": 240, "description": "Lijst afgewerkt"})
    assert (taken.status_code, taken.get_json()["quantity"]) == (201, -240)
    told = problem(
        world.ours.post(f"{path}/feedback", {"minutes": 15, "description": "Nog iets"}), 409, "new_block_needed"
    )
    assert "Block UK-0001 is used up" in told["detail"]
    added = world.ours.post(f"{path}/corrections", {"minutes": 15, "reason": "Toegift", "on": "2026-03-05"})
    assert (added.get_json()["work_date"], added.get_json()["reason"]) == ("2026-03-05", "Toegift")
    problem(world.ours.post(f"{path}/corrections", {"minutes": -16, "reason": "Te veel"}), 409, "exceeds_card")
    problem(world.ours.post(f"{path}/corrections", {"minutes": 0, "reason": "Niets"}), 422, "invalid_input")
    card = sell(world, contract)
    feedback = world.ours.post(f"/v1/hour-cards/{card['id']}/feedback", {"minutes": 5, "description": "x"})
    problem(feedback, 422, "not_a_block")


def test_a_multi_purpose_card_is_refused(world: World, contract: str) -> None:
    asked = {"contract_id": contract, "kind": "card", "code": "x", "title": SUPPORT, "minutes": 60}
    asked |= {"price": euro("90.00"), "vat_class": "standard", "multi_purpose": True}
    problem(world.ours.post("/v1/hour-cards", asked), 422, "multi_purpose_card")
    asked |= {"multi_purpose": False, "price": euro("-1.00")}
    told = problem(world.ours.post("/v1/hour-cards", asked), 422, "invalid_input")
    assert [error["pointer"] for error in told["errors"]] == ["/price"]


def test_an_allowance_gives_by_the_period_and_shows_what_is_left_today(world: World, contract: str) -> None:
    asked = {
        "contract_id": contract,
        "code": "questions",
        "title": {"nl": "Vrije vragen", "en": "Free questions"},
        "unit": "questions",
        "quantity": 2,
        "period": "calendar_month",
        "valid_from": "2026-03-01",
    }
    made = world.ours.post("/v1/allowances", asked).get_json()
    assert (made["balance"], made["carry_over_periods"]) == (2, 0)
    assert made["periods"] == [{"first": "2026-03-01", "usable_until": "2026-03-31", "balance": 2}]
    row = helpdesk.QUESTION | {"external_id": "call", "category": "call"}
    assert world.ours.post("/v1/questions", row).status_code == 201
    path = f"/v1/allowances/{made['id']}"
    assert world.ours.get(path).get_json()["balance"] == 1
    moves = world.ours.get(f"{path}/movements").get_json()["items"]
    assert [(each["kind"], each["quantity"], each["period_first"]) for each in moves] == [
        ("grant", 2, "2026-03-01"),
        ("draw", -1, "2026-03-01"),
    ]
    assert [each["id"] for each in world.ours.get("/v1/allowances?running=true").get_json()["items"]] == [made["id"]]
    ended = world.ours.post(f"{path}/end", {"valid_to": "2026-03-30"}).get_json()
    assert (ended["valid_to"], ended["periods"], ended["balance"]) == ("2026-03-30", [], 0)
    problem(world.ours.post(f"{path}/end", {"valid_to": "2026-03-30"}), 409, "already_ended")
    assert world.ours.get("/v1/allowances?running=true").get_json()["items"] == []
    outside = problem(world.ours.post("/v1/allowances", asked | {"valid_from": "2013-01-01"}), 422, "invalid_input")
    assert outside["errors"][0]["pointer"] == "/valid_from"
