"""Tariffs over HTTP: drafts change freely, a published version never does."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from tests import builders, helpdesk
from tests.api.client import World, problem


@pytest.fixture
def tariff(world: World) -> str:
    """The address of a tariff without versions."""
    return world.ours.post("/v1/tariffs", {"code": "helpdesk", "name": "Helpdesk"}).headers["Location"]


def draft(world: World, tariff: str, document: Any = None, valid_from: str = "2026-01-01") -> str:
    body = {"valid_from": valid_from, "document": document or helpdesk.TARIFF}
    made = world.ours.post(f"{tariff}/versions", body)
    assert made.status_code == 201, made.get_data(as_text=True)
    return made.headers["Location"]


def test_a_draft_is_published_once_and_then_never_changes(world: World, tariff: str) -> None:
    version = draft(world, tariff)
    assert world.ours.get(version).get_json()["problems"] == []
    published = world.ours.post(f"{version}/publish").get_json()
    assert (published["state"], published["number"]) == ("published", 1)
    problem(world.ours.post(f"{version}/publish"), 409, "already_published")
    problem(world.ours.patch(version, {"valid_from": "2027-01-01"}), 409, "already_published")
    assert world.ours.get(version).get_json()["document"] == helpdesk.TARIFF


def test_an_unfinished_draft_is_kept_and_says_what_it_lacks(world: World, tariff: str) -> None:
    unfinished = deepcopy(helpdesk.TARIFF)
    unfinished["rules"][3]["price"]["amount"] = 25.0
    del unfinished["rules"][4]["price"]["table"]
    version = draft(world, tariff, unfinished)
    said = {found["pointer"] for found in world.ours.get(version).get_json()["problems"]}
    assert said == {"/rules/3/price/amount", "/rules/4/price/table"}
    refused = problem(world.ours.post(f"{version}/publish"), 422, "invalid_tariff")
    assert {error["pointer"] for error in refused["errors"]} == said
    assert world.ours.patch(version, {"document": helpdesk.TARIFF}).get_json()["problems"] == []
    assert world.ours.post(f"{version}/publish").status_code == 200


def test_two_versions_cannot_begin_on_one_day(world: World, tariff: str) -> None:
    world.ours.post(f"{draft(world, tariff)}/publish")
    second = draft(world, tariff)
    refused = problem(world.ours.post(f"{second}/publish"), 409, "tariff_date_taken")
    assert refused["errors"][0]["pointer"] == "/valid_from"
    world.ours.patch(second, {"valid_from": "2026-02-01"})
    assert world.ours.post(f"{second}/publish").status_code == 200
    versions = world.ours.get(f"{tariff}/versions").get_json()["items"]
    assert [(one["number"], one["valid_from"], one["state"]) for one in versions] == [
        (1, "2026-01-01", "published"),
        (2, "2026-02-01", "published"),
    ]


def test_publishing_decides_the_questions_of_its_period_again(world: World, tariff: str) -> None:
    world.ours.post(f"{draft(world, tariff, valid_from='2026-01-01')}/publish")
    tariff_id = UUID(world.ours.get(tariff).get_json()["id"])
    with world.database.write() as session:
        customer, zwolle = (make(session, world.ours_id) for make in (builders.customer, builders.organisation))
        builders.person(session, world.ours_id, "anna")
        builders.contract(
            session, world.ours_id, customer, tariff_id, organisations=(zwolle,), valid_from=date(2026, 1, 1)
        )
    question = world.ours.post("/v1/questions", helpdesk.QUESTION).get_json()
    decision = f"/v1/questions/{question['id']}/decision"
    assert world.ours.get(decision).get_json()["amount"]["amount"] == "25.00"
    dearer = deepcopy(helpdesk.TARIFF)
    dearer["rules"][3]["price"]["amount"] = "30.00"
    world.ours.post(f"{draft(world, tariff, dearer, '2026-03-02')}/publish")
    assert world.ours.get(decision).get_json()["amount"]["amount"] == "30.00"


def test_a_version_belongs_to_its_tariff(world: World, tariff: str) -> None:
    version = draft(world, tariff)
    other = world.ours.post("/v1/tariffs", {"code": "other", "name": "Other"}).headers["Location"]
    problem(world.ours.get(f"{other}/versions/{version.rsplit('/', 1)[1]}"), 404, "not_found")


def test_publishing_needs_a_scope_of_its_own(world: World, tariff: str) -> None:
    version = draft(world, tariff)
    problem(world.caller("tariffs:write").post(f"{version}/publish"), 403, "not_allowed")


def test_codes_are_unique(world: World, tariff: str) -> None:
    problem(world.ours.post("/v1/tariffs", {"code": "helpdesk", "name": "X"}), 409, "already_exists")
    other = world.ours.post("/v1/tariffs", {"code": "other", "name": "Other"}).headers["Location"]
    problem(world.ours.patch(other, {"code": "helpdesk"}), 409, "already_exists")
    assert world.ours.patch(other, {"name": "Others"}).get_json()["name"] == "Others"
    assert len(world.ours.get("/v1/tariffs?code=other").get_json()["items"]) == 1
