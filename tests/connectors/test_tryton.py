"""What is special about Tryton, each with its section of the reference."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from connectors.base import (
    Connector,
    Document,
    Kind,
    Line,
    NotSupported,
    Outcome,
    OutcomeUnknown,
    Payment,
    Refused,
    SignInAgain,
    State,
    TryAgainLater,
    VatGroup,
    cents,
    everything,
)
from connectors.fake.wire import Manner, Trouble
from connectors.tryton.records import Around, invoice_values
from tests.connectors.papers import CUSTOMER, Delivery, document, invoice, line
from tests.connectors.stages.tryton import TrytonStage
from tests.connectors.test_money import news

ON = date(2026, 9, 10)


@pytest.fixture
def stage() -> Iterator[TrytonStage]:
    with TrytonStage("scripted") as running:
        yield running


def delivered(stage: TrytonStage, connector: Connector, number: str = "20260101", **more: object) -> str:
    return Delivery(stage, connector, invoice(connector, number, **more), key=number, file=None).finish().id


# --- signing in (12.2) ------------------------------------------------------------------------------------------------


def test_a_session_that_the_server_no_longer_takes_is_opened_again_and_the_call_goes_through(stage: TrytonStage):
    connector = stage.connector()
    draft = connector.create_document(invoice(connector), key="k")
    before = stage.sent("token")
    stage.advance(timedelta(days=31))
    assert connector.read_document(draft.id).state is State.DRAFT
    stage.trouble("post", applies=False, status=401)  # it wants one that was used in the last five minutes
    assert connector.post(draft.id).state is State.BOOKED
    assert stage.sent("token") == before + 2


def test_after_too_many_wrong_passwords_the_server_is_left_alone(stage: TrytonStage):
    stage.lose_sign_in()
    connector = stage.connector()
    for _ in range(6):
        with pytest.raises(SignInAgain):
            connector.check()
    with pytest.raises(TryAgainLater) as later:
        connector.check()
    assert later.value.wait == "limit"


def test_a_user_without_a_company_and_an_unknown_database_are_said_so(stage: TrytonStage):
    stage.trouble("preferences", body='{"id":1,"result":{"language":"en"}}')
    with pytest.raises(Refused) as refused:
        stage.connector().check()
    assert (refused.value.fix, refused.value.cause) == ("fix_rights", "no_permission")
    settings = stage.settings()
    stage.settings = lambda: {**settings, "database": "elsewhere"}  # type: ignore[method-assign]
    with pytest.raises(Refused, match="not found"):
        stage.connector().check()


def test_the_company_may_be_chosen(stage: TrytonStage):
    settings = stage.settings()
    stage.settings = lambda: {**settings, "company": "2"}  # type: ignore[method-assign]
    with pytest.raises(Refused) as refused:
        stage.connector().check()
    assert refused.value.cause == "no_permission", "the stage knows company 1 only"
    assert stage.sent("preferences") == 0


# --- invoices and credit notes (12.4, 12.5) ---------------------------------------------------------------------------


def test_our_number_is_the_reference_and_a_person_sees_two_of_one(stage: TrytonStage):
    """It is not unique there: both can be posted, so the look before a resend is all there is (12.7)."""
    connector = stage.connector()
    ids = {delivered(stage, connector), delivered(stage, connector)}
    assert len(ids) == 2
    assert {one.id for one in connector.find_document(Kind.INVOICE, "20260101").items} == ids
    assert connector.find_document(Kind.CREDIT_NOTE, "20260101").items == ()


def test_what_was_cancelled_there_is_not_found_but_listed(stage: TrytonStage):
    connector = stage.connector()
    draft = connector.create_document(invoice(connector), key="k")
    stage.books.all["account.invoice"][int(draft.id)]["state"] = "cancelled"
    assert connector.find_document(Kind.INVOICE, "20260101").items == ()
    (listed,) = everything(lambda cursor: connector.documents(ON - timedelta(days=30), cursor))
    assert (listed.state, listed.open) == (State.CANCELLED, 0)


def test_our_vat_leads_also_where_tryton_computes_another_cent(stage: TrytonStage):
    connector = stage.connector()
    ours = invoice(connector)
    off = replace(
        ours, vat=(replace(ours.vat[0], tax=Decimal("31.51")),), tax=Decimal("31.51"), total=Decimal("181.51")
    )
    there = connector.create_document(off, key="k")
    assert (there.tax, there.total, there.vat) == (Decimal("31.51"), Decimal("181.51"), off.vat)
    before = connector.create_document(ours, key="l")
    assert connector.update_document(before.id, off).total == Decimal("181.51")
    assert connector.post(there.id).total == Decimal("181.51")


def test_a_discount_of_the_same_vat_code_keeps_our_vat_though_tryton_groups_by_sign(stage: TrytonStage):
    connector = stage.connector()
    ours = document(connector, "20260101", line(connector, "100.03"), line(connector, "-10.01"))
    there = connector.create_document(ours, key="k")
    assert there.vat == ours.vat
    assert len(stage.books.all["account.invoice.tax"]) == 2


def test_a_part_credit_counts_against_its_invoice_once_until_both_are_paid(stage: TrytonStage):
    """Tryton cannot reconcile a part: the credit note becomes a payment of the invoice, and stays open itself."""
    connector = stage.connector()
    bill = delivered(stage, connector)
    part = document(connector, "20260102", line(connector, "50.00"), kind=Kind.CREDIT_NOTE, credits=bill)
    note = Delivery(stage, connector, part, key="n", file=None).finish()
    assert [(item.number, item.open) for item in everything(connector.open_items)] == [("20260101", Decimal("121.00"))]
    stage.pay("20260101", Decimal("121.00"), ON)
    assert [connector.read_document(one).open for one in (bill, note.id)] == [0, 0]
    assert {one["state"] for one in stage.books.all["account.invoice"].values()} == {"paid"}


def test_a_credit_of_what_was_partly_paid_closes_the_invoice_and_leaves_the_payment_to_the_customer(stage: TrytonStage):
    connector = stage.connector()
    bill = delivered(stage, connector)
    paid = stage.pay("20260101", Decimal("80.00"), ON)
    note = delivered(stage, connector, "20260102", kind=Kind.CREDIT_NOTE, credits=bill)
    assert [connector.read_document(one).open for one in (bill, note)] == [0, 0]
    told, _ = news(connector, None)
    assert [(one.id, one.document) for one in told] == [(paid, None)]


def test_a_credit_of_more_than_is_open_of_a_part_is_left_to_a_person(stage: TrytonStage):
    connector = stage.connector()
    bill = delivered(stage, connector)
    stage.pay("20260101", Decimal("150.00"), ON)
    part = document(connector, "20260102", line(connector, "50.00"), kind=Kind.CREDIT_NOTE, credits=bill)
    note = Delivery(stage, connector, part, key="n", file=None).finish()
    assert [connector.read_document(one).open for one in (bill, note.id)] == [Decimal("31.50"), Decimal("60.50")]


def test_a_warning_that_we_do_not_know_is_a_persons_to_confirm(stage: TrytonStage):
    connector = stage.connector()
    draft = connector.create_document(invoice(connector), key="k")
    warning = {"id": 1, "error": ["UserWarning", ["0f.something_new", "Are you sure?", ""]]}
    stage.trouble("post", applies=False, status=200, body=json.dumps(warning))
    with pytest.raises(Refused) as refused:
        connector.post(draft.id)
    assert refused.value.detail == "Are you sure?"
    assert stage.sent("confirm") == 0


def test_what_is_missing_in_tryton_is_named(stage: TrytonStage):
    connector = stage.connector()
    ours = invoice(connector)
    stage.books.all["account.configuration"][1]["default_account_receivable"] = None
    with pytest.raises(Refused) as refused:
        connector.create_document(ours, key="k")
    assert refused.value.fix == "fix_mapping"
    for wrong, cause in (
        (replace(ours, currency="USD"), "currency"),
        (replace(ours, journal="999"), "journal_unknown"),
        (replace(ours, kind=Kind.CREDIT_NOTE, credits="999"), "credited_invoice_unknown"),
    ):
        stage.books.all["account.configuration"][1]["default_account_receivable"] = stage.books.receivable
        with pytest.raises(Refused) as refused:
            connector.create_document(wrong, key="k")
        assert refused.value.cause == cause
    with pytest.raises(NotSupported):
        connector.create_document(replace(ours, lines=(replace(ours.lines[0], cost_centre="1"),)), key="k")
    assert stage.documents() == []


amounts = some.decimals("-999.99", "999.99", places=2).filter(bool)


@given(some.lists(some.tuples(some.sampled_from(["1", "2"]), amounts, some.integers(1, 9999)), min_size=1, max_size=6))
def test_whatever_the_lines_amounts_and_vat_arrive_as_issued(lines: list[tuple[str, Decimal, int]]):
    """Each line multiplies out, half to even, to its amount; the taxes of each code add up to ours (12.4)."""
    issued = tuple(
        Line("x", amount, code, "S", Decimal(21), "5", Decimal(quantity) / 100, cents(amount / quantity * 100))
        for code, amount, quantity in lines
    )
    groups = {code: sum((one.amount for one in issued if one.vat_code == code), Decimal()) for code, _, _ in lines}
    vat = tuple(VatGroup(code, base, cents(base * 21 / 100) + Decimal("0.01")) for code, base in groups.items())
    net, tax = sum(groups.values(), Decimal()), sum((one.tax for one in vat), Decimal())
    head = {"customer": "1", "issue_date": ON, "due_date": ON, "currency": "EUR", "reference": "1"}
    ours = Document(Kind.INVOICE, "1", lines=issued, vat=vat, net=net, tax=tax, total=net + tax, **head)  # type: ignore[arg-type]
    taxes = {key: {"id": key, "name": "x", "description": "x", "legal_notice": None} for key in (1, 2)}
    accounts = {"invoice_account": 8, "credit_note_account": 9}
    around = Around(1, 1, 1, 1, 1, 1, {key: {**tax, **accounts} for key, tax in taxes.items()})
    sent = invoice_values(ours, around)
    written = [(Decimal(str(one["quantity"])), one["unit_price"]) for one in sent["lines"][0][1]]
    assert [round(quantity * price, 2) for quantity, price in written] == [one.amount for one in issued]
    for group in vat:
        told = [one for one in sent["taxes"][0][1] if one["tax"] == int(group.code)]
        assert (sum(one["base"] for one in told), sum(one["amount"] for one in told)) == (group.taxable, group.tax)
        assert len({one["base"] >= 0 for one in told}) == len(told)
        assert all(one["account"] == (8 if one["base"] >= 0 else 9) for one in told)


def test_quantities_and_prices_that_tryton_takes_otherwise_keep_our_amount(stage: TrytonStage):
    """Half of 0.25 is 0.13 here and 0.12 there: it rounds half to even, and refuses more than four decimals (12.4)."""
    connector = stage.connector()
    halves = line(connector, "0.13", quantity=Decimal("0.5"), unit_price=Decimal("0.25"))
    whole = line(connector, "0.38", quantity=Decimal("0.5"), unit_price=Decimal("0.75"))
    thirds = line(connector, "1.00", quantity=Decimal(3), unit_price=Decimal("0.333333"))
    there = connector.create_document(document(connector, "20260101", halves, whole, thirds), key="k")
    assert there.net == Decimal("1.51")


def test_a_draft_that_somebody_worked_on_is_still_a_draft_and_becomes_ours_again(stage: TrytonStage):
    """Validated is not posted; a term and a date in the books are its bookkeeper's to fill in (12.4)."""
    connector = stage.connector()
    draft = connector.create_document(invoice(connector), key="k")
    row = stage.books.all["account.invoice"][int(draft.id)]
    row |= {"state": "validated", "accounting_date": ON}
    there = connector.read_document(draft.id)
    assert (there.state, there.issue_date) == (State.DRAFT, ON)
    row |= {"state": "draft", "accounting_date": None, "payment_term": 1}
    ours = connector.update_document(draft.id, invoice(connector))
    assert (ours.due_date, row["payment_term"]) == (draft.due_date, None)


@pytest.mark.parametrize("theirs", [{"type": "in"}, {"company": 2}])
def test_what_suppliers_send_and_other_companies_keep_is_none_of_ours(stage: TrytonStage, theirs: dict[str, object]):
    connector = stage.connector()
    bill = delivered(stage, connector)
    stage.books.all["account.invoice"][int(bill)] |= theirs
    assert connector.find_document(Kind.INVOICE, "20260101").items == ()
    assert list(everything(lambda cursor: connector.documents(date(2026, 1, 1), cursor))) == []
    assert list(everything(connector.open_items)) == []


def test_a_customer_that_was_set_aside_there_is_still_found_by_its_code(stage: TrytonStage):
    """Its code is taken; a search that says nothing of it looks at active ones only (12.3)."""
    connector = stage.connector()
    made = connector.upsert_customer(CUSTOMER, key="c")
    stage.books.all["party.party"][int(made.id)]["active"] = False
    assert [one.id for one in connector.find_customer(CUSTOMER.code).items] == [made.id]
    assert list(everything(connector.list_customers)) == []


def test_what_falls_due_in_parts_is_due_with_the_last(stage: TrytonStage):
    connector = stage.connector()
    bill = delivered(stage, connector)
    claim = connector.read_document(bill).due_date
    assert claim is not None
    books = stage.books
    move = books.all["account.invoice"][int(bill)]["move"]
    books.line(move, 2, Decimal("-1.00"), maturity_date=claim + timedelta(days=30))
    assert connector.read_document(bill).due_date == claim + timedelta(days=30)


# --- payments (12.6) --------------------------------------------------------------------------------------------------


def test_a_part_payment_that_was_reversed_is_told_although_the_invoice_did_not_change(stage: TrytonStage):
    connector = stage.connector()
    bill = delivered(stage, connector)
    paid = stage.pay("20260101", Decimal("80.00"), ON)
    _, cursor = news(connector, None)
    stage.advance(timedelta(hours=1))
    changed = stage.books.all["account.invoice"][int(bill)]["last_modified_at"]
    stage.undo(paid, ON)
    assert stage.books.all["account.invoice"][int(bill)]["last_modified_at"] == changed
    told, _ = news(connector, cursor)
    fresh = [(one.amount, one.undone, one.document) for one in told if one.id != paid]
    assert fresh == [(Decimal("-80.00"), paid, bill)]
    assert connector.read_document(bill).open == Decimal("181.50")


def test_a_payment_that_changes_while_we_read_pages_is_not_passed_over(stage: TrytonStage):
    connector = stage.connector()
    delivered(stage, connector)
    made = [stage.pay("20260101", Decimal("1.00"), ON) for _ in range(5)]
    first = connector.payments(None)
    assert first.more
    moves = stage.books.all["account.move"]
    early = moves[stage.books.all["account.move.line"][int(made[0])]["move"]]
    early["last_modified_at"] = stage.books.now()  # posted again: it moves to the end
    told, _ = news(connector, first.cursor)
    assert {one.id for one in (*first.payments, *told)} == set(made)
    assert made[0] in {one.id for one in told}


def test_what_shows_late_is_seen_at_the_next_pull(stage: TrytonStage):
    """A transaction that took five minutes: it bears the moment at which it began (12.6)."""
    connector = stage.connector()
    delivered(stage, connector)
    stage.pay("20260101", Decimal("1.00"), ON)
    _, cursor = news(connector, None)
    late = stage.pay("20260101", Decimal("2.00"), ON)
    move = stage.books.all["account.move"][stage.books.all["account.move.line"][int(late)]["move"]]
    move["last_modified_at"] -= timedelta(minutes=5)
    for invoice_ in stage.books.all["account.invoice"].values():
        invoice_["last_modified_at"] -= timedelta(minutes=5)
    assert late in {one.id for one in news(connector, cursor)[0]}


def test_pulling_again_and_again_without_news_does_not_go_back_in_time(stage: TrytonStage):
    connector = stage.connector()
    delivered(stage, connector)
    stage.pay("20260101", Decimal("1.00"), ON)
    _, cursor = news(connector, None)
    for _ in range(3):
        _, again = news(connector, cursor)
        assert again == cursor


def test_a_receipt_is_known_again_by_its_number_in_the_description(stage: TrytonStage):
    connector = stage.connector()
    bill = delivered(stage, connector)
    for number, amount in (("R-1", "10.00"), ("R-12", "20.00")):
        connector.push_payment(Payment(number, bill, ON, Decimal(amount), "EUR", "1", "contant"), key=number)
    found = connector.find_payment(Payment("R-1", bill, ON, Decimal("10.00"), "EUR", "1"))
    assert [(one.number, one.amount, one.reference) for one in found.items] == [
        ("R-1", Decimal("10.00"), "[R-1] contant")
    ]
    with pytest.raises(Refused) as refused:
        connector.push_payment(Payment("R-2", bill, ON, Decimal("10.00"), "EUR", "999"), key="x")
    assert refused.value.cause == "payment_method_unknown"


def test_a_receipt_in_full_whose_answer_is_lost_is_not_sent_again(stage: TrytonStage):
    """The whole of what is open is booked one call earlier than a part of it (12.6)."""
    connector = stage.connector()
    bill = delivered(stage, connector)
    payment = Payment("R-1", bill, ON, Decimal("181.50"), "EUR", "1")
    stage.troubled.add(Trouble(r".*pay\.execute choice", manner=Manner.RESET))
    with pytest.raises(OutcomeUnknown):
        connector.push_payment(payment, key="p")
    assert connector.find_payment(payment).outcome is Outcome.ONE


# --- customers (12.3) -------------------------------------------------------------------------------------------------


def test_a_vat_number_that_is_none_is_kept_but_not_called_one(stage: TrytonStage):
    """Tryton refuses a wrong one by name; a right one it calls a European VAT number (12.3)."""
    connector = stage.connector()
    connector.upsert_customer(CUSTOMER, key="c")
    connector.upsert_customer(replace(CUSTOMER, code="2002", vat_number="NL000099998B57"), key="d")
    told = {one["code"]: one["type"] for one in stage.books.all["party.identifier"].values()}
    assert told == {"NL001234567B01": None, "NL000099998B57": "eu_vat", "12345678": None}
    assert [one.vat_number for one in everything(connector.list_customers)] == ["NL001234567B01", "NL000099998B57"]
