"""``make run`` as a newcomer meets it: real processes, a real port, from nothing to a PDF and back to the shell.

Makefile and installation are tests/test_packaging.py's; this starts what the target starts.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import pytest

from tests.left_out import skip_left_out

ROOT = Path(__file__).resolve().parents[1]
UP = "The service is up"
DEADLINE = 180
"""Seconds after which a program that neither comes up nor ends is given up; nothing is concluded from less."""

IN_BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")
"""Starts a program as a script does that puts it in the background: with SIGINT ignored."""


@dataclass
class Running:
    process: subprocess.Popen[str]
    port: int
    lines: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)
    ended: bool = False

    @property
    def text(self) -> str:
        return "".join(self.lines)

    def read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line)
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, text: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: text in self.text or self.ended, DEADLINE), self.text
        assert text in self.text, self.text

    def get(self, path: str, key: str) -> bytes:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=DEADLINE)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        assert answer.status == 200, content
        return content


@contextmanager
def running(folder: Path, port: int, through: Sequence[str] = ()) -> Iterator[Running]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BILLING_")}
    process = subprocess.Popen(
        [*through, sys.executable, "-m", "billing_service", "run"],
        cwd=folder,
        env=environment | {"PYTHONPATH": str(ROOT), "BILLING_PORT": str(port), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    run = Running(process, port)
    reader = threading.Thread(target=run.read)
    reader.start()
    try:
        yield run
    finally:
        process.terminate()
        process.wait(DEADLINE)
        reader.join(DEADLINE)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[tuple[int, str]]:
    """Processes that ``pid`` started, with the last word of their command line."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(status.read_text().rpartition(")")[2].split()[1])
            command = (status.parent / "cmdline").read_text().rstrip("\0").split("\0")[-1]
        except (OSError, IndexError):
            continue
        if parent == pid:
            found.append((int(status.parent.name), command))
    return found


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("newcomer")


def test_from_nothing_to_a_pdf_and_back_to_the_shell(folder):
    if not Path("/proc/self/stat").exists():
        skip_left_out("billing run", "there is no /proc here to see processes in")
    with running(folder, free_port()) as first:
        first.wait_for("Ctrl-C stops everything.")
        pdfs = re.findall(r"^ *(data/demo/.*\.pdf)$", first.text, re.M)
        assert len(pdfs) == 7, first.text
        assert "Aansluiting" in pdfs.pop()
        assert "service-report" in pdfs.pop()
        assert re.search(r"\d{4}-00001 +416\.85 +0\.00 +paid", first.text), "paid there, settled here"
        assert "Differences: 0. Unexplained: 0.00." in first.text
        [key] = re.findall(r"API key +(bk_\S+)", first.text)
        assert f"http://127.0.0.1:{first.port}/docs" in first.text

        invoices = json.loads(first.get("/v1/invoices", key))["items"]
        numbers = sorted(invoice["number"].rpartition("-")[2] for invoice in invoices)
        assert numbers == ["00001", "00002", "00003", "00004", "00005"]
        served = first.get(f"/v1/invoices/{invoices[0]['id']}/pdf", key)
        assert served in [(folder / pdf).read_bytes() for pdf in pdfs]
        assert b"<" in first.get("/docs", key)
        [connection] = json.loads(first.get("/v1/connections", key))["items"]
        assert connection["state"] == "closed", "nothing calls a package that is gone"
        [made] = json.loads(first.get("/v1/reconciliations", key))["items"]
        assert (made["agrees"], made["documents_theirs"]) == (True, 5)

        processes = children(first.process.pid)
        assert sorted(command for _, command in processes) == ["serve", "worker"]
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(DEADLINE) == 0
    assert first.lines[-1].strip() == "Stopped."
    assert "Traceback" not in first.text
    assert not listens(first.port)
    assert not any(Path(f"/proc/{pid}").exists() for pid, _ in processes)

    # The second time nothing is done again, and it says how to get a key; a process that dies takes all along.
    with running(folder, free_port()) as second:
        second.wait_for("Ctrl-C stops everything.")
        assert "helpdesk" not in second.text
        assert "bk_" not in second.text
        [command] = re.findall(r"API key +(.* create-key)$", second.text, re.M)
        made = subprocess.run(
            command.split(), cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True
        )
        assert json.loads(second.get("/v1/invoices", made.stdout.strip()))["items"] == invoices
        [worker] = [pid for pid, name in children(second.process.pid) if name == "worker"]
        os.kill(worker, signal.SIGKILL)
        assert second.process.wait(DEADLINE) == 1
    assert "billing worker has ended, so everything ends." in second.text
    assert not listens(second.port)


def test_a_taken_port_is_a_sentence_before_anything_is_done(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with running(tmp_path, port) as refused:
            assert refused.process.wait(DEADLINE) == 1
    [sentence] = refused.lines
    assert sentence.startswith(f"Port {port} on 127.0.0.1 is taken by another program.")
    assert "BILLING_PORT=" in sentence
    assert list(tmp_path.iterdir()) == [], "nothing was made"


@pytest.mark.parametrize("through", [(), IN_BACKGROUND], ids=["terminal", "background"])
def test_an_interrupted_example_says_how_to_see_it_whole(tmp_path, through):
    with running(tmp_path, free_port(), through) as cut:
        cut.wait_for("agrees with its customers")
        cut.process.send_signal(signal.SIGINT)
        assert cut.process.wait(DEADLINE) == 1
    assert "The example was not finished. To see it whole, remove sqlite:///data/billing.sqlite3" in cut.text
    assert "Traceback" not in cut.text
