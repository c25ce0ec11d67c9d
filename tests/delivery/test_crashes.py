"""Exactly once, whatever point a worker is killed at: every point, pairs of points, trouble on the wire; and faults of
the kind that this must catch.

``python -m tests.delivery.enumerate --runs 5000`` does thousands.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from billing_service.delivery import documents
from billing_service.delivery.push import Push
from billing_service.delivery.steps import Move
from connectors.fake.connector import FakeConnector
from tests.delivery.crashing import CALL_SECONDS, Plan, Stage
from tests.delivery.enumerate import enumerated, stage_of
from tests.delivery.exploring import explore
from tests.delivery.stock import CLASSES, PostgresCopies, copy_on_postgresql, stock_of

SEED = "exactly once"


@pytest.mark.parametrize("name", CLASSES)
def test_killed_anywhere_it_arrives_once_or_somebody_is_told(name: str, tmp_path: Path) -> None:
    stage = stage_of(tmp_path, name)
    try:
        tally = enumerated(stage, SEED, kills=290, chances=12)
    finally:
        stage.delivering.database.close()
    assert tally.broken == []
    assert tally.runs >= 300, tally


def test_killed_on_postgresql_it_arrives_once_too(postgresql_url: str) -> None:
    with copy_on_postgresql(postgresql_url) as database:
        stage = Stage(stock_of(database, "searchable"), PostgresCopies(database))
        points = stage.points("credit")
        plans = [Plan("credit", (point,)) for point in range(2, points, 4)]
        plans += [Plan("credit", (point, point)) for point in range(4, points, 16)]
        plans += [Plan("credit", freeze=(call, 100.0)) for call in (1, 2, 4)]
        assert [one for plan in plans for one in stage.run(plan)] == []


# --- faults that it must catch --------------------------------------------------------------------------------------


def never_looks(plant: pytest.MonkeyPatch) -> None:
    """What may stand there already is created without a look."""
    _moves(plant, lambda move: Move.CREATE if move is Move.LOOK else move)


def does_not_wait(plant: pytest.MonkeyPatch) -> None:
    """It looks at once, while what was on its way may still arrive."""
    plant.setattr(
        documents,
        "next_move",
        lambda progress, *given, _plain=documents.next_move, **named: _plain(
            replace(progress, look_after=None), *given, **named
        ),
    )


def another_key(plant: pytest.MonkeyPatch) -> None:
    """Each attempt goes under a key of its own."""
    plain = FakeConnector._key
    plant.setattr(FakeConnector, "_key", lambda self, key, step: plain(self, uuid4().hex, step))


def writes_nothing_down(plant: pytest.MonkeyPatch) -> None:
    """Nothing is stored before a call, so that the next worker knows of no attempt."""
    plant.setattr(Push, "begin", lambda self, step, digest=None: None)


def does_not_come_back(plant: pytest.MonkeyPatch) -> None:
    """What waits is forgotten."""
    plain = Push.later

    def later(self: Push, *given: Any) -> timedelta | None:
        plain(self, *given)
        return None

    plant.setattr(Push, "later", later)


def _moves(plant: pytest.MonkeyPatch, other: Callable[[Move], Move]) -> None:
    plain = documents.next_move
    plant.setattr(documents, "next_move", lambda *given, **named: other(plain(*given, **named)))


@pytest.mark.parametrize(
    ("fault", "name", "told"),
    [
        (never_looks, "searchable", "duplicate"),
        (does_not_wait, "late", "duplicate"),
        (does_not_wait, "lagging", "duplicate"),
        (another_key, "only_keys", "duplicate"),
        (writes_nothing_down, "searchable", "duplicate"),
        (writes_nothing_down, "unsearchable", "duplicate"),
        (does_not_come_back, "searchable", "lost"),
    ],
)
def test_a_fault_is_caught(
    fault: Callable[[pytest.MonkeyPatch], None], name: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage = stage_of(tmp_path, name)
    fault(monkeypatch)
    try:
        broken = [one for found in explore(stage, "invoice", 1, CALL_SECONDS + stage.late) for one in found.broken]
    finally:
        stage.delivering.database.close()
    assert any(told in one for one in broken), broken
