"""A helpdesk that also gives consults: questions, consults, and a document of what they come to."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service import consults, invoicing
from billing_service.invoicing.release import release_contract
from billing_service.parties.selling import load_issuer
from billing_service.store.charges import Charge
from billing_service.store.consults import Consult
from billing_service.store.findings import Finding
from billing_service.store.invoices import Invoice
from billing_service.store.questions import Question
from billing_service.store.session import Database
from tests import helpdesk
from tests.helpdesk import MARCH, Helpdesk

HOURLY: dict[str, Any] = {"kind": "hourly", "rate": "95.00", "time": {"step": 1}}
FIXED: dict[str, Any] = {"kind": "fixed", "amount": "450.00"}


class Desk:
    """``helpdesk`` is the usual one; the methods are what a person does, each in a transaction of its own."""

    def __init__(self, database: Database, tariff: dict[str, Any] | None = None, **contract: Any) -> None:
        self.helpdesk: Helpdesk = helpdesk.open_helpdesk(database, tariff, **contract)
        self.database = database

    def ask(self, external_id: str = "1", minutes: int | None = None, **fields: Any) -> UUID:
        """A question of 25.00 by the tariff, with so many minutes of work."""
        if minutes is not None:
            worked = {"external_id": f"t{external_id}", "worked_on": "2026-03-02", "minutes": minutes}
            fields = {"time_entries": [worked], **fields}
        taken = self.helpdesk.receive(external_id=external_id, **fields)
        assert taken.question_id is not None
        return taken.question_id

    def make(self, pricing: dict[str, Any] | None = None, *, confirmed: bool = True, **values: Any) -> UUID:
        """A consult that a person makes, priced at 95.00 an hour unless said otherwise."""
        wish = {"contract_id": self.helpdesk.contract_id, "title": "Contributie", "pricing": pricing or HOURLY}
        with self.helpdesk.scope("key:desk") as scope:
            row = consults.create(scope, wish | values)
            if confirmed:
                consults.confirm(scope, row.id, {})
            return row.id

    def held(self, consult_id: UUID, minutes: int, day: date = date(2026, 3, 10), **values: Any) -> UUID:
        with self.helpdesk.scope() as scope:
            wish = {"held_on": day, "minutes": minutes, "kind": "webinar", **values}
            return consults.add_session(scope, consult_id, wish).id

    def do(self, what: str, *arguments: Any) -> Any:
        """A use case of ``consults`` by its name."""
        with self.helpdesk.scope("key:desk") as scope:
            return getattr(consults, what)(scope, *arguments)

    def consult(self, consult_id: UUID) -> Consult:
        with self.database.read() as session:
            return session.get_one(Consult, (self.helpdesk.administration_id, consult_id))

    def shown(self, consult_id: UUID, language: str = "en") -> dict[str, Any]:
        with self.helpdesk.scope() as scope:
            return consults.describe(scope, consults.get(scope, consult_id), language, "EUR")

    def charges(self, *states: str) -> list[Charge]:
        """The charges of consults."""
        return [
            row for row in self.helpdesk.charges() if row.source == "consult" and (not states or row.state in states)
        ]

    def release(self, until: date = MARCH) -> UUID | None:
        """Release what waits; the document, if there is one."""
        with self.helpdesk.scope() as scope:
            run, _ = invoicing.start_run(scope, until, [self.helpdesk.contract_id])
            run.state = "released"
            scope.session.flush()
            release_contract(scope, load_issuer(scope), self.helpdesk.contract_id, run.until, run.id)
            return scope.session.scalars(select(Invoice.id).where(Invoice.billing_run_id == run.id)).first()

    def findings(self, code: str = "consult_proposed", state: str = "open") -> list[Finding]:
        with self.database.read() as session:
            return list(session.scalars(select(Finding).where(Finding.code == code, Finding.state == state)))

    def contract_of(self, question_id: UUID) -> UUID | None:
        with self.database.read() as session:
            return session.get_one(Question, (self.helpdesk.administration_id, question_id)).contract_id
