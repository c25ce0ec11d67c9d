"""Payments come in once, whatever overlap and repetition; open items are whole; pushed payments land once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from connectors.base import (
    Connector,
    NotSupported,
    Outcome,
    OutcomeUnknown,
    Payment,
    PaymentFact,
    Pull,
    Push,
    Refused,
    everything,
)
from tests.connectors.papers import Delivery, invoice
from tests.connectors.stages.stage import Stage

ON = date(2026, 9, 10)


def delivered(stage: Stage, connector: Connector, *numbers: str) -> list[str]:
    return [Delivery(stage, connector, invoice(connector, one), key=one).finish().id for one in numbers]


def news(connector: Connector, cursor: str | None) -> tuple[list[PaymentFact], str]:
    """Everything since the cursor, as told: repetitions and all."""
    told: list[PaymentFact] = []
    while True:
        page = connector.payments(cursor)
        told += page.payments
        cursor = page.cursor
        if not page.more:
            return told, cursor


def test_payments_come_in_by_cursor_over_pages_with_overlap(stage: Stage):
    connector = stage.connector()
    (remote,) = delivered(stage, connector, "20260101")
    if connector.capabilities.payments.value is Pull.OPEN_LIST:
        with pytest.raises(NotSupported):
            connector.payments()
        return
    made = [stage.pay("20260101", Decimal(f"{10 + place}.00"), ON) for place in range(7)]
    told, cursor = news(connector, None)
    assert {one.id: one.amount for one in told} == {
        payment: Decimal(f"{10 + place}.00") for place, payment in enumerate(made)
    }
    assert {one.document for one in told} == {remote}
    again, cursor = news(connector, cursor)
    assert {one.id for one in again} <= set(made), "overlap tells the same again, never something else"
    later = stage.pay("20260101", Decimal("5.00"), ON)
    fresh, _ = news(connector, cursor)
    assert {one.id for one in fresh} - set(made) == {later}


def test_the_open_amount_comes_with_the_news(stage: Stage):
    connector = stage.connector()
    (remote,) = delivered(stage, connector, "20260101")
    stage.pay("20260101", Decimal("80.00"), ON)
    assert connector.read_document(remote).open == Decimal("101.50")
    if connector.capabilities.payments.value is Pull.CHANGES:
        page = connector.payments(None)
        assert [(item.document, item.open) for item in page.open_items] == [(remote, Decimal("101.50"))]


def test_a_reversal_takes_back_what_was_paid(stage: Stage):
    connector = stage.connector()
    (remote,) = delivered(stage, connector, "20260101")
    payment = stage.pay("20260101", Decimal("181.50"), ON)
    changes = connector.capabilities.payments.value is Pull.CHANGES
    seen, cursor = news(connector, None) if changes else ([], "")
    stage.undo(payment, ON)
    assert connector.read_document(remote).open == Decimal("181.50")
    if changes:
        fresh, _ = news(connector, cursor)
        told = seen + fresh
        assert sum((one.amount for one in {fact.id: fact for fact in told}.values()), Decimal()) == 0
        assert payment in {one.undone for one in told}


def test_a_payment_that_nobody_matched_says_what_the_payer_wrote(stage: Stage):
    connector = stage.connector()
    delivered(stage, connector, "20260101")
    stage.pay(None, Decimal("181.50"), ON, reference="factuur 20260101")
    if connector.capabilities.payments.value is Pull.CHANGES:
        told, _ = news(connector, None)
        expected = [(None, "factuur 20260101")] if stage.tells_unmatched else []
        assert [(one.document, one.reference) for one in told] == expected
    assert [item.open for item in everything(connector.open_items)] == [Decimal("181.50")]


def test_open_items_are_told_whole_and_what_is_settled_is_absent(stage: Stage):
    connector = stage.connector()
    numbers = [f"2026010{place}" for place in range(7)]
    delivered(stage, connector, *numbers)
    stage.pay(numbers[0], Decimal("181.50"), ON)
    stage.pay(numbers[1], Decimal("100.00"), ON)
    told = {item.number: item.open for item in everything(connector.open_items)}
    assert told == {numbers[1]: Decimal("81.50"), **dict.fromkeys(numbers[2:], Decimal("181.50"))}


def test_a_list_that_breaks_off_is_not_taken_for_a_whole_one(stage: Stage):
    connector = stage.connector()
    numbers = [f"2026010{place}" for place in range(7)]
    delivered(stage, connector, *numbers)
    first = connector.open_items()
    stage.trouble("open", status=502, applies=False, times=50)
    with pytest.raises(Exception, match="502"):
        connector.open_items(first.next)


def test_a_receipt_of_ours_is_booked_there_as_declared(stage: Stage):
    connector = stage.connector()
    (remote,) = delivered(stage, connector, "20260101")
    payment = receipt(connector, remote)
    if connector.capabilities.push_payment.value is Push.NO:
        with pytest.raises(NotSupported):
            connector.push_payment(payment, key="p")
        return
    fact = connector.push_payment(payment, key="p")
    assert (fact.amount, fact.paid_on, fact.number) == (Decimal("80.00"), ON, "R-1")
    matches = connector.capabilities.push_payment.value is Push.BOOKS_AND_MATCHES
    assert connector.read_document(remote).open == Decimal("101.50" if matches else "181.50")


def receipt(connector: Connector, remote: str, amount: str = "80.00") -> Payment:
    methods = connector.lists().payment_methods
    return Payment("R-1", remote, ON, Decimal(amount), "EUR", methods[0].id if methods else "")


@pytest.mark.parametrize("applies", [True, False])
def test_a_receipt_whose_push_broke_off_is_looked_up_first(stage: Stage, applies: bool):
    connector = stage.connector()
    (remote,) = delivered(stage, connector, "20260101")
    payment = receipt(connector, remote)
    if connector.capabilities.push_payment.value is Push.NO:
        with pytest.raises(NotSupported):
            connector.find_payment(payment)
        return
    stage.trouble("payment", manner="reset", applies=applies)
    try:
        connector.push_payment(payment, key="p")
    except OutcomeUnknown:
        if connector.find_payment(payment).outcome is Outcome.NONE:
            connector.push_payment(payment, key="p")
    assert connector.find_payment(payment).outcome is Outcome.ONE


def test_more_than_is_open_is_refused_where_payments_are_matched(stage: Stage):
    connector = stage.connector()
    (remote,) = delivered(stage, connector, "20260101")
    if connector.capabilities.push_payment.value is not Push.BOOKS_AND_MATCHES:
        return
    with pytest.raises(Refused) as refused:
        connector.push_payment(receipt(connector, remote, "500.00"), key="p")
    assert refused.value.cause == "nothing_open"
