"""A person makes a backup, looks at it and restores it from the command line; what went wrong is a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from billing_service import cli
from billing_service.app import PROGRAM
from billing_service.cli.program import Program
from billing_service.context import Context
from billing_service.store.session import Database
from tests import builders
from tests.invoicing.world import World
from tests.operate.conftest import Elsewhere, kind_of


def billing(database: Database, *words: object) -> Result:
    program = Program(lambda _: Context(database, lambda: builders.NOW), PROGRAM.web_app, PROGRAM.make_worker)
    return CliRunner().invoke(cli.main, [str(word) for word in words], obj=program)


def test_from_backup_to_the_next_number(
    database: Database, elsewhere: Elsewhere, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    world = World.founded(database)
    world.agree()
    world.charge()
    world.issue(world.release())

    made = billing(database, "backup", "monday")
    assert made.exit_code == 0, made.output
    assert "Keep it secret." in made.stdout
    assert f"series invoices of {world.administration_id}: last number 2026-00001" in made.stdout
    checked = billing(database, "check-backup", "monday")
    assert "monday is complete" in checked.stdout

    target = elsewhere(kind_of(database))
    done = billing(target, "restore", "monday")
    assert done.exit_code == 0, done.output
    assert "1 number series blocked. Nothing is issued until the last number really sent is confirmed" in done.stdout
    confirmed = billing(target, "confirm-last-number", "--series", "invoices", "2026-00003")
    assert confirmed.exit_code == 0, confirmed.output
    assert "2026-00002 to 2026-00003 were given after the backup" in confirmed.stdout
    after = World.rejoined(target, world)
    after.charge()
    after.issue(after.release())
    assert [row.number for row in after.invoices("issued")] == ["2026-00001", "2026-00004"]

    refused = billing(target, "restore", "monday")
    assert refused.exit_code == 1
    assert "not empty" in refused.stderr
    (tmp_path / "monday").write_bytes((tmp_path / "monday").read_bytes()[:-100])
    refused = billing(database, "check-backup", "monday")
    assert refused.exit_code == 1
    assert refused.stderr.startswith("This backup is damaged or incomplete")
