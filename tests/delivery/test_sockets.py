"""Whole deliveries over real sockets that break in every way: each document stands there once, or somebody is told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from billing_service.context import Context, the_network
from billing_service.store.session import Database
from tests.delivery.packages import FakeServer, fake_server
from tests.delivery.proxy import ARRIVES, Break, Proxy, proxy
from tests.delivery.world import Delivering

CALL_SECONDS = 1.0
"""A whole call: an answer at a byte every 0.05 s would take half a minute."""
STEPS = {
    "create": r"POST /v1/documents",
    "attach": r"POST /v1/documents/\d+/attachments",
    "book": r"POST /v1/documents/\d+/book",
    "read": r"GET /v1/documents/\d+",
}


@dataclass
class OverSockets(Delivering):
    """The world that delivers, over the network."""

    @property
    def context(self) -> Context:
        return replace(super().context, transport=the_network, call_seconds=CALL_SECONDS)


@pytest.fixture(params=["searchable", "unsearchable"])
def package(request: pytest.FixtureRequest) -> Iterator[tuple[str, FakeServer, Proxy]]:
    with fake_server(request.param) as server, proxy(urlsplit(server.url).port or 0) as between:
        yield request.param, server, between


def test_whatever_breaks_on_the_way(sqlite_database: Database, package: tuple[str, FakeServer, Proxy]) -> None:
    profile, server, between = package
    office = OverSockets.founded(sqlite_database, profile, base_url=between.url)
    office.invoice("known")
    office.settle()
    steps = STEPS if profile == "searchable" else {"create": STEPS["create"]}
    for name, line in steps.items():
        for how in Break:
            between.arm(line, how)
            before = between.broken
            issued = office.invoice("known")
            office.settle(step=timedelta(seconds=30))
            row = office.delivery(issued)
            there = [one for one in server.control.books()["documents"] if one["number"] == row.number]
            assert between.broken == before + 1, (name, how)
            judge(profile, row, there, f"{name}: {how}", arrives=how in ARRIVES)


def judge(profile: str, row: Any, there: list[dict[str, Any]], told: str, *, arrives: bool) -> None:
    if profile == "unsearchable":  # nobody but a person can tell
        assert (row.state, row.cause, len(there)) == ("needs_attention", "outcome_unclear", int(arrives)), told
        return
    assert (row.state, len(there)) == ("delivered", 1), (told, row.state, row.cause, row.detail)
    assert (there[0]["state"], there[0]["id"], len(there[0]["attachments"])) == ("booked", row.remote_id, 1), told
