"""Issuing: number, frozen value, chained digest, outbox and audit rows, in one transaction under the series lock.

The order within it matters: first the documents are locked and verified, then the series' row, and only then is the
date read, so that nobody who waited for the lock comes with a date from before it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import and_, bindparam, select, update

from billing_service.core.document import digest, issue_json
from billing_service.core.money import ZERO
from billing_service.core.numbering import NumberPattern, parse_pattern
from billing_service.errors import BillingError, Conflict, IssueRefused
from billing_service.invoicing.announcing import announce
from billing_service.invoicing.reading import get_invoice
from billing_service.receivables import close_with_credit, standings
from billing_service.store import audit, bulk, outbox
from billing_service.store.administrations import BookYear, Series
from billing_service.store.audit import AuditRow
from billing_service.store.base import Base
from billing_service.store.invoices import Invoice
from billing_service.store.pipeline import pipelined
from billing_service.store.scope import Scope
from billing_service.store.work import OutboxRow

RENDER_PDF = "render_pdf"
BATCH = 100
"""Documents issued in one transaction at most: others of the series wait that long."""

_INVOICES = Base.metadata.tables["invoices"]
_CHARGES = Base.metadata.tables["charges"]
_SERIES = Base.metadata.tables["series"]


@dataclass(frozen=True, slots=True)
class Refused:
    """A document that stays released, and why."""

    invoice_id: UUID
    error: BillingError


@dataclass(frozen=True, slots=True)
class Batch:
    """What became of a batch. Documents that were issued before are in neither list."""

    issued: tuple[Issued, ...]
    refused: tuple[Refused, ...]


@dataclass(frozen=True, slots=True)
class Issued:
    """An issued document; a zero statement has no ``number``."""

    id: UUID
    number: str | None
    issue_date: date | None


def issue_invoice(scope: Scope, invoice_id: UUID, issue_date: date | None = None) -> Issued:
    """Issue one released document, today or on an earlier ``issue_date``. One that is issued comes back as it is.

    Raises:
        IssueRefused: the date or the series forbids it, or the stored document is damaged.
        Conflict: it was withdrawn.
        NotFound: no such document.
    """
    batch = issue_batch(scope, [invoice_id], issue_date)
    for refused in batch.refused:
        raise refused.error
    for issued in batch.issued:
        return issued
    row = get_invoice(scope, invoice_id)
    if row.state != "issued":
        raise Conflict(f"This document is {row.state}; only a released one can be issued.")
    return Issued(row.id, row.number, row.issue_date)


def issue_batch(scope: Scope, invoice_ids: Collection[UUID], issue_date: date | None = None) -> Batch:
    """Issue those of the documents that are released, in the order of their ids.

    A document that cannot be issued is refused by itself and uses no number.

    Raises:
        IssueRefused: the date or the series forbids it for all of them; nothing is issued.
    """
    issued: list[dict[str, Any]] = []
    moves: list[dict[str, Any]] = []
    refused: list[Refused] = []
    sound = list(_verified(_lock_released(scope, invoice_ids), refused))
    closings = _closings(scope, [row for row in sound if row.credits_invoice_id is not None])
    for series_id, documents in groupby(sorted(sound, key=_by_series), key=attrgetter("series_id")):
        if series_id is None:
            scope = scope.at_this_moment()
            issued += _date_statements(scope, list(documents), issue_date, refused)
        else:
            scope, counter = _enter_series(scope, series_id, issue_date)
            numbered = _number(scope, counter, list(documents), refused, closings)
            issued += numbered
            moves += [_move(scope, series_id, counter)] if numbered else []
    if issued:
        _write(scope, issued, moves)
    numbers = {values["of_invoice"] for values in issued}
    for row in (row for row in sound if row.id in closings and row.id in numbers):
        close_with_credit(scope, row.id, row.customer_id, row.credits_invoice_id, closings[row.id])
    announce(scope, issued, {row.id: row for row in sound})
    done = [Issued(values["of_invoice"], values["number"], values["issue_date"]) for values in issued]
    return Batch(tuple(done), tuple(refused))


def _by_series(row: Any) -> tuple[str, UUID]:
    return str(row.series_id or ""), row.id


_RELEASED = (
    select(Invoice.id, Invoice.series_id, Invoice.document, Invoice.digest)
    .add_columns(Invoice.credits_invoice_id, Invoice.customer_id, Invoice.gross)
    .where(
        Invoice.administration_id == bindparam("of_administration"),
        Invoice.id.in_(bindparam("ids", expanding=True)),
        Invoice.state == "released",
    )
    .order_by(Invoice.id)
    .with_for_update()
)


def _lock_released(scope: Scope, invoice_ids: Collection[UUID]) -> Sequence[Any]:
    values = {"of_administration": scope.administration_id, "ids": list(invoice_ids)}
    return scope.session.connection().execute(_RELEASED, values).all()


def _verified(rows: Iterable[Any], refused: list[Refused]) -> Iterable[Any]:
    """Those whose stored value is still the one that was checked, to the cent and the letter, at release."""
    for row in rows:
        if digest(row.document.encode()).hex() == row.digest:
            yield row
        else:
            sentence = "The stored document is not the one that was released; withdraw it and release it again."
            refused.append(Refused(row.id, IssueRefused(sentence, code="document_damaged")))


def _closings(scope: Scope, credit_notes: Sequence[Any]) -> dict[UUID, Decimal]:
    """By how much each credit note lowers what is open of its invoice; the invoices stay locked, so that it holds."""
    if not credit_notes:
        return {}
    credited = {row.credits_invoice_id for row in credit_notes}
    for invoice_id in sorted(credited):
        get_invoice(scope, invoice_id, lock=True)
    found = standings(scope, credited)
    if any(one.written_off for one in found.values()):
        sentence = "Something of the invoice was written off meanwhile: undo that first, else it would count twice."
        raise IssueRefused(sentence, code="written_off")
    return {row.id: max(ZERO, min(row.gross, found[row.credits_invoice_id].open)) for row in credit_notes}


@dataclass(slots=True)
class _Counter:
    """A locked series: what its next number is and what it is chained to."""

    pattern: NumberPattern
    day: date
    per_book_year: bool
    next_number: int
    counter_period: str
    last_issue_date: date | None
    last_number: str | None
    last_digest: str | None
    blocked_at: datetime | None
    year: str | None

    def enter(self, year: str) -> None:
        """Count in this book year: from 1 when the series starts again each year and the year is new."""
        if self.per_book_year and self.counter_period not in ("", year):
            self.next_number = 1
        self.counter_period = year


_LOCK_SERIES = (
    select(
        Series.pattern,
        Series.per_book_year,
        Series.next_number,
        Series.counter_period,
        Series.last_issue_date,
        Series.last_number,
        Series.last_digest,
        Series.blocked_at,
        select(BookYear.label)
        .where(
            BookYear.administration_id == Series.administration_id,
            and_(BookYear.starts_on <= bindparam("day"), BookYear.ends_on >= bindparam("day")),
        )
        .scalar_subquery()
        .label("year"),
    )
    .where(Series.administration_id == bindparam("of_administration"), Series.id == bindparam("of_series"))
    .with_for_update()
)


def _lock_series(scope: Scope, series_id: UUID, day: date) -> _Counter:
    values = {"of_administration": scope.administration_id, "of_series": series_id, "day": day}
    row = scope.session.connection().execute(_LOCK_SERIES, values).one()
    pattern, *known = row
    return _Counter(_parsed(pattern), day, *known)


_parsed = lru_cache(maxsize=256)(parse_pattern)


def _enter_series(scope: Scope, series_id: UUID, issue_date: date | None) -> tuple[Scope, _Counter]:
    """Lock the series, then read the clock: the scope of that moment, and the counter in the book year of its date."""
    expected = issue_date or scope.today
    counter = _lock_series(scope, series_id, expected)
    scope = scope.at_this_moment()
    day = issue_date or scope.today
    if day != expected:  # midnight passed while we waited
        counter = _lock_series(scope, series_id, day)
    counter.enter(_book_year(counter, scope.today))
    return scope, counter


def _book_year(counter: _Counter, today: date) -> str:
    """The label of the book year of the counter's day, once the series may be used on it."""
    day = counter.day
    if counter.blocked_at is not None:
        sentence = "This series is blocked since its database was restored; confirm the last number really sent first."
        raise IssueRefused(sentence, code="series_blocked")
    if day > today:
        raise IssueRefused(f"The invoice date {day} lies in the future; today is {today}.", code="issue_date_in_future")
    if counter.last_issue_date is not None and day < counter.last_issue_date:
        sentence = f"{counter.last_number} was issued on {counter.last_issue_date}; an earlier date, {day}, is refused."
        raise IssueRefused(sentence, code="issue_date_runs_backwards")
    if counter.year is None:
        raise IssueRefused(f"No book year contains {day}; add the book year first.", code="no_book_year")
    return counter.year


def _number(
    scope: Scope,
    counter: _Counter,
    documents: list[Any],
    refused: list[Refused],
    closings: Mapping[UUID, Decimal] | None = None,
) -> list[dict[str, Any]]:
    """The new values of each document, in order; one that is refused uses no number."""
    issued = []
    for row in documents:
        number = counter.pattern.format(counter.counter_period, counter.next_number)
        try:
            frozen = issue_json(row.document.encode(), number, counter.day, (closings or {}).get(row.id))
        except BillingError as error:
            refused.append(Refused(row.id, IssueRefused(error.detail, errors=error.errors)))
            continue
        previous = counter.last_digest
        chained = digest(frozen.data, bytes.fromhex(previous) if previous else None).hex()
        issued.append(
            _values(scope, row, counter.day, frozen.data, chained)
            | {
                "number": number,
                "period": counter.counter_period if counter.per_book_year else "",
                "sequence": counter.next_number,
                "due_date": frozen.due_date,
                "payment_reference": frozen.reference,
                "previous_digest": previous,
            }
        )
        counter.next_number += 1
        counter.last_number, counter.last_digest = number, chained
    return issued


def _date_statements(
    scope: Scope, documents: list[Any], issue_date: date | None, refused: list[Refused]
) -> list[dict[str, Any]]:
    """Zero statements get a date, no number, and stand in no chain."""
    day = issue_date or scope.today
    if day > scope.today:
        raise IssueRefused(f"The date {day} lies in the future; today is {scope.today}.", code="issue_date_in_future")
    issued = []
    for row in documents:
        try:
            data = issue_json(row.document.encode(), None, day).data
        except BillingError as error:
            refused.append(Refused(row.id, IssueRefused(error.detail, errors=error.errors)))
        else:
            issued.append(_values(scope, row, day, data, digest(data).hex()))
    return issued


def _values(scope: Scope, row: Any, day: date, data: bytes, chained: str) -> dict[str, Any]:
    return {
        "of_administration": scope.administration_id,
        "of_invoice": row.id,
        "number": None,
        "period": None,
        "sequence": None,
        "issue_date": day,
        "due_date": None,
        "payment_reference": None,
        "document": data.decode(),
        "digest": chained,
        "previous_digest": None,
        "issued_at": scope.now,
    }


_FREEZE = (
    update(_INVOICES)
    .where(
        _INVOICES.c.administration_id == bindparam("of_administration"),
        _INVOICES.c.id == bindparam("of_invoice"),
    )
    .values(
        state="issued",
        version=_INVOICES.c.version + 1,
        **{
            name: bindparam(name)
            for name in (
                "number",
                "period",
                "sequence",
                "issue_date",
                "due_date",
                "payment_reference",
                "document",
                "digest",
                "previous_digest",
                "issued_at",
            )
        },
    )
)
_INVOICED = (
    update(_CHARGES)
    .where(
        _CHARGES.c.administration_id == bindparam("of_administration"),
        _CHARGES.c.invoice_id.in_(bindparam("ids", expanding=True)),
    )
    .values(state="invoiced", version=_CHARGES.c.version + 1)
)
_ADVANCE = (
    update(_SERIES)
    .where(_SERIES.c.administration_id == bindparam("of_administration"), _SERIES.c.id == bindparam("of_series"))
    .values(
        version=_SERIES.c.version + 1,
        **{
            name: bindparam(f"new_{name}")
            for name in ("next_number", "counter_period", "last_issue_date", "last_number", "last_digest")
        },
    )
)


def _move(scope: Scope, series_id: UUID, counter: _Counter) -> dict[str, Any]:
    return {
        "of_administration": scope.administration_id,
        "of_series": series_id,
        "new_next_number": counter.next_number,
        "new_counter_period": counter.counter_period,
        "new_last_issue_date": counter.day,
        "new_last_number": counter.last_number,
        "new_last_digest": counter.last_digest,
    }


def _write(scope: Scope, issued: list[dict[str, Any]], moves: list[dict[str, Any]]) -> None:
    """Freeze the documents and their charges, move the series on, ask for the PDFs, and tell the audit trail."""
    connection = scope.session.connection()
    ids = [values["of_invoice"] for values in issued]
    with pipelined(scope.session) if len(issued) == 1 else nullcontext():
        for move in moves:
            connection.execute(_ADVANCE, move)
        connection.execute(_FREEZE, issued if len(issued) > 1 else issued[0])
        connection.execute(_INVOICED, {"of_administration": scope.administration_id, "ids": ids})
        bulk.insert_rows(scope.session, OutboxRow, [outbox.row(scope, RENDER_PDF, invoice_id) for invoice_id in ids])
        bulk.insert_rows(scope.session, AuditRow, [_told(scope, values) for values in issued])
    scope.session.expire_all()


def _told(scope: Scope, values: dict[str, Any]) -> dict[str, Any]:
    changes = {name: values[name] for name in ("number", "issue_date", "digest")}
    return audit.row(scope, "invoice.issued", "invoice", values["of_invoice"], changes)
