"""Service reports over HTTP: to read, and as files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

import flask
import orjson

from billing_service import service_reports
from billing_service.api.glue import Answer, Routes, accepted
from billing_service.api.glue.answers import attachment
from billing_service.api.glue.identity import current_context
from billing_service.api.glue.streaming import streamed
from billing_service.api.schemas.service_reports import (
    ServiceReportCsvQuery,
    ServiceReportHeaderOut,
    ServiceReportIn,
    ServiceReportOut,
    ServiceReportQuery,
    ServiceReportQuestionOut,
    ServiceReportTotalsOut,
)
from billing_service.api.schemas.watching import JobOut
from billing_service.core.money import money
from billing_service.core.service_report import ReportHeader, ReportLine, ReportTotals, Sum, Tally
from billing_service.documents.spreadsheets import CSV, XLSX
from billing_service.service_reports import Plan, Wanted
from billing_service.store.scope import Scope

routes = Routes(
    "service-reports", "What was asked in a period, how fast it was solved and what it came to, for whom it concerns."
)

READ: Final = "service_reports:read"
_PIECE: Final = 64 * 1024


@routes.operation("GET", "/service-reports", scope=READ, query=ServiceReportQuery, out=ServiceReportOut)
def get_service_report(scope: Scope, query: dict[str, Any]) -> flask.Response:
    """Read a service report: every question of the period, and what they come to.

    Questions closed in the period, then those opened in it and still open at its end. The answer is sent while it is
    read, so it may hold any number of questions; the totals stand behind them.
    """
    plan = _plan(scope, query)
    return streamed(lambda own: _json(own, plan), "application/json", None)


@routes.operation("GET", "/service-reports/csv", scope=READ, query=ServiceReportCsvQuery, file="text/csv")
def get_service_report_csv(scope: Scope, query: dict[str, Any]) -> flask.Response:
    """Download every question of a service report as a line for a spreadsheet."""
    mark = query.pop("decimal", "comma")
    plan = _plan(scope, query)
    name = service_reports.file_name(plan, "csv")
    return streamed(lambda own: service_reports.csv_of(own, plan, mark), CSV, name)


@routes.operation("GET", "/service-reports/xlsx", scope=READ, query=ServiceReportQuery, file=XLSX)
def get_service_report_xlsx(scope: Scope, query: dict[str, Any]) -> flask.Response:
    """Download a service report as a workbook: a sheet of questions and one of totals."""
    plan = _plan(scope, query)
    return streamed(lambda own: service_reports.xlsx_of(own, plan), XLSX, service_reports.file_name(plan, "xlsx"))


@routes.operation("GET", "/service-reports/pdf", scope=READ, query=ServiceReportQuery, file="application/pdf")
def get_service_report_pdf(scope: Scope, query: dict[str, Any]) -> flask.Response:
    """Download a service report to send: totals over every question, and the first 1,000 of them."""
    from billing_service.documents.pdf import render_service_report  # here, so that nothing else loads it

    plan = _plan(scope, query)
    content = render_service_report(service_reports.report_of(scope, plan), plan.language)
    named = attachment(service_reports.file_name(plan, "pdf"))
    headers = {"Content-Disposition": named, "Cache-Control": "private, no-cache"}
    return flask.Response(content, headers=headers, content_type="application/pdf")


@routes.operation("POST", "/service-reports", scope=READ, body=ServiceReportIn, out=JobOut, status=202)
def start_service_report(scope: Scope, body: dict[str, Any]) -> Answer:
    """Make a file of a service report; the job's result names it. For many questions: a workbook of 100,000 takes a
    minute."""
    suffix, mark = body.pop("format", "xlsx"), body.pop("decimal", "comma")
    return accepted(service_reports.start(scope, _wanted(body), current_context().working_time, suffix, mark))


def _plan(scope: Scope, query: dict[str, Any]) -> Plan:
    return service_reports.plan(scope, _wanted(query), current_context().working_time)


def _wanted(values: dict[str, Any]) -> Wanted:
    first, last = values.pop("date_from"), values.pop("date_until")
    return Wanted(first=first, last=last, **values)


def _json(scope: Scope, plan: Plan) -> Iterator[bytes]:
    """The answer in pieces: what it is about, the questions as they are read, then their totals."""
    tally, schema, currency = Tally(), ServiceReportQuestionOut(), plan.header.currency
    piece = bytearray(b'{"report":' + orjson.dumps(ServiceReportHeaderOut().dump(_header(plan.header))))
    piece += b',"questions":['
    separator = b""
    for line in tally.counting(service_reports.lines_of(scope, plan)):
        piece += separator + orjson.dumps(schema.dump(_question(line, currency)))
        separator = b","
        if len(piece) >= _PIECE:
            yield bytes(piece)
            piece.clear()
    totals = ServiceReportTotalsOut().dump(_totals(tally.totals(), plan.header))
    yield bytes(piece) + b'],"totals":' + orjson.dumps(totals) + b"}\n"


def _header(header: ReportHeader) -> dict[str, Any]:
    names = (
        "audience",
        "reader",
        "customer_name",
        "customer_number",
        "contracts",
        "organisation",
        "made_at",
        "amounts",
    )
    told = {name: getattr(header, name) for name in names}
    return told | {
        "date_from": header.period.first,
        "date_until": header.period.last,
        "service_hours": header.working_time.hours,
    }


def _question(line: ReportLine, currency: str) -> dict[str, Any]:
    told = {name: getattr(line, name) for name in ServiceReportQuestionOut().fields}
    return told | {name: _money(told[name], currency) for name in ("amount", "waived_value")}


def _totals(totals: ReportTotals, header: ReportHeader) -> dict[str, Any]:
    shown = {name: getattr(totals, name) for name in ServiceReportTotalsOut().fields}
    for name in ("dispositions", "channels", "subjects"):
        shown[name] = [_sum(what, found, header) for what, found in shown[name].items()]
    for name in ("closed", "other_subjects"):
        shown[name] = _sum(name, shown[name], header)
    return shown | {"waived_value": _money(totals.waived_value, header.currency) if header.amounts else None}


def _sum(what: str | None, found: Sum, header: ReportHeader) -> Mapping[str, Any]:
    amount = _money(found.amount, header.currency) if header.amounts else None
    return asdict(found) | {"what": what, "amount": amount}


def _money(amount: Decimal | None, currency: str) -> Any:
    """With its currency: the answer is written after the request is over, which knows the administration's."""
    return None if amount is None else money(amount, currency)
