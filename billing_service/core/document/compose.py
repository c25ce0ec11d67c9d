"""From lines to a document: the only place where a document's sums are made.

VAT is taken per (category, rate) on the sum of its lines and rounded once (EN 16931 BR-CO-17); net is the sum of the
lines, gross is net plus VAT. ``check`` runs the same functions again over a finished document.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import get_args

from billing_service.core.document.prepaid import PrepaidBalance
from billing_service.core.document.value import (
    AnnexEntry,
    Basis,
    Buyer,
    Crediting,
    DocumentKind,
    ImportEntry,
    InvoiceDocument,
    ItemEntry,
    Line,
    Payment,
    PrecedingDocument,
    Seller,
    Totals,
    VatGroup,
)
from billing_service.core.money import ZERO, line_amount, round_cents, time_amount, to_decimal, vat_amount
from billing_service.core.money import amount as cents
from billing_service.core.money import unit_price as price
from billing_service.core.references import rf_reference
from billing_service.core.vat import VatCategory
from billing_service.errors import Conflict, InvalidInput

QUANTITY_PLACES = 6
QUANTITY_INTEGER_DIGITS = 12
_CATEGORY_ORDER = get_args(VatCategory)


def make_line(
    number: int,
    description: str,
    *,
    vat_category: str,
    vat_rate: Decimal | None,
    vat_text: str | None = None,
    quantity: Decimal | None = None,
    unit: str = "C62",
    minutes: int | None = None,
    unit_price: Decimal | None = None,
    amount: Decimal | None = None,
    detail: str | None = None,
    revenue_group: str | None = None,
    included: bool = False,
) -> Line:
    """One line with its amount: quantity × unit price, minutes × hourly price / 60, or a plain ``amount``.

    Give exactly one of ``quantity``, ``minutes`` and ``amount``; with the first two, the price. ``included`` work
    has no price and stands at 0.00; its quantity or minutes may be left out. Raises InvalidInput otherwise.
    """
    given = [value is not None for value in (quantity, minutes, amount)]
    if included:
        if amount or unit_price:
            raise InvalidInput(f"Line {number} is included in the contract and cannot have a price.")
        unit_price, amount = None, ZERO
    elif sum(given) != 1 or (unit_price is None) != (amount is not None):
        raise InvalidInput(f"Line {number} needs a quantity or minutes with a price, or a plain amount.")
    basis = Basis.QUANTITY if quantity is not None else Basis.TIME if minutes is not None else Basis.AMOUNT
    line = Line(
        number=number,
        description=description,
        basis=basis,
        amount=ZERO,
        vat_category=vat_category,
        vat_rate=None if vat_rate is None or vat_category == "O" else cents(vat_rate),
        detail=detail,
        quantity=None if quantity is None else plain(quantity),
        unit=unit if quantity is not None else None,
        minutes=minutes,
        unit_price=None if unit_price is None else price(unit_price),
        vat_text=vat_text,
        revenue_group=revenue_group,
        included=included,
    )
    product = multiplied_out(line) if amount is None else round_cents(amount)
    return replace(line, amount=ZERO if product is None else _unsigned_zero(product))


def multiplied_out(line: Line) -> Decimal | None:
    """What the printed figures of the line multiply out to; ``None`` where nothing is multiplied."""
    if line.unit_price is None:
        return None
    if line.quantity is not None:
        return line_amount(line.quantity, line.unit_price)
    return None if line.minutes is None else time_amount(line.minutes, line.unit_price)


def _unsigned_zero(amount: Decimal) -> Decimal:
    """-0.00, which rounding a tiny negative product gives, as 0.00: there is one way to write nothing."""
    return amount + ZERO


def plain(value: Decimal) -> Decimal:
    """A quantity without trailing zeros and without an exponent: 2.50 → 2.5, 1E+2 → 100.

    Raises InvalidInput beyond six decimals or twelve digits before the point.
    """
    exact = to_decimal(value, places=QUANTITY_PLACES, integer_digits=QUANTITY_INTEGER_DIGITS, pointer="quantity")
    whole = exact.to_integral_value()
    return whole.quantize(Decimal(1)) if exact == whole else exact.normalize()


def vat_groups(lines: Sequence[Line]) -> tuple[VatGroup, ...]:
    """The VAT summary: one group per (category, rate), highest rate first within a category."""
    sums: dict[tuple[str, Decimal | None], Decimal] = {}
    texts: dict[tuple[str, Decimal | None], set[str]] = {}
    for line in lines:
        key = (line.vat_category, line.vat_rate)
        sums[key] = sums.get(key, ZERO) + line.amount
        found = texts.setdefault(key, set())
        if line.vat_text:
            found.add(line.vat_text)
    return tuple(
        VatGroup(
            category=category,
            rate=rate,
            taxable=taxable,
            tax=_unsigned_zero(vat_amount(taxable, rate)) if rate else ZERO,
            texts=tuple(sorted(texts[category, rate])),
        )
        for (category, rate), taxable in sorted(sums.items(), key=_group_order)
    )


def _group_order(item: tuple[tuple[str, Decimal | None], Decimal]) -> tuple[int, str, Decimal]:
    (category, rate), _ = item
    known = _CATEGORY_ORDER.index(category) if category in _CATEGORY_ORDER else len(_CATEGORY_ORDER)
    return known, category, -(rate or ZERO)


def totals(groups: Sequence[VatGroup], paid: Decimal) -> Totals:
    """Net, VAT and gross over the groups, with what was paid before."""
    net = sum((group.taxable for group in groups), ZERO)
    vat = sum((group.tax for group in groups), ZERO)
    return Totals(net=net, vat=vat, gross=net + vat, paid=paid)


def compose(
    *,
    language: str,
    series: str,
    currency: str,
    seller: Seller,
    buyer: Buyer,
    supply_from: date,
    supply_to: date,
    lines: Sequence[Line],
    terms_days: int,
    kind: DocumentKind = DocumentKind.INVOICE,
    buyer_reference: str | None = None,
    contract_reference: str | None = None,
    contract_description: str | None = None,
    annex: Sequence[AnnexEntry] = (),
    imports: Sequence[ImportEntry] = (),
    prepaid: Sequence[PrepaidBalance] = (),
    items: Sequence[ItemEntry] = (),
    paid: Decimal = ZERO,
    preceding: PrecedingDocument | None = None,
    crediting: Crediting | None = None,
    vat: Sequence[VatGroup] | None = None,
) -> InvoiceDocument:
    """A document with its VAT groups and totals, without number and dates. ``check`` says whether it may be issued.

    ``vat`` is for a credit note only, whose VAT follows from its invoice and earlier credits (``core.crediting``).
    """
    groups = vat_groups(lines) if vat is None else tuple(vat)
    return InvoiceDocument(
        kind=kind,
        language=language,
        series=series,
        currency=currency,
        seller=seller,
        buyer=buyer,
        supply_from=supply_from,
        supply_to=supply_to,
        lines=tuple(lines),
        vat=groups,
        totals=totals(groups, cents(paid)),
        payment=Payment(terms_days=terms_days, iban=seller.iban, bic=seller.bic),
        buyer_reference=buyer_reference,
        contract_reference=contract_reference,
        contract_description=contract_description,
        preceding=preceding,
        annex=tuple(annex),
        imports=tuple(imports),
        prepaid=tuple(prepaid),
        items=tuple(items),
        crediting=crediting,
    )


def issue(
    document: InvoiceDocument, number: str | None, issue_date: date, closes: Decimal | None = None
) -> InvoiceDocument:
    """The document with number, issue date, due date (issue date + terms) and payment reference.

    ``issue_date`` is a date in the administration's time zone (Europe/Amsterdam); ``number`` is None for a zero
    statement and for nothing else. A credit note has no due date and no reference; ``closes`` says by how much it
    lowers what is open of its invoice. Raises Conflict when it is already issued, InvalidInput when no payment
    reference can be made of the number.
    """
    refuse_to_issue(document.kind, document.number, document.issue_date, number)
    due_date, reference = terms_of_issue(document.kind, document.payment.terms_days, number, issue_date)
    crediting = document.crediting
    if crediting is not None and closes is not None:
        crediting = replace(crediting, closes=closes, balance=document.totals.gross - closes)
    return replace(
        document,
        number=number,
        issue_date=issue_date,
        due_date=due_date,
        payment=replace(document.payment, reference=reference),
        crediting=crediting,
    )


def refuse_to_issue(kind: str, number: str | None, issue_date: object, new_number: str | None) -> None:
    """Raise Conflict for a document that is issued, InvalidInput for a number where none belongs or the reverse."""
    if number is not None or issue_date is not None:
        raise Conflict(f"This document is already issued{f' as {number}' if number else ''}.")
    if (new_number is None) != (kind == DocumentKind.ZERO_STATEMENT):
        raise InvalidInput("Every document is issued with a number, except a zero statement.")


def terms_of_issue(kind: str, terms_days: int, number: str | None, issue_date: date) -> tuple[date | None, str | None]:
    """Due date and payment reference: both follow from what issuing adds. What nobody pays has neither."""
    if number is None:
        return None, None
    reference = rf_reference(number)  # also of a credit note: a number that fits no reference is refused alike
    if kind == DocumentKind.CREDIT_NOTE:
        return None, None
    return issue_date + timedelta(days=terms_days), reference
