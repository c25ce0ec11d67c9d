"""Proposing consults from what is stored: imports, questions, contracts. Doing it twice changes nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, exists, or_, select

from billing_service.consults.contents import attach
from billing_service.consults.policies import get_policy
from billing_service.consults.records import lock_references, store_proposal
from billing_service.core.calendar import Period, business_date, period_of, start_of_day
from billing_service.core.consult import (
    ConsultPolicy,
    Proposal,
    proposal_title,
    propose_for_contract,
    propose_for_import,
    propose_for_questions,
    propose_for_urgency,
)
from billing_service.core.imports import Assessed, SentBack
from billing_service.rating.terms import Agreement, ContractTerms, Terms, terms_for
from billing_service.store.administrations import Administration
from billing_service.store.charges import Decision
from billing_service.store.consults import IS_LIVE, Consult, ConsultQuestion
from billing_service.store.imports import ImportEvent, ImportProject
from billing_service.store.parties import Contract, ContractOrganisation, Organisation
from billing_service.store.questions import Question
from billing_service.store.scope import Scope

_LONGEST: Final = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Found:
    """A proposal for a contract, with the questions that would be answered in it."""

    contract_id: UUID
    proposal: Proposal
    questions: list[UUID] = field(default_factory=list)


def propose(scope: Scope) -> list[Consult]:
    """Propose what the rules of the policy find now and did not propose before; the new consults.

    A cause (the import, the contract's questions of a period, its organisations, the urgent question) is proposed once
    per contract, whatever a person made of it. Without a stored policy nothing is proposed.
    """
    row, policy = get_policy(scope)
    if row is None:
        return []
    found = [*_imports(scope, policy), *_contracts(scope, policy), *_questions(scope, policy)]
    if not found:
        return []
    lock_references(scope)  # two at once follow one another; the second finds what the first proposed
    known = _known(scope, found)
    language, taken, made = _language(scope), set[UUID](), []
    for one in found:
        if (one.contract_id, one.proposal.cause) in known:
            continue
        contract = scope.session.get_one(Contract, (scope.administration_id, one.contract_id))
        consult = store_proposal(
            scope, contract, one.proposal, proposal_title(one.proposal.rule, one.proposal.facts, language)
        )
        for question_id in one.questions:
            if question_id not in taken:
                attach(scope, consult, question_id)
                taken.add(question_id)
        made.append(consult)
    return made


def _known(scope: Scope, found: Sequence[Found]) -> set[tuple[UUID, str | None]]:
    query = select(Consult.contract_id, Consult.cause).where(
        Consult.administration_id == scope.administration_id,
        Consult.contract_id.in_({one.contract_id for one in found}),
        Consult.cause.is_not(None),
    )
    return {(row.contract_id, row.cause) for row in scope.session.execute(query)}


def _language(scope: Scope) -> str:
    return scope.session.scalars(
        select(Administration.language).where(Administration.id == scope.administration_id)
    ).one()


def _valid(today: date) -> Any:
    return and_(Contract.valid_from <= today, or_(Contract.valid_to.is_(None), Contract.valid_to >= today))


# --- imports and contracts --------------------------------------------------------------------------------------------


def _imports(scope: Scope, policy: ConsultPolicy) -> Iterator[Found]:
    """Open projects, by what a person confirmed last about their files."""
    if not policy.import_not_one_dimensional:
        return
    query = (
        select(ImportProject.id, ImportProject.contract_id, ImportProject.reference, ImportProject.name)
        .add_columns(ImportEvent.kind, ImportEvent.data)
        .join(
            ImportEvent,
            and_(
                ImportEvent.administration_id == ImportProject.administration_id,
                ImportEvent.project_id == ImportProject.id,
            ),
        )
        .join(
            Contract,
            and_(
                Contract.administration_id == ImportProject.administration_id, Contract.id == ImportProject.contract_id
            ),
        )
        .where(
            ImportProject.administration_id == scope.administration_id,
            ImportProject.state == "open",
            ImportEvent.kind.in_((Assessed.kind, SentBack.kind)),
            _valid(scope.today),
        )
        .order_by(ImportProject.id, ImportEvent.seq)
    )
    facts: dict[UUID, tuple[Any, dict[str, Any]]] = {}
    sent_back: set[UUID] = set()
    for row in scope.session.execute(query):
        if row.kind == SentBack.kind:
            sent_back.add(row.id)
        else:
            facts[row.id] = (row, row.data["facts"])  # the newest stays
    for key, (row, told) in facts.items():
        found = propose_for_import(
            policy,
            row.reference,
            row.name,
            told["files"],
            one_dimensional=told["one_dimensional"],
            sent_back=key in sent_back,
        )
        if found is not None:
            yield Found(row.contract_id, found)


def _contracts(scope: Scope, policy: ConsultPolicy) -> Iterator[Found]:
    """Contracts that are valid today, by the organisations they cover."""
    if policy.several_administrations is None:
        return
    query = (
        select(Contract.id, Organisation.code)
        .join(
            ContractOrganisation,
            and_(
                ContractOrganisation.administration_id == Contract.administration_id,
                ContractOrganisation.contract_id == Contract.id,
            ),
        )
        .join(
            Organisation,
            and_(
                Organisation.administration_id == ContractOrganisation.administration_id,
                Organisation.id == ContractOrganisation.organisation_id,
            ),
        )
        .where(Contract.administration_id == scope.administration_id, _valid(scope.today))
        .order_by(Contract.id)
    )
    covered: dict[UUID, list[str]] = defaultdict(list)
    for contract_id, code in scope.session.execute(query):
        covered[contract_id].append(code)
    for contract_id, organisations in covered.items():
        found = propose_for_contract(policy, organisations)
        if found is not None:
            yield Found(contract_id, found)


# --- questions --------------------------------------------------------------------------------------------------------


def _questions(scope: Scope, policy: ConsultPolicy) -> Iterator[Found]:
    """Questions that are in no live consult: each urgent one, and too many in a period that holds today or yesterday
    (so that the last day of a period counts, too)."""
    many = policy.many_questions
    days = (scope.today - timedelta(days=1), scope.today)
    urgent_from = scope.today - timedelta(days=policy.urgent_days)
    first = min(urgent_from, _first_day(policy, days[0])) if many else urgent_from
    asked = scope.session.execute(_asked(scope, first)).all()
    terms = terms_for(scope, asked)
    groups: dict[tuple[UUID, Period, str | None], list[Any]] = defaultdict(list)
    for row in asked:
        day = business_date(row.opened_at)
        contract = _contract(terms, row, day)
        if contract is None:
            continue
        if day >= urgent_from and not row.released:
            urgent = propose_for_urgency(policy, str(row.id), row.subject, row.urgency)
            if urgent is not None:
                yield Found(contract.id, urgent, [row.id])
        if many:
            period = period_of(day, many.period, contract.valid_from)
            if days[0] in period or days[1] in period:
                organisation = (row.organisation or "–") if many.per == "organisation" else None
                groups[contract.id, period, organisation].append(row)
    for (contract_id, period, organisation), rows in groups.items():
        found = propose_for_questions(policy, period, len(rows), organisation)
        if found is not None:
            yield Found(contract_id, found, [row.id for row in rows if row.closed_at is None])


def _first_day(policy: ConsultPolicy, day: date) -> date:
    """From which day on questions may fall in the period of ``day``, whatever the contract."""
    many = policy.many_questions
    if many is None or many.period == "contract_year":
        return day - _LONGEST
    return period_of(day, many.period).first


def _contract(terms: Terms, row: Any, day: date) -> ContractTerms | None:
    """The contract the question falls under on the day it was asked."""
    found = terms.agreement(row.contract_id, row.organisation_id, day)
    return found.contract if isinstance(found, Agreement) else None


def _asked(scope: Scope, first: date) -> Any:
    in_consult = exists().where(
        ConsultQuestion.administration_id == Question.administration_id,
        ConsultQuestion.question_id == Question.id,
        IS_LIVE,
    )
    return (
        select(Question.id, Question.subject, Question.urgency, Question.contract_id, Question.organisation_id)
        .add_columns(Question.opened_at, Question.closed_at, Organisation.code.label("organisation"))
        .add_columns(Decision.released)
        .outerjoin(
            Organisation,
            and_(
                Organisation.administration_id == Question.administration_id,
                Organisation.id == Question.organisation_id,
            ),
        )
        .outerjoin(
            Decision,
            and_(Decision.administration_id == Question.administration_id, Decision.question_id == Question.id),
        )
        .where(
            Question.administration_id == scope.administration_id,
            Question.opened_at >= start_of_day(first),
            Question.withdrawn_at.is_(None),
            ~in_consult,
        )
        .order_by(Question.opened_at, Question.source, Question.external_id)
    )
