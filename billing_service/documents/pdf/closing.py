"""What follows the lines and stays in one piece: VAT per rate, totals, the reasons for a zero, and how to pay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from billing_service.core.document import Buyer, Crediting, DocumentKind, InvoiceDocument, Totals, VatGroup
from billing_service.core.references import LARGEST_EPC_AMOUNT, epc_payload, grouped
from billing_service.core.vat import vat_text
from billing_service.documents.pdf.fonts import width
from billing_service.documents.pdf.formats import long_date, money
from billing_service.documents.pdf.lines import fitted, vat_label
from billing_service.documents.pdf.marks import (
    ACCENT,
    BODY,
    BODY_BOLD,
    COLUMN,
    LABEL,
    LEFT,
    MM,
    PAPER,
    RIGHT,
    SMALL,
    SMALL_BOLD,
    SMALL_INK,
    TOTAL,
    Block,
    Code,
    Mark,
    Panel,
    Rule,
    Strip,
    left,
    right,
    wrapped,
)
from billing_service.documents.pdf.texts import TEXTS

_TOTALS_X = LEFT + 98 * MM
_SUM_ROOM = 36 * MM
_TAXABLE_END = LEFT + 52 * MM
_TAX_END = LEFT + 82 * MM
_VAT_ROOM = 28 * MM
_INSIDE = 5 * MM
_QR_SIDE = 27 * MM
_LABEL_ROOM = 34 * MM
_ROW = 14.0


class Totalled(Protocol):
    """What has amounts with VAT."""

    @property
    def language(self) -> str: ...
    @property
    def currency(self) -> str: ...
    @property
    def buyer(self) -> Buyer: ...
    @property
    def vat(self) -> Sequence[VatGroup]: ...
    @property
    def totals(self) -> Totals: ...


def closing(document: InvoiceDocument) -> Block:
    """The block under the table."""
    return [sums(document), *reasons(document), _payment(document)]


def sums(document: Totalled) -> Strip:
    """VAT per rate on the left, the totals on the right."""
    groups, groups_end = _vat_table(document, 10)
    totals, totals_end = _totals(document, 8)
    return Strip(max(groups_end, totals_end) + 5 * MM, (*groups, *totals))


def _vat_table(document: Totalled, y: float) -> tuple[list[Mark], float]:
    texts, language, currency = TEXTS[document.language], document.language, document.currency
    marks: list[Mark] = [
        left(texts["vat_rate"], LEFT, LABEL, y),
        right(texts["vat_taxable"], _TAXABLE_END, LABEL, y),
        right(texts["vat_tax"], _TAX_END, LABEL, y),
        Rule(LEFT, y + LABEL.leading + 1.5, _TAX_END - LEFT),
    ]
    y += LABEL.leading + 3
    for at, group in enumerate(document.vat):
        pointer = f"/vat/{at}"
        label = vat_label(group.category, group.rate, language)
        taxable, tax = money(group.taxable, currency, language), money(group.tax, currency, language)
        marks.append(left(label, LEFT, SMALL_INK, y))
        marks.append(fitted(taxable, _TAXABLE_END, _VAT_ROOM, f"{pointer}/taxable", y, SMALL_INK))
        marks.append(fitted(tax, _TAX_END, _VAT_ROOM, f"{pointer}/tax", y, SMALL_INK))
        y += SMALL_INK.leading + 1
    return marks, y


def _totals(document: Totalled, y: float) -> tuple[list[Mark], float]:
    texts, totals = TEXTS[document.language], document.totals
    rows = [("net", totals.net, BODY), ("vat_total", totals.vat, BODY), ("gross", totals.gross, TOTAL)]
    if totals.paid:
        rows += [("paid", -totals.paid, BODY), ("payable", totals.payable, TOTAL)]
    marks: list[Mark] = []
    for key, amount, style in rows:
        if style is TOTAL:
            marks.append(Rule(_TOTALS_X, y + 2, RIGHT - _TOTALS_X, 0.8, ACCENT))
            y += 4
        shown = money(amount, document.currency, document.language)
        marks.append(left(texts[key], _TOTALS_X, style, y))
        marks.append(fitted(shown, RIGHT, _SUM_ROOM, f"/totals/{key}", y, style))
        y += max(style.leading, _ROW)
    return marks, y


def reasons(document: Totalled) -> Iterator[Strip]:
    """The sentences for reverse charge, exemption and what lies outside VAT."""
    texts = TEXTS[document.language]
    sentences = [vat_text(code, document.language) for group in document.vat for code in group.texts]
    if any(group.category == "AE" for group in document.vat) and document.buyer.vat_number:
        sentences.append(texts["reverse_charged_to"].format(number=document.buyer.vat_number))
    for line in wrapped(" ".join(sentences), COLUMN, SMALL_BOLD):
        yield Strip(SMALL_BOLD.leading, (left(line, LEFT, SMALL_BOLD),))
    if sentences:
        yield Strip(3 * MM)


def _payment(document: InvoiceDocument) -> Strip:
    texts = TEXTS[document.language]
    x, y = LEFT + _INSIDE, _INSIDE * 0.8
    code = _code(document)
    room = COLUMN - 2 * _INSIDE - (_QR_SIDE + _INSIDE if code else 0)
    marks: list[Mark] = [left(texts["credit" if document.crediting else "payment"], x, BODY_BOLD, y)]
    y += BODY_BOLD.leading + 1
    for line in wrapped(_request(document), room, BODY):
        marks.append(left(line, x, BODY, y))
        y += BODY.leading
    y += 4
    for label, value in _details(document):
        marks.append(left(label, x, SMALL, y))
        for line in wrapped(value, room - _LABEL_ROOM, SMALL_INK) or [""]:
            marks.append(left(line, x + _LABEL_ROOM, SMALL_INK, y))
            y += SMALL_INK.leading
        y += 0.8
    tall = y + _INSIDE * 0.7
    if code:
        code_x, code_y, quiet = RIGHT - _INSIDE - _QR_SIDE, _INSIDE, _QR_SIDE / 11
        around = _QR_SIDE + 2 * quiet  # at least four modules of quiet zone, as the standard asks
        tall = max(tall, code_y + _QR_SIDE + quiet + LABEL.leading + 6)
        marks.append(Panel(code_x - quiet, code_y - quiet, around, around, PAPER))
        marks.append(Code(code_x, code_y, _QR_SIDE, code))
        marks.append(_centred(texts["scan"], code_x + _QR_SIDE / 2, code_y + _QR_SIDE + quiet + 2))
    return Strip(tall, (Panel(LEFT, 0, COLUMN, tall), *marks))


def _centred(text: str, middle: float, y: float) -> Mark:
    return left(text, middle - width(text, LABEL.font, LABEL.size) / 2, LABEL, y)


def _request(document: InvoiceDocument) -> str:
    texts, language, payable = TEXTS[document.language], document.language, document.totals.payable
    if document.crediting is not None:
        return _credited(document, document.crediting)
    if payable < 0:
        return texts["in_your_favour"].format(amount=money(-payable, document.currency, language))
    if payable == 0:
        statement = document.kind is DocumentKind.ZERO_STATEMENT
        return texts["nothing_to_pay_statement" if statement else "nothing_to_pay"]
    key = "pay_without_account"
    if document.payment.iban:
        key = "pay" if document.payment.terms_days else "pay_at_once"
    due = long_date(document.due_date, language) if document.due_date else f"[{texts['due_date'].lower()}]"
    return texts[key].format(amount=money(payable, document.currency, language), date=due)


def _credited(document: InvoiceDocument, crediting: Crediting) -> str:
    """What becomes of the amount of a credit note: known once it is issued."""
    texts = TEXTS[document.language]
    number = document.preceding.number if document.preceding else ""
    if crediting.closes is None or crediting.balance is None:
        return texts["credit_later"].format(number=number)
    parts = (("credit_closes", crediting.closes), ("credit_balance", crediting.balance))
    said = [
        texts[key].format(amount=money(amount, document.currency, document.language), number=number)
        for key, amount in parts
        if amount
    ]
    return " ".join(said) or texts["credit_nothing"].format(number=number)


def _details(document: InvoiceDocument) -> Iterator[tuple[str, str]]:
    """Label and value of what a transfer needs; nothing when there is nothing to pay."""
    texts, payment = TEXTS[document.language], document.payment
    if document.totals.payable <= 0 or document.crediting is not None:
        return
    if payment.iban:
        yield texts["account"], grouped(payment.iban)
        if payment.bic:
            yield texts["bic"], payment.bic
        yield texts["beneficiary"], document.seller.legal_name
    yield texts["reference"], grouped(payment.reference) if payment.reference else texts["not_issued"]
    yield texts["terms"], _terms(payment.terms_days, texts)


def _terms(days: int, texts: dict[str, str]) -> str:
    if days == 0:
        return texts["terms_none"]
    return texts["terms_day" if days == 1 else "terms_days"].format(days=days)


def _code(document: InvoiceDocument) -> str | None:
    """The payload of the QR code, where a SEPA transfer can carry the payment."""
    payment, payable = document.payment, document.totals.payable
    if document.currency != "EUR" or not payment.iban or not 0 < payable <= LARGEST_EPC_AMOUNT:
        return None
    if payment.reference is None:
        return None
    return epc_payload(
        name=document.seller.legal_name,
        iban=payment.iban,
        bic=payment.bic,
        amount=payable,
        reference=payment.reference,
    )
