"""The document value: one arithmetic, refused when falsified, and the same bytes for the same document."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.document import (
    DocumentKind,
    InvoiceDocument,
    Line,
    MovementKind,
    PrecedingDocument,
    PrepaidBalance,
    PrepaidMovement,
    PrepaidUnit,
    VatGroup,
    check,
    compose,
    digest,
    from_json,
    issue,
    issue_json,
    make_line,
    prepaid_balance,
    to_json,
    vat_groups,
)
from billing_service.errors import Conflict, InvalidInput
from tests.documents.examples import (
    BUYER,
    ISSUED_ON,
    NUMBER,
    SELLER,
    annex_entry,
    issued,
    released,
    standard,
    two_lines,
    with_line,
)


def refused_fields(document: InvoiceDocument) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        check(document)
    assert refused.value.code == "invalid_document"
    return [error.pointer for error in refused.value.errors]


def test_fifty_minutes_at_95_and_two_resets_make_126_05() -> None:
    document = released()
    assert [line.amount for line in document.lines] == [Decimal("79.17"), Decimal("25.00")]
    assert document.vat == (VatGroup("S", Decimal("21.00"), Decimal("104.17"), Decimal("21.88")),)
    assert (document.totals.net, document.totals.vat, document.totals.gross) == tuple(
        map(Decimal, ("104.17", "21.88", "126.05"))
    )
    check(document)


def test_vat_is_rounded_once_per_rate_and_not_per_line() -> None:
    lines = [standard(at, "Reset", amount=Decimal("0.03")) for at in range(1, 11)]
    (group,) = vat_groups(lines)
    assert (group.taxable, group.tax) == (Decimal("0.30"), Decimal("0.06"))  # per line it would be 10 × 0.01


def test_rates_and_exemptions_are_summed_apart() -> None:
    lines = [
        standard(1, "Advies", amount=Decimal("100.00")),
        standard(2, "Boek", amount=Decimal("10.00"), vat_rate=Decimal("9.00")),
        make_line(3, "Cursus", amount=Decimal("50.00"), vat_category="E", vat_rate=Decimal(0), vat_text="exempt"),
        standard(4, "Boek", amount=Decimal("5.00"), vat_rate=Decimal("9.00")),
    ]
    assert [(group.category, group.rate, group.taxable, group.tax, group.texts) for group in vat_groups(lines)] == [
        ("S", Decimal("21.00"), Decimal("100.00"), Decimal("21.00"), ()),
        ("S", Decimal("9.00"), Decimal("15.00"), Decimal("1.35"), ()),
        ("E", Decimal("0.00"), Decimal("50.00"), Decimal("0.00"), ("exempt",)),
    ]
    check(released(lines))


def test_included_work_shows_its_time_at_nothing() -> None:
    line = standard(1, "Vraag over het telefoonnummer", minutes=20, included=True)
    assert (line.minutes, line.unit_price, line.amount) == (20, None, Decimal("0.00"))
    check(released([line]))


def test_a_tiny_negative_product_is_written_as_plain_zero() -> None:
    line = standard(1, "Correctie", quantity=Decimal("-0.001"), unit_price=Decimal("1.00"))
    assert str(line.amount) == "0.00"
    assert str(vat_groups([standard(1, "Correctie", amount=Decimal("-0.02"))])[0].tax) == "0.00"
    check(released([line]))


@pytest.mark.parametrize(
    "figures",
    [
        {},
        {"minutes": 5},
        {"unit_price": Decimal(1)},
        {"quantity": Decimal(1), "minutes": 5, "unit_price": Decimal(1)},
        {"amount": Decimal(1), "unit_price": Decimal(1)},
        {"amount": Decimal(1), "included": True},
        {"quantity": Decimal(1), "unit_price": Decimal("0.00001")},
        {"quantity": Decimal("1." + "0" * 30 + "1"), "unit_price": Decimal("1.00")},
        {"quantity": Decimal("1E+12"), "unit_price": Decimal("1.00")},
        {"quantity": Decimal(1), "unit_price": 0.1},
    ],
)
def test_a_line_that_says_too_little_or_too_much_is_refused(figures: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        standard(1, "Vraag", **figures)


FALSIFIED: dict[str, tuple[InvoiceDocument, str]] = {
    "a cent more on a line": (with_line(issued(), 0, amount=Decimal("79.18")), "/lines/0/amount"),
    "a minute less": (with_line(issued(), 0, minutes=49), "/lines/0/amount"),
    "another price": (with_line(issued(), 1, unit_price=Decimal("12.51")), "/lines/1/amount"),
    "a price of five places": (with_line(issued(), 1, unit_price=Decimal("12.50000")), "/lines/1"),
    "a quantity with a tail": (with_line(issued(), 1, quantity=Decimal("2.0")), "/lines/1"),
    "an amount without cents": (with_line(issued(), 1, amount=Decimal(25)), "/lines/1"),
    "a time line with a quantity": (with_line(issued(), 0, quantity=Decimal(1), unit="HUR"), "/lines/0"),
    "an included line that costs": (with_line(issued(), 1, included=True, unit_price=None), "/lines/1/amount"),
    "a line number twice": (with_line(issued(), 1, number=1), "/lines/1/number"),
    "a line without words": (with_line(issued(), 1, description=" "), "/lines/1/description"),
    "a rate of nothing under S": (with_line(issued(), 1, vat_rate=Decimal("0.00")), "/lines/1/vat_rate"),
    "a rate under O": (with_line(issued(), 1, vat_category="O", vat_text="outside_eu"), "/lines/1/vat_rate"),
    "a category nobody knows": (with_line(issued(), 1, vat_category="X"), "/lines/1/vat_category"),
    "an exemption without a reason": (
        with_line(issued(), 1, vat_category="E", vat_rate=Decimal("0.00")),
        "/lines/1/vat_text",
    ),
    "a reason without an exemption": (with_line(issued(), 1, vat_text="exempt"), "/lines/1/vat_text"),
    "a reason nobody knows": (
        with_line(issued(), 1, vat_category="E", vat_rate=Decimal("0.00"), vat_text="because"),
        "/lines/1/vat_text",
    ),
    "VAT a cent higher": (
        replace(issued(), vat=(replace(issued().vat[0], tax=Decimal("21.89")),)),
        "/vat",
    ),
    "a total a cent higher": (
        replace(issued(), totals=replace(issued().totals, gross=Decimal("126.06"))),
        "/totals",
    ),
    "a total that is no amount": (
        replace(issued(), totals=replace(issued().totals, paid=Decimal("NaN"))),
        "/totals",
    ),
    "no lines": (released([]), "/lines"),
    "another due date": (replace(issued(), due_date=date(2026, 12, 20)), "/due_date"),
    "a reference of another number": (
        replace(issued(), payment=replace(issued().payment, reference="RF18539007547034")),
        "/payment/reference",
    ),
    "a date without a number": (replace(released(), issue_date=ISSUED_ON), "/number"),
    "a period that ends before it begins": (released(supply_from=date(2026, 12, 1)), "/supply_to"),
    "a third language": (replace(released(), language="de"), "/language"),
    "a currency in words": (released(currency="euro"), "/currency"),
    "a negative term": (released(terms_days=-1), "/payment/terms_days"),
    "no name of the buyer": (released(buyer=replace(BUYER, name="")), "/buyer/name"),
    "no street of the seller": (
        released(seller=replace(SELLER, address=replace(SELLER.address, street=""))),
        "/seller/address/street",
    ),
    "no KvK number": (released(seller=replace(SELLER, kvk_number=None)), "/seller/kvk_number"),
    "no VAT number": (released(seller=replace(SELLER, vat_number=None)), "/seller/vat_number"),
    "negative minutes in the annex": (released(annex=[annex_entry(1, raw_minutes=-1)]), "/annex/0"),
    "an annex amount without cents": (released(annex=[annex_entry(1, amount=Decimal(1))]), "/annex/0/amount"),
}


@pytest.mark.parametrize("fault", FALSIFIED)
def test_a_falsified_document_is_refused_by_the_field(fault: str) -> None:
    document, pointer = FALSIFIED[fault]
    assert pointer in refused_fields(document)


def test_all_faults_are_named_at_once() -> None:
    document = replace(with_line(issued(), 0, amount=Decimal("79.18")), language="de")
    assert refused_fields(document) == ["/language", "/lines/0/amount", "/vat", "/totals"]


def test_a_reverse_charge_needs_the_buyers_vat_number() -> None:
    lines = [
        make_line(
            1, "Advies", amount=Decimal("10.00"), vat_category="AE", vat_rate=Decimal(0), vat_text="reverse_charge"
        )
    ]
    assert refused_fields(released(lines)) == ["/buyer/vat_number"]
    check(released(lines, buyer=replace(BUYER, vat_number="BE0428759497")))


def test_issuing_adds_number_dates_and_reference_and_nothing_else() -> None:
    document = released()
    result = issue(document, NUMBER, ISSUED_ON)
    assert (result.number, result.issue_date, result.due_date) == (NUMBER, ISSUED_ON, date(2026, 12, 21))
    assert result.payment.reference == "RF8820260042"
    withdrawn = replace(
        result, number=None, issue_date=None, due_date=None, payment=replace(result.payment, reference=None)
    )
    assert withdrawn == document
    check(result)
    with pytest.raises(Conflict):
        issue(result, "20260043", ISSUED_ON)


amounts = st.decimals(min_value=Decimal("-99999.99"), max_value=Decimal("99999.99"), places=2)
rates = st.sampled_from([Decimal("21.00"), Decimal("9.00"), Decimal("6.00")])
lines_of_any_kind = st.lists(
    st.one_of(
        st.fixed_dictionaries(
            {
                "quantity": st.decimals(min_value=Decimal("-999"), max_value=Decimal("999"), places=3),
                "unit_price": st.decimals(min_value=Decimal(0), max_value=Decimal("9999"), places=4),
                "vat_rate": rates,
            }
        ),
        st.fixed_dictionaries(
            {
                "minutes": st.integers(0, 10_000),
                "unit_price": st.decimals(min_value=Decimal(0), max_value=Decimal("999"), places=2),
                "vat_rate": rates,
            }
        ),
        st.fixed_dictionaries({"amount": amounts, "vat_rate": rates, "detail": st.text(max_size=20)}),
    ),
    min_size=1,
    max_size=8,
)


@given(lines_of_any_kind)
def test_whatever_is_composed_adds_up_and_survives_its_bytes(figures: list[dict[str, Any]]) -> None:
    lines = [standard(at + 1, "Vraag", **what) for at, what in enumerate(figures)]
    document = released(lines, preceding=PrecedingDocument("20260041", ISSUED_ON))
    check(document)
    assert document.totals.net == sum(line.amount for line in lines)
    data = to_json(document)
    assert to_json(from_json(data)) == data
    by_hand = issue(document, NUMBER, ISSUED_ON)
    assert issue_json(data, NUMBER, ISSUED_ON) == (to_json(by_hand), by_hand.due_date, by_hand.payment.reference)


def test_equal_documents_are_equal_bytes_however_their_numbers_were_written() -> None:
    one = [standard(1, "Reset", quantity=Decimal(200), unit_price=Decimal("12.5"))]
    other = [standard(1, "Reset", quantity=Decimal("2E+2"), unit_price=Decimal("12.5000"), vat_rate=Decimal(21))]
    assert to_json(released(one)) == to_json(released(other))


def test_the_bytes_are_sorted_compact_json_with_amounts_as_text() -> None:
    data = to_json(issued())
    tree = json.loads(data)
    assert data == json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert tree["totals"] == {"net": "104.17", "vat": "21.88", "gross": "126.05", "paid": "0.00"}
    assert (tree["format"], tree["issue_date"], tree["lines"][0]["minutes"]) == (1, "2026-11-21", 50)


def test_numbers_already_issued_get_no_second_number_by_the_fast_way_either() -> None:
    with pytest.raises(Conflict):
        issue_json(to_json(issued()), "20260043", ISSUED_ON)
    with pytest.raises(InvalidInput):
        issue_json(to_json(released()), "no/valid/number/with/too/many/letters", ISSUED_ON)


@pytest.mark.parametrize(
    ("path", "value", "pointer"),
    [
        (("totals", "net"), 104.17, "/totals/net"),
        (("totals", "net"), "1E+2", "/totals/net"),
        (("totals", "net"), "NaN", "/totals/net"),
        (("lines", 1, "minutes"), "50", "/lines/1/minutes"),
        (("lines", 1, "included"), 0, "/lines/1/included"),
        (("issue_date",), "21-11-2026", "/issue_date"),
        (("kind",), "memo", "/kind"),
        (("lines",), {}, "/lines"),
        (("surprise",), 1, ""),
        (("format",), 2, None),
    ],
)
def test_bytes_nobody_here_wrote_are_refused_by_the_field(
    path: tuple[Any, ...], value: Any, pointer: str | None
) -> None:
    tree = json.loads(to_json(issued()))
    place = tree
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(InvalidInput) as refused:
        from_json(json.dumps(tree).encode())
    assert pointer is None or [error.pointer for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize("data", [b"", b"[]", b"null", b"\xff", b"{}"])
def test_bytes_that_are_no_document_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        from_json(data)


def test_text_that_is_not_unicode_is_refused() -> None:
    with pytest.raises(InvalidInput):
        to_json(released(contract_description="\ud800"))


def test_digests_chain_the_documents_of_a_series() -> None:
    first, second = to_json(issued()), to_json(issued(number="20260043"))
    head = digest(first)
    assert head == hashlib.sha256(first).digest()
    assert digest(second, head) == hashlib.sha256(head + second).digest()
    assert digest(second, head) != digest(second, hashlib.sha256(first + b" ").digest())


def test_what_was_paid_before_lowers_what_is_payable() -> None:
    document = released(paid=Decimal("26.05"))
    assert document.totals.payable == Decimal("100.00")
    check(document)


def test_compose_takes_the_sellers_account() -> None:
    document = compose(
        language="nl", series="F", currency="EUR", seller=SELLER, buyer=BUYER, supply_from=ISSUED_ON,
        supply_to=ISSUED_ON, lines=two_lines(), terms_days=14,
    )  # fmt: skip
    assert (document.payment.iban, document.payment.bic) == (SELLER.iban, SELLER.bic)


def nothing_charged() -> list[Line]:
    return [make_line(1, "Wachtwoord vergeten", vat_category="S", vat_rate=Decimal("21.00"), minutes=20, included=True)]


def test_a_zero_statement_gets_a_date_and_no_number() -> None:
    statement = released(nothing_charged(), kind=DocumentKind.ZERO_STATEMENT)
    check(statement)
    dated = issue(statement, None, date(2026, 11, 21))
    check(dated)
    assert (dated.number, dated.issue_date, dated.due_date) == (None, date(2026, 11, 21), None)
    assert dated.payment.reference is None
    assert issue_json(to_json(statement), None, date(2026, 11, 21)).data == to_json(dated)
    with pytest.raises(Conflict, match="already issued"):
        issue(dated, None, date(2026, 11, 22))


def test_a_zero_statement_with_an_amount_or_a_number_is_refused() -> None:
    with pytest.raises(InvalidInput, match="comes to nothing"):
        check(released(kind=DocumentKind.ZERO_STATEMENT))
    with pytest.raises(InvalidInput, match="except a zero statement"):
        issue(released(nothing_charged(), kind=DocumentKind.ZERO_STATEMENT), "20260001", date(2026, 11, 21))
    with pytest.raises(InvalidInput, match="except a zero statement"):
        issue_json(to_json(released()), None, date(2026, 11, 21))


# --- prepaid time ---


def card(previous: int, *quantities: int) -> PrepaidBalance:
    return prepaid_balance(
        reference="UK-0001",
        title="Strippenkaart",
        unit=PrepaidUnit.MINUTES,
        as_of=ISSUED_ON,
        previous=previous,
        movements=[PrepaidMovement(ISSUED_ON, MovementKind.DRAW, quantity) for quantity in quantities],
    )


@given(st.integers(0, 10_000), st.lists(st.integers(-600, 600), max_size=20))
def test_a_printed_balance_is_what_the_movements_make_of_the_one_before(previous: int, quantities: list[int]) -> None:
    document = released(prepaid=[card(previous, *quantities)])
    check(document)
    assert document.prepaid[0].balance == previous + sum(quantities)
    assert from_json(to_json(document)) == document


def test_a_balance_that_its_movements_do_not_make_is_refused() -> None:
    told = replace(card(240, -60), balance=200)
    assert refused_fields(released(prepaid=[card(240), told])) == ["/prepaid/1/balance"]
    assert refused_fields(released(prepaid=[replace(card(240), title=" ")])) == ["/prepaid/0/title"]


def test_a_document_without_prepaid_time_is_written_as_before_there_were_cards() -> None:
    before = json.loads(to_json(issued()))
    assert "prepaid" not in before
    assert from_json(json.dumps(before).encode()) == issued()
    bought = released(prepaid=[card(0, 240)])
    assert issue_json(to_json(bought), NUMBER, ISSUED_ON).data == to_json(issue(bought, NUMBER, ISSUED_ON))
