"""A connection being made step by step: use cases, with a real worker for what calls the package."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.connections import connecting, mapping, matching, reading
from billing_service.context import Context
from billing_service.store.connections import Connection
from billing_service.store.findings import Finding
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from billing_service.store.work import Job
from billing_service.vault import Vault
from billing_service.worker.process import Worker
from tests import builders
from tests.builders import NOW, SECRET_KEY
from tests.connections.fakes import SECRETS, FakeBooks

START = date(2026, 3, 1)
FILLED_IN: dict[str, Any] = {
    "package": "fake",
    "title": "Boekhouding",
    "settings": {"base_url": "http://fake.invalid"},
    "secrets": SECRETS,
}


@dataclass
class Link:
    """One administration, its books on the other side, and the connection between the two."""

    database: Database
    books: FakeBooks
    moments: list[datetime] = field(default_factory=lambda: [NOW])

    def __post_init__(self) -> None:
        self.books.clock = self.now
        self.books.package._base_clock = lambda: self.now().timestamp()
        with self.database.write() as session:
            self.administration = builders.administration(session)
            builders.customer(session, self.administration, "10001", name="Vereniging De Linde", kvk="30281234")

    def now(self) -> datetime:
        return self.moments[0]

    def later(self, wait: timedelta) -> None:
        self.moments[0] += wait

    @property
    def context(self) -> Context:
        return self.books.context(self.database)

    @property
    def vault(self) -> Vault:
        return Vault((SECRET_KEY,))

    @contextmanager
    def scope(self) -> Iterator[Scope]:
        with self.database.write() as session:
            yield builders.scope(session, self.administration, self.now())

    @contextmanager
    def connection(self) -> Iterator[tuple[Scope, Connection]]:
        with self.scope() as scope:
            yield scope, connecting.get(scope, self.id)

    def make(self, **values: Any) -> UUID:
        with self.scope() as scope:
            self.id = connecting.create(scope, self.vault, FILLED_IN | values).id
        return self.id

    def work(self) -> None:
        Worker(self.context, tasks={}).drain()

    def job(self, kind: str) -> Job:
        """The newest of this kind."""
        with self.database.read() as session:
            return session.scalars(select(Job).where(Job.kind == kind).order_by(Job.id.desc())).first()  # type: ignore

    def read(self) -> dict[str, Any]:
        with self.connection() as (scope, row):
            reading.start(scope, row)
        self.work()
        return self.job(reading.READ).result or {}

    def match(self) -> dict[str, Any]:
        with self.connection() as (scope, row):
            matching.start(scope, row)
        self.work()
        return self.job(matching.MATCH).result or {}

    def map(self, **more: str) -> None:
        """Every proposal, revenue on one account, and more: ``vat__AE="vat-ae"``."""
        with self.connection() as (scope, row):
            mapping.accept_proposals(scope, row)
            ids = {(one.kind, one.ours): one.remote_id for one in mapping.entries(scope, row) if one.remote_id}
            for name, remote_id in ({"revenue__": "gl-8000"} | more).items():
                kind, _, ours = name.partition("__")
                ids[kind, ours] = remote_id
            lines = [{"kind": kind, "ours": ours, "remote_id": to} for (kind, ours), to in ids.items()]
            mapping.replace(scope, row, lines)

    def activate(self, start_date: date = START) -> None:
        with self.connection() as (scope, row):
            connecting.activate(scope, row, start_date)

    def complete(self) -> None:
        """From nothing to active."""
        self.make()
        self.read()
        self.map()
        self.match()
        self.activate()

    def row(self) -> Connection:
        with self.database.read() as session:
            return session.get_one(Connection, (self.administration, self.id))

    def findings(self) -> dict[str, dict[str, Any]]:
        """Open ones about connections: code and facts."""
        with self.database.read() as session:
            rows = session.scalars(select(Finding).where(Finding.state == "open", Finding.noun == "connection"))
            return {row.code: row.facts for row in rows}
