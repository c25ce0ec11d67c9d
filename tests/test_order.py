"""What begins first exists, so that a renamed file does not silently begin last."""

from __future__ import annotations

from pathlib import Path

from tests.order import LONG

ROOT = Path(__file__).resolve().parents[1]


def test_every_file_that_begins_first_is_there() -> None:
    assert [path for path in LONG if not list(ROOT.glob(f"{path}*"))] == []
