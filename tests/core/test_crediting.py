"""Credits of an invoice: never more than the invoice, and together the invoice to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from billing_service.core.crediting import (
    Before,
    CreditedLine,
    ExceedsInvoice,
    Group,
    NothingToCredit,
    Part,
    Taken,
    credit_lines,
    credit_vat,
)
from billing_service.core.document import (
    Basis,
    Crediting,
    DocumentKind,
    InvoiceDocument,
    PrecedingDocument,
    VatGroup,
    check,
    compose,
    issue,
    issue_json,
    make_line,
    to_json,
)
from billing_service.core.money import ZERO
from billing_service.errors import InvalidInput
from tests.documents.examples import BUYER, SELLER, released, standard

NONE = Before({}, {})
Credit = tuple[tuple[CreditedLine, ...], tuple[VatGroup, ...]]


def credit(invoice: InvoiceDocument, before: Before, *parts: Part) -> Credit:
    lines = credit_lines(invoice, before, parts or None)
    return lines, credit_vat(invoice, before, lines)


def after(before: Before, credits: Iterable[Credit]) -> Before:
    """What earlier credits took, these included."""
    lines, tax = dict(before.lines), dict(before.tax)
    for credited, groups in credits:
        for one in credited:
            lines[one.credits_line] = lines.get(one.credits_line, Taken()) + one.taken
        for group in groups:
            key: Group = (group.category, group.rate)
            tax[key] = tax.get(key, ZERO) + group.tax
    return Before(lines, tax)


def note(invoice: InvoiceDocument, made: Credit) -> InvoiceDocument:
    """The credit note as a document."""
    lines, groups = made
    return compose(
        kind=DocumentKind.CREDIT_NOTE,
        language=invoice.language,
        series="C",
        currency="EUR",
        seller=SELLER,
        buyer=BUYER,
        supply_from=invoice.supply_from,
        supply_to=invoice.supply_to,
        lines=[one.line for one in lines],
        vat=groups,
        terms_days=0,
        preceding=PrecedingDocument("20260042", date(2026, 11, 21)),
        crediting=Crediting("De factuur ging naar de verkeerde vereniging."),
    )


def amounts(made: Credit) -> list[Decimal]:
    return [one.line.amount for one in made[0]]


def test_a_whole_credit_repeats_the_invoice() -> None:
    invoice = released()
    lines, groups = credit(invoice, NONE)
    assert [replace(one.line, detail=None) for one in lines] == [replace(line, detail=None) for line in invoice.lines]
    assert groups == invoice.vat
    check(note(invoice, (lines, groups)))


def test_thirds_of_an_hour_end_with_the_remaining_cent() -> None:
    """1:00 at 95.00 is 95.00; 0:20 is 31.67, three times 95.01."""
    invoice = released([standard(1, "Werk", minutes=60, unit_price=Decimal("95.00"))])
    before, made = NONE, []
    for _ in range(3):
        made.append(credit(invoice, before, Part(1, minutes=20)))
        before = after(before, made[-1:])
        check(note(invoice, made[-1]))
    assert [amounts(one) for one in made] == [[Decimal("31.67")], [Decimal("31.66")], [Decimal("31.67")]]
    assert [one[0][0].line.basis for one in made] == [Basis.TIME, Basis.AMOUNT, Basis.TIME]  # 31.66 is no 0:20 at 95
    assert [one[1][0].tax for one in made] == [Decimal("6.65"), Decimal("6.65"), Decimal("6.65")]
    with pytest.raises(NothingToCredit):
        credit(invoice, before)
    with pytest.raises(ExceedsInvoice):
        credit(invoice, before, Part(1, minutes=1))


def test_what_an_amount_left_is_taken_by_the_rest() -> None:
    invoice = released()
    first = credit(invoice, NONE, Part(1, amount=Decimal("10.00")))
    rest = credit(invoice, after(NONE, [first]))
    assert amounts(rest) == [Decimal("69.17"), Decimal("25.00")]
    assert first[1][0].tax + rest[1][0].tax == invoice.vat[0].tax


def test_the_rate_is_that_of_the_invoice_and_zeroes_keep_their_reason() -> None:
    lines = [
        standard(1, "Boek", amount=Decimal("50.00"), vat_rate=Decimal("6.00")),
        make_line(2, "Advies", amount=Decimal("10.00"), vat_category="E", vat_rate=Decimal(0), vat_text="exempt"),
    ]
    _, groups = credit(released(lines), NONE)
    assert [(group.category, group.rate, group.tax, group.texts) for group in groups] == [
        ("S", Decimal("6.00"), Decimal("3.00"), ()),
        ("E", Decimal("0.00"), Decimal("0.00"), ("exempt",)),
    ]


def test_a_discount_on_the_invoice_limits_what_its_vat_group_can_give_back() -> None:
    invoice = released(
        [standard(1, "Werk", amount=Decimal("100.00")), standard(2, "Korting", amount=Decimal("-20.00"))]
    )
    with pytest.raises(ExceedsInvoice, match=r"80\.00 is left"):
        credit(invoice, NONE, Part(1))
    with pytest.raises(ExceedsInvoice):  # taking back only the discount would be an invoice
        credit(invoice, NONE, Part(2))
    assert amounts(credit(invoice, NONE, Part(1, amount=Decimal("80.00")))) == [Decimal("80.00")]
    assert sum(amounts(credit(invoice, NONE, Part(1), Part(2)))) == Decimal("80.00")


@pytest.mark.parametrize(
    ("part", "pointer"),
    [
        (Part(3), "/lines/0/line"),
        (Part(1, quantity=Decimal(1)), "/lines/0/quantity"),
        (Part(2, minutes=5), "/lines/0/minutes"),
        (Part(1, minutes=0), "/lines/0/minutes"),
        (Part(2, quantity=Decimal(-1)), "/lines/0/quantity"),
        (Part(1, amount=Decimal("-1.00")), "/lines/0/amount"),
        (Part(1, amount=Decimal("1.00"), minutes=5), "/lines/0/amount"),
    ],
)
def test_a_part_that_does_not_fit_its_line_is_refused_by_the_field(part: Part, pointer: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        credit(released(), NONE, part)
    assert [error.pointer for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    "part", [Part(1, minutes=51), Part(2, quantity=Decimal("2.5")), Part(1, amount=Decimal("79.18"))]
)
def test_more_than_the_line_is_refused(part: Part) -> None:
    with pytest.raises(ExceedsInvoice) as refused:
        credit(released(), NONE, part)
    assert refused.value.code == "credit_exceeds_invoice"


def test_a_line_is_named_once() -> None:
    with pytest.raises(InvalidInput):
        credit(released(), NONE, Part(1, minutes=5), Part(1, minutes=5))


def test_a_credit_note_has_no_due_date_and_no_reference_and_says_what_becomes_of_the_money() -> None:
    document = note(released(), credit(released(), NONE))
    issued = issue(document, "C20260001", date(2026, 11, 25), Decimal("100.00"))
    check(issued)
    assert (issued.due_date, issued.payment.reference) == (None, None)
    assert issued.crediting is not None
    assert (issued.crediting.closes, issued.crediting.balance) == (Decimal("100.00"), Decimal("26.05"))
    fast = issue_json(to_json(document), "C20260001", date(2026, 11, 25), Decimal("100.00"))
    assert fast == (to_json(issued), None, None)


@pytest.mark.parametrize(
    ("fault", "pointer"),
    [
        ({"preceding": None}, "/preceding"),
        ({"crediting": None}, "/crediting/reason"),
        ({"crediting": Crediting(" ")}, "/crediting/reason"),
        ({"kind": DocumentKind.INVOICE}, "/crediting"),
        ({"due_date": date(2026, 12, 1)}, "/due_date"),
        ({"crediting": Crediting("x", Decimal("1.00"), Decimal("1.00"))}, "/crediting"),
        ({"crediting": Crediting("x", Decimal("-1.00"), Decimal("127.05"))}, "/crediting"),
    ],
)
def test_a_falsified_credit_note_is_refused_by_the_field(fault: dict[str, Any], pointer: str) -> None:
    document = note(released(), credit(released(), NONE))
    issued = issue(document, "C20260001", date(2026, 11, 25), ZERO)
    with pytest.raises(InvalidInput) as refused:
        check(replace(issued, **fault))
    assert pointer in [error.pointer for error in refused.value.errors]


def test_the_vat_of_a_credit_note_differs_by_a_cent_at_most() -> None:
    document = note(released(), credit(released(), NONE))
    (group,) = document.vat

    def with_tax(tax: str) -> InvoiceDocument:
        gross = group.taxable + Decimal(tax)
        totals = replace(document.totals, vat=Decimal(tax), gross=gross)
        return replace(document, vat=(replace(group, tax=Decimal(tax)),), totals=totals)

    check(with_tax("21.87"))
    check(with_tax("21.89"))
    with pytest.raises(InvalidInput):
        check(with_tax("21.86"))
    with pytest.raises(InvalidInput):
        check(replace(with_tax("21.89"), totals=document.totals))


# --- for any invoice and any order of credits -------------------------------------------------------------------------

CENTS = st.integers(1, 20_000).map(lambda cents: Decimal(cents).scaleb(-2))
PRICES = st.integers(1, 2_000_000).map(lambda units: Decimal(units).scaleb(-4))
LINES = st.one_of(
    st.fixed_dictionaries({"amount": CENTS | CENTS.map(lambda cents: -cents)}),
    st.fixed_dictionaries({"quantity": st.integers(1, 400).map(lambda n: Decimal(n) / 4), "unit_price": PRICES}),
    st.fixed_dictionaries({"minutes": st.integers(1, 600), "unit_price": PRICES}),
    st.just({"minutes": 30, "included": True}),
)
RATES = st.sampled_from([Decimal("21.00"), Decimal("9.00"), Decimal("6.00")])
INVOICES = st.lists(st.tuples(LINES, RATES), min_size=1, max_size=6)


def an_invoice(drawn: list[tuple[dict[str, Any], Decimal]]) -> InvoiceDocument:
    lines = [standard(at, "Werk", vat_rate=rate, **figures) for at, (figures, rate) in enumerate(drawn, start=1)]
    return released(lines)


@given(INVOICES, st.data())
def test_any_credits_never_exceed_the_invoice_and_together_make_it_to_the_cent(
    drawn: list[tuple[dict[str, Any], Decimal]], data: st.DataObject
) -> None:
    invoice = an_invoice(drawn)
    assume(invoice.totals.gross > ZERO)
    before, made = NONE, []
    for _ in range(data.draw(st.integers(0, 6))):
        line = data.draw(st.sampled_from(invoice.lines))
        part = data.draw(
            st.one_of(
                st.just(Part(line.number)),
                st.builds(Part, st.just(line.number), amount=CENTS),
                st.builds(Part, st.just(line.number), quantity=st.integers(1, 90).map(lambda n: Decimal(n) / 4)),
                st.builds(Part, st.just(line.number), minutes=st.integers(1, 300)),
            )
        )
        try:
            one = credit(invoice, before, part)
        except (InvalidInput, ExceedsInvoice, NothingToCredit):
            continue
        check(note(invoice, one))
        made.append(one)
        before = after(before, [one])
    try:
        last = credit(invoice, before)
    except NothingToCredit:
        pass
    else:
        check(note(invoice, last))
        made.append(last)
    taxable: dict[Group, Decimal] = defaultdict(Decimal)
    tax: dict[Group, Decimal] = defaultdict(Decimal)
    for _, groups in made:
        for group in groups:
            taxable[group.category, group.rate] += group.taxable
            tax[group.category, group.rate] += group.tax
    for group in invoice.vat:
        key = (group.category, group.rate)
        assert (taxable[key], tax[key]) == (group.taxable, group.tax)
    for line in invoice.lines:
        taken = sum((one.taken.amount for lines, _ in made for one in lines if one.credits_line == line.number), ZERO)
        assert taken == line.amount
