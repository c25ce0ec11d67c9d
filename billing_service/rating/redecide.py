"""Deciding stored questions, for the first time or again because their facts changed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final
from uuid import UUID

from sqlalchemy import and_, or_, select

from billing_service.rating.changed import report_changed_after_release
from billing_service.rating.drawing import drawn_now, lock_drawing
from billing_service.rating.outcome import Outcome, decide_question
from billing_service.rating.questions import ClosedQuestion, load_closed
from billing_service.rating.storing import Stored, drop_decisions, store_outcomes
from billing_service.rating.terms import Terms, terms_for
from billing_service.store.charges import Decision
from billing_service.store.parties import Contract
from billing_service.store.questions import Question, TimeEntry
from billing_service.store.scope import Scope

_BATCH: Final = 2_000


def decide_stored(scope: Scope, question_ids: Collection[UUID], *, cause: str) -> Stored:
    """Decide these questions by the tariff, again where they have a decision.

    A question that is open, reopened or withdrawn loses its decision. A released decision stays, with a finding
    ``changed_after_release`` that names the ``cause`` if the tariff would now say something else; a person's decision
    stays without one. Returns what became of them.
    """
    total = Stored()
    keys = sorted(question_ids)
    for start in range(0, len(keys), _BATCH):
        _decide_batch(scope, keys[start : start + _BATCH], cause, total)
    return total


def redecide(
    scope: Scope,
    *,
    cause: str,
    contracts: Collection[UUID] = (),
    organisations: Collection[UUID] = (),
    tariffs: Collection[UUID] = (),
    customers: Collection[UUID] = (),
    persons: Collection[UUID] = (),
) -> Stored:
    """Decide again every question that a change of these may touch, until its charge is released.

    To be called, in the same transaction, by whoever changes a contract (its validity, tariff, phases, contacts or the
    organisations it covers: name those it covered before and those it covers now), publishes a tariff version, or
    changes a customer's number or group, an organisation's code or a person's code.
    """
    administration = scope.administration_id
    by_decision = or_(
        Decision.contract_id.in_(contracts),
        Decision.customer_id.in_(customers),
        Decision.contract_id.in_(
            select(Contract.id).where(Contract.administration_id == administration, Contract.tariff_id.in_(tariffs))
        ),
    )
    by_question = or_(
        Question.contract_id.in_(contracts),
        Question.organisation_id.in_(organisations),
        Question.asker_id.in_(persons),
        Question.id.in_(
            select(TimeEntry.question_id).where(
                TimeEntry.administration_id == administration, TimeEntry.handler_id.in_(persons)
            )
        ),
    )
    decisions = select(Decision.question_id).where(
        Decision.administration_id == administration, ~Decision.released, by_decision
    )
    questions = (
        select(Question.id)
        .outerjoin(
            Decision,
            and_(Decision.administration_id == Question.administration_id, Decision.question_id == Question.id),
        )
        .where(
            Question.administration_id == administration,
            Question.closed_at.is_not(None),
            Question.withdrawn_at.is_(None),
            by_question,
            or_(Decision.released.is_(None), ~Decision.released),
        )
    )
    touched = {*scope.session.scalars(decisions), *scope.session.scalars(questions)}
    return decide_stored(scope, touched, cause=cause)


def decided_now(scope: Scope, question_id: UUID) -> Outcome | None:
    """What the tariff says about a stored question now, with the ordinal it has; None where it counts no longer."""
    questions = load_closed(scope, [question_id])
    if not questions:
        return None
    terms = terms_for(scope, questions)
    outcome = decide_question(questions[0], terms)
    counter = outcome.decision["ordinal_counter"]
    if outcome.contender is not None:
        return drawn_now(scope, outcome)
    row = scope.session.get(Decision, (scope.administration_id, question_id))
    if row is None or counter is None or row.ordinal is None or row.ordinal_counter != counter:
        return outcome
    return decide_question(questions[0], terms, row.ordinal)


def _decide_batch(scope: Scope, keys: list[UUID], cause: str, total: Stored) -> None:
    questions = load_closed(scope, keys)
    terms = terms_for(scope, questions)
    outcomes = [decide_question(question, terms) for question in questions]
    outcomes = _keep_ordinals(scope, questions, terms, outcomes)
    lock_drawing(scope, keys, outcomes)
    stored = store_outcomes(scope, outcomes)
    closed = {question.id for question in questions}
    released = drop_decisions(scope, [key for key in keys if key not in closed])
    kept = {*stored.kept_released, *released}
    now = [one if one.contender is None else drawn_now(scope, one) for one in outcomes if one.question_id in kept]
    report_changed_after_release(scope, [*stored.kept_released, *released], now, cause)
    total.made += stored.made
    total.replaced += stored.replaced
    total.unchanged += stored.unchanged
    total.kept_released += [*stored.kept_released, *released]
    total.kept_personal += stored.kept_personal


def _keep_ordinals(
    scope: Scope, questions: list[ClosedQuestion], terms: Terms, outcomes: list[Outcome]
) -> list[Outcome]:
    """Questions that were corrected after issue keep the ordinal they were invoiced with, where they still count in the
    same way."""
    counted = {outcome.question_id for outcome in outcomes if outcome.decision["ordinal_counter"] is not None}
    if not counted:
        return outcomes
    kept = {
        key: (ordinal, counter)
        for key, ordinal, counter in scope.session.execute(
            select(Decision.question_id, Decision.ordinal, Decision.ordinal_counter).where(
                Decision.administration_id == scope.administration_id,
                Decision.question_id.in_(counted),
                Decision.ordinal.is_not(None),
                ~Decision.released,
            )
        )
    }
    return [
        decide_question(question, terms, kept[question.id][0])
        if question.id in kept and kept[question.id][1] == outcome.decision["ordinal_counter"]
        else outcome
        for question, outcome in zip(questions, outcomes, strict=True)
    ]
