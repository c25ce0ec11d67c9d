"""Turning pages: every row once, in order, whatever happens in between; a cursor fits one list only."""

from __future__ import annotations

from itertools import chain
from typing import Any

import pytest

from tests import builders
from tests.api.client import World, problem


@pytest.fixture
def fifty(world: World) -> World:
    with world.database.write() as session:
        for number in range(50):
            group = "even" if number % 2 == 0 else "odd"
            builders.customer(session, world.ours_id, f"{number:03d}", customer_group=group)
        builders.customer(session, world.theirs_id, "000")
    return world


def turn(world: World, path: str, **query: Any) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        found = world.ours.get(path, query_string=query | ({"cursor": cursor} if cursor else {})).get_json()
        pages.append([item["number"] for item in found["items"]])
        cursor = found["next_cursor"]
        if cursor is None:
            return pages


def test_every_customer_is_shown_once_and_in_order(fifty: World) -> None:
    pages = turn(fifty, "/v1/customers", limit=7)
    assert [len(page) for page in pages] == [7] * 7 + [1]
    assert list(chain(*pages)) == [f"{number:03d}" for number in range(50)]


def test_a_last_page_that_is_just_full_says_that_it_is_the_last(fifty: World) -> None:
    assert [len(page) for page in turn(fifty, "/v1/customers", limit=25)] == [25, 25]


def test_filters_hold_on_every_page(fifty: World) -> None:
    pages = turn(fifty, "/v1/customers", limit=10, customer_group="odd")
    assert list(chain(*pages)) == [f"{number:03d}" for number in range(1, 50, 2)]


def test_what_is_added_meanwhile_comes_at_the_end(fifty: World) -> None:
    first = fifty.ours.get("/v1/customers?limit=49").get_json()
    with fifty.database.write() as session:
        builders.customer(session, fifty.ours_id, "new")
    rest = fifty.ours.get("/v1/customers", query_string={"cursor": first["next_cursor"]}).get_json()
    assert [item["number"] for item in rest["items"]] == ["049", "new"]


def test_a_cursor_belongs_to_its_list_and_filters(fifty: World) -> None:
    cursor = fifty.ours.get("/v1/customers?limit=5").get_json()["next_cursor"]
    assert fifty.ours.get("/v1/customers", query_string={"cursor": cursor, "limit": 9}).status_code == 200
    tampered = ("B" if cursor[0] == "A" else "A") + cursor[1:]
    for path, query in (
        ("/v1/customers", {"cursor": cursor, "customer_group": "odd"}),
        ("/v1/organisations", {"cursor": cursor}),
        ("/v1/customers", {"cursor": tampered}),
        ("/v1/customers", {"cursor": "A" * 32}),
    ):
        problem(fifty.ours.get(path, query_string=query), 422, "unknown_cursor")
