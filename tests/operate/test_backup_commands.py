"""A person makes a backup, looks at it and restores it from the command line; what went wrong is a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from billing_service import cli
from billing_service.app import PROGRAM
from billing_service.cli.program import Program
from billing_service.context import Context
from billing_service.store.session import Database
from billing_service.store.work import Job
from tests import builders
from tests.invoicing.world import World
from tests.operate.conftest import Elsewhere, kind_of

ROOT = Path(__file__).resolve().parents[2]


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
    assert "2 number series blocked. Nothing is issued until the last number really sent is confirmed" in done.stdout
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


PEAK = (
    "import sys; from billing_service import app, cli; cli.main(obj=app.PROGRAM, standalone_mode=False);"
    "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1])"
)


def peak_mebibytes(database: Database, *words: object) -> float:
    """The most memory that the command used, in a process of its own."""
    environment = {"PYTHONPATH": str(ROOT), "BILLING_DATABASE_URL": database.url, "PATH": ""}
    command = [sys.executable, "-c", PEAK, *map(str, words)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return int(done.stdout.splitlines()[-1]) / 1024


def test_memory_does_not_grow_with_what_is_backed_up_and_restored(
    database: Database, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    with database.write() as session:
        administration = builders.administration(session)
    used = []
    for many, name in ((1, "small"), (30, "large")):
        for _ in range(many):
            with database.write() as session:
                scope = builders.scope(session, administration)
                session.add(
                    Job(
                        administration_id=scope.administration_id,
                        kind="intake",
                        state="done",
                        payload=os.urandom(2 * 1024 * 1024),
                        created_at=builders.NOW,
                        finished_at=builders.NOW,
                    )
                )
        backed_up = peak_mebibytes(database, "backup", tmp_path / name)
        restored = peak_mebibytes(elsewhere(kind_of(database)), "restore", tmp_path / name)
        used.append((backed_up, restored))
    [(backup_small, restore_small), (backup_large, restore_large)] = used
    assert (tmp_path / "large").stat().st_size > 60 * 1024 * 1024
    assert backup_large - backup_small < 30
    assert restore_large - restore_small < 30
