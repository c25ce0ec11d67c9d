"""Replay of a tariff that draws: by the same code, from what was there, and nothing is moved."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

from billing_service.store.session import Database
from tests.helpdesk import MARCH, Helpdesk
from tests.invoicing.test_correct import invoice
from tests.prepaid.cards import TARIFF, allow, left, moved, open_desk, parts, sell, work
from tests.replay.test_replay import replayed


def differing(told: dict[str, Any]) -> tuple[str, int]:
    return told["compared"]["difference"], told["changed_after_release"]["questions"]


def a_month(database: Database) -> Helpdesk:
    """Two cards, free questions; one invoice of the first week, a late question, and what is not released yet."""
    desk = open_desk(database)
    sell(desk, 100, "UK-0001", valid_to=date(2026, 3, 15))
    sell(desk, 60, "UK-0002", valid_from=date(2026, 3, 10))
    allow(desk, 1)
    work(desk, "a", 80, closed="2026-03-03T10:00:00Z")
    work(desk, "b", 40, closed="2026-03-04T10:00:00Z")
    desk.receive(external_id="free", category="call", closed_at="2026-03-05T10:00:00Z")
    invoice(desk, date(2026, 3, 7))
    work(desk, "late", 30, closed="2026-03-02T12:00:00Z")
    work(desk, "c", ("2026-03-14", 50), closed="2026-03-14T10:00:00Z")
    work(desk, "d", ("2026-03-20", 45), closed="2026-03-20T10:00:00Z")
    desk.receive(external_id="dear", category="call", closed_at="2026-03-21T10:00:00Z")
    return desk


def test_the_very_same_tariff_differs_by_nothing(database: Database) -> None:
    desk = a_month(database)
    before = moved(desk)
    told = replayed(desk)
    assert differing(told) == ("0.00", 0)
    assert told["compared"]["questions"] == 7
    assert told["compared"]["new_amount"] == "152.50"  # 20 of b, 30 of late, 35 of d at 90.00, and a question
    assert moved(desk) == before


def test_where_fewer_questions_draw_the_others_find_more(database: Database) -> None:
    desk = a_month(database)
    document = deepcopy(TARIFF)
    document["rules"][0]["when"] = {"category": ["work"], "raw_minutes": {"to": 60}}
    document["rules"].insert(
        1, document["rules"][0] | {"code": "large", "when": {"category": ["work"]}, "disposition": "charge"}
    )
    document["rules"][1]["price"] = {"basis": "actual_time", "rate": "60.00"}
    del document["rules"][1]["draw_from"]
    told = replayed(desk, document)
    # a is charged 80.00; b, late and c draw all they need, of d 5 minutes are left to charge, and a question
    assert told["compared"]["new_amount"] == "112.50"
    assert parts(desk, "a") == [("draw", 80, "0.00")]


def test_a_tariff_that_does_not_draw_yet_is_held_against_one_that_does(database: Database) -> None:
    document = deepcopy(TARIFF)
    for rule in document["rules"]:
        if rule["disposition"] == "draw":
            rule["disposition"] = "charge"
            del rule["draw_from"]
    desk = open_desk(database, document)
    card = sell(desk, 60)
    work(desk, "a", 45)
    work(desk, "b", 45, closed="2026-03-04T10:00:00Z")
    told = replayed(desk, TARIFF, first=date(2026, 3, 1), last=MARCH)
    assert told["compared"]["difference"] == str(Decimal("45.00") - Decimal("135.00"))
    assert left(desk, card) == 60
