"""The proof over one series, document by document: what it needs does not grow with the number of documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, get_args

import orjson

from billing_service.core.calendar import business_date
from billing_service.core.completeness.value import Break, Jump, ProvenSeries, ProvenYear, VatTotal
from billing_service.core.document import digest
from billing_service.core.money import ZERO
from billing_service.core.numbering import parse_pattern
from billing_service.core.vat import VatCategory

_CATEGORIES: Final = frozenset(get_args(VatCategory))
KEPT: Final = 1000
"""Breaks kept in the result; all of them are counted, and told as they are found."""


@dataclass(frozen=True, slots=True)
class Year:
    """A book year, by its label."""

    label: str
    starts_on: date
    ends_on: date


@dataclass(frozen=True, slots=True)
class SeriesRow:
    """What the series says of itself. ``jumps`` have ``period``, ``from``, ``to``, ``first``, ``last``,
    ``confirmed_at`` and ``confirmed_by``."""

    code: str
    document_type: str
    pattern: str
    per_book_year: bool
    next_number: int
    counter_period: str
    last_issue_date: date | None
    last_number: str | None
    last_digest: str | None
    cut_over_number: int | None
    blocked: bool
    jumps: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A document as its row says it, with the stored value as text."""

    id: str
    number: str
    period: str
    sequence: int
    kind: str
    issue_date: date
    due_date: date | None
    payment_reference: str | None
    currency: str
    net: Decimal
    vat: Decimal
    gross: Decimal
    document: str
    digest: str
    previous_digest: str | None
    issued_at: datetime | None


@dataclass(slots=True)
class _YearSoFar:
    first: str
    last: str
    documents: int = 0
    sums: dict[tuple[str, Decimal | None], tuple[Decimal, Decimal]] = field(default_factory=dict)


class SeriesProof:
    """Fed the documents of a series in the order of its book years and counters (``take``), then ended with what the
    series says of itself (``end``).

    ``before`` is the document before the first one, when only later book years are looked at. ``tell`` hears of every
    break at once.
    """

    def __init__(
        self,
        row: SeriesRow,
        years: Sequence[Year],
        before: Numbered | None = None,
        tell: Callable[[Break], None] | None = None,
    ) -> None:
        self.documents = 0
        self._row = row
        self._pattern = parse_pattern(row.pattern)
        self._years = {year.label: year for year in years}
        self._in_order = sorted(years, key=lambda year: year.starts_on)
        self._tell = tell
        self._last = before
        self._period: str | None = before.period if before else None
        self._expected = before.sequence + 1 if before else row.cut_over_number or 1
        self._passed: list[Jump] = []
        self._found: dict[str, _YearSoFar] = {}
        self._breaks = 0
        self._kept: list[Break] = []

    def take(self, document: Numbered) -> None:
        """The next document."""
        if document.period != self._period:
            self._enter(document.period)
        label = self._label(document)
        self._check_number(document, label)
        self._check_dates(document)
        self._check_chain(document)
        self._add(document, label, self._check_value(document))
        self._last = document
        self.documents += 1

    def end(self, row: SeriesRow | None, without_place: Sequence[tuple[str, str | None]] = ()) -> None:
        """All documents were taken. ``row`` is what the series says now (None: later documents were not looked at),
        ``without_place`` id and number of its documents that have no book year or counter."""
        for document_id, number in without_place:
            self.report(Break("document_without_place", number, document_id))
        if row is None:
            return
        self._row = row
        if self._period is not None:
            self._pass_jumps()
        for jump in row.jumps:
            if jump["period"] != self._period and self._is_later(jump["period"]):
                self._enter(jump["period"])
                self._pass_jumps()
        gave = row.last_number is not None and row.next_number > 1 and row.counter_period != self._period
        if gave and self._is_later(row.counter_period):
            self._enter(row.counter_period)  # and none of the documents of that year is here any more
        self._check_row(row)

    def report(self, found: Break) -> None:
        """Count, keep and tell a break."""
        self._breaks += 1
        if len(self._kept) < KEPT:
            self._kept.append(found)
        if self._tell is not None:
            self._tell(found)

    def result(self) -> ProvenSeries:
        row, last = self._row, self._last
        cut_over = None
        if row.cut_over_number is not None:
            shown = next(iter(self._found), row.counter_period)
            cut_over = self._pattern.format(shown, row.cut_over_number)
        return ProvenSeries(
            code=row.code,
            document_type=row.document_type,
            pattern=row.pattern,
            per_book_year=row.per_book_year,
            documents=self.documents,
            blocked=row.blocked,
            cut_over=cut_over,
            jumps=tuple(self._passed),
            years=tuple(self._year(label, found) for label, found in self._found.items()),
            last_number=last.number if last else None,
            last_digest=last.digest if last else None,
            breaks=self._breaks,
            first_breaks=tuple(self._kept),
        )

    # --- numbers ---

    def _enter(self, period: str) -> None:
        """Count in another book year, after the jumps at the end of the one before."""
        if self._period is not None:
            self._pass_jumps()
            self._expected = 1
        self._period = period
        if self._row.per_book_year and period not in self._years:
            self.report(Break("book_year_unknown", found=period))

    def _pass_jumps(self, before: int | None = None) -> None:
        """Step over the recorded jumps from here to the counter ``before``, and name what is missing between them."""
        for jump in self._row.jumps:
            if jump["period"] != self._period or jump["from"] < self._expected:
                continue
            if before is not None and jump["from"] > before:
                break
            self._miss(self._expected, jump["from"] - 1)
            many = jump["to"] - jump["from"] + 1
            self._passed.append(Jump(jump["first"], jump["last"], many, jump["confirmed_at"], jump["confirmed_by"]))
            self._expected = jump["to"] + 1

    def _miss(self, first: int, last: int) -> None:
        if first <= last:
            label = (self._period or self._row.counter_period) if self._pattern.has_year else ""
            printed = [self._pattern.format(label, number) for number in (first, last)]
            code = "number_missing" if first == last else "numbers_missing"
            self.report(Break(code, expected=printed[0], found=printed[1]))

    def _check_number(self, document: Numbered, label: str) -> None:
        self._pass_jumps(document.sequence)
        if document.sequence < self._expected:
            jumped = any(
                jump["period"] == document.period and jump["from"] <= document.sequence <= jump["to"]
                for jump in self._row.jumps
            )
            code = "number_recorded_as_skipped" if jumped else "number_before_cut_over"
            self._on(document, code, expected=self._pattern.format(label, self._expected))
        else:
            self._miss(self._expected, document.sequence - 1)
            self._expected = document.sequence + 1
        form = self._pattern.format(label, document.sequence)
        if form != document.number:
            self._on(document, "number_form", expected=form)

    def _label(self, document: Numbered) -> str:
        """The book year that the number shows: the one counted in, else the one of the document's date."""
        if self._row.per_book_year:
            return document.period
        year = next((year for year in self._in_order if year.starts_on <= document.issue_date <= year.ends_on), None)
        if year is None:
            self._on(document, "book_year_unknown", found=str(document.issue_date))
        return year.label if year else ""

    # --- dates, chain, value ---

    def _check_dates(self, document: Numbered) -> None:
        day, last = document.issue_date, self._last
        if last is not None and day < last.issue_date:
            expected = f"{last.number} ({last.issue_date})"
            self._on(document, "date_runs_backwards", expected=expected, found=str(day))
        year = self._years.get(document.period)
        if year is not None and not year.starts_on <= day <= year.ends_on:
            self._on(document, "date_outside_book_year", expected=year.label, found=str(day))
        if document.issued_at is not None and day > (issued := business_date(document.issued_at)):
            self._on(document, "date_after_issue", expected=str(issued), found=str(day))

    def _check_chain(self, document: Numbered) -> None:
        previous = document.previous_digest
        before = self._last.digest if self._last else None
        if previous != before:
            self._on(document, "chain_broken", expected=self._last.number if self._last else None)
        try:
            chained = digest(document.document.encode(), bytes.fromhex(previous) if previous else None).hex()
        except ValueError:
            chained = ""
        if chained != document.digest:
            self._on(document, "document_changed")

    def _check_value(self, document: Numbered) -> Sequence[Mapping[str, Any]]:
        """Compare the stored value with the row; returns its VAT groups."""
        try:
            value = orjson.loads(document.document)
            groups = [(Decimal(group["taxable"]), Decimal(group["tax"]), _rate(group)) for group in value["vat"]]
            if not {group["category"] for group in value["vat"]} <= _CATEGORIES:
                raise ValueError("an unknown VAT category")
            said = _said(value)
        except (ValueError, KeyError, TypeError, ArithmeticError):
            self._on(document, "document_unreadable")
            return ()
        for name, here in _says(document, self._row.code):
            if said[name] != here:
                self._on(document, "row_differs", expected=f"{name} {said[name]}", found=f"{name} {here}")
        sums = (sum((one[0] for one in groups), ZERO), sum((one[1] for one in groups), ZERO))
        if sums != (Decimal(said["net"]), Decimal(said["vat"])):
            expected = f"{said['net']} + {said['vat']}"
            self._on(document, "totals_differ", expected=expected, found=f"{sums[0]} + {sums[1]}")
        vat: Sequence[Mapping[str, Any]] = value["vat"]
        return vat

    def _add(self, document: Numbered, label: str, groups: Sequence[Mapping[str, Any]]) -> None:
        found = self._found.setdefault(label, _YearSoFar(document.number, document.number))
        found.last = document.number
        found.documents += 1
        for group in groups:
            key = group["category"], _rate(group)
            taxable, tax = found.sums.get(key, (ZERO, ZERO))
            found.sums[key] = taxable + Decimal(group["taxable"]), tax + Decimal(group["tax"])

    # --- the series' own row ---

    def _check_row(self, row: SeriesRow) -> None:
        last = self._last
        jumped = last is None or self._expected > last.sequence + 1 or self._period != last.period
        number = self._passed[-1].last if self._passed and jumped else last.number if last else None
        if row.last_number is not None and (not row.per_book_year or row.counter_period == self._period):
            self._miss(self._expected, row.next_number - 1)
            self._expected = max(self._expected, row.next_number)
        for name, expected, found in (
            ("last_number", number, row.last_number),
            ("last_digest", last.digest if last else None, row.last_digest),
            ("next_number", self._expected, row.next_number),
        ):
            if expected != found:
                self._row_says(name, expected, found)
        day = last.issue_date if last else None
        later = row.last_issue_date is not None and (day is None or row.last_issue_date > day)
        if row.last_issue_date != day and not (later and jumped and self._passed):
            self._row_says("last_issue_date", day, row.last_issue_date)
        if row.per_book_year and self._period is not None and row.counter_period != self._period:
            self._row_says("counter_period", self._period, row.counter_period)

    def _row_says(self, name: str, expected: object, found: object) -> None:
        self.report(Break("series_differs", self._row.code, None, f"{name} {expected}", f"{name} {found}"))

    def _is_later(self, period: str) -> bool:
        year, now = self._years.get(period), self._years.get(self._period or "")
        return self._period is None or (year is not None and now is not None and year.starts_on > now.starts_on)

    def _on(self, document: Numbered, code: str, expected: str | None = None, found: str | None = None) -> None:
        self.report(Break(code, document.number, document.id, expected, found))

    def _year(self, label: str, found: _YearSoFar) -> ProvenYear:
        year = self._years.get(label)
        return ProvenYear(
            book_year=label,
            starts_on=year.starts_on if year else None,
            ends_on=year.ends_on if year else None,
            first=found.first,
            last=found.last,
            documents=found.documents,
            totals=tuple(_totals(found.sums)),
        )


def _totals(sums: Mapping[tuple[str, Decimal | None], tuple[Decimal, Decimal]]) -> Iterator[VatTotal]:
    """Highest rate first within a category."""
    for (category, rate), (taxable, tax) in sorted(sums.items(), key=lambda item: (item[0][0], -(item[0][1] or ZERO))):
        yield VatTotal(category, rate, taxable, tax)


def _rate(group: Mapping[str, Any]) -> Decimal | None:
    return None if group["rate"] is None else Decimal(group["rate"])


def _said(value: Mapping[str, Any]) -> dict[str, str]:
    """What the document itself says, in the words of its row."""
    totals = value["totals"]
    return {
        "number": str(value["number"]),
        "kind": str(value["kind"]),
        "series": str(value["series"]),
        "currency": str(value["currency"]),
        "issue_date": str(value["issue_date"]),
        "due_date": str(value["due_date"]),
        "payment_reference": str(value["payment"]["reference"]),
        **{name: str(totals[name]) for name in ("net", "vat", "gross")},
    }


def _says(document: Numbered, series: str) -> Iterator[tuple[str, str]]:
    yield "series", series
    for name in ("number", "kind", "currency", "issue_date", "due_date", "payment_reference", "net", "vat", "gross"):
        yield name, str(getattr(document, name))
