"""The top of the first page: who sends, who receives, what it is, and the facts to keep it by.

The buyer's address stands where the left window of a DL or C5/6 envelope shows it (20 mm from the left, 50 mm from
the top).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from billing_service.core.document import Address, Buyer, Crediting, DocumentKind, InvoiceDocument, Seller
from billing_service.core.references import grouped
from billing_service.documents.pdf.formats import country, long_date, period
from billing_service.documents.pdf.marks import (
    ACCENT,
    ADDRESS,
    BODY,
    BODY_BOLD,
    COLUMN,
    LABEL,
    LEFT,
    MM,
    RIGHT,
    SMALL,
    SMALL_BOLD,
    TITLE,
    WORDMARK,
    Block,
    Mark,
    Panel,
    Rule,
    Strip,
    Style,
    left,
    wrapped,
)
from billing_service.documents.pdf.texts import TEXTS

_TOP = 17 * MM
_SENDER_X = 132 * MM
_WINDOW_Y = 50 * MM
_WINDOW_WIDTH = 88 * MM
_TITLE_Y = 92 * MM
_FACT_COLUMNS = 4
_FACT_WIDTH = COLUMN / _FACT_COLUMNS
_FACT_ROOM = _FACT_WIDTH - 4 * MM


Fact = tuple[str, str]
"""Label and value."""


class Letter(Protocol):
    """Whatever goes from a seller to a buyer."""

    @property
    def language(self) -> str: ...
    @property
    def seller(self) -> Seller: ...
    @property
    def buyer(self) -> Buyer: ...


def letterhead(document: Letter, title: str, facts: Iterable[Fact]) -> tuple[list[Mark], float]:
    """The marks above the text, and where they end."""
    marks: list[Mark] = [Panel(LEFT, _TOP - 5 * MM, 14 * MM, 2.2, ACCENT)]
    seller = document.seller
    wordmark_end = _lines(marks, wrapped(seller.trade_name or seller.legal_name, 100 * MM, WORDMARK), WORDMARK, _TOP)
    sender_end = _sender(marks, document)
    window = max(_WINDOW_Y, wordmark_end + 6 * MM)
    buyer_end = _lines(marks, list(_buyer(document)), ADDRESS, window)
    y = max(_TITLE_Y, buyer_end + 8 * MM, sender_end + 6 * MM)
    marks.append(left(title.upper(), LEFT, TITLE, y))
    return marks, _facts(marks, list(facts), y + TITLE.leading + 3 * MM)


def _lines(marks: list[Mark], lines: list[str], style: Style, y: float, x: float = LEFT) -> float:
    for line in lines:
        marks.append(left(line, x, style, y))
        y += style.leading
    return y


def address_lines(address: Address, language: str, home: str) -> list[str]:
    """Street, postal code and city, and the country in capitals when it is not ``home``."""
    lines = [address.street, f"{address.postal_code}\xa0 {address.city}"]
    if address.country != home:
        lines.append(country(address.country, language).upper())
    return lines


def _buyer(document: Letter) -> Iterator[str]:
    buyer = document.buyer
    yield from wrapped(buyer.name, _WINDOW_WIDTH, ADDRESS)
    if buyer.attention:
        yield from wrapped(TEXTS[document.language]["attention"].format(name=buyer.attention), _WINDOW_WIDTH, ADDRESS)
    for line in address_lines(buyer.address, document.language, document.seller.address.country):
        yield from wrapped(line, _WINDOW_WIDTH, ADDRESS)


def _sender(marks: list[Mark], document: Letter) -> float:
    seller, room = document.seller, RIGHT - _SENDER_X
    home = document.buyer.address.country
    groups = [
        address_lines(seller.address, document.language, home),
        [text for text in (seller.phone, seller.email, seller.website) if text],
        identifiers(seller, document.language),
    ]
    y = _lines(marks, wrapped(seller.legal_name, room, SMALL_BOLD), SMALL_BOLD, _TOP, _SENDER_X)
    for group in groups:
        for text in group:
            y = _lines(marks, wrapped(text, room, SMALL), SMALL, y, _SENDER_X)
        y += 4 if group else 0
    return y


def identifiers(seller: Seller, language: str) -> list[str]:
    """KvK and VAT number and account, each with its label."""
    texts = TEXTS[language]
    labelled = (
        (texts["kvk_number"], seller.kvk_number),
        (texts["vat_number"], seller.vat_number),
        (texts["account"], seller.iban and grouped(seller.iban)),
    )
    return [f"{label} {value}" for label, value in labelled if value]


def _facts(marks: list[Mark], facts: list[Fact], y: float) -> float:
    marks.append(Rule(LEFT, y, COLUMN, 0.8, ACCENT))
    y += 2.2 * MM
    for start in range(0, len(facts), _FACT_COLUMNS):
        row = facts[start : start + _FACT_COLUMNS]
        ends = []
        for at, (label, value) in enumerate(row):
            x = LEFT + at * _FACT_WIDTH
            marks.append(left(label, x, LABEL, y))
            style = BODY_BOLD if start == at == 0 else BODY
            ends.append(_lines(marks, wrapped(value, _FACT_ROOM, style), style, y + LABEL.leading, x))
        y = max(ends) + 1.6 * MM
    return y


def invoice_title(document: InvoiceDocument) -> str:
    """What stands above an invoice."""
    concept = document.kind is not DocumentKind.ZERO_STATEMENT and document.number is None
    return TEXTS[document.language][f"{document.kind}_concept" if concept else document.kind]


def credit_intro(document: InvoiceDocument, crediting: Crediting) -> Block:
    """Which invoice a credit note credits, and why; above its lines."""
    before = document.preceding
    said = TEXTS[document.language]["credits"].format(
        number=before.number if before else "",
        date=long_date(before.issue_date, document.language) if before else "",
        reason=crediting.reason,
    )
    strips = [Strip(BODY.leading, (left(line, LEFT, BODY),)) for line in wrapped(said, COLUMN, BODY)]
    return [*strips, Strip(5 * MM)]


def invoice_facts(document: InvoiceDocument) -> Iterator[Fact]:
    """What an invoice is kept by."""
    texts, language = TEXTS[document.language], document.language
    concept = texts["not_issued"]
    issued = long_date(document.issue_date, language) if document.issue_date else concept
    if document.kind is DocumentKind.ZERO_STATEMENT:
        yield texts["statement_date"], issued
    elif document.kind is DocumentKind.CREDIT_NOTE:
        yield texts["credit_number"], document.number or concept
        yield texts["statement_date"], issued
    else:
        yield texts["number"], document.number or concept
        yield texts["issue_date"], issued
        yield texts["due_date"], long_date(document.due_date, language) if document.due_date else concept
    one_day = document.supply_from == document.supply_to
    supplied = period(document.supply_from, document.supply_to, language)
    yield texts["supply_date" if one_day else "supply_period"], supplied
    yield texts["customer_number"], document.buyer.customer_number
    contract = " · ".join(text for text in (document.contract_reference, document.contract_description) if text)
    before = document.preceding
    optional = (
        ("buyer_reference", document.buyer_reference),
        ("contract", contract),
        ("buyer_vat_number", document.buyer.vat_number),
        ("buyer_kvk_number", document.buyer.kvk_number),
        (
            "preceding",
            before and texts["preceding_of"].format(number=before.number, date=long_date(before.issue_date, language)),
        ),
    )
    for key, value in optional:
        if value:
            yield texts[key], value
