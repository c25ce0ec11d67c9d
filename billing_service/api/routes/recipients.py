"""Who gets which document, and the PDFs of many documents to print."""

from __future__ import annotations

from typing import Any

import flask

from billing_service import invoicing
from billing_service.api.glue import Answer, Routes, accepted, page
from billing_service.api.glue.streaming import streamed
from billing_service.api.schemas.recipients import DocumentOut, PdfFilesIn, RecipientQuery, RecipientsCsvQuery
from billing_service.api.schemas.watching import JobOut
from billing_service.documents.spreadsheets import CSV
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope

routes = Routes("recipients", "Which document goes by e-mail to whom, which by post; files to print.")


@routes.operation("GET", "/recipients", scope="invoices:read", query=RecipientQuery, page_of=DocumentOut)
def list_recipients(scope: Scope, query: dict[str, Any]) -> Any:
    """List where each document goes, oldest first; with `channel=post` the post list.

    By e-mail to the contract's recipient where one was chosen, else to the customer's invoice address; by post where
    there is none. The address is the one printed on the document.
    """
    statement: Any = invoicing.selected(scope, query)
    return page(scope, statement, Invoice.id, query, invoicing.describe_recipients)


@routes.operation("GET", "/recipients/csv", scope="invoices:read", query=RecipientsCsvQuery, file="text/csv")
def export_recipients(scope: Scope, query: dict[str, Any]) -> flask.Response:
    """Download where each document goes as CSV, by number."""
    language, mark = query.pop("language", "nl"), query.pop("decimal", "comma")
    name = f"{'verzendlijst' if language == 'nl' else 'recipients'}-{scope.today}.csv"
    return streamed(lambda own: invoicing.recipients_csv(own, query, language, mark), CSV, name)


@routes.operation("POST", "/pdf-files", scope="invoices:read", body=PdfFilesIn, out=JobOut, status=202)
def start_pdf_files(scope: Scope, body: dict[str, Any]) -> Answer:
    """Put the PDFs of issued documents together in files of at most 50 documents, by number.

    The job's result names the files, with how many documents and pages each holds; `channel=post` prints the post list.
    """
    return accepted(invoicing.start_pdf_files(scope, body))
