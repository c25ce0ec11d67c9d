"""A helpdesk whose contract agrees on hours and covers two organisations; a second contract of another customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from billing_service import service_reports
from billing_service.core.calendar import AMSTERDAM
from billing_service.core.service_report import ReportLine, ServiceReport
from billing_service.core.working_days import WorkingTime
from billing_service.service_reports import Plan, Wanted
from billing_service.store.scope import Scope
from billing_service.store.session import Database
from tests import builders
from tests.helpdesk import Helpdesk, open_helpdesk

APRIL = datetime(2026, 4, 30, 12, 0, tzinfo=AMSTERDAM)


@dataclass(slots=True)
class Desk:
    """``zwolle`` and ``assen`` fall under contract C-1 of customer 10001, ``meppel`` under C-2 of customer 20002."""

    helpdesk: Helpdesk
    zwolle: UUID
    assen: UUID
    meppel: UUID
    other_contract_id: UUID
    other_customer_id: UUID

    @property
    def database(self) -> Database:
        return self.helpdesk.database

    @property
    def contract_id(self) -> UUID:
        return self.helpdesk.contract_id

    def receive(self, external_id: str, opened: str, *done: str | None, **fields: Any) -> None:
        """A question asked at ``opened``; ``done`` are the moments of picking up, answering and closing (Dutch time).

        One that is only picked up is open; without an answer it is answered when it is closed.
        """
        names = ("picked_up_at", "answered_at", "closed_at")
        moments = dict(zip(names, (*done, None, None, None), strict=False))
        instants = {name: moment and _instant(moment) for name, moment in moments.items()}
        self.helpdesk.receive(external_id=external_id, opened_at=_instant(opened), **instants, **fields)

    def wanted(self, **more: Any) -> Wanted:
        """About March of C-1, unless said otherwise."""
        about = {} if "customer_id" in more else {"contract_id": self.contract_id}
        return Wanted(**({"first": date(2026, 3, 1), "last": date(2026, 3, 31)} | about | more))

    def scope(self, session: Any) -> Scope:
        return builders.scope(session, self.helpdesk.administration_id, APRIL)

    def plan(self, working_time: WorkingTime | None = None, **more: Any) -> Plan:
        with self.database.read() as session:
            return service_reports.plan(self.scope(session), self.wanted(**more), working_time or WorkingTime())

    def report(self, working_time: WorkingTime | None = None, **more: Any) -> ServiceReport:
        plan = self.plan(working_time, **more)
        with self.database.read() as session:
            return service_reports.report_of(self.scope(session), plan)

    def line(self, external_id: str = "1", **more: Any) -> ReportLine:
        (found,) = [line for line in self.report(**more).lines if line.external_id == external_id]
        return found


def open_desk(database: Database, tariff: dict[str, Any] | None = None, **agreed: Any) -> Desk:
    """``agreed``: fields of contract C-1; four hours to pick up and sixteen to solve unless said otherwise."""
    terms = {"pickup_hours": 4, "solve_hours": 16, "system_owner": "Landelijk Bureau"} | agreed
    helpdesk = open_helpdesk(database, tariff, **terms)
    helpdesk.now = APRIL
    key = helpdesk.administration_id
    with database.write() as session:
        assen = builders.organisation(session, key, "assen")
        meppel = builders.organisation(session, key, "meppel")
        other = builders.customer(session, key, "20002")
        contract = builders.contract(
            session, key, other, helpdesk.tariff_id, reference="C-2", organisations=(meppel,), pickup_hours=1
        )
        _cover(session, helpdesk, assen)
    return Desk(helpdesk, helpdesk.organisation_id, assen, meppel, contract, other)


def _cover(session: Any, helpdesk: Helpdesk, organisation_id: UUID) -> None:
    from billing_service.store.parties import ContractOrganisation

    key = {"administration_id": helpdesk.administration_id, "contract_id": helpdesk.contract_id}
    session.add(ContractOrganisation(**key, organisation_id=organisation_id))
    session.flush()


def _instant(text: str) -> str:
    """``2026-03-02 09:00`` on the clock in Amsterdam, as a source says it."""
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM).isoformat()
