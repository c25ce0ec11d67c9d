"""Credit notes, and corrections of questions after issue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import flask
from sqlalchemy import select

from billing_service import invoicing, receivables
from billing_service.api.glue import Answer, Routes, created, page
from billing_service.api.routes.invoices import pdf_answer
from billing_service.api.schemas.credit_notes import (
    CorrectIn,
    CreditNoteIn,
    CreditNoteOut,
    CreditNoteQuery,
    ProposedCorrectionOut,
    QuestionCorrectionOut,
    part_of,
)
from billing_service.core.document import from_json
from billing_service.receivables.standing import CREDIT_REST
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope

routes = Routes("credit-notes", "Part or all of an issued invoice taken back. Issued and withdrawn as invoices are.")

READ, WRITE = "invoices:read", "credit_notes:write"
_ONE = "/credit-notes/<uuid:credit_note_id>"
_QUESTION = "/questions/<uuid:question_id>"


@routes.operation("POST", "/credit-notes", scope=WRITE, body=CreditNoteIn, out=CreditNoteOut, status=201)
def create_credit_note(scope: Scope, body: dict[str, Any]) -> Answer:
    """Credit an issued invoice: all that is left of it, or parts of its lines. It is issued at once unless you say no.

    Credits never exceed the invoice, per line, per VAT group and in all. The credit closes what is open of the invoice
    first; what was paid already stands as the customer's balance. One that is released only is issued or withdrawn as
    an invoice: `POST /v1/invoices/{id}/issue`, `POST /v1/invoices/{id}/withdraw`.
    """
    lines = body.get("lines")
    parts = None if lines is None else [part_of(line) for line in lines]
    made = invoicing.credit(scope, body["invoice_id"], body["reason"], parts)
    if body["issue"]:
        invoicing.issue_invoice(scope, made, body.get("issue_date"))
    return created(_shown(scope, [invoicing.get_credit_note(scope, made)])[0], f"/v1/credit-notes/{made}")


@routes.operation("GET", "/credit-notes", scope=READ, query=CreditNoteQuery, page_of=CreditNoteOut)
def list_credit_notes(scope: Scope, query: dict[str, Any]) -> Any:
    """List credit notes, oldest first."""
    statement = select(Invoice).where(
        Invoice.administration_id == scope.administration_id, Invoice.credits_invoice_id.is_not(None)
    )
    for name in ("credits_invoice_id", "customer_id", "state", "number"):
        if name in query:
            statement = statement.where(getattr(Invoice, name) == query[name])
    if "left" in query:
        left = CREDIT_REST > 0 if query["left"] else CREDIT_REST == 0
        statement = statement.where(Invoice.state == "issued", left)
    return page(scope, statement, Invoice.id, query, lambda rows: _shown(scope, rows))


@routes.operation("GET", _ONE, scope=READ, out=CreditNoteOut)
def get_credit_note(scope: Scope, credit_note_id: UUID) -> dict[str, Any]:
    """Read a credit note; `GET /v1/invoices/{id}` has its whole document."""
    return _shown(scope, [invoicing.get_credit_note(scope, credit_note_id)])[0]


@routes.operation(
    "GET",
    f"{_ONE}/pdf",
    scope=READ,
    file="application/pdf",
    also={304: "You have this PDF already (If-None-Match)."},
)
def get_credit_note_pdf(scope: Scope, credit_note_id: UUID) -> flask.Response:
    """Download the PDF of a credit note."""
    invoicing.get_credit_note(scope, credit_note_id)
    return pdf_answer(scope, credit_note_id)


@routes.operation("GET", f"{_QUESTION}/correction", scope=READ, out=ProposedCorrectionOut)
def get_proposed_correction(scope: Scope, question_id: UUID) -> dict[str, Any]:
    """Read what correcting a question would credit and charge anew, by the facts of now. Writes nothing."""
    found = invoicing.propose(scope, question_id)
    now = found.now or {}
    return {
        "question_id": found.question_id,
        "way": found.way,
        "invoice_id": found.invoice_id,
        "number": found.number,
        "released_disposition": found.released["disposition"],
        "released_amount": found.released["amount"],
        "now_state": now.get("state"),
        "now_disposition": now.get("disposition"),
        "now_amount": now.get("amount"),
        "credit": found.credit,
        "charge": found.charge,
        "charges": found.charges,
    }


@routes.operation("POST", f"{_QUESTION}/correct", scope=WRITE, body=CorrectIn, out=QuestionCorrectionOut)
def correct_question(scope: Scope, question_id: UUID, body: dict[str, Any]) -> invoicing.Correction:
    """Correct a question whose invoice is issued: credit its line and charge what it comes to now, in one step.

    The new charge is dated as the one it replaces, so that its VAT is that of the original date. Until it is released
    it follows the facts. While the invoice is not issued this is refused: withdraw the invoice instead.
    """
    return invoicing.correct(scope, question_id, body.get("reason"), body.get("decision"))


def _shown(scope: Scope, rows: Sequence[Invoice]) -> list[dict[str, Any]]:
    left = receivables.credit_rests(scope, [row.id for row in rows])
    shown = []
    for row, described in zip(rows, invoicing.describe_invoices(scope, rows), strict=True):
        document = from_json(row.document.encode())
        assert document.crediting is not None  # noqa: S101 - it was checked before it was stored
        assert document.preceding is not None  # noqa: S101
        crediting = document.crediting
        more = {"reason": crediting.reason, "closes": crediting.closes, "balance": crediting.balance}
        more |= {"credited_number": document.preceding.number, "left": left.get(row.id)}
        shown.append(described | more)
    return shown
