"""What a person decides about a consult: confirm it with a price, reject it with a reason, cancel it.

A confirmed consult decides its questions: they are included and charged with it. Rejecting and cancelling hand them
back to the tariff.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, update

from billing_service import findings, rating
from billing_service.consults.policies import get_policy
from billing_service.consults.records import PROPOSED, contract_of, get, move, refuse_ended
from billing_service.core.consult import parse_pricing
from billing_service.core.tariff import in_consult
from billing_service.errors import Conflict, FieldError, InvalidInput
from billing_service.store.charges import Decision
from billing_service.store.consults import Consult, ConsultQuestion
from billing_service.store.questions import Question
from billing_service.store.scope import Scope

CAUSE: Final = "consult_changed"
"""Why questions are decided again."""


def confirm(scope: Scope, consult_id: UUID, values: Mapping[str, Any]) -> Consult:
    """A person confirms a proposed consult; ``values`` may hold its ``pricing`` and a ``reason``.

    Without pricing that of the consult counts, else that of the policy for its contract, else that of the policy.

    Raises:
        Conflict: it is not proposed (``consult_not_proposed``), or one of its questions is released
            (``question_released``); nothing is changed then.
        InvalidInput: no pricing is known.
    """
    row = get(scope, consult_id, lock=True)
    if row.state != "proposed":
        raise Conflict(f"Consult {row.reference} is {row.state}, not proposed.", code="consult_not_proposed")
    given = values.get("pricing") or row.pricing
    if given is None:
        default = get_policy(scope)[1].pricing_for(contract_of(scope, row).reference)
        if default is None:
            problem = "is required: neither the consult nor the consult policy says what it costs"
            raise InvalidInput(f"The pricing {problem}.", errors=[FieldError("/pricing", problem)])
        given = default.to_plain()
    row.pricing = parse_pricing(given).to_plain()
    _decided(scope, row, values.get("reason"))
    move(scope, row, "confirmed", "confirm", reason=row.reason, pricing=row.pricing)
    findings.settle(scope, PROPOSED, row.id, "confirmed")
    take_over(scope, row, questions_of(scope, row))
    return row


def reject(scope: Scope, consult_id: UUID, reason: str) -> Consult:
    """A person rejects a proposed consult. The same cause is not proposed again. Raises ``Conflict``."""
    row = get(scope, consult_id, lock=True)
    if row.state != "proposed":
        raise Conflict(f"Consult {row.reference} is {row.state}, not proposed.", code="consult_not_proposed")
    _end(scope, row, "rejected", "reject", reason)
    return row


def cancel(scope: Scope, consult_id: UUID, reason: str) -> Consult:
    """A proposed or confirmed consult is not held after all. Its questions are decided by the tariff again; one of
    them that is released stays, with a finding. Raises ``Conflict`` for one that ended."""
    row = get(scope, consult_id, lock=True)
    refuse_ended(row)
    _end(scope, row, "cancelled", "cancel", reason)
    return row


def questions_of(scope: Scope, row: Consult) -> list[UUID]:
    """The questions that are in the consult now."""
    query = select(ConsultQuestion.question_id).where(
        ConsultQuestion.administration_id == scope.administration_id,
        ConsultQuestion.consult_id == row.id,
        ConsultQuestion.live,
    )
    return list(scope.session.scalars(query.order_by(ConsultQuestion.question_id)))


def take_over(scope: Scope, row: Consult, question_ids: Collection[UUID]) -> None:
    """The confirmed consult decides these questions. A person's decision stays.

    Raises ``Conflict`` (``question_released``) where one of them stands on a document already.
    """
    refuse_released(scope, [one.question_id for one in _released(scope, question_ids)])
    refuse_released(scope, rating.decide_stored(scope, question_ids, cause=CAUSE).kept_released)


def decide_again(scope: Scope, row: Consult, question_ids: Collection[UUID]) -> None:
    """As ``take_over``, for questions that the consult has decided before: what was released by its decision, or by
    that of a person, stays."""
    released = {one.question_id: one for one in _released(scope, question_ids)}
    mine = _rule(row)
    refuse_released(scope, [key for key, one in released.items() if one.rule != mine and one.by_person is None])
    left = [key for key in question_ids if key not in released]
    refuse_released(scope, rating.decide_stored(scope, left, cause=CAUSE).kept_released)


def hand_back(scope: Scope, question_ids: Collection[UUID]) -> None:
    """These questions are in no consult any more: the tariff decides them again."""
    rating.decide_stored(scope, question_ids, cause=CAUSE)


def names_of(scope: Scope, question_ids: Sequence[UUID]) -> list[str]:
    """What their sources call these questions."""
    query = select(Question.external_id).where(
        Question.administration_id == scope.administration_id, Question.id.in_(question_ids)
    )
    return [f"question {name}" for name in scope.session.scalars(query.order_by(Question.external_id))]


def refuse_released(scope: Scope, question_ids: Sequence[UUID]) -> None:
    """Raises ``Conflict`` (``question_released``) naming these questions, where there are any."""
    if question_ids:
        raise Conflict(
            f"Released for invoicing already: {', '.join(names_of(scope, question_ids))}. Withdraw or correct that "
            "document first, or leave the question out of the consult.",
            code="question_released",
        )


def _released(scope: Scope, question_ids: Collection[UUID]) -> Sequence[Any]:
    query = select(Decision.question_id, Decision.rule, Decision.by_person).where(
        Decision.administration_id == scope.administration_id,
        Decision.question_id.in_(list(question_ids)),
        Decision.released,
    )
    return scope.session.execute(query).all()


def _rule(row: Consult) -> str | None:
    return in_consult(row.reference).rule


def _end(scope: Scope, row: Consult, state: str, action: str, reason: str) -> None:
    held = questions_of(scope, row) if row.state == "confirmed" else []
    _decided(scope, row, reason)
    move(scope, row, state, action, reason=reason)
    scope.session.execute(
        update(ConsultQuestion)
        .where(ConsultQuestion.administration_id == scope.administration_id, ConsultQuestion.consult_id == row.id)
        .values(live=False)
        .execution_options(synchronize_session="fetch")
    )
    findings.settle(scope, PROPOSED, row.id, reason)
    hand_back(scope, held)


def _decided(scope: Scope, row: Consult, reason: str | None) -> None:
    row.decided_by, row.decided_at, row.reason = scope.actor, scope.now, reason
