"""The API over each database, as for the tests of the API itself."""

from __future__ import annotations

import pytest

from billing_service.store.session import Database
from tests.api.client import World, make_world


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)
