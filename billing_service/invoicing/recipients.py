"""Who gets which document: by e-mail, or on paper by post. And which documents a selection holds, in printing order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, and_, or_, select

from billing_service.documents.pdf.formats import country
from billing_service.documents.spreadsheets import Column, DecimalMark, write_csv
from billing_service.invoicing.drafts import recipient
from billing_service.store.invoices import Invoice
from billing_service.store.parties import Contract, Customer
from billing_service.store.scope import Scope

_BATCH: Final = 500

_TITLES: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "number": "Nummer",
        "kind": "Soort",
        "issue_date": "Factuurdatum",
        "customer": "Debiteurnummer",
        "contract": "Contract",
        "channel": "Verzending",
        "name": "Geadresseerde",
        "email": "E-mail",
        "buyer": "Naam",
        "attention": "Ter attentie van",
        "street": "Straat",
        "postal_code": "Postcode",
        "city": "Plaats",
        "country": "Land",
    },
    "en": {
        "number": "Number",
        "kind": "Kind",
        "issue_date": "Invoice date",
        "customer": "Customer number",
        "contract": "Contract",
        "channel": "Sent by",
        "name": "Recipient",
        "email": "E-mail",
        "buyer": "Name",
        "attention": "Attention",
        "street": "Street",
        "postal_code": "Postal code",
        "city": "City",
        "country": "Country",
    },
}
_WORDS: Final[dict[str, dict[str, str]]] = {
    "nl": {
        "email": "e-mail",
        "post": "post",
        "invoice": "factuur",
        "credit_note": "creditnota",
        "zero_statement": "nuloverzicht",
    },
    "en": {
        "email": "e-mail",
        "post": "post",
        "invoice": "invoice",
        "credit_note": "credit note",
        "zero_statement": "zero statement",
    },
}

# The same choice as ``drafts.recipient``: the contract's recipient, else the customer's address, else the post.
_BY_EMAIL: Final = or_(Contract.recipient_name.is_not(None), and_(Customer.email.is_not(None), Customer.email != ""))
_EQUALS: Final[Mapping[str, Any]] = {
    "state": Invoice.state,
    "kind": Invoice.kind,
    "billing_run_id": Invoice.billing_run_id,
    "customer_id": Invoice.customer_id,
}
PRINTING_ORDER: Final = (
    Invoice.number.is_(None),
    Invoice.series_id,
    Invoice.period,
    Invoice.sequence,
    Invoice.issue_date,
    Invoice.id,
)
"""By number, a series after the other; zero statements, which have none, at the end by date."""


def selected(scope: Scope, wanted: Mapping[str, Any]) -> Select[Invoice, Contract, Customer]:
    """The documents that are not withdrawn, each with its contract and customer.

    ``wanted``: ``channel`` (email, post), ``state``, ``kind``, ``billing_run_id``, ``customer_id``, ``issued_from``,
    ``issued_until``; what is left out does not limit.
    """
    conditions: list[ColumnElement[bool]] = [
        Invoice.administration_id == scope.administration_id,
        Invoice.state != "withdrawn",
        *(column == wanted[name] for name, column in _EQUALS.items() if name in wanted),
    ]
    if "issued_from" in wanted:
        conditions.append(Invoice.issue_date >= wanted["issued_from"])
    if "issued_until" in wanted:
        conditions.append(Invoice.issue_date <= wanted["issued_until"])
    if "channel" in wanted:
        conditions.append(_BY_EMAIL if wanted["channel"] == "email" else ~_BY_EMAIL)
    return (
        select(Invoice, Contract, Customer)
        .join(
            Contract,
            and_(Contract.administration_id == Invoice.administration_id, Contract.id == Invoice.contract_id),
        )
        .join(
            Customer,
            and_(Customer.administration_id == Invoice.administration_id, Customer.id == Invoice.customer_id),
        )
        .where(*conditions)
    )


def describe_recipients(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Where each document goes: how, to whom, and the address printed on it for the envelope."""
    return [_describe(*row) for row in rows]


def _describe(invoice: Invoice, contract: Contract, customer: Customer) -> dict[str, Any]:
    to = recipient(contract, customer)
    buyer = orjson.loads(invoice.document)["buyer"]
    return {
        "invoice_id": invoice.id,
        "number": invoice.number,
        "kind": invoice.kind,
        "state": invoice.state,
        "issue_date": invoice.issue_date,
        "customer": customer.number,
        "contract": contract.reference,
        "channel": to.channel,
        "name": to.name,
        "email": to.email,
        "address": {"name": buyer["name"], "attention": buyer["attention"], **buyer["address"]},
    }


def recipients_csv(scope: Scope, wanted: Mapping[str, Any], language: str, mark: DecimalMark) -> Iterator[bytes]:
    """The list as CSV, in printing order, titles and words in ``language``."""
    titles = _TITLES[language]
    columns = [Column(title, "date" if name == "issue_date" else "text") for name, title in titles.items()]
    return write_csv(columns, _cells(scope, wanted, language), mark)


def _cells(scope: Scope, wanted: Mapping[str, Any], language: str) -> Iterator[list[str | date | None]]:
    words = _WORDS[language]
    query = selected(scope, wanted).order_by(*PRINTING_ORDER).execution_options(yield_per=_BATCH)
    for row in scope.session.execute(query):
        told = _describe(*row)
        address = told["address"]
        yield [
            told["number"],
            words[told["kind"]],
            told["issue_date"],
            told["customer"],
            told["contract"],
            words[told["channel"]],
            told["name"],
            told["email"],
            address["name"],
            address["attention"],
            address["street"],
            address["postal_code"],
            address["city"],
            country(address["country"], language),
        ]


def selected_ids(scope: Scope, wanted: Mapping[str, Any]) -> list[UUID]:
    """The issued documents of a selection, in printing order."""
    query = selected(scope, {**wanted, "state": "issued"}).order_by(*PRINTING_ORDER)
    return list(scope.session.scalars(query.with_only_columns(Invoice.id)))
