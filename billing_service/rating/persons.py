"""What persons decide: questions that no rule could, or did otherwise; and closing what is not billed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import and_, select, update

from billing_service.core.calendar import business_date
from billing_service.core.money import ZERO
from billing_service.core.tariff import Decision as TariffDecision
from billing_service.core.tariff import by_person
from billing_service.errors import Conflict, FieldError, InvalidInput, NotFound
from billing_service.rating.drawing import drawn_now, lock_drawing
from billing_service.rating.outcome import ON_A_LINE, Outcome, person_outcome
from billing_service.rating.personal_draw import wished_draw
from billing_service.rating.questions import ClosedQuestion, load_closed
from billing_service.rating.redecide import decide_stored
from billing_service.rating.storing import store_outcomes
from billing_service.rating.terms import NoAgreement, terms_for
from billing_service.store import audit, bulk
from billing_service.store.audit import AuditRow
from billing_service.store.charges import Decision
from billing_service.store.parties import Contract
from billing_service.store.questions import Question
from billing_service.store.scope import Scope

MOST_AT_ONCE: Final = 1_000


def get_decision(scope: Scope, question_id: UUID) -> Decision:
    """The decision about this question. Raises ``NotFound``: no such question here, or it is not closed yet."""
    row = scope.session.get(Decision, (scope.administration_id, question_id))
    if row is None:
        raise NotFound("There is no decision about such a question.")
    return row


def decide_by_person(scope: Scope, question_id: UUID, wish: Mapping[str, Any]) -> Decision:
    """A person decides a closed question; no rule replaces it afterwards.

    ``wish``: ``disposition`` (charge, included, draw, waived, not_billable), ``reason``, and for a charge ``amount``
    (also of what is waived: its value); for a draw ``minutes`` (without: the question itself) and ``code``; optionally
    ``vat_class``, ``revenue_group``, and ``contract`` (its reference) where the rules found none.

    Raises:
        NotFound: no such question.
        Conflict: it is open or withdrawn, or its decision is released.
        InvalidInput: an unknown contract, one that was not valid then, a charge without an amount; ``prepaid_short``,
            too little to draw from.
    """
    outcome = wished_outcome(scope, question_id, wish)
    lock_drawing(scope, [question_id], [outcome])
    stored = store_outcomes(scope, [outcome], personal=True)
    if stored.kept_released:
        raise _released()
    scope.session.expire_all()
    return get_decision(scope, question_id)


def wished_outcome(scope: Scope, question_id: UUID, wish: Mapping[str, Any]) -> Outcome:
    """What ``decide_by_person`` would store; raises as it does, but for a decision that is released."""
    question = _closed_question(scope, question_id)
    if wish.get("contract") is not None:
        question.contract_id = _contract_id(scope, wish["contract"])
    day = business_date(question.closed_at)
    found = terms_for(scope, [question]).agreement(question.contract_id, question.organisation_id, day)
    agreement = None if isinstance(found, NoAgreement) else found
    if agreement is None and (wish["disposition"] in ON_A_LINE or wish.get("contract") is not None):
        raise InvalidInput(
            f"No contract is valid for this question on {day}: name one that is.",
            errors=[FieldError("/contract", f"must be a contract that was valid on {day}")],
        )
    wished = _wished(wish)
    if wish["disposition"] != "draw" or agreement is None:
        return person_outcome(question, wished, agreement, scope.actor)
    return drawn_now(scope, wished_draw(question, wish, agreement, scope.actor))


def undo_person(scope: Scope, question_id: UUID) -> Decision:
    """Hand a question that a person decided back to the rules. Raises ``NotFound`` and ``Conflict``."""
    row = get_decision(scope, question_id)
    if row.released:
        raise _released()
    if row.by_person is None:
        raise Conflict("No person decided this question.", code="not_decided_by_a_person")
    lock_drawing(scope, [question_id])
    row.by_person = None
    scope.session.flush()
    decide_stored(scope, [question_id], cause="person_withdrew")
    scope.session.expire_all()
    return get_decision(scope, question_id)


def close_not_billable(scope: Scope, question_ids: Sequence[UUID], reason: str) -> list[UUID]:
    """Close questions that a rule calls not billable: nothing will be charged, and they leave the list.

    All or none. Closed ones among them stay closed. Returns those closed now.

    Raises:
        InvalidInput: one of them has no decision here, or one that is not ``not_billable``.
    """
    wanted = list(dict.fromkeys(question_ids))
    query = (
        select(Decision.question_id, Decision.disposition, Decision.closed)
        .where(Decision.administration_id == scope.administration_id, Decision.question_id.in_(wanted))
        .order_by(Decision.question_id)
        .with_for_update()
    )
    found = {row.question_id: row for row in scope.session.execute(query)}
    errors = [
        FieldError(f"/question_ids/{index}", "is not a question decided as not billable")
        for index, key in enumerate(wanted)
        if key not in found or found[key].disposition != "not_billable"
    ]
    if errors:
        raise InvalidInput("Only questions decided as not billable can be closed this way.", errors=errors)
    closing = [key for key in wanted if not found[key].closed]
    _close(scope, closing)
    trail = [audit.row(scope, "close", "decision", key, {"reason": reason}) for key in closing]
    bulk.insert_rows(scope.session, AuditRow, trail)
    return closing


def _wished(wish: Mapping[str, Any]) -> TariffDecision:
    disposition, amount = wish["disposition"], wish.get("amount")
    problem = None
    if amount is None and disposition == "charge":
        problem = "is required for a charge"
    elif amount is not None and disposition not in ("charge", "waived"):
        problem = "belongs to a charge, or is the value of what is waived"
    elif amount is not None and amount < 0:
        problem = "cannot be negative"
    for name in ("minutes", "code"):
        if wish.get(name) is not None and disposition != "draw":
            raise InvalidInput(
                "Minutes and a code belong to what is drawn.", errors=[FieldError(f"/{name}", "belongs to a draw")]
            )
    if problem:
        raise InvalidInput(f"The amount {problem}.", errors=[FieldError("/amount", problem)])
    return by_person(
        disposition,
        wish.get("vat_class", "standard"),
        ZERO if amount is None else amount,
        revenue_group=wish.get("revenue_group"),
        note=wish["reason"],
    )


def _close(scope: Scope, question_ids: Collection[UUID]) -> None:
    scope.session.execute(
        update(Decision)
        .where(Decision.administration_id == scope.administration_id, Decision.question_id.in_(question_ids))
        .values(closed=True, version=Decision.version + 1),
        execution_options={"synchronize_session": False},
    )
    scope.session.expire_all()


def _closed_question(scope: Scope, question_id: UUID) -> ClosedQuestion:
    found = load_closed(scope, [question_id])
    if found:
        return found[0]
    known = select(Question.id).where(
        and_(Question.administration_id == scope.administration_id, Question.id == question_id)
    )
    if scope.session.scalars(known).first() is None:
        raise NotFound("There is no such question.")
    raise Conflict("A question is decided when it is closed; this one is open or withdrawn.", code="not_closed")


def _contract_id(scope: Scope, reference: str) -> UUID:
    query = select(Contract.id).where(
        Contract.administration_id == scope.administration_id, Contract.reference == reference
    )
    found = scope.session.scalars(query).first()
    if found is None:
        problem = f"there is no contract {reference!r}"
        raise InvalidInput(problem, errors=[FieldError("/contract", problem)])
    return found


def _released() -> Conflict:
    return Conflict(
        "This decision is released for invoicing: correct it with a credit and a new charge.", code="released"
    )
