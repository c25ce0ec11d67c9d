"""Documents and customers land as they were issued, to the cent, whatever the kind of VAT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

import connectors
from connectors.base import (
    AlreadyThere,
    Kind,
    NotSupported,
    Outcome,
    OutcomeUnknown,
    Refused,
    RemoteDocument,
    State,
    Vat,
    differences,
    everything,
)
from tests.connectors.papers import CUSTOMER, PDF, VAT_KINDS, Delivery, customer_id, document, invoice, line
from tests.connectors.stages import STAGES
from tests.connectors.stages.stage import Stage


def test_every_registered_package_has_its_stage_and_every_stage_its_package():
    assert STAGES.keys() == connectors.PACKAGES.keys()


def test_the_sign_in_is_checked_and_names_the_company(stage: Stage):
    company = stage.connector().check()
    assert company.id
    assert company.name


def test_the_lists_hold_everything_that_a_mapping_points_to(stage: Stage):
    lists = stage.connector().lists()
    offered = {(one.category, one.rate) for one in lists.vat_codes if one.active}
    for category, rate in VAT_KINDS.values():
        assert offered & {(category, Decimal(rate)), (None, Decimal(rate))}, "told, or left to the bookkeeper"
    assert lists.ledger_accounts
    assert bool(lists.cost_centres) == stage.connector().capabilities.cost_centres.value
    assert all(one.id and one.code and one.name for one in (*lists.vat_codes, *lists.ledger_accounts))


@pytest.mark.parametrize("kind", VAT_KINDS)
def test_an_invoice_of_each_vat_kind_stands_there_as_issued(stage: Stage, kind: str):
    connector = stage.connector()
    ours = document(connector, "20260101", line(connector, "150.00", kind))
    assert there(stage, Delivery(stage, connector, ours)).total == ours.total


def test_an_invoice_of_two_rates_stands_there_with_the_vat_of_each(stage: Stage):
    connector = stage.connector()
    ours = document(connector, "20260101", line(connector, "100.00"), line(connector, "80.00", "reduced"))
    remote = there(stage, Delivery(stage, connector, ours))
    assert remote.vat is None or {group.tax for group in remote.vat} == {Decimal("21.00"), Decimal("7.20")}


def there(stage: Stage, delivery: Delivery) -> RemoteDocument:
    """Delivered, booked, once, with its file, and equal to ours when read back."""
    told = delivery.finish()
    read = delivery.connector.read_document(told.id)
    assert differences(delivery.document, read, delivery.connector.capabilities) == ()
    assert (read.state, read.number, read.kind) == (State.BOOKED, delivery.document.number, delivery.document.kind)
    assert stage.documents().count((read.kind, delivery.document.number)) == 1
    if delivery.connector.capabilities.attachments.value is not None:
        assert stage.files(delivery.document.number) == [(PDF.name, PDF.content)]
    return read


def test_vat_that_the_package_rounds_otherwise_is_evened_out_and_the_total_is_ours(stage: Stage):
    connector = stage.connector()
    ours = document(connector, "20260101", *[line(connector, "10.03")] * 3)  # 6.32 here; 3 × 2.11 = 6.33 line by line
    assert ours.total == Decimal("36.41")
    remote = there(stage, Delivery(stage, connector, ours))
    assert remote.total == Decimal("36.41")
    evened = Decimal("6.33") if connector.capabilities.vat.value is Vat.PER_LINE else Decimal("6.32")
    assert remote.tax == evened


def test_a_difference_without_an_account_to_book_it_on_is_refused_before_anything_is_sent(stage: Stage):
    connector = stage.connector()
    ours = document(connector, "20260101", *[line(connector, "10.03")] * 3, rounding=None)
    if connector.capabilities.vat.value is not Vat.PER_LINE:
        assert there(stage, Delivery(stage, connector, ours)).tax == Decimal("6.32")
        return
    with pytest.raises(Refused) as refused:
        connector.create_document(ours, key="k")
    assert (refused.value.fix, refused.value.cause) == ("fix_mapping", "rounding_not_mapped")
    assert stage.documents() == []


def test_time_whose_price_does_not_multiply_out_keeps_our_amount(stage: Stage):
    connector = stage.connector()
    fifty_minutes = line(connector, "79.17", quantity=Decimal("0.83"), unit_price=Decimal("95.00"))
    assert there(stage, Delivery(stage, connector, document(connector, "20260101", fifty_minutes))).net == Decimal(
        "79.17"
    )


def test_a_credit_note_stands_there_with_its_invoice_and_closes_it(stage: Stage):
    connector = stage.connector()
    bill = there(stage, Delivery(stage, connector, invoice(connector)))
    linked = bill.id if connector.capabilities.credit_link.value else None
    credit = invoice(
        connector, "20260102", kind=Kind.CREDIT_NOTE, credits=linked, credits_number="20260101", reference="20260101"
    )
    note = there(stage, Delivery(stage, connector, credit, key="delivery-2"))
    assert (note.total, note.credits) == (Decimal("181.50"), linked)
    assert connector.find_document(Kind.INVOICE, "20260102", customer=note.customer).items == ()
    open_now = {item.number: item.open for item in everything(connector.open_items)}
    assert ("20260101" in open_now) == (linked is None)


def test_a_customer_is_made_once_found_again_and_kept_up_to_date(stage: Stage):
    connector = stage.connector()
    assert connector.find_customer(CUSTOMER.code).outcome is Outcome.NONE
    made = connector.upsert_customer(CUSTOMER, key="c1")
    assert connector.find_customer(CUSTOMER.code).items == (made,)
    moved = connector.upsert_customer(replace(CUSTOMER, name="De Eik B.V."), made.id, key="c1")
    assert (moved.id, moved.name, moved.code) == (made.id, "De Eik B.V.", CUSTOMER.code)
    assert stage.customers() == [CUSTOMER.code]


def test_two_customers_with_one_code_are_both_told(stage: Stage):
    connector = stage.connector()
    connector.upsert_customer(CUSTOMER, key="c1")
    refused = already_there(lambda: connector.upsert_customer(replace(CUSTOMER, name="Een ander"), key="c2"))
    found = connector.find_customer(CUSTOMER.code)
    assert found.outcome is (Outcome.ONE if refused else Outcome.SEVERAL)
    assert refused is None or refused.remote_id in {found.items[0].id, None}


def already_there(create: Callable[[], object]) -> AlreadyThere | None:
    try:
        create()
    except AlreadyThere as refused:
        return refused
    return None


def test_all_customers_are_listed_page_by_page(stage: Stage):
    connector = stage.connector()
    codes = [str(2001 + place) for place in range(7)]
    for code in codes:
        connector.upsert_customer(replace(CUSTOMER, code=code), key=code)
    assert sorted(one.code or "" for one in everything(connector.list_customers)) == codes


def test_documents_are_listed_page_by_page_from_a_date_on(stage: Stage):
    connector = stage.connector()
    customer_id(connector)
    for place in range(7):
        connector.create_document(invoice(connector, f"2026010{place}"), key=f"k{place}")
    listed = list(everything(lambda cursor: connector.documents(invoice(connector).issue_date, cursor)))
    assert sorted(one.number or "" for one in listed) == [f"2026010{place}" for place in range(7)]
    later = invoice(connector).due_date
    assert list(everything(lambda cursor: connector.documents(later, cursor))) == []


def test_posting_twice_is_posting_once(stage: Stage):
    connector = stage.connector()
    remote = connector.create_document(invoice(connector), key="k")
    if not connector.capabilities.posts_separately.value:
        assert remote.state is State.BOOKED
        with pytest.raises(NotSupported):
            connector.post(remote.id)
        return
    assert remote.state is State.DRAFT
    assert connector.post(remote.id) == connector.post(remote.id)
    assert connector.read_document(remote.id).state is State.BOOKED


def test_a_draft_of_an_earlier_attempt_is_brought_up_to_date_and_a_leftover_deleted(stage: Stage):
    connector = stage.connector()
    remote = connector.create_document(invoice(connector), key="k")
    ours = document(connector, "20260101", line(connector, "10.00"))
    if connector.capabilities.edits.value == "never":
        with pytest.raises(NotSupported):
            connector.update_document(remote.id, ours)
    else:
        assert connector.update_document(remote.id, ours).total == Decimal("12.10")
    if connector.capabilities.deletes.value == "never":
        with pytest.raises(NotSupported):
            connector.delete_document(remote.id)
        return
    connector.delete_document(remote.id)
    connector.delete_document(remote.id)  # gone already is no error
    assert stage.documents() == []


def test_a_document_there_that_is_not_ours_shows_every_difference(stage: Stage):
    connector = stage.connector()
    remote = there(stage, Delivery(stage, connector, invoice(connector)))
    other = document(connector, "20260101", line(connector, "150.01"))
    fields = {one.field for one in differences(other, remote, connector.capabilities)}
    assert {"net", "total"} <= fields


def test_the_same_number_twice_is_answered_or_found_twice(stage: Stage):
    connector = stage.connector()
    first = connector.create_document(invoice(connector), key="k1")
    if refused := already_there(lambda: connector.create_document(invoice(connector), key="k2")):
        assert refused.remote_id in {first.id, None}
        assert len(stage.documents()) == 1
        return
    assert len(stage.documents()) == 2
    stage.advance(connector.capabilities.settle.value)
    found = connector.find_document(Kind.INVOICE, "20260101")
    assert found.outcome in {Outcome.SEVERAL, Outcome.CANNOT_SEARCH}


def test_a_key_that_is_honoured_makes_a_repetition_harmless(stage: Stage):
    connector = stage.connector()
    if connector.capabilities.key_life.value is None:
        stage.trouble("create", manner="reset")
        ours = invoice(connector)
        with pytest.raises(OutcomeUnknown):
            connector.create_document(ours, key="k")
        assert stage.sent("create") == 1, "without a key nothing is ever sent twice by itself"
        return
    first = connector.create_document(invoice(connector), key="k")
    assert connector.create_document(invoice(connector), key="k") == first
    assert len(stage.documents()) == 1
