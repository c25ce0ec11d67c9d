"""Every row of the benchmark still runs, so that it cannot rot. No speed is asserted here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.__main__ import main
from bench.rows import ROWS

DRIVEN_ON_POSTGRESQL = ("issuing", "intake", "question")
"""Rows whose floor speaks to each database in its own way."""


@pytest.mark.parametrize("row", ROWS)
def test_a_row_is_measured_on_sqlite(row: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured = _run(tmp_path, row, "--database", "sqlite")
    table = capsys.readouterr().out
    assert all(line["measured"] > 0 and line["work"] in table for line in measured)


@pytest.mark.parametrize("row", DRIVEN_ON_POSTGRESQL)
def test_a_row_is_measured_on_postgresql(row: str, tmp_path: Path, postgresql_url: str) -> None:
    measured = _run(tmp_path, row, "--database", "postgresql", "--postgresql", postgresql_url)
    assert all(line["measured"] > 0 for line in measured)


def test_an_unknown_row_is_refused_with_the_rows_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["speling"])
    assert "no such row: speling; there are issuing, " in capsys.readouterr().err


def _run(folder: Path, *arguments: str) -> list[dict[str, float | str]]:
    """The rows that a run of the smallest size writes as JSON; each has a floor or a goal to be held against."""
    main([*arguments, "--quick", "--json", str(folder / "rows.json")])
    rows: list[dict[str, float | str]] = json.loads((folder / "rows.json").read_text(encoding="utf-8"))["rows"]
    assert rows
    return rows
