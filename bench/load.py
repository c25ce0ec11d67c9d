"""Load over HTTP from a process of its own: ``python -m bench.load PORT CONNECTIONS < requests``.

Requests are raw bytes, prepared beforehand and cut at a marker line, so that this process costs little beside the
server it shares the machine with. Prints what happened as JSON.
"""

from __future__ import annotations

import json
import queue
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from statistics import quantiles
from typing import Any

_CUT = b"\n--next-request--\n"


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of requests came to. ``client_share`` is the part of one core that the client itself used."""

    per_second: float
    p50_milliseconds: float
    p99_milliseconds: float
    client_share: float
    statuses: Mapping[str, int]
    first_refusal: str


def request(
    method: str, path: str, body: Any = None, *, key: str | None = None, idempotency_key: str | None = None
) -> bytes:
    """One request as it goes over the wire."""
    content = b"" if body is None else json.dumps(body).encode()
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(content)}"]
    if content:
        head.append("Content-Type: application/json")
    if key:
        head.append(f"Authorization: Bearer {key}")
    if idempotency_key:
        head.append(f"Idempotency-Key: {idempotency_key}")
    return ("\r\n".join(head) + "\r\n\r\n").encode() + content


def send(port: int, requests: Iterable[bytes], *, connections: int = 8, expected: int) -> Load:
    """Send the requests over kept-alive connections. Raises RuntimeError where an answer had another status."""
    command = [sys.executable, "-m", "bench.load", str(port), str(connections)]
    done = subprocess.run(command, input=_CUT.join(requests), check=True, stdout=subprocess.PIPE)
    load = Load(**json.loads(done.stdout))
    if set(load.statuses) != {str(expected)}:
        raise RuntimeError(f"answers were {dict(load.statuses)}, not all {expected}: {load.first_refusal}")
    return load


class _Client:
    def __init__(self, port: int, requests: Iterable[bytes]) -> None:
        self._port = port
        self._waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        for one in requests:
            self._waiting.put(one)
        self.times: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.first_refusal = ""

    def work(self) -> None:
        connection = self._connect()
        while True:
            try:
                one = self._waiting.get_nowait()
            except queue.Empty:
                return
            start = time.perf_counter()
            connection.sendall(one)
            head, body = _answer(connection)
            self.times.append(time.perf_counter() - start)
            status = head[9:12].decode()
            self.statuses[status] += 1
            if not status.startswith("2") and not self.first_refusal:
                self.first_refusal = body.decode(errors="replace")[:500]
            if b"connection: close" in head.lower():
                connection = self._connect()

    def _connect(self) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self._port), timeout=60)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection


def _answer(connection: socket.socket) -> tuple[bytes, bytes]:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    _, _, after = head.lower().partition(b"content-length:")
    length = int(after.partition(b"\r\n")[0])
    while len(body) < length:
        body += _more(connection)
    return head, body


def _more(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server closed the connection")
    return data


def main() -> None:
    port, connections = int(sys.argv[1]), int(sys.argv[2])
    client = _Client(port, sys.stdin.buffer.read().split(_CUT))
    threads = [threading.Thread(target=client.work) for _ in range(connections)]
    start, processor = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds = time.perf_counter() - start
    cuts = quantiles(client.times, n=100) if len(client.times) > 1 else client.times * 99
    load = Load(
        per_second=len(client.times) / seconds,
        p50_milliseconds=cuts[49] * 1000,
        p99_milliseconds=cuts[98] * 1000,
        client_share=(time.process_time() - processor) / seconds,
        statuses=dict(client.statuses),
        first_refusal=client.first_refusal,
    )
    print(json.dumps(asdict(load)))


if __name__ == "__main__":
    main()
