"""One question over HTTP with every promise kept, beside a bare Flask application that does one INSERT.

Ours authenticates, checks the input, remembers the Idempotency-Key, stores the question with its time entry, decides it
by its tariff, stores decision, charge and audit trail, and commits all of it at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count as counted
from statistics import median
from uuid import uuid4

from bench import load, places, web
from bench.keys import make_key
from bench.measure import Goal, Measurement, Setting, in_turns
from bench.world import Office, open_office, question
from billing_service.store.session import Database

GOAL = Goal("share", 0.25)
CONNECTIONS = 8


def measure(setting: Setting) -> Iterator[Measurement]:
    """Requests per second over two workers."""
    for kind in setting.databases:
        yield _one(setting, kind)


def our_requests(office: Office, key: str, first: int, count: int) -> list[bytes]:
    """``count`` different questions, each with a key of its own."""
    organisations = office.organisations
    return [
        load.request(
            "POST",
            "/v1/questions",
            question(number, organisations[number % len(organisations)]),
            key=key,
            idempotency_key=str(uuid4()),
        )
        for number in range(first, first + count)
    ]


def bare_requests(first: int, count: int) -> list[bytes]:
    """The same bodies for the bare application."""
    return [load.request("POST", "/questions", question(number, "org-0")) for number in range(first, first + count)]


def bare_database(database: Database) -> str:
    """The address of a database with the bare application's table, beside ours in the same server or folder."""
    with database.engine.begin() as connection:
        connection.exec_driver_sql(
            "CREATE TABLE bare (id TEXT PRIMARY KEY, external_id TEXT NOT NULL, body TEXT NOT NULL)"
        )
    return database.url


def _one(setting: Setting, kind: str) -> Measurement:
    size = setting.size(1_000, least=20)
    with places.database(setting, kind) as database:
        office = open_office(database, customers=20)
        key = make_key(database, office)
        bare = bare_database(database)
        database.close()
        firsts = counted(0, size)
        with web.our_service(database.url) as server, web.bare_service(bare) as bare_server:
            ours = Traffic(server, expected=201)
            floor = Traffic(bare_server, expected=201)
            found = in_turns(
                setting,
                {
                    "ours": lambda: ours.per_second(our_requests(office, key, next(firsts), size)),
                    "floor": lambda: floor.per_second(bare_requests(0, size)),
                },
            )
    return Measurement(
        "question",
        f"one question over HTTP, {kind}",
        "/s",
        found["ours"],
        GOAL,
        found["floor"],
        f"bare Flask application with one INSERT, same gunicorn ({web.WORKERS} workers × {web.THREADS} threads)",
        (f"ours: {ours.note()}", f"floor: {floor.note()}"),
    )


class Traffic:
    """Loads sent to one server, and what they cost it."""

    def __init__(self, server: web.Server, expected: int) -> None:
        self._server, self._expected = server, expected
        self._loads: list[load.Load] = []
        self._processor: list[float] = []

    def per_second(self, requests: list[bytes]) -> float:
        """Send all of them; how many were answered in a second."""
        before = self._server.processor_seconds()
        sent = load.send(self._server.port, requests, connections=CONNECTIONS, expected=self._expected)
        self._processor.append((self._server.processor_seconds() - before) * 1000 / len(requests))
        self._loads.append(sent)
        return sent.per_second

    def note(self) -> str:
        """How long requests took, what they cost the web workers, and what the client used of the machine."""
        p50 = median(sent.p50_milliseconds for sent in self._loads)
        p99 = median(sent.p99_milliseconds for sent in self._loads)
        client = median(sent.client_share for sent in self._loads)
        return (
            f"p50 {p50:.0f} ms, p99 {p99:.0f} ms, {median(self._processor):.2f} ms of the web workers' processor time"
            f" each; the client used {client:.0%} of one core"
        )
