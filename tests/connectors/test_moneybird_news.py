"""Payments come in by the versions of their invoices (accounting-apis 2.6): none is told twice, none is missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from connectors.base import Connector, Kind, PaymentFact, TryAgainLater
from connectors.fake.wire import InMemory
from connectors.moneybird import connector as asked
from connectors.moneybird import records
from tests.connectors.papers import Delivery, invoice
from tests.connectors.stages.moneybird import MoneybirdStage
from tests.connectors.test_money import news

ON = date(2026, 9, 10)


@pytest.fixture
def stage() -> Iterator[MoneybirdStage]:
    with MoneybirdStage("token", unlimited=True) as running:
        yield running


def put(stage: MoneybirdStage, connector: Connector, count: int) -> list[str]:
    """So many invoices put straight into the books; their numbers."""
    body = records.invoice_of(invoice(connector))
    start = len(stage.books.invoices)
    numbers = [f"2026{place:05}" for place in range(start + 1, start + count + 1)]
    for number in numbers:
        stage.books.create({**body, "reference": number})
    return numbers


def test_a_second_payment_in_the_second_that_we_looked_is_not_missed(stage: MoneybirdStage):
    """[M1]: a version equals the whole seconds of ``updated_at``; the second payment leaves it as it was."""
    connector = stage.connector()
    (number,) = put(stage, connector, 1)
    first = stage.pay(number, Decimal("10.00"), ON)
    told, cursor = news(connector, None)
    version = stage.invoice(number)["version"]
    second = stage.pay(number, Decimal("20.00"), ON)
    assert stage.invoice(number)["version"] == version
    again, cursor = news(connector, cursor)
    assert ({one.id for one in told}, {one.id for one in again}) == ({first}, {first, second})
    stage.advance(timedelta(minutes=11))
    news(connector, cursor)
    before = len(stage.calls)
    quiet, _ = news(connector, news(connector, cursor)[1])
    assert quiet == [], "once it has been still for a while it is not looked at any more"
    assert len(stage.calls) - before == 3


def test_a_payment_that_is_removed_is_taken_back_once(stage: MoneybirdStage):
    """2.6: there is no list of payments; one that is deleted stands in its invoice no more, and that is all."""
    connector = stage.connector()
    (number,) = put(stage, connector, 1)
    payment = stage.pay(number, Decimal("181.50"), ON)
    _, cursor = news(connector, None)
    stage.advance(timedelta(hours=1))
    stage.undo(payment, ON)
    (gone,), later = news(connector, cursor)
    assert (gone.amount, gone.undone, gone.document_number) == (Decimal("-181.50"), payment, number)
    assert gone.id != payment
    assert gone.paid_on == ON, "as if it had never been"
    assert news(connector, cursor)[0] == [gone], "the same when it is asked again"
    assert news(connector, later)[0] == []


def test_an_invoice_that_is_deleted_takes_its_payments_back(stage: MoneybirdStage):
    connector = stage.connector()
    paid, unpaid = put(stage, connector, 2)
    payment = stage.pay(paid, Decimal("100.00"), ON)
    _, cursor = news(connector, None)
    for number in (paid, unpaid):
        stage.books.delete(stage.invoice(number)["id"])
    told, cursor = news(connector, cursor)
    assert [(one.undone, one.amount) for one in told] == [(payment, Decimal("-100.00"))]
    assert news(connector, cursor)[0] == []


def test_an_invoice_that_is_merely_not_listed_keeps_its_payments(
    stage: MoneybirdStage, monkeypatch: pytest.MonkeyPatch
):
    """Absence from a list proves nothing (domain.md): whether it is gone is asked by its id."""
    connector = stage.connector()
    (number,) = put(stage, connector, 1)
    stage.pay(number, Decimal("100.00"), ON)
    _, cursor = news(connector, None)
    monkeypatch.setattr(asked.MoneybirdConnector, "_versions", lambda self, within: {})
    told, _ = news(connector, cursor)
    assert [one.undone for one in told] == [None]


def test_an_invoice_that_is_listed_but_not_given_stops_the_reading(stage: MoneybirdStage):
    connector = stage.connector()
    put(stage, connector, 2)
    stage.trouble("fetch", body="[]", times=9)
    with pytest.raises(TryAgainLater):
        connector.payments(None)


def test_news_of_a_thousand_invoices_come_whole_over_pages_while_others_pay(stage: MoneybirdStage):
    connector = stage.connector()
    numbers = put(stage, connector, 1_010)
    made = {stage.pay(number, Decimal("1.00"), ON) for number in numbers}
    page = connector.payments(None)
    told = {one.id for one in page.payments}
    assert page.more
    for number in (numbers[0], numbers[-1]):
        made.add(stage.pay(number, Decimal("2.00"), ON))
    rest, cursor = news(connector, page.cursor)
    assert told | {one.id for one in rest} <= made
    late, cursor = news(connector, cursor)
    assert told | {one.id for one in (*rest, *late)} == made
    assert len(cursor) < 60 * len(numbers), "what a cursor takes for each paid invoice"


def test_settling_against_a_credit_note_is_no_payment(stage: MoneybirdStage):
    """2.5: it moves no money; our credit note has closed the invoice here already. What is open is told."""
    connector = stage.connector()
    bill = Delivery(stage, connector, invoice(connector)).finish()
    note = Delivery(stage, connector, invoice(connector, "20260102", kind=Kind.CREDIT_NOTE), key="n").finish()
    for one, other, price in ((bill.id, note.id, "181.50"), (note.id, bill.id, "-181.50")):
        action = {"manual_payment_action": records.SETTLEMENT, "invoice_id": other}
        stage.books.pay(one, {"payment_date": ON.isoformat(), "price": price, **action})
    page = connector.payments(None)
    assert page.payments == ()
    assert {one.document: one.open for one in page.open_items} == {bill.id: Decimal(0), note.id: Decimal(0)}


# --- whatever order -------------------------------------------------------------------------------------------------


class Reading(RuleBasedStateMachine):
    """Somebody pays, takes back, adds and deletes while we read page by page; what was told comes to what stands there.

    Time moves by seconds or by more than it takes for an invoice to settle; crashed readings are repeated.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stage = MoneybirdStage("token", unlimited=True)
        self.stage.__enter__()
        self.connector = self.stage.connector(transport=InMemory(self.stage.moneybird.handle))
        self.body = records.invoice_of(invoice(self.connector))
        self.made = 0
        self.told: dict[str, PaymentFact] = {}
        self.cursor: str | None = None
        self.quiet = False

    def teardown(self) -> None:
        self.stage.stop()

    def _any(self, place: int) -> dict[str, Any]:
        there = list(self.stage.books.invoices.values())
        return there[place % len(there)]

    @rule()
    def issue(self) -> None:
        self.made += 1
        self.stage.books.create({**self.body, "reference": str(self.made)})

    @precondition(lambda self: self.stage.books.invoices)
    @rule(place=st.integers(0, 50), cents=st.integers(1, 9_999))
    def pay(self, place: int, cents: int) -> None:
        given = {"payment_date": ON.isoformat(), "price": str(Decimal(cents) / 100)}
        self.stage.books.pay(self._any(place)["id"], given)

    @precondition(lambda self: self.stage.books.invoices)
    @rule(place=st.integers(0, 50))
    def take_back(self, place: int) -> None:
        there = self._any(place)
        if there["payments"]:
            self.stage.books.unpay(there["id"], there["payments"][0]["id"])

    @precondition(lambda self: self.stage.books.invoices)
    @rule(place=st.integers(0, 50))
    def delete(self, place: int) -> None:
        self.stage.books.delete(self._any(place)["id"])

    @rule(seconds=st.sampled_from((0, 1, 5, 299, 700)))
    def wait(self, seconds: int) -> None:
        self.stage.advance(timedelta(seconds=seconds))

    @rule(crashed=st.booleans())
    def read_a_page(self, crashed: bool) -> None:
        page = self.connector.payments(self.cursor)
        if crashed:  # facts and cursor are recorded together, or not at all
            return
        for one in page.payments:
            assert self.told.setdefault(one.id, one) == one, "the same fact is told the same"
        self.cursor = page.cursor

    @rule()
    def read_to_the_end(self) -> None:
        more = True
        while more:
            page = self.connector.payments(self.cursor)
            self.told |= {one.id: one for one in page.payments}
            self.cursor, more = page.cursor, page.more
        self.quiet = True

    @invariant()
    def nothing_missed_and_nothing_twice(self) -> None:
        if not self.quiet:
            return
        self.quiet = False
        sums: dict[str, Decimal] = {}
        for one in self.told.values():
            assert one.document is not None
            sums[one.document] = sums.get(one.document, Decimal()) + one.amount
        there = {
            known: sum((Decimal(one["price"]) for one in record["payments"]), Decimal())
            for known, record in self.stage.books.invoices.items()
        }
        assert {known: amount for known, amount in sums.items() if amount} == {
            known: amount for known, amount in there.items() if amount
        }


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "PER_SLICE", 2)


@pytest.mark.usefixtures("small_pages")
def test_whatever_happens_while_we_read_every_payment_is_told_once():
    run_state_machine_as_test(Reading, settings=settings(max_examples=40, stateful_step_count=25, deadline=None))
