"""A small TCP proxy in front of the package that breaks one connection after the other, on real sockets."""

from __future__ import annotations

import contextlib
import http.client
import re
import select
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

DRIP_SECONDS: Final = 0.05


class Break(StrEnum):
    """How a question, or the answer to it, is broken."""

    RESET = "reset before the package gets it"
    RESET_AFTER = "reset instead of an answer"
    BLACK_HOLE = "swallowed, and the connection stays"
    SILENCE = "answered, but nothing comes back"
    DRIP = "a byte at a time"
    CUT = "cut in the middle of the answer"


ARRIVES: Final = frozenset(Break) - {Break.RESET, Break.BLACK_HOLE}
"""The package gets it, and does what it is asked."""


@dataclass
class Proxy:
    """``url`` leads to the package at ``port``. ``broken`` counts what was broken."""

    port: int
    broken: int = 0
    _socket: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    _next: tuple[str, Break] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def arm(self, line: str, how: Break) -> None:
        """Break the next question whose first line is like this (a regular expression)."""
        self._next = line, how

    def serve(self) -> None:
        """Until the socket is closed."""
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _talk(self, client: socket.socket) -> None:
        with client, client.makefile("rb") as reading, contextlib.suppress(OSError):
            while first := reading.readline().decode().strip():
                headers = http.client.parse_headers(reading)
                body = reading.read(int(headers.get("Content-Length", 0)))
                method, target, _ = first.split(" ")
                how = self._breaks(f"{method} {target.partition('?')[0]}")
                answer = self._answer(method, target, dict(headers.items()), body) if how in ARRIVES | {None} else b""
                if how is None:
                    client.sendall(answer)
                    continue
                _break(client, how, answer)
                return

    def _breaks(self, line: str) -> Break | None:
        if self._next is None or not re.fullmatch(self._next[0], line):
            return None
        (_, how), self._next = self._next, None
        self.broken += 1
        return how

    def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
        package = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(package):
            package.request(method, target, body, headers)
            response = package.getresponse()
            content = response.read()
            told = [f"HTTP/1.1 {response.status} {response.reason}"]
            told += [f"{name}: {value}" for name, value in response.getheaders()]
            return "\r\n".join([*told, "", ""]).encode() + content


def _break(client: socket.socket, how: Break, answer: bytes) -> None:
    if how in (Break.RESET, Break.RESET_AFTER):
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif how in (Break.BLACK_HOLE, Break.SILENCE):
        select.select([client], [], [], 60)  # until the other side has had enough
    elif how is Break.CUT:
        client.sendall(answer[: len(answer) - 20])
    else:
        for at in range(len(answer)):
            client.sendall(answer[at : at + 1])
            if select.select([client], [], [], DRIP_SECONDS)[0]:
                return


@contextmanager
def proxy(port: int) -> Iterator[Proxy]:
    """A proxy to the package at this port, until the end."""
    made = Proxy(port)
    thread = threading.Thread(target=made.serve)
    thread.start()
    try:
        yield made
    finally:
        made.close()
        thread.join()
