"""What is special about Moneybird, each with the section of accounting-apis that it rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from connectors.base import (
    InvalidSignature,
    Kind,
    Outcome,
    Payment,
    Refused,
    RemoteDocument,
    SignInAgain,
    TryAgainLater,
    differences,
    everything,
)
from connectors.http import Secret
from connectors.moneybird import PACKAGE, records
from connectors.oauth import Tokens
from tests.connectors.moneybird_contract import Holding
from tests.connectors.papers import CUSTOMER, Delivery, customer_id, document, invoice, line, lists_of
from tests.connectors.stages.moneybird import MoneybirdStage
from tests.connectors.stages.moneybird.books import Books
from tests.connectors.stages.moneybird.server import MOST_CALLS, WINDOW
from tests.connectors.stages.stage import CANARY


@pytest.fixture
def stage() -> Iterator[MoneybirdStage]:
    with MoneybirdStage("token", unlimited=True) as running:
        yield running


def many(stage: MoneybirdStage, count: int) -> list[str]:
    """So many invoices of our customer, put straight into the books; their numbers."""
    connector = stage.connector()
    body = records.invoice_of(invoice(connector))
    numbers = [f"2026{place:05}" for place in range(1, count + 1)]
    for number in numbers:
        stage.books.create({**body, "reference": number})
    return numbers


# --- numbers, ids and signs -----------------------------------------------------------------------------------------


def test_our_number_is_kept_and_its_own_is_another(stage: MoneybirdStage):
    """2.4: ``reference`` of an external sales invoice; a normal one would be numbered by Moneybird."""
    remote = stage.connector().create_document(invoice(stage.connector()), key="k")
    assert stage.invoice("20260101")["id"] == remote.id
    assert (remote.number, remote.own_number) == ("20260101", "1")


def test_ids_stay_whole_also_where_they_come_as_numbers(stage: MoneybirdStage):
    """2.2: they are larger than 2^53, and [M1] allows a number where it gives a text."""
    connector = stage.connector()
    made = connector.create_document(invoice(connector), key="k")
    assert int(made.id) > 2**53
    told = json.loads(json.dumps(stage.invoice("20260101"), default=str))
    for name in ("id", "contact_id"):
        told[name] = int(told[name])
    for detail in (*told["details"], *told["tax_totals"]):
        detail["tax_rate_id"] = int(detail["tax_rate_id"])
    assert records.document(told) == made


@pytest.mark.parametrize("told", ["10,95", "10.95", Decimal("10.95")])
def test_money_may_come_as_a_text_with_a_comma(told: object):
    """2.4."""
    assert records.money(told) == Decimal("10.95")


def test_a_credit_note_is_an_invoice_of_negative_lines(stage: MoneybirdStage):
    """2.5. Its amounts are turned, both ways; so are payments on it."""
    connector = stage.connector()
    made = connector.create_document(invoice(connector, "20260102", kind=Kind.CREDIT_NOTE), key="k")
    there = stage.invoice("20260102")
    assert [one["price"] for one in there["details"]] == ["-50.0", "-50.0"]
    assert there["total_price_incl_tax"] == "-181.5"
    assert (made.kind, made.total, made.open) == (Kind.CREDIT_NOTE, Decimal("181.50"), Decimal("181.50"))
    stage.pay("20260102", Decimal("-81.50"), date(2026, 9, 10))
    page = connector.payments(None)
    assert [(one.amount, one.document) for one in page.payments] == [(Decimal("81.50"), made.id)]
    assert [one.open for one in page.open_items] == [Decimal("100.00")]


# --- looking --------------------------------------------------------------------------------------------------------


def test_what_was_issued_last_year_is_still_there_in_january(stage: MoneybirdStage):
    """2.6, 2.12: without a period only this year is listed, without a word."""
    connector = stage.connector()
    made = connector.create_document(invoice(connector), key="k")
    stage.advance(timedelta(days=123))
    assert stage.now().year == 2027
    assert connector.find_document(Kind.INVOICE, "20260101", customer=made.customer).items == (made,)
    assert connector.find_document(Kind.INVOICE, "20260101").outcome is Outcome.ONE
    assert [one.document for one in everything(connector.open_items)] == [made.id]
    assert [one.id for one in everything(lambda cursor: connector.documents(made.issue_date, cursor))] == [made.id]
    stage.pay("20260101", Decimal("181.50"), date(2027, 1, 2))
    assert [one.document for one in connector.payments(None).payments] == [made.id]


def test_a_number_is_found_on_any_page_and_in_any_state(stage: MoneybirdStage):
    """2.7: list and compare, 100 at a time (2.9); a paid invoice counts as much as an open one."""
    numbers = many(stage, 201)
    connector = stage.connector()
    customer = customer_id(connector)
    for number in (numbers[0], numbers[100], numbers[200]):
        assert connector.find_document(Kind.INVOICE, number, customer=customer).outcome is Outcome.ONE
    stage.pay(numbers[0], Decimal("181.50"), date(2026, 9, 10))
    assert connector.find_document(Kind.INVOICE, numbers[0], customer=customer).outcome is Outcome.ONE
    assert connector.find_document(Kind.CREDIT_NOTE, numbers[0], customer=customer).outcome is Outcome.NONE
    assert connector.find_document(Kind.INVOICE, "2026", customer=customer).outcome is Outcome.NONE


def test_without_a_customer_the_years_around_the_date_are_looked_through(stage: MoneybirdStage):
    connector = stage.connector()
    connector.create_document(invoice(connector), key="k")
    for on, outcome in ((date(2026, 1, 1), Outcome.ONE), (date(2024, 1, 1), Outcome.NONE)):
        assert connector.find_document(Kind.INVOICE, "20260101", on=on).outcome is outcome


def test_a_customer_that_is_gone_is_no_proof_that_the_invoice_is_absent(stage: MoneybirdStage):
    """2.7: contacts can be merged there; the filter on one that is gone is refused (404), not empty."""
    with pytest.raises(Refused) as refused:
        stage.connector().find_document(Kind.INVOICE, "20260101", customer="496081458207650000")
    assert refused.value.cause == "customer_unknown"


def test_lists_are_read_whole_by_id_also_while_something_is_deleted(stage: MoneybirdStage):
    numbers = many(stage, 620)
    connector = stage.connector()
    first = connector.documents(date(2026, 1, 1))
    stage.books.delete(first.items[0].id)
    rest = connector.documents(date(2026, 1, 1), first.next)
    assert [one.number for one in (*first.items, *rest.items)] == numbers
    assert rest.next is None
    assert len(list(everything(connector.open_items))) == 619


def test_all_customers_are_read_over_pages(stage: MoneybirdStage):
    connector = stage.connector()
    for place in range(150):
        stage.books.put_contact({"company_name": f"Klant {place}", "customer_id": str(place)})
    assert sorted(int(one.code or "") for one in everything(connector.list_customers)) == list(range(150))


# --- customers ------------------------------------------------------------------------------------------------------


def test_a_code_with_letters_is_refused_until_somebody_tried_it(stage: MoneybirdStage):
    """2.3: the contract's pattern for the address allows digits only."""
    connector = stage.connector()
    with pytest.raises(Refused) as refused:
        connector.upsert_customer(replace(CUSTOMER, code="DEB-2001"), key="c")
    assert refused.value.cause == "customer_code_form"
    assert stage.calls == []
    bold = PACKAGE.connect(replace(stage.connection(), enabled=frozenset({"customer_code"})))
    bold.upsert_customer(replace(CUSTOMER, code="DEB-2001"), key="c")
    assert stage.customers() == ["DEB-2001"]
    with pytest.raises(
        Refused
    ):  # here the contract's pattern holds: no such address is not the same as no such customer
        bold.find_customer("DEB-2001")


def test_what_we_no_longer_know_of_a_customer_is_emptied_there(stage: MoneybirdStage):
    connector = stage.connector()
    made = connector.upsert_customer(CUSTOMER, key="c")
    assert (made.email, made.vat_number) == (CUSTOMER.email, CUSTOMER.vat_number)
    told = connector.upsert_customer(replace(CUSTOMER, email=None, vat_number=None), made.id, key="c")
    assert (told.email, told.vat_number, told.kvk_number) == (None, None, CUSTOMER.kvk_number)
    with pytest.raises(Refused) as refused:
        connector.upsert_customer(CUSTOMER, "496081458207650000", key="c")
    assert refused.value.cause == "customer_unknown"


# --- documents ------------------------------------------------------------------------------------------------------


def test_a_field_that_is_ignored_without_a_word_is_noticed_on_reading_back(
    stage: MoneybirdStage, monkeypatch: pytest.MonkeyPatch
):
    """2.10 [M4]: unknown parameters are ignored, so what was sent is read back and compared."""
    fill = Books._fill
    dropped = {"date", "due_date"}

    def forgetful(books: Books, there: dict[str, Any], given: dict[str, Any]) -> None:
        fill(books, there, {name: value for name, value in given.items() if name not in dropped})

    monkeypatch.setattr(Books, "_fill", forgetful)
    connector = stage.connector()
    ours = invoice(connector, issue_date=date(2026, 8, 31))
    made = connector.create_document(ours, key="k")
    assert [one.field for one in differences(ours, made, connector.capabilities)] == ["issue_date"]
    assert made.due_date is None


def test_a_change_replaces_every_line(stage: MoneybirdStage):
    """2.4: PATCH; lines that stand there are named by their id to go."""
    connector = stage.connector()
    made = connector.create_document(invoice(connector), key="k")
    told = connector.update_document(made.id, document(connector, "20260101", line(connector, "10.00")))
    assert told.total == Decimal("12.10")
    assert [one["price"] for one in stage.invoice("20260101")["details"]] == ["10.0"]


def test_a_receipt_is_booked_on_a_financial_account_and_never_above_what_is_open(stage: MoneybirdStage):
    """2.6: whether it would refuse too much itself is not said, so it is not asked to take it."""
    connector = stage.connector()
    remote = Delivery(stage, connector, invoice(connector)).finish()
    account = lists_of(connector).payment_methods[0].id
    receipt = Payment("R-1", remote.id, date(2026, 9, 10), Decimal("181.50"), "EUR", account)
    with pytest.raises(Refused) as refused:
        connector.push_payment(replace(receipt, amount=Decimal("181.51")), key="p")
    assert refused.value.cause == "nothing_open"
    with pytest.raises(Refused) as refused:
        connector.push_payment(replace(receipt, method="1"), key="p")
    assert refused.value.cause == "payment_method_unknown"
    connector.push_payment(receipt, key="p")
    (payment,) = stage.invoice("20260101")["payments"]
    assert (payment["financial_account_id"], payment["transaction_identifier"]) == (account, "R-1")
    assert stage.invoice("20260101")["state"] == "paid"


# --- sign-in and limits ---------------------------------------------------------------------------------------------


def test_the_sign_in_must_reach_the_administration_that_is_filled_in(stage: MoneybirdStage):
    """2.2: a sign-in reaches every administration of its user."""
    assert stage.connector().check().name == "Voorbeeld Helpdesk B.V."
    elsewhere = {**stage.settings(), "administration_id": "458026356994737218"}
    with pytest.raises(Refused) as refused:
        PACKAGE.connect(replace(stage.connection(), settings=elsewhere)).check()
    assert (refused.value.fix, refused.value.field) == ("fix_rights", "administration_id")


def test_a_wait_until_a_moment_is_kept(stage: MoneybirdStage):
    """2.8: ``Retry-After`` is Unix time; taken for seconds it would be a wait of 56 years."""
    with MoneybirdStage("token") as limited:
        limited.advance(timedelta(seconds=100))
        limited.moneybird._window, limited.moneybird._calls = int(limited._clock()) // WINDOW, MOST_CALLS  # by others
        connector = limited.connector()
        with pytest.raises(TryAgainLater) as later:
            connector.check()
        assert later.value.after == timedelta(seconds=WINDOW - limited._clock() % WINDOW)
        limited.advance(later.value.after)
        assert connector.check().id


def test_a_token_without_an_end_is_used_until_it_is_refused():
    """2.1: one source says that tokens do not expire, another one hour; ``expires_in`` counts where it is given."""
    with MoneybirdStage("oauth", unlimited=True) as stage:
        access = f"{CANARY}-access_token"
        stage.moneybird.access, stage.moneybird.gives_expiry = {access: stage._clock() + 10**9}, False
        stage._tokens.put(Tokens(Secret(access), Secret(f"{CANARY}-refresh_token"), stage.now(), None))
        stage.advance(timedelta(days=400))
        assert stage.connector().check().id
        assert stage.token_calls() == 0
        stage.moneybird.access.clear()
        assert stage.connector().check().id
        assert stage.token_calls() == 1
        assert stage._tokens.read().expires_at is None


def test_a_personal_token_comes_before_oauth_and_one_of_them_must_be_there():
    with MoneybirdStage("oauth", unlimited=True) as stage:
        personal = {**stage.secrets(), "token": Secret(f"{CANARY}-token")}
        stage.moneybird.access.clear()
        assert PACKAGE.connect(replace(stage.connection(), secrets=personal)).check().id
        assert stage.token_calls() == 0
        for lacking in ({"tokens": None}, {"settings": {"administration_id": "1"}}):
            with pytest.raises(SignInAgain):
                PACKAGE.connect(replace(stage.connection(), **lacking))
        assert PACKAGE.sign_in is not None
        assert PACKAGE.sign_in.address(stage.settings()).endswith("/oauth/authorize")
        assert PACKAGE.sign_in.address({}) == "https://moneybird.com/oauth/authorize"


# --- webhooks -------------------------------------------------------------------------------------------------------


def test_a_webhook_counts_by_any_of_its_signatures_and_by_no_other_kind(stage: MoneybirdStage):
    """2.11: several ``v1`` while a secret is replaced; kinds that we do not know prove nothing."""
    connector = stage.connector()
    body, _ = stage.hook("document", "496081458207654972")
    for more in ((), ("v1=" + "0" * 64,), ("v2=x",)):
        signed, headers = stage.signed(body, *more)
        (hint,) = connector.verify_webhook(signed, headers, stage.now())
        assert (hint.subject, hint.id, hint.delivery) == ("document", "496081458207654972", "push-1")
    _, headers = stage.signed(body)
    for forged in (headers["Moneybird-Signature"].replace("v1=", "v0="), "t=1", "v1=é,t=1788256800", "t=1,t=2,v1=00"):
        with pytest.raises(InvalidSignature):
            connector.verify_webhook(body, {"Moneybird-Signature": forged}, stage.now())


def test_a_webhook_about_something_else_says_nothing(stage: MoneybirdStage):
    connector = stage.connector()
    for about in ({"entity_type": "SalesInvoice", "entity_id": "1"}, {}, []):
        body, headers = stage.signed(json.dumps(about).encode())
        assert connector.verify_webhook(body, headers, stage.now()) == ()


def test_without_its_secret_no_webhook_is_believed(stage: MoneybirdStage):
    """Anybody can sign with an empty one."""
    body, headers = stage.signed(stage.hook("payment", "1")[0], secret="")
    bare = PACKAGE.connect(replace(stage.connection(), secrets={"token": Secret(f"{CANARY}-token")}))
    with pytest.raises(InvalidSignature):
        bare.verify_webhook(body, headers, stage.now())


def test_nothing_here_met_the_real_package():
    facts = [getattr(PACKAGE.capabilities({}), name) for name in PACKAGE.capabilities({}).__dataclass_fields__]
    assert {fact.verified.name for fact in facts} == {"DOCUMENTATION", "UNVERIFIED"}


def test_an_uncollectible_invoice_keeps_what_is_open(stage: MoneybirdStage):
    """2.4: a state of its own; that nothing is open any more is not said of it."""
    connector = stage.connector()
    made: RemoteDocument = connector.create_document(invoice(connector), key="k")
    stage.invoice("20260101")["state"] = "uncollectible"
    assert [(one.document, one.open) for one in everything(connector.open_items)] == [(made.id, Decimal("181.50"))]


def test_the_contract_of_the_vendor_is_really_held_against(stage: MoneybirdStage):
    """The planted faults of :mod:`tests.connectors.moneybird_contract`, on a contract of two routes."""
    said = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/companies"}}}}
    check = {"parameters": [], "responses": {"200": said}}
    name = {"type": "object", "unevaluatedProperties": False, "properties": {"customer_id": {"type": "integer"}}}
    create = {"parameters": [], "requestBody": {"content": {"application/*": {"schema": name}}}, "responses": {}}
    contract = {
        "components": {"schemas": {"companies": {"type": "array", "items": {"required": ["colour"]}}}},
        "paths": {
            "/administrations{format}": {"get": check},
            "/{administration_id}/contacts{format}": {"post": create},
        },
    }
    holding = Holding(contract)
    connector = stage.connector(transport=holding)
    connector.check()
    connector.upsert_customer(CUSTOMER, key="c")
    connector.find_customer(CUSTOMER.code)
    said_of_it = " ".join(holding.broken)
    for fault in ("'colour' is a required property", "'contact' was unexpected", "201 is not told", "no such route"):
        assert fault in said_of_it
