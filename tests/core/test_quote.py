"""The quote's value: its VAT, what cannot be quoted, and the way to storage and back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from billing_service.core.imports.quote import digest, from_plain, to_plain
from billing_service.core.vat import VatDecision
from billing_service.errors import InvalidInput
from tests.documents.quotes import quote


def test_vat_is_taken_over_the_price_and_rounded_once() -> None:
    totals = quote(price=Decimal("345.55")).totals
    assert (totals.net, totals.vat, totals.gross) == (Decimal("345.55"), Decimal("72.57"), Decimal("418.12"))


def test_reverse_charged_has_no_vat_and_says_why() -> None:
    reversed_ = quote(vat=VatDecision("AE", Decimal("0.00"), "reverse_charge"))
    assert reversed_.totals.gross == Decimal("500.00")
    assert reversed_.vat[0].texts == ("reverse_charge",)
    assert quote(vat=VatDecision("O", Decimal("0.00"), "outside_eu")).vat[0].rate is None


def test_stored_as_json_and_read_back_it_is_the_same_quote() -> None:
    ours = quote(further_moment=None)
    stored = json.loads(json.dumps(to_plain(ours)))
    assert from_plain(stored) == ours
    assert digest(from_plain(stored)) == digest(ours)
    assert digest(quote(note="Anders")) != digest(ours)


@pytest.mark.parametrize(
    ("pointer", "changes"),
    [
        ("/price", {"price": Decimal("0.00")}),
        ("/price", {"price": Decimal("12.345")}),
        ("/valid_until", {"valid_until": date(2026, 11, 20)}),
        ("/language", {"language": "de"}),
        ("/files", {"files": ()}),
        ("/moments", {"moments": 0}),
        ("/further_moment", {"further_moment": Decimal("-1.00")}),
    ],
)
def test_what_cannot_be_quoted_is_refused_by_its_field(pointer: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        quote(**changes)
    assert [error.pointer for error in refused.value.errors] == [pointer]


@pytest.mark.parametrize(
    ("pointer", "changes"),
    [
        ("/totals/net", {"totals": {"net": 500, "vat": "105.00", "gross": "605.00", "paid": "0.00"}}),
        ("/files/0/columns", {"files": [{"name": "leden.csv", "columns": "14"}]}),
        ("/purpose", {"purpose": "gift"}),
        ("", {"surprise": True}),
    ],
)
def test_a_stored_quote_that_was_tampered_with_is_refused_by_its_field(pointer: str, changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput) as refused:
        from_plain(to_plain(quote()) | changes)
    assert [error.pointer for error in refused.value.errors] == [pointer]


def test_a_quote_of_another_format_is_not_read_as_this_one() -> None:
    with pytest.raises(InvalidInput, match="format 1"):
        from_plain(to_plain(quote()) | {"format": 2})


def test_text_that_is_not_unicode_is_refused_before_it_is_stored() -> None:
    with pytest.raises(InvalidInput):
        to_plain(replace(quote(), note="\ud800"))
