"""Credit notes: part or all of an issued invoice taken back, released like any document and issued with a number.

The invoice's row is the lock: credits of one invoice follow each other, and none is made while another waits to be
issued. What of its lines and VAT may still be credited is ``core.crediting``'s; the database refuses more besides.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select

from billing_service import prepaid
from billing_service.core.crediting import Before, CreditedLine, Group, Part, Taken, credit_lines, credit_vat
from billing_service.core.document import (
    Crediting,
    DocumentKind,
    InvoiceDocument,
    PrecedingDocument,
    check,
    compose,
    from_json,
)
from billing_service.core.ids import new_id
from billing_service.core.money import ZERO
from billing_service.documents.pdf import lay_out
from billing_service.errors import Conflict, FieldError, InvalidInput, NotFound
from billing_service.invoicing.reading import get_invoice
from billing_service.invoicing.release import as_issued, document_row, line_rows
from billing_service.parties.selling import Issuer, buyer, load_issuer
from billing_service.receivables import standing
from billing_service.store import audit, bulk
from billing_service.store.invoices import Invoice, InvoiceLine
from billing_service.store.parties import Contract, Customer
from billing_service.store.scope import Scope


def get_credit_note(scope: Scope, credit_note_id: UUID) -> Invoice:
    """Raises ``NotFound``, also for a document that is no credit note."""
    row = get_invoice(scope, credit_note_id)
    if row.kind != "credit_note":
        raise NotFound(f"There is no credit note {credit_note_id}.")
    return row


def credit(scope: Scope, invoice_id: UUID, reason: str, parts: Sequence[Part] | None = None) -> UUID:
    """Release a credit note of an issued invoice: ``parts`` of it, or all that is left. Returns its id.

    ``reason`` is printed on it. Issue it with ``issue_invoice``; until then it can be withdrawn. An hour card of
    which the whole sale is credited is closed.

    Raises:
        NotFound: no such invoice.
        Conflict: it is not an issued invoice, another credit note of it waits, something of it was written off, or more
            than is left is asked for.
        InvalidInput: a part that does not fit its line, or no number series for credit notes.
    """
    row = get_invoice(scope, invoice_id, lock=True)
    if row.kind != "invoice" or row.state != "issued":
        raise Conflict("Only an issued invoice can be credited; withdraw one that is released.", code="not_creditable")
    if not reason.strip():
        raise InvalidInput("A credit note says why.", errors=[FieldError("/reason", "is empty")])
    if standing(scope, invoice_id).written_off:
        detail = "Something of this invoice was written off: undo that first, else it would count twice."
        raise Conflict(detail, code="written_off")
    issuer = load_issuer(scope, "credit_note")
    invoice, before = from_json(row.document.encode()), credited_before(scope, invoice_id)
    lines = credit_lines(invoice, before, parts)
    prepaid.credited(scope, row.id, _credited_whole(invoice, before, lines), reason)
    stands = prepaid.statement(scope, row.contract_id, scope.today, invoice.language, commit=True)
    document = replace(_document(scope, issuer, row, invoice, before, lines, reason), prepaid=stands.balances)
    check(document)
    lay_out(as_issued(document))
    note_id = _store(scope, row, document, lines, next(iter(issuer.series)))
    prepaid.print_on(scope, note_id, stands)
    return note_id


def _credited_whole(invoice: InvoiceDocument, before: Before, lines: Sequence[CreditedLine]) -> list[int]:
    """The lines of the invoice of which nothing is left now."""
    amounts = {line.number: line.amount for line in invoice.lines}
    return [
        one.credits_line
        for one in lines
        if one.line.amount + before.of(one.credits_line).amount == amounts[one.credits_line]
    ]


def credited_before(scope: Scope, invoice_id: UUID) -> Before:
    """What earlier credit notes took of the invoice, by line and VAT group.

    Raises ``Conflict`` (``credit_note_waiting``) while one of them is released and not issued.
    """
    notes = scope.session.execute(
        select(Invoice.id, Invoice.state, Invoice.document).where(
            Invoice.administration_id == scope.administration_id,
            Invoice.credits_invoice_id == invoice_id,
            Invoice.state != "withdrawn",
        )
    ).all()
    if any(note.state == "released" for note in notes):
        detail = "A credit note of this invoice waits to be issued: issue or withdraw it first."
        raise Conflict(detail, code="credit_note_waiting")
    tax: dict[Group, Decimal] = {}
    for note in notes:
        for group in from_json(note.document.encode()).vat:
            key = (group.category, group.rate)
            tax[key] = tax.get(key, ZERO) + group.tax
    line = InvoiceLine
    sums = select(line.credits_line, func.sum(line.amount), func.sum(line.quantity), func.sum(line.minutes)).where(
        line.administration_id == scope.administration_id, line.invoice_id.in_([note.id for note in notes])
    )
    rows = scope.session.execute(sums.group_by(line.credits_line)).all() if notes else []
    taken = {
        number: Taken(amount, quantity or Decimal(0), int(minutes or 0))
        for number, amount, quantity, minutes in rows
        if number is not None
    }
    return Before(taken, tax)


def _document(
    scope: Scope,
    issuer: Issuer,
    row: Invoice,
    invoice: InvoiceDocument,
    before: Before,
    lines: Sequence[CreditedLine],
    reason: str,
) -> InvoiceDocument:
    """Between the parties of the invoice, in its language, sent to where they are now."""
    contract = scope.session.get_one(Contract, (scope.administration_id, row.contract_id))
    now = buyer(scope.session.get_one(Customer, (scope.administration_id, row.customer_id)), contract)
    assert invoice.number is not None  # noqa: S101 - it is issued
    assert invoice.issue_date is not None  # noqa: S101
    return compose(
        kind=DocumentKind.CREDIT_NOTE,
        language=invoice.language,
        series=next(iter(issuer.series.values())),
        currency=invoice.currency,
        seller=replace(issuer.seller, vat_number=issuer.seller.vat_number or invoice.seller.vat_number),
        buyer=replace(invoice.buyer, address=now.address, attention=now.attention),
        supply_from=invoice.supply_from,
        supply_to=invoice.supply_to,
        lines=[one.line for one in lines],
        vat=credit_vat(invoice, before, lines),
        terms_days=0,
        buyer_reference=invoice.buyer_reference,
        contract_reference=invoice.contract_reference,
        contract_description=invoice.contract_description,
        preceding=PrecedingDocument(invoice.number, invoice.issue_date),
        crediting=Crediting(reason),
    )


def _store(
    scope: Scope, row: Invoice, document: InvoiceDocument, lines: Sequence[CreditedLine], series_id: UUID
) -> UUID:
    credit_note_id = new_id()
    keys = {
        "credits_invoice_id": row.id,
        "contract_id": row.contract_id,
        "customer_id": row.customer_id,
        "series_id": series_id,
    }
    bulk.insert_rows(scope.session, Invoice, [document_row(scope, credit_note_id, document, keys)])
    taken = [
        values
        | {
            "credits_line": one.credits_line,
            "quantity": one.taken.quantity or None,
            "minutes": one.taken.minutes or None,
        }
        for values, one in zip(line_rows(scope, credit_note_id, document), lines, strict=True)
    ]
    bulk.insert_rows(scope.session, InvoiceLine, taken)
    changes = {"kind": "credit_note", "credits_invoice_id": row.id, "gross": document.totals.gross}
    audit.record(scope, "invoice.released", "invoice", credit_note_id, changes)
    return credit_note_id
