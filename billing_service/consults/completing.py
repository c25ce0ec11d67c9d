"""Completing a consult: its time, its price, and the one charge it makes; and undoing that while the charge is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, bindparam, func, select

from billing_service import findings
from billing_service.consults.deciding import decide_again, questions_of
from billing_service.consults.records import TIME_CHANGED, contract_of, get, move, pricing_of
from billing_service.core.consult import ConsultPrice, ConsultPricing, price_consult
from billing_service.core.ids import new_id
from billing_service.core.minutes import hours_and_minutes
from billing_service.errors import Conflict, FieldError, InvalidInput
from billing_service.store import audit
from billing_service.store.charges import Charge, Decision
from billing_service.store.consults import Consult, ConsultQuestion, ConsultSession
from billing_service.store.parties import Contract
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.scope import Scope

_DETAIL: Final = {
    "nl": ("{0} sessie", "{0} sessies", "{0} vraag", "{0} vragen"),
    "en": ("{0} session", "{0} sessions", "{0} question", "{0} questions"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a consult. ``minutes`` are corrected where a person corrected them, else raw; None without any
    time entry. ``own``: a person decided it, so its time is not the consult's."""

    id: UUID
    external_id: str
    subject: str
    closed: bool
    minutes: int | None
    own: bool


@dataclass(frozen=True, slots=True)
class Work:
    """What was done in a consult."""

    sessions: tuple[ConsultSession, ...]
    questions: tuple[Asked, ...]

    def counted(self, pricing: ConsultPricing | None) -> list[Asked]:
        """The questions whose time is part of the consult's."""
        if pricing is None or not pricing.counts_questions:
            return []
        return [one for one in self.questions if not one.own]

    def minutes(self, pricing: ConsultPricing | None) -> int:
        """The sessions' minutes, and those of its questions where the pricing counts them."""
        return sum(one.minutes for one in self.sessions) + sum(one.minutes or 0 for one in self.counted(pricing))


def complete(scope: Scope, consult_id: UUID, on: date | None = None) -> Consult:
    """The consult is done: charge it, once, on the business day ``on`` (else today).

    Raises:
        Conflict: it is not confirmed (``consult_not_confirmed``); its price depends on time and nothing was written
            (``consult_without_time``), or one of its questions is still open (``consult_question_open``); a question
            was released by another decision (``question_released``).
        InvalidInput: a day to come, or one on which the contract was not valid.
    """
    row = get(scope, consult_id, lock=True)
    if row.state != "confirmed":
        raise Conflict(f"Consult {row.reference} is {row.state}, not confirmed.", code="consult_not_confirmed")
    contract, day = contract_of(scope, row), on or scope.today
    _refuse_day(scope, contract, day)
    decide_again(scope, row, questions_of(scope, row))
    pricing = pricing_of(row)
    assert pricing is not None  # noqa: S101 - a confirmed consult has one, by constraint
    work = work_of(scope, row.id)
    _refuse_unknown_time(row, pricing, work)
    charge = Charge(
        administration_id=scope.administration_id,
        id=new_id(),
        contract_id=contract.id,
        customer_id=contract.customer_id,
        source="consult",
        part=0,
        date=day,
        vat_class=row.vat_class,
        revenue_group=row.revenue_group,
        state="open",
        created_at=scope.now,
        **_charged(row, pricing, work),
    )
    scope.session.add(charge)
    scope.session.flush()
    told = {"contract_id": contract.id, "date": day, "amount": charge.amount, "vat_class": charge.vat_class}
    audit.record(scope, "create", "charge", charge.id, told)
    row.charge_id, row.completed_on, row.customer_id = charge.id, day, contract.customer_id
    move(scope, row, "completed", "complete", charge_id=charge.id, on=day)
    return row


def reopen(scope: Scope, consult_id: UUID, reason: str) -> Consult:
    """A completed consult goes on: its charge is cancelled. Completing it again makes another.

    Raises ``Conflict``: it is not completed (``consult_not_completed``), or its charge is on a document
    (``consult_released``).
    """
    row = get(scope, consult_id, lock=True)
    if row.state != "completed":
        raise Conflict(f"Consult {row.reference} is {row.state}, not completed.", code="consult_not_completed")
    query = select(Charge).where(Charge.administration_id == scope.administration_id, Charge.id == row.charge_id)
    charge = scope.session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()
    if charge.state != "open":
        raise Conflict(
            f"The charge of consult {row.reference} is {charge.state}: withdraw the document while it is not issued, "
            "else credit it.",
            code="consult_released",
        )
    charge.state = "cancelled"
    scope.session.flush()
    audit.record(scope, "cancel", "charge", charge.id, {"reason": reason})
    row.charge_id = row.completed_on = None
    move(scope, row, "confirmed", "reopen", reason=reason)
    findings.settle(scope, TIME_CHANGED, row.id, reason)
    return row


def work_of(scope: Scope, consult_id: UUID) -> Work:
    """The sessions by day, and the questions that are in the consult and count, by source and external id."""
    sessions = scope.session.scalars(
        select(ConsultSession)
        .where(ConsultSession.administration_id == scope.administration_id, ConsultSession.consult_id == consult_id)
        .order_by(ConsultSession.held_on, ConsultSession.id)
    )
    asked = scope.session.execute(_ASKED, {"mine": scope.administration_id, "of_consult": consult_id})
    return Work(tuple(sessions), tuple(Asked(*row) for row in asked))


def price_of(pricing: ConsultPricing, work: Work) -> tuple[ConsultPrice, list[list[Any]]]:
    """What ``work`` costs, and every step to it: sessions, questions, their time, the price."""
    price, counted = price_consult(pricing, work.minutes(pricing)), set(work.counted(pricing))
    steps: list[list[Any]] = [_session_step(one) for one in work.sessions]
    for one in work.questions:
        if one in counted and one.minutes is not None:
            steps.append(["consult_question_time", one.external_id, one.subject, one.minutes])
        elif not one.own:
            steps.append(["consult_question", one.external_id, one.subject])
    if pricing.by_time:
        steps.append(["consult_time", work.minutes(pricing)])
    return price, steps + [list(step) for step in price.steps]


def _charged(row: Consult, pricing: ConsultPricing, work: Work) -> dict[str, Any]:
    price, steps = price_of(pricing, work)
    title = f"Consult {row.reference}: {row.title}"
    return {
        "description": {"nl": title, "en": title},
        "detail": {language: _detail(work, pricing, language) for language in _DETAIL},
        "disposition": "charge" if price.amount else "included",
        "pricing": price.pricing,
        "quantity": price.quantity,
        "minutes": price.minutes,
        "unit_price": price.unit_price,
        "amount": price.amount,
        "explanation": steps,
    }


def _session_step(one: ConsultSession) -> list[Any]:
    day = one.held_on.isoformat()
    if one.title is None:
        return [f"consult_{one.kind}", day, one.minutes]
    return [f"consult_{one.kind}_titled", day, one.title, one.minutes]


def _detail(work: Work, pricing: ConsultPricing, language: str) -> str:
    """``2 sessies · 1 vraag · 2:20``"""
    session, sessions, question, questions = _DETAIL[language]
    held = [one for one in work.questions if not one.own]
    told = [
        (session if len(work.sessions) == 1 else sessions).format(len(work.sessions)) if work.sessions else "",
        (question if len(held) == 1 else questions).format(len(held)) if held else "",
        hours_and_minutes(work.minutes(pricing)) if pricing.by_time else "",
    ]
    return " · ".join(part for part in told if part)


def _refuse_day(scope: Scope, contract: Contract, day: date) -> None:
    problem = None
    if day > scope.today:
        problem = f"lies in the future; today is {scope.today}"
    elif day < contract.valid_from or (contract.valid_to is not None and day > contract.valid_to):
        problem = f"lies outside the contract {contract.reference}"
    if problem:
        raise InvalidInput(f"The date {day} {problem}.", errors=[FieldError("/on", problem)])


def _refuse_unknown_time(row: Consult, pricing: ConsultPricing, work: Work) -> None:
    if not pricing.by_time:
        return
    counted = work.counted(pricing)
    still_open = [one.external_id for one in counted if not one.closed]
    if still_open:
        raise Conflict(
            f"Still open: question {', '.join(still_open)}. Their time counts in consult {row.reference}: close them "
            "or take them out of it.",
            code="consult_question_open",
        )
    if not work.sessions and all(one.minutes is None for one in counted):
        raise Conflict(
            f"No time was written for consult {row.reference}: add its sessions first.", code="consult_without_time"
        )


_ASKED: Final = (
    select(
        Question.id,
        Question.external_id,
        Question.subject,
        Question.closed_at.is_not(None),
        select(func.sum(func.coalesce(TimeEntry.corrected_minutes, TimeEntry.raw_minutes)))
        .where(TimeEntry.administration_id == Question.administration_id, TimeEntry.question_id == Question.id)
        .scalar_subquery(),
        Decision.by_person.is_not(None),
    )
    .join(
        ConsultQuestion,
        and_(
            ConsultQuestion.administration_id == Question.administration_id,
            ConsultQuestion.question_id == Question.id,
        ),
    )
    .outerjoin(
        Decision, and_(Decision.administration_id == Question.administration_id, Decision.question_id == Question.id)
    )
    .where(
        ConsultQuestion.administration_id == bindparam("mine"),
        ConsultQuestion.consult_id == bindparam("of_consult"),
        Question.withdrawn_at.is_(None),
    )
    .order_by(Question.source, Question.external_id)
)
