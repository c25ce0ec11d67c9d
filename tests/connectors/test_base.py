"""Steps, checks and predictions of the protocol, without any package."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from connectors.base import (
    Document,
    Found,
    Kind,
    Line,
    Outcome,
    Page,
    Refused,
    RemoteDocument,
    Rounding,
    State,
    Step,
    Vat,
    VatGroup,
    differences,
    everything,
    next_step,
    predicted,
    prepare,
)
from connectors.fake.profiles import capabilities

LINE = Line("Hulp", Decimal("10.03"), "vat-21", "S", Decimal(21), "gl-8000")
OURS = Document(
    kind=Kind.INVOICE,
    number="20260101",
    customer="1",
    issue_date=date(2026, 9, 1),
    due_date=date(2026, 9, 30),
    currency="EUR",
    lines=(LINE,) * 3,
    vat=(VatGroup("vat-21", Decimal("30.09"), Decimal("6.32")),),
    net=Decimal("30.09"),
    tax=Decimal("6.32"),
    total=Decimal("36.41"),
    reference="20260101",
    rounding=Rounding("gl-4990", "vat-o", "Afronding btw"),
)
THERE = RemoteDocument(
    id="7",
    kind=Kind.INVOICE,
    number="20260101",
    state=State.DRAFT,
    issue_date=OURS.issue_date,
    due_date=OURS.due_date,
    currency="EUR",
    net=OURS.net,
    tax=OURS.tax,
    total=OURS.total,
    attachments=(),
)
COMPUTES = capabilities("unsearchable")  # VAT line by line
DRAFTS = capabilities("searchable")  # our VAT; drafts with attachments, posted separately


def test_a_package_that_computes_the_vat_gets_a_rounding_line_and_comes_to_our_total():
    sent = prepare(OURS, COMPUTES)
    assert sent.lines[-1].amount == Decimal("-0.01")
    assert (sent.lines[-1].ledger_account, sent.lines[-1].vat_code) == ("gl-4990", "vat-o")
    assert (sent.net, sent.tax, sent.total) == (Decimal("30.08"), Decimal("6.33"), OURS.total)
    assert sum(group.tax for group in predicted(sent.lines, Vat.PER_LINE)) == sent.tax
    assert prepare(sent, COMPUTES) == sent, "preparing twice is preparing once"
    assert prepare(OURS, DRAFTS) == OURS, "where our VAT is booked nothing is evened out"


@pytest.mark.parametrize(("off", "fits"), [("0.05", True), ("0.06", False), ("-0.05", True), ("-0.06", False)])
def test_more_than_five_cents_is_no_rounding(off: str, fits: bool):
    one = replace(LINE, amount=Decimal("100.00"))
    tax = Decimal("21.00") + Decimal(off)
    ours = replace(
        OURS,
        lines=(one,),
        vat=(VatGroup("vat-21", Decimal("100.00"), tax),),
        net=Decimal("100.00"),
        tax=tax,
        total=Decimal("100.00") + tax,
    )
    if fits:
        assert prepare(ours, COMPUTES).total == ours.total
        return
    with pytest.raises(Refused) as refused:
        prepare(ours, COMPUTES)
    assert refused.value.cause == "vat_difference_too_large"


@pytest.mark.parametrize("name", ["net", "tax", "total"])
def test_a_document_that_does_not_add_up_is_never_sent(name: str):
    with pytest.raises(Refused) as refused:
        prepare(replace(OURS, **{name: getattr(OURS, name) + Decimal("0.01")}), DRAFTS)
    assert refused.value.cause == "total_differs"


def test_quantity_and_price_are_told_only_if_they_multiply_to_the_amount():
    three = replace(LINE, amount=Decimal("75.00"), quantity=Decimal(3), unit_price=Decimal("25.00"))
    assert three.priced() == (Decimal(3), Decimal("25.00"))
    minutes = replace(LINE, amount=Decimal("79.17"), quantity=Decimal("0.83"), unit_price=Decimal("95.00"))
    assert minutes.priced() == (Decimal(1), Decimal("79.17"))


def test_the_next_step_follows_from_what_stands_there():
    def step(remote: RemoteDocument | None, **more: bool) -> Step:
        return next_step(DRAFTS, remote, attachment="a.pdf", **more)

    assert step(None) is Step.CREATE
    assert step(THERE) is Step.ATTACH
    attached = replace(THERE, attachments=("a.pdf",))
    assert step(attached) is Step.POST
    assert step(replace(attached, state=State.BOOKED)) is Step.DONE
    assert step(replace(THERE, state=State.BOOKED)) is Step.ATTACH, "booked without its file is not done"
    silent = replace(THERE, attachments=None)
    assert (step(silent), step(silent, attached=True)) == (Step.ATTACH, Step.POST)
    assert next_step(DRAFTS, THERE, attachment=None) is Step.POST
    assert next_step(COMPUTES, THERE, attachment="a.pdf") is Step.DONE, "this kind has no files and no drafts"


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("number", "20260102"),
        ("kind", Kind.CREDIT_NOTE),
        ("customer", "2"),
        ("issue_date", date(2026, 9, 2)),
        ("due_date", date(2026, 10, 1)),
        ("currency", "USD"),
        ("net", Decimal("30.10")),
        ("tax", Decimal("6.33")),
        ("total", Decimal("36.42")),
        ("vat", (VatGroup("vat-9", Decimal("30.09"), Decimal("6.32")),)),
    ],
)
def test_whatever_stands_there_otherwise_is_named(name: str, theirs: object):
    assert differences(OURS, THERE, DRAFTS) == ()
    found = differences(OURS, replace(THERE, **{name: theirs}), DRAFTS)
    assert {one.field.partition(".")[0] for one in found} == {name}


def test_a_search_has_four_answers():
    searches = [Found(), Found((1,)), Found((1, 2)), Found(searched=False)]
    assert [one.outcome for one in searches] == [
        Outcome.NONE,
        Outcome.ONE,
        Outcome.SEVERAL,
        Outcome.CANNOT_SEARCH,
    ]


def test_a_list_is_read_to_its_last_page():
    pages = {None: Page((1, 2), "b"), "b": Page((), "c"), "c": Page((3,))}
    assert list(everything(lambda cursor: pages[cursor])) == [1, 2, 3]
