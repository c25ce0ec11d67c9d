"""What a proof of completeness says, as frozen values: stored as JSON, drawn as PDF."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from billing_service.core.document import Seller


@dataclass(frozen=True, slots=True)
class Break:
    """Something that cannot be in complete books. ``code`` is one of ``sentences.BREAKS``.

    ``number`` and ``document_id`` name the document where there is one; ``expected`` and ``found`` are what the
    sentence tells.
    """

    code: str
    number: str | None = None
    document_id: str | None = None
    expected: str | None = None
    found: str | None = None


@dataclass(frozen=True, slots=True)
class Jump:
    """Numbers that were given after a backup that was restored: sent, but not in these books. No gap.

    ``confirmed_at`` is an instant (ISO 8601), ``confirmed_by`` an actor of the audit trail.
    """

    first: str
    last: str
    many: int
    confirmed_at: str
    confirmed_by: str


@dataclass(frozen=True, slots=True)
class VatTotal:
    """What the documents of a book year say in one VAT group; ``rate`` is None outside the scope of VAT."""

    category: str
    rate: Decimal | None
    taxable: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class ProvenYear:
    """The documents of one book year. ``starts_on`` and ``ends_on`` are None where no such book year is known."""

    book_year: str
    starts_on: date | None
    ends_on: date | None
    first: str
    last: str
    documents: int
    totals: tuple[VatTotal, ...]


@dataclass(frozen=True, slots=True)
class ProvenSeries:
    """One series. ``breaks`` counts all of them, ``first_breaks`` are those that are kept.

    ``cut_over`` is the first number where the series did not begin at 1; ``last_digest`` is that of the newest
    document: noted elsewhere it proves later that nothing before it was made anew. ``pdfs`` is how many stored PDFs
    were held against their hash.
    """

    code: str
    document_type: str
    pattern: str
    per_book_year: bool
    documents: int
    blocked: bool
    cut_over: str | None
    jumps: tuple[Jump, ...]
    years: tuple[ProvenYear, ...]
    last_number: str | None
    last_digest: str | None
    breaks: int
    first_breaks: tuple[Break, ...]
    pdfs: int = 0


@dataclass(frozen=True, slots=True)
class CompletenessReport:
    """The series of an administration, or one of them, in all book years or in one, as found on the day ``made_on``."""

    seller: Seller
    currency: str
    made_on: date
    book_year: str | None
    series: tuple[ProvenSeries, ...]

    @property
    def breaks(self) -> int:
        return sum(series.breaks for series in self.series)
