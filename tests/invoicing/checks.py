"""What must hold of the documents of an administration, whatever happened on the way. Each promise has a sentence."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_service.core.document import check, from_json
from billing_service.store.administrations import Series
from billing_service.store.audit import AuditRow
from billing_service.store.charges import Charge
from billing_service.store.invoices import Invoice, InvoiceLine
from billing_service.store.receivables import Allocation, Receipt, Refund
from billing_service.store.session import Database
from billing_service.store.work import OutboxRow

_NUMBERED = ("invoice", "credit_note")


def broken_promises(database: Database, administration_id: UUID) -> list[str]:
    """Every promise that does not hold; an empty list when all do."""
    with database.read() as session:
        return [
            *_numbers(session, administration_id),
            *_chain(session, administration_id),
            *_lines(session, administration_id),
            *_charges(session, administration_id),
            *_work(session, administration_id),
            *_credits(session, administration_id),
            *_money(session, administration_id),
        ]


def _issued(session: Session, key: UUID) -> list[Invoice]:
    query = select(Invoice).where(Invoice.administration_id == key, Invoice.state == "issued")
    return list(session.scalars(query.order_by(Invoice.period, Invoice.sequence)))


def _numbers(session: Session, key: UUID) -> Iterator[str]:
    """Each series counts 1, 2, 3 … in each of its periods, and its row knows where it is."""
    numbered = [row for row in _issued(session, key) if row.kind in _NUMBERED]
    for number, count in Counter(row.number for row in numbered).items():
        if count > 1 or number is None:
            yield f"number {number} stands on {count} documents"
    by_period = defaultdict(list)
    for row in numbered:
        by_period[row.series_id, row.period].append(row)
    for (_, period), rows in by_period.items():
        found = [row.sequence for row in rows]
        if found != list(range(1, len(found) + 1)):
            yield f"in {period} the numbers are {found}"
        dates = [row.issue_date for row in rows]
        if dates != sorted(dates):  # type: ignore[type-var]
            yield f"in {period} the dates run backwards"
    for series in session.scalars(select(Series).where(Series.administration_id == key)):
        rows = by_period.get((series.id, series.counter_period if series.per_book_year else ""), [])
        if series.next_number != len(rows) + 1:
            yield f"series {series.code} goes on with {series.next_number} after {len(rows)} documents"


def _chain(session: Session, key: UUID) -> Iterator[str]:
    """Each digest is SHA-256 over the previous digest and the stored document, and the row repeats the document."""
    last: dict[UUID | None, str | None] = {}
    for row in (row for row in _issued(session, key) if row.kind in _NUMBERED):
        previous = last.get(row.series_id)
        if row.previous_digest != previous:
            yield f"{row.number} is chained to something else than its predecessor"
        data = bytes.fromhex(row.previous_digest or "") + row.document.encode()
        if row.digest != hashlib.sha256(data).hexdigest():
            yield f"the digest of {row.number} does not fit its document"
        document = from_json(row.document.encode())
        check(document)
        if (document.number, document.issue_date, document.due_date) != (row.number, row.issue_date, row.due_date):
            yield f"{row.number} says something else than its document"
        if (document.totals.gross, document.payment.reference) != (row.gross, row.payment_reference):
            yield f"{row.number} has other totals than its document"
        last[row.series_id] = row.digest
    for series in session.scalars(select(Series).where(Series.administration_id == key)):
        if series.last_digest != last.get(series.id):
            yield f"series {series.code} would go on from another digest than that of its newest document"


def _lines(session: Session, key: UUID) -> Iterator[str]:
    """The lines of a document add up to its net amount, and each line to the charges that stand on it."""
    lines: dict[UUID, Decimal] = defaultdict(Decimal)
    charged: dict[tuple[UUID, int], Decimal] = {}
    for line in session.scalars(select(InvoiceLine).where(InvoiceLine.administration_id == key)):
        lines[line.invoice_id] += line.amount
        if line.credits_line is None:
            charged[line.invoice_id, line.line] = line.amount
    live = select(Invoice).where(Invoice.administration_id == key, Invoice.state != "withdrawn")
    alive = {row.id: row for row in session.scalars(live)}
    for invoice_id, row in alive.items():
        if lines[invoice_id] != row.net:
            yield f"the lines of {row.number or invoice_id} add up to {lines[invoice_id]}, not {row.net}"
    for charge in session.scalars(
        select(Charge).where(Charge.administration_id == key, Charge.invoice_id.is_not(None))
    ):
        assert charge.invoice_id is not None
        assert charge.line is not None
        charged[charge.invoice_id, charge.line] -= charge.amount
    for (invoice_id, number), rest in charged.items():
        if rest and invoice_id in alive:
            yield f"line {number} of {alive[invoice_id].number or invoice_id} differs from its charges by {rest}"


def _charges(session: Session, key: UUID) -> Iterator[str]:
    """A charge has the state of its document."""
    states = {row.id: row.state for row in session.scalars(select(Invoice).where(Invoice.administration_id == key))}
    expected = {"released": "released", "invoiced": "issued", "credited": "issued"}
    for charge in session.scalars(select(Charge).where(Charge.administration_id == key)):
        if charge.invoice_id is None and charge.state != "open":
            yield f"charge {charge.id} is {charge.state} without a document"
        elif charge.invoice_id is not None and states[charge.invoice_id] != expected[charge.state]:
            yield f"charge {charge.id} is {charge.state} on a document that is {states[charge.invoice_id]}"


def _work(session: Session, key: UUID) -> Iterator[str]:
    """Every issued document asked for its PDF once and stands in the audit trail once."""
    issued = Counter(row.id for row in _issued(session, key))
    asked = Counter(
        session.scalars(
            select(OutboxRow.subject_id).where(OutboxRow.administration_id == key, OutboxRow.kind == "render_pdf")
        )
    )
    told = Counter(
        session.scalars(
            select(AuditRow.object_id).where(AuditRow.administration_id == key, AuditRow.action == "invoice.issued")
        )
    )
    if asked != issued:
        yield "not every issued document asked for its PDF exactly once"
    if told != issued:
        yield "not every issued document stands in the audit trail exactly once"


def _credits(session: Session, key: UUID) -> Iterator[str]:
    """Credits stay within their invoice per line, per VAT group and in all; credited whole they equal it."""
    rows = {row.id: row for row in session.scalars(select(Invoice).where(Invoice.administration_id == key))}
    notes = [row for row in rows.values() if row.kind == "credit_note" and row.state != "withdrawn"]
    gross: dict[UUID, Decimal] = defaultdict(Decimal)
    groups: dict[UUID, dict[tuple[str, Decimal | None], list[Decimal]]] = defaultdict(dict)
    for note in notes:
        assert note.credits_invoice_id is not None
        gross[note.credits_invoice_id] += note.gross
        for group in from_json(note.document.encode()).vat:
            sums = groups[note.credits_invoice_id].setdefault((group.category, group.rate), [Decimal(), Decimal()])
            sums[0], sums[1] = sums[0] + group.taxable, sums[1] + group.tax
    for invoice_id, credited in gross.items():
        invoice = rows[invoice_id]
        if not 0 <= credited <= invoice.gross:
            yield f"{invoice.number} of {invoice.gross} is credited for {credited}"
        wholes = {(one.category, one.rate): one for one in from_json(invoice.document.encode()).vat}
        for group_key, (taxable, tax) in groups[invoice_id].items():
            whole = wholes[group_key]
            if abs(taxable) > abs(whole.taxable) or abs(tax) > abs(whole.tax):
                yield f"{invoice.number}: VAT group {group_key} is credited for {taxable} + {tax}"
            if credited == invoice.gross and (taxable, tax) != (whole.taxable, whole.tax):
                yield f"{invoice.number} is credited whole, but VAT group {group_key} is left with something"


def _money(session: Session, key: UUID) -> Iterator[str]:
    """Nothing is given out above its receipt or credit note; a credit note closed what it says that it closed."""
    given: dict[UUID | None, Decimal] = defaultdict(Decimal)
    closed: dict[UUID, Decimal] = defaultdict(Decimal)
    rows = {row.id: row for row in session.scalars(select(Invoice).where(Invoice.administration_id == key))}
    for allocation in session.scalars(select(Allocation).where(Allocation.administration_id == key)):
        given[allocation.receipt_id or allocation.credit_note_id] += allocation.amount
        if (
            allocation.credit_note_id is not None
            and rows[allocation.credit_note_id].credits_invoice_id == allocation.invoice_id
        ):
            closed[allocation.credit_note_id] += allocation.amount
    for refund in session.scalars(select(Refund).where(Refund.administration_id == key)):
        given[refund.receipt_id or refund.credit_note_id] += refund.amount
    for receipt in session.scalars(select(Receipt).where(Receipt.administration_id == key)):
        if not 0 <= given[receipt.id] <= (receipt.amount if receipt.cancelled_at is None else 0):
            yield f"of receipt {receipt.id} over {receipt.amount}, {given[receipt.id]} was given out"
    for row in (row for row in rows.values() if row.kind == "credit_note" and row.state == "issued"):
        crediting = from_json(row.document.encode()).crediting
        if crediting is None or crediting.closes != closed[row.id]:
            yield f"{row.number} closed {closed[row.id]} and says something else"
        if not 0 <= given[row.id] <= row.gross:
            yield f"of credit note {row.number} over {row.gross}, {given[row.id]} was given out"
