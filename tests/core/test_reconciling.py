"""Our documents beside the package's: every difference found, classed, and explained to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.reconciling import (
    Class,
    Delivered,
    Facts,
    Ours,
    Repair,
    Theirs,
    There,
    VatAmount,
    reconcile,
)

ZERO = Decimal("0.00")


def facts(at: int, total: str = "121.00", **other: Any) -> Facts:
    amount = Decimal(total)
    tax = (amount - amount / Decimal("1.21")).quantize(Decimal("0.01"))
    values: dict[str, Any] = {
        "kind": "invoice",
        "number": f"2026-{at:05}",
        "issue_date": date(2026, 11, 2),
        "due_date": date(2026, 12, 2),
        "currency": "EUR",
        "net": amount - tax,
        "tax": tax,
        "total": amount,
        "open": amount,
        "customer": "c7",
        "vat": (VatAmount("21H", amount - tax, tax),),
    }
    return Facts(**values | other)


def ours(at: int, total: str = "121.00", *, delivered: Delivered = Delivered.YES, **other: Any) -> Ours:
    remote_id = f"r{at}" if delivered is Delivered.YES else None
    return Ours(UUID(int=at), facts(at, total, **other), delivered, remote_id)


def theirs(at: int, total: str = "121.00", *, state: There = There.BOOKED, **other: Any) -> Theirs:
    return Theirs(f"r{at}", facts(at, total, **other), state)


def found(mine: list[Ours], there: list[Theirs]) -> list[tuple[Class, Repair, str, str]]:
    result = reconcile(mine, there)
    assert (result.unexplained, result.unexplained_open) == (ZERO, ZERO)
    return [(one.kind, one.repair, str(one.amount), str(one.open)) for one in result.differences]


def test_two_equal_books_have_no_difference_and_the_same_totals() -> None:
    credit = {"kind": "credit_note", "number": "C2026-00001"}
    result = reconcile([ours(1), ours(2, "60.50", **credit)], [theirs(1), theirs(2, "60.50", **credit)])
    assert (result.differences, result.ours, result.unexplained) == ((), result.theirs, ZERO)
    assert result.ours.total == Decimal("60.50")
    assert result.ours.vat == (VatAmount("21H", Decimal("50.00"), Decimal("10.50")),)


def test_what_was_delivered_and_is_gone_is_missing() -> None:
    assert found([ours(1)], []) == [(Class.MISSING, Repair.DELIVER_AGAIN, "-121.00", "-121.00")]


def test_what_is_on_its_way_is_explained_and_not_missing() -> None:
    waiting, stuck = ours(1, delivered=Delivered.UNDER_WAY), ours(2, delivered=Delivered.NEEDS_ATTENTION)
    assert found([waiting, stuck], []) == [
        (Class.UNDER_WAY, Repair.WAIT, "-121.00", "-121.00"),
        (Class.UNDER_WAY, Repair.RETRY, "-121.00", "-121.00"),
    ]


def test_what_stands_there_and_is_not_ours_is_extra() -> None:
    assert found([], [theirs(9)]) == [(Class.EXTRA, Repair.REMOVE_THERE, "121.00", "121.00")]
    assert found([], [theirs(9, state=There.DRAFT)]) == [(Class.EXTRA, Repair.REMOVE_THERE, "0.00", "0.00")]
    assert found([], [theirs(9, state=There.CANCELLED)]) == []


def test_what_stands_there_twice_is_a_duplicate_once() -> None:
    copy = replace(theirs(1), id="r99")
    assert found([ours(1)], [copy, theirs(1)]) == [(Class.DUPLICATE, Repair.REMOVE_THERE, "121.00", "121.00")]


def test_what_arrived_twice_before_we_heard_of_it_is_a_duplicate_too() -> None:
    unheard = ours(1, delivered=Delivered.UNDER_WAY)
    assert found([unheard], [theirs(1), replace(theirs(1), id="r2")])[0][0] is Class.DUPLICATE


def test_what_was_voided_there() -> None:
    gone = theirs(1, state=There.CANCELLED)
    assert found([ours(1)], [gone]) == [(Class.VOIDED, Repair.CREDIT_HERE_OR_RESTORE, "-121.00", "-121.00")]


def test_what_was_voided_there_and_entered_anew_stands_under_another_id() -> None:
    gone, anew = theirs(1, state=There.CANCELLED), replace(theirs(1), id="r50")
    result = reconcile([ours(1)], [gone, anew])
    (one,) = result.differences
    assert (one.kind, [field.name for field in one.fields], one.amount) == (Class.CHANGED, ["id"], ZERO)


def test_a_draft_there_does_not_count_in_their_books() -> None:
    draft = theirs(1, state=There.DRAFT)
    assert found([ours(1)], [draft]) == [(Class.NOT_BOOKED, Repair.BOOK, "-121.00", "-121.00")]
    assert found([ours(1, delivered=Delivered.UNDER_WAY)], [draft])[0][:2] == (Class.UNDER_WAY, Repair.WAIT)


def test_what_was_changed_there_names_each_field() -> None:
    other = theirs(1, "121.01", open=Decimal("121.01"), issue_date=date(2026, 11, 3))
    result = reconcile([ours(1)], [other])
    (one,) = result.differences
    assert (one.kind, one.amount, one.open) == (Class.CHANGED, Decimal("0.01"), Decimal("0.01"))
    assert [field.name for field in one.fields] == ["issue_date", "net", "total", "vat.21H"]
    assert result.unexplained_open == ZERO


def test_what_is_paid_there_and_not_here() -> None:
    paid = theirs(1, open=Decimal("21.00"))
    assert found([ours(1)], [paid]) == [(Class.DIFFERENTLY_PAID, Repair.PULL_PAYMENTS, "0.00", "-100.00")]


def test_what_was_changed_and_paid_there_are_two_differences() -> None:
    both = theirs(1, "131.00", open=ZERO)
    assert [one[0] for one in found([ours(1)], [both])] == [Class.CHANGED, Class.DIFFERENTLY_PAID]


def test_what_the_package_does_not_tell_is_not_compared() -> None:
    silent = theirs(1, open=None, customer=None, due_date=None, vat=None)
    assert found([ours(1)], [silent]) == []


def test_a_number_that_was_given_to_another_document_of_ours_is_one_change() -> None:
    swapped = replace(theirs(2), facts=facts(1))
    kinds = [one.kind for one in reconcile([ours(1), ours(2)], [theirs(1), swapped]).differences]
    assert kinds == [Class.CHANGED]


def test_only_what_was_compared_makes_the_digest() -> None:
    mine, there = [ours(1), ours(2)], [theirs(1), theirs(2)]
    digest = reconcile(mine, there).digest
    assert reconcile(mine[::-1], there[::-1]).digest == digest
    assert reconcile(mine, [theirs(1), theirs(2, open=ZERO)]).digest != digest


# --- properties -----------------------------------------------------------------------------------------------------

PLANTED = ("same", "removed", "draft", "voided", "copied", "amount", "date", "paid", "under_way", "needs_attention")
EXPECTED = {
    "removed": [Class.MISSING],
    "draft": [Class.NOT_BOOKED],
    "voided": [Class.VOIDED],
    "copied": [Class.DUPLICATE],
    "amount": [Class.CHANGED],
    "date": [Class.CHANGED],
    "paid": [Class.DIFFERENTLY_PAID],
    "under_way": [Class.UNDER_WAY],
    "needs_attention": [Class.UNDER_WAY],
}
books = st.lists(
    st.tuples(st.sampled_from(PLANTED), st.sampled_from(["invoice", "credit_note"]), st.integers(2, 10**7)), max_size=12
)


def _plant(fault: str, at: int, kind: str, cents: int) -> tuple[Ours, list[Theirs]]:
    total = str(Decimal(cents) / 100)
    one, it = ours(at, total, kind=kind), theirs(at, total, kind=kind)
    if fault in ("under_way", "needs_attention"):
        return ours(at, total, kind=kind, delivered=Delivered(fault)), []
    cent = Decimal("0.01")
    there = {
        "same": [it],
        "removed": [],
        "draft": [replace(it, state=There.DRAFT)],
        "voided": [replace(it, state=There.CANCELLED)],
        "copied": [it, replace(it, id=f"x{at}")],
        "amount": [replace(it, facts=replace(it.facts, total=it.facts.total + cent, open=it.facts.total + cent))],
        "date": [replace(it, facts=replace(it.facts, issue_date=date(2026, 1, 1)))],
        "paid": [replace(it, facts=replace(it.facts, open=it.facts.total - cent))],
    }
    return one, there[fault]


@given(books, st.lists(st.integers(2, 10**6), max_size=4), st.randoms())
def test_every_planted_difference_is_found_once_and_nothing_stays_unexplained(
    planted: list[tuple[str, str, int]], strangers: list[int], dice: Random
) -> None:
    mine, there = [], [theirs(900 + at, str(Decimal(cents) / 100)) for at, cents in enumerate(strangers)]
    expected = [Class.EXTRA] * len(strangers)
    for at, (fault, kind, cents) in enumerate(planted):
        one, standing = _plant(fault, at, kind, cents)
        mine.append(one)
        there += standing
        expected += EXPECTED.get(fault, [])
    dice.shuffle(mine)
    dice.shuffle(there)
    result = reconcile(mine, there)
    assert sorted(one.kind for one in result.differences) == sorted(expected)
    assert (result.unexplained, result.unexplained_open) == (ZERO, ZERO)
    assert result == reconcile(mine[::-1], there[::-1])
