"""Tryton's invoices and lists and our values: field mapping, both ways (accounting-apis 12.4 to 12.6).

A credit note is a customer invoice with negative quantities (12.5): amounts change their sign here, both ways.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from connectors.base import (
    Cause,
    Choice,
    Document,
    Fix,
    Kind,
    Line,
    OpenItem,
    Refused,
    RemoteDocument,
    State,
    VatGroup,
    cents,
)
from connectors.base.values import CENT

Row = Mapping[str, Any]
PRICE_DIGITS: Final = Decimal("0.0001")
"""A unit price of more decimals is refused (``price_decimal`` of the server: 4 unless its administrator changed it)."""

STATES: Final = {
    "draft": State.DRAFT,
    "validated": State.DRAFT,
    "posted": State.BOOKED,
    "paid": State.BOOKED,
    "cancelled": State.CANCELLED,
}
DOCUMENT_FIELDS: Final = (
    "reference",
    "number",
    "state",
    "party",
    "currency.code",
    "invoice_date",
    "accounting_date",
    "payment_term",
    "payment_term_date",
    "create_date",
    "untaxed_amount",
    "tax_amount",
    "total_amount",
    "amount_to_pay",
    "origin_invoices",
    "taxes.tax",
    "taxes.base",
    "taxes.amount",
    "lines_to_pay.maturity_date",
    "lines_to_pay.debit",
    "lines_to_pay.credit",
    "lines_to_pay.reconciliation",
    "lines_to_pay.invoice_payment",
)

TAX_FIELDS: Final = (
    "name",
    "description",
    "type",
    "rate",
    "invoice_account",
    "credit_note_account",
    "legal_notice",
)


def id_of(text: str | None, fix: Fix, cause: Cause, field: str | None = None) -> int:
    """The number that an id of Tryton is; ``Refused`` for what cannot be one."""
    if text is None or not re.fullmatch(r"\d{1,18}", text):
        raise Refused("There is no such thing in Tryton.", fix=fix, cause=cause, field=field)
    return int(text)


# --- documents that go out ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Around:
    """What a document refers to there: ids, the taxes by id, and a line of the credited invoice."""

    company: int
    currency: int
    party: int
    address: int
    receivable: int
    journal: int
    taxes: Mapping[int, Row]
    credited_line: int | None = None


def invoice_values(document: Document, around: Around) -> dict[str, Any]:
    """The document as Tryton takes it (12.4).

    The number there cannot be ours, so ours is the reference. Without a payment term the date of the term is the due
    date. The taxes are given with our amounts: Tryton computes them anew only where the base is another.
    """
    return {
        "type": "out",
        "company": around.company,
        "currency": around.currency,
        "party": around.party,
        "invoice_address": around.address,
        "account": around.receivable,
        "journal": around.journal,
        "reference": document.number,
        "description": document.description or document.reference,
        "invoice_date": document.issue_date,
        "payment_term": None,
        "payment_term_date": document.due_date,
        "lines": [["create", [_line(line, place, document, around) for place, line in enumerate(document.lines)]]],
        "taxes": [["create", _taxes(document, around)]],
    }


def _line(line: Line, place: int, document: Document, around: Around) -> dict[str, Any]:
    quantity, price = _priced(line)
    at = f"lines.{place}"
    values = {
        "type": "line",
        "account": id_of(line.ledger_account, Fix.MAPPING, Cause.LEDGER_ACCOUNT_UNKNOWN, field=f"{at}.ledger_account"),
        "description": line.description,
        "quantity": float(quantity * _sign(document.kind)),
        "unit_price": price,
        "taxes": [["add", [id_of(line.vat_code, Fix.MAPPING, Cause.VAT_CODE_UNKNOWN, field=f"{at}.vat_code")]]],
    }
    if around.credited_line is not None:
        values["origin"] = f"account.invoice.line,{around.credited_line}"
    return values


def _priced(line: Line) -> tuple[Decimal, Decimal]:
    """Quantity and price whose product Tryton rounds to our amount: it rounds half to even, we half up (ran on 8.2)."""
    quantity, price = line.priced()
    product = (quantity * price).quantize(CENT, rounding=ROUND_HALF_EVEN)
    fits = product == line.amount and price == price.quantize(PRICE_DIGITS)
    return (quantity, price) if fits else (Decimal(1), line.amount)


def _taxes(document: Document, around: Around) -> list[dict[str, Any]]:
    """One tax for each code and sign of its lines, as Tryton groups them, that adds up to our VAT of the code."""
    bases: dict[tuple[str, bool], Decimal] = defaultdict(Decimal)
    rates: dict[str, Decimal] = {}
    for line in document.lines:
        bases[line.vat_code, line.amount < 0] += line.amount
        rates[line.vat_code] = line.vat_rate
    tax = {group.code: group.tax for group in document.vat}
    values = []
    for (code, negative), base in bases.items():
        amount = tax[code]
        if (code, not negative) in bases:
            below = cents(bases[code, True] * rates[code] / 100)
            amount = below if negative else tax[code] - below
        values.append(_tax(around.taxes[int(code)], base * _sign(document.kind), amount * _sign(document.kind)))
    return values


def _tax(tax: Row, base: Decimal, amount: Decimal) -> dict[str, Any]:
    return {
        "tax": tax["id"],
        "description": tax["description"] or tax["name"],
        "account": tax["invoice_account"] if base >= 0 else tax["credit_note_account"],
        "base": base,
        "amount": amount,
        "manual": False,
        "legal_notice": tax["legal_notice"],
    }


def _sign(kind: Kind) -> int:
    return -1 if kind is Kind.CREDIT_NOTE else 1


# --- documents that come back ---------------------------------------------------------------------------------------


def document_of(row: Row, files: Sequence[str]) -> RemoteDocument:
    """A customer invoice as it stands there."""
    kind = kind_of(row)
    sign = _sign(kind)
    state = STATES[row["state"]]
    groups: dict[str, list[Decimal]] = {}
    for tax in row["taxes."]:
        group = groups.setdefault(str(tax["tax"] or ""), [Decimal(), Decimal()])
        group[0] += tax["base"] * sign
        group[1] += tax["amount"] * sign
    return RemoteDocument(
        id=str(row["id"]),
        kind=kind,
        number=row["reference"] or None,
        state=state,
        issue_date=row["accounting_date"] or row["invoice_date"] or row["create_date"].date(),
        due_date=_due(row),
        currency=row["currency."]["code"],
        net=cents(row["untaxed_amount"]) * sign,
        tax=cents(row["tax_amount"]) * sign,
        total=cents(row["total_amount"]) * sign,
        open=None if state is State.DRAFT else still_open(row),
        customer=str(row["party"]),
        vat=tuple(VatGroup(code, base, amount) for code, (base, amount) in groups.items()),
        attachments=tuple(files),
        credits=str(row["origin_invoices"][0]) if row["origin_invoices"] else None,
        own_number=row["number"] or None,
    )


def open_item_of(row: Row) -> OpenItem:
    """What is open of it."""
    there = document_of(row, ())
    return OpenItem(
        document=there.id,
        kind=there.kind,
        number=there.number,
        total=there.total,
        open=still_open(row),
        currency=there.currency,
        issue_date=there.issue_date,
        due_date=there.due_date,
        customer=there.customer,
    )


def kind_of(row: Row) -> Kind:
    """A credit note is an invoice of less than nothing."""
    return Kind.CREDIT_NOTE if row["total_amount"] < 0 else Kind.INVOICE


def still_open(row: Row) -> Decimal:
    """What is to pay, without what of a credit note was set against an invoice: Tryton counts that on both."""
    used = [one for one in row["lines_to_pay."] if one["invoice_payment"] and not one["reconciliation"]]
    if row["state"] != "posted":
        return Decimal("0.00")
    amount = row["amount_to_pay"] - sum((one["debit"] - one["credit"] for one in used), Decimal())
    return cents(amount) * _sign(kind_of(row))


def _due(row: Row) -> Any:
    dates = [one["maturity_date"] for one in row["lines_to_pay."] if one["maturity_date"]]
    if dates:
        return max(dates)
    return None if row["payment_term"] else row["payment_term_date"]


# --- lists ----------------------------------------------------------------------------------------------------------


def vat_code_of(row: Row) -> Choice:
    """A tax. Tryton does not tell which kind a tax of 0 % is; a person chooses."""
    rate = row["rate"] * 100 if row["type"] == "percentage" and row["rate"] is not None else None
    return Choice(
        id=str(row["id"]),
        code=row["name"],
        name=row["description"] or row["name"],
        rate=rate,
        category="S" if rate else None,
    )


def choice_of(row: Row) -> Choice:
    """An account, a journal or a payment method, which has no code."""
    return Choice(id=str(row["id"]), code=row.get("code") or row["name"], name=row["name"])
