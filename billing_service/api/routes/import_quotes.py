"""Quotes of imports: sent, read, accepted, declined, withdrawn; the customer's link to do so."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import flask
from sqlalchemy import select

from billing_service import imports
from billing_service.api.glue import Answer, PageQuery, Routes, attachment, page
from billing_service.api.glue.identity import current_context
from billing_service.api.routes.import_projects import ONE, READ, WRITE
from billing_service.api.schemas.imports import (
    AcceptIn,
    DeclineIn,
    ImportQuoteDetailOut,
    ImportQuoteIn,
    ImportQuoteLinkOut,
    ImportQuoteOut,
    WithdrawIn,
)
from billing_service.store.imports import ImportQuote
from billing_service.store.scope import Scope

routes = Routes(
    "import-quotes", "Prices offered for imports that are not free. Nothing is charged before one is accepted."
)

_ALL: Final = f"{ONE}/quotes"
_QUOTE: Final = f"{_ALL}/<uuid:import_quote_id>"


@routes.operation("POST", _ALL, scope=WRITE, body=ImportQuoteIn, out=ImportQuoteLinkOut, status=201, secret=True)
def send_import_quote(scope: Scope, import_project_id: UUID, body: dict[str, Any]) -> Answer:
    """Make a quote and its PDF, and show the customer's link, once.

    Sending it to the customer is yours. The answer is not stored: a replay of the Idempotency-Key gives 409 with the
    id of the quote; another link can be made for it.
    """
    row, token = imports.send_quote(scope, import_project_id, body)
    location = f"/v1/import-projects/{import_project_id}/quotes/{row.id}"
    return Answer(_with_link(scope, row, token), 201, {"Location": location}, secret_id=row.id)


@routes.operation("GET", _ALL, scope=READ, query=PageQuery, page_of=ImportQuoteOut)
def list_import_quotes(scope: Scope, import_project_id: UUID, query: dict[str, Any]) -> Any:
    """List the quotes of a project, oldest first."""
    project = imports.get_project(scope, import_project_id)
    statement = select(ImportQuote).where(
        ImportQuote.administration_id == scope.administration_id, ImportQuote.project_id == project.id
    )
    return page(scope, statement, ImportQuote.id, query, lambda rows: [_shown(scope, row) for row in rows])


@routes.operation("GET", _QUOTE, scope=READ, out=ImportQuoteDetailOut)
def get_import_quote(scope: Scope, import_project_id: UUID, import_quote_id: UUID) -> dict[str, Any]:
    """Read a quote with the whole document."""
    return _shown(scope, imports.get_quote(scope, import_project_id, import_quote_id))


@routes.operation(
    "GET",
    f"{_QUOTE}/pdf",
    scope=READ,
    file="application/pdf",
    also={304: "You have this PDF already (If-None-Match)."},
)
def get_import_quote_pdf(scope: Scope, import_project_id: UUID, import_quote_id: UUID) -> flask.Response:
    """Download the PDF of a quote; it stays the same for ever."""
    quote = imports.get_quote(scope, import_project_id, import_quote_id)
    pdf = imports.quote_pdf(scope, quote)
    headers = {"ETag": f'"{pdf.sha256}"', "Cache-Control": "private, no-cache"}
    if flask.request.if_none_match.contains(pdf.sha256):
        return flask.Response(status=304, headers=headers)
    headers["Content-Disposition"] = attachment(imports.quote_file_name(quote))
    return flask.Response(pdf.content, headers=headers, content_type="application/pdf")


@routes.operation("POST", f"{_QUOTE}/accept", scope=WRITE, body=AcceptIn, out=ImportQuoteDetailOut)
def accept_import_quote(
    scope: Scope, import_project_id: UUID, import_quote_id: UUID, body: dict[str, Any]
) -> dict[str, Any]:
    """Record that the customer accepted the quote."""
    quote = imports.get_quote(scope, import_project_id, import_quote_id)
    return _shown(scope, imports.decide(scope, quote, "accepted", by=body["by"], on=body.get("on")))


@routes.operation("POST", f"{_QUOTE}/decline", scope=WRITE, body=DeclineIn, out=ImportQuoteDetailOut)
def decline_import_quote(
    scope: Scope, import_project_id: UUID, import_quote_id: UUID, body: dict[str, Any]
) -> dict[str, Any]:
    """Record that the customer declined the quote, and why. A changed one can be sent."""
    quote = imports.get_quote(scope, import_project_id, import_quote_id)
    decided = imports.decide(scope, quote, "declined", by=body["by"], reason=body["reason"], on=body.get("on"))
    return _shown(scope, decided)


@routes.operation("POST", f"{_QUOTE}/withdraw", scope=WRITE, body=WithdrawIn, out=ImportQuoteDetailOut)
def withdraw_import_quote(
    scope: Scope, import_project_id: UUID, import_quote_id: UUID, body: dict[str, Any]
) -> dict[str, Any]:
    """Take back a quote that the customer has not decided on."""
    quote = imports.get_quote(scope, import_project_id, import_quote_id)
    return _shown(scope, imports.decide(scope, quote, "withdrawn", reason=body["reason"], on=body.get("on")))


@routes.operation("POST", f"{_QUOTE}/link", scope=WRITE, out=ImportQuoteLinkOut, secret=True)
def make_import_quote_link(scope: Scope, import_project_id: UUID, import_quote_id: UUID) -> Answer:
    """Make another link to an open quote and show it, once; the one before no longer works."""
    row, token = imports.new_link(scope, imports.get_quote(scope, import_project_id, import_quote_id))
    return Answer(_with_link(scope, row, token), secret_id=row.id)


def _shown(scope: Scope, row: ImportQuote) -> dict[str, Any]:
    return imports.describe_quote(row, scope.today)


def _with_link(scope: Scope, row: ImportQuote, token: str) -> dict[str, Any]:
    return _shown(scope, row) | {"link": f"{current_context().public_url}/quotes/{token}"}
