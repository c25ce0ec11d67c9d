"""Payment references: the ISO 11649 reference of an invoice, and the payload of its QR code."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import iso11649

from billing_service.core.references import epc_payload, grouped, is_rf_reference, reference_body, rf_reference
from billing_service.errors import InvalidInput


@pytest.mark.parametrize(
    ("number", "reference"),
    [("20260042", "RF8820260042"), ("539007547034", "RF18539007547034"), ("2026-0042", "RF8820260042")],
)
def test_the_published_references_come_out(number: str, reference: str) -> None:
    assert rf_reference(number) == reference


@given(st.from_regex(r"[A-Z0-9]{1,21}", fullmatch=True))
def test_every_reference_passes_the_check_digits_and_gives_its_number_back(number: str) -> None:
    reference = rf_reference(number)
    assert iso11649.is_valid(reference)
    assert is_rf_reference(grouped(reference).lower())
    assert reference[4:] == number


@given(st.from_regex(r"[A-Z0-9]{1,21}", fullmatch=True), st.data())
def test_one_wrong_sign_is_noticed(number: str, data: st.DataObject) -> None:
    reference = rf_reference(number)
    at = data.draw(st.integers(4, len(reference) - 1))
    other = data.draw(st.sampled_from("0123456789").filter(lambda sign: sign != reference[at]))
    wrong = reference[:at] + other + reference[at + 1 :]
    if reference[at].isdigit():
        assert not is_rf_reference(wrong)


def test_numbers_that_differ_by_separators_only_share_a_body() -> None:
    assert reference_body("F-2026/0042") == reference_body("f2026.0042") == "F20260042"
    assert reference_body("2026-11") == reference_body("20261-1")  # which is why uniqueness is kept on bodies


@pytest.mark.parametrize("number", ["", "---", "F" * 22, "Ünïcode-7", "١٢٣"])
def test_a_number_no_reference_can_carry_is_refused(number: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rf_reference(number)
    assert [error.pointer for error in refused.value.errors] == ["/number"]


def test_references_are_printed_in_groups_of_four() -> None:
    assert grouped("RF8820260042") == "RF88 2026 0042"
    assert grouped("NL91ABNA0417164300") == "NL91 ABNA 0417 1643 00"


def test_the_payload_has_the_lines_of_the_guideline() -> None:
    payload = epc_payload(
        name="Helpdesk Zuiderhaven B.V.",
        iban="NL91 ABNA 0417 1643 00",
        bic="ABNANL2A",
        amount=Decimal("126.05"),
        reference="RF8820260042",
    )
    assert payload.split("\n") == [
        "BCD", "002", "1", "SCT", "ABNANL2A", "Helpdesk Zuiderhaven B.V.", "NL91ABNA0417164300", "EUR126.05", "",
        "RF8820260042",
    ]  # fmt: skip


@given(st.text(min_size=1, max_size=200))
def test_no_name_makes_the_payload_too_long_or_adds_a_line(name: str) -> None:
    payload = epc_payload(
        name=name, iban="NL91ABNA0417164300", amount=Decimal("999999999.99"), reference="RF88" + "9" * 21
    )
    assert len(payload.encode()) <= 331
    assert len(payload.split("\n")) == 10
    assert len(payload.split("\n")[5]) <= 70


def test_seventy_wide_characters_are_cut_to_fit() -> None:
    payload = epc_payload(
        name="漢" * 70 + "😀" * 70, iban="NL91ABNA0417164300", amount=Decimal("1.00"), reference="RF88"
    )
    assert len(payload.encode()) <= 331


@pytest.mark.parametrize("amount", ["0.00", "-1.00", "1000000000.00"])
def test_an_amount_a_bank_would_refuse_is_refused(amount: str) -> None:
    with pytest.raises(InvalidInput):
        epc_payload(name="A", iban="NL91ABNA0417164300", amount=Decimal(amount), reference="RF88")
