"""Reports that prove number series complete: asked for, read, downloaded."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

import flask

from billing_service.api.glue import Answer, Routes, accepted
from billing_service.api.glue.answers import attachment
from billing_service.api.schemas.series_reports import SeriesReportIn, SeriesReportOut, SeriesReportPdfQuery
from billing_service.api.schemas.watching import JobOut
from billing_service.auditing.completeness import report_of, start_report
from billing_service.core.completeness import BREAKS, Break, CompletenessReport, sentence
from billing_service.documents.pdf import render_completeness
from billing_service.store.scope import Scope

routes = Routes("series-reports", "Proofs that number series are complete: numbers, documents, chain, dates, totals.")

READ: Final = "series_reports:read"
_ONE: Final = "/series-reports/<uuid:series_report_id>"
_NAMES: Final = {"nl": "Volledigheid nummering", "en": "Completeness of numbering"}


@routes.operation("POST", "/series-reports", scope=READ, body=SeriesReportIn, out=JobOut, status=202)
def start_series_report(scope: Scope, body: dict[str, Any]) -> Answer:
    """Look at every document of the number series and prove that they are complete; the job's id is the report's."""
    return accepted(start_report(scope, body.get("series_id"), body.get("book_year")))


@routes.operation("GET", _ONE, scope=READ, out=SeriesReportOut)
def get_series_report(scope: Scope, series_report_id: UUID) -> dict[str, Any]:
    """Read a report: per series what was proven, and every break with its document and cause."""
    return _described(report_of(scope, series_report_id))


@routes.operation("GET", f"{_ONE}/pdf", scope=READ, query=SeriesReportPdfQuery, file="application/pdf")
def get_series_report_pdf(scope: Scope, series_report_id: UUID, query: dict[str, Any]) -> flask.Response:
    """Download a report as a PDF, for the files of an auditor."""
    report, language = report_of(scope, series_report_id), query.get("language", "nl")
    name = f"{_NAMES[language]} {report.book_year or report.made_on}.pdf"
    headers = {"Content-Disposition": attachment(name), "Cache-Control": "private, no-cache"}
    return flask.Response(render_completeness(report, language), headers=headers, content_type="application/pdf")


def _described(report: CompletenessReport) -> dict[str, Any]:
    series = [
        asdict(proven) | {"first_breaks": [_break(found) for found in proven.first_breaks]} for proven in report.series
    ]
    return {
        "complete": report.breaks == 0,
        "made_on": report.made_on,
        "book_year": report.book_year,
        "series": series,
    }


def _break(found: Break) -> dict[str, Any]:
    return asdict(found) | {"cause": {language: sentence(found, language) for language in BREAKS}}
