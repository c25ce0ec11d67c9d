"""The stage of every registered package, in each of its kinds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.connectors.stages import all_stages, stage_of
from tests.connectors.stages.stage import Stage


@pytest.fixture(params=all_stages(), ids=lambda pair: "-".join(pair))
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Without limits and error budget, on either side: a test asks more in a moment than a real client would."""
    package, kind = request.param
    with stage_of(package)(kind, unlimited=True) as running:
        yield running


@pytest.fixture(params=all_stages(), ids=lambda pair: "-".join(pair))
def limited_stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """With the limits and the error budget that the package documents."""
    package, kind = request.param
    with stage_of(package)(kind) as running:
        yield running
