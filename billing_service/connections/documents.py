"""Our customers, documents and receipts as values for a package: what is delivered, and what is compared later.

Everything is taken from the frozen document and the mapping of the connection; nothing is computed anew, so our VAT
leads. What is not mapped is refused by the same error as a package would use, naming what to repair.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, cast
from uuid import UUID

import orjson
from sqlalchemy import select

from billing_service.core.document import Basis, DocumentKind, InvoiceDocument, Line
from billing_service.store.connections import ConnectionMapping
from billing_service.store.parties import Customer
from billing_service.store.scope import Scope
from connectors import base
from connectors.base import Capabilities, Cause, Fix, Refused

ROUNDING_TEXT: Final = {"nl": "Afrondingsverschil btw", "en": "VAT rounding difference"}
CUT: Final = "…"
"""Where a text was cut to the length that the package takes."""


def vat_key(category: str, rate: Decimal | None) -> str:
    """How a mapping names VAT: the category, for S with its rate: ``S:21``, ``S:5.5``, ``AE``."""
    return f"S:{(rate or Decimal()).normalize():f}" if category == "S" else category


@dataclass(frozen=True, slots=True)
class Mapped:
    """The mapping of one connection: by kind, and in it by what is ours, the id there."""

    ids: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def find(self, kind: str, ours: str | None = "") -> str | None:
        """The id there for this, or for all others of its kind."""
        known = self.ids.get(kind, {})
        return known.get(ours or "", known.get(""))

    def vat(self, category: str, rate: Decimal | None, place: str) -> str:
        """The VAT code. Raises ``Refused`` where none is mapped."""
        found = self.ids.get("vat", {}).get(vat_key(category, rate))
        return found or _unmapped(Cause.VAT_CODE_UNKNOWN, f"VAT {vat_key(category, rate)}", place)

    def revenue(self, group: str | None, place: str) -> str:
        """The ledger account. Raises ``Refused`` where none is mapped."""
        group_text = f"revenue group {group}" if group else "revenue"
        return self.find("revenue", group) or _unmapped(Cause.LEDGER_ACCOUNT_UNKNOWN, group_text, place)

    def journal(self, kind: base.Kind) -> str | None:
        """The journal of documents of this kind, where one is mapped."""
        credits_in = self.find("credit_journal") if kind is base.Kind.CREDIT_NOTE else None
        return credits_in or self.find("journal")

    def payment_method(self, method: str) -> str:
        """Of a receipt with this method. Raises ``Refused`` where none is mapped."""
        found = self.find("payment_method", method)
        return found or _unmapped(Cause.PAYMENT_METHOD_UNKNOWN, f"payment method {method}", "method")

    def rounding(self, language: str) -> base.Rounding | None:
        """Where rounding differences go, if that is mapped."""
        account, code = self.find("rounding_account"), self.find("rounding_vat")
        return base.Rounding(account, code, ROUNDING_TEXT[language]) if account and code else None


def mapped(scope: Scope, connection_id: UUID) -> Mapped:
    """The mapping as it stands now."""
    ids: dict[str, dict[str, str]] = defaultdict(dict)
    columns = (ConnectionMapping.kind, ConnectionMapping.ours, ConnectionMapping.remote_id)
    mine = {"administration_id": scope.administration_id, "connection_id": connection_id}
    for row in scope.session.execute(select(*columns).filter_by(**mine)):
        ids[row.kind][row.ours] = row.remote_id
    return Mapped(ids)


def customer_value(customer: Customer) -> base.Customer:
    """A customer as it is sent."""
    return base.Customer(
        code=customer.number,
        name=customer.name,
        address=base.Address(customer.street, customer.postal_code, customer.city, customer.country),
        email=customer.email,
        vat_number=customer.vat_number,
        kvk_number=customer.kvk,
        is_business=customer.is_business,
    )


def customer_digest(value: base.Customer) -> str:
    """Tells whether what was sent last is what would be sent now (``ConnectionCustomer.sent_digest``)."""
    return hashlib.sha256(orjson.dumps(value)).hexdigest()


def document_value(
    document: InvoiceDocument,
    customer: str,
    mapping: Mapped,
    capabilities: Capabilities,
    *,
    credits_id: str | None = None,
) -> base.Document:
    """An issued invoice or credit note as it is sent, and as what stands there is compared with.

    ``customer`` and ``credits_id`` (of the invoice that a credit note credits) are ids there. A link to the invoice and
    cost centres are left out where the package has none, and texts of lines are cut to what it takes. Lines of 0.00
    (what a contract includes) stay on the PDF only. Raises :class:`connectors.base.Refused` for what is not mapped.
    """
    if document.number is None or document.issue_date is None:
        raise ValueError("only an issued document is delivered")
    credit = document.kind is DocumentKind.CREDIT_NOTE
    kind = base.Kind.CREDIT_NOTE if credit else base.Kind.INVOICE
    kept = tuple(line for line in document.lines if line.amount) or document.lines
    lines = tuple(_line(line, position, mapping, capabilities) for position, line in enumerate(kept))
    return base.Document(
        kind=kind,
        number=document.number,
        customer=customer,
        issue_date=document.issue_date,
        due_date=document.due_date or document.issue_date,
        currency=document.currency,
        lines=lines,
        vat=_vat(document, {line.vat_code for line in lines}, mapping),
        net=document.totals.net,
        tax=document.totals.vat,
        total=document.totals.gross,
        reference=document.payment.reference or document.number,
        journal=mapping.journal(kind),
        credits=credits_id if capabilities.credit_link.value else None,
        credits_number=document.preceding.number if credit and document.preceding else None,
        rounding=mapping.rounding(document.language),
    )


def _line(line: Line, position: int, mapping: Mapped, capabilities: Capabilities) -> base.Line:
    place = f"lines.{position}"
    quantity = line.quantity if line.quantity is not None else Decimal(1)
    if line.basis is Basis.TIME and line.minutes is not None:
        quantity = base.cents(Decimal(line.minutes) / 60)
    cost_centre = mapping.find("cost_centre", line.revenue_group) if capabilities.cost_centres.value else None
    return base.Line(
        description=_cut(line.description, capabilities.description.value.max_length),
        amount=line.amount,
        vat_code=mapping.vat(line.vat_category, line.vat_rate, f"{place}.vat_code"),
        vat_category=cast(base.VatCategory, line.vat_category),
        vat_rate=line.vat_rate or Decimal(0),
        ledger_account=mapping.revenue(line.revenue_group, f"{place}.ledger_account"),
        quantity=quantity,
        unit_price=line.unit_price,
        cost_centre=cost_centre,
    )


def _vat(document: InvoiceDocument, used: set[str], mapping: Mapped) -> tuple[base.VatGroup, ...]:
    """The VAT as the document prints it, by code there: what is mapped to the same code is added up."""
    taxable: dict[str, Decimal] = defaultdict(Decimal)
    tax: dict[str, Decimal] = defaultdict(Decimal)
    for group in document.vat:
        if group.taxable or group.tax or _is_used(group.category, group.rate, mapping, used):
            code = mapping.vat(group.category, group.rate, "vat")
            taxable[code] += group.taxable
            tax[code] += group.tax
    return tuple(base.VatGroup(code, taxable[code], tax[code]) for code in taxable)


def _is_used(category: str, rate: Decimal | None, mapping: Mapped, used: set[str]) -> bool:
    """Whether lines that are sent have this VAT, though it comes to nothing."""
    return mapping.ids.get("vat", {}).get(vat_key(category, rate)) in used


def _cut(text: str, longest: int | None) -> str:
    return text if longest is None or len(text) <= longest else text[: longest - 1] + CUT


def _unmapped(cause: Cause, what: str, place: str) -> str:
    raise Refused(f"Nothing is mapped for {what}.", fix=Fix.MAPPING, cause=cause, field=place)
