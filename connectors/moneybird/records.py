"""Moneybird's records as our values, and ours as what it takes.

Ids are text here whatever they are there: they are larger than 2^53 (accounting-apis 2.2). A credit note is an external
invoice of a negative total (2.5); its amounts are turned, both ways.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from connectors.base import (
    Choice,
    Customer,
    Document,
    Kind,
    Line,
    OpenItem,
    PaymentFact,
    RemoteCustomer,
    RemoteDocument,
    State,
    VatGroup,
    cents,
)
from connectors.moneybird.rounding import agreeing

Record = Mapping[str, Any]
SOURCE: Final = "billing"
"""What stands in Moneybird as the system that made the invoice."""
SETTLEMENT: Final = "invoices_settlement"


# --- what goes out --------------------------------------------------------------------------------------------------


def contact_of(customer: Customer) -> dict[str, str | None]:
    """The fields of a contact; ``None`` where we have nothing."""
    return {
        "company_name": customer.name,
        "customer_id": customer.code,
        "address1": customer.address.street,
        "zipcode": customer.address.postal_code,
        "city": customer.address.city,
        "country": customer.address.country,
        "send_invoices_to_email": customer.email,
        "tax_number": customer.vat_number,
        "chamber_of_commerce": customer.kvk_number,
    }


def invoice_of(document: Document, leftovers: Iterable[str] = ()) -> dict[str, Any]:
    """The fields of an external sales invoice. ``leftovers`` are ids of lines there that are to go."""
    sign = -1 if document.kind is Kind.CREDIT_NOTE else 1
    lines = [_detail(line, place, sign) for place, line in enumerate(agreeing(document.lines))]
    gone = [{"id": known, "_destroy": True} for known in leftovers]
    return {
        "contact_id": document.customer,
        "reference": document.number,
        "date": document.issue_date.isoformat(),
        "due_date": document.due_date.isoformat(),
        "currency": document.currency,
        "prices_are_incl_tax": False,
        "source": SOURCE,
        "details_attributes": [*lines, *gone],
    }


def _detail(line: Line, place: int, sign: int) -> dict[str, Any]:
    quantity, price = line.priced()
    if quantity * price != line.amount or price != cents(price):
        # It tells prices in cents and not what it does with parts of one: nothing is left for it to round.
        quantity, price = Decimal(1), line.amount
    detail = {
        "description": line.description,
        "amount": f"{quantity:f}",
        "price": f"{sign * price:f}",
        "tax_rate_id": line.vat_code,
        "ledger_account_id": line.ledger_account,
        "row_order": place,
    }
    return detail if line.cost_centre is None else {**detail, "project_id": line.cost_centre}


# --- what comes back ------------------------------------------------------------------------------------------------


def customer(value: Record) -> RemoteCustomer:
    """A contact. One without a company is named after its person."""
    person = " ".join(filter(None, (value["firstname"], value["lastname"])))
    return RemoteCustomer(
        id=str(value["id"]),
        name=value["company_name"] or person,
        code=value["customer_id"] or None,
        vat_number=value["tax_number"] or None,
        kvk_number=value["chamber_of_commerce"] or None,
        postal_code=value["zipcode"] or None,
        email=value["send_invoices_to_email"] or None,
    )


def document(value: Record) -> RemoteDocument:
    """An external sales invoice; it counts from the moment it is there (accounting-apis 2.4)."""
    sign = _sign(value)
    net, total = money(value["total_price_excl_tax"]), money(value["total_price_incl_tax"])
    due = value["due_date"]
    return RemoteDocument(
        id=str(value["id"]),
        kind=Kind.CREDIT_NOTE if sign < 0 else Kind.INVOICE,
        number=value["reference"] or None,
        state=State.BOOKED,
        issue_date=date.fromisoformat(value["date"]),
        due_date=None if due is None else date.fromisoformat(due),
        currency=value["currency"],
        net=sign * net,
        tax=sign * (total - net),
        total=sign * total,
        open=_open(value),
        customer=_id(value["contact_id"]),
        vat=_vat(value, sign),
        attachments=tuple(file["filename"] for file in value["attachments"]),
        own_number=_id(value["entry_number"]),
    )


def _vat(value: Record, sign: int) -> tuple[VatGroup, ...] | None:
    """The VAT of each rate; ``tax_totals`` lacks the rates of 0 %. Not every invoice of others tells its lines."""
    taxable: dict[str, Decimal] = defaultdict(Decimal)
    for detail in value["details"]:
        amount, rate = detail["total_price_excl_tax_with_discount"], _id(detail["tax_rate_id"])
        if amount is None or rate is None:
            return None
        taxable[rate] += money(amount)
    if sum(taxable.values(), Decimal()) != money(value["total_price_excl_tax"]):
        return None
    tax = {_id(group["tax_rate_id"]): money(group["tax_amount"]) for group in value["tax_totals"]}
    return tuple(VatGroup(rate, sign * net, sign * tax.get(rate, cents(Decimal()))) for rate, net in taxable.items())


def open_item(value: Record) -> OpenItem:
    """What is still open of it."""
    there = document(value)
    return OpenItem(
        document=there.id,
        kind=there.kind,
        number=there.number,
        total=there.total,
        open=_open(value),
        currency=there.currency,
        issue_date=there.issue_date,
        due_date=there.due_date,
        customer=there.customer,
    )


def payments(value: Record) -> tuple[PaymentFact, ...]:
    """The payments of an invoice. Settling it against another invoice moves no money and is none of them."""
    return tuple(payment(one, value) for one in value["payments"] if one["manual_payment_action"] != SETTLEMENT)


def payment(value: Record, invoice: Record) -> PaymentFact:
    """One payment of this invoice."""
    return PaymentFact(
        id=str(value["id"]),
        amount=_sign(invoice) * money(value["price"]),
        paid_on=date.fromisoformat(value["payment_date"]),
        currency=invoice["currency"],
        document=str(invoice["id"]),
        document_number=invoice["reference"] or None,
        customer=_id(invoice["contact_id"]),
        number=value["transaction_identifier"] or None,
    )


def vat_code(value: Record) -> Choice:
    """A tax rate. Which of several of 0 % is which, only its name says: that is left to the bookkeeper."""
    rate = None if value["percentage"] is None else Decimal(value["percentage"])
    return Choice(
        id=str(value["id"]),
        code="–" if rate is None else f"{rate.normalize():f}%",
        name=value["name"],
        active=value["active"] is not False,
        rate=rate,
        category="S" if rate and not value["country"] else None,
    )


def ledger_account(value: Record) -> Choice:
    """A ledger account; not every one has a number."""
    return Choice(str(value["id"]), value["account_id"] or value["name"], value["name"], value["active"])


def project(value: Record) -> Choice:
    """A project, the nearest thing to a cost centre (accounting-apis 2.4)."""
    return Choice(str(value["id"]), value["name"], value["name"], value["state"] == "active")


def financial_account(value: Record) -> Choice:
    """A bank account, till or payment service on which a payment is booked."""
    return Choice(str(value["id"]), value["identifier"] or value["name"], value["name"], value["active"])


def money(value: Any) -> Decimal:
    """An amount, which may be a number or a text with a point or a comma (accounting-apis 2.4)."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise TypeError("an amount is a number or a text")
    return cents(Decimal(value.replace(",", ".") if isinstance(value, str) else value))


def _open(invoice: Record) -> Decimal:
    return _sign(invoice) * money(invoice["total_unpaid"])


def _sign(invoice: Record) -> int:
    return -1 if money(invoice["total_price_incl_tax"]) < 0 else 1


def _id(value: Any) -> str | None:
    return None if value is None else str(value)
