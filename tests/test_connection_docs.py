"""docs/connections.md: its example does what it says, with the fake as a process of its own."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from billing_service import cli
from billing_service.connections.connecting import OF_CONNECTIONS
from billing_service.connections.mapping import KINDS
from billing_service.store.session import Database
from tests import builders
from tests.sessions import block, page
from tests.test_cli import fresh_program, own_folder  # noqa: F401 - a fixture for every test
from tests.test_make_run import ROOT, free_port

PAGE = "docs/connections.md"


def test_every_finding_and_every_kind_of_mapping_is_explained() -> None:
    text = page(PAGE)
    assert [code for code in (*OF_CONNECTIONS, *KINDS) if f"`{code}`" not in text] == []


@pytest.fixture
def port(tmp_path: Path) -> Iterator[str]:
    """The fake, started as the page says but on a free port."""
    words = shlex.split(block(PAGE, "fake"))
    given = dict(word.split("=", 1) for word in words if word.startswith("FAKE_"))
    command = [free if free != "8099" else str(free_port()) for free in words[len(given) :]]
    assert command[0] == "python"
    fake = subprocess.Popen(
        [sys.executable, *command[1:]],
        cwd=tmp_path,
        env=os.environ | given | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert fake.stdout is not None
        assert command[-1] in fake.stdout.readline()
        yield command[-1]
    finally:
        fake.terminate()
        fake.wait(10)


def test_the_example_connects_the_fake(
    port: str, sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BILLING_DATABASE_URL", str(sqlite_database.engine.url))
    monkeypatch.setenv("BILLING_SECRET_KEYS", Fernet.generate_key().decode())
    with sqlite_database.write() as session:
        builders.administration(session)
    printed = ""
    for line in block(PAGE, "example").replace("\\\n", " ").replace("8099", port).splitlines():
        program, *words = shlex.split(line)
        if program != "billing":
            subprocess.run(["sh", "-c", line], check=True)
            continue
        done = CliRunner().invoke(cli.main, words, obj=fresh_program())
        assert done.exit_code == 0, line + done.output
        printed += done.output
    assert "These are the books of Voorbeeld Helpdesk B.V." in printed
    assert "Boekhouding is active: documents from 2026-01-01 on go to Voorbeeld Helpdesk B.V." in printed
    assert "a-key-of-the-package" not in printed
    assert not (tmp_path / "api-key").exists()
