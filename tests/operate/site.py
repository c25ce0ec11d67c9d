"""A site of real processes on one database: web servers and workers, killed and started again, and a client that goes
on trying, as every client should."""

from __future__ import annotations

import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from sqlalchemy import make_url

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120.0
"""Seconds after which something that must come did not; only a failing test waits so long."""

T = TypeVar("T")


def until(look: Callable[[], T | None], what: str) -> T:
    """What ``look`` gives once it gives something true."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        threading.Event().wait(0.02)
    raise AssertionError(f"this never came: {what}")


@dataclass(slots=True)
class Process:
    """One ``billing`` command with children of its own; ``kill`` leaves none of them the time for a last word."""

    name: str
    words: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.running = subprocess.Popen(
                [sys.executable, "-m", "billing_service", *self.words],
                cwd=self.log.parent,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal that does not end it."""
        assert self.running is not None
        os.killpg(self.running.pid, number)

    def kill(self) -> None:
        self._signal(signal.SIGKILL)

    def stop(self) -> None:
        self._signal(signal.SIGTERM)

    def _signal(self, number: signal.Signals) -> None:
        assert self.running is not None
        if self.running.poll() is None:
            os.killpg(self.running.pid, number)
            self.running.wait(30)


@dataclass(slots=True)
class Site:
    """``webs`` and ``workers`` on the database at ``url``. Each process names itself to PostgreSQL."""

    url: str
    folder: Path
    settings: dict[str, str]
    webs: dict[int, Process] = field(default_factory=dict)
    workers: dict[str, Process] = field(default_factory=dict)

    def add_web(self) -> int:
        """Start a web server; its port, once it answers."""
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port: int = probe.getsockname()[1]
        self.webs[port] = self._started(f"web-{port}", "serve", BILLING_PORT=str(port))
        self.wait_for_web(port)
        return port

    def wait_for_web(self, port: int) -> None:
        until(lambda: ask_once(port, "GET", "/livez")[0] == 200, f"the web server on port {port}")

    def add_worker(self) -> str:
        name = f"worker-{len(self.workers)}"
        self.workers[name] = self._started(name, "worker")
        return name

    def _started(self, name: str, *words: str, **settings: str) -> Process:
        url = make_url(self.url)
        if url.get_backend_name() == "postgresql":
            url = url.update_query_dict({"application_name": name})
        environment = {
            "PATH": "",
            "PYTHONPATH": str(ROOT),
            "BILLING_DATABASE_URL": url.render_as_string(hide_password=False),
            "BILLING_LOG_FORMAT": "json",
            **self.settings,
            **settings,
        }
        made = Process(name, words, environment, self.folder / f"{name}.log")
        made.start()
        return made

    def client(self, key: str) -> Client:
        return Client(list(self.webs), key)

    @property
    def logged(self) -> str:
        """All that all processes said."""
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def events(self, event: str) -> list[dict[str, Any]]:
        lines = (json.loads(line) for line in self.logged.splitlines() if line.startswith("{"))
        return [line for line in lines if line.get("event") == event]

    def end(self) -> None:
        for process in (*self.webs.values(), *self.workers.values()):
            process.stop()


@contextmanager
def site(url: str, folder: Path, **settings: str) -> Iterator[Site]:
    """A site that is gone afterwards, whatever happened."""
    folder.mkdir()
    made = Site(url, folder, settings)
    try:
        yield made
    finally:
        for process in (*made.webs.values(), *made.workers.values()):
            process.kill()


Answer = tuple[int, dict[str, str], bytes]
NO_ANSWER: Answer = (0, {}, b"")


def ask_once(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
    """Status (0: none came), headers and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        return response.status, dict(response.headers), response.read()
    except (OSError, http.client.HTTPException):
        return NO_ANSWER
    finally:
        connection.close()


@dataclass(slots=True)
class Client:
    """Sends a request to one web server after the other, under the same Idempotency-Key, until one has an answer."""

    ports: list[int]
    key: str
    _turn: Iterator[int] = field(default_factory=itertools.count)

    def send(
        self, method: str, path: str, body: Any = None, kind: str = "application/json", request_id: str | None = None
    ) -> Answer:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.key}", "Idempotency_Key": uuid4().hex}
        if data is not None:
            headers["Content_Type"] = kind
        if request_id is not None:
            headers["X_Request_Id"] = request_id

        def answered() -> Answer | None:
            found = ask_once(self.ports[next(self._turn) % len(self.ports)], method, path, data, **headers)
            return None if found[0] in (0, 409, 503) else found

        return until(answered, f"an answer to {method} {path}")

    def get(self, path: str) -> Any:
        status, _, content = self.send("GET", path)
        assert status == 200, content
        return json.loads(content)

    def post(self, path: str, body: Any, **options: Any) -> Any:
        status, _, content = self.send("POST", path, body, **options)
        assert 200 <= status < 300, content
        return json.loads(content)

    def finished(self, job: dict[str, Any]) -> dict[str, Any]:
        """The job, once it has ended."""
        path = f"/v1/jobs/{job['id']}"
        return until(
            lambda: found if (found := self.get(path))["state"] in ("done", "needs_attention") else None,
            f"the end of the job {job['kind']}",
        )
