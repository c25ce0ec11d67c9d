"""Ordinals: the place of a question among those that a price table decided in a period.

Ordinals follow (closed at, source, external id). They count the questions decided by the table (waived ones too; a
withdrawn question has no decision and counts nowhere), per contract unless the table says per customer. Until release
they are provisional and computed anew each time; once released they never change, and a late question takes the next
free one. A released run that is withdrawn frees its ordinals again. A question that is corrected after issue keeps the
ordinal it was invoiced with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, and_, bindparam, select

from billing_service.rating.locking import lock_contracts
from billing_service.rating.outcome import Outcome, decide_question
from billing_service.rating.questions import load_closed
from billing_service.rating.storing import store_outcomes
from billing_service.rating.terms import terms_for
from billing_service.store.charges import Decision
from billing_service.store.questions import Question
from billing_service.store.scope import Scope


def assign_ordinals(scope: Scope, contract_ids: Collection[UUID], until: date, *, commit: bool) -> list[Outcome]:
    """Price anew every unreleased question of these contracts, closed by ``until``, that a table over ordinals priced.

    With ``commit`` the contracts (and their customers) are locked until the transaction ends and the decisions and
    charges are stored as final; the caller releases them in the same transaction. Without it nothing is written and
    the outcomes say provisional. Returns the outcomes, with their ordinals, in the order of their questions.

    A table per customer also counts the customer's questions under contracts that are not in ``contract_ids``: which
    contract is released first makes no difference.
    """
    if commit:
        lock_contracts(scope, contract_ids)
    numbers = ordinals_at_release(scope, contract_ids, until)
    if not numbers:
        return []
    questions = load_closed(scope, list(numbers))
    terms = terms_for(scope, questions)
    outcomes = [
        decide_question(question, terms, numbers[question.id], provisional=not commit)
        for question in sorted(questions, key=lambda one: (one.closed_at, one.source, one.external_id))
    ]
    if commit:
        store_outcomes(scope, outcomes)
    return outcomes


def ordinals_at_release(scope: Scope, contract_ids: Collection[UUID], until: date) -> dict[UUID, int]:
    """The ordinal that each unreleased question of these contracts would get by a release up to ``until``."""
    values = {"mine": scope.administration_id, "contracts": list(contract_ids), "until": until}
    wanted = set(contract_ids)
    numbers: dict[UUID, int] = {}
    taken: dict[str, set[int]] = defaultdict(set)
    waiting: dict[str, list[tuple[tuple[object, ...], UUID, UUID]]] = defaultdict(list)
    for counter, question_id, contract_id, released, ordinal, *place in scope.session.execute(_COUNTED, values):
        if counter is None or contract_id is None:  # the query asks for decisions with a counter; those have a contract
            continue
        if not released and ordinal is not None and contract_id in wanted:  # corrected
            numbers[question_id] = ordinal
        if ordinal is not None:
            taken[counter].add(ordinal)
        elif not released:
            waiting[counter].append((tuple(place), question_id, contract_id))
    for counter, questions in waiting.items():
        free = _free(taken[counter])
        for _, question_id, contract_id in sorted(questions):
            number = next(free)
            if contract_id in wanted:
                numbers[question_id] = number
    return numbers


def _free(taken: set[int]) -> Iterator[int]:
    """1, 2, 3 … without those taken. Gaps exist where a released run was withdrawn, or another contract's turn is."""
    number = 0
    while True:
        number += 1
        if number not in taken:
            yield number


# Built once: a release runs them for every contract, and building one costs more than running it.

_MINE: BindParameter[Any] = bindparam("mine")
_ASKED_FOR: BindParameter[Any] = bindparam("contracts", expanding=True)

_UNRELEASED = and_(~Decision.released, Decision.decided_on <= bindparam("until"))
_COUNTERS = select(Decision.ordinal_counter).where(
    Decision.administration_id == _MINE,
    _UNRELEASED,
    Decision.contract_id.in_(_ASKED_FOR),
    Decision.ordinal_counter.is_not(None),
)
_COUNTED = (
    select(
        Decision.ordinal_counter,
        Decision.question_id,
        Decision.contract_id,
        Decision.released,
        Decision.ordinal,
        Question.closed_at,
        Question.source,
        Question.external_id,
    )
    .join(
        Question,
        and_(Question.administration_id == Decision.administration_id, Question.id == Decision.question_id),
    )
    .where(
        Decision.administration_id == _MINE,
        Decision.ordinal_counter.in_(_COUNTERS.distinct()),
        Decision.released | _UNRELEASED | Decision.ordinal.is_not(None),
    )
)
