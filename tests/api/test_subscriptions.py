"""Subscriptions over HTTP, as docs/subscriptions.md tells them."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from billing_service.invoicing.release import release_contract
from billing_service.parties.selling import load_issuer
from tests import builders, helpdesk
from tests.api.client import World, problem

APP = {"nl": "Financiële app", "en": "Financial app"}


def euro(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


@pytest.fixture
def contract(world: World) -> str:
    with world.database.write() as session:
        tariff = builders.tariff(session, world.ours_id, helpdesk.TARIFF)
        customer = builders.customer(session, world.ours_id)
        return str(builders.contract(session, world.ours_id, customer, tariff, annex=True))


def subscribed(world: World, contract: str, **fields: Any) -> dict[str, Any]:
    """300.00 once and 30.00 a month from 1 January 2026, unless said otherwise."""
    wish = {"contract_id": contract, "title": APP, "starts_on": "2026-01-01", "price": {"amount": "30.00"}}
    answer = world.ours.post("/v1/subscriptions", wish | {"once_amount": euro("300.00")} | fields)
    assert answer.status_code == 201, answer.get_json()
    found: dict[str, Any] = answer.get_json()
    assert answer.headers["Location"] == f"/v1/subscriptions/{found['id']}"
    return found


def release(world: World, contract: str, until: str) -> str:
    """What the worker does with a run, for one contract."""
    with world.database.write() as session:
        scope = builders.scope(session, world.ours_id)
        return release_contract(scope, load_issuer(scope), UUID(contract), date.fromisoformat(until))


def test_300_once_and_30_a_month_from_agreement_to_correction(world: World, contract: str) -> None:
    made = subscribed(world, contract)
    path = f"/v1/subscriptions/{made['id']}"
    assert (made["state"], made["next_due"], made["billed_until"]) == ("active", "2026-01-01", None)
    assert [due["amount"]["amount"] for due in made["upcoming"][:3]] == ["300.00", "30.00", "30.00"]
    year = world.ours.get(f"{path}/upcoming?until=2026-12-31&language=en").get_json()
    assert year["total"] == euro("660.00")
    assert year["upcoming"][1]["sentences"] == [
        "Period from 1 January 2026 to 31 January 2026, both included.",
        "€30.00 per month.",
    ]
    preview = world.ours.post("/v1/billing-runs/preview", {"until": "2026-03-31"}).get_json()
    assert preview["drafts"][0]["net"] == euro("390.00")

    assert release(world, contract, "2026-03-31") == "invoice"
    found = world.ours.get(path).get_json()
    assert [(one["part"], one["amount"], one["state"]) for one in found["billed"][:2]] == [
        ("once", euro("300.00"), "released"),
        ("periodic", euro("30.00"), "released"),
    ]
    assert (found["billed_until"], found["next_due"]) == ("2026-03-31", "2026-04-01")
    ended = world.ours.post(f"{path}/end", {"ends_on": "2026-03-15"}).get_json()
    assert ended["billed"][-1] | {"charge_id": "…"} == {
        "part": "periodic",
        "first_day": "2026-03-01",
        "last_day": "2026-03-15",
        "correction": True,
        "date": "2026-03-01",
        "amount": euro("-15.48"),
        "charge_id": "…",
        "state": "open",
        "invoice_id": None,
    }
    charge = world.ours.get(f"/v1/charges/{ended['billed'][-1]['charge_id']}?language=nl").get_json()
    assert charge["sentences"][-1] == "In rekening gebracht was €\xa030,00; het wordt €\xa014,52."
    assert (ended["upcoming"], ended["next_due"]) == ([], None)


def test_a_price_an_indexation_a_quantity_and_other_texts(world: World, contract: str) -> None:
    care = {"percentage": "15", "investment": euro("12000.00")}
    made = subscribed(world, contract, once_amount=None, price=care, label="care", anchor="start")
    path = f"/v1/subscriptions/{made['id']}"
    assert (made["price"]["a_year"], made["upcoming"][0]["amount"]) == (euro("1800.00"), euro("150.00"))
    indexed = world.ours.post(f"{path}/terms", {"valid_from": "2026-03-01", "index": "2", "quantity": "2"})
    assert indexed.get_json()["upcoming"][2]["amount"] == euro("306.00")
    again = world.ours.post(f"{path}/terms", {"valid_from": "2026-03-01", "index": "2"})
    problem(again, 409, "already_indexed")
    changed = world.ours.patch(path, {"title": APP | {"nl": "Onderhoud"}, "revenue_group": "care"}).get_json()
    assert (changed["title"], changed["revenue_group"]) == (APP | {"nl": "Onderhoud"}, "care")
    assert [term["kind"] for term in changed["terms"]] == ["percentage", "index", "quantity"]
    listed = world.ours.get(f"/v1/subscriptions?label=care&contract_id={contract}&due_until=2026-01-01").get_json()
    assert [one["id"] for one in listed["items"]] == [made["id"]]
    assert world.theirs.get("/v1/subscriptions").get_json()["items"] == []


def test_many_are_indexed_after_a_look(world: World, contract: str) -> None:
    subscribed(world, contract)
    subscribed(world, contract, title={"nl": "Anders", "en": "Other"})
    wish = {"valid_from": "2027-01-01", "percentage": "2.5", "title": "Financial app"}
    seen = world.ours.post("/v1/subscriptions/index-preview", wish).get_json()
    assert (seen["indexed"], seen["subscriptions"][0]["before"], seen["subscriptions"][0]["after"]) == (
        1,
        "30.00",
        "30.75",
    )
    assert world.ours.post("/v1/subscriptions/index", wish).get_json() == seen
    assert world.ours.post("/v1/subscriptions/index", wish).get_json()["skipped"] == 1
    everything = {"valid_from": "2028-01-01", "percentage": "-1", "contract_ids": [contract]}
    assert world.ours.post("/v1/subscriptions/index", everything).get_json()["indexed"] == 2
    problem(world.ours.post("/v1/subscriptions/index", wish | {"percentage": "-100"}), 422, "invalid_input")


def test_cancelled_before_it_begins_and_refused_afterwards(world: World, contract: str) -> None:
    to_come = subscribed(world, contract, starts_on="2026-06-01")
    assert to_come["state"] == "to_begin"
    answer = world.ours.post(f"/v1/subscriptions/{to_come['id']}/cancel", {"reason": "Toch niet"}).get_json()
    assert (answer["state"], answer["upcoming"]) == ("cancelled", [])
    problem(world.ours.post(f"/v1/subscriptions/{to_come['id']}/end", {"ends_on": None}), 409, "subscription_cancelled")
    begun = subscribed(world, contract)
    problem(world.ours.post(f"/v1/subscriptions/{begun['id']}/cancel", {"reason": "x"}), 409, "subscription_began")


@pytest.mark.parametrize(
    ("wish", "code", "pointer"),
    [
        ({"price": {"amount": "1.00", "per_mille": "1"}}, "invalid_input", "/amount"),
        ({"starts_on": "2013-01-01"}, "invalid_input", "/starts_on"),
        ({"price": {"amount": "-1.00"}}, "invalid_input", "/price/amount"),
        (
            {"quantity": "999999.9999", "price": {"percentage": "999", "investment": euro("999999999999.00")}},
            None,
            None,
        ),
    ],
)
def test_what_cannot_be_right_is_refused(
    world: World, contract: str, wish: dict[str, Any], code: str | None, pointer: str | None
) -> None:
    whole = {"contract_id": contract, "title": APP, "starts_on": "2026-01-01", "price": {"amount": "30.00"}} | wish
    answer = world.ours.post("/v1/subscriptions", whole)
    found = problem(answer, 422, code or "invalid_amount")
    assert pointer is None or [error["pointer"] for error in found["errors"]] == [pointer]
    assert world.ours.get("/v1/subscriptions").get_json()["items"] == []
