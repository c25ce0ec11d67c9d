"""A running API over each database: two administrations with a key that may do everything, and an operator."""

from __future__ import annotations

import pytest

from billing_service.store.session import Database
from tests.api.client import World, make_world


@pytest.fixture
def world(database: Database) -> World:
    return make_world(database)
