"""Whatever charges there are: the lines add up to them, and each stands on exactly one line."""

from __future__ import annotations

from collections import Counter
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing_service.core.document import compose, vat_groups
from billing_service.core.ids import new_id
from billing_service.core.money import line_amount, time_amount
from billing_service.core.vat import VatBuyer, VatDecision, decide_vat
from billing_service.errors import InvalidInput
from billing_service.invoicing.lines import charged_lines
from billing_service.rating import OpenCharge
from tests.documents.examples import BUYER, SELLER

DAYS = st.dates(date(2018, 12, 30), date(2019, 1, 3))


def dutch_vat(day: date, vat_class: str) -> VatDecision:
    return decide_vat(day, "liable", vat_class, VatBuyer("NL", True))  # type: ignore[arg-type]


def a_charge(**fields: Any) -> OpenCharge:
    values: dict[str, Any] = {
        "id": new_id(),
        "contract_id": new_id(),
        "customer_id": new_id(),
        "source": "question",
        "question_id": None,
        "part": 0,
        "date": date(2026, 3, 10),
        "description": {"nl": "Vraag", "en": "Question"},
        "disposition": "charge",
        "pricing": "amount",
        "quantity": None,
        "minutes": None,
        "unit_price": None,
        "amount": Decimal("1.00"),
        "vat_class": "standard",
        "revenue_group": None,
        "rule": "rule",
    }
    return OpenCharge(**(values | fields))


@st.composite
def charges(draw: st.DrawFn) -> OpenCharge:
    """Prices and quantities from a small range, so that equal ones meet often."""
    about = {
        "date": draw(DAYS),
        "source": draw(st.sampled_from(["question", "question", "question", "manual"])),
        "vat_class": draw(st.sampled_from(["standard", "reduced", "zero", "exempt"])),
        "revenue_group": draw(st.sampled_from([None, "helpdesk"])),
        "rule": draw(st.sampled_from(["one", "other", None])),
    }
    price = draw(st.sampled_from([Decimal("12.50"), Decimal("95.00"), Decimal("0.3333"), Decimal("0.00")]))
    kind = draw(st.sampled_from(["pieces", "pieces", "time", "amount", "included", "included time", "included pieces"]))
    if kind == "pieces":
        quantity = draw(st.sampled_from([Decimal(1), Decimal(1), Decimal(3), Decimal("0.5")]))
        about |= {"pricing": "quantity", "quantity": quantity, "unit_price": price}
        return a_charge(**about, amount=line_amount(quantity, price))
    if kind == "time":
        minutes = draw(st.sampled_from([0, 20, 20, 50]))
        return a_charge(**about, pricing="time", minutes=minutes, unit_price=price, amount=time_amount(minutes, price))
    if kind == "amount":
        return a_charge(**about, amount=draw(st.decimals(Decimal(-50), Decimal(50), places=2)))
    figures = {"included": {}, "included time": {"pricing": "time", "minutes": 20}}
    figures["included pieces"] = {"pricing": "quantity", "quantity": Decimal(1), "unit_price": Decimal("0.00")}
    return a_charge(**about, **figures[kind], disposition="included", amount=Decimal("0.00"))


@given(many=st.lists(charges(), min_size=1, max_size=25), group_equal=st.booleans())
def test_lines_add_up_to_their_charges_and_each_charge_stands_on_one(many: list[OpenCharge], group_equal: bool) -> None:
    lines = charged_lines(many, "nl", dutch_vat, group_equal=group_equal)
    placed = [charge for one in lines for charge in one.charges]
    assert Counter(charge.id for charge in placed) == Counter(charge.id for charge in many)
    for number, one in enumerate(lines, start=1):
        assert one.line.number == number
        assert one.line.amount == sum(charge.amount for charge in one.charges)
        vat = {dutch_vat(charge.date, charge.vat_class) for charge in one.charges}
        assert {(decision.category, decision.rate) for decision in vat} == {(one.line.vat_category, one.line.vat_rate)}
        assert len(one.charges) == 1 or group_equal
        assert len(one.charges) == 1 or one.charges[0].pricing != "time"
    document = compose(
        language="nl",
        series="F",
        currency="EUR",
        seller=SELLER,
        buyer=BUYER,
        supply_from=date(2018, 12, 30),
        supply_to=date(2019, 1, 3),
        lines=[one.line for one in lines],
        terms_days=30,
    )
    assert document.totals.net == sum(charge.amount for charge in many)
    assert document.vat == vat_groups([line.line for line in charged_lines(many, "nl", dutch_vat, group_equal=False)])


def test_a_charge_whose_figures_do_not_multiply_out_is_refused() -> None:
    wrong = a_charge(pricing="quantity", quantity=Decimal(3), unit_price=Decimal("12.50"), amount=Decimal("37.49"))
    with pytest.raises(InvalidInput, match=r"multiplies out to 37\.50, its charges say 37\.49"):
        charged_lines([wrong], "nl", dutch_vat, group_equal=False)
