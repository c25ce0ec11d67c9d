"""The last look at a document before it costs a number: recompute every figure, require every element the law asks.

Sources: art. 35a Wet OB and the Trade Register law for the required elements; EN 16931 for VAT categories and sums.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import get_args

from billing_service.core.document.compose import multiplied_out, plain, terms_of_issue, totals, vat_groups
from billing_service.core.document.prepaid import wrong_balances
from billing_service.core.document.value import Basis, Buyer, DocumentKind, InvoiceDocument, Line, Seller, VatGroup
from billing_service.core.money import CENT, ZERO, amount, unit_price
from billing_service.core.vat import VAT_TEXTS, VatCategory
from billing_service.errors import FieldError, InvalidInput

LANGUAGES = tuple(VAT_TEXTS)
CATEGORIES = get_args(VatCategory)
NEEDS_TEXT = ("E", "AE", "O")
"""Categories whose 0 must be explained on the invoice."""
NEEDS_SELLER_VAT = ("S", "Z", "AE")


def check(document: InvoiceDocument) -> None:
    """Raise InvalidInput (code ``invalid_document``) naming every field that is missing or does not add up."""
    errors = [
        *_head(document),
        *_parties(document),
        *_lines(document.lines),
        *_scope(document),
        *_sums(document),
        *_credit(document),
        *_annex(document),
        *wrong_balances(document.prepaid),
        *_issued(document),
    ]
    if errors:
        detail = f"The document cannot be issued: {errors[0].detail}"
        raise InvalidInput(detail, code="invalid_document", errors=errors)


def _head(document: InvoiceDocument) -> Iterator[FieldError]:
    if document.language not in LANGUAGES:
        yield FieldError("/language", f"A document is written in {' or '.join(LANGUAGES)}.")
    code = document.currency
    if not (len(code) == 3 and code.isascii() and code.isalpha() and code.isupper()):
        yield FieldError("/currency", "A currency is three capitals (ISO 4217).")
    if document.supply_from > document.supply_to:
        yield FieldError("/supply_to", "The period of supply ends before it begins.")
    if document.payment.terms_days < 0:
        yield FieldError("/payment/terms_days", "A payment term is not negative.")
    if not document.lines:
        yield FieldError("/lines", "A document needs at least one line.")


def _parties(document: InvoiceDocument) -> Iterator[FieldError]:
    seller, buyer = document.seller, document.buyer
    yield from _named("/seller", "legal_name", seller.legal_name, seller)
    yield from _named("/buyer", "name", buyer.name, buyer)
    if seller.address.country == "NL" and not seller.kvk_number:
        yield FieldError("/seller/kvk_number", "A Dutch seller shows its KvK number.")
    categories = {line.vat_category for line in document.lines}
    if not seller.vat_number and categories.intersection(NEEDS_SELLER_VAT):
        yield FieldError("/seller/vat_number", "A seller that charges or reverses VAT shows its VAT number.")
    if not buyer.vat_number and "AE" in categories:
        yield FieldError("/buyer/vat_number", "A reverse charge (btw verlegd) shows the buyer's VAT number.")


def _scope(document: InvoiceDocument) -> Iterator[FieldError]:
    categories = {line.vat_category for line in document.lines}
    if "O" in categories and len(categories) > 1:
        yield FieldError("/lines", "What is outside the scope of VAT (O) stands on a document of its own (BR-O-11).")


def _named(pointer: str, field: str, name: str, party: Seller | Buyer) -> Iterator[FieldError]:
    required = {
        field: name,
        "address/street": party.address.street,
        "address/postal_code": party.address.postal_code,
        "address/city": party.address.city,
        "address/country": party.address.country,
    }
    for place, value in required.items():
        if not value.strip():
            yield FieldError(f"{pointer}/{place}", "The law requires the full name and address of both parties.")


def _lines(lines: Iterable[Line]) -> Iterator[FieldError]:
    for at, line in enumerate(lines):
        pointer = f"/lines/{at}"
        if line.number != at + 1:
            yield FieldError(f"{pointer}/number", f"Lines are numbered 1, 2, 3 …; this is {line.number}.")
        if not line.description.strip():
            yield FieldError(f"{pointer}/description", "A line says what was supplied.")
        yield from _line_amount(line, pointer)
        yield from _line_vat(line, pointer)


def _line_amount(line: Line, pointer: str) -> Iterator[FieldError]:
    wrong = _not_cents(line.amount) or (line.unit_price is not None and not _is(line.unit_price, unit_price))
    if wrong or (line.quantity is not None and not _is(line.quantity, plain)):
        yield FieldError(pointer, "Amounts have two places, prices two to four, quantities no trailing zeros.")
    elif not _fits_basis(line):
        yield FieldError(pointer, f"A line by {line.basis} has other figures than these.")
    elif line.included:
        if line.amount != ZERO:
            yield FieldError(f"{pointer}/amount", "Work that is included in the contract stands at 0.00.")
    elif (product := multiplied_out(line)) is not None and product != line.amount:
        yield FieldError(f"{pointer}/amount", f"The printed figures multiply out to {product}, not {line.amount}.")


def _fits_basis(line: Line) -> bool:
    by_quantity, by_time = line.quantity is not None, line.minutes is not None
    if (by_quantity, by_time) != (line.basis is Basis.QUANTITY, line.basis is Basis.TIME):
        return False
    if (line.minutes or 0) < 0 or (line.unit is None) == by_quantity:
        return False
    has_price = not line.included and line.basis is not Basis.AMOUNT
    return (line.unit_price is not None) == has_price


def _line_vat(line: Line, pointer: str) -> Iterator[FieldError]:
    category, rate = line.vat_category, line.vat_rate
    if category not in CATEGORIES:
        yield FieldError(f"{pointer}/vat_category", f"VAT categories are {', '.join(CATEGORIES)}; not {category}.")
        return
    fits = rate is None if category == "O" else rate is not None and (rate > 0) == (category == "S") and rate >= 0
    if not fits or (rate is not None and not _is(rate, amount)):
        yield FieldError(f"{pointer}/vat_rate", f"VAT category {category} does not go with rate {rate}.")
    if (line.vat_text in VAT_TEXTS["nl"]) != (category in NEEDS_TEXT) or (line.vat_text and category not in NEEDS_TEXT):
        yield FieldError(f"{pointer}/vat_text", f"VAT category {category} and its text do not agree.")


def _sums(document: InvoiceDocument) -> Iterator[FieldError]:
    groups = vat_groups(document.lines)
    credits = document.kind is DocumentKind.CREDIT_NOTE
    equal = _within_a_cent(groups, document.vat) if credits else groups == document.vat
    if not equal or any(map(_not_cents, _group_amounts(document.vat))):
        yield FieldError("/vat", f"The VAT groups of the lines are {_shown(groups)}, not {_shown(document.vat)}.")
    sums = totals(document.vat if credits else groups, document.totals.paid)
    figures = (document.totals.net, document.totals.vat, document.totals.gross, document.totals.paid)
    if sums != document.totals or any(map(_not_cents, figures)):
        yield FieldError("/totals", f"The lines add up to {sums}, not {document.totals}.")


def _within_a_cent(computed: Sequence[VatGroup], stated: Sequence[VatGroup]) -> bool:
    """Credits together come to the VAT of their invoice; to get there, one of them may differ by a cent from its own
    lines (``core.crediting``)."""
    if len(computed) != len(stated):
        return False
    return all(
        replace(one, tax=other.tax) == other and abs(one.tax - other.tax) <= (CENT if one.rate else ZERO)
        for one, other in zip(computed, stated, strict=True)
    )


def _credit(document: InvoiceDocument) -> Iterator[FieldError]:
    """A credit note names its invoice and says why; nothing else does. It gives, so it is not negative."""
    crediting = document.crediting
    if document.kind is not DocumentKind.CREDIT_NOTE:
        if crediting is not None:
            yield FieldError("/crediting", "Only a credit note credits.")
        return
    if document.preceding is None:
        yield FieldError("/preceding", "A credit note names the invoice that it credits.")
    if crediting is None or not crediting.reason.strip():
        yield FieldError("/crediting/reason", "A credit note says why it was made.")
    if document.totals.gross < ZERO or document.totals.paid:
        yield FieldError("/totals", "A credit note gives back: its amounts are positive and nothing was paid on it.")
    if crediting is not None and document.number is not None:
        parts = (crediting.closes, crediting.balance)
        known = [part for part in parts if part is not None and not _not_cents(part) and part >= ZERO]
        if len(known) != len(parts) or sum(known, ZERO) != document.totals.gross:
            yield FieldError("/crediting", "What closes the invoice and what stands as balance make the gross amount.")


def _group_amounts(groups: Iterable[VatGroup]) -> Iterator[Decimal]:
    for group in groups:
        yield group.taxable
        yield group.tax


def _shown(groups: Iterable[VatGroup]) -> str:
    return "; ".join(f"{group.category} {group.rate}: {group.taxable} + {group.tax}" for group in groups)


def _annex(document: InvoiceDocument) -> Iterator[FieldError]:
    for at, entry in enumerate(document.annex):
        if _not_cents(entry.amount):
            yield FieldError(f"/annex/{at}/amount", "Amounts have two places.")
        if any(minutes is not None and minutes < 0 for minutes in _minutes(document, at)):
            yield FieldError(f"/annex/{at}", "Minutes are not negative.")
    for at, fee in enumerate(document.imports):
        if _not_cents(fee.amount):
            yield FieldError(f"/imports/{at}/amount", "Amounts have two places.")
    for at, item in enumerate(document.items):
        if _not_cents(item.amount):
            yield FieldError(f"/items/{at}/amount", "Amounts have two places.")


def _minutes(document: InvoiceDocument, at: int) -> tuple[int | None, int | None, int | None]:
    entry = document.annex[at]
    return entry.raw_minutes, entry.corrected_minutes, entry.billed_minutes


def _issued(document: InvoiceDocument) -> Iterator[FieldError]:
    """Number, dates and reference come together, and follow from one another."""
    together = (document.number, document.due_date, document.payment.reference)
    if document.kind is DocumentKind.ZERO_STATEMENT:
        if together != (None, None, None):
            yield FieldError("/number", "A zero statement has no number, due date or payment reference.")
        if any(group.taxable or group.tax for group in document.vat):
            yield FieldError("/kind", "A zero statement comes to nothing in every VAT group.")
        return
    if (*together, document.issue_date) == (None, None, None, None):
        return
    if document.number is None or document.issue_date is None:
        yield FieldError("/number", "Number, issue date, due date and payment reference come together.")
        return
    terms = document.payment.terms_days
    due_date, reference = terms_of_issue(document.kind, terms, document.number, document.issue_date)
    if document.due_date != due_date:
        yield FieldError("/due_date", "The due date is the issue date plus the payment term; a credit note has none.")
    if document.payment.reference != reference:
        yield FieldError("/payment/reference", "The payment reference does not belong to the number.")


def _not_cents(value: Decimal) -> bool:
    """Whether this is anything but a finite number with two places (minus zero is not one either)."""
    return not value.is_finite() or value.as_tuple().exponent != -2 or (value.is_zero() and value.is_signed())


def _is(value: Decimal, canonical: Callable[[Decimal], Decimal]) -> bool:
    """Whether the number is written the one canonical way."""
    try:
        return value.is_finite() and str(canonical(value)) == str(value)
    except InvalidInput:
        return False
