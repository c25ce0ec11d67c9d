"""What is special about Odoo (accounting-apis 11): its drafts, its dates, its errors, its two APIs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import (
    AlreadyThere,
    Kind,
    Outcome,
    OutcomeUnknown,
    Payment,
    Refused,
    State,
    differences,
)
from tests.connectors.papers import CUSTOMER, Delivery, customer_id, document, invoice, line
from tests.connectors.stages.odoo import OdooStage

NUMBER = "20260101"


@pytest.fixture(params=OdooStage.kinds)
def odoo(request: pytest.FixtureRequest) -> Iterator[OdooStage]:
    with OdooStage(request.param, unlimited=True) as running:
        yield running


@pytest.fixture
def json_2() -> Iterator[OdooStage]:
    with OdooStage("json-2", unlimited=True) as running:
        yield running


def move(stage: OdooStage, number: str = NUMBER) -> dict[str, Any]:
    return next(one for one in stage.moves() if one["name"] == number)


# --- drafts and numbers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["ABC", "2026-08-ABC-9", "INV/2026/00077"])
def test_our_number_is_kept_in_any_form_and_a_bookkeepers_own_invoice_takes_none_of_ours(odoo: OdooStage, number: str):
    """11.4: Odoo continues the pattern that it finds in a journal, so ours is a journal of its own."""
    connector = odoo.connector()
    assert Delivery(odoo, connector, invoice(connector, number)).finish().number == number
    theirs = {"move_type": "out_invoice", "partner_id": int(customer_id(connector))}
    theirs["invoice_line_ids"] = [[0, 0, {"name": "Eigen factuur", "quantity": 1, "price_unit": 5}]]
    (made,) = odoo.odoo.call("account.move", "create", {"vals_list": [theirs]})
    odoo.odoo.call("account.move", "action_post", {"ids": [made]})
    assert odoo.books.rows["account.move"][made]["name"] == "INV/2026/00001"
    found = connector.find_document(Kind.INVOICE, "INV/2026/00001")
    assert found.outcome is Outcome.NONE, "another journal is not ours, whatever its numbers"


@pytest.mark.parametrize("number", ["/", "-1", "a b", ""])
def test_a_number_that_was_never_tried_there_is_not_sent(odoo: OdooStage, number: str):
    with pytest.raises(Refused) as refused:
        odoo.connector().create_document(invoice(odoo.connector(), number), key="k")
    assert refused.value.cause == "number_form"
    assert odoo.documents() == []


def test_a_second_draft_with_the_number_is_accepted_but_not_posted_and_the_leftover_goes(odoo: OdooStage):
    """11.7: unique only among what is posted."""
    connector = odoo.connector()
    first = Delivery(odoo, connector, invoice(connector)).finish()
    second = connector.create_document(invoice(connector), key="again")
    with pytest.raises(AlreadyThere) as there:
        connector.post(second.id)
    assert there.value.remote_id == first.id
    connector.delete_document(second.id)
    assert connector.find_document(Kind.INVOICE, NUMBER).outcome is Outcome.ONE


def test_who_is_told_that_it_must_be_in_draft_reads_whether_it_was_posted(json_2: OdooStage):
    """11.7: somebody else posted it in between."""
    connector = json_2.connector()
    draft = connector.create_document(invoice(connector), key="k")
    refusal = {"name": "odoo.exceptions.UserError", "message": "Deze boeking moet een concept zijn."}
    json_2.trouble("post", status=422, body=json.dumps(refusal))
    assert connector.post(draft.id).state is State.BOOKED


def test_a_refusal_to_post_that_left_a_draft_is_told_in_odoos_words(json_2: OdooStage):
    connector = json_2.connector()
    draft = connector.create_document(invoice(connector), key="k")
    refusal = {"name": "odoo.exceptions.ValidationError", "message": "De datum past niet bij het nummer."}
    json_2.trouble("post", applies=False, status=422, body=json.dumps(refusal))
    with pytest.raises(Refused, match="refused") as refused:
        connector.post(draft.id)
    assert refused.value.detail == "De datum past niet bij het nummer."


@pytest.mark.parametrize("state", ["posted", "cancel"])
def test_what_is_no_draft_any_more_is_neither_changed_nor_deleted(odoo: OdooStage, state: str):
    connector = odoo.connector()
    remote = Delivery(odoo, connector, invoice(connector)).finish()
    move(odoo)["state"] = state
    calls = [lambda: connector.update_document(remote.id, invoice(connector))]
    calls += [lambda: connector.delete_document(remote.id)]  # type: ignore[list-item,return-value]
    calls += [lambda: connector.post(remote.id)] if state == "cancel" else []
    for call in calls:
        with pytest.raises(Refused) as refused:
            call()
        assert refused.value.cause == "document_locked"
    found = connector.find_document(Kind.INVOICE, NUMBER)
    assert found.outcome is (Outcome.ONE if state == "posted" else Outcome.NONE), "cancelled ones do not count"
    listed = connector.documents(date(2026, 9, 1)).items
    assert [one.state for one in listed] == [State.BOOKED if state == "posted" else State.CANCELLED]


def test_a_create_that_came_through_but_cannot_be_read_back_is_unclear_and_never_repeated(odoo: OdooStage):
    connector = odoo.connector()
    ours = invoice(connector)
    odoo.trouble("read", status=503, times=3)
    with pytest.raises(OutcomeUnknown):
        connector.create_document(ours, key="k")
    assert connector.find_document(Kind.INVOICE, NUMBER).outcome is Outcome.ONE


def test_the_settle_time_outlasts_the_longest_request_that_odoo_lets_run(odoo: OdooStage):
    connector = odoo.connector()
    odoo.trouble("create", manner="reset", late=120)
    delivery = Delivery(odoo, connector, invoice(connector))
    delivery.finish()
    odoo.advance(timedelta(minutes=10))
    assert (delivery.looks, odoo.documents()) == (1, [("invoice", NUMBER)])


# --- dates, terms and totals ----------------------------------------------------------------------------------------


def test_a_lock_date_does_not_refuse_but_moves_the_date_and_that_is_seen(odoo: OdooStage):
    """11.4."""
    connector = odoo.connector()
    odoo.books.rows["res.company"][1]["sale_lock_date"] = "2026-07-31"
    ours = invoice(connector, issue_date=date(2026, 7, 1))
    read = Delivery(odoo, connector, ours).finish()
    assert read.issue_date == date(2026, 9, 1), "today, there"
    assert [one.field for one in differences(ours, read, connector.capabilities)] == ["issue_date"]


def test_the_payment_term_of_the_customer_there_does_not_change_our_due_date(odoo: OdooStage):
    connector = odoo.connector()
    ours = invoice(connector)
    odoo.books.rows["res.partner"][int(ours.customer)]["property_payment_term_id"] = 4
    assert Delivery(odoo, connector, ours).finish().due_date == ours.due_date


def test_a_company_that_rounds_otherwise_than_the_connection_says_is_found_out_at_once(odoo: OdooStage):
    other = {"round_per_line": "round_globally", "round_globally": "round_per_line"}
    company = odoo.books.rows["res.company"][1]
    company["tax_calculation_rounding_method"] = other[company["tax_calculation_rounding_method"]]
    connector = odoo.connector()
    with pytest.raises(Refused) as refused:
        connector.check()
    assert (refused.value.fix, refused.value.field) == ("fix_mapping", "vat_rounding")
    ours = document(connector, NUMBER, *[line(connector, "10.03")] * 3)  # 6.32 of VAT, or 3 × 2.11 = 6.33
    with pytest.raises(Refused) as refused:
        connector.create_document(ours, key="k")
    assert refused.value.cause == "total_differs"
    assert "36.4" in refused.value.detail
    assert odoo.documents() == [], "the draft with another total was taken back, and never posted"
    draft = connector.create_document(invoice(connector), key="k")
    with pytest.raises(Refused):
        connector.update_document(draft.id, ours)
    assert odoo.documents() == []


def test_a_draft_that_cannot_be_taken_back_is_said_to_stand_there(odoo: OdooStage):
    connector = odoo.connector()
    ours = document(connector, NUMBER, *[line(connector, "10.03")] * 3)
    odoo.books.rows["account.tax"][int(ours.lines[0].vat_code)]["amount"] = Decimal(20)
    real, odoo.books.unlink = odoo.books.unlink, lambda model, ids: False  # type: ignore[method-assign]
    with pytest.raises(Refused) as refused:
        connector.create_document(ours, key="k")
    assert "still stands there" in refused.value.detail
    odoo.books.unlink = real  # type: ignore[method-assign]


@pytest.mark.parametrize(("quantity", "price"), [("3", "0.3333"), ("1.255", "1.00"), ("0.5", "2.00")])
def test_what_odoo_would_round_in_a_line_is_sent_as_one_times_its_amount(odoo: OdooStage, quantity: str, price: str):
    """Quantities and prices have two decimals there, unless somebody set more."""
    connector = odoo.connector()
    amount = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"), rounding="ROUND_HALF_UP")
    one = line(connector, str(amount), quantity=Decimal(quantity), unit_price=Decimal(price))
    read = Delivery(odoo, connector, document(connector, NUMBER, one)).finish()
    assert read.net == amount


def test_money_comes_as_floats_and_is_cents_at_once(odoo: OdooStage):
    """11.8."""
    connector = odoo.connector()
    remote = Delivery(odoo, connector, document(connector, NUMBER, line(connector, "1234567.83"))).finish()
    assert (remote.net, remote.tax, remote.total) == tuple(map(Decimal, ("1234567.83", "259259.24", "1493827.07")))
    move(odoo)["amount_residual"] = Decimal("0.1") + Decimal("0.2") + Decimal("1e-9")
    assert str(connector.read_document(remote.id).open) == "0.30"
    move(odoo)["amount_residual"] -= Decimal("2e-9")
    assert str(connector.read_document(remote.id).open) == "0.30"


def test_what_the_payer_quotes_and_a_cost_centre_stand_in_the_draft(odoo: OdooStage):
    """11.4: a cost centre has a share in per cent."""
    connector = odoo.connector()
    centre = connector.lists().cost_centres[0].id
    ours = document(connector, NUMBER, line(connector, "10.00", cost_centre=centre), reference="RF32202600001")
    connector.create_document(ours, key="k")
    (drawn,) = (one for one in odoo.books.rows["account.move.line"].values() if one.get("analytic_distribution"))
    assert drawn["analytic_distribution"] == {centre: 100}
    assert move(odoo)["payment_reference"] == "RF32202600001"


# --- credit notes ---------------------------------------------------------------------------------------------------


def credit(connector: Any, of: str, number: str = "2026C001", **more: Any) -> Any:
    return invoice(connector, number, kind=Kind.CREDIT_NOTE, credits=of, credits_number=NUMBER, **more)


def test_a_credit_note_closes_what_is_open_and_leaves_what_was_paid_to_refund(odoo: OdooStage):
    """11.5: positive there too; a paid invoice stays as it is."""
    connector = odoo.connector()
    open_one = Delivery(odoo, connector, invoice(connector)).finish()
    note = Delivery(odoo, connector, credit(connector, open_one.id), key="n1").finish()
    assert (note.total, note.open, move(odoo)["payment_state"]) == (Decimal("181.50"), Decimal("0.00"), "reversed")
    paid = Delivery(odoo, connector, invoice(connector, "20260102"), key="k2").finish()
    odoo.pay("20260102", Decimal("181.50"), date(2026, 9, 10))
    note = Delivery(odoo, connector, credit(connector, paid.id, "2026C002"), key="n2").finish()
    assert (note.total, note.open) == (Decimal("181.50"), Decimal("181.50"))
    assert move(odoo, "20260102")["payment_state"] == "paid"


# --- what the mapping points to -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "cause"),
    [
        ("vat_code", "vat_code_unknown"),
        ("ledger_account", "ledger_account_unknown"),
        ("cost_centre", "cost_centre_unknown"),
        ("customer", "customer_unknown"),
        ("journal", "journal_unknown"),
        ("credits", "credited_invoice_unknown"),
    ],
)
def test_a_record_that_is_gone_is_named_although_odoo_tells_it_in_words_only(odoo: OdooStage, field: str, cause: str):
    connector = odoo.connector()
    ours = credit(connector, Delivery(odoo, connector, invoice(connector)).finish().id)
    gone = "4711"
    if field in {"customer", "journal", "credits"}:
        ours = replace(ours, **{field: gone})
    else:
        groups = tuple(replace(one, code=gone) for one in ours.vat) if field == "vat_code" else ours.vat
        lines = tuple(replace(one, **{field: gone}) for one in ours.lines)  # type: ignore[arg-type]
        ours = replace(ours, lines=lines, vat=groups)
    with pytest.raises(Refused) as refused:
        connector.create_document(ours, key="k")
    assert refused.value.cause == cause
    assert len(odoo.documents()) == 1


def test_a_payment_method_that_is_gone_is_named(odoo: OdooStage):
    connector = odoo.connector()
    remote = Delivery(odoo, connector, invoice(connector)).finish()
    with pytest.raises(Refused) as refused:
        connector.push_payment(Payment("R-1", remote.id, date(2026, 9, 10), Decimal(1), "EUR", "4711"), key="p")
    assert (refused.value.cause, refused.value.fix) == ("payment_method_unknown", "fix_mapping")


def test_taxes_inside_the_price_and_those_for_purchases_are_not_offered(odoo: OdooStage):
    names = {one.name for one in odoo.connector().lists().vat_codes}
    assert names == {"21% ST", "21% ST S", "9% ST S", "0% ST", "0% ST S", "0% RC"}


def test_a_user_without_analytic_accounting_has_no_cost_centres_and_everything_else(json_2: OdooStage):
    """11.4: 403."""
    refusal = {"name": "odoo.exceptions.AccessError", "message": "U heeft geen toegang."}
    json_2.trouble("analytic", applies=False, status=403, body=json.dumps(refusal))
    lists = json_2.connector().lists()
    assert (lists.cost_centres, len(lists.journals), bool(lists.ledger_accounts)) == ((), 1, True)


def test_only_our_journal_is_offered_and_a_wrong_code_is_said_when_connecting(odoo: OdooStage):
    assert [one.code for one in odoo.connector().lists().journals] == ["HLP"]
    second = odoo.books.put(
        "account.journal", {"code": "HLP", "name": "Ander bedrijf", "type": "sale", "company_id": 1}
    )
    for journals in (2, 0):
        with pytest.raises(Refused, match=f"^{journals} sales journals") as refused:
            odoo.connector().check()
        assert refused.value.cause == "journal_unknown"
        for known in (odoo.books.journals["HLP"], second):
            odoo.books.rows["account.journal"][known]["code"] = "X"


def test_a_customer_of_an_unknown_country_or_with_a_refused_number_is_said_so(json_2: OdooStage):
    connector = json_2.connector()
    address = replace(CUSTOMER.address, country="XX")
    with pytest.raises(Refused) as refused:
        connector.upsert_customer(replace(CUSTOMER, address=address), key="c")
    assert (refused.value.cause, refused.value.field) == ("customer_refused", "address.country")
    refusal = {"name": "odoo.exceptions.ValidationError", "message": "Het btw-nummer lijkt niet geldig."}
    json_2.trouble("customer", applies=False, status=422, body=json.dumps(refusal))
    with pytest.raises(Refused) as refused:
        connector.upsert_customer(CUSTOMER, key="c")
    assert (refused.value.cause, refused.value.detail) == ("customer_refused", "Het btw-nummer lijkt niet geldig.")
