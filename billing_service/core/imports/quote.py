"""The quote of a member-file import, as a frozen value: everything the customer says yes or no to.

The quote is stored as plain values with a digest; the PDF is made of it (``documents.pdf.render_quote``). Reasons,
skipped columns and the sentences of the policy are already worded in the language of the quote: they are what the
customer accepts, so they do not change when the wording does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from billing_service.core.document import Buyer, Seller, Totals, VatGroup
from billing_service.core.formats import LANGUAGES
from billing_service.core.frozen import canonical, reader
from billing_service.core.frozen import to_plain as _plain
from billing_service.core.money import ZERO, amount, vat_amount
from billing_service.core.vat import VatDecision
from billing_service.errors import FieldError, InvalidInput

FORMAT = 1
"""Version of the stored form."""


class QuotePurpose(StrEnum):
    """What the price is for."""

    IMPORT = "import"
    """the import itself"""
    NEW_STRUCTURE = "new_structure"
    """a file built differently from all that were delivered before, in a project that runs"""


@dataclass(frozen=True, slots=True)
class QuotedFile:
    """One file of the delivery. ``columns`` counts as the policy counts; ``titles`` are the titled columns in their
    order, none where the facts were stated without a file; ``skipped`` names each column that is not imported and why.
    """

    name: str
    columns: int
    titles: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuoteDocument:
    """A whole quote. Amounts have two places in ``currency``; ``totals.net`` is the price without VAT.

    ``valid_until`` is the last day on which it can be accepted. ``reasons`` say why the import is not free.
    ``moments`` and ``feedback_rounds`` are what the price includes. ``further_moment`` and ``new_structure`` are the
    prices (without VAT) of what may follow; ``None`` is what would need a quote of its own. ``policy`` is the label of
    the import policy, ``policy_sentences`` all it says.
    """

    number: str
    purpose: QuotePurpose
    project: str
    language: str
    currency: str
    seller: Seller
    buyer: Buyer
    quoted_on: date
    valid_until: date
    files: tuple[QuotedFile, ...]
    one_dimensional: bool
    website: bool
    reasons: tuple[str, ...]
    vat: tuple[VatGroup, ...]
    totals: Totals
    moments: int
    feedback_rounds: int
    further_moment: Decimal | None
    new_structure: Decimal | None
    policy: str
    policy_sentences: tuple[str, ...]
    project_name: str | None = None
    note: str | None = None


def make_quote(
    *,
    number: str,
    purpose: QuotePurpose | str,
    project: str,
    language: str,
    currency: str,
    seller: Seller,
    buyer: Buyer,
    quoted_on: date,
    valid_until: date,
    files: Sequence[QuotedFile],
    one_dimensional: bool,
    website: bool,
    reasons: Sequence[str],
    price: Decimal,
    vat: VatDecision,
    moments: int,
    feedback_rounds: int,
    further_moment: Decimal | None,
    new_structure: Decimal | None,
    policy: str,
    policy_sentences: Sequence[str],
    project_name: str | None = None,
    note: str | None = None,
) -> QuoteDocument:
    """The quote for ``price`` (without VAT, in cents) with its VAT worked out: half-up, on the whole price.

    ``vat`` is ``core.vat.decide_vat`` on the day of the quote. Raises InvalidInput naming every field that cannot be.
    """
    net = amount(price, "/price")
    rate = None if vat.category == "O" else amount(vat.rate)
    tax = vat_amount(net, rate) if rate else ZERO
    quote = QuoteDocument(
        number=number,
        purpose=QuotePurpose(purpose),
        project=project,
        language=language,
        currency=currency,
        seller=seller,
        buyer=buyer,
        quoted_on=quoted_on,
        valid_until=valid_until,
        files=tuple(files),
        one_dimensional=one_dimensional,
        website=website,
        reasons=tuple(reasons),
        vat=(VatGroup(vat.category, rate, net, tax, (vat.text_code,) if vat.text_code else ()),),
        totals=Totals(net=net, vat=tax, gross=net + tax, paid=ZERO),
        moments=moments,
        feedback_rounds=feedback_rounds,
        further_moment=None if further_moment is None else amount(further_moment, "/further_moment"),
        new_structure=None if new_structure is None else amount(new_structure, "/new_structure"),
        policy=policy,
        policy_sentences=tuple(policy_sentences),
        project_name=project_name,
        note=note,
    )
    if errors := list(_wrong(quote)):
        raise InvalidInput(f"This quote cannot be made: {errors[0].detail}", errors=errors)
    return quote


def _wrong(quote: QuoteDocument) -> Iterator[FieldError]:
    if quote.language not in LANGUAGES:
        yield FieldError("/language", f"A quote is written in {' or '.join(LANGUAGES)}.")
    if quote.totals.net <= ZERO:
        yield FieldError("/price", "A quote has a price above 0.00.")
    if quote.valid_until < quote.quoted_on:
        yield FieldError("/valid_until", "A quote is valid on the day it is made at the least.")
    if not quote.files:
        yield FieldError("/files", "A quote names at least one file.")
    if quote.moments < 1:
        yield FieldError("/moments", "A price includes at least one import moment.")
    for field, price in (("further_moment", quote.further_moment), ("new_structure", quote.new_structure)):
        if price is not None and price < ZERO:
            yield FieldError(f"/{field}", "A price is not negative.")


def to_plain(quote: QuoteDocument) -> dict[str, Any]:
    """The quote as JSON values, to be stored. Raises InvalidInput for text that is not Unicode."""
    return _plain(quote) | {"format": FORMAT}


def from_plain(tree: dict[str, Any]) -> QuoteDocument:
    """The quote that ``to_plain`` gave. Raises InvalidInput naming the field for anything else."""
    if tree.get("format") != FORMAT:
        raise InvalidInput(f"This is not a quote of format {FORMAT}.")
    return _READ({name: value for name, value in tree.items() if name != "format"})


def digest(quote: QuoteDocument) -> bytes:
    """SHA-256 (32 bytes) over the canonical JSON of ``to_plain``."""
    return hashlib.sha256(canonical(to_plain(quote))).digest()


_READ = reader(QuoteDocument)
