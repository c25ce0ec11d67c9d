"""A link to a fake package, on both databases."""

from __future__ import annotations

import pytest

from billing_service.store.session import Database
from tests.connections.fakes import FakeBooks
from tests.connections.link import Link


@pytest.fixture
def link(database: Database) -> Link:
    return Link(database, FakeBooks())
