"""A small world that is paid: what was delivered to the fake, payments booked over there, and pulls by a worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import receivables
from billing_service.collection.settling import record
from billing_service.connections import connecting
from billing_service.store import collecting
from billing_service.store.findings import Finding
from billing_service.store.payments_in import PaymentIn, PaymentPull
from billing_service.store.receivables import Allocation, Receipt
from connectors.base import PaymentFact
from tests.delivery.world import Delivering

DAY = date(2026, 3, 31)


@dataclass
class Paid(Delivering):
    """``pay`` books a payment over there; ``pull`` reads what is new."""

    def delivered(self, reference: str = "C-1", **charge: Any) -> UUID:
        """An invoice that stands there."""
        made = self.invoice(reference, **charge)
        self.settle()
        assert self.delivery(made).state == "delivered"
        return made

    def number(self, invoice_id: UUID) -> str:
        return self.delivery(invoice_id).number

    def pay(self, invoice_id: UUID | None, amount: str, on: date = DAY, **told: str) -> str:
        number = None if invoice_id is None else self.number(invoice_id)
        return str(self.books.control.pay(number, Decimal(amount), on, **told)["id"])

    def pull(self) -> None:
        """As the schedule, a webhook or a person asks for it."""
        with self.scope() as scope:
            collecting.ask(scope, self.connection_id)
        self.drain()

    def fact(
        self, key: str, amount: str, document: str | None, on: date = DAY, *, undone: str | None = None, **told: str
    ) -> PaymentFact:
        """A payment as a connector tells it."""
        return PaymentFact(
            id=key, amount=Decimal(amount), paid_on=on, currency="EUR", document=document, undone=undone, **told
        )

    def told(self, *facts: PaymentFact) -> None:
        """A page with these facts, as some other package tells them."""
        with self.scope() as scope:
            record(scope, connecting.get(scope, self.connection_id), facts)

    def standing(self, invoice_id: UUID) -> receivables.Standing:
        with self.scope() as scope:
            return receivables.standing(scope, invoice_id)

    def state(self, invoice_id: UUID) -> str:
        return self.standing(invoice_id).state

    def receipts(self) -> Sequence[Receipt]:
        """Those that count."""
        with self.database.read() as session:
            return session.scalars(select(Receipt).where(Receipt.cancelled_at.is_(None)).order_by(Receipt.id)).all()

    def allocations(self) -> Sequence[Allocation]:
        with self.database.read() as session:
            return session.scalars(select(Allocation).order_by(Allocation.id)).all()

    def payments(self) -> dict[str, PaymentIn]:
        with self.database.read() as session:
            return {row.remote_id: row for row in session.scalars(select(PaymentIn).order_by(PaymentIn.id))}

    def progress(self) -> PaymentPull:
        with self.database.read() as session:
            return session.get_one(PaymentPull, (self.administration_id, self.connection_id))

    def findings(self, code: str) -> Sequence[Finding]:
        with self.database.read() as session:
            return session.scalars(select(Finding).where(Finding.state == "open", Finding.code == code)).all()
