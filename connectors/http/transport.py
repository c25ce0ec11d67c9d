"""Sockets that keep a total deadline.

``requests`` bounds each single wait, so a server that gives a byte a second is waited for without end. Here every wait
on the socket, for sending and for reading headers and body, gets at most what is left of the whole call. (Looking a
name up is bounded by the operating system alone.)
"""

from __future__ import annotations

import http.client
import io
import socket
import threading
import time
from dataclasses import dataclass
from typing import Any, Final

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

CHUNK: Final = 65536


class Deadline:
    """The end of one call, and whether anything of it was sent yet."""

    def __init__(self, whole: float, wait: float) -> None:
        self._end = time.monotonic() + whole
        self._wait = wait
        self.sent = False

    def left(self) -> float:
        """How many seconds the next wait may take; raises ``TimeoutError`` when the call is over."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("the whole call took too long")
        return min(left, self._wait)

    def is_over(self) -> bool:
        """Whether nothing is left."""
        return time.monotonic() >= self._end


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds: to connect, for a single wait, and for a whole call with its repetitions."""

    connect: float = 5.0
    wait: float = 20.0
    whole: float = 60.0


_current: Final = threading.local()


class _TimedReader(io.RawIOBase):
    """The read side of a socket, with what is left of the call before every wait."""

    def __init__(self, raw: Any, sock: socket.socket, deadline: Deadline) -> None:
        self._raw, self._sock, self._deadline = raw, sock, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        left = self._deadline.left()
        if self._sock.fileno() != -1:  # closed by its owner; what was received can still be read
            self._sock.settimeout(left)
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        deadline = getattr(_current, "deadline", None)
        if deadline is not None:
            self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock, deadline), CHUNK)


class _Timed:
    """A connection of urllib3 that sends and reads under the current deadline."""

    response_class: Any = _TimedResponse
    sock: Any

    def send(self, data: Any) -> None:
        deadline = getattr(_current, "deadline", None)
        if deadline is None:
            super().send(data)  # type: ignore[misc]
            return
        if getattr(self, "sock", None) is None:
            self.connect()  # type: ignore[attr-defined]
        deadline.sent = True
        for start in range(0, len(data), CHUNK):
            self.sock.settimeout(deadline.left())
            super().send(data[start : start + CHUNK])  # type: ignore[misc]


class PlainConnection(_Timed, HTTPConnection):
    pass


class SecureConnection(_Timed, HTTPSConnection):
    pass


class PlainPool(HTTPConnectionPool):
    """Connections that keep the deadline of :class:`under`."""

    ConnectionCls = PlainConnection


class SecurePool(HTTPSConnectionPool):
    """The same with TLS."""

    ConnectionCls = SecureConnection


class TimedAdapter(HTTPAdapter):
    """The transport of a session whose calls have a total deadline; it repeats nothing by itself."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See requests; also where proxies get theirs from."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """See requests."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        manager.pool_classes_by_scheme = {"http": PlainPool, "https": SecurePool}
        return manager


class under:  # noqa: N801  (reads as a statement: ``with under(deadline):``)
    """Every wait of this thread's connections counts against this deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __enter__(self) -> None:
        _current.deadline = self._deadline

    def __exit__(self, *_: object) -> None:
        _current.deadline = None


def mark_sent() -> None:
    """For a transport without sockets: from here on something may have happened at the other side."""
    deadline = getattr(_current, "deadline", None)
    if deadline is not None:
        deadline.sent = True
