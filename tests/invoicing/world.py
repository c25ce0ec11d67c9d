"""A small world to invoice: an administration, customers with contracts, charges that wait, and jobs run by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from billing_service import invoicing, jobs
from billing_service.core.ids import new_id
from billing_service.core.money import line_amount, time_amount
from billing_service.invoicing.release import release_contract
from billing_service.parties.selling import load_issuer
from billing_service.store.charges import Charge
from billing_service.store.invoices import Invoice
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from tests import builders

TARIFF: dict[str, Any] = {"name": "Tarief", "rules": []}


def charge(session: Session, administration_id: UUID, contract_id: UUID, customer_id: UUID, **fields: Any) -> UUID:
    """A manual charge of one piece at 12.50, on 10 March 2026, at the standard rate, unless said otherwise.

    ``minutes`` with a ``unit_price`` make a charge by time, an ``amount`` alone a plain one.
    """
    values: dict[str, Any] = {
        "id": new_id(),
        "source": "manual",
        "date": date(2026, 3, 10),
        "description": {"nl": "Wachtwoord opnieuw ingesteld", "en": "Password reset"},
        "vat_class": "standard",
        "created_at": builders.NOW,
    }
    row = Charge(
        administration_id=administration_id,
        contract_id=contract_id,
        customer_id=customer_id,
        **(values | _figures(fields) | fields),
    )
    session.add(row)
    session.flush()
    return row.id


def released_invoice(session: Session, administration_id: UUID, contract_id: UUID, customer_id: UUID) -> UUID:
    """A charge of 12.50, released in a billing run of its own; returns the invoice."""
    charge(session, administration_id, contract_id, customer_id)
    scope = builders.scope(session, administration_id)
    run, _ = invoicing.start_run(scope, date(2026, 3, 31), [contract_id])
    run.state = "released"
    session.flush()
    release_contract(scope, load_issuer(scope), contract_id, run.until, run.id)
    return session.scalars(select(Invoice.id).where(Invoice.billing_run_id == run.id)).one()


def _figures(fields: Mapping[str, Any]) -> dict[str, Any]:
    if fields.get("disposition") == "included":
        return {"pricing": "time" if "minutes" in fields else "amount", "amount": Decimal("0.00")}
    if "minutes" in fields:
        return {"pricing": "time", "amount": time_amount(fields["minutes"], fields["unit_price"])}
    if "amount" in fields:
        return {"pricing": "amount"}
    price = fields.get("unit_price", Decimal("12.50"))
    quantity = fields.get("quantity", Decimal(1))
    return {"pricing": "quantity", "quantity": quantity, "unit_price": price, "amount": line_amount(quantity, price)}


@dataclass
class World:
    """One administration in one database, with a clock that tests turn by hand."""

    database: Database
    administration_id: UUID = field(init=False)
    tariff_id: UUID = field(init=False)
    now: datetime = builders.NOW
    contracts: dict[str, tuple[UUID, UUID]] = field(default_factory=dict)

    @classmethod
    def founded(cls, database: Database, **administration: Any) -> World:
        world = cls(database)
        with database.write() as session:
            world.administration_id = builders.administration(session, **administration)
            builders.credit_series(session, world.administration_id)
            world.tariff_id = builders.tariff(session, world.administration_id, TARIFF)
        return world

    @classmethod
    def rejoined(cls, database: Database, other: World) -> World:
        """The same world in a new process: another engine on the same database."""
        world = cls(database)
        world.administration_id, world.tariff_id = other.administration_id, other.tariff_id
        world.contracts, world.now = other.contracts, other.now
        return world

    @contextmanager
    def scope(self) -> Iterator[Scope]:
        """One write transaction at the world's time."""
        with self.database.write() as session:
            yield Scope(session, self.administration_id, "test", self.now, clock=lambda: self.now)

    @contextmanager
    def reading(self) -> Iterator[Scope]:
        with self.database.read() as session:
            yield Scope(session, self.administration_id, "test", self.now)

    def agree(self, reference: str = "C-1", customer: Mapping[str, Any] | None = None, **contract: Any) -> str:
        """A customer with a contract of this reference."""
        with self.database.write() as session:
            key = self.administration_id
            customer_id = builders.customer(session, key, f"1{len(self.contracts):04d}", **(customer or {}))
            contract_id = builders.contract(session, key, customer_id, self.tariff_id, reference=reference, **contract)
        self.contracts[reference] = (contract_id, customer_id)
        return reference

    def charge(self, reference: str = "C-1", **fields: Any) -> UUID:
        with self.database.write() as session:
            return charge(session, self.administration_id, *self.contracts[reference], **fields)

    def contract_id(self, reference: str = "C-1") -> UUID:
        return self.contracts[reference][0]

    def run_job(self, job_id: UUID, open_scope: jobs.OpenScope | None = None) -> Any:
        """What the worker does with a job; returns its result."""
        jobs.run(open_scope or self.scope, job_id)
        with self.scope() as scope:
            return jobs.get(scope, job_id).result

    def release(self, until: date = date(2026, 3, 31), references: list[str] | None = None) -> UUID:
        """A whole billing run up to ``until``, released; returns the run."""
        chosen = None if references is None else [self.contract_id(reference) for reference in references]
        with self.scope() as scope:
            run, job = invoicing.start_run(scope, until, chosen)
            run_id, job_id = run.id, job.id
        self.run_job(job_id)
        return run_id

    def issue(self, run_id: UUID, issue_date: date | None = None) -> Any:
        with self.scope() as scope:
            job_id = invoicing.start_issue(scope, run_id, issue_date).id
        return self.run_job(job_id)

    def invoices(self, state: str | None = None) -> list[Invoice]:
        """All documents in order of number, then age; ``state`` selects."""
        with self.reading() as scope:
            rows = scope.session.query(Invoice).where(Invoice.administration_id == self.administration_id).all()
            scope.session.expunge_all()
        return sorted((row for row in rows if state in (None, row.state)), key=lambda row: (row.number or "", row.id))
