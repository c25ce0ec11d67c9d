"""Receipts find the invoices they pay: certain by themselves, doubtful for a person, with the evidence."""

from __future__ import annotations

from decimal import Decimal
from itertools import combinations
from random import Random
from uuid import UUID

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from billing_service.core.matching import Book, Doubt, Evidence, Incoming, Match, Payable, named_bodies
from billing_service.core.references import grouped, reference_body, rf_reference

ALFA, BETA = UUID(int=1), UUID(int=2)
ALFA_IBAN, BETA_IBAN = "NL91ABNA0417164300", "NL20INGB0001234567"
ACCOUNTS = {ALFA_IBAN: {ALFA}, BETA_IBAN: {BETA}}


def payable(at: int, asks: str, number: str | None = None, customer: UUID = ALFA) -> Payable:
    return Payable(UUID(int=100 + at), number or f"2026-{at:05}", customer, Decimal(asks))


def book(*payables: Payable, debits: dict[str, UUID] | None = None) -> Book:
    return Book(payables, ACCOUNTS, debits)


def pays(match: Match) -> dict[int, str]:
    return {part.invoice_id.int - 100: str(part.amount) for part in match.parts}


def incoming(amount: str, **known: str) -> Incoming:
    return Incoming(Decimal(amount), **known)


TWO = book(payable(1, "121.00"), payable(2, "60.50"))


@pytest.mark.parametrize("text", ["", "dank voor de hulp", "factuur 2026-00001"])
def test_a_structured_reference_is_certain_whatever_the_amount(text: str) -> None:
    match = TWO.match(incoming("50.00", reference=rf_reference("2026-00001"), text=text))
    assert (match.certain, match.evidence, pays(match)) == (True, Evidence.REFERENCE, {1: "50.00"})


def test_a_reference_in_groups_of_four_within_the_text_is_found() -> None:
    match = TWO.match(incoming("121.00", text=f"Betaling {grouped(rf_reference('2026-00001'))} met dank"))
    assert (match.evidence, pays(match)) == (Evidence.REFERENCE, {1: "121.00"})


def test_a_reference_with_a_typing_error_says_nothing() -> None:
    wrong = rf_reference("2026-00001").replace("00001", "00002")
    assert TWO.match(incoming("121.00", reference=wrong)).doubt is Doubt.NOTHING_KNOWN


def test_more_than_was_asked_with_its_reference_overpays_that_invoice() -> None:
    assert pays(TWO.match(incoming("130.00", reference=rf_reference("2026-00001")))) == {1: "130.00"}


def test_a_reference_and_a_number_that_name_different_invoices_are_for_a_person() -> None:
    match = TWO.match(incoming("121.00", reference=rf_reference("2026-00001"), text="factuur 2026-00002"))
    assert (match.doubt, len(match.proposals), match.parts) == (Doubt.NAMES_CONTRADICT, 2, ())


@pytest.mark.parametrize("text", ["Factuur 2026-00001", "fact.2026 00001!", "202600001", "nr 2026/00001, klant 12"])
def test_a_number_as_a_whole_token_with_the_exact_amount_is_certain(text: str) -> None:
    match = TWO.match(incoming("121.00", text=text))
    assert (match.evidence, pays(match)) == (Evidence.NUMBER, {1: "121.00"})


@pytest.mark.parametrize(
    "text", ["2026-000012", "12026-00001", "20 26-00001", "X202600001", "é202600001", "2026_00001x"]
)
def test_a_number_within_a_longer_token_is_not_that_number(text: str) -> None:
    assert TWO.match(incoming("121.00", text=text)).doubt is Doubt.NOTHING_KNOWN


def test_twelve_does_not_stand_in_one_thousand_two_hundred_and_thirty_four() -> None:
    short = book(payable(1, "10.00", number="12"))
    assert short.match(incoming("10.00", text="klant 1234")).doubt is Doubt.NOTHING_KNOWN
    assert pays(short.match(incoming("10.00", text="factuur 12"))) == {1: "10.00"}


def test_a_number_with_another_amount_is_certain_only_from_the_customers_own_account() -> None:
    known = TWO.match(incoming("100.00", text="2026-00001", iban=ALFA_IBAN))
    other = TWO.match(incoming("100.00", text="2026-00001", iban=BETA_IBAN))
    assert (known.evidence, pays(known)) == (Evidence.NUMBER, {1: "100.00"})
    assert (other.doubt, other.proposals) == (Doubt.AMOUNT_DIFFERS, (UUID(int=101),))


def test_several_numbers_are_certain_together_only_to_the_cent() -> None:
    text = "2026-00001 en 2026-00002"
    assert pays(TWO.match(incoming("181.50", text=text))) == {1: "121.00", 2: "60.50"}
    assert TWO.match(incoming("181.49", text=text, iban=ALFA_IBAN)).doubt is Doubt.AMOUNT_DIFFERS


def test_our_own_direct_debit_is_known_by_its_id() -> None:
    own = book(payable(1, "121.00"), debits={"DD-2026-7": UUID(int=101)})
    match = own.match(incoming("121.00", debit="DD-2026-7"))
    assert (match.evidence, pays(match)) == (Evidence.DEBIT, {1: "121.00"})


def test_an_invoice_that_is_paid_already_is_a_double_payment() -> None:
    book_ = book(payable(1, "121.00"))
    once = incoming("121.00", reference=rf_reference("2026-00001"))
    book_.apply(book_.match(once))
    assert book_.match(once).doubt is Doubt.ALREADY_PAID
    assert book_.match(incoming("121.00", text="2026-00001")).doubt is Doubt.ALREADY_PAID


def test_the_only_invoice_with_this_amount_of_the_one_who_pays() -> None:
    match = TWO.match(incoming("60.50", iban=ALFA_IBAN))
    assert (match.evidence, pays(match)) == (Evidence.AMOUNT, {2: "60.50"})
    assert TWO.match(incoming("60.50", iban=BETA_IBAN)).doubt is Doubt.NO_AMOUNT_FITS
    assert TWO.match(incoming("60.50")).doubt is Doubt.NOTHING_KNOWN


def test_two_invoices_of_the_same_amount_are_for_a_person() -> None:
    twins = book(payable(1, "60.50"), payable(2, "60.50"))
    match = twins.match(incoming("60.50", iban=ALFA_IBAN))
    assert (match.doubt, len(match.proposals)) == (Doubt.SEVERAL_POSSIBLE, 2)


def test_the_only_set_that_comes_to_the_amount() -> None:
    three = book(payable(1, "121.00"), payable(2, "60.50"), payable(3, "10.00"))
    match = three.match(incoming("131.00", iban=ALFA_IBAN))
    assert (match.evidence, pays(match)) == (Evidence.COMBINATION, {1: "121.00", 3: "10.00"})


def test_two_sets_that_come_to_the_amount_are_for_a_person() -> None:
    four = book(*(payable(at, asks) for at, asks in enumerate(("10.00", "40.00", "20.00", "30.00"))))
    assert four.match(incoming("50.00", iban=ALFA_IBAN)).doubt is Doubt.SEVERAL_POSSIBLE


def test_an_account_that_pays_for_two_customers_gives_no_combination() -> None:
    holding = Book([payable(1, "121.00"), payable(2, "60.50", customer=BETA)], {ALFA_IBAN: {ALFA, BETA}})
    assert pays(holding.match(incoming("60.50", iban=ALFA_IBAN))) == {2: "60.50"}
    assert holding.match(incoming("181.50", iban=ALFA_IBAN)).doubt is Doubt.NO_AMOUNT_FITS


def test_of_very_many_open_invoices_no_combination_is_certain() -> None:
    many = book(*(payable(at, f"{at}.00") for at in range(1, 40)))
    assert many.match(incoming("77.00", iban=ALFA_IBAN)).doubt is Doubt.NO_AMOUNT_FITS


@pytest.mark.parametrize("amount", ["0.00", "-5.00"])
def test_only_money_that_came_in_is_matched(amount: str) -> None:
    with pytest.raises(ValueError, match="came in"):
        TWO.match(incoming(amount))


def test_the_caller_can_look_up_what_a_receipt_might_name() -> None:
    receipt = incoming("1.00", reference=rf_reference("2026-00001"), text="factuur F-2026-17, zie mail")
    assert {"202600001", "F202617", "17"} <= named_bodies(receipt)


# --- properties -----------------------------------------------------------------------------------------------------

amounts = st.decimals("0.01", "500.00", places=2)
asked = st.lists(st.tuples(amounts, st.sampled_from([ALFA, BETA])), min_size=1, max_size=8)
receipts = st.builds(
    Incoming,
    amount=amounts,
    reference=st.sampled_from([None, *(rf_reference(f"2026-{at:05}") for at in range(4))]),
    text=st.lists(st.sampled_from(["2026-00000", "2026-00001", "202600002", "factuur", "12", "RF"]), max_size=3).map(
        " ".join
    ),
    iban=st.sampled_from([None, ALFA_IBAN, BETA_IBAN]),
)


def _payables(asks: list[tuple[Decimal, UUID]]) -> list[Payable]:
    return [payable(at, str(amount), customer=customer) for at, (amount, customer) in enumerate(asks)]


@given(asked, st.lists(receipts, max_size=6))
def test_a_certain_match_spends_exactly_the_receipt_and_a_doubtful_one_nothing(
    asks: list[tuple[Decimal, UUID]], coming: list[Incoming]
) -> None:
    open_ = book(*_payables(asks))
    for one in coming:
        match = open_.match(one)
        spent = sum((part.amount for part in match.parts), Decimal())
        assert spent == (one.amount if match.certain else 0)
        assert match.certain == (match.evidence is not None)
        assert all(part.amount > 0 for part in match.parts)
        if len(match.parts) > 1:
            assert {part.invoice_id for part in match.parts} <= {p.id for p in _payables(asks)}
        open_.apply(match)


@given(asked, receipts, st.randoms())
def test_the_order_of_the_invoices_changes_nothing(
    asks: list[tuple[Decimal, UUID]], one: Incoming, dice: Random
) -> None:
    payables = _payables(asks)
    shuffled = list(payables)
    dice.shuffle(shuffled)
    first, second = book(*payables).match(one), book(*shuffled).match(one)
    assert (set(first.parts), first.evidence, first.doubt) == (set(second.parts), second.evidence, second.doubt)


@given(asked, amounts)
def test_by_the_account_alone_a_match_is_certain_only_when_nothing_else_comes_to_the_amount(
    asks: list[tuple[Decimal, UUID]], amount: Decimal
) -> None:
    payables = _payables(asks)
    own = [one for one in payables if one.customer_id == ALFA]
    match = book(*payables).match(Incoming(amount, iban=ALFA_IBAN))
    singles = [one for one in own if one.open == amount]
    sets = [
        pick
        for size in range(2, len(own) + 1)
        for pick in combinations(own, size)
        if sum(one.open for one in pick) == amount
    ]
    assert match.certain == (len(singles) == 1 or (not singles and len(sets) == 1))


@given(st.integers(0, 99_999), st.text(st.characters(codec="utf-8"), max_size=12), st.text(max_size=12))
def test_a_number_is_found_in_any_text_unless_letters_or_digits_touch_it(at: int, before: str, after: str) -> None:
    assume(not before[-1:].isalnum() and not after[:1].isalnum())
    assume(not (before + after).upper().count("RF"))
    one = payable(at, "10.00")
    match = book(one).match(Incoming(Decimal("10.00"), text=f"{before}{one.number}{after}"))
    assert pays(match) == {at: "10.00"}
    assert reference_body(one.number) in named_bodies(Incoming(Decimal("1.00"), text=f"{before}{one.number}{after}"))
