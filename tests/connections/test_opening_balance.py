"""The opening balance: what was open there before the start date, taken once, all of it or nothing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from billing_service.connections import connecting, matching, opening_balance
from billing_service.errors import Conflict
from billing_service.store.connections import OpeningItem
from connectors.fake.wire import Trouble
from tests.connections.link import Link
from tests.connections.test_first_run import matches, put


def book(link: Link, customer: str, number: str, on: str, amount: str = "100.00") -> str:
    """Somebody booked an invoice there by hand."""
    books = link.books.package.books
    line: dict[str, Any] = {"description": "Oud", "quantity": "1", "unit_price": amount, "amount": amount}
    document = {
        "kind": "invoice",
        "number": number,
        "customer": customer,
        "issue_date": on,
        "due_date": on,
        "currency": "EUR",
        "reference": number,
        "lines": [line | {"vat_code": "vat-0", "ledger_account": "gl-8000"}],
        "vat": [{"code": "vat-0", "taxable": amount, "tax": "0.00"}],
    }
    made = str(books.create(document)["id"])
    books.book(made)
    return made


def take(link: Link) -> dict[str, Any]:
    with link.connection() as (scope, row):
        opening_balance.start(scope, row)
    link.work()
    return link.job(opening_balance.OPENING).result or {}


def items(link: Link) -> list[OpeningItem]:
    with link.database.read() as session:
        return list(session.scalars(select(OpeningItem).order_by(OpeningItem.number)))


@pytest.fixture
def old(link: Link) -> UUID:
    """Active from 1 March; before that somebody booked four invoices there, one of which is paid; and one since."""
    link.make()
    known = put(link, code="10001", kvk_number="30281234")
    stranger = put(link, code="D9", name="Iemand")
    for number, customer, on in (
        ("OUD-1", known, "2025-12-01"),
        ("OUD-2", known, "2026-02-28"),
        ("OUD-3", stranger, "2026-01-15"),
    ):
        book(link, customer, number, on)
    book(link, known, "OUD-4", "2026-02-01")
    book(link, known, "NIEUW", "2026-03-01")
    link.books.control.pay("OUD-2", Decimal("40.00"), date(2026, 3, 2))
    link.books.control.pay("OUD-4", Decimal("100.00"), date(2026, 3, 2))
    link.read()
    link.map()
    link.match()
    match = matches(link)[known]
    with link.connection() as (scope, row):
        matching.accept(scope, matching.get(scope, row, match.id))
    link.activate()
    return match.customer_id


def test_open_items_from_before_the_start_date_are_kept_once(link: Link, old: UUID) -> None:
    assert take(link) == {"read": True, "items": 3, "without_customer": 1}
    kept = [(one.number, one.total, one.open, one.customer_id) for one in items(link)]
    assert kept == [
        ("OUD-1", Decimal("100.00"), Decimal("100.00"), old),
        ("OUD-2", Decimal("100.00"), Decimal("60.00"), old),
        ("OUD-3", Decimal("100.00"), Decimal("100.00"), None),
    ]
    with link.connection() as (scope, row), pytest.raises(Conflict) as refused:
        opening_balance.start(scope, row)
    assert refused.value.code == "opening_taken"


def test_a_list_that_breaks_off_keeps_nothing_and_may_be_taken_again(link: Link, old: UUID) -> None:
    control = link.books.control
    control.trouble(Trouble(when="GET /v1/open-items", times=1))
    control.trouble(Trouble(when="GET /v1/open-items", status=503, times=9))
    assert take(link)["read"] is False
    assert items(link) == []
    control.calm()
    assert take(link)["items"] == 3


def test_it_needs_a_start_date(link: Link) -> None:
    link.make()
    with link.connection() as (scope, row), pytest.raises(Conflict) as refused:
        opening_balance.start(scope, row)
    assert refused.value.code == "not_active"
    with link.connection() as (scope, row):
        connecting.close(scope, row, "Toch niet")
        with pytest.raises(Conflict) as refused:
            opening_balance.start(scope, row)
    assert refused.value.code == "connection_closed"
