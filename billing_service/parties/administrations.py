"""Administrations and their VAT statuses. Book years and number series stand in ``numbering``."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import insert, select

from billing_service.core import identifiers
from billing_service.core.ids import new_id
from billing_service.core.money import CENT, money
from billing_service.errors import BillingError, Conflict, FieldError, InvalidInput, NotFound
from billing_service.parties import common, numbering
from billing_service.store import audit
from billing_service.store.administrations import Administration, VatStatus
from billing_service.store.audit import OperatorAuditRow
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

DEFAULT_SERIES: Final = (
    {"code": "invoices", "document_type": "invoice", "pattern": "{year}-{number:5}", "per_book_year": True},
    {"code": "credit-notes", "document_type": "credit_note", "pattern": "C{year}-{number:5}", "per_book_year": True},
)


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
        numbering.create_book_year(scope, year, f"/book_years/{index}")
    for index, series in enumerate(values.get("series") or DEFAULT_SERIES):
        numbering.create_series(scope, series, f"/series/{index}")
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
