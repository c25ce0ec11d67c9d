"""A small HTTP server that can misbehave on the wire, and the same without sockets.

A handler takes a :class:`Request` and gives a :class:`Reply`. :class:`Server` puts it behind a real socket;
:class:`InMemory` is a transport of ``requests`` that calls it in the same process. :class:`Troubled` puts trouble
before or after a handler. The scripted servers of the other packages (tests/connectors/stages) stand on it too.
"""

from __future__ import annotations

import contextlib
import re
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from operator import itemgetter
from typing import Any, Final, Self
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from connectors.http import mark_sent


class Manner(StrEnum):
    """How a reply goes over the wire."""

    WHOLE = "whole"
    RESET = "reset"
    """The connection is reset without an answer."""
    SILENCE = "silence"
    """Nothing comes, and the connection stays (a black hole)."""
    DRIP = "drip"
    """A byte at a time, slowly enough that no single wait is long."""
    CUT = "cut"
    """Half of the body, then the end."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. ``headers`` are found whatever their capitals."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def line(self) -> str:
        """``POST /v1/documents``: what troubles are matched with."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered, and how."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = Manner.WHOLE


Handler = Callable[[Request], Reply]


def request_of(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
    """A request from what stands in its first line."""
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    return Request(method, parts.path, query, CaseInsensitiveDict(headers), body)


# --- trouble --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trouble:
    """What goes wrong at the next requests whose line matches ``when`` (a regular expression).

    ``applies`` says whether the request still takes effect; ``late`` that it does so only this many seconds afterwards.
    ``status`` replaces the answer; with ``body`` it may be anything; ``manner`` is how the answer goes over the wire.
    """

    when: str
    applies: bool = True
    late: float = 0
    status: int | None = None
    body: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = Manner.WHOLE
    times: int = 1


class Troubled:
    """A handler with trouble before or after it. ``clock`` gives seconds; what applies late is run once it is due.

    ``moment`` is when what is being run late was due, for a handler that notes when things happened.
    """

    def __init__(self, handler: Handler, clock: Callable[[], float]) -> None:
        self._handler, self._clock = handler, clock
        self._lock = threading.RLock()
        self._troubles: list[Trouble] = []
        self._late: list[tuple[float, Request]] = []
        self.moment: float | None = None

    def add(self, trouble: Trouble) -> None:
        """From now on, until it has happened ``times`` times."""
        with self._lock:
            self._troubles.append(trouble)

    def clear(self) -> None:
        """No trouble any more; what is to apply late still does."""
        with self._lock:
            self._troubles.clear()

    def __call__(self, request: Request) -> Reply:
        with self._lock:
            self.settle()
            trouble = self._meets(request)
            if trouble is None:
                return self._handler(request)
            reply = Reply(500)
            if trouble.late:
                self.delay(request, trouble.late)
            elif trouble.applies:
                reply = self._handler(request)
            if trouble.status is not None:
                reply = Reply(trouble.status, b"{}")
            if trouble.body is not None:
                reply = replace(reply, body=trouble.body.encode())
            return replace(reply, headers={**reply.headers, **trouble.headers}, manner=trouble.manner)

    def delay(self, request: Request, seconds: float) -> None:
        """This request is under way: it takes effect after so many seconds, and nobody waits for its answer."""
        with self._lock:
            self._late.append((self._clock() + seconds, request))

    def settle(self) -> None:
        """Runs what has become due."""
        with self._lock:
            due = [(moment, request) for moment, request in self._late if moment <= self._clock()]
            self._late = [(moment, request) for moment, request in self._late if moment > self._clock()]
            for self.moment, request in sorted(due, key=itemgetter(0)):
                self._handler(request)
            self.moment = None

    def _meets(self, request: Request) -> Trouble | None:
        for place, trouble in enumerate(self._troubles):
            if re.fullmatch(trouble.when, request.line):
                self._troubles[place : place + 1] = [replace(trouble, times=trouble.times - 1)] * (trouble.times > 1)
                return trouble
        return None


# --- over sockets ---------------------------------------------------------------------------------------------------

DRIP_SECONDS: Final = 0.05


class Server:
    """A handler behind a real socket on this machine, until it is closed."""

    def __init__(self, handler: Handler, port: int = 0) -> None:
        self.stopping = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler_class(handler, self.stopping))
        self._http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()

    def run(self) -> None:
        """Serves in this thread until the process is told to stop."""
        self._http.serve_forever()


def _handler_class(handler: Handler, stopping: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handling(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle(self) -> None:
            with contextlib.suppress(_HungUp, ConnectionError):  # by us, or by the client
                super().handle()

        def handle_any(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            request = request_of(self.command, self.path, dict(self.headers.items()), self.rfile.read(length))
            reply = handler(request)
            _put(self, reply, stopping)

        def log_message(self, *_: Any) -> None:
            """The calls are traced by whoever makes them."""

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"):
        setattr(Handling, f"do_{method}", Handling.handle_any)
    return Handling


class _HungUp(Exception):
    """The connection was reset on purpose."""


def _put(to: BaseHTTPRequestHandler, reply: Reply, stopping: threading.Event) -> None:
    if reply.manner is Manner.RESET:
        to.close_connection = True
        to.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        to.rfile.close()
        to.wfile.close()
        to.connection.close()
        raise _HungUp
    if reply.manner is Manner.SILENCE:
        while not stopping.is_set() and not select.select([to.connection], [], [], 0.05)[0]:
            pass
        to.close_connection = True
        return
    to.send_response(reply.status)
    for name, value in {"Content-Type": "application/json", **reply.headers}.items():
        to.send_header(name, value)
    to.send_header("Content-Length", str(len(reply.body)))
    if reply.manner is Manner.DRIP:
        to._headers_buffer = _drip(to)  # type: ignore[attr-defined]
        to.close_connection = True
        return
    to.end_headers()
    to.wfile.write(reply.body[: len(reply.body) // 2] if reply.manner is Manner.CUT else reply.body)
    to.close_connection = to.close_connection or reply.manner is Manner.CUT


def _drip(to: BaseHTTPRequestHandler) -> list[bytes]:
    """Headers that never end: a byte at a time, until the client has had enough."""
    with contextlib.suppress(OSError):
        to.wfile.write(b"".join(to._headers_buffer))  # type: ignore[attr-defined]
        while True:
            to.wfile.write(b"X")
            time.sleep(DRIP_SECONDS)
    return []


# --- without sockets ------------------------------------------------------------------------------------------------


def prepared(request: requests.PreparedRequest) -> Request:
    """The same request as a handler gets it."""
    body = request.body or b""
    content = body.encode() if isinstance(body, str) else bytes(body)
    return request_of(request.method or "", request.url or "", dict(request.headers), content)


class InMemory(BaseAdapter):
    """A transport for ``requests`` that asks a handler in this process; misbehaviour comes as its exceptions."""

    def __init__(self, handler: Handler) -> None:
        super().__init__()
        self._handler = handler

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        """See requests."""
        mark_sent()
        reply = self._handler(prepared(request))
        if reply.manner is Manner.RESET:
            raise requests.ConnectionError("reset")
        if reply.manner in {Manner.SILENCE, Manner.DRIP}:
            raise requests.ReadTimeout("nothing came")
        if reply.manner is Manner.CUT:
            raise requests.exceptions.ChunkedEncodingError("cut off")
        response = requests.Response()
        response.status_code = reply.status
        response.headers = CaseInsensitiveDict({"Content-Type": "application/json", **reply.headers})
        response.raw = HTTPResponse(BytesIO(reply.body), status=reply.status, preload_content=False)
        response.url, response.request = request.url or "", request
        return response

    def close(self) -> None:
        """Nothing is held open."""
