"""Starts and stops a real trytond for the tests, with books that are made once and copied (accounting-apis 12.1)."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final, Self

from tests.left_out import skip_left_out

HERE: Final = Path(__file__).resolve().parent
LOCK: Final = HERE.parents[1] / "requirements-tryton.lock"
DATABASE: Final = "billing"
USER: Final = "billing"
ADMIN: Final = "admin"
PASSWORD: Final = "canary7f3a9c-password"  # noqa: S105  (the canary of the stages: nothing may show it)


def environment() -> Path:
    """Where Tryton is installed; leaves the test out where it is not."""
    folder = Path(os.environ.get("BILLING_TEST_TRYTON", f"{sys.prefix}-tryton"))
    if not (folder / "bin" / "trytond").exists():
        skip_left_out(
            "Tryton", f"no trytond in {folder.name} beside the environment of the tests (make test installs it)"
        )
    return folder


def template() -> Path:
    """A database with the books of one company: made by the first who needs it, kept with Tryton's environment."""
    folder = environment()
    made_from = LOCK.read_bytes() + (HERE / "theirs" / "books.py").read_bytes() + PASSWORD.encode()
    path = folder / f"books-{hashlib.sha256(made_from).hexdigest()[:16]}.sqlite"
    with (folder / "books.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            _make(folder, path)
    return path


def _make(folder: Path, path: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        (work / f"{DATABASE}.sqlite").touch()
        (work / "password").write_text(PASSWORD)
        secrets = {"TRYTONPASSFILE": str(work / "password"), "TRYTON_BILLING_PASSWORD": PASSWORD}
        command = [folder / "bin" / "python", HERE / "theirs" / "books.py", config(work), DATABASE]
        streams = {"stdin": subprocess.DEVNULL, "capture_output": True}
        done = subprocess.run(command, env={**os.environ, **secrets}, text=True, check=False, **streams)
        assert done.returncode == 0, done.stderr
        copy(work / f"{DATABASE}.sqlite", path)


def config(folder: Path) -> Path:
    """trytond's configuration for databases in this folder."""
    path = folder / "trytond.conf"
    path.write_text(f"[database]\nuri = sqlite://\npath = {folder}\n")
    return path


def copy(source: Path, target: Path) -> None:
    """The whole database as it is, also into one that is in use: SQLite does it under its own locks."""
    draft = target if target.exists() else target.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(source)) as there, closing(sqlite3.connect(draft, timeout=30)) as here:
        there.backup(here)
    if draft != target:
        draft.rename(target)


class TrytonServer:
    """A running trytond with a database of its own; used with ``with``. ``reset`` puts the first books back."""

    def __enter__(self) -> Self:
        self._template = template()
        self._folder = tempfile.TemporaryDirectory()
        folder = Path(self._folder.name)
        self.file = folder / f"{DATABASE}.sqlite"
        shutil.copy(self._template, self.file)
        variables = {"TRYTOND_CONFIG": str(config(folder)), "TRYTOND_DATABASE_NAMES": DATABASE}
        self._log = (folder / "log").open("w+")
        self._process = subprocess.Popen(
            [environment() / "bin" / "python", HERE / "theirs" / "serve.py"],
            env={**os.environ, **variables, "TZ": "UTC"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        assert self._process.stdout is not None
        port = self._process.stdout.readline().strip()
        assert port, (folder / "log").read_text()
        self.url = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(20)
        for stream in (self._process.stdin, self._process.stdout, self._log):
            assert stream is not None
            stream.close()
        self._folder.cleanup()

    def reset(self) -> None:
        """The books as they were in the beginning; sessions are forgotten with the rest."""
        copy(self._template, self.file)

    def errors(self) -> str:
        """What the server logged."""
        self._log.flush()
        return Path(self._log.name).read_text()
