"""The tariff that decided 890 real incidents, replayed over them: 0.00 everywhere, released or not."""

from __future__ import annotations

from datetime import date

from sqlalchemy import select

from billing_service import jobs, replay
from billing_service.context import Context
from billing_service.exports import Form
from billing_service.rating.listing import count_decisions
from billing_service.store.tariffs import TariffVersion
from billing_service.worker.process import Worker
from tests.invoicing.world import World
from tests.scenarios.test_incidents import desk, example, incidents  # noqa: F401 the service desk of that story

FIRST, LAST = date(2016, 1, 1), date(2017, 2, 28)


def difference(world: World) -> tuple[int, str]:
    """Questions that came out otherwise, and the amount; every closed question is accounted for."""
    with world.scope() as scope:
        version = scope.session.scalars(
            select(TariffVersion).where(
                TariffVersion.administration_id == scope.administration_id, TariffVersion.valid_from == FIRST
            )
        ).one()
        job_id = replay.start(scope, version, FIRST, LAST, Form()).id
    Worker(Context(world.database, lambda: world.now), tasks={}).drain()
    with world.scope() as scope:
        job = jobs.get(scope, job_id)
        assert job.state == "done", job.error
        result = job.result or {}
        everything = count_decisions(scope)["questions"]
    told = sum(result[name]["questions"] for name in ("compared", "by_person", "changed_after_release"))
    assert told + sum(result["left_out"].values()) == everything
    assert result["changed_after_release"]["questions"] == 0
    assert result["compared"]["questions"] > 800
    return result["changed_after_release"]["questions"], result["compared"]["difference"]


def test_the_tariff_of_the_incidents_makes_no_difference_before_and_after_billing(
    desk: World,  # noqa: F811 the fixture
) -> None:
    assert difference(desk) == (0, "0.00")
    desk.release(date(2016, 12, 31))
    assert difference(desk) == (0, "0.00")
