"""Payments of Odoo: what counts, whose they are, and a cursor that passes nothing over (accounting-apis 11.6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import Connector, Kind, PaymentFact, Refused, TryAgainLater, everything
from connectors.fake.wire import InMemory
from tests.connectors.papers import Delivery, customer_id, invoice
from tests.connectors.stages.odoo import OdooStage
from tests.connectors.test_money import news, receipt

ON = date(2026, 9, 10)
WHOLE = Decimal("181.50")


@pytest.fixture(params=OdooStage.kinds)
def odoo(request: pytest.FixtureRequest) -> Iterator[OdooStage]:
    with OdooStage(request.param, unlimited=True) as running:
        yield running


def delivered(stage: OdooStage, connector: Connector, *numbers: str) -> list[int]:
    return [int(Delivery(stage, connector, invoice(connector, one), key=one).finish().id) for one in numbers]


def all_news(connector: Connector) -> dict[str, PaymentFact]:
    return {one.id: one for one in news(connector, None)[0]}


def test_a_payment_that_waits_for_its_bank_line_counts_only_if_the_connection_says_so(odoo: OdooStage):
    """With the accountant app; in the community edition a registered payment is paid at once."""
    (bill,) = delivered(odoo, odoo.connector(), "20260101")
    made = odoo.books.pay([bill], WHOLE, ON.isoformat(), "20260101", state="in_process")
    assert all_news(odoo.opened()) == {}
    assert set(all_news(odoo.opened(payments_count="registered"))) == {str(made)}
    odoo.books.rows["account.payment"][made]["state"] = "paid"
    assert set(all_news(odoo.opened())) == {str(made)}


@pytest.mark.parametrize("state", ["canceled", "rejected"])
def test_a_payment_that_was_undone_is_told_with_what_takes_it_back(odoo: OdooStage, state: str):
    (bill,) = delivered(odoo, odoo.connector(), "20260101")
    made = str(odoo.books.pay([bill], WHOLE, ON.isoformat(), "20260101"))
    odoo.undo(made, ON)
    odoo.books.rows["account.payment"][int(made)]["state"] = state
    told = all_news(odoo.connector())
    assert [(one.amount, one.undone) for one in told.values()] == [(WHOLE, None), (-WHOLE, made)]
    page = odoo.connector().payments(None)
    assert [item.open for item in page.open_items] == [WHOLE]


def test_payments_of_other_journals_are_none_of_our_business(odoo: OdooStage):
    connector = odoo.connector()
    theirs = {"move_type": "out_invoice", "partner_id": int(customer_id(connector)), "journal_id": 1, "name": "INV/1"}
    theirs["invoice_line_ids"] = [[0, 0, {"name": "Eigen factuur", "quantity": 1, "price_unit": 5}]]
    (other,) = odoo.odoo.call("account.move", "create", {"vals_list": [theirs]})
    odoo.odoo.call("account.move", "action_post", {"ids": [other]})
    (bill,) = delivered(odoo, connector, "20260101")
    odoo.books.pay([other], Decimal("5.00"), ON.isoformat(), "INV/1")
    both = odoo.books.pay([other, bill], Decimal("6.00"), ON.isoformat(), "INV/1 20260101")
    told = all_news(connector)
    assert {one.id: (one.document, one.reference) for one in told.values()} == {str(both): (None, "INV/1 20260101")}
    assert [item.number for item in connector.payments(None).open_items] == ["20260101"]


def test_one_payment_for_several_documents_says_what_the_payer_wrote(odoo: OdooStage):
    """How much went to which is told by the open amounts."""
    connector = odoo.connector()
    first, second = delivered(odoo, connector, "20260101", "20260102")
    odoo.books.pay([first, second], Decimal("200.00"), ON.isoformat(), "20260101 20260102")
    (fact,) = all_news(connector).values()
    assert (fact.amount, fact.document, fact.reference) == (Decimal("200.00"), None, "20260101 20260102")
    assert {item.number: item.open for item in connector.payments(None).open_items} == {
        "20260101": Decimal("0.00"),
        "20260102": Decimal("163.00"),
    }


def test_money_out_settles_a_credit_note_and_is_negative_for_anything_else(odoo: OdooStage):
    connector = odoo.connector()
    delivered(odoo, connector, "20260101")
    ours = invoice(connector, "2026C001", kind=Kind.CREDIT_NOTE)
    note = int(Delivery(odoo, connector, ours, key="n").finish().id)
    refund = odoo.books.pay([note], Decimal("60.00"), ON.isoformat(), "2026C001")
    back = odoo.books.pay([], Decimal("10.00"), ON.isoformat(), "te veel betaald")
    odoo.books.rows["account.payment"][back]["payment_type"] = "outbound"
    told = all_news(connector)
    assert {one.id: one.amount for one in told.values()} == {
        str(refund): Decimal("60.00"),
        str(back): Decimal("-10.00"),
    }
    assert connector.read_document(str(note)).open == Decimal("121.50")


def test_a_payment_that_we_pushed_is_recognised_when_it_comes_back(odoo: OdooStage):
    connector = odoo.connector()
    (bill,) = delivered(odoo, connector, "20260101")
    pushed = connector.push_payment(receipt(connector, str(bill)), key="p")
    assert (pushed.document, pushed.document_number) == (str(bill), "20260101")
    assert all_news(connector) == {pushed.id: pushed}
    assert connector.find_payment(receipt(connector, str(bill))).items == (pushed,)


def test_nothing_is_paid_on_what_is_paid_already(odoo: OdooStage):
    connector = odoo.connector()
    (bill,) = delivered(odoo, connector, "20260101")
    odoo.pay("20260101", WHOLE, ON)
    with pytest.raises(Refused) as refused:
        connector.push_payment(receipt(connector, str(bill), "0.01"), key="p")
    assert refused.value.cause == "nothing_open"


def test_what_is_not_posted_has_nothing_open(odoo: OdooStage):
    connector = odoo.connector()
    connector.create_document(invoice(connector, "20260101"), key="draft")
    (gone, bill) = delivered(odoo, connector, "20260102", "20260103")
    odoo.books.rows["account.move"][gone]["state"] = "cancel"
    assert [int(item.document) for item in everything(connector.open_items)] == [bill]
    assert [int(item.document) for item in connector.payments(None).open_items] == [bill]


@pytest.mark.parametrize("row", [{"id": 5}, {"id": 5, "amount": None}, []])
def test_a_payment_of_another_form_is_asked_for_again_and_not_half_read(row: object):
    with OdooStage("json-2", unlimited=True) as stage:
        connector = stage.connector()
        delivered(stage, connector, "20260101")
        stage.trouble("payments", body=json.dumps([row]), times=9)
        with pytest.raises(TryAgainLater):
            news(connector, None)


# --- the cursor -----------------------------------------------------------------------------------------------------


def test_a_payment_matched_long_after_it_came_in_is_told_with_its_document(odoo: OdooStage):
    """That the moment of the document moves is known (11.6); that of the payment may stay."""
    connector = odoo.connector()
    (bill,) = delivered(odoo, connector, "20260101")
    made = odoo.books.pay([], WHOLE, ON.isoformat(), "?")
    odoo.advance(timedelta(days=1))
    delivered(odoo, connector, "20260102")
    _, cursor = news(connector, None)
    payment = odoo.books.rows["account.payment"][made]
    written = payment["write_date"]
    odoo.advance(timedelta(days=2))
    odoo.books.match(made, bill)
    payment["write_date"] = written
    (fact,), _ = news(connector, cursor)
    assert (fact.id, fact.document) == (str(made), str(bill))


def test_a_change_that_took_long_and_appears_with_an_older_moment_is_not_passed_over(odoo: OdooStage):
    """``write_date`` is when a change began, not when it could be seen."""
    connector = odoo.connector()
    (bill,) = delivered(odoo, connector, "20260101")
    odoo.advance(timedelta(hours=1))
    odoo.pay("20260101", Decimal("1.00"), ON)
    _, cursor = news(connector, None)
    slow = odoo.books.pay([], Decimal("7.00"), ON.isoformat(), "?")
    odoo.books.rows["account.payment"][slow]["write_date"] -= 240
    assert str(slow) in {one.id for one in news(connector, cursor)[0]}
    assert bill


def test_when_nothing_is_new_the_old_is_not_read_again(odoo: OdooStage):
    connector = odoo.connector()
    delivered(odoo, connector, *[f"2026010{place}" for place in range(7)])
    _, cursor = news(connector, None)
    odoo.advance(timedelta(hours=1))
    odoo.pay("20260103", WHOLE, ON)
    _, cursor = news(connector, cursor)
    page = connector.payments(cursor)
    assert ([item.number for item in page.open_items], page.more) == (["20260103"], False)
    assert page.cursor == cursor


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("pay"), st.integers(0, 4)),
        st.tuples(st.just("undo"), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.sampled_from([0.4, 1, 61, 400])),
        st.tuples(st.just("read"), st.just(0)),
    ),
    max_size=25,
)


@settings(max_examples=40, deadline=None)
@given(steps=STEPS)
def test_whatever_happens_between_two_pages_every_payment_and_open_amount_is_told(steps: list[tuple[str, float]]):
    with OdooStage("json-2", unlimited=True) as stage:
        connector = stage.opened(InMemory(stage._handle))
        numbers = [f"2026010{place}" for place in range(5)]
        delivered(stage, connector, *numbers)
        facts: dict[str, PaymentFact] = {}
        open_now: dict[str, Decimal] = {}
        cursor: str | None = None
        made: list[str] = []

        def read(cursor: str | None) -> tuple[str, bool]:
            page = connector.payments(cursor)
            facts.update({one.id: one for one in page.payments})
            open_now.update({item.number or "": item.open for item in page.open_items})
            return page.cursor, page.more

        for what, which in steps:
            if what == "pay":
                made.append(stage.pay(numbers[int(which)], Decimal("1.00"), ON))
            elif what == "undo" and int(which) < len(made):
                stage.undo(made[int(which)], ON)
            elif what == "wait":
                stage.advance(timedelta(seconds=which))
            elif what == "read":
                cursor, _ = read(cursor)
        for _ in range(2):  # what moved during the round that is under way comes with the next one
            more = True
            while more:
                cursor, more = read(cursor)
        rows = stage.books.rows
        paid = {str(one["id"]) for one in rows["account.payment"].values()}
        undone = {str(one["id"]) for one in rows["account.payment"].values() if one["state"] == "canceled"}
        assert {one for one in facts if not one.endswith("-undone")} == paid
        assert {one.undone for one in facts.values() if one.undone} == undone
        assert open_now == {one["name"]: one["amount_residual"] for one in rows["account.move"].values()}
