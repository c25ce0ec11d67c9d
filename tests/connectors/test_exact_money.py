"""Money that comes in and goes out at Exact Online (accounting-apis 1.6): terms, cursors, receipts of ours."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from connectors.base import (
    Connector,
    Kind,
    NotSupported,
    Outcome,
    OutcomeUnknown,
    Payment,
    PaymentFact,
    Refused,
    everything,
)
from connectors.exact import PACKAGE
from connectors.fake.wire import Reply, Request, Trouble
from tests.connectors.papers import CUSTOMER, Delivery, invoice
from tests.connectors.stages.exact import ExactStage
from tests.connectors.stages.exact.books import CASH_FLOW, Books
from tests.connectors.stages.exact.odata import Row

ON = date(2026, 9, 10)


@pytest.fixture(params=[-1, 1], ids=["invoices are negative", "invoices are positive"])
def exact(request: pytest.FixtureRequest) -> Iterator[ExactStage]:
    """No documentation says which sign a term has: everything here holds for both."""
    with ExactStage("code", unlimited=True) as stage:
        stage.exact.books = stage.books = Books(stage.exact.today, sign=request.param)
        yield stage


def delivered(stage: ExactStage, *numbers: str, **more: object) -> list[str]:
    connector = stage.connector()
    return [Delivery(stage, connector, invoice(connector, one, **more), key=one).finish().id for one in numbers]


def told(connector: Connector, cursor: str | None = None) -> tuple[dict[str, PaymentFact], dict[str, Decimal], str]:
    """All news since the cursor as it stands at the end: payments by id, open amounts by number."""
    facts: dict[str, PaymentFact] = {}
    opened: dict[str, Decimal] = {}
    while True:
        page = connector.payments(cursor)
        facts |= {one.id: one for one in page.payments}
        opened |= {one.number or "": one.open for one in page.open_items}
        cursor = page.cursor
        if not page.more:
            return facts, opened, cursor


def bank(stage: ExactStage, account: Row, amount: str, text: str = "") -> Row:
    """A bank line on a debtor, not matched yet unless it is exactly what is open; its term."""
    debtors = stage.books.one("financial/GLAccounts", "1300", key="Code")["ID"]
    line = {"Account": account["ID"], "AmountFC": float(amount), "Date": ON, "GLAccount": debtors, "Description": text}
    made = stage.books.bank({"JournalCode": "20", "BankEntryLines": [line]})
    (term,) = stage.books.terms_of(made["EntryID"])
    return term


def customer(stage: ExactStage) -> Row:
    return next(row for row in stage.books.table("crm/Accounts") if row["Code"].strip() == CUSTOMER.code)


def owed(stage: ExactStage, number: str) -> Row:
    terms = stage.books.terms_of(stage.entry(number)["EntryID"])
    return next(term for term in terms if term["Status"] == 20)


def test_a_receipt_is_told_with_its_day_payer_and_document_whatever_the_signs_of_terms(exact: ExactStage):
    (remote,) = delivered(exact, "20260101")
    exact.pay("20260101", Decimal("81.50"), ON, reference="factuur 20260101")
    facts, opened, _ = told(exact.connector())
    (fact,) = facts.values()
    assert (fact.amount, fact.paid_on, fact.document, fact.document_number) == (
        Decimal("81.50"),
        ON,
        remote,
        "20260101",
    )
    assert (fact.reference, fact.iban) == ("factuur 20260101", "NL91ABNA0417164300")
    assert fact.customer == customer(exact)["ID"]
    assert opened == {"20260101": Decimal("100.00")}


def test_a_receipt_that_is_matched_later_comes_again_with_its_document(exact: ExactStage):
    (remote,) = delivered(exact, "20260101")
    term = bank(exact, customer(exact), "100.00", "van De Eik")
    facts, opened, cursor = told(exact.connector())
    assert (facts[term["ID"]].document, facts[term["ID"]].amount) == (None, Decimal("100.00"))
    assert opened == {"20260101": Decimal("181.50")}
    exact.books.match(term, owed(exact, "20260101"))
    facts, opened, cursor = told(exact.connector(), cursor)
    assert (facts[term["ID"]].document, facts[term["ID"]].amount) == (remote, Decimal("100.00"))
    assert opened == {"20260101": Decimal("81.50")}
    exact.books.unmatch(term, next(one for one in exact.books.terms_of(remote) if one["Status"] == 50))
    facts, opened, _ = told(exact.connector(), cursor)
    assert (facts[term["ID"]].document, facts[term["ID"]].undone) == (None, None)
    assert opened == {"20260101": Decimal("181.50")}


def test_a_receipt_for_two_invoices_is_told_in_its_parts(exact: ExactStage):
    first, second = delivered(exact, "20260101", "20260102")
    term = bank(exact, customer(exact), "200.00")
    exact.books.match(term, owed(exact, "20260101"))
    rest = next(one for one in exact.books.terms_of(term["TransactionEntryID"]) if one["Status"] == 20)
    exact.books.match(rest, owed(exact, "20260102"))
    facts, opened, _ = told(exact.connector())
    assert {one.document: one.amount for one in facts.values()} == {
        first: Decimal("181.50"),
        second: Decimal("18.50"),
    }
    assert opened == {"20260101": Decimal("0.00"), "20260102": Decimal("163.00")}


def test_money_paid_back_is_negative_and_an_overpayment_leaves_its_rest_unmatched(exact: ExactStage):
    delivered(exact, "20260101")
    exact.pay("20260101", Decimal("200.00"), ON)
    bank(exact, customer(exact), "-15.00", "terug")
    facts, opened, _ = told(exact.connector())
    amounts = sorted((one.amount, one.document is None) for one in facts.values())
    assert amounts == [(Decimal("-15.00"), True), (Decimal("18.50"), True), (Decimal("181.50"), False)]
    assert opened == {"20260101": Decimal("0.00")}


def test_what_pays_somebody_elses_invoice_is_not_ours(exact: ExactStage):
    """Another journal, another program. What was told before it was matched with that, is taken back."""
    delivered(exact, "20260101")
    _, _, cursor = told(exact.connector())
    entry = exact.entry("20260101")
    lines = [{"AmountFC": 60.0, "GLAccount": exact.books.one("financial/GLAccounts", "8000", key="Code")["ID"]}]
    other = {"Customer": entry["Customer"], "Journal": "71", "SalesEntryLines": lines, "YourRef": "WEB-1"}
    exact.books.book(other)
    term = bank(exact, customer(exact), "60.00")
    assert term["Status"] == 50, "Exact matches equal amounts by itself"
    facts, _, _ = told(exact.connector(), cursor)
    assert (facts[term["ID"]].undone, facts[term["ID"]].amount) == (term["ID"], Decimal("0.00"))
    facts, opened, _ = told(exact.connector())
    assert (facts, opened) == ({}, {"20260101": Decimal("181.50")}), "where nothing was told, nothing is taken back"
    assert [item.number for item in everything(exact.connector().open_items)] == ["20260101"]


def test_a_receipt_belongs_to_the_invoice_of_its_own_payer(exact: ExactStage):
    """``YourRef`` is not unique: somebody booked an invoice of another customer by hand, with the same reference."""
    connector = exact.connector()
    other = connector.upsert_customer(replace(CUSTOMER, code="2002"), key="other").id
    ours = connector.create_document(invoice(connector), key="k").id
    theirs = connector.create_document(invoice(connector, customer=other), key="l").id
    account = exact.books.one("crm/Accounts", other)
    term = bank(exact, account, "181.50")
    facts, _, _ = told(connector)
    assert facts[term["ID"]].document == theirs != ours


def test_a_credit_note_that_is_set_off_is_no_payment(exact: ExactStage):
    delivered(exact, "20260101")
    delivered(exact, "20260102", kind=Kind.CREDIT_NOTE)
    exact.books.match(owed(exact, "20260102"), owed(exact, "20260101"))
    facts, opened, _ = told(exact.connector())
    assert facts == {}
    assert opened == {"20260101": Decimal("0.00"), "20260102": Decimal("0.00")}


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_cursor_skips_nothing_whatever_the_order_of_changes_on_the_pages(exact: ExactStage, shuffled: bool):
    """Timestamps above 2^53, and a service that is killed between any two pages."""
    exact.exact.shuffled = shuffled
    numbers = [f"202601{place:02}" for place in range(1, 10)]
    delivered(exact, *numbers)
    made = {exact.pay(number, Decimal(f"{10 + place}.00"), ON) for place, number in enumerate(numbers)}
    seen: set[str] = set()
    cursor, pages = None, 0
    while True:
        page = exact.connector().payments(cursor)
        seen |= {one.id for one in page.payments}
        cursor, pages = page.cursor, pages + 1
        if not page.more:
            break
    assert pages > 4
    assert seen == made
    assert json.loads(cursor)["terms"] > 2**53
    assert told(exact.connector(), cursor)[0] == {}
    later = exact.pay(numbers[0], Decimal("1.00"), ON)
    assert later in told(exact.connector(), cursor)[0]


def test_after_a_move_of_the_division_everything_is_told_again(exact: ExactStage):
    delivered(exact, "20260101")
    paid = exact.pay("20260101", Decimal("10.00"), ON)
    _, _, cursor = told(exact.connector())
    assert told(exact.connector(), cursor)[0] == {}
    exact.books.division["DivisionMoveDate"] = date(2026, 9, 11)
    for place, term in enumerate(exact.books.table("sync/Cashflow/PaymentTerms")):
        term["Timestamp"] = place + 2  # lower than any before
    assert paid in told(exact.connector(), cursor)[0]


def test_a_bank_entry_that_is_deleted_takes_its_payment_back(exact: ExactStage):
    delivered(exact, "20260101")
    paid = exact.pay("20260101", Decimal("181.50"), ON)
    _, opened, cursor = told(exact.connector())
    assert opened == {"20260101": Decimal("0.00")}
    exact.advance(timedelta(days=9))
    exact.undo(paid, ON)
    facts, opened, cursor = told(exact.connector(), cursor)
    assert facts == {paid: PaymentFact(paid, Decimal("0.00"), ON, "EUR", undone=paid)}
    assert opened == {"20260101": Decimal("181.50")}
    assert told(exact.connector(), cursor)[0] == {}


def test_signs_that_contradict_each_other_stop_the_reading_of_payments(exact: ExactStage):
    delivered(exact, "20260101", "20260102")
    exact.books.terms_of(exact.entry("20260102")["EntryID"])[0]["AmountFC"] *= -1
    bank(exact, exact.books.nobody, "5.00")
    with pytest.raises(Refused) as refused:
        told(exact.connector())
    assert refused.value.cause == "answer_not_understood"


def test_a_document_whose_open_parts_stand_on_two_pages_is_listed_once(exact: ExactStage):
    delivered(exact, *[f"202601{place:02}" for place in range(1, 6)])
    for place in range(1, 6):
        exact.books.match(bank(exact, customer(exact), "20.00"), owed(exact, f"202601{place:02}"))
        term = owed(exact, f"202601{place:02}")
        other = {name: value for name, value in term.items() if name not in {"ID", "_no", "Timestamp"}}
        exact.books._term(**{**other, "AmountFC": term["AmountFC"] / 2})  # instalments
        term["AmountFC"] /= 2
    listed = list(everything(exact.connector().open_items))
    assert sorted(item.number or "" for item in listed) == [f"202601{place:02}" for place in range(1, 6)]
    assert {item.open for item in listed} == {Decimal("161.50")}
    assert {item.total for item in listed} == {Decimal("181.50")}


# --- receipts of ours -----------------------------------------------------------------------------------------------


def pushing(exact: ExactStage) -> Connector:
    """A connection on which somebody switched pushing on: it is unverified, and off."""
    with pytest.raises(NotSupported):
        exact.connector().push_payment(receipt("", "1.00"), key="p")
    return PACKAGE.connect(replace(exact.connection(), enabled=frozenset({"push_payment"})))


def receipt(remote: str, amount: str) -> Payment:
    return Payment("R-1", remote, ON, Decimal(amount), "EUR", "20", "per pin")


def test_a_pushed_receipt_comes_in_as_news_with_the_same_id_and_is_matched_only_if_it_is_exactly_what_is_open(
    exact: ExactStage,
):
    connector = pushing(exact)
    for number, amount, left in (("20260101", "181.50", "0.00"), ("20260102", "80.00", "101.50")):
        (remote,) = delivered(exact, number)
        fact = connector.push_payment(receipt(remote, amount), key="p")
        facts, opened, _ = told(connector)
        assert facts[fact.id].amount == fact.amount == Decimal(amount)
        assert facts[fact.id].document == (remote if left == "0.00" else None)
        assert opened[number] == (Decimal(left) if left == "0.00" else Decimal("181.50"))
    line = exact.books.table("financialtransaction/BankEntryLines")[0]
    entry = exact.entry("20260101")
    assert (line["OurRef"], line["Account"], line["Notes"]) == (entry["InvoiceNumber"], entry["Customer"], "per pin")


def test_a_pushed_receipt_that_cannot_be_read_back_is_looked_up_and_not_pushed_again(exact: ExactStage):
    connector = pushing(exact)
    (remote,) = delivered(exact, "20260101")
    exact.trouble("payment", status=502)
    with pytest.raises(OutcomeUnknown):
        connector.push_payment(receipt(remote, "80.00"), key="p")
    found = connector.find_payment(receipt(remote, "80.00"))
    assert (found.outcome, found.items[0].number, found.items[0].amount) == (Outcome.ONE, "R-1", Decimal("80.00"))
    term = exact.books.terms_of(exact.books.table("financialtransaction/BankEntries")[0]["EntryID"])[0]
    exact.books.match(term, owed(exact, "20260101"))
    assert connector.find_payment(receipt(remote, "80.00")).items[0].id == found.items[0].id
    assert term["TransactionType"] == CASH_FLOW


def test_a_receipt_that_is_booked_and_cannot_be_seen_yet_is_unclear_and_not_called_undone(exact: ExactStage):
    (remote,) = delivered(exact, "20260101")
    answers = exact.exact.troubled

    def blind_after_booking(request: Request) -> Reply:
        reply = answers(request)
        if re.fullmatch(exact.routes["payment"], request.line):
            answers.add(Trouble(exact.routes["open"], status=502, applies=False, times=9))
        return reply

    exact.exact.troubled = blind_after_booking  # type: ignore[assignment]
    with pytest.raises(OutcomeUnknown):
        pushing(exact).push_payment(receipt(remote, "80.00"), key="p")
    answers.clear()
    assert pushing(exact).find_payment(receipt(remote, "80.00")).outcome is Outcome.ONE


def test_a_receipt_for_what_is_not_there_is_refused_before_anything_is_booked(exact: ExactStage):
    with pytest.raises(Refused) as refused:
        pushing(exact).push_payment(receipt("00000000-0000-4000-8000-000000000000", "80.00"), key="p")
    assert refused.value.cause == "nothing_open"
    assert exact.books.table("financialtransaction/BankEntries") == []
