"""Administrations, and what is dated within them: VAT statuses, book years, number series."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select

from billing_service.core import identifiers
from billing_service.core.ids import new_id
from billing_service.core.money import CENT, money
from billing_service.core.numbering import NumberSeries, parse_pattern, refuse_repeats
from billing_service.errors import AlreadyExists, BillingError, Conflict, FieldError, InvalidInput, NotFound
from billing_service.parties import common
from billing_service.store import audit
from billing_service.store.administrations import Administration, BookYear, Series, VatStatus
from billing_service.store.audit import OperatorAuditRow
from billing_service.store.invoices import Invoice
from billing_service.store.scope import OperatorScope, Scope

FIELDS: Final = (
    "legal_name",
    "trade_name",
    "street",
    "postal_code",
    "city",
    "country",
    "kvk",
    "vat_number",
    "iban",
    "bic",
    "email",
    "phone",
    "website",
    "language",
    "payment_term_days",
    "zero_statements",
)
YEARS_BACK: Final = 10
YEARS_AHEAD: Final = 10
"""The calendar years an administration gets as book years when it names none."""

LIABLE_SINCE: Final = date(2001, 1, 1)
"""Since when an administration that names no VAT status is liable: the first day whose rates are known."""

DEFAULT_SERIES: Final = {
    "code": "invoices",
    "document_type": "invoice",
    "pattern": "{year}-{number:5}",
    "per_book_year": True,
}


def create(operator: OperatorScope, values: Mapping[str, Any]) -> Administration:
    """A new administration with its ``vat_statuses``, ``book_years`` and ``series``, or the usual ones.

    Raises:
        InvalidInput: an identifier that cannot be right, overlapping book years, patterns that could repeat a number.
    """
    wanted = _checked(values, None)
    currency = values.get("currency", "EUR")
    try:
        money(CENT, currency)
    except BillingError as error:
        raise InvalidInput(error.detail, errors=[FieldError("/currency", error.detail)]) from error
    administration = Administration(
        id=new_id(), digest_salt=secrets.token_hex(16), created_at=operator.now, currency=currency, **wanted
    )
    operator.session.add(administration)
    operator.session.flush()
    scope = operator.within(administration.id)
    _add_vat_statuses(scope, values.get("vat_statuses") or [{"valid_from": LIABLE_SINCE, "status": "liable"}])
    for index, year in enumerate(values.get("book_years") or _calendar_years(scope.today)):
        create_book_year(scope, year, f"/book_years/{index}")
    for index, series in enumerate(values.get("series") or [DEFAULT_SERIES]):
        create_series(scope, series, f"/series/{index}")
    audit.record(scope, "create", "administration", administration.id, wanted)
    row = {"id": new_id(), "at": operator.now, "actor": operator.actor, "action": "create", "noun": "administration"}
    operator.session.execute(insert(OperatorAuditRow), [row | {"object_id": administration.id, "changes": {}}])
    return administration


def get(scope: Scope) -> Administration:
    """The administration of this scope. Raises ``NotFound``."""
    found = scope.session.get(Administration, scope.administration_id)
    if found is None:
        raise NotFound("There is no such administration.")
    return found


def change(scope: Scope, administration: Administration, values: Mapping[str, Any]) -> Administration:
    """Change the fields given. Raises ``InvalidInput`` for an identifier that cannot be right."""
    changed = common.assign(administration, _checked(values, administration))
    scope.session.flush()
    if changed:
        audit.record(scope, "change", "administration", administration.id, changed)
    return administration


def _checked(values: Mapping[str, Any], current: Administration | None) -> dict[str, Any]:
    wanted = {name: values[name] for name in FIELDS if name in values}
    problems = common.Problems()
    country = wanted.get("country") or (current.country if current else "NL")
    problems.check(wanted, "country", identifiers.check_country)
    problems.check(wanted, "kvk", identifiers.check_kvk)
    if current is not None and "country" in wanted and "vat_number" not in wanted:
        wanted["vat_number"] = current.vat_number
    problems.check(wanted, "vat_number", identifiers.check_vat_number, country)
    problems.check(wanted, "iban", identifiers.check_iban)
    problems.check(wanted, "bic", identifiers.check_bic)
    problems.refuse("administration")
    return wanted


def _calendar_years(today: date) -> list[dict[str, Any]]:
    return [
        {"label": str(year), "starts_on": date(year, 1, 1), "ends_on": date(year, 12, 31)}
        for year in range(today.year - YEARS_BACK, today.year + YEARS_AHEAD + 1)
    ]


# --- VAT statuses ---


def vat_statuses(scope: Scope) -> Sequence[VatStatus]:
    """The dated VAT statuses, oldest first."""
    return scope.session.scalars(
        select(VatStatus).where(VatStatus.administration_id == scope.administration_id).order_by(VatStatus.valid_from)
    ).all()


def put_vat_status(scope: Scope, valid_from: date, status: str) -> VatStatus:
    """From this day on the administration has this status, until the next one begins."""
    row = scope.session.get(VatStatus, (scope.administration_id, valid_from))
    if row is None:
        row = VatStatus(administration_id=scope.administration_id, valid_from=valid_from, status=status)
        scope.session.add(row)
    row.status = status
    scope.session.flush()
    changes = {"vat_status": status, "valid_from": valid_from}
    audit.record(scope, "put_vat_status", "administration", scope.administration_id, changes)
    return row


def delete_vat_status(scope: Scope, valid_from: date) -> None:
    """Raises ``NotFound``, and ``Conflict`` for the only one left."""
    rows = vat_statuses(scope)
    row = next((row for row in rows if row.valid_from == valid_from), None)
    if row is None:
        raise NotFound("No VAT status begins on that day.")
    if len(rows) == 1:
        raise Conflict("An administration needs a VAT status.", code="last_vat_status")
    scope.session.delete(row)
    scope.session.flush()
    audit.record(scope, "delete_vat_status", "administration", scope.administration_id, {"valid_from": valid_from})


def _add_vat_statuses(scope: Scope, wanted: Sequence[Mapping[str, Any]]) -> None:
    days = [status["valid_from"] for status in wanted]
    for index, day in enumerate(days):
        if day in days[:index]:
            pointer = f"/vat_statuses/{index}/valid_from"
            raise InvalidInput("Two VAT statuses begin on one day.", errors=[FieldError(pointer, "is there twice")])
    scope.session.add_all(VatStatus(administration_id=scope.administration_id, **status) for status in wanted)
    scope.session.flush()


# --- book years ---


def book_years(scope: Scope) -> Sequence[BookYear]:
    """The book years, oldest first."""
    return scope.session.scalars(
        select(BookYear).where(BookYear.administration_id == scope.administration_id).order_by(BookYear.starts_on)
    ).all()


def create_book_year(scope: Scope, values: Mapping[str, Any], pointer: str = "") -> BookYear:
    """A new book year.

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
    """Raises ``NotFound``, and ``Conflict`` where a document was numbered in this year."""
    year = common.get(scope, BookYear, book_year_id, "book year")
    numbered = select(Invoice.id).where(
        Invoice.administration_id == scope.administration_id, Invoice.period == year.label
    )
    if scope.session.scalars(numbered.limit(1)).first():
        raise Conflict("Documents were numbered in this book year.", code="book_year_in_use")
    scope.session.delete(year)
    scope.session.flush()
    audit.record(scope, "delete", "book_year", book_year_id, {"label": year.label})


# --- number series ---


def series_of(scope: Scope) -> Sequence[Series]:
    """The number series, in order of code."""
    return scope.session.scalars(
        select(Series).where(Series.administration_id == scope.administration_id).order_by(Series.code)
    ).all()


def get_series(scope: Scope, series_id: UUID) -> Series:
    return common.get(scope, Series, series_id, "number series")


def create_series(scope: Scope, values: Mapping[str, Any], pointer: str = "") -> Series:
    """A new number series; ``next_number`` other than 1 is its cut-over.

    Raises:
        InvalidPattern: a pattern that cannot be read or could print a number twice.
        AlreadyExists: its code is taken.
    """
    _lock(scope)
    common.refuse_taken(scope, Series, "code", values["code"], "series")
    wanted = NumberSeries(parse_pattern(values["pattern"], f"{pointer}/pattern"), values["per_book_year"])
    others = _shapes(series_of(scope))
    refuse_repeats([*others, wanted], [year.label for year in book_years(scope)], f"{pointer}/pattern")
    series = Series(administration_id=scope.administration_id, id=new_id(), **values)
    if values.get("next_number", 1) != 1:
        series.cut_over_at = scope.now
    scope.session.add(series)
    scope.session.flush()
    audit.record(scope, "create", "series", series.id, values)
    return series


def change_series(scope: Scope, series: Series, values: Mapping[str, Any]) -> Series:
    """Change a series that has given no number yet; ``next_number`` can be set once, at cut-over.

    Raises:
        Conflict: it has given a number, or the cut-over was done before.
        InvalidPattern: as ``create_series``.
    """
    _lock(scope)
    scope.session.refresh(series, with_for_update=True)
    if series.last_number is not None:
        raise Conflict(f"This series has given numbers (the last is {series.last_number}).", code="series_in_use")
    if "next_number" in values and values["next_number"] != series.next_number:
        if series.cut_over_at is not None:
            raise Conflict("The next number can be set once, and was.", code="cut_over_done")
        series.cut_over_at = scope.now
    changed = common.assign(series, values)
    if "code" in changed:
        common.refuse_taken(scope, Series, "code", values["code"], "series", besides=series.id)
    parse_pattern(series.pattern)
    refuse_repeats(_shapes(series_of(scope)), [year.label for year in book_years(scope)])
    scope.session.flush()
    if changed:
        audit.record(scope, "change", "series", series.id, changed)
    return series


def _shapes(rows: Sequence[Series]) -> list[NumberSeries]:
    return [NumberSeries(parse_pattern(row.pattern), row.per_book_year) for row in rows]


def _lock(scope: Scope) -> None:
    """Years and series are judged together, so two changes of them wait for each other."""
    scope.session.execute(
        select(Administration.id).where(Administration.id == scope.administration_id).with_for_update()
    )
