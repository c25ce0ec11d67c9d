"""The questions of a report, one after another, from a cursor on the server: as many queries for ten as for 100,000.

First those that were closed in the period, by the contract, day and price they were decided with; then those that were
opened in it and were still open at its end. What a source withdrew is in no report, and neither is a question that no
single contract covers: it waits among the decisions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import aliased

from billing_service.core.calendar import business_date
from billing_service.core.money import ZERO
from billing_service.core.service_report import ReportLine, timing, within_one_working_day
from billing_service.core.tariff import explain
from billing_service.rating.terms import Agreement, Terms
from billing_service.service_reports.planning import Plan
from billing_service.store.charges import Decision
from billing_service.store.parties import ContractOrganisation, Organisation, Person
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.scope import Scope

FETCHED_AT_ONCE: Final = 2_000
_ASKER: Final = aliased(Person)


def lines_of(scope: Scope, plan: Plan) -> Iterator[ReportLine]:
    """Every question of the report: the closed ones by their moment of closing, then the open ones by their opening."""
    for row in _stream(scope, _closed(scope, plan)):
        yield _closed_line(plan, row)
    covered = _covered(scope, plan)
    terms = Terms(scope.session, scope.administration_id)
    terms.load(covered, [])
    for row in _stream(scope, _open(scope, plan, covered)):
        contract_id = row.decided_contract_id or row.contract_id or _only_contract(terms, row)
        if contract_id is not None and contract_id in plan.contracts:
            yield _open_line(plan, row, contract_id)


def _stream(scope: Scope, query: Select[Any]) -> Iterator[Any]:
    options = {"yield_per": FETCHED_AT_ONCE, "stream_results": True}
    return iter(scope.session.execute(query, execution_options=options))


def _columns(*time_of: Any) -> Select[Any]:
    """Questions that count, with their askers and what was spent on them: entries for which ``time_of`` holds."""
    entries = (
        TimeEntry.administration_id == Question.administration_id,
        TimeEntry.question_id == Question.id,
        *time_of,
    )
    corrected = func.sum(func.coalesce(TimeEntry.corrected_minutes, TimeEntry.raw_minutes))
    spent = select(func.coalesce(func.sum(TimeEntry.raw_minutes), 0)).where(*entries)
    counted = select(case((func.count(TimeEntry.corrected_minutes) > 0, corrected))).where(*entries)
    columns: list[Any] = [
        Question.id,
        Question.source,
        Question.external_id,
        Question.contract_id,
        Question.organisation_id,
        Question.subject,
        Question.solution_summary,
        Question.channel,
        Question.opened_at,
        Question.picked_up_at,
        Question.answered_at,
        Question.closed_at,
        Organisation.name.label("organisation"),
        _ASKER.name.label("asker"),
        spent.scalar_subquery().label("raw"),
        counted.scalar_subquery().label("corrected"),
        Decision.contract_id.label("decided_contract_id"),
    ]
    return (
        select(*columns)
        .select_from(Question)
        .outerjoin(Organisation, _same(Organisation, Question.organisation_id))
        .outerjoin(_ASKER, _same(_ASKER, Question.asker_id))
        .where(Question.withdrawn_at.is_(None))
    )


def _same(table: Any, by: Any) -> Any:
    return and_(table.administration_id == Question.administration_id, table.id == by)


_DECIDED: Final = and_(Decision.administration_id == Question.administration_id, Decision.question_id == Question.id)


def _closed(scope: Scope, plan: Plan) -> Select[Any]:
    period = plan.header.period
    query = (
        _columns()
        .add_columns(Decision.state, Decision.disposition, Decision.minutes, Decision.amount, Decision.parts)
        .join(Decision, _DECIDED)
        .where(
            Decision.administration_id == scope.administration_id,
            Decision.contract_id.in_(plan.contracts),
            Decision.decided_on.between(period.first, period.last),
        )
        .order_by(Question.closed_at, Question.id)
    )
    if plan.explain:
        query = query.add_columns(Decision.explanation)
    return _of_organisation(query, plan)


def _open(scope: Scope, plan: Plan, covered: Sequence[UUID]) -> Select[Any]:
    start, end = plan.instants
    last = plan.header.period.last
    query = (
        _columns(TimeEntry.worked_on <= last)
        .outerjoin(Decision, _DECIDED)
        .where(
            Question.administration_id == scope.administration_id,
            Question.opened_at >= start,
            Question.opened_at < end,
            or_(Question.closed_at.is_(None), Question.closed_at >= end),
            or_(
                Decision.contract_id.in_(plan.contracts) & (Decision.decided_on > last),
                Decision.question_id.is_(None) & Question.contract_id.in_(plan.contracts),
                Decision.question_id.is_(None) & Question.contract_id.is_(None) & Question.organisation_id.in_(covered),
            ),
        )
        .order_by(Question.opened_at, Question.id)
    )
    return _of_organisation(query, plan)


def _of_organisation(query: Select[Any], plan: Plan) -> Select[Any]:
    """Whoever asks for one organisation never reads a question of another."""
    return query if plan.organisation_id is None else query.where(Question.organisation_id == plan.organisation_id)


def _covered(scope: Scope, plan: Plan) -> Sequence[UUID]:
    """The organisations whose questions may fall under these contracts without naming one."""
    mine = ContractOrganisation.administration_id == scope.administration_id
    query = (
        select(ContractOrganisation.organisation_id)
        .distinct()
        .where(mine, ContractOrganisation.contract_id.in_(plan.contracts))
    )
    return scope.session.scalars(query).all()


def _only_contract(terms: Terms, row: Any) -> UUID | None:
    """The contract under which an open question would be decided if it were closed on the day it was opened."""
    found = terms.agreement(None, row.organisation_id, business_date(row.opened_at))
    return found.contract.id if isinstance(found, Agreement) else None


def _closed_line(plan: Plan, row: Any) -> ReportLine:
    amounts, parts = plan.header.amounts, row.parts
    told = None
    if plan.explain:
        told = tuple(explain(row.explanation, plan.language, plan.header.currency))
    drawn = [part for part in parts if part["disposition"] == "draw"]
    waived = sum([Decimal(part["value"]) for part in parts if part["disposition"] == "waived"], ZERO)
    return _line(
        plan,
        row,
        row.decided_contract_id,
        state="closed",
        picked_up_at=row.picked_up_at,
        solved_at=row.answered_at or row.closed_at,
        closed_at=row.closed_at,
        billed_minutes=row.minutes,
        drawn_minutes=sum(part["minutes"] for part in drawn if part["pricing"] == "time"),
        drawn_from=tuple(part["drawn_from"][plan.language] for part in drawn if "drawn_from" in part),
        decision=row.disposition or row.state,
        amount=row.amount if amounts else None,
        waived_value=waived if amounts and row.disposition else None,
        explanation=told,
    )


def _open_line(plan: Plan, row: Any, contract_id: UUID) -> ReportLine:
    """As it stood at the end of the period: what happened afterwards belongs to a later report."""
    _, end = plan.instants
    return _line(
        plan,
        row,
        contract_id,
        state="open",
        picked_up_at=_before(row.picked_up_at, end),
        solved_at=_before(row.answered_at, end),
        closed_at=None,
        billed_minutes=None,
        drawn_minutes=0,
        drawn_from=(),
        decision=None,
        amount=None,
        waived_value=None,
        explanation=None,
    )


def _before(moment: datetime | None, end: datetime) -> datetime | None:
    return moment if moment is not None and moment < end else None


def _line(plan: Plan, row: Any, contract_id: UUID, **more: Any) -> ReportLine:
    working, contract = plan.header.working_time, plan.contracts[contract_id]
    until = min(plan.instants[1], plan.header.made_at) if more["state"] == "open" else None
    solve = timing(working, row.opened_at, more["solved_at"], contract.solve_hours, until)
    return ReportLine(
        question_id=row.id,
        source=row.source,
        external_id=row.external_id,
        contract=contract.reference,
        organisation=row.organisation,
        asker=row.asker,
        subject=row.subject,
        solution_summary=row.solution_summary,
        channel=row.channel,
        opened_at=row.opened_at,
        raw_minutes=row.raw,
        corrected_minutes=row.corrected,
        pickup=timing(working, row.opened_at, more["picked_up_at"], contract.pickup_hours, until),
        solve=solve,
        within_one_working_day=within_one_working_day(working, solve),
        **more,
    )
