"""What goes to a package and what comes back, as frozen values.

Money is ``Decimal`` with two places, dates are dates, instants are aware UTC, ids of the package are text (Moneybird's
are larger than 2^53: accounting-apis 2.2), cursors are opaque text that only the package that made them can read.

**Signs.** The amounts of a credit note have the signs of the invoice that it credits: 181.50 credited is 181.50. What
a package writes otherwise (Exact negative, Odoo positive with a type: accounting-apis 14.11) is turned by its
connector, both ways.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Final, Generic, Literal, TypeVar

VatCategory = Literal["S", "Z", "E", "AE", "O"]
"""EN 16931: standard or reduced, zero, exempt, reverse charge, outside the scope."""

CENT: Final = Decimal("0.01")
T = TypeVar("T")


def cents(amount: Decimal) -> Decimal:
    """Half-up to cents, as every package here rounds what it computes."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


class Kind(StrEnum):
    """What a document is."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


# --- what goes out --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; ``street`` holds the house number too, ``country`` is an ISO 3166-1 code of two letters."""

    street: str
    postal_code: str
    city: str
    country: str = "NL"


@dataclass(frozen=True, slots=True)
class Customer:
    """The customer that pays. ``code`` is our number for it, by which it is found again."""

    code: str
    name: str
    address: Address
    email: str | None = None
    vat_number: str | None = None
    kvk_number: str | None = None
    is_business: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One line. ``amount`` is without VAT and leads.

    ``vat_code``, ``ledger_account`` and ``cost_centre`` are ids there. ``quantity`` and ``unit_price`` are what the
    document prints; see :meth:`priced` before sending them.
    """

    description: str
    amount: Decimal
    vat_code: str
    vat_category: VatCategory
    vat_rate: Decimal
    ledger_account: str
    quantity: Decimal = Decimal(1)
    unit_price: Decimal | None = None
    cost_centre: str | None = None

    def priced(self) -> tuple[Decimal, Decimal]:
        """Quantity and price for a package that multiplies them itself: 1 × the amount where the product differs.

        50 minutes at 95.00 an hour are 79.17, but 0.83 × 95.00 is 78.85.
        """
        price = self.amount if self.unit_price is None else self.unit_price
        return (self.quantity, price) if cents(self.quantity * price) == self.amount else (Decimal(1), self.amount)


@dataclass(frozen=True, slots=True)
class VatGroup:
    """The VAT of one code: ``tax`` on ``taxable``, the sum of its lines, as our document prints it."""

    code: str
    taxable: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Rounding:
    """Where a rounding difference is booked: the ids there of a ledger account and of a VAT code without VAT."""

    ledger_account: str
    vat_code: str
    description: str


@dataclass(frozen=True, slots=True)
class Document:
    """An issued invoice or credit note. ``customer`` and ``journal`` are ids there.

    ``reference`` is what a payer quotes. ``credits`` is the id there of the invoice that a credit note credits and
    ``credits_number`` our number of it. ``rounding`` is needed only where the package computes the VAT itself.
    """

    kind: Kind
    number: str
    customer: str
    issue_date: date
    due_date: date
    currency: str
    lines: tuple[Line, ...]
    vat: tuple[VatGroup, ...]
    net: Decimal
    tax: Decimal
    total: Decimal
    reference: str
    journal: str | None = None
    description: str = ""
    credits: str | None = None
    credits_number: str | None = None
    rounding: Rounding | None = None


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that belongs to a document, normally its PDF."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Payment:
    """A receipt of ours for one document, to be booked there. ``method`` is the id there of a payment method.

    ``number`` is our identification of the receipt; it is written there, so that the payment can be looked up.
    """

    number: str
    document: str
    paid_on: date
    amount: Decimal
    currency: str
    method: str
    description: str = ""


# --- what comes back ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Company:
    """Whose books the sign-in reaches: shown to the person who connects, and compared at every check."""

    id: str
    name: str
    currency: str | None = None
    vat_number: str | None = None
    kvk_number: str | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a list that a person maps to. ``rate`` (a percentage) and ``category`` belong to VAT codes only."""

    id: str
    code: str
    name: str
    active: bool = True
    rate: Decimal | None = None
    category: VatCategory | None = None


@dataclass(frozen=True, slots=True)
class Lists:
    """Everything a mapping may point to. A list that the package does not have is empty."""

    vat_codes: tuple[Choice, ...]
    ledger_accounts: tuple[Choice, ...]
    journals: tuple[Choice, ...] = ()
    cost_centres: tuple[Choice, ...] = ()
    payment_methods: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class RemoteCustomer:
    """A customer as it stands there. ``code`` is what stands where our code goes, if anything does."""

    id: str
    name: str
    code: str | None = None
    vat_number: str | None = None
    kvk_number: str | None = None
    postal_code: str | None = None
    email: str | None = None


class State(StrEnum):
    """Where a document stands there."""

    DRAFT = "draft"
    """It is there, but does not count in the books yet."""
    BOOKED = "booked"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RemoteDocument:
    """A document as it stands there, read back.

    ``number`` is ours, as the package keeps it; ``None`` where it has none. ``issue_date`` is the date it counts in the
    books (Odoo moves it past a lock date: accounting-apis 11.4). ``attachments`` are file names, ``None`` where the
    package does not tell; ``vat`` likewise. ``own_number`` is the package's number.
    """

    id: str
    kind: Kind
    number: str | None
    state: State
    issue_date: date
    due_date: date | None
    currency: str
    net: Decimal
    tax: Decimal
    total: Decimal
    open: Decimal | None = None
    customer: str | None = None
    vat: tuple[VatGroup, ...] | None = None
    attachments: tuple[str, ...] | None = None
    credits: str | None = None
    own_number: str | None = None


class Outcome(StrEnum):
    """What a search came to. Only ``NONE`` allows to create, and only after the settle time."""

    NONE = "none"
    ONE = "one"
    SEVERAL = "several"
    CANNOT_SEARCH = "cannot_search"


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """The answer to a search by our number or code. ``several`` is never resolved here: a person decides."""

    items: tuple[T, ...] = ()
    searched: bool = True

    @property
    def outcome(self) -> Outcome:
        """Which of the four answers this is."""
        if not self.searched:
            return Outcome.CANNOT_SEARCH
        return (Outcome.NONE, Outcome.ONE)[len(self.items)] if len(self.items) < 2 else Outcome.SEVERAL


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Part of a list. ``next`` is the cursor of the following part, ``None`` at the end: only then it is complete."""

    items: tuple[T, ...]
    next: str | None = None


def everything(fetch: Callable[[str | None], Page[T]]) -> Iterator[T]:
    """All items of a list, page by page. Whoever stops halfway, or gets an error, has no complete list."""
    page = fetch(None)
    yield from page.items
    while page.next is not None:
        page = fetch(page.next)
        yield from page.items


@dataclass(frozen=True, slots=True)
class PaymentFact:
    """A payment as it stands there. ``id`` is the same however often it is told; a reversal is negative.

    ``document`` is the id there of what it settles, ``None`` where it is matched to nothing; then ``reference`` (what
    the payer wrote) and ``iban`` are all there is to match it by. ``undone`` is the id of the payment that it reverses,
    or its own id where the package tells that a payment was removed (its amount then takes back what was paid).
    ``number`` is our own number of a payment that we pushed.

    Exact (accounting-apis 1.6) tells a removal without an amount: it is 0.00 then, and takes back everything that was
    told under this id; of an id that was never told it says nothing. There a payment may also come again with another
    document or amount, when it was matched, or matched in parts, since: what was told last is what stands there.
    """

    id: str
    amount: Decimal
    paid_on: date
    currency: str
    document: str | None = None
    document_number: str | None = None
    customer: str | None = None
    reference: str | None = None
    iban: str | None = None
    undone: str | None = None
    number: str | None = None


@dataclass(frozen=True, slots=True)
class OpenItem:
    """What is still open of one booked document, at the moment of reading; 0.00 once it is settled."""

    document: str
    kind: Kind
    number: str | None
    total: Decimal
    open: Decimal
    currency: str
    issue_date: date
    due_date: date | None = None
    customer: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentsPage:
    """News since a cursor. Some packages tell payments, some only what is open now, some both.

    ``cursor`` is what to ask with next time, also at the end; ``more`` says that asking at once gives more. A cursor
    overlaps on purpose: the same fact comes again, with the same id.
    """

    payments: tuple[PaymentFact, ...]
    open_items: tuple[OpenItem, ...]
    cursor: str
    more: bool = False


class Subject(StrEnum):
    """What a hint is about."""

    DOCUMENT = "document"
    PAYMENT = "payment"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Hint:
    """What a webhook says has changed. Never a fact: the record is fetched (accounting-apis 14.12).

    ``id`` is the id there where the hook gives one; ``delivery`` tells one delivery from its repetitions.
    """

    subject: Subject
    id: str | None = None
    delivery: str | None = None
    at: datetime | None = None
