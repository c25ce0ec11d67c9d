"""Reconciliations as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, select

from billing_service.connections import connecting
from billing_service.connections.opening import package_of
from billing_service.core.formats import LANGUAGES
from billing_service.core.money import ZERO
from billing_service.core.reconciling import VatAmount
from billing_service.core.reconciling_report import GroupOfBoth, ReconciliationReport, ShownDifference, SideTotals
from billing_service.core.reconciling_texts import CLASSES, COLUMNS, REPAIRS, sentence
from billing_service.documents.spreadsheets import Column, DecimalMark, Kind, write_csv
from billing_service.errors import NotFound
from billing_service.parties.selling import seller_of
from billing_service.reconciliation.recording import agrees
from billing_service.store.administrations import Administration
from billing_service.store.reconciliations import Reconciliation, ReconciliationDifference
from billing_service.store.scope import Scope

MOST_ON_PAGE: Final = 300
FETCHED_AT_ONCE: Final = 1_000
_COLUMNS: Final[tuple[tuple[str, Kind, int], ...]] = (
    ("number", "text", 16),
    ("class", "text", 16),
    ("problem", "text", 60),
    ("next_action", "text", 60),
    ("amount", "amount", 14),
    ("open", "amount", 14),
    ("remote_id", "text", 24),
)


def get(scope: Scope, reconciliation_id: UUID) -> Reconciliation:
    """Raises ``NotFound``."""
    row = scope.session.get(Reconciliation, (scope.administration_id, reconciliation_id))
    if row is None:
        raise NotFound("There is no such reconciliation.")
    return row


def difference(
    scope: Scope, reconciliation_id: UUID, difference_id: UUID
) -> tuple[Reconciliation, ReconciliationDifference]:
    """One difference with what it was found in. Raises ``NotFound``."""
    made = get(scope, reconciliation_id)
    row = scope.session.get(ReconciliationDifference, (scope.administration_id, difference_id))
    if row is None or row.reconciliation_id != made.id:
        raise NotFound("There is no such difference.")
    return made, row


def described(made: Reconciliation) -> dict[str, Any]:
    """A reconciliation as values, with whether both sides agree."""
    columns = {column.key: getattr(made, column.key) for column in Reconciliation.__table__.columns}
    return columns | {"agrees": agrees(made), "vat": [_amounts(one) for one in made.vat]}


def differences(scope: Scope, made: Reconciliation, kind: str | None = None) -> Select[Any]:
    """The differences of a reconciliation, of one class where it is named; in no order yet."""
    mine = {"administration_id": scope.administration_id, "reconciliation_id": made.id}
    found = select(ReconciliationDifference).filter_by(**mine)
    return found if kind is None else found.where(ReconciliationDifference.class_ == kind)


def shown(row: ReconciliationDifference, currency: str) -> dict[str, Any]:
    """A difference as people read it, with a sentence and what to do."""
    names = ("id", "repair", "number", "document_id", "remote_id", "amount", "open", "fields")
    columns = {"class": row.class_} | {name: getattr(row, name) for name in names}
    told: dict[str, Any] = {"number": row.number, "remote_id": row.remote_id, "currency": currency}
    return columns | {
        "problem": {language: sentence(row.class_, language, fields=row.fields, **told) for language in LANGUAGES},
        "next_action": {language: REPAIRS[language][row.repair] for language in LANGUAGES},
    }


def report_of(scope: Scope, made: Reconciliation) -> ReconciliationReport:
    """The page for somebody's files."""
    administration = scope.session.get_one(Administration, scope.administration_id)
    connection = connecting.get(scope, made.connection_id)
    found = differences(scope, made).order_by(ReconciliationDifference.id).limit(MOST_ON_PAGE)
    rows = scope.session.scalars(found).all()
    return ReconciliationReport(
        seller=seller_of(administration),
        connection=connection.title,
        package=package_of(connection.package).title,
        company=connection.company_name,
        since=made.since,
        made_at=made.created_at,
        currency=made.currency,
        ours=SideTotals(made.documents_ours, made.total_ours, made.open_ours),
        theirs=SideTotals(made.documents_theirs, made.total_theirs, made.open_theirs),
        vat=tuple(_group(one) for one in made.vat),
        unexplained=made.unexplained,
        unexplained_open=made.unexplained_open,
        agrees=agrees(made),
        classes=made.classes,
        differences=tuple(_shown(row) for row in rows),
        more=made.differences - len(rows),
        digest=made.digest,
    )


def csv_of(scope: Scope, made: Reconciliation, language: str, mark: DecimalMark) -> Iterator[bytes]:
    """Every difference as a line for a spreadsheet, in pieces."""
    titles = COLUMNS[language]
    columns = [Column(titles[name], kind, width) for name, kind, width in _COLUMNS]
    return write_csv(columns, _lines(scope, made, language), mark)


def _lines(scope: Scope, made: Reconciliation, language: str) -> Iterator[tuple[Any, ...]]:
    found = differences(scope, made).order_by(ReconciliationDifference.id)
    options = {"yield_per": FETCHED_AT_ONCE, "stream_results": True}
    for row in scope.session.scalars(found, execution_options=options):
        told = shown(row, made.currency)
        words = CLASSES[language][row.class_], told["problem"][language], told["next_action"][language]
        yield (row.number, *words, row.amount, row.open, row.remote_id)


def _amounts(one: dict[str, Any]) -> dict[str, Any]:
    sides = {
        side: one[side] and {name: Decimal(text) for name, text in one[side].items()} for side in ("ours", "theirs")
    }
    return {"group": one["group"], **sides}


def _group(one: dict[str, Any]) -> GroupOfBoth:
    sides = [
        None if (told := one[side]) is None else VatAmount(one["group"], Decimal(told["taxable"]), Decimal(told["tax"]))
        for side in ("ours", "theirs")
    ]
    return GroupOfBoth(one["group"], sides[0] or VatAmount(one["group"], ZERO, ZERO), sides[1])


def _shown(row: ReconciliationDifference) -> ShownDifference:
    fields = tuple(row.fields)
    return ShownDifference(row.class_, row.repair, row.number, row.remote_id, row.amount, row.open, fields)
