"""From open charges to the lines of a document: each charge on exactly one line, amounts kept to the cent.

A line per charge; where the contract wants it, equal fixed prices share a line. Time never does: three times 0:20 at
95.00 is 95.01 on three lines and would be 95.00 on one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from billing_service.core.document import Line, make_line
from billing_service.core.money import ZERO, line_amount
from billing_service.core.vat import VatDecision, alone_outside_scope
from billing_service.errors import FieldError, InvalidInput
from billing_service.rating import OpenCharge

DecideVat = Callable[[date, str], VatDecision]
"""VAT of a line by its date and VAT class; the seller and the buyer are already known."""

_GROUPED: Final = {"nl": "{name} ({count} vragen)", "en": "{name} ({count} questions)"}


@dataclass(frozen=True, slots=True)
class Wording:
    """What a line says about its question, in the language of the document: ``detail`` in small under the description
    (which question, who asked, when), and ``rule`` as the name of several equal ones together."""

    detail: str
    rule: str | None = None


@dataclass(frozen=True, slots=True)
class ChargedLine:
    """A line of the document and the charges that stand on it."""

    line: Line
    charges: tuple[OpenCharge, ...]


def charged_lines(
    charges: Sequence[OpenCharge],
    language: str,
    vat_of: DecideVat,
    *,
    group_equal: bool,
    wordings: Mapping[UUID, Wording] | None = None,
) -> tuple[ChargedLine, ...]:
    """The lines in order of their first charge. The amounts of the lines add up to those of the charges.

    ``wordings`` tells of charges, by id, what their question was.

    Raises InvalidInput for a charge whose figures do not make a line, or on whose date no VAT rate is known.
    """
    vat = alone_outside_scope(
        {(charge.date, charge.vat_class): vat_of(charge.date, charge.vat_class) for charge in charges}
    )
    groups: dict[object, list[OpenCharge]] = {}
    for at, charge in enumerate(charges):
        key = _equal_price(charge, vat[charge.date, charge.vat_class]) if group_equal else None
        groups.setdefault(at if key is None else key, []).append(charge)
    return tuple(
        ChargedLine(
            _line(number, group, _text(group, language, wordings or {}), vat[group[0].date, group[0].vat_class]),
            tuple(group),
        )
        for number, group in enumerate(groups.values(), start=1)
    )


def _equal_price(charge: OpenCharge, vat: VatDecision) -> tuple[Any, ...] | None:
    """What charges on one line have in common, or None for a charge that stands alone.

    Only whole pieces at a price in whole cents can be added up without moving a cent.
    """
    if charge.source != "question" or charge.pricing == "time":
        return None
    price = charge.unit_price
    if charge.disposition == "included":
        price = None
    elif price is None or charge.quantity is None or charge.quantity % 1 or line_amount(1, price) != price:
        return None
    return (charge.disposition, charge.rule, price, charge.revenue_group, vat.category, vat.rate, vat.text_code)


def _line(number: int, group: Sequence[OpenCharge], text: tuple[str, str | None], vat: VatDecision) -> Line:
    description, detail = text
    line = make_line(
        number,
        description,
        detail=detail,
        vat_category=vat.category,
        vat_rate=vat.rate,
        vat_text=vat.text_code,
        revenue_group=group[0].revenue_group,
        **_figures(group),
    )
    charged = sum((charge.amount for charge in group), ZERO)
    if line.amount != charged:
        problem = f"Line {number} multiplies out to {line.amount}, its charges say {charged}."
        raise InvalidInput(
            problem, code="invalid_document", errors=[FieldError(f"/lines/{number - 1}/amount", problem)]
        )
    return line


def _figures(group: Sequence[OpenCharge]) -> dict[str, Any]:
    """Quantity, minutes, price and amount of the line, as ``make_line`` takes them."""
    first = group[0]
    pieces = sum((Decimal(1) if charge.quantity is None else charge.quantity for charge in group), Decimal(0))
    if first.disposition == "included":
        counted = first.quantity is not None or len(group) > 1
        by_time = first.pricing == "time" and not counted
        return {
            "included": True,
            "quantity": pieces if counted else None,
            "minutes": first.minutes if by_time else None,
        }
    if first.pricing == "quantity":
        return {"quantity": pieces, "unit_price": first.unit_price}
    if first.pricing == "time":
        return {"minutes": first.minutes, "unit_price": first.unit_price}
    return {"amount": first.amount}


def _text(group: Sequence[OpenCharge], language: str, wordings: Mapping[UUID, Wording]) -> tuple[str, str | None]:
    """Description and detail. Several questions on one line go by the name of the rule that decided them."""
    first = group[0]
    wording = wordings.get(first.id)
    description: str = first.description[language]
    if len(group) == 1:
        return description, wording.detail if wording else None
    name = wording.rule if wording and wording.rule else description
    return _GROUPED[language].format(name=name, count=len(group)), None
