"""The gap-and-chain report: proves per number series and book year that the books are complete.

Documents are read page by page in the order of their book years and counters, each page in a short transaction of its
own, together with the series' row in one statement: what is issued meanwhile is seen whole or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

import orjson
from sqlalchemy import Table, Text, and_, cast, func, or_, select
from sqlalchemy.orm import Session

from billing_service import jobs
from billing_service.auditing.pdfs import hashed
from billing_service.core.completeness import (
    Break,
    CompletenessReport,
    Numbered,
    ProvenSeries,
    SeriesProof,
    SeriesRow,
    Year,
)
from billing_service.core.frozen import Reader, reader, to_plain
from billing_service.errors import Conflict, FieldError, InvalidInput, NotFound
from billing_service.jobs import RunningJob
from billing_service.parties.selling import seller_of
from billing_service.store.administrations import Administration, BookYear, Series
from billing_service.store.invoices import Invoice, InvoicePdf
from billing_service.store.scope import Scope
from billing_service.store.work import Job

SERIES_REPORT: Final = "series_report"
PAGE: Final = 1000
"""Documents read in one transaction."""

_INVOICES: Final[Table] = Invoice.metadata.tables["invoices"]
_I = _INVOICES.c
_NAMES: Final = (
    *("id", "number", "period", "sequence", "kind", "issue_date", "due_date", "payment_reference", "currency"),
    *("net", "vat", "gross", "document", "digest", "previous_digest", "issued_at"),
)
_KNOWN: Final = (
    *("code", "document_type", "pattern", "per_book_year", "next_number", "counter_period"),
    *("last_issue_date", "last_number", "last_digest", "cut_over_number"),
)
_ROW: Final[tuple[Any, ...]] = (
    *(getattr(Series, name) for name in (*_KNOWN, "blocked_at")),
    cast(Series.jumps, Text).label("jumps_as_text"),
)


class Proving:
    """The proof of one series, in all book years or in the one called ``book_year``; ``step`` by ``step``."""

    def __init__(
        self,
        administration_id: UUID,
        series_id: UUID,
        book_year: str | None = None,
        tell: Callable[[Break], None] | None = None,
    ) -> None:
        self._key = administration_id
        self._series_id = series_id
        self._book_year = book_year
        self._tell = tell
        self._proof: SeriesProof | None = None
        self._row: SeriesRow | None = None
        self._year: Year | None = None
        self._periods: list[str] = []
        self._period: str | None = None
        self._done: set[str] = set()
        self._after = 0
        self._pdfs = 0

    @property
    def documents(self) -> int:
        return self._proof.documents if self._proof else 0

    def step(self, session: Session) -> bool:
        """Look at the next page. False once everything was."""
        proof = self._proof or self._begin(session)
        if self._period is None:
            self._period, self._after = self._next_period(session), 0
            if self._period is None:
                self._end(session, proof)
                return False
        rows = session.execute(self._page(self._period)).all()
        self._row = _series_row(rows[0])
        found = [document for row in rows if (document := _numbered(row)) is not None]
        for document in found:
            proof.take(document)
        self._check_pdfs(session, proof, found)
        if len(found) == PAGE:
            self._after = found[-1].sequence
        else:
            self._done.add(self._period)
            self._period = None
        return True

    def result(self) -> ProvenSeries:
        assert self._proof is not None  # noqa: S101 - somebody stepped
        return replace(self._proof.result(), pdfs=self._pdfs)

    def _check_pdfs(self, session: Session, proof: SeriesProof, documents: Sequence[Numbered]) -> None:
        """Hold the stored PDFs of these documents against the hash stored with them."""
        numbers = {UUID(document.id): document.number for document in documents}
        mine = (InvoicePdf.administration_id == self._key, InvoicePdf.invoice_id.in_(numbers))
        for document_id, stored, found in hashed(session, *mine):
            self._pdfs += 1
            if found != stored:
                proof.report(Break("pdf_changed", numbers[document_id], str(document_id)))

    def _begin(self, session: Session) -> SeriesProof:
        years = _years(session, self._key)
        mine = and_(Series.administration_id == self._key, Series.id == self._series_id)
        self._row = _series_row(session.execute(select(*_ROW).where(mine)).one())
        if self._book_year is not None:
            self._year = next((year for year in years if year.label == self._book_year), None)
            if self._year is None:
                detail = f"There is no book year {self._book_year}."
                raise InvalidInput(detail, errors=[FieldError("/book_year", detail)])
        self._proof = SeriesProof(self._row, years, self._before(session, years), self._tell)
        return self._proof

    def _issued(self) -> tuple[Any, ...]:
        return (
            _I.administration_id == self._key,
            _I.series_id == self._series_id,
            _I.state == "issued",
        )

    def _next_period(self, session: Session) -> str | None:
        """The oldest book year that was not looked at; series that count on know one period, without a name.

        Once all are done it looks again: the first document of a new year may have come meanwhile.
        """
        if not self._periods:
            query = select(_I.period).where(*self._issued(), _I.period.is_not(None), _I.period.not_in(self._done))
            found = session.scalars(query.distinct()).all()
            if self._year is not None and self._row is not None and self._row.per_book_year:
                found = [label for label in found if label == self._book_year]
            self._periods = self._in_order(session, found)
        return self._periods.pop(0) if self._periods else None

    def _in_order(self, session: Session, labels: Sequence[str]) -> list[str]:
        begins = {year.label: year.starts_on for year in _years(session, self._key)}
        if len(labels) > 1:
            for label in set(labels) - begins.keys():  # of a book year that is gone
                first = select(func.min(_I.issue_date)).where(*self._issued(), _I.period == label)
                begins[label] = session.execute(first).scalar_one()
            labels = sorted(labels, key=begins.__getitem__)
        return list(labels)

    def _page(self, period: str) -> Any:
        here = and_(*self._issued(), _I.period == period, _I.sequence > self._after, *self._within())
        return (
            select(*_ROW, *(_I[name].label(f"of_{name}") for name in _NAMES))
            .select_from(Series)
            .outerjoin(_INVOICES, here)
            .where(Series.administration_id == self._key, Series.id == self._series_id)
            .order_by(_I.sequence)
            .limit(PAGE)
        )

    def _within(self) -> tuple[Any, ...]:
        """Of a series that counts on, the documents dated in the chosen book year."""
        if self._year is None or (self._row is not None and self._row.per_book_year):
            return ()
        return _I.issue_date >= self._year.starts_on, _I.issue_date <= self._year.ends_on

    def _before(self, session: Session, years: Sequence[Year]) -> Numbered | None:
        """The document before the chosen book year."""
        if self._year is None or self._row is None:
            return None
        first = self._year.starts_on
        query = select(*(_I[name].label(f"of_{name}") for name in _NAMES)).where(*self._issued()).limit(1)
        if not self._row.per_book_year:
            row = session.execute(query.where(_I.issue_date < first).order_by(_I.sequence.desc())).one_or_none()
            return _numbered(row) if row else None
        for year in sorted((year for year in years if year.starts_on < first), key=_starts, reverse=True):
            newest = query.where(_I.period == year.label).order_by(_I.sequence.desc())
            if row := session.execute(newest).one_or_none():
                return _numbered(row)
        return None

    def _end(self, session: Session, proof: SeriesProof) -> None:
        nowhere = select(_I.id, _I.number).where(
            *self._issued(), or_(_I.period.is_(None), _I.sequence.is_(None), _I.number.is_(None))
        )
        lost = [(str(row.id), row.number) for row in session.execute(nowhere.limit(PAGE))]
        row = self._row
        whole = self._year is None or (row is not None and row.counter_period in ("", self._book_year))
        proof.end(row if whole else None, lost)


def _starts(year: Year) -> Any:
    return year.starts_on


def _years(session: Session, key: UUID) -> list[Year]:
    rows = session.execute(
        select(BookYear.label, BookYear.starts_on, BookYear.ends_on).where(BookYear.administration_id == key)
    )
    return [Year(*row) for row in rows]


def _series_row(row: Any) -> SeriesRow:
    known: dict[str, Any] = {name: getattr(row, name) for name in _KNOWN}
    return SeriesRow(**known, blocked=row.blocked_at is not None, jumps=orjson.loads(row.jumps_as_text))


def _numbered(row: Any) -> Numbered | None:
    """The document of a row; None for a series without documents, and for one that has no number (told at the end)."""
    if row.of_id is None or row.of_number is None:
        return None
    values = {name: getattr(row, f"of_{name}") for name in _NAMES}
    return Numbered(**(values | {"id": str(values["id"])}))


# --- reports --------------------------------------------------------------------------------------------------------


class Reporting:
    """A report over the series chosen (all where ``series_id`` is None), ``step`` by ``step``.

    ``tell`` hears of every break at once, with the code of its series.

    Raises:
        NotFound: no such series.
        InvalidInput: no such book year.
    """

    def __init__(
        self,
        scope: Scope,
        series_id: UUID | None = None,
        book_year: str | None = None,
        tell: Callable[[str, Break], None] | None = None,
    ) -> None:
        self._book_year = book_year
        self._scope_day = scope.today
        self._proven: list[ProvenSeries] = []
        key = scope.administration_id
        administration = scope.session.execute(select(Administration).where(Administration.id == key)).scalar_one()
        self._seller, self._currency = seller_of(administration), administration.currency
        query = (
            select(Series.id, Series.code)
            .where(Series.administration_id == key)
            .order_by(Series.document_type.desc(), Series.code)
        )
        chosen = scope.session.execute(query if series_id is None else query.where(Series.id == series_id)).all()
        if series_id is not None and not chosen:
            raise NotFound("There is no such number series.")
        years = [year.label for year in _years(scope.session, key)]
        if book_year is not None and book_year not in years:
            detail = f"There is no book year {book_year}."
            raise InvalidInput(detail, errors=[FieldError("/book_year", detail)])
        self.total = _count(scope.session, key, [row.id for row in chosen])
        self._waiting = [Proving(key, row.id, book_year, tell and _telling(tell, row.code)) for row in chosen]

    @property
    def done(self) -> int:
        waiting = self._waiting[0].documents if self._waiting else 0
        return sum(series.documents for series in self._proven) + waiting

    def step(self, session: Session) -> bool:
        """Look at the next page. False once everything was."""
        if self._waiting and not self._waiting[0].step(session):
            self._proven.append(self._waiting.pop(0).result())
        return bool(self._waiting)

    def result(self) -> CompletenessReport:
        return CompletenessReport(self._seller, self._currency, self._scope_day, self._book_year, tuple(self._proven))


def _telling(tell: Callable[[str, Break], None], code: str) -> Callable[[Break], None]:
    return lambda found: tell(code, found)


def _count(session: Session, key: UUID, series: Sequence[UUID]) -> int:
    query = select(func.count()).select_from(_INVOICES)
    mine = (_I.administration_id == key, _I.series_id.in_(series), _I.state == "issued")
    return session.execute(query.where(*mine)).scalar_one()


def start_report(scope: Scope, series_id: UUID | None = None, book_year: str | None = None) -> Job:
    """Ask for a report; its result is read with ``report_of``. Raises as ``Reporting``."""
    Reporting(scope, series_id, book_year)
    return jobs.start(scope, SERIES_REPORT, options={"series_id": series_id, "book_year": book_year})


@jobs.runs(SERIES_REPORT)
def make_report(job: RunningJob) -> Mapping[str, Any]:
    """Page by page; what was looked at before the worker died is looked at again."""
    chosen = job.options.get("series_id")
    series_id = UUID(chosen) if chosen else None
    reporting: Reporting | None = None
    more = True
    while more:
        with job.reading() as scope:
            reporting = reporting or Reporting(scope, series_id, job.options.get("book_year"))
            more = reporting.step(scope.session)
        with job.scope() as scope:
            job.progress(scope, reporting.done, reporting.total)
    assert reporting is not None  # noqa: S101 - the loop runs at least once
    return to_plain(reporting.result())


def report_of(scope: Scope, job_id: UUID) -> CompletenessReport:
    """The report that a job made.

    Raises:
        NotFound: no such report.
        Conflict: it is not ready.
    """
    job = jobs.get(scope, job_id)
    if job.kind != SERIES_REPORT:
        raise NotFound(f"There is no series report {job_id}.")
    if job.state != "done":
        raise Conflict(f"The report is not ready: its job is {job.state}.", code="report_not_ready")
    return _READ(job.result)


_READ: Final[Reader[CompletenessReport]] = reader(CompletenessReport)
