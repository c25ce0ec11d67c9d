"""Release: a draft becomes a document without number, its sources locked; withdrawn until it is issued."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import bindparam, case, select, update

from billing_service import findings, prepaid, subscriptions
from billing_service.core.document import DocumentKind, InvoiceDocument, check, digest, issue, to_json
from billing_service.core.ids import new_id
from billing_service.core.vat import HOME_COUNTRY
from billing_service.documents.pdf import lay_out
from billing_service.errors import BillingError, Busy, Conflict
from billing_service.invoicing.drafts import SCOPE_CHANGES, Draft, draft_of
from billing_service.invoicing.reading import get_invoice
from billing_service.parties import vat_numbers
from billing_service.parties.selling import Issuer
from billing_service.rating import mark_released, undo_release
from billing_service.store import audit, bulk
from billing_service.store.base import Base
from billing_service.store.charges import Charge
from billing_service.store.invoices import Invoice, InvoiceLine
from billing_service.store.scope import Scope

Released = Literal["invoice", "zero_statement", "nothing", "refused"]
"""What became of a contract: a document of this kind, nothing to invoice, or a finding."""

NEGATIVE: str = "negative_draft"
REFUSED: str = "draft_refused"
_LONGEST_NUMBER = "8" * 21


class NegativeDraft(Conflict):
    """The contract would be owed money: a person must look at it."""

    code = NEGATIVE

    def __init__(self, gross: Decimal, currency: str) -> None:
        super().__init__(f"The draft comes to {gross} {currency}; an invoice is not negative.")
        self.gross = gross


class _NothingToInvoice(Exception):
    pass


def release_contract(
    scope: Scope, issuer: Issuer, contract_id: UUID, until: date, run_id: UUID | None = None
) -> Released:
    """Release everything open of one contract up to ``until``, in a transaction of its own.

    A contract has one document per run. One whose draft is negative, cannot be priced or does not fit the page is left
    as it was, with a finding on it; an earlier finding is settled when it succeeds.
    """
    if run_id is not None and _has_document(scope, run_id, contract_id):
        return "nothing"
    try:
        with scope.session.begin_nested():
            draft = draft_of(scope, issuer, contract_id, until, commit=True)
            if draft is None or draft.outcome == "zero":
                raise _NothingToInvoice  # what was priced on the way is priced again next time
            _refuse_negative(draft)
            buyer = draft.document.buyer
            if buyer.vat_number and buyer.address.country != HOME_COUNTRY:
                vat_numbers.keep_check(scope, draft.customer_id)
            _store(scope, draft, run_id)
    except _NothingToInvoice:
        return "nothing"
    except Busy:
        raise  # a matter of moments, not for a person: the job tries again
    except BillingError as error:
        code = NEGATIVE if error.code == NEGATIVE else REFUSED
        facts: dict[str, Any] = {"until": until, "reason": error.detail, "code": error.code}
        if isinstance(error, NegativeDraft):
            facts["amount"] = error.gross
        facts["fields"] = [f"{field.pointer}: {field.detail}" for field in error.errors]
        findings.report(scope, code, "contract", contract_id, facts)
        return "refused"
    for code in (NEGATIVE, REFUSED, SCOPE_CHANGES):
        findings.settle(scope, code, contract_id, "released")
    for code, noun, subject in draft.findings:
        findings.report(scope, code, noun, subject)
    return "invoice" if draft.document.kind is DocumentKind.INVOICE else "zero_statement"


def withdraw(scope: Scope, invoice_ids: Sequence[UUID]) -> None:
    """Take released documents back: their charges are open again, their questions decided by the facts of now and their
    subscriptions by what is agreed now.

    Raises:
        Conflict: one of them is issued; nothing is withdrawn.
        NotFound: one of them does not exist.
    """
    rows = [get_invoice(scope, invoice_id, lock=True) for invoice_id in sorted(invoice_ids)]
    for row in rows:
        if row.state == "issued":
            raise Conflict(f"Invoice {row.number or row.id} is issued; only a released one can be withdrawn.")
    released = [row.id for row in rows if row.state == "released"]
    if not released:
        return
    subscribed = subscriptions.billed_on(scope, released)
    scope.session.execute(
        update(Charge)
        .where(Charge.administration_id == scope.administration_id, Charge.invoice_id.in_(released))
        .values(state=_AFTER_WITHDRAWAL, invoice_id=None, line=None, version=Charge.version + 1)
    )
    undo_release(scope, released)
    prepaid.take_off(scope, released)
    subscriptions.settle_again(scope, subscribed)
    for row in rows:
        if row.id in released and row.credits_invoice_id is not None:
            prepaid.reopened(scope, row.credits_invoice_id, _credited_lines(scope, row.id))
    scope.session.execute(
        update(Invoice)
        .where(Invoice.administration_id == scope.administration_id, Invoice.id.in_(released))
        .values(state="withdrawn", version=Invoice.version + 1)
    )
    scope.session.expire_all()
    for invoice_id in released:
        audit.record(scope, "invoice.withdrawn", "invoice", invoice_id)


def _credited_lines(scope: Scope, credit_note_id: UUID) -> list[int]:
    query = select(InvoiceLine.credits_line).where(
        InvoiceLine.administration_id == scope.administration_id, InvoiceLine.invoice_id == credit_note_id
    )
    return [line for line in scope.session.scalars(query) if line is not None]


def _has_document(scope: Scope, run_id: UUID, contract_id: UUID) -> bool:
    query = select(Invoice.id).where(
        Invoice.administration_id == scope.administration_id,
        Invoice.billing_run_id == run_id,
        Invoice.contract_id == contract_id,
        Invoice.state != "withdrawn",
    )
    return scope.session.execute(query).first() is not None


def _refuse_negative(draft: Draft) -> None:
    if draft.outcome == "negative":
        raise NegativeDraft(draft.document.totals.gross, draft.document.currency)


def _store(scope: Scope, draft: Draft, run_id: UUID | None) -> None:
    document = draft.document
    check(document)
    lay_out(as_issued(document))
    invoice_id = new_id()
    numbered = document.kind is not DocumentKind.ZERO_STATEMENT
    keys = {
        "billing_run_id": run_id,
        "contract_id": draft.contract_id,
        "customer_id": draft.customer_id,
        "series_id": draft.series_id if numbered else None,
    }
    bulk.insert_rows(scope.session, Invoice, [document_row(scope, invoice_id, document, keys)])
    bulk.insert_rows(scope.session, InvoiceLine, line_rows(scope, invoice_id, document))
    _put_charges_on_lines(scope, invoice_id, draft)
    prepaid.print_on(scope, invoice_id, draft.stands)
    mark_released(scope, invoice_id, draft.contract_id, draft.until)
    changes = {"contract_id": draft.contract_id, "kind": document.kind, "gross": document.totals.gross}
    audit.record(scope, "invoice.released", "invoice", invoice_id, changes)


def as_issued(document: InvoiceDocument) -> InvoiceDocument:
    """The document with the longest number there can be, so that what fits now fits then."""
    number = None if document.kind is DocumentKind.ZERO_STATEMENT else _LONGEST_NUMBER
    return issue(document, number, document.supply_to, document.totals.gross)


def document_row(
    scope: Scope, invoice_id: UUID, document: InvoiceDocument, keys: Mapping[str, UUID | None]
) -> dict[str, Any]:
    """The values of a released document's row in ``invoices``; ``keys`` are the rows it belongs to."""
    data = to_json(document)
    return {
        "administration_id": scope.administration_id,
        "id": invoice_id,
        "version": 1,
        **keys,
        "kind": document.kind.value,
        "state": "released",
        "supply_from": document.supply_from,
        "supply_to": document.supply_to,
        "currency": document.currency,
        "net": document.totals.net,
        "vat": document.totals.vat,
        "gross": document.totals.gross,
        "document": data.decode(),
        "digest": digest(data).hex(),
        "created_at": scope.now,
    }


def line_rows(scope: Scope, invoice_id: UUID, document: InvoiceDocument) -> list[dict[str, Any]]:
    """The values of its rows in ``invoice_lines``."""
    return [
        {
            "administration_id": scope.administration_id,
            "invoice_id": invoice_id,
            "line": line.number,
            "description": line.description,
            "pricing": line.basis.value,
            "quantity": line.quantity,
            "minutes": line.minutes,
            "unit_price": line.unit_price,
            "amount": line.amount,
            "vat_category": line.vat_category,
            "vat_rate": line.vat_rate,
            "revenue_group": line.revenue_group,
        }
        for line in document.lines
    ]


# What rounding made for this document is made anew by the next release.
_AFTER_WITHDRAWAL = case((Charge.source == "rounding", "cancelled"), else_="open")
_CHARGES = Base.metadata.tables["charges"]
_ON_LINE = (
    update(_CHARGES)
    .where(
        _CHARGES.c.administration_id == bindparam("of_administration"),
        _CHARGES.c.id == bindparam("of_charge"),
        _CHARGES.c.state == "open",
    )
    .values(
        state="released",
        invoice_id=bindparam("on_invoice"),
        line=bindparam("on_line"),
        version=_CHARGES.c.version + 1,
    )
)


def _put_charges_on_lines(scope: Scope, invoice_id: UUID, draft: Draft) -> None:
    placed = [
        {
            "of_administration": scope.administration_id,
            "of_charge": charge.id,
            "on_invoice": invoice_id,
            "on_line": charged.line.number,
        }
        for charged in draft.lines
        for charge in charged.charges
    ]
    updated = scope.session.connection().execute(_ON_LINE, placed).rowcount
    if updated != len(placed):
        raise Busy(f"Another release took {len(placed) - updated} of these charges at the same moment.")
