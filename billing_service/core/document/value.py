"""The nouns of a document, as frozen values.

Amounts are ``Decimal`` with exactly two places in the document's currency; unit prices have two to four places;
quantities and rates carry no trailing zeros. One way of writing each number makes equal documents equal bytes;
``check`` refuses any other way, and ``make_line`` and ``compose`` produce the right one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing_service.core.document.prepaid import PrepaidBalance


class DocumentKind(StrEnum):
    """What the document is. A payment document for hour cards becomes a member of its own."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    """Takes back part or all of one invoice. Its amounts have the signs of that invoice; nothing is to be paid."""
    ZERO_STATEMENT = "zero_statement"
    """Shows work that comes to nothing in every VAT group. It has a date and no number: nothing to pay or declare."""


class Basis(StrEnum):
    """How a line says where its amount comes from."""

    QUANTITY = "quantity"
    """quantity × unit price"""
    TIME = "time"
    """minutes × hourly price / 60, printed as h:mm"""
    AMOUNT = "amount"
    """a plain amount, for instance a tier fee or a percentage"""


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. ``street`` holds the house number too; ``country`` is an ISO 3166-1 code of two letters."""

    street: str
    postal_code: str
    city: str
    country: str = "NL"


@dataclass(frozen=True, slots=True)
class Seller:
    """The administration as it stood when the document was made; ``None`` is what it does not have."""

    legal_name: str
    address: Address
    trade_name: str | None = None
    kvk_number: str | None = None
    vat_number: str | None = None
    iban: str | None = None
    bic: str | None = None
    email: str | None = None
    phone: str | None = None
    website: str | None = None


@dataclass(frozen=True, slots=True)
class Buyer:
    """The customer that pays. ``attention`` is the person or department the envelope is for."""

    name: str
    address: Address
    customer_number: str
    attention: str | None = None
    kvk_number: str | None = None
    vat_number: str | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``unit_price`` is per unit, or per hour where the basis is time.

    ``unit`` is a code of UN/ECE Recommendation 20 (``C62`` one, ``HUR`` hour, ``MON`` month). ``vat_category`` is the
    EN 16931 code (S Z E AE O); ``vat_rate`` a percentage, ``None`` outside the scope of VAT; ``vat_text`` the code of
    the sentence an exempt, reverse-charged or out-of-scope line needs. ``included`` says the contract covers the
    work: shown at 0.00 with its quantity or time.
    """

    number: int
    description: str
    basis: Basis
    amount: Decimal
    vat_category: str
    vat_rate: Decimal | None
    detail: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    minutes: int | None = None
    unit_price: Decimal | None = None
    vat_text: str | None = None
    revenue_group: str | None = None
    included: bool = False


@dataclass(frozen=True, slots=True)
class VatGroup:
    """VAT of one (category, rate): ``tax`` is rounded once, on ``taxable``, the sum of the group's lines."""

    category: str
    rate: Decimal | None
    taxable: Decimal
    tax: Decimal
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Totals:
    """``gross`` = ``net`` + ``vat``; ``paid`` was received before the document was made."""

    net: Decimal
    vat: Decimal
    gross: Decimal
    paid: Decimal

    @property
    def payable(self) -> Decimal:
        """What the buyer still has to pay."""
        return self.gross - self.paid


@dataclass(frozen=True, slots=True)
class Payment:
    """How to pay. ``reference`` is the ISO 11649 reference, without blanks, known once there is a number."""

    terms_days: int
    iban: str | None = None
    bic: str | None = None
    reference: str | None = None


@dataclass(frozen=True, slots=True)
class PrecedingDocument:
    """The document this one corrects or replaces."""

    number: str
    issue_date: date


@dataclass(frozen=True, slots=True)
class Crediting:
    """What a credit note says of itself: why it was made and, once issued, what becomes of its amount.

    ``closes`` lowers what is open of the invoice, ``balance`` is what the customer paid already and has to its credit;
    together they are the gross amount.
    """

    reason: str
    closes: Decimal | None = None
    balance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class AnnexEntry:
    """One question in the annex, with what became of it.

    ``disposition`` is the code of domain.md (charge, included, draw, waived, not_billable). Minutes are ``None``
    where there are none: no correction made, nothing billed by time. ``explanation`` is already worded in the
    language of the document.
    """

    question: str
    subject: str
    disposition: str
    amount: Decimal
    asker: str | None = None
    asked_on: date | None = None
    closed_on: date | None = None
    raw_minutes: int | None = None
    corrected_minutes: int | None = None
    billed_minutes: int | None = None
    explanation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """One fee of a member-file import in the annex: the project, what was done, the day it is charged on, and why.

    ``explanation`` is already worded in the language of the document and names the policy.
    """

    project: str
    description: str
    on: date
    amount: Decimal
    explanation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ItemEntry:
    """One charge in the annex that no question and no import tells about: what it is, its day, and why it costs this.

    ``source`` is the code of domain.md (card, block, consult, subscription).
    """

    source: str
    description: str
    on: date
    amount: Decimal
    explanation: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InvoiceDocument:
    """A whole document. ``number``, ``issue_date`` and ``due_date`` are ``None`` until it is issued; a zero statement
    then gets its ``issue_date`` only, a credit note its number and ``issue_date``. A credit note alone has
    ``crediting``, and names its invoice as ``preceding``.

    ``language`` is ``nl`` or ``en``; ``supply_from`` and ``supply_to`` bound the period of supply, both inclusive.
    ``buyer_reference`` is what the buyer wants to read (order number, cost centre). ``prepaid`` is how
    the contract's hour cards, blocks and allowances stand.
    """

    kind: DocumentKind
    language: str
    series: str
    currency: str
    seller: Seller
    buyer: Buyer
    supply_from: date
    supply_to: date
    lines: tuple[Line, ...]
    vat: tuple[VatGroup, ...]
    totals: Totals
    payment: Payment
    number: str | None = None
    issue_date: date | None = None
    due_date: date | None = None
    buyer_reference: str | None = None
    contract_reference: str | None = None
    contract_description: str | None = None
    preceding: PrecedingDocument | None = None
    annex: tuple[AnnexEntry, ...] = ()
    crediting: Crediting | None = None
    imports: tuple[ImportEntry, ...] = ()
    prepaid: tuple[PrepaidBalance, ...] = ()
    items: tuple[ItemEntry, ...] = ()
