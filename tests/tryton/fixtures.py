"""How any test gets the real Tryton: one server for each test process, fresh books for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tryton.server import TrytonServer


@pytest.fixture(scope="session")
def tryton_process() -> Iterator[TrytonServer]:
    with TrytonServer() as server:
        yield server


@pytest.fixture
def tryton_server(tryton_process: TrytonServer) -> TrytonServer:
    """A real trytond, its books as in the beginning."""
    tryton_process.reset()
    return tryton_process
