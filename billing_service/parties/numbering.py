"""Book years and number series: what decides which number a document gets. Judged together, so that none repeats.

A series is blocked when its database was restored from a backup: numbers given after the backup may have been sent and
are unknown here. Nothing is issued in it until a person has confirmed the last number really sent
(``confirm_last_number``); what the counter skips is recorded as a jump and is no gap.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from billing_service import findings
from billing_service.core.ids import new_id
from billing_service.core.numbering import NumberSeries, parse_pattern, refuse_repeats
from billing_service.errors import AlreadyExists, Conflict, FieldError, InvalidInput
from billing_service.parties import common
from billing_service.store import audit
from billing_service.store.administrations import Administration, BookYear, Series
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope

BLOCKED: Final = "series_blocked"
"""The finding on a blocked series, and the code of the refusal to issue in it."""

# --- book years ---


def book_years(scope: Scope) -> Sequence[BookYear]:
    """The book years, oldest first."""
    return scope.session.scalars(
        select(BookYear).where(BookYear.administration_id == scope.administration_id).order_by(BookYear.starts_on)
    ).all()


def create_book_year(scope: Scope, values: Mapping[str, Any], pointer: str = "") -> BookYear:
    """A new book year, of any length: a first year of 18 months, or 1 July to 30 June.

    Raises:
        InvalidInput: it ends before it starts, or its label would let a series print a number twice.
        Conflict: it overlaps another one, or its label is taken.
    """
    if values["ends_on"] < values["starts_on"]:
        raise InvalidInput(
            "A book year ends after it starts.", errors=[FieldError(f"{pointer}/ends_on", "lies before starts_on")]
        )
    _lock(scope)
    others = book_years(scope)
    for other in others:
        if other.label == values["label"]:
            raise AlreadyExists(
                f"There is already a book year {other.label}.", errors=[FieldError(f"{pointer}/label", "is taken")]
            )
        if values["starts_on"] <= other.ends_on and other.starts_on <= values["ends_on"]:
            raise Conflict(
                f"It overlaps book year {other.label} ({other.starts_on} to {other.ends_on}).",
                code="overlapping_book_years",
                errors=[FieldError(f"{pointer}/starts_on", f"overlaps book year {other.label}")],
            )
    labels = [*(year.label for year in others), values["label"]]
    refuse_repeats(_shapes(series_of(scope)), labels, f"{pointer}/label")
    year = BookYear(administration_id=scope.administration_id, id=new_id(), **values)
    scope.session.add(year)
    scope.session.flush()
    audit.record(scope, "create", "book_year", year.id, values)
    return year


def delete_book_year(scope: Scope, book_year_id: UUID) -> None:
    """Raises ``NotFound``, and ``Conflict`` where a document was numbered in this year, in whatever series."""
    year = common.get(scope, BookYear, book_year_id, "book year")
    # Whoever issues holds a series: with all of them held, nobody numbers a document in this year meanwhile.
    mine = Series.administration_id == scope.administration_id
    counting = scope.session.execute(select(Series.counter_period).where(mine).order_by(Series.id).with_for_update())
    numbered = select(Invoice.id).where(
        Invoice.administration_id == scope.administration_id,
        or_(Invoice.period == year.label, and_(*_within(year), Invoice.number.is_not(None))),
    )
    if year.label in counting.scalars().all() or scope.session.scalars(numbered.limit(1)).first():
        raise Conflict("Documents were numbered in this book year.", code="book_year_in_use")
    scope.session.delete(year)
    scope.session.flush()
    audit.record(scope, "delete", "book_year", book_year_id, {"label": year.label})


def _within(year: BookYear) -> tuple[Any, Any]:
    return Invoice.issue_date >= year.starts_on, Invoice.issue_date <= year.ends_on


# --- number series ---


def series_of(scope: Scope) -> Sequence[Series]:
    """The number series, in order of code."""
    return scope.session.scalars(
        select(Series).where(Series.administration_id == scope.administration_id).order_by(Series.code)
    ).all()


def get_series(scope: Scope, series_id: UUID) -> Series:
    """Raises ``NotFound``."""
    return common.get(scope, Series, series_id, "number series")


def create_series(scope: Scope, values: Mapping[str, Any], pointer: str = "") -> Series:
    """A new number series; ``next_number`` other than 1 is its cut-over.

    The first series of a document type is the default one; ``is_default`` makes this one the default in its place.

    Raises:
        InvalidPattern: a pattern that cannot be read or could print a number twice.
        AlreadyExists: its code is taken.
    """
    _lock(scope)
    common.refuse_taken(scope, Series, "code", values["code"], "series")
    wanted = NumberSeries(parse_pattern(values["pattern"], f"{pointer}/pattern"), values["per_book_year"])
    others = series_of(scope)
    refuse_repeats([*_shapes(others), wanted], [year.label for year in book_years(scope)], f"{pointer}/pattern")
    first = all(other.document_type != values["document_type"] for other in others)
    is_default = first or values.get("is_default", False)
    if is_default:
        _no_default(scope, values["document_type"])
    series = Series(administration_id=scope.administration_id, id=new_id(), **{**values, "is_default": is_default})
    if values.get("next_number", 1) != 1:
        series.cut_over_at, series.cut_over_number = scope.now, values["next_number"]
    scope.session.add(series)
    scope.session.flush()
    audit.record(scope, "create", "series", series.id, values)
    return series


def change_series(scope: Scope, series: Series, values: Mapping[str, Any]) -> Series:
    """Change a series that has given no number yet; ``next_number`` can be set once, at cut-over. ``is_default`` can
    be set at any time, and is lost only to another series.

    Raises:
        Conflict: it has given a number, or the cut-over was done before.
        InvalidInput: it would leave its document type without a default series.
        InvalidPattern: as ``create_series``.
    """
    _lock(scope)
    scope.session.refresh(series, with_for_update=True)
    counting = {name: value for name, value in values.items() if name != "is_default"}
    if counting and (series.last_number is not None or series.jumps):
        raise Conflict(f"This series has given numbers (the last is {series.last_number}).", code="series_in_use")
    if "next_number" in values and values["next_number"] != series.next_number:
        if series.cut_over_at is not None:
            raise Conflict("The next number can be set once, and was.", code="cut_over_done")
        series.cut_over_at, series.cut_over_number = scope.now, values["next_number"]
    if values.get("is_default", series.is_default) != series.is_default:
        _move_default(scope, series)
    changed = common.assign(series, counting)
    if "code" in changed:
        common.refuse_taken(scope, Series, "code", values["code"], "series", besides=series.id)
    parse_pattern(series.pattern)
    refuse_repeats(_shapes(series_of(scope)), [year.label for year in book_years(scope)])
    scope.session.flush()
    if changed:
        audit.record(scope, "change", "series", series.id, changed)
    return series


def _move_default(scope: Scope, series: Series) -> None:
    if series.is_default:
        detail = "There is always a default series: make another one the default instead."
        raise InvalidInput(detail, errors=[FieldError("/is_default", detail)])
    _no_default(scope, series.document_type)
    series.is_default = True
    audit.record(scope, "change", "series", series.id, {"is_default": True})


def _no_default(scope: Scope, document_type: str) -> None:
    scope.session.execute(
        update(Series)
        .where(
            Series.administration_id == scope.administration_id,
            Series.document_type == document_type,
            Series.is_default,
        )
        .values(is_default=False, version=Series.version + 1)
        .execution_options(synchronize_session="fetch")
    )


def _shapes(rows: Sequence[Series]) -> list[NumberSeries]:
    return [NumberSeries(parse_pattern(row.pattern), row.per_book_year) for row in rows]


def _lock(scope: Scope) -> None:
    """Years and series are judged together, so two changes of them wait for each other."""
    scope.session.execute(
        select(Administration.id).where(Administration.id == scope.administration_id).with_for_update()
    )


# --- after a restore ---


def block_all_series(session: Session, now: datetime, actor: str) -> int:
    """Block every series of every administration, each with a finding: what a restore does in its own transaction.

    Returns how many there are. One that is blocked stays blocked since then.
    """
    rows = session.scalars(select(Series).order_by(Series.administration_id, Series.id).with_for_update()).all()
    for series in rows:
        scope = Scope(session, series.administration_id, actor, now)
        series.blocked_at = series.blocked_at or now
        session.flush()
        audit.record(scope, "block", "series", series.id, {"last_number": series.last_number})
        facts = {"series": series.code, "last_number": series.last_number or "–"}
        findings.report(scope, BLOCKED, "series", series.id, facts)
    return len(rows)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A number that was really sent: the book year it shows (none where the pattern has no year), and its counter."""

    printed: str
    year: BookYear | None
    number: int


def confirm_last_number(
    scope: Scope, series_id: UUID, last_numbers: Sequence[str], issue_date: date | None = None
) -> Series:
    """A person confirms the last number that was really sent, as printed; the series goes on after it.

    ``last_numbers`` holds one number, the one these books know where nothing was sent after it; of a series that
    starts again every book year one for each book year since then; none for a series that has never given a number.
    ``issue_date`` is the date on the last document: nothing is issued before it.

    Raises:
        Conflict: the series is not blocked.
        InvalidInput: a number that this series cannot have printed or that lies before what these books hold, a book
            year left out or not begun, a date that cannot be.
        NotFound: no such series.
    """
    series = common.get(scope, Series, series_id, "number series")
    scope.session.refresh(series, with_for_update=True)
    if series.blocked_at is None:
        raise Conflict(f"The series {series.code} is not blocked.", code="series_not_blocked")
    years = book_years(scope)
    sent = [_read(series, years, text, f"/last_numbers/{at}") for at, text in enumerate(last_numbers)]
    _refuse_order(series, sent, scope.today)
    jumps = _jumps(scope, series, sent)
    _go_on(series, sent, issue_date, scope.today)
    series.jumps, series.blocked_at = [*series.jumps, *jumps], None
    scope.session.flush()
    changes = {"last_numbers": list(last_numbers), "issue_date": issue_date, "jumps": jumps}
    audit.record(scope, "confirm_last_number", "series", series.id, changes)
    findings.settle(scope, BLOCKED, series.id, f"last number confirmed: {series.last_number or 'none'}")
    return series


def _read(series: Series, years: Sequence[BookYear], text: str, pointer: str) -> _Sent:
    pattern = parse_pattern(series.pattern)
    found = pattern.read(text, [year.label for year in years])
    if found is None:
        raise _wrong(f"{text} is no number of the series {series.code} ({series.pattern}).", pointer)
    label, number = found
    return _Sent(text, next((year for year in years if year.label == label), None), number)


def _refuse_order(series: Series, sent: Sequence[_Sent], today: date) -> None:
    """Refuse a list that is not: the counter's own book year first, then later ones that have begun."""
    if series.last_number is not None and not sent:
        raise _wrong(f"This series has given numbers; the last known here is {series.last_number}.", "/last_numbers")
    if len(sent) > 1 and not series.per_book_year:
        raise _wrong("This series counts on over the book years: it has one last number.", "/last_numbers/1")
    for at, one in enumerate(sent):
        pointer = f"/last_numbers/{at}"
        if one.year and one.year.starts_on > today:
            raise _wrong(f"Book year {one.year.label} has not begun.", pointer)
        before = sent[at - 1].year if at else None
        if one.year and before and one.year.starts_on <= before.starts_on:
            raise _wrong("Name the book years in their order, each once.", pointer)
    if series.per_book_year and series.counter_period and sent and _label(sent[0]) != series.counter_period:
        detail = f"Begin with the last number of book year {series.counter_period}, where these books stop."
        raise _wrong(detail, "/last_numbers/0")


def _jumps(scope: Scope, series: Series, sent: Sequence[_Sent]) -> list[dict[str, Any]]:
    """What the counter skips. Raises InvalidInput for a number before the ones these books hold."""
    pattern = parse_pattern(series.pattern)
    found = []
    for at, one in enumerate(sent):
        expected = series.next_number if at == 0 else 1
        if one.number < expected - 1:
            known = series.last_number or f"the next number {expected}"
            raise _wrong(f"{one.printed} lies before {known}, which these books hold.", f"/last_numbers/{at}")
        if one.number >= expected:
            found.append(
                {
                    "period": _label(one) if series.per_book_year else "",
                    "from": expected,
                    "to": one.number,
                    "first": pattern.format(_label(one), expected),
                    "last": one.printed,
                    "confirmed_at": scope.now.isoformat(),
                    "confirmed_by": scope.actor,
                }
            )
    return found


def _go_on(series: Series, sent: Sequence[_Sent], issue_date: date | None, today: date) -> None:
    """Count on after the last number sent, from its date or at least its book year on."""
    if not sent:
        return
    last = sent[-1]
    if issue_date is not None:
        if issue_date > today:
            raise _wrong(f"{issue_date} lies in the future; today is {today}.", "/issue_date")
        if series.last_issue_date is not None and issue_date < series.last_issue_date:
            raise _wrong(f"{series.last_number} was issued later, on {series.last_issue_date}.", "/issue_date")
        if last.year and not last.year.starts_on <= issue_date <= last.year.ends_on:
            raise _wrong(f"{issue_date} does not lie in book year {last.year.label}.", "/issue_date")
    known = [day for day in (series.last_issue_date, issue_date, last.year and last.year.starts_on) if day]
    another_year = series.per_book_year and _label(last) != series.counter_period
    if known and (last.number >= series.next_number or another_year):
        series.last_issue_date = max(known)
    series.counter_period = _label(last) or series.counter_period
    series.next_number, series.last_number = last.number + 1, last.printed


def _label(one: _Sent) -> str:
    return one.year.label if one.year else ""


def _wrong(detail: str, pointer: str) -> InvalidInput:
    return InvalidInput(detail, errors=[FieldError(pointer, detail)])
