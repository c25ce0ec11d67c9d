"""Invoices: found, issued, withdrawn, downloaded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any
from uuid import UUID

import flask
from sqlalchemy import Select, select

from billing_service import invoicing
from billing_service.api.glue import Routes, attachment, current_identity, page
from billing_service.api.glue.identity import current_context
from billing_service.api.schemas.invoicing import InvoiceDetailOut, InvoiceOut, InvoiceQuery, IssueIn, NothingIn
from billing_service.errors import BillingError, IssueRefused
from billing_service.receivables.standing import DISPUTED, IS_OWED, having
from billing_service.store.invoices import NOT_ISSUED, Invoice
from billing_service.store.scope import Scope

routes = Routes("invoices", "Documents: released without a number, issued with one and never changed again.")

_ONE = "/invoices/<uuid:invoice_id>"


@routes.operation("GET", "/invoices", scope="invoices:read", query=InvoiceQuery, page_of=InvoiceOut)
def list_invoices(scope: Scope, query: dict[str, Any]) -> Any:
    """List invoices, oldest first."""
    statement = select(Invoice).where(Invoice.administration_id == scope.administration_id)
    for name in ("state", "kind", "number", "billing_run_id", "contract_id", "customer_id"):
        if name in query:
            statement = statement.where(getattr(Invoice, name) == query[name])
    if query.get("state", "issued") != "issued":
        statement = statement.where(NOT_ISSUED)
    if "issued_from" in query:
        statement = statement.where(Invoice.issue_date >= query["issued_from"])
    if "issued_until" in query:
        statement = statement.where(Invoice.issue_date <= query["issued_until"])
    return page(
        scope, _by_standing(scope, statement, query), Invoice.id, query, partial(invoicing.describe_invoices, scope)
    )


def _by_standing(scope: Scope, statement: Select[Any], query: dict[str, Any]) -> Select[Any]:
    """Filters over what is computed: they select issued invoices only."""
    if query.keys() & {"payment_state", "overdue_on"}:
        statement = having(
            statement,
            scope,
            payment_state=query.get("payment_state"),
            overdue_on=query.get("overdue_on"),
            few=bool(query.keys() & {"number", "billing_run_id", "contract_id", "customer_id"}),
        )
    if "disputed" in query:
        statement = statement.where(IS_OWED, DISPUTED if query["disputed"] else ~DISPUTED)
    return statement


@routes.operation("GET", _ONE, scope="invoices:read", out=InvoiceDetailOut)
def get_invoice(scope: Scope, invoice_id: UUID) -> dict[str, Any]:
    """Read an invoice with the whole document."""
    return invoicing.describe_invoice(scope, invoicing.get_invoice(scope, invoice_id))


def _keep_refusal(scope: Scope, error: BillingError, invoice_id: UUID, body: dict[str, Any]) -> None:
    if isinstance(error, IssueRefused):
        invoicing.report_refused(scope, invoice_id, error)


@routes.operation(
    "POST",
    f"{_ONE}/issue",
    scope="invoices:issue",
    body=IssueIn,
    out=InvoiceDetailOut,
    on_refusal=_keep_refusal,
)
def issue_invoice(scope: Scope, invoice_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Issue a released invoice: it gets its number and never changes again.

    One that is issued already is answered as it is. A refusal leaves a finding, until it is issued.
    """
    invoicing.issue_one(scope, invoice_id, body.get("issue_date"))
    return invoicing.describe_invoice(scope, invoicing.get_invoice(scope, invoice_id))


@routes.operation("POST", f"{_ONE}/withdraw", scope="billing_runs:write", body=NothingIn, out=InvoiceDetailOut)
def withdraw_invoice(scope: Scope, invoice_id: UUID, body: dict[str, Any]) -> dict[str, Any]:
    """Withdraw a released invoice: its charges are open again."""
    invoicing.withdraw(scope, [invoice_id])
    return invoicing.describe_invoice(scope, invoicing.get_invoice(scope, invoice_id))


@routes.operation(
    "GET",
    f"{_ONE}/pdf",
    scope="invoices:read",
    file="application/pdf",
    also={304: "You have this PDF already (If-None-Match)."},
)
def get_invoice_pdf(scope: Scope, invoice_id: UUID) -> flask.Response:
    """Download the PDF.

    That of an issued invoice is rendered once and stays the same for ever; before issue it says that it is a concept.
    """
    return pdf_answer(scope, invoice_id)


def pdf_answer(scope: Scope, invoice_id: UUID) -> flask.Response:
    """The PDF of a document as a download, or 304."""

    @contextmanager
    def reading() -> Iterator[Scope]:
        yield scope

    @contextmanager
    def writing() -> Iterator[Scope]:
        context = current_context()
        with context.database.write() as session:
            own = current_identity().scope(session, context.clock)
            assert isinstance(own, Scope)  # noqa: S101 - this key reads one administration's invoices
            yield own

    pdf = invoicing.pdf_of(reading, writing, invoice_id)
    # Browsers may keep it for its owner but ask each time: a revoked key stops seeing it.
    headers = {"ETag": f'"{pdf.sha256}"', "Cache-Control": "private, no-cache"}
    if flask.request.if_none_match.contains(pdf.sha256):
        return flask.Response(status=304, headers=headers)
    headers["Content-Disposition"] = attachment(pdf.file_name)
    return flask.Response(pdf.content, headers=headers, content_type="application/pdf")
