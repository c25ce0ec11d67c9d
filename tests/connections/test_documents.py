"""A frozen document becomes what is sent: to the cent, by the mapping, whatever is mapped to the same code."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from billing_service.connections.documents import Mapped, customer_digest, customer_value, document_value
from billing_service.core.document import (
    Address,
    Buyer,
    Crediting,
    DocumentKind,
    InvoiceDocument,
    Line,
    PrecedingDocument,
    Seller,
    compose,
    issue,
    make_line,
)
from billing_service.store.parties import Customer
from connectors.base import Cause, Fix, Kind, Refused, Vat, prepare
from connectors.fake.profiles import capabilities
from tests.builders import NOW
from tests.connections.fakes import MAPPED

HOME = Address("Oudegracht 12", "3511 AA", "Utrecht")
CAPABLE = capabilities("searchable")


def mapping(**more: dict[str, str]) -> Mapped:
    ids: dict[str, dict[str, str]] = {}
    for (kind, ours), remote_id in MAPPED.items():
        ids.setdefault(kind, {})[ours] = remote_id
    return Mapped(ids | more)


def line(number: int = 1, **what: object) -> Line:
    values: dict[str, object] = {"vat_category": "S", "vat_rate": Decimal(21)}
    return make_line(number, f"Vraag {number}", **(values | what))  # type: ignore[arg-type]


def issued(*lines: Line, number: str = "2026-00001", **fields: object) -> InvoiceDocument:
    values: dict[str, object] = {
        "language": "nl",
        "series": "invoices",
        "currency": "EUR",
        "seller": Seller("Stichting Ledenhulp", HOME),
        "buyer": Buyer("Vereniging", HOME, "10001"),
        "supply_from": date(2026, 3, 1),
        "supply_to": date(2026, 3, 31),
        "lines": lines,
        "terms_days": 14,
    }
    return issue(compose(**(values | fields)), number, date(2026, 3, 31))  # type: ignore[arg-type]


def test_an_invoice_carries_our_number_dates_and_what_the_payer_quotes() -> None:
    hour = line(1, minutes=50, unit_price=Decimal(95))
    card = line(2, quantity=Decimal(2), unit_price=Decimal("12.50"), revenue_group="cursus")
    sent = document_value(issued(hour, card), "77", mapping(revenue={"": "gl-8000", "cursus": "gl-8100"}), CAPABLE)
    assert (sent.kind, sent.number, sent.customer, sent.journal) == (Kind.INVOICE, "2026-00001", "77", "jr-70")
    assert (sent.issue_date, sent.due_date, sent.currency) == (date(2026, 3, 31), date(2026, 4, 14), "EUR")
    assert sent.reference.startswith("RF")
    assert [(one.amount, one.ledger_account, one.vat_code) for one in sent.lines] == [
        (Decimal("79.17"), "gl-8000", "vat-21"),
        (Decimal("25.00"), "gl-8100", "vat-21"),
    ]
    assert sent.lines[0].priced() == (Decimal(1), Decimal("79.17")), "0.83 hours at 95.00 would be 78.85"
    assert sent.lines[1].priced() == (Decimal(2), Decimal("12.50"))
    assert (sent.net, sent.tax, sent.total) == (Decimal("104.17"), Decimal("21.88"), Decimal("126.05"))


def test_a_credit_note_names_its_invoice_and_may_have_a_journal_of_its_own() -> None:
    crediting = Crediting("Verkeerde vereniging", closes=Decimal("121.00"), balance=Decimal("0.00"))
    note = issued(
        line(amount=Decimal(100)),
        number="C2026-00001",
        kind=DocumentKind.CREDIT_NOTE,
        crediting=crediting,
        preceding=PrecedingDocument("2026-00001", date(2026, 3, 1)),
    )
    to = mapping(credit_journal={"": "jr-71"})
    sent = document_value(note, "77", to, CAPABLE, credits_id="901")
    assert (sent.kind, sent.journal, sent.credits, sent.credits_number) == (
        Kind.CREDIT_NOTE,
        "jr-71",
        "901",
        "2026-00001",
    )
    assert (sent.total, sent.reference, sent.due_date) == (Decimal("121.00"), "C2026-00001", sent.issue_date)
    unlinked = document_value(note, "77", to, capabilities("unsearchable"), credits_id="901")
    assert unlinked.credits is None or capabilities("unsearchable").credit_link.value


def test_what_a_contract_includes_stays_on_the_pdf_only() -> None:
    free = line(2, included=True, vat_category="E", vat_rate=Decimal(0))
    sent = document_value(issued(line(amount=Decimal(10)), free), "77", mapping(), CAPABLE)
    assert [one.description for one in sent.lines] == ["Vraag 1"]
    assert [group.code for group in sent.vat] == ["vat-21"]


def test_a_long_text_is_cut_and_the_cost_centre_follows_the_revenue_group() -> None:
    long = make_line(1, "x" * 300, vat_category="S", vat_rate=Decimal(21), amount=Decimal(10), revenue_group="cursus")
    sent = document_value(issued(long), "77", mapping(cost_centre={"cursus": "cc-1"}), CAPABLE)
    assert (len(sent.lines[0].description), sent.lines[0].description[-1]) == (200, "…")
    assert sent.lines[0].cost_centre == "cc-1"


@pytest.mark.parametrize(
    ("left_out", "cause"),
    [("vat", Cause.VAT_CODE_UNKNOWN), ("revenue", Cause.LEDGER_ACCOUNT_UNKNOWN)],
)
def test_what_is_not_mapped_is_refused_with_what_to_repair(left_out: str, cause: Cause) -> None:
    with pytest.raises(Refused) as refused:
        document_value(issued(line(amount=Decimal(10))), "77", mapping(**{left_out: {}}), CAPABLE)
    assert (refused.value.fix, refused.value.cause) == (Fix.MAPPING, cause)
    assert (refused.value.field or "").startswith("lines.0.")


RATES = {"S": [Decimal(21), Decimal(9)], "Z": [Decimal(0)], "E": [Decimal(0)], "AE": [Decimal(0)], "O": [None]}
LINES = some.lists(
    some.tuples(
        some.sampled_from([(category, rate) for category, rates in RATES.items() for rate in rates]),
        some.decimals("-999.99", "9999.99", places=2),
    ),
    min_size=1,
    max_size=8,
)
SAME_CODE = {"S:21": "vat-21", "S:9": "vat-9", "Z": "vat-0", "E": "vat-0", "AE": "vat-ae", "O": "vat-0"}


@settings(max_examples=150, deadline=None)
@given(LINES, some.sampled_from([MAPPED, None]), some.sampled_from(["searchable", "lagging"]))
def test_no_other_total_than_ours_is_ever_sent(
    drawn: list[tuple[tuple[str, Decimal | None], Decimal]], mapped: object, profile: str
) -> None:
    lines = [
        line(at, vat_category=category, vat_rate=rate, amount=amount)
        for at, ((category, rate), amount) in enumerate(drawn, 1)
    ]
    ours = issued(*lines)
    to = mapping() if mapped else mapping(vat=SAME_CODE)
    capable = capabilities(profile)
    sent = prepare(document_value(ours, "77", to, capable), capable)
    assert (sent.total, sent.net + sent.tax) == (ours.totals.gross, ours.totals.gross)
    if capable.vat.value is Vat.OURS:
        assert (sent.net, sent.tax) == (ours.totals.net, ours.totals.vat)
        assert len(sent.vat) == len({group.code for group in sent.vat})


def test_a_customer_is_sent_by_its_number_and_a_change_is_noticed() -> None:
    row = Customer(
        number="10001",
        name="Vereniging",
        is_business=True,
        street="Markt 1",
        postal_code="1234 AB",
        city="Ede",
        country="NL",
        kvk="30281234",
        created_at=NOW,
    )
    before = customer_value(row)
    assert (before.code, before.kvk_number, before.address.postal_code) == ("10001", "30281234", "1234 AB")
    row.email = "administratie@vereniging.example"
    assert customer_digest(customer_value(row)) != customer_digest(before)
