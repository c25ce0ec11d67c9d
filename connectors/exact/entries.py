"""A document of ours as a sales entry, and a sales entry as what stands there (accounting-apis 1.4, 1.5)."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any, Final

from connectors.base import (
    Cause,
    Document,
    Fix,
    Kind,
    Refused,
    RemoteDocument,
    State,
    VatGroup,
    cents,
)
from connectors.exact.capabilities import LONGEST_REFERENCE, LONGEST_TEXT
from connectors.exact.division import Row, day_of, money_of, number

RESOURCE: Final = "salesentry/SalesEntries"
SELECT: Final = (
    "EntryID,AmountFC,Currency,Customer,Document,DueDate,EntryDate,EntryNumber,Status,Type,VATAmountFC,YourRef"
)
LINES: Final = "salesentry/SalesEntryLines"
SELECT_LINES: Final = "AmountFC,VATAmountFC,VATCode"
TYPES: Final = {Kind.INVOICE: 20, Kind.CREDIT_NOTE: 21}
KINDS: Final = {type_: kind for kind, type_ in TYPES.items()}
IN_THE_BOOKS: Final = frozenset({20, 50})
"""Open and processed: both count; anything else is not documented for an entry, and taken for not counting yet."""


def sign(kind: Kind) -> int:
    """A credit note is negative there; that its lines are too is unverified (1.5): read back, it is compared."""
    return -1 if kind is Kind.CREDIT_NOTE else 1


def entry_of(document: Document, journal: str) -> dict[str, Any]:
    """The body of a new entry. ``YourRef`` keeps our number, ``PaymentReference`` what a payer quotes."""
    reference = document.reference if len(document.reference) <= LONGEST_REFERENCE else document.number
    turned = sign(document.kind)
    lines: list[dict[str, Any]] = []
    for line, tax in zip(document.lines, taxes(document), strict=True):
        body = {
            "Description": line.description,
            "AmountFC": number(turned * line.amount),
            "VATAmountFC": number(turned * tax),
            "Quantity": number(line.quantity),
            "GLAccount": line.ledger_account,
            "VATCode": line.vat_code,
        }
        lines.append(body if line.cost_centre is None else {**body, "CostCenter": line.cost_centre})
    return {
        "Customer": document.customer,
        "Journal": journal,
        "Type": TYPES[document.kind],
        "EntryDate": document.issue_date.isoformat(),
        "DueDate": document.due_date.isoformat(),
        "Currency": document.currency,
        "YourRef": document.number,
        "PaymentReference": reference,
        "Description": _description(document),
        "SalesEntryLines": lines,
    }


def _description(document: Document) -> str:
    """There is no link to the credited invoice: the description names it (1.5)."""
    said = document.description or document.number
    credited = document.credits_number
    if credited is None or credited in said:
        return said[:LONGEST_TEXT]
    return f"{said[: LONGEST_TEXT - len(credited) - 3]} / {credited}"


def taxes(document: Document) -> tuple[Decimal, ...]:
    """The VAT of each line, so that those of a code add up to what our document prints for it.

    What rounding leaves goes to the line with the largest amount. Raises ``Refused`` for VAT on a code without lines.
    """
    told = [cents(line.amount * line.vat_rate / 100) for line in document.lines]
    for group in document.vat:
        members = [place for place, line in enumerate(document.lines) if line.vat_code == group.code]
        left = group.tax - sum((told[place] for place in members), Decimal())
        if members:
            told[max(members, key=lambda place: abs(document.lines[place].amount))] += left
    if sum(told, Decimal()) != document.tax:
        raise Refused(
            "The VAT of the document is not that of its lines.",
            fix=Fix.DATA,
            cause=Cause.TOTAL_DIFFERS,
            field="vat",
        )
    return tuple(told)


def header_of(row: Row) -> RemoteDocument:
    """An entry by its header alone: what is open, its VAT codes and its files are asked for elsewhere."""
    kind = KINDS[row["Type"]]
    turned = sign(kind)
    total, tax = turned * money_of(row["AmountFC"]), turned * money_of(row["VATAmountFC"])
    return RemoteDocument(
        id=row["EntryID"],
        kind=kind,
        number=row["YourRef"] or None,
        state=State.BOOKED if row["Status"] in IN_THE_BOOKS else State.DRAFT,
        issue_date=day_of(row["EntryDate"]),
        due_date=day_of(row["DueDate"]) if row["DueDate"] else None,
        currency=row["Currency"].strip(),
        net=total - tax,
        tax=tax,
        total=total,
        customer=row["Customer"],
        own_number=str(row["EntryNumber"]),
    )


def with_document(row: Row) -> tuple[RemoteDocument, str | None]:
    """The same with the id of the document that is linked to it."""
    return header_of(row), row["Document"]


def line_of(row: Row) -> tuple[str, Decimal, Decimal]:
    """Code, amount and VAT of a line, with the signs that they have there."""
    return row["VATCode"].strip(), money_of(row["AmountFC"]), money_of(row["VATAmountFC"])


def groups_of(kind: Kind, lines: list[tuple[str, Decimal, Decimal]]) -> tuple[VatGroup, ...]:
    """The VAT of each code, added up over its lines."""
    taxable: dict[str, Decimal] = defaultdict(Decimal)
    tax: dict[str, Decimal] = defaultdict(Decimal)
    for code, amount, vat in lines:
        taxable[code] += sign(kind) * amount
        tax[code] += sign(kind) * vat
    return tuple(VatGroup(code, taxable[code], tax[code]) for code in taxable)
