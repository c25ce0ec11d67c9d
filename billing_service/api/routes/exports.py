"""Exports: CSV as it is read from the database; XLSX, which must be finished first, as a job."""

from __future__ import annotations

from typing import Any

import flask

from billing_service import exports
from billing_service.api.glue import Answer, Routes, accepted
from billing_service.api.glue.streaming import streamed
from billing_service.api.schemas.exports import (
    ChargeExportIn,
    ChargeExportQuery,
    DecisionExportIn,
    DecisionExportQuery,
    InvoiceExportIn,
    InvoiceExportQuery,
    ReceiptExportIn,
    ReceiptExportQuery,
)
from billing_service.api.schemas.watching import JobOut
from billing_service.documents.spreadsheets import CSV
from billing_service.store.scope import Scope

routes = Routes("exports", "Tables to take along, for spreadsheets: CSV at once, XLSX as a job with a file.")


@routes.operation("GET", "/exports/invoices", scope="invoices:read", query=InvoiceExportQuery, file="text/csv")
def export_invoices(scope: Scope, query: dict[str, Any]) -> flask.Response:
    """Download invoices and credit notes as CSV."""
    return _stream(scope, "invoices", query)


@routes.operation("POST", "/exports/invoices", scope="invoices:read", body=InvoiceExportIn, out=JobOut, status=202)
def start_invoice_export(scope: Scope, body: dict[str, Any]) -> Answer:
    """Make a file of invoices and credit notes; the job's result names it."""
    return _start(scope, "invoices", body)


@routes.operation("GET", "/exports/invoice-lines", scope="invoices:read", query=InvoiceExportQuery, file="text/csv")
def export_invoice_lines(scope: Scope, query: dict[str, Any]) -> flask.Response:
    """Download the lines of invoices and credit notes as CSV."""
    return _stream(scope, "invoice_lines", query)


@routes.operation("POST", "/exports/invoice-lines", scope="invoices:read", body=InvoiceExportIn, out=JobOut, status=202)
def start_invoice_line_export(scope: Scope, body: dict[str, Any]) -> Answer:
    """Make a file of the lines of invoices and credit notes; the job's result names it."""
    return _start(scope, "invoice_lines", body)


@routes.operation("GET", "/exports/charges", scope="charges:read", query=ChargeExportQuery, file="text/csv")
def export_charges(scope: Scope, query: dict[str, Any]) -> flask.Response:
    """Download charges as CSV."""
    return _stream(scope, "charges", query)


@routes.operation("POST", "/exports/charges", scope="charges:read", body=ChargeExportIn, out=JobOut, status=202)
def start_charge_export(scope: Scope, body: dict[str, Any]) -> Answer:
    """Make a file of charges; the job's result names it."""
    return _start(scope, "charges", body)


@routes.operation("GET", "/exports/decisions", scope="decisions:read", query=DecisionExportQuery, file="text/csv")
def export_decisions(scope: Scope, query: dict[str, Any]) -> flask.Response:
    """Download decisions as CSV."""
    return _stream(scope, "decisions", query)


@routes.operation("POST", "/exports/decisions", scope="decisions:read", body=DecisionExportIn, out=JobOut, status=202)
def start_decision_export(scope: Scope, body: dict[str, Any]) -> Answer:
    """Make a file of decisions; the job's result names it."""
    return _start(scope, "decisions", body)


@routes.operation("GET", "/exports/receipts", scope="receivables:read", query=ReceiptExportQuery, file="text/csv")
def export_receipts(scope: Scope, query: dict[str, Any]) -> flask.Response:
    """Download receipts as CSV."""
    return _stream(scope, "receipts", query)


@routes.operation("POST", "/exports/receipts", scope="receivables:read", body=ReceiptExportIn, out=JobOut, status=202)
def start_receipt_export(scope: Scope, body: dict[str, Any]) -> Answer:
    """Make a file of receipts; the job's result names it."""
    return _start(scope, "receipts", body)


def _stream(scope: Scope, name: str, query: dict[str, Any]) -> flask.Response:
    export, form = exports.EXPORTS[name], _form(query)
    query.pop("format", None)
    named = exports.file_name(export, form, scope.today, "csv")
    return streamed(lambda own: exports.csv_of(own, export, query, form), CSV, named)


def _start(scope: Scope, name: str, body: dict[str, Any]) -> Answer:
    form = _form(body)
    suffix = body.pop("format", "xlsx")
    return accepted(exports.start(scope, name, body, form, suffix))


def _form(values: dict[str, Any]) -> exports.Form:
    """Taken out of the values: what remains are filters."""
    return exports.Form(values.pop("language", "nl"), values.pop("decimal", "comma"))
