"""What is checked before anything is sent: the declared forms, and that no other total than ours can come out."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from typing import Final

from connectors.base.capabilities import Capabilities, Fact, TextForm, Vat
from connectors.base.errors import Cause, Fix, NotSupported, Refused
from connectors.base.values import Attachment, Customer, Document, Kind, Line, VatGroup, cents

MOST_ROUNDING: Final = Decimal("0.05")
"""A larger difference between our VAT and what the package will compute is no rounding (domain.md)."""


def check_customer(customer: Customer, capabilities: Capabilities) -> None:
    """Refuses a customer whose code the package cannot hold."""
    _form(
        customer.code,
        capabilities.customer_code,
        "code",
        too_long=Cause.CUSTOMER_CODE_TOO_LONG,
        wrong=Cause.CUSTOMER_CODE_FORM,
    )


def check_attachment(attachment: Attachment, capabilities: Capabilities) -> None:
    """Refuses a file of a type or size that the package does not take; ``NotSupported`` where it takes none."""
    allowed = capabilities.attachments.value
    if allowed is None:
        raise NotSupported("This package takes no attachments.", capability="attachments")
    if attachment.media_type not in allowed.media_types:
        raise Refused(
            f"Files of type {attachment.media_type} cannot be attached there.",
            fix=Fix.DATA,
            cause=Cause.ATTACHMENT_TYPE,
            field="media_type",
        )
    if len(attachment.content) > allowed.max_bytes:
        raise Refused(
            f"The file has {len(attachment.content)} bytes; at most {allowed.max_bytes} can be attached there.",
            fix=Fix.DATA,
            cause=Cause.ATTACHMENT_TOO_LARGE,
            field="content",
        )


def prepare(document: Document, capabilities: Capabilities) -> Document:
    """The document as it can be sent: checked, and with a rounding line where the package computes the VAT itself.

    Net, tax and VAT groups are then those that will stand there; the total never changes. Preparing twice is preparing
    once. Raises :class:`Refused` for a number or text that does not fit and for a difference of more than 0.05, and
    :class:`NotSupported` for a cost centre or a link to the credited invoice where the package has none.
    """
    _form(document.number, capabilities.number, "number", too_long=Cause.NUMBER_TOO_LONG, wrong=Cause.NUMBER_FORM)
    for position, line in enumerate(document.lines):
        field = f"lines.{position}.description"
        long = Cause.DESCRIPTION_TOO_LONG
        _form(line.description, capabilities.description, field, too_long=long, wrong=Cause.REQUEST_REFUSED)
        if line.cost_centre is not None and not capabilities.cost_centres.value:
            raise NotSupported("This package has no cost centres.", capability="cost_centres")
    if document.credits is not None and not capabilities.credit_link.value:
        raise NotSupported("This package cannot link a credit note to its invoice.", capability="credit_link")
    _check_sums(document)
    return document if capabilities.vat.value is Vat.OURS else _fit(document, capabilities.vat.value)


def predicted(lines: tuple[Line, ...], vat: Vat) -> tuple[VatGroup, ...]:
    """The VAT groups that a package comes to which computes them itself, in the order of their first line."""
    taxable: dict[str, Decimal] = defaultdict(Decimal)
    tax: dict[str, Decimal] = defaultdict(Decimal)
    rates: dict[str, Decimal] = {}
    for line in lines:
        taxable[line.vat_code] += line.amount
        tax[line.vat_code] += cents(line.amount * line.vat_rate / 100)
        rates[line.vat_code] = line.vat_rate
    if vat is Vat.PER_CODE:
        tax.update({code: cents(taxable[code] * rate / 100) for code, rate in rates.items()})
    return tuple(VatGroup(code, taxable[code], tax[code]) for code in rates)


def _fit(document: Document, vat: Vat) -> Document:
    groups = predicted(document.lines, vat)
    difference = document.total - document.net - sum((group.tax for group in groups), Decimal())
    if difference == 0:
        return replace(document, vat=groups)
    if abs(difference) > MOST_ROUNDING:
        raise Refused(
            f"The package would compute {abs(difference)} VAT more or less than the document has.",
            fix=Fix.MAPPING,
            cause=Cause.VAT_DIFFERENCE_TOO_LARGE,
            field="vat",
        )
    if document.rounding is None:
        raise Refused(
            f"The package computes the VAT {abs(difference)} off, and no account for rounding differences is mapped.",
            fix=Fix.MAPPING,
            cause=Cause.ROUNDING_NOT_MAPPED,
            field="rounding",
        )
    goes_to = document.rounding
    line = Line(
        description=goes_to.description,
        amount=difference,
        vat_code=goes_to.vat_code,
        vat_category="O",
        vat_rate=Decimal(0),
        ledger_account=goes_to.ledger_account,
    )
    lines = (*document.lines, line)
    net = document.net + difference
    return replace(document, lines=lines, vat=predicted(lines, vat), net=net, tax=document.total - net)


def _check_sums(document: Document) -> None:
    """A document whose parts do not add up was built wrongly: it must not reach the books."""
    if document.kind is Kind.INVOICE and document.credits is not None:
        raise ValueError("an invoice credits nothing")
    lines = sum((line.amount for line in document.lines), Decimal())
    taxable = sum((group.taxable for group in document.vat), Decimal())
    tax = sum((group.tax for group in document.vat), Decimal())
    if (lines, taxable, tax, document.net + document.tax) != (
        document.net,
        document.net,
        document.tax,
        document.total,
    ):
        raise Refused(
            "The lines, VAT and total of the document do not add up.",
            fix=Fix.DATA,
            cause=Cause.TOTAL_DIFFERS,
            field="total",
        )


def _form(text: str, form: Fact[TextForm], field: str, *, too_long: Cause, wrong: Cause) -> None:
    longest, pattern = form.value.max_length, form.value.pattern
    if longest is not None and len(text) > longest:
        raise Refused(f"{field} is longer than {longest} characters.", fix=Fix.DATA, cause=too_long, field=field)
    if pattern is not None and not re.fullmatch(pattern, text):
        raise Refused(f"{field} has a form that cannot stand there.", fix=Fix.DATA, cause=wrong, field=field)
