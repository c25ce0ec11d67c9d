"""After every kind of unclear outcome a document stands there exactly once, or a person is asked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connectors.base import Outcome, OutcomeUnknown, Search, Step, TryAgainLater, next_step
from connectors.http import Deadlines
from tests.connectors.papers import CUSTOMER, PDF, Delivery, NeedsAPerson, customer_id, invoice
from tests.connectors.stages.stage import Stage

IMPATIENT = Deadlines(connect=2, wait=0.3, whole=0.5)

UNCLEAR: dict[str, dict[str, Any]] = {
    "a timeout after it was applied": {"manner": "silence"},
    "a timeout before it was applied": {"manner": "silence", "applies": False},
    "a reset after it was applied": {"manner": "reset"},
    "a reset before it was applied": {"manner": "reset", "applies": False},
    "a 500 after it was applied": {"status": 500},
    "a 502 that it never reached": {"status": 502, "applies": False},
    "a 504 while it was applied": {"status": 504},
    "a 503 with a time to wait": {"status": 503, "headers": {"Retry-After": "30"}},
    "an answer cut off": {"manner": "cut"},
    "an answer that is no JSON": {"body": "<html>Even geduld</html>"},
    "an answer of another form": {"body": '{"ok": true}'},
    "an empty answer": {"body": ""},
    "a drip without end": {"manner": "drip"},
}


@pytest.mark.parametrize("step", ["create", "attach", "post"])
@pytest.mark.parametrize("what", UNCLEAR)
def test_it_lands_once_whatever_breaks_off(stage: Stage, step: str, what: str):
    connector = stage.connector()
    capable = connector.capabilities
    has = {"create": True, "attach": capable.attachments.value is not None, "post": capable.posts_separately.value}
    if not has[step]:
        return
    quick = UNCLEAR[what].get("manner") in {"silence", "drip"}
    delivery = Delivery(stage, stage.connector(deadlines=IMPATIENT if quick else None), invoice(connector))
    stage.trouble(step, **UNCLEAR[what])
    if capable.search.value is Search.NO and step == "create":
        with pytest.raises(NeedsAPerson, match="cannot_search"):
            delivery.finish()
        assert len(stage.documents()) <= 1
        return
    remote = delivery.finish()
    assert delivery.looks or (capable.key_life.value and step != "post"), "the trouble was met"
    assert stage.documents() == [("invoice", "20260101")]
    assert connector.read_document(remote.id).state == "booked"
    if capable.attachments.value is not None:
        assert stage.files("20260101") == [(PDF.name, PDF.content)]


def test_what_broke_off_is_unknown_and_nothing_is_sent_again_by_itself(stage: Stage):
    connector = stage.connector()
    if connector.capabilities.key_life.value is not None:
        assert connector.create_document(invoice(connector), key="k") is not None  # repeats are harmless there
        return
    ours = invoice(connector)
    for times, what in enumerate(("reset", "cut"), 1):
        stage.trouble("create", manner=what, applies=False)
        with pytest.raises(OutcomeUnknown):
            connector.create_document(ours, key="k")
        assert stage.sent("create") == times


def test_a_creation_that_is_applied_late_is_found_after_the_settle_time(stage: Stage):
    connector = stage.connector()
    capable = connector.capabilities
    if capable.search.value is Search.NO or capable.settle.value < timedelta(seconds=20) or capable.key_life.value:
        assert capable.search.value is Search.NO or capable.settle.value == timedelta()
        return
    ours = invoice(connector)
    stage.trouble("create", manner="reset", late=15)
    with pytest.raises(OutcomeUnknown):
        connector.create_document(ours, key="k")
    assert connector.find_document(ours.kind, ours.number).outcome is Outcome.NONE, "too early: this answer is a trap"
    stage.advance(capable.settle.value)
    found = connector.find_document(ours.kind, ours.number)
    if capable.search.value is Search.WITH_LAG:  # applied during the settle time, and then indexed
        stage.advance(capable.settle.value)
        found = connector.find_document(ours.kind, ours.number)
    assert found.outcome is Outcome.ONE


def test_two_troubles_in_a_row_still_end_in_one_document(stage: Stage):
    connector = stage.connector()
    if connector.capabilities.search.value is Search.NO:
        assert connector.find_document(invoice(connector).kind, "20260101").outcome is Outcome.CANNOT_SEARCH
        return
    delivery = Delivery(stage, connector, invoice(connector))
    stage.trouble("create", manner="reset", applies=False)
    stage.trouble("create", manner="cut")
    stage.trouble("find", status=503, applies=False)
    delivery.finish()
    assert stage.documents() == [("invoice", "20260101")]


def test_another_worker_goes_on_with_what_the_first_one_left(stage: Stage):
    """Killed after any step: the next worker sees from the document there what is left to do."""
    connector = stage.connector()
    capable = connector.capabilities
    remote = connector.create_document(invoice(connector), key="delivery-1")
    file = PDF.name if capable.attachments.value else None
    assert next_step(capable, remote, attachment=file) is not Step.CREATE
    second = Delivery(stage, stage.connector(), invoice(connector), remote=remote, unsure=True)
    second.finish()
    assert stage.documents() == [("invoice", "20260101")]


def test_a_customer_is_made_once_whatever_breaks_off(stage: Stage):
    connector = stage.connector()
    for what in UNCLEAR.values():
        if what.get("manner") in {"silence", "drip"}:
            continue
        stage.trouble("customer", **what)
        try:
            connector.upsert_customer(CUSTOMER, key="c")
        except OutcomeUnknown:
            break
    stage.calm()
    assert customer_id(connector)
    assert stage.customers() == [CUSTOMER.code]


def test_a_question_that_breaks_off_is_asked_again_and_never_unknown(stage: Stage):
    connector = stage.connector()
    for what in ({"manner": "reset"}, {"manner": "cut"}, {"status": 503}):
        stage.trouble("check", **what)
        assert connector.check().id
    stage.trouble("check", status=502, times=20)
    with pytest.raises(TryAgainLater) as later:
        connector.check()
    assert later.value.wait == "unavailable"
    stage.calm()
    stage.trouble("check", body="not json")
    with pytest.raises(TryAgainLater):
        connector.check()


def test_nothing_is_sent_when_nobody_listens(stage: Stage):
    connector = stage.connector(deadlines=IMPATIENT)
    ours = invoice(connector)
    stage.vanish()
    fresh = stage.connector(deadlines=IMPATIENT)
    with pytest.raises(TryAgainLater) as later:
        fresh.create_document(ours, key="k")
    assert later.value.wait == "unreachable"
