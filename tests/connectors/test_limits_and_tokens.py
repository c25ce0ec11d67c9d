"""Limits are kept and obeyed; tokens rotate once however many processes; a lost sign-in stops and says so."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

import connectors
from connectors.base import Refused, SignInAgain, TryAgainLater
from connectors.http import Secret
from connectors.limits import MemoryLimiter, wait_asked
from connectors.package import Connection
from tests.connectors.limiter_contract import check_limiter
from tests.connectors.papers import customer_id
from tests.connectors.stages.stage import Stage
from tests.connectors.tokens import FileTokens

NOW = datetime(2026, 9, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "body", "wait"),
    [
        ({"Retry-After": "25"}, "", 25),
        ({"retry-after": "25"}, "", 25),
        ({"Retry-After": str(int(NOW.timestamp()) + 25)}, "", 25),  # Moneybird
        ({"Retry-After": "Tue, 01 Sep 2026 10:00:25 GMT"}, "", 25),
        (
            {"X-RateLimit-Minutely-Remaining": "0", "X-RateLimit-Minutely-Reset": f"{int(NOW.timestamp() + 25)}000"},
            "",
            25,
        ),
        ({"X-RateLimit-Remaining": "12", "X-RateLimit-Reset": f"{int(NOW.timestamp() + 25)}000"}, "", None),
        ({}, "Rate limit is exceeded. Try again in 25 seconds.", 25),
        ({}, "Too many requests, please wait 2 minutes.", 120),
        ({}, "retry after 500 ms", 0.5),
        ({}, "Probeer het over 25 sec. opnieuw", 25),
        ({"Retry-After": "soon"}, "", None),
        ({}, "invoice 25 seconds", None),
        ({"Retry-After": "99999999"}, "", 86400),
        ({"Retry-After": str(int(NOW.timestamp()) - 25)}, "", 0),
    ],
)
def test_how_long_a_package_asks_to_wait(headers: dict[str, str], body: str, wait: float | None):
    expected = None if wait is None else timedelta(seconds=wait)
    assert wait_asked(CaseInsensitiveDict(headers), body, NOW) == expected


def test_a_package_that_says_wait_is_left_alone_as_long_by_every_call(stage: Stage):
    connector = stage.connector()
    asked = stage.use_up_limit()
    if asked is None:
        return
    with pytest.raises(TryAgainLater) as later:
        connector.check()
    assert later.value.wait == "limit"
    assert later.value.after is not None
    assert asked <= later.value.after <= asked + timedelta(seconds=2)
    before = len(stage.calls)
    with pytest.raises(TryAgainLater):
        stage.connector().lists()
    assert len(stage.calls) == before, "nothing is sent while it asks to be left alone"
    stage.advance(asked + timedelta(seconds=2))
    assert connector.check().id


def test_our_own_limits_stop_us_before_the_package_does(limited_stage: Stage):
    """The first of the limits by real calls, the longer ones by what others of this connection took."""
    stage = limited_stage
    connector = stage.connector()
    for place, limit in enumerate(connector.capabilities.limits.value):
        for _ in range(0 if place else limit.calls):
            connector.check()
        while place and stage.limiter.take("stage", "/elsewhere", [limit], None) is None:
            pass
        before = len(stage.calls)
        with pytest.raises(TryAgainLater) as later:
            connector.check()
        assert later.value.wait == "limit"
        assert len(stage.calls) == before
        assert {call.status for call in stage.calls} == {200}, "the package never had to refuse"
        stage.advance(limit.per)
        assert connector.check().id


def test_refused_calls_stop_us_before_the_package_blocks_us(limited_stage: Stage):
    stage = limited_stage
    connector = stage.connector()
    budget = connector.capabilities.error_budget.value
    if budget is None:
        return
    stage.trouble("check", status=403, applies=False, times=budget.errors)
    for _ in range(budget.errors):
        with pytest.raises(Refused):
            connector.check()
    before = len(stage.calls)
    with pytest.raises(TryAgainLater):
        connector.check()
    assert len(stage.calls) == before
    stage.advance(budget.per)
    assert connector.check().id


def test_the_limiter_of_one_process_keeps_the_contract():
    moment = [NOW]

    def advance(wait: timedelta) -> None:
        moment[0] += wait

    check_limiter(MemoryLimiter(lambda: moment[0]), advance)


# --- tokens ---------------------------------------------------------------------------------------------------------


def test_a_token_about_to_end_is_renewed_once_and_rotates(stage: Stage):
    if stage.tokens() is None:
        return
    connector = stage.connector()
    for round_ in range(1, 4):
        stage.advance(timedelta(minutes=10))
        assert connector.check().id
        assert stage.connector().check().id, "another connector uses the pair that was stored"
        assert stage.token_calls() == round_


def test_a_token_refused_early_is_renewed_as_soon_as_there_is_a_new_one_and_the_call_goes_through(stage: Stage):
    if stage.tokens() is None:
        return
    stage.trouble("check", status=401, applies=False)
    if stage.youngest_token:
        with pytest.raises(TryAgainLater) as later:
            stage.connector().check()
        assert (later.value.wait, later.value.after) == ("sign_in", stage.youngest_token)
        assert stage.token_calls() == 0, "a new one asked for too early would be refused"
        stage.advance(stage.youngest_token)
    assert stage.connector().check().id
    assert stage.token_calls() == 1


def test_a_renewal_that_breaks_off_is_tried_again_and_then_lost_with_a_clear_word(stage: Stage):
    if stage.tokens() is None:
        return
    stage.advance(timedelta(minutes=10))
    stage.trouble("token", manner="reset", applies=False)
    with pytest.raises(TryAgainLater):
        stage.connector().check()
    assert stage.connector().check().id, "nothing had happened: the old refresh token still counts"
    stage.advance(timedelta(minutes=10))
    stage.trouble("token", manner="cut")
    with pytest.raises(TryAgainLater):
        stage.connector().check()
    with pytest.raises(SignInAgain):
        stage.connector().check()
    calls = stage.token_calls()
    with pytest.raises(SignInAgain):
        stage.connector().check()
    assert stage.token_calls() == calls, "a stopped connection asks nothing any more"


def test_a_sign_in_that_is_withdrawn_has_to_be_given_again(stage: Stage):
    connector = stage.connector()
    customer_id(connector)
    stage.lose_sign_in()
    with pytest.raises(SignInAgain):
        connector.check()


def _ask(package: str, path: str, settings: dict[str, str], secrets: dict[str, str], start: Any, told: Any) -> None:
    """One process with a connection of its own, which begins when all do."""
    clock = lambda: datetime.fromtimestamp(float(settings["now"]), UTC)  # noqa: E731
    connection = Connection(
        id="stage",
        settings=settings,
        secrets={name: Secret(value) for name, value in secrets.items()},
        limiter=MemoryLimiter(clock),
        clock=clock,
        tokens=FileTokens(Path(path)),
    )
    connector = connectors.connect(package, connection)
    start.wait()
    told.put(connector.check().id)


def test_processes_that_find_the_token_ended_at_once_renew_it_once(stage: Stage):
    tokens = stage.tokens()
    if not isinstance(tokens, FileTokens):
        return
    company = stage.connector().check().id
    stage.advance(timedelta(minutes=10))
    spawn = multiprocessing.get_context("spawn")
    start, told = spawn.Event(), spawn.Queue()
    settings = {**stage.settings(), "now": str(stage.now().timestamp())}
    secrets = {name: str(value) for name, value in stage.secrets().items()}
    arguments = (stage.package, str(tokens.path), settings, secrets, start, told)
    workers = [spawn.Process(target=_ask, args=arguments) for _ in range(2)]
    for worker in workers:
        worker.start()
    start.set()
    assert [told.get(timeout=60) for _ in workers] == [company, company]
    for worker in workers:
        worker.join(60)
    assert stage.token_calls() == 1
