"""Closed questions as deciding sees them, and how they are read back from the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from billing_service.core.tariff import QuestionFacts, TimeFacts
from billing_service.rating.terms import MOST_KEYS, Agreement
from billing_service.store.consults import IS_LIVE, Consult, ConsultQuestion
from billing_service.store.parties import Organisation, Person
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.scope import Scope

Place = tuple[datetime, str, str]
_NO_ROLES: Final[frozenset[str]] = frozenset()


@dataclass(slots=True)
class ClosedQuestion:
    """A question with everything that deciding looks at; ``organisation`` is the code of its organisation.

    ``consult`` is the reference of the confirmed consult that answers it; its contract is then that of the consult.
    """

    id: UUID
    source: str
    external_id: str
    subject: str
    category: str | None
    kind: str
    channel: str | None
    support_line: str | None
    urgency: str | None
    tags: tuple[str, ...]
    asker_id: UUID | None
    organisation_id: UUID | None
    organisation: str | None
    contract_id: UUID | None
    closed_at: datetime
    quantities: Mapping[str, Decimal]
    base_amount: Decimal | None
    time_entries: tuple[TimeFacts, ...] = ()
    consult: str | None = None

    def facts(self, agreement: Agreement, day: date) -> QuestionFacts:
        """The facts under ``agreement`` on its ``day``: what the tariff's conditions and prices look at."""
        contract = agreement.contract
        roles = contract.roles.get(self.asker_id, _NO_ROLES) if self.asker_id is not None else _NO_ROLES
        return QuestionFacts(
            subject=self.subject,
            category=self.category,
            kind=self.kind,
            channel=self.channel,
            support_line=self.support_line,
            phase=agreement.phase,
            known_contact="known_contact" in roles,
            key_user="key_user" in roles,
            customer=contract.customer_number,
            customer_group=contract.customer_group,
            organisation=self.organisation,
            contract=contract.reference,
            tags=self.tags,
            urgency=self.urgency,
            source=self.source,
            quantities=self.quantities,
            base_amount=self.base_amount,
            time_entries=self.time_entries,
            day=day,
        )

    @property
    def place(self) -> Place:
        """Its place among others, for what is counted or drawn in order."""
        return (self.closed_at, self.source, self.external_id)


def load_closed(scope: Scope, question_ids: Collection[UUID]) -> list[ClosedQuestion]:
    """Those of the questions that are closed and not withdrawn, with their time entries."""
    keys = list(question_ids)
    found: list[ClosedQuestion] = []
    for start in range(0, len(keys), MOST_KEYS):
        chunk = keys[start : start + MOST_KEYS]
        query = _CLOSED.where(Question.administration_id == scope.administration_id, Question.id.in_(chunk))
        entries = _load_entries(scope.session, scope.administration_id, chunk)
        found += [_read(row, entries) for row in scope.session.execute(query)]
    return found


_CLOSED = (
    select(
        Question.id,
        Question.source,
        Question.external_id,
        Question.subject,
        Question.category,
        Question.kind,
        Question.channel,
        Question.support_line,
        Question.urgency,
        Question.tags,
        Question.asker_id,
        Question.organisation_id,
        Organisation.code,
        Question.contract_id,
        Question.closed_at,
        Question.quantities,
        Question.base_amount,
        Consult.reference,
        Consult.contract_id,
    )
    .outerjoin(
        Organisation,
        and_(
            Organisation.administration_id == Question.administration_id,
            Organisation.id == Question.organisation_id,
        ),
    )
    .outerjoin(
        ConsultQuestion,
        and_(
            ConsultQuestion.administration_id == Question.administration_id,
            ConsultQuestion.question_id == Question.id,
            IS_LIVE,
        ),
    )
    .outerjoin(
        Consult,
        and_(
            Consult.administration_id == ConsultQuestion.administration_id,
            Consult.id == ConsultQuestion.consult_id,
            Consult.state.in_(("confirmed", "completed")),
        ),
    )
    .where(Question.closed_at.is_not(None), Question.withdrawn_at.is_(None))
)


def _read(row: Iterable[Any], entries: Mapping[UUID, list[TimeFacts]]) -> ClosedQuestion:
    *told, consult, consult_contract = row
    question = ClosedQuestion(*told)
    if consult is not None:
        question.consult, question.contract_id = consult, consult_contract
    question.tags = tuple(question.tags)
    if question.quantities:
        question.quantities = {name: Decimal(value) for name, value in question.quantities.items()}
    question.time_entries = tuple(entries.get(question.id, ()))
    return question


def _load_entries(session: Session, administration_id: UUID, questions: list[UUID]) -> dict[UUID, list[TimeFacts]]:
    """In order of day and key, so that the same entries always give the same facts."""
    query = (
        select(TimeEntry.question_id, TimeEntry.raw_minutes, TimeEntry.corrected_minutes, TimeEntry.role, Person.code)
        .add_columns(TimeEntry.worked_on, TimeEntry.external_id)
        .outerjoin(
            Person,
            and_(Person.administration_id == TimeEntry.administration_id, Person.id == TimeEntry.handler_id),
        )
        .where(TimeEntry.administration_id == administration_id, TimeEntry.question_id.in_(questions))
    )
    entries: dict[UUID, list[TimeFacts]] = {}
    rows = sorted(session.execute(query), key=lambda row: (row.worked_on, row.external_id))
    for question_id, raw, corrected, role, handler, day, _ in rows:
        entries.setdefault(question_id, []).append(TimeFacts(raw, corrected, role, handler, day))
    return entries
