"""A connector is opened from the row of its connection, by any process, with limits and tokens that all share."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from cryptography.fernet import Fernet

from billing_service import connections
from billing_service.connections.limiter import StoredLimiter
from billing_service.errors import NotFound
from billing_service.store.connections import Connection
from billing_service.store.session import Database
from billing_service.vault import NoSecretKey
from connectors.base import ErrorBudget, Limit
from tests import builders
from tests.builders import NOW
from tests.connections.fakes import SECRET_KEY, SECRETS, FakeBooks, active_connection
from tests.connectors.limiter_contract import check_limiter


@pytest.fixture
def books() -> FakeBooks:
    return FakeBooks()


def connected(database: Database) -> tuple[UUID, UUID]:
    with database.write() as session:
        administration = builders.administration(session)
        return administration, active_connection(session, administration)


def test_a_connector_reaches_the_books_with_the_stored_secrets(database: Database, books: FakeBooks) -> None:
    administration, connection = connected(database)
    connector = connections.open_connector(books.context(database), administration, connection)
    assert connector.check().name == "Voorbeeld Helpdesk B.V."
    with database.read() as session:
        row = session.get_one(Connection, (administration, connection))
    assert row.secrets is not None
    assert all(secret.encode() not in row.secrets for secret in SECRETS.values())


def test_another_administration_does_not_find_it(database: Database, books: FakeBooks) -> None:
    _, connection = connected(database)
    with database.write() as session:
        other = builders.administration(session, kvk=None)
    with pytest.raises(NotFound):
        connections.open_connector(books.context(database), other, connection)


def test_without_its_key_or_moved_to_another_connection_nothing_is_opened(database: Database, books: FakeBooks) -> None:
    administration, connection = connected(database)
    context = books.context(database)
    for keys in ((), (Fernet.generate_key().decode(),)):
        with pytest.raises(NoSecretKey):
            connections.open_connector(replace(context, secret_keys=keys), administration, connection)
    older = replace(context, secret_keys=(Fernet.generate_key().decode(), SECRET_KEY))
    assert connections.open_connector(older, administration, connection).check().id == "1"
    with database.write() as session:
        row = session.get_one(Connection, (administration, connection))
        row.state = "closed"
        moved = active_connection(session, administration)
        session.get_one(Connection, (administration, moved)).secrets = row.secrets
    with pytest.raises(NoSecretKey, match="another row"):
        connections.open_connector(context, administration, moved)


class Named:
    """Lets the contract call its connections by letters."""

    def __init__(self, limiter: StoredLimiter, ids: dict[str, UUID]) -> None:
        self._limiter, self._ids = limiter, {name: str(known) for name, known in ids.items()}

    def take(self, connection: str, endpoint: str, limits: list[Limit], budget: ErrorBudget | None) -> timedelta | None:
        return self._limiter.take(self._ids[connection], endpoint, limits, budget)

    def pause(self, connection: str, wait: timedelta) -> None:
        self._limiter.pause(self._ids[connection], wait)

    def refused(self, connection: str, endpoint: str, budget: ErrorBudget) -> None:
        self._limiter.refused(self._ids[connection], endpoint, budget)


class Clock:
    def __init__(self) -> None:
        self.moment: datetime = NOW

    def __call__(self) -> datetime:
        return self.moment

    def advance(self, wait: timedelta) -> None:
        self.moment += wait


def two_connections(database: Database) -> tuple[UUID, dict[str, UUID]]:
    """Two of one administration: the first was closed since."""
    administration, first = connected(database)
    with database.write() as session:
        session.get_one(Connection, (administration, first)).state = "closed"
        return administration, {"a": first, "b": active_connection(session, administration)}


def test_calls_are_counted_in_the_database(database: Database) -> None:
    administration, ids = two_connections(database)
    clock = Clock()
    check_limiter(Named(StoredLimiter(database, administration, clock), ids), clock.advance)


def test_a_limit_is_never_passed_and_costs_at_most_one_slot(database: Database) -> None:
    administration, connection = connected(database)
    clock = Clock()
    limiter = StoredLimiter(database, administration, clock)
    minute = timedelta(minutes=1)
    taken: list[datetime] = []
    for _ in range(150):
        clock.advance(timedelta(seconds=1))
        if limiter.take(str(connection), "x", [Limit(10, minute)], None) is None:
            taken.append(clock.moment)
    most = max(sum(1 for moment in taken if begin <= moment < begin + minute) for begin in taken)
    assert most == 10
    assert len(taken) >= 28, "150 seconds hold three windows but for the width of a slot"


def test_unknown_connections_are_not_counted(database: Database, books: FakeBooks) -> None:
    administration, _ = connected(database)
    with pytest.raises(NotFound):
        connections.open_connector(books.context(database), administration, uuid4())
