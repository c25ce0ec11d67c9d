"""``billing import-questions`` as a person types it: a process of its own, its words and its exit code."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from billing_service.store.session import Database
from tests.helpdesk import open_helpdesk

MAPPING = """
source = "desk"
[dates]
time_zone = "Europe/Amsterdam"
[fields]
external_id = "nr"
subject = "vraag"
category = "soort"
organisation = "locatie"
opened_at = "open"
closed_at = "dicht"
"""
GOOD = "1,Eén vraag,import,zwolle,2026-03-02 09:00,2026-03-02 10:00"
NEW = "2,Nog een,import,kampen,2026-03-02 09:00,2026-03-02 10:00"
BAD = "3,Andersom,import,zwolle,2026-03-02 10:00,2026-03-02 09:00"

_COMMAND = (sys.executable, "-m", "billing_service", "import-questions")

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def run(database: Database, tmp_path: Path) -> Run:
    open_helpdesk(database)
    (tmp_path / "mapping.toml").write_text(MAPPING, encoding="utf-8")
    environment = {
        **os.environ,
        "BILLING_DATABASE_URL": database.url,
        "BILLING_DATA_DIR": str(tmp_path),
        "PYTHONPATH": str(Path(__file__).parents[1]),
    }

    def typed(*lines: str, encoding: str = "utf-8", options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        content = "\n".join(["nr,vraag,soort,locatie,open,dicht", *lines])
        (tmp_path / "vragen.csv").write_text(content, encoding=encoding)
        return subprocess.run(
            [*_COMMAND, "vragen.csv", "--mapping", "mapping.toml", *options],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return typed


def test_a_clean_file_is_taken_with_code_0_and_again_changes_nothing(run: Run, database: Database) -> None:
    first = run(GOOD, NEW, options=("--create-missing",))
    assert (first.returncode, first.stdout) == (0, "2 taken, 0 changed, 0 known, 0 refused.\n"), first.stderr
    assert run(GOOD, NEW).stdout == "0 taken, 0 changed, 2 known, 0 refused.\n"


def test_bad_rows_are_named_with_code_1_and_the_good_ones_taken(run: Run) -> None:
    done = run(GOOD, NEW, BAD)
    assert (done.returncode, done.stdout) == (1, "1 taken, 0 changed, 0 known, 2 refused.\n")
    assert "line 3: /organisation there is no organisation 'kampen'" in done.stderr
    assert "line 4: /closed_at lies before opened_at" in done.stderr


def test_a_file_of_which_nothing_can_be_read_ends_with_code_2(run: Run) -> None:
    assert run(BAD).returncode == 2
    wrong = run(GOOD, encoding="cp1252")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith("Line 2 is not UTF-8")
    assert run(GOOD, encoding="cp1252", options=("--encoding", "windows-1252")).returncode == 0
