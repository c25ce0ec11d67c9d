"""The document value: everything an invoice says, frozen, before anybody draws, sends or books it.

make_line(...)          one line, multiplied out
compose(...)            lines → document with its VAT groups and totals (no number yet)
check(document)         recompute everything; raises before a number is spent
issue(document, ...)    the same document with number, dates and payment reference
to_json / from_json     canonical bytes and back
digest(bytes, previous) SHA-256 that chains the documents of a series
"""

from billing_service.core.document.check import check
from billing_service.core.document.codec import IssuedJson, digest, from_json, issue_json, to_json
from billing_service.core.document.compose import compose, issue, make_line, vat_groups
from billing_service.core.document.prepaid import (
    MovementKind,
    PrepaidBalance,
    PrepaidMovement,
    PrepaidUnit,
    prepaid_balance,
)
from billing_service.core.document.value import (
    Address,
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

__all__ = [
    "Address",
    "AnnexEntry",
    "Basis",
    "Buyer",
    "Crediting",
    "DocumentKind",
    "ImportEntry",
    "InvoiceDocument",
    "IssuedJson",
    "ItemEntry",
    "Line",
    "MovementKind",
    "Payment",
    "PrecedingDocument",
    "PrepaidBalance",
    "PrepaidMovement",
    "PrepaidUnit",
    "Seller",
    "Totals",
    "VatGroup",
    "check",
    "compose",
    "digest",
    "from_json",
    "issue",
    "issue_json",
    "make_line",
    "prepaid_balance",
    "to_json",
    "vat_groups",
]
