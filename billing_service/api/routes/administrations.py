"""Administrations with their VAT statuses, book years and number series."""

from __future__ import annotations

from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from billing_service.access import OPERATOR
from billing_service.api.glue import Answer, Routes, check_version, created, page
from billing_service.api.schemas.administrations import (
    AdministrationIn,
    AdministrationOut,
    AdministrationPatch,
    AdministrationQuery,
    BookYearIn,
    BookYearOut,
    ConfirmLastNumberIn,
    SeriesIn,
    SeriesOut,
    SeriesPatch,
    VatStatusOut,
    VatStatusPut,
)
from billing_service.errors import NotFound
from billing_service.parties import administrations, numbering
from billing_service.parties.common import get as get_row
from billing_service.store.administrations import Administration, BookYear, Series
from billing_service.store.scope import OperatorScope, Scope

routes = Routes("administrations", "Financial entities that issue invoices; nothing is shared between them.")

READ: Final = ("administrations:read", OPERATOR)
WRITE: Final = ("administrations:write", OPERATOR)
_ONE: Final = "/administrations/<uuid:administration_id>"


def within(scope: Scope | OperatorScope, administration_id: UUID) -> Scope:
    """The scope inside this administration: an operator's in any, a key's in its own only. Raises ``NotFound``."""
    if isinstance(scope, OperatorScope):
        return scope.within(administration_id)
    if scope.administration_id != administration_id:
        raise NotFound("There is no such administration.")
    return scope


@routes.operation("POST", "/administrations", scope=OPERATOR, body=AdministrationIn, out=AdministrationOut, status=201)
def create_administration(scope: OperatorScope, body: dict[str, Any]) -> Answer:
    """Create an administration.

    For operators. Without `vat_statuses`, `book_years` and `series` it gets the usual ones.
    """
    row = administrations.create(scope, body)
    return created(row, f"/v1/administrations/{row.id}")


@routes.operation("GET", "/administrations", scope=READ, query=AdministrationQuery, page_of=AdministrationOut)
def list_administrations(scope: Scope | OperatorScope, query: dict[str, Any]) -> Any:
    """List administrations: an operator sees all, a key its own."""
    statement = select(Administration)
    if isinstance(scope, Scope):
        statement = statement.where(Administration.id == scope.administration_id)
    return page(scope, statement, Administration.id, query)


@routes.operation("GET", _ONE, scope=READ, out=AdministrationOut)
def get_administration(scope: Scope | OperatorScope, administration_id: UUID) -> Administration:
    """Read an administration."""
    return administrations.get(within(scope, administration_id))


@routes.operation("PATCH", _ONE, scope=WRITE, body=AdministrationPatch, out=AdministrationOut)
def change_administration(
    scope: Scope | OperatorScope, administration_id: UUID, body: dict[str, Any]
) -> Administration:
    """Change an administration; only the fields given. Issued documents keep what they say."""
    inside = within(scope, administration_id)
    row = administrations.get(inside)
    check_version(row)
    return administrations.change(inside, row, body)


@routes.operation("GET", f"{_ONE}/vat-statuses", scope=READ, page_of=VatStatusOut)
def list_vat_statuses(scope: Scope | OperatorScope, administration_id: UUID) -> Any:
    """List VAT statuses, oldest first; each holds until the next begins."""
    inside = _existing(scope, administration_id)
    return {"items": administrations.vat_statuses(inside), "next_cursor": None}


@routes.operation("PUT", f"{_ONE}/vat-statuses/<day:valid_from>", scope=WRITE, body=VatStatusPut, out=VatStatusOut)
def put_vat_status(
    scope: Scope | OperatorScope, administration_id: UUID, valid_from: date, body: dict[str, Any]
) -> Any:
    """Set the VAT status from a day on."""
    return administrations.put_vat_status(_existing(scope, administration_id), valid_from, body["status"])


@routes.operation("DELETE", f"{_ONE}/vat-statuses/<day:valid_from>", scope=WRITE, status=204)
def delete_vat_status(scope: Scope | OperatorScope, administration_id: UUID, valid_from: date) -> None:
    """Remove the VAT status that begins on a day; the one before holds on."""
    administrations.delete_vat_status(_existing(scope, administration_id), valid_from)


@routes.operation("GET", f"{_ONE}/book-years", scope=READ, page_of=BookYearOut)
def list_book_years(scope: Scope | OperatorScope, administration_id: UUID) -> Any:
    """List book years, oldest first."""
    return {"items": numbering.book_years(_existing(scope, administration_id)), "next_cursor": None}


@routes.operation("POST", f"{_ONE}/book-years", scope=WRITE, body=BookYearIn, out=BookYearOut, status=201)
def create_book_year(scope: Scope | OperatorScope, administration_id: UUID, body: dict[str, Any]) -> Answer:
    """Add a book year; years never overlap."""
    row = numbering.create_book_year(_existing(scope, administration_id), body)
    return created(row, f"/v1/administrations/{administration_id}/book-years/{row.id}")


@routes.operation("GET", f"{_ONE}/book-years/<uuid:book_year_id>", scope=READ, out=BookYearOut)
def get_book_year(scope: Scope | OperatorScope, administration_id: UUID, book_year_id: UUID) -> BookYear:
    """Read a book year."""
    return get_row(within(scope, administration_id), BookYear, book_year_id, "book year")


@routes.operation("DELETE", f"{_ONE}/book-years/<uuid:book_year_id>", scope=WRITE, status=204)
def delete_book_year(scope: Scope | OperatorScope, administration_id: UUID, book_year_id: UUID) -> None:
    """Remove a book year in which no document was numbered."""
    numbering.delete_book_year(within(scope, administration_id), book_year_id)


@routes.operation("GET", f"{_ONE}/series", scope=READ, page_of=SeriesOut)
def list_series(scope: Scope | OperatorScope, administration_id: UUID) -> Any:
    """List number series."""
    return {"items": numbering.series_of(_existing(scope, administration_id)), "next_cursor": None}


@routes.operation("POST", f"{_ONE}/series", scope=WRITE, body=SeriesIn, out=SeriesOut, status=201)
def create_series(scope: Scope | OperatorScope, administration_id: UUID, body: dict[str, Any]) -> Answer:
    """Add a number series. A pattern that could ever print a number twice is refused."""
    row = numbering.create_series(_existing(scope, administration_id), body)
    return created(row, f"/v1/administrations/{administration_id}/series/{row.id}")


@routes.operation("GET", f"{_ONE}/series/<uuid:series_id>", scope=READ, out=SeriesOut)
def get_series(scope: Scope | OperatorScope, administration_id: UUID, series_id: UUID) -> Series:
    """Read a number series."""
    return numbering.get_series(within(scope, administration_id), series_id)


@routes.operation("PATCH", f"{_ONE}/series/<uuid:series_id>", scope=WRITE, body=SeriesPatch, out=SeriesOut)
def change_series(
    scope: Scope | OperatorScope, administration_id: UUID, series_id: UUID, body: dict[str, Any]
) -> Series:
    """Change a number series that has given no number yet; its next number once, at cut-over.

    Whether it is the default one for its document type can change at any time.
    """
    inside = within(scope, administration_id)
    row = numbering.get_series(inside, series_id)
    check_version(row)
    return numbering.change_series(inside, row, body)


@routes.operation(
    "POST",
    f"{_ONE}/series/<uuid:series_id>/confirm-last-number",
    scope=WRITE,
    body=ConfirmLastNumberIn,
    out=SeriesOut,
)
def confirm_last_number(
    scope: Scope | OperatorScope, administration_id: UUID, series_id: UUID, body: dict[str, Any]
) -> Series:
    """Confirm the last number really sent, after a restore; only then are documents issued in the series again.

    Numbers that were given after the backup are recorded as a jump.
    """
    inside = within(scope, administration_id)
    return numbering.confirm_last_number(inside, series_id, body["last_numbers"], body.get("issue_date"))


def _existing(scope: Scope | OperatorScope, administration_id: UUID) -> Scope:
    inside = within(scope, administration_id)
    administrations.get(inside)
    return inside
