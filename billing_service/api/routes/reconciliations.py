"""Reconciliations over HTTP: asked for, read, downloaded, and what they found repaired."""

from __future__ import annotations

from functools import partial
from typing import Any, Final
from uuid import UUID

import flask
from sqlalchemy import select

from billing_service import reconciliation
from billing_service.api.glue import Answer, Routes, accepted, page
from billing_service.api.glue.answers import attachment
from billing_service.api.glue.streaming import streamed
from billing_service.api.schemas.deliveries import DeliveryOut
from billing_service.api.schemas.reconciliations import (
    DifferenceQuery,
    ReconciliationCsvQuery,
    ReconciliationDifferenceOut,
    ReconciliationOut,
    ReconciliationPdfQuery,
    ReconciliationQuery,
)
from billing_service.api.schemas.watching import JobOut
from billing_service.connections import connecting
from billing_service.core.calendar import business_date, start_of_day
from billing_service.core.reconciling_texts import COLUMNS
from billing_service.delivery import people
from billing_service.documents.pdf import render_reconciliation
from billing_service.documents.spreadsheets import CSV
from billing_service.reconciliation import reading, repairing
from billing_service.store.reconciliations import Reconciliation, ReconciliationDifference
from billing_service.store.scope import Scope

routes = Routes("reconciliations", "Proof that an accounting package agrees with what was issued here.")

READ, WRITE = "reconciliations:read", "reconciliations:write"
_ONE: Final = "/reconciliations/<uuid:reconciliation_id>"
_REPAIR: Final = f"{_ONE}/differences/<uuid:difference_id>/repair"


@routes.operation("POST", "/connections/<uuid:connection_id>/reconciliations", scope=WRITE, out=JobOut, status=202)
def start_reconciliation(scope: Scope, connection_id: UUID) -> Answer:
    """Compare every document and open amount with the package, after reading its payments; every night by itself.

    The job's result names the reconciliation. One that is under way already is not begun twice.
    """
    return accepted(reconciliation.start(scope, connecting.get(scope, connection_id)))


@routes.operation("GET", "/reconciliations", scope=READ, query=ReconciliationQuery, page_of=ReconciliationOut)
def list_reconciliations(scope: Scope, query: dict[str, Any]) -> Any:
    """List reconciliations, oldest first."""
    statement = select(Reconciliation).where(Reconciliation.administration_id == scope.administration_id)
    if "connection_id" in query:
        statement = statement.where(Reconciliation.connection_id == query["connection_id"])
    if "made_from" in query:
        statement = statement.where(Reconciliation.created_at >= start_of_day(query["made_from"]))
    return page(scope, statement, Reconciliation.id, query, lambda rows: [reading.described(row) for row in rows])


@routes.operation("GET", _ONE, scope=READ, out=ReconciliationOut)
def get_reconciliation(scope: Scope, reconciliation_id: UUID) -> dict[str, Any]:
    """Read a reconciliation: totals of both sides, how many differences of which class, what is unexplained."""
    return reading.described(reading.get(scope, reconciliation_id))


@routes.operation("GET", f"{_ONE}/differences", scope=READ, query=DifferenceQuery, page_of=ReconciliationDifferenceOut)
def list_differences(scope: Scope, reconciliation_id: UUID, query: dict[str, Any]) -> Any:
    """List the differences that it found, each with a sentence and what to do."""
    made = reading.get(scope, reconciliation_id)
    statement = reading.differences(scope, made, query.get("class"))
    shown = partial(reading.shown, currency=made.currency)
    return page(scope, statement, ReconciliationDifference.id, query, lambda rows: [shown(row) for row in rows])


@routes.operation("GET", f"{_ONE}/csv", scope=READ, query=ReconciliationCsvQuery, file="text/csv")
def get_reconciliation_csv(scope: Scope, reconciliation_id: UUID, query: dict[str, Any]) -> flask.Response:
    """Download every difference as a line for a spreadsheet."""
    made, language = reading.get(scope, reconciliation_id), query.get("language", "nl")
    mark = query.get("decimal", "comma")
    name = f"{_name(made, language)}.csv"
    return streamed(lambda own: reading.csv_of(own, made, language, mark), CSV, name)


@routes.operation("GET", f"{_ONE}/pdf", scope=READ, query=ReconciliationPdfQuery, file="application/pdf")
def get_reconciliation_pdf(scope: Scope, reconciliation_id: UUID, query: dict[str, Any]) -> flask.Response:
    """Download it as a page for somebody's files."""
    made, language = reading.get(scope, reconciliation_id), query.get("language", "nl")
    headers = {"Content-Disposition": attachment(f"{_name(made, language)}.pdf"), "Cache-Control": "private, no-cache"}
    content = render_reconciliation(reading.report_of(scope, made), language)
    return flask.Response(content, headers=headers, content_type="application/pdf")


@routes.operation("POST", _REPAIR, scope=WRITE, out=DeliveryOut)
def repair_difference(scope: Scope, reconciliation_id: UUID, difference_id: UUID) -> dict[str, Any]:
    """Carry out what is proposed: deliver again what is gone, or book a draft. Other repairs are done by a person.

    It goes as a delivery, which looks first whether the document stands there after all.
    """
    row = repairing.carry_out(scope, reconciliation_id, difference_id)
    return people.shown(scope, [row])[0]


def _name(made: Reconciliation, language: str) -> str:
    return f"{COLUMNS[language]['name']}-{business_date(made.created_at)}"
