"""gunicorn around our service, and around the bare application under the same settings."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

WORKERS = 2
THREADS = 4
_START_SECONDS = 60


class NotStarted(RuntimeError):
    """The server did not answer; its output says why."""


@contextmanager
def our_service(database_url: str, *, workers: int = WORKERS) -> Iterator[Server]:
    """``billing serve`` on a port of its own, with a rate limit that a load test does not meet."""
    settings = {
        "BILLING_DATABASE_URL": database_url,
        "BILLING_WEB_WORKERS": str(workers),
        "BILLING_WEB_THREADS": str(THREADS),
        "BILLING_REQUESTS_PER_MINUTE": "1000000",
    }
    port = _free_port()
    with _running(
        [sys.executable, "-m", "billing_service", "serve"], settings | {"BILLING_PORT": str(port)}, port
    ) as server:
        yield server


@contextmanager
def bare_service(database_url: str, *, workers: int = WORKERS) -> Iterator[Server]:
    """The bare application under the same gunicorn settings."""
    port = _free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--workers", str(workers), "--threads", str(THREADS)]
    options += ["--worker-class", "gthread", "--preload", "--keep-alive", "15", "--log-level", "error"]
    options += ["--no-control-socket"]
    with _running(
        [sys.executable, "-m", "gunicorn", *options, "bench.bare:app"], {"BENCH_BARE_DATABASE": database_url}, port
    ) as server:
        yield server


class Server:
    """A running gunicorn: its port and its worker processes."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self._process = process
        self.port = port

    def workers(self) -> Sequence[int]:
        """Process ids of the workers."""
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text(encoding="ascii")
        return [int(child) for child in children.split()]

    def processor_seconds(self) -> float:
        """Time of the processor that the workers have used so far."""
        return sum(map(_processor_seconds, self.workers()))


def _processor_seconds(process: int) -> float:
    _, _, fields = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")
    user, system = fields.split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str], port: int) -> Iterator[Server]:
    with tempfile.TemporaryFile() as output:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BILLING_")}
        process = subprocess.Popen(command, env=kept | dict(environment), stdout=output, stderr=subprocess.STDOUT)
        try:
            if not _answers(process, port):
                output.seek(0)
                raise NotStarted(output.read().decode(errors="replace"))
            yield Server(process, port)
        finally:
            process.terminate()
            process.wait()


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/livez")
            return connection.getresponse().status < 500
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
