"""Several processes that live and end together, and the port that one of them needs."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import FrameType

from billing_service.errors import Conflict

PATIENCE_SECONDS = 25
"""How long a process gets to end by itself; the web server lets requests finish for 20."""
_LOOK_EVERY = 0.1
_PR_SET_PDEATHSIG = 1


def refuse_taken_port(host: str, port: int) -> None:
    """Raises ``Conflict`` when nothing can listen there, saying why and what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise Conflict(_why(error, host, port), code="port_taken") from None


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on {host} is taken by another program. Stop that program, or choose another port,"
            f" for instance: BILLING_PORT={port + 1 if port < 65535 else 8000} make run"
        )
    return f"Nothing can listen on port {port} of {host}: {error.strerror or error}."


def run_together(
    commands: Sequence[str], environment: Mapping[str, str], when_ready: Callable[[], None], address: tuple[str, int]
) -> int:
    """Run these commands of ours as processes until SIGINT or SIGTERM, or until one of them ends; then end them all.

    Calls ``when_ready`` once something listens on ``address``. Returns the exit code: 0 when asked to stop.
    """
    asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    children = {name: _start(name, environment) for name in commands}
    ready = False
    try:
        while not asked.wait(_LOOK_EVERY):
            ended = [name for name, child in children.items() if child.poll() is not None]
            if ended:
                print(f"billing {ended[0]} has ended, so everything ends.", file=sys.stderr)
                return 1
            if not ready and _listens(address):
                ready = True
                when_ready()
        return 0
    finally:
        _end(children.values())
        for number, handler in before.items():
            signal.signal(number, handler)


def _start(name: str, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C then reaches us alone, and each process is asked to stop exactly once.
    return subprocess.Popen(  # noqa: S603 our own program
        [sys.executable, "-m", "billing_service", name],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=END_WITH_PARENT,
    )


def _end_with_parent() -> None:
    """Even a parent that is killed takes its children along (Linux only)."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


END_WITH_PARENT = _end_with_parent if sys.platform == "linux" else None
"""What a process of ours calls when it begins."""


def _listens(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=1).close()
    except OSError:
        return False
    return True


def _end(children: Iterable[subprocess.Popen[bytes]]) -> None:
    running = list(children)
    for child in running:
        if child.poll() is None:
            child.terminate()
    for child in running:
        try:
            child.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
