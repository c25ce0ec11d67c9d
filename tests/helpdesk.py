"""A helpdesk as many stories know it: one customer with a contract, its organisation and persons, and a tariff."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select

from billing_service.intake import receive_question
from billing_service.intake.accept import Receipt
from billing_service.store.charges import Charge, Decision
from billing_service.store.questions import Question
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from tests import builders


def rule(code: str, disposition: str = "charge", **more: Any) -> dict[str, Any]:
    """A rule named after its code; ``more`` are further fields of the rule (``when``, ``price`` …)."""
    made = {"code": code, "name": {"nl": f"Regel {code}", "en": f"Rule {code}"}, "disposition": disposition}
    if disposition == "charge":
        made["vat_class"] = "standard"
    return made | more


def fixed(amount: str) -> dict[str, Any]:
    return {"basis": "fixed", "amount": amount}


TARIFF: dict[str, Any] = {
    "name": "Helpdesk",
    "rates": {"default": "95.00", "roles": {"junior": "60.00"}},
    "tables": {
        "volume": {
            "measure": "ordinal",
            "kind": "class",
            "per": "contract",
            "period": "calendar_month",
            "rows": [{"up_to": "2", "amount": "20.00"}, {"up_to": None, "amount": "10.00"}],
        }
    },
    "rules": [
        rule("bug", "not_billable", when={"kind": ["bug"]}),
        rule("goodwill", "waived", when={"tags": ["late"]}, price=fixed("15.00"), vat_class="standard"),
        rule("covered", "included", when={"category": ["manual"]}, vat_class="standard"),
        rule("import", when={"category": ["import"]}, price=fixed("25.00")),
        rule("volume", when={"category": ["call"]}, price={"basis": "tiered", "table": "volume"}),
        rule(
            "hours",
            when={"category": ["work"]},
            price={"basis": "actual_time"},
            time={"step": 15, "direction": "up", "minimum": 15, "grace": 5},
        ),
        rule("checked", when={"category": ["checked"]}, price={"basis": "corrected_time"}),
    ],
}

QUESTION: dict[str, Any] = {
    "source": "desk",
    "external_id": "1",
    "subject": "Leden importeren",
    "category": "import",
    "organisation": "zwolle",
    "asker": "anna",
    "opened_at": "2026-03-02T09:00:00+01:00",
    "closed_at": "2026-03-02T10:00:00+01:00",
}


@dataclass(slots=True)
class Helpdesk:
    database: Database
    administration_id: UUID
    customer_id: UUID
    organisation_id: UUID
    asker_id: UUID
    tariff_id: UUID
    contract_id: UUID
    now: datetime = builders.NOW

    @contextmanager
    def scope(self, actor: str = "test") -> Iterator[Scope]:
        """One write transaction in the administration."""
        with self.database.write() as session:
            yield builders.scope(session, self.administration_id, self.now, actor)

    def receive(self, **fields: Any) -> Receipt:
        """Take in the usual question with other values for some fields (None: left out)."""
        row = {name: value for name, value in (QUESTION | fields).items() if value is not None}
        with self.scope() as scope:
            return receive_question(scope, row)

    def decision(self, external_id: str = "1") -> Decision | None:
        with self.database.read() as session:
            return session.scalars(
                select(Decision)
                .join(
                    Question,
                    (Question.administration_id == Decision.administration_id) & (Question.id == Decision.question_id),
                )
                .where(Decision.administration_id == self.administration_id, Question.external_id == external_id)
            ).one_or_none()

    def decided(self, external_id: str = "1") -> tuple[str, str | None, Decimal | None]:
        """State (or reason), disposition and amount of what was decided."""
        row = self.decision(external_id)
        assert row is not None
        return row.reason or row.state, row.disposition, row.amount

    def charges(self) -> list[Charge]:
        with self.database.read() as session:
            query = select(Charge).where(Charge.administration_id == self.administration_id)
            return list(session.scalars(query.order_by(Charge.date, Charge.id)))

    def amounts(self) -> list[Decimal]:
        return [charge.amount for charge in self.charges()]


def open_helpdesk(database: Database, tariff: dict[str, Any] | None = None, **contract: Any) -> Helpdesk:
    with database.write() as session:
        ours = builders.administration(session)
        customer = builders.customer(session, ours)
        organisation = builders.organisation(session, ours, "zwolle")
        anna = builders.person(session, ours, "anna")
        document = builders.tariff(session, ours, tariff or TARIFF)
        made = builders.contract(session, ours, customer, document, **({"organisations": (organisation,)} | contract))
    return Helpdesk(database, ours, customer, organisation, anna, document, made)


MARCH = date(2026, 3, 31)
