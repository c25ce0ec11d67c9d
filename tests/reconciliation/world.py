"""Delivered documents on both sides, a bookkeeper who does things over there, and reconciliations of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import reconciliation
from billing_service.connections import connecting
from billing_service.store.findings import Finding
from billing_service.store.invoices import Invoice
from billing_service.store.reconciliations import Reconciliation, ReconciliationDifference
from billing_service.store.work import Job
from tests.delivery.world import Delivering

Found = list[tuple[str, str, str | None]]


@dataclass
class Reconciling(Delivering):
    """A connection of which everything can be compared."""

    def reconcile(self) -> Reconciliation:
        """Ask for one and let a worker make it."""
        job = self.run()
        assert job.result is not None, (job.state, job.error)
        assert job.result["reconciled"], job.result
        with self.database.read() as session:
            return session.scalars(select(Reconciliation).where(Reconciliation.job_id == job.id)).one()

    def run(self) -> Job:
        with self.scope() as scope:
            made = reconciliation.start(scope, connecting.get(scope, self.connection_id)).id
        self.drain()
        with self.database.read() as session:
            return session.get_one(Job, (self.administration_id, made))

    def differences(self, row: Reconciliation) -> Sequence[ReconciliationDifference]:
        mine = ReconciliationDifference.reconciliation_id == row.id
        with self.database.read() as session:
            return session.scalars(select(ReconciliationDifference).where(mine)).all()

    def found(self, row: Reconciliation) -> Found:
        """Class, proposed repair and number of every difference."""
        return sorted((one.class_, one.repair, one.number) for one in self.differences(row))

    def findings(self, state: str = "open") -> dict[str, dict[str, Any]]:
        with self.database.read() as session:
            rows = session.scalars(select(Finding).where(Finding.state == state)).all()
        return {row.code: row.facts for row in rows}

    def results(self) -> int:
        with self.database.read() as session:
            return len(session.scalars(select(Reconciliation.id)).all())

    def number(self, invoice_id: UUID) -> str:
        with self.database.read() as session:
            return str(session.get_one(Invoice, (self.administration_id, invoice_id)).number)

    def customer(self, invoice_id: UUID) -> UUID:
        with self.database.read() as session:
            return session.get_one(Invoice, (self.administration_id, invoice_id)).customer_id

    # --- what a bookkeeper does there -------------------------------------------------------------------------------

    def book(self, number: str | None, amount: str = "100.00", on: str = "2026-03-31", **other: Any) -> str:
        """An invoice that we know nothing of."""
        books = self.books.package.books
        line: dict[str, Any] = {"description": "Los", "quantity": "1", "unit_price": amount, "amount": amount}
        document = {
            "kind": "invoice",
            "number": number,
            "customer": next(iter(books.customers)),
            "issue_date": on,
            "due_date": on,
            "currency": "EUR",
            "reference": number,
            "lines": [line | {"vat_code": "vat-0", "ledger_account": "gl-8000"}],
            "vat": [{"code": "vat-0", "taxable": amount, "tax": "0.00"}],
        }
        made = str(books.create(document | other)["id"])
        if books.document(made)["state"] == "draft":
            books.book(made)
        return made

    def entry(self, invoice_id: UUID) -> dict[str, Any]:
        """How our document stands there."""
        return self.books.package.books.document(self.delivery(invoice_id).remote_id or "")

    def remove(self, invoice_id: UUID) -> None:
        del self.books.package.books.documents[self.delivery(invoice_id).remote_id or ""]

    def copy(self, invoice_id: UUID) -> str:
        """The same document once more."""
        books = self.books.package.books
        again = dict(self.entry(invoice_id)) | {"id": books.new_id()}
        books.documents[again["id"]] = again
        return str(again["id"])


def more(entry: dict[str, Any], amount: str = "10.00") -> None:
    """Somebody changed what stands there: so much more, without VAT."""
    for name in ("net", "total", "open"):
        entry[name] += Decimal(amount)
