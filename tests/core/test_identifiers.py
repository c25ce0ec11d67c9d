"""Official identifiers: what passes, and what is certainly a typing error."""

from __future__ import annotations

import pytest

from billing_service.core import identifiers


def test_what_passes_comes_back_compact() -> None:
    assert identifiers.check_kvk("30281234") == "30281234"
    assert identifiers.check_iban("nl91 abna 0417 1643 00") == "NL91ABNA0417164300"
    assert identifiers.check_bic("ABNANL2AXXX") == "ABNANL2AXXX"
    assert identifiers.check_vat_number("NL 004495445.B01", "NL") == "NL004495445B01"
    assert identifiers.check_vat_number("DE136695976", "DE") == "DE136695976"
    assert identifiers.check_vat_number("EL094259216", "GR") == "EL094259216"
    assert identifiers.check_vat_number("CHE-107.787.577", "CH") == "CHE107787577"
    assert identifiers.check_country("NL") == "NL"


@pytest.mark.parametrize("value", ["", "1234567", "123456789", "1234567a", "١٢٣٤٥٦٧٨"])
def test_kvk_numbers_have_eight_digits(value: str) -> None:
    with pytest.raises(ValueError, match="KvK"):
        identifiers.check_kvk(value)


@pytest.mark.parametrize(
    ("value", "country"),
    [
        ("NL123456789B01", "NL"),
        ("DE136695976", "NL"),
        ("GR094259216", "GR"),
        ("DE136695977", "DE"),
        ("é", "US"),
        ("", "US"),
    ],
)
def test_vat_numbers_fit_their_country_and_check_digits(value: str, country: str) -> None:
    with pytest.raises(ValueError, match="VAT"):
        identifiers.check_vat_number(value, country)


@pytest.mark.parametrize("value", ["NL91ABNA0417164301", "XX00", "", "NL91ABNA04171643"])
def test_ibans_have_check_digits(value: str) -> None:
    with pytest.raises(ValueError, match="IBAN"):
        identifiers.check_iban(value)


@pytest.mark.parametrize("value", ["ABNA", "ABNANL2AXX", "1BNANL2A"])
def test_bics_have_8_or_11_signs(value: str) -> None:
    with pytest.raises(ValueError, match="BIC"):
        identifiers.check_bic(value)


@pytest.mark.parametrize("value", ["nl", "XX", "NLD", ""])
def test_countries_are_iso_codes(value: str) -> None:
    with pytest.raises(ValueError, match="country"):
        identifiers.check_country(value)


def test_the_list_of_countries_is_that_of_iso_3166() -> None:
    assert len(identifiers.COUNTRIES) == 249
