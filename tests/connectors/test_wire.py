"""Real sockets and processes: total deadlines, size caps, what is never followed, and books that outlive workers."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import requests

import connectors
from connectors.base import Outcome, OutcomeUnknown, TryAgainLater
from connectors.fake.control import Control, control_of
from connectors.fake.profiles import capabilities
from connectors.fake.server import FakePackage
from connectors.fake.wire import InMemory, Manner, Reply, Request, Server, Trouble
from connectors.http import Bearer, Deadlines, Http, Secret
from connectors.limits import MemoryLimiter
from connectors.package import Connection
from tests.connectors.papers import invoice

SHORT = Deadlines(connect=2, wait=0.4, whole=0.8)
SECRETS = {"api_key": "key-of-the-test", "webhook_secret": "hook-of-the-test"}


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def asked(handler: Callable[[Request], Reply], **more: object) -> Iterator[Http]:
    with Server(handler) as server:
        settings = {"deadlines": SHORT, "largest_answer": 1000, "sleep": lambda seconds: None, **more}
        yield Http(
            server.url,
            Bearer("key"),
            connection="c",
            capabilities=capabilities("searchable"),
            limiter=MemoryLimiter(now),
            clock=now,
            **settings,  # type: ignore[arg-type]
        )


@pytest.mark.parametrize("manner", [Manner.SILENCE, Manner.DRIP])
def test_a_whole_call_ends_in_time_however_the_server_drags_it_out(manner: Manner):
    """The promised time-out: 0.8 s for the whole, repetitions included, whatever arrives meanwhile."""
    with asked(lambda request: Reply(200, b"{}", manner=manner)) as http:
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown):
            http.request("POST", "/x", json={})
        with pytest.raises(TryAgainLater):
            http.request("GET", "/x")
        assert time.monotonic() - began < 2 * SHORT.whole + 2


def test_a_slow_body_is_not_waited_for_either():
    def slow(to: str) -> None:
        import socketserver

        class Dripping(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                self.request.recv(65536)
                self.request.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                try:
                    while True:
                        self.request.sendall(b" ")
                        time.sleep(0.05)
                except OSError:
                    return

        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as server:
            import threading

            threading.Thread(target=server.serve_forever, daemon=True).start()
            http = Http(
                f"http://127.0.0.1:{server.server_address[1]}",
                None,
                connection="c",
                capabilities=capabilities("searchable"),
                limiter=MemoryLimiter(now),
                clock=now,
                deadlines=SHORT,
            )
            began = time.monotonic()
            with pytest.raises(OutcomeUnknown):
                http.request("POST", to, json={})
            assert time.monotonic() - began < SHORT.whole + 2
            server.shutdown()

    slow("/x")


def test_an_answer_that_is_too_large_is_not_read_to_its_end():
    with asked(lambda request: Reply(200, b" " * 1001)) as http, pytest.raises(TryAgainLater):
        http.request("GET", "/x")
    with asked(lambda request: Reply(200, b" " * 998 + b"{}")) as http:
        assert http.request("GET", "/x").json() == {}


def test_a_compressed_answer_that_nobody_asked_for_is_not_unpacked():
    packed = Reply(200, b"\x1f\x8b", {"Content-Encoding": "gzip"})
    with asked(lambda request: packed) as http, pytest.raises(TryAgainLater):
        http.request("GET", "/x")


def test_a_packed_answer_that_was_asked_for_is_unpacked_and_not_beyond_its_size():
    packed = [Reply(200, gzip.compress(size), {"Content-Encoding": "gzip"}) for size in (b"{}", bytes(9_000_000))]
    with asked(lambda request: packed[len(request.query)]) as http:
        gzipped = {"Accept-Encoding": "gzip"}
        assert http.request("GET", "/x", headers=gzipped).json() == {}
        with pytest.raises(TryAgainLater):
            http.request("GET", "/x", headers=gzipped, query={"large": "yes"})


def test_no_redirect_is_followed_and_no_page_of_another_host_is_fetched():
    seen: list[str] = []

    def elsewhere(request: Request) -> Reply:
        seen.append(request.path)
        return Reply(302, b"{}", {"Location": "/secret"})

    with asked(elsewhere) as http:
        with pytest.raises(Exception, match="302"):
            http.request("GET", "/x")
        with pytest.raises(TryAgainLater, match="another host"):
            http.request("GET", "/x", url="http://127.0.0.1:1/next")
    assert seen == ["/x"]


def test_what_stands_in_an_address_cannot_leave_its_place():
    seen: list[str] = []

    def taking(request: Request) -> Reply:
        seen.append(request.path)
        return Reply(200, b"{}")

    with asked(taking) as http:
        http.request("GET", "/customers/{code}", path={"code": "../a b?x=1#y"})
    assert seen == ["/customers/..%2Fa%20b%3Fx%3D1%23y"]


def test_amounts_with_a_point_stay_exact_and_what_is_no_number_is_not_understood():
    with asked(lambda request: Reply(200, b'{"amount": 0.1}')) as http:
        assert http.request("GET", "/x").json() == {"amount": Decimal("0.1")}
    with asked(lambda request: Reply(200, b'{"amount": NaN}')) as http, pytest.raises(TryAgainLater):
        http.request("GET", "/x").json()


def test_a_refusal_after_an_unclear_attempt_does_not_undo_that_attempt():
    """With a key the call is repeated; if then too many were made, the first may still have come through."""
    answers = [Reply(500), Reply(429), Reply(500), Reply(409)]
    with asked(lambda request: answers.pop(0)) as http:
        for _ in range(2):
            with pytest.raises(OutcomeUnknown):
                http.request("POST", "/x", json={}, repeats=True)
    assert answers == []


def test_only_what_is_harmless_is_repeated():
    seen: list[str] = []

    def broken(request: Request) -> Reply:
        seen.append(request.method)
        return Reply(502)

    with asked(broken) as http:
        for method, error in {"GET": TryAgainLater, "POST": OutcomeUnknown, "DELETE": OutcomeUnknown}.items():
            with pytest.raises(error):
                http.request(method, "/x")
        with pytest.raises(TryAgainLater):
            http.request("POST", "/search", changes=False)
    assert seen == ["GET"] * 3 + ["POST", "DELETE"] + ["POST"] * 3


def test_a_package_that_asks_for_a_pause_is_not_asked_again_at_once():
    seen: list[str] = []

    def busy(request: Request) -> Reply:
        seen.append(request.method)
        return Reply(503, b"{}", {"Retry-After": "30"})

    with asked(busy) as http, pytest.raises(TryAgainLater) as later:
        http.request("GET", "/x")
    assert later.value.after is not None
    assert later.value.after.total_seconds() == 30
    assert seen == ["GET"]


# --- the fake as a process, and in memory ---------------------------------------------------------------------------


def connection(base_url: str, transport: InMemory | None = None) -> Connection:
    return Connection(
        id="c",
        settings={"base_url": base_url},
        secrets={name: Secret(value) for name, value in SECRETS.items()},
        limiter=MemoryLimiter(now),
        clock=now,
        transport=transport,
    )


@contextmanager
def process(*arguments: str) -> Iterator[str]:
    environment = {**os.environ, **{f"FAKE_{name.upper()}": value for name, value in SECRETS.items()}}
    command = [sys.executable, "-m", "connectors.fake", "--port", "0", *arguments]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(
        command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            assert running.stdout is not None
            yield running.stdout.readline().strip()
        finally:
            running.kill()


def test_the_fake_runs_as_a_process_and_keeps_its_books_when_workers_die():
    with process("--profile", "searchable") as url:
        control = Control(lambda body: requests.post(f"{url}/control", data=body, timeout=10).content)
        worker = f"""
import os
from tests.connectors.test_wire import connection
from tests.connectors.papers import invoice
import connectors
connector = connectors.connect("fake", connection({url!r}))
connector.create_document(invoice(connector), key="k")
os.kill(os.getpid(), 9)
"""
        root = Path(__file__).resolve().parents[2]
        died = subprocess.run([sys.executable, "-c", worker], cwd=root, stdin=subprocess.DEVNULL, check=False)
        assert died.returncode == -9
        connector = connectors.connect("fake", connection(url))
        found = connector.find_document(invoice(connector).kind, "20260101")
        assert found.outcome is Outcome.ONE
        assert connector.post(found.items[0].id).state == "booked"
        control.pay("20260101", Decimal("181.50"), date(2026, 9, 10))
        control.trouble(Trouble(when="GET /v1/company", status=503, times=9))
        with pytest.raises(TryAgainLater):
            connector.check()
        control.calm()
        assert connector.read_document(found.items[0].id).open == 0


def test_the_process_does_not_start_without_its_secrets():
    bare = {name: value for name, value in os.environ.items() if not name.startswith("FAKE_")}
    command = [sys.executable, "-m", "connectors.fake"]
    root = Path(__file__).resolve().parents[2]
    told = subprocess.run(
        command, cwd=root, env=bare, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert "FAKE_API_KEY" in told.stderr


def test_in_memory_it_behaves_as_over_sockets():
    package = FakePackage("searchable", SECRETS)
    control = control_of(package)
    connector = connectors.connect("fake", connection("http://fake.invalid", InMemory(package.handle)))
    ours = invoice(connector)
    for manner in (Manner.RESET, Manner.SILENCE, Manner.CUT, Manner.DRIP):
        control.trouble(Trouble(when="POST /v1/documents", manner=manner, applies=False))
        with pytest.raises(OutcomeUnknown):
            connector.create_document(ours, key="k")
    assert control.books()["documents"] == []
    remote = connector.create_document(ours, key="k")
    control.change(remote.id, reference="otherwise")
    assert connector.read_document(remote.id) == replace(remote)
