"""Field mapping, both ways (accounting-apis 11.3 to 11.6).

Odoo gives money as floats, rounded to cents at once here; what is empty comes as ``false``; a link to another record as
``[id, name]``; the amounts of a credit note are positive there too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Final

from connectors.base import (
    Attachment,
    Cause,
    Choice,
    Company,
    Customer,
    Document,
    Fix,
    Kind,
    Line,
    OpenItem,
    Payment,
    PaymentFact,
    Refused,
    RemoteCustomer,
    RemoteDocument,
    State,
    cents,
)

Row = Mapping[str, Any]
MOVE_TYPES: Final = {Kind.INVOICE: "out_invoice", Kind.CREDIT_NOTE: "out_refund"}
KINDS: Final = {there: ours for ours, there in MOVE_TYPES.items()}
STATES: Final = {"draft": State.DRAFT, "posted": State.BOOKED, "cancel": State.CANCELLED}
LARGEST_ID: Final = 2**31 - 1

CUSTOMER_FIELDS: Final = ("name", "ref", "vat", "company_registry", "zip", "email")
MOVE_FIELDS: Final = (
    "name",
    "move_type",
    "state",
    "date",
    "invoice_date_due",
    "currency_id",
    "amount_untaxed",
    "amount_tax",
    "amount_total",
    "amount_residual",
    "partner_id",
    "reversed_entry_id",
)
OPEN_FIELDS: Final = (
    "name",
    "move_type",
    "currency_id",
    "amount_total",
    "amount_residual",
    "invoice_date",
    "invoice_date_due",
    "partner_id",
    "write_date",
)
PAYMENT_FIELDS: Final = (
    "amount",
    "date",
    "memo",
    "state",
    "payment_type",
    "partner_id",
    "currency_id",
    "reconciled_invoice_ids",
    "write_date",
)
PUSHED: Final = "billing "
"""Begins the memo of a payment that we registered; our number of it follows."""


# --- out ------------------------------------------------------------------------------------------------------------


def id_of(text: str | None, field: str, cause: Cause, fix: Fix) -> int:
    """The id of a record, which is a number there; raises :class:`Refused` for a text that can be none."""
    if text is not None and text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= LARGEST_ID:
        return int(text)
    raise Refused("There is no such record in Odoo.", fix=fix, cause=cause, field=field)


@dataclass(frozen=True, slots=True)
class Reference:
    """A record that a document points to, and what it means when it is not there."""

    model: str
    id: int
    field: str
    cause: Cause
    fix: Fix


def references(document: Document) -> Iterator[Reference]:
    """Every record that the document points to; raises :class:`Refused` where an id can be none."""

    def to(model: str, text: str | None, field: str, cause: Cause, fix: Fix = Fix.MAPPING) -> Reference:
        return Reference(model, id_of(text, field, cause, fix), field, cause, fix)

    yield to("res.partner", document.customer, "customer", Cause.CUSTOMER_UNKNOWN, Fix.DATA)
    yield to("account.journal", document.journal, "journal", Cause.JOURNAL_UNKNOWN)
    if document.credits is not None:
        yield to("account.move", document.credits, "credits", Cause.CREDITED_INVOICE_UNKNOWN, Fix.DATA)
    for place, line in enumerate(document.lines):
        at = f"lines.{place}"
        yield to("account.tax", line.vat_code, f"{at}.vat_code", Cause.VAT_CODE_UNKNOWN)
        yield to("account.account", line.ledger_account, f"{at}.ledger_account", Cause.LEDGER_ACCOUNT_UNKNOWN)
        if line.cost_centre is not None:
            yield to("account.analytic.account", line.cost_centre, f"{at}.cost_centre", Cause.COST_CENTRE_UNKNOWN)


def move(document: Document) -> dict[str, Any]:
    """The values of a draft (accounting-apis 11.4, 11.5).

    The payment term that the customer may have there is kept out, so that the due date stays ours.
    """
    values = {
        "move_type": MOVE_TYPES[document.kind],
        "name": document.number,
        "partner_id": int(document.customer),
        "journal_id": int(document.journal or 0),
        "invoice_date": document.issue_date.isoformat(),
        "invoice_date_due": document.due_date.isoformat(),
        "invoice_payment_term_id": False,
        "payment_reference": document.reference,
        "invoice_line_ids": [[0, 0, _line(line)] for line in document.lines],
    }
    if document.description:
        values["narration"] = document.description
    if document.credits is not None:
        values["reversed_entry_id"] = int(document.credits)
    return values


def changed_move(document: Document) -> dict[str, Any]:
    """The same for a draft that is there: its lines are replaced, its type and journal stay."""
    values = move(document)
    del values["move_type"], values["journal_id"]
    return {**values, "invoice_line_ids": [[5, 0, 0], *values["invoice_line_ids"]]}


def _line(line: Line) -> dict[str, Any]:
    quantity, price = _priced(line)
    values: dict[str, Any] = {
        "name": line.description,
        "quantity": float(quantity),
        "price_unit": float(price),
        "account_id": int(line.ledger_account),
        "tax_ids": [[6, 0, [int(line.vat_code)]]],
    }
    if line.cost_centre is not None:
        values["analytic_distribution"] = {line.cost_centre: 100}
    return values


def _priced(line: Line) -> tuple[Decimal, Decimal]:
    """Quantity and price; 1 × the amount where Odoo would round one of them (to two decimals, unless set otherwise)."""
    quantity, price = line.priced()
    fits = cents(quantity) == quantity and cents(price) == price
    return (quantity, price) if fits else (Decimal(1), line.amount)


def partner(customer: Customer, country: int) -> dict[str, Any]:
    """The values of a customer (accounting-apis 11.3); the KvK number stands in its company id."""
    return {
        "ref": customer.code,
        "name": customer.name,
        "is_company": customer.is_business,
        "street": customer.address.street,
        "zip": customer.address.postal_code,
        "city": customer.address.city,
        "country_id": country,
        "email": customer.email or False,
        "vat": customer.vat_number or False,
        "company_registry": customer.kvk_number or False,
    }


def file(attachment: Attachment, of: int, content: str) -> dict[str, Any]:
    """The values of a file that belongs to a document; ``content`` in base64."""
    return {
        "name": attachment.name,
        "res_model": "account.move",
        "res_id": of,
        "mimetype": attachment.media_type,
        "datas": content,
    }


def registration(payment: Payment, journal: int) -> dict[str, Any]:
    """The values of the wizard that registers a payment (accounting-apis 11.6)."""
    return {
        "journal_id": journal,
        "payment_date": payment.paid_on.isoformat(),
        "amount": float(payment.amount),
        "communication": PUSHED + payment.number,
    }


# --- back -----------------------------------------------------------------------------------------------------------


def company(row: Row) -> tuple[Company, str]:
    """The company, and how it rounds VAT."""
    made = Company(
        id=str(row["id"]),
        name=str(row["name"]),
        currency=str(row["currency_id"][1]),
        vat_number=_text(row["vat"]),
        kvk_number=_text(row["company_registry"]),
    )
    return made, str(row["tax_calculation_rounding_method"])


def choice(row: Row, code: str = "code") -> Choice:
    """An entry of a list; what has no code of its own has its id for one."""
    return Choice(id=str(row["id"]), code=_text(row[code]) or str(row["id"]), name=row["name"])


def tax(row: Row) -> Choice:
    """A VAT code. Odoo does not say why a rate is 0: zero, exempt, reverse charge and outside look the same."""
    rate = cents(Decimal(row["amount"]))
    return Choice(str(row["id"]), row["name"], row["name"], rate=rate, category="S" if rate > 0 else None)


def customer(row: Row) -> RemoteCustomer:
    """A customer as it stands there."""
    return RemoteCustomer(
        id=str(row["id"]),
        name=row["name"] or "",
        code=_text(row["ref"]),
        vat_number=_text(row["vat"]),
        kvk_number=_text(row["company_registry"]),
        postal_code=_text(row["zip"]),
        email=_text(row["email"]),
    )


def bare_document(row: Row) -> RemoteDocument:
    """A document without its files, which are records of their own.

    Its date is the one in the books, which Odoo moves past a lock date (11.4).
    """
    return RemoteDocument(
        id=str(row["id"]),
        kind=KINDS[row["move_type"]],
        number=_text(row["name"]),
        state=STATES[row["state"]],
        issue_date=date.fromisoformat(row["date"]),
        due_date=_date(row["invoice_date_due"]),
        currency=row["currency_id"][1],
        net=_money(row["amount_untaxed"]),
        tax=_money(row["amount_tax"]),
        total=_money(row["amount_total"]),
        open=_money(row["amount_residual"]),
        customer=_link(row["partner_id"]),
        credits=_link(row["reversed_entry_id"]),
    )


def open_item(row: Row) -> OpenItem:
    """What is open of a posted document."""
    return OpenItem(
        document=str(row["id"]),
        kind=KINDS[row["move_type"]],
        number=_text(row["name"]),
        total=_money(row["amount_total"]),
        open=_money(row["amount_residual"]),
        currency=row["currency_id"][1],
        issue_date=date.fromisoformat(row["invoice_date"]),
        due_date=_date(row["invoice_date_due"]),
        customer=_link(row["partner_id"]),
    )


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment as it stands there. ``fact`` names no document yet; ``matched`` are those that it settles, by id."""

    fact: PaymentFact
    matched: tuple[int, ...]
    state: str
    out: bool


def paid(row: Row) -> Paid:
    """A payment, its amount as Odoo has it: positive, whichever way it went."""
    memo = _text(row["memo"])
    fact = PaymentFact(
        id=str(row["id"]),
        amount=_money(row["amount"]),
        paid_on=date.fromisoformat(row["date"]),
        currency=row["currency_id"][1],
        customer=_link(row["partner_id"]),
        reference=memo,
        number=memo.removeprefix(PUSHED) if memo and memo.startswith(PUSHED) else None,
    )
    matched = tuple(int(one) for one in row["reconciled_invoice_ids"])
    return Paid(fact, matched, state=str(row["state"]), out=row["payment_type"] == "outbound")


def known_document(row: Row) -> tuple[int, tuple[Kind, str | None]]:
    """A document of our journal: its id, kind and number."""
    return int(row["id"]), (KINDS[row["move_type"]], _text(row["name"]))


def settling(payment: Paid, ours: Mapping[int, tuple[Kind, str | None]]) -> PaymentFact | None:
    """The payment with the document that it settles. ``None`` for one of other documents only.

    It belongs to a document only where it is matched to that one alone: how much of it went to which of several is
    told by their open amounts. Money out is negative, unless it settles a credit note.
    """
    if payment.matched and not any(one in ours for one in payment.matched):
        return None
    alone = payment.matched[0] if len(payment.matched) == 1 else None
    kind, number = ours[alone] if alone is not None else (None, None)
    fact = replace(payment.fact, document=None if alone is None else str(alone), document_number=number)
    return fact if payment.out == (kind is Kind.CREDIT_NOTE) else replace(fact, amount=-fact.amount)


def _money(value: Any) -> Decimal:
    return cents(Decimal(value))


def _text(value: Any) -> str | None:
    if value is not False and not isinstance(value, str):
        raise TypeError("a text or false")
    return value or None


def _date(value: Any) -> date | None:
    return date.fromisoformat(value) if value else None


def _link(value: Any) -> str | None:
    return str(value[0]) if value else None
