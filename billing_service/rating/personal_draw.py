"""A person decides that a question is drawn: all of what they say, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from billing_service.core.calendar import business_date
from billing_service.core.minutes import hours_and_minutes
from billing_service.core.prepaid import Drawn, Wanted, spread
from billing_service.core.tariff import Prepaid, drawn_by_person
from billing_service.errors import FieldError, InvalidInput
from billing_service.rating.outcome import Contender, Outcome, person_outcome
from billing_service.rating.questions import ClosedQuestion
from billing_service.rating.terms import Agreement


def wished_draw(question: ClosedQuestion, wish: Mapping[str, Any], agreement: Agreement, person: str) -> Outcome:
    """What a person's ``wish`` to draw comes to, once its ``contender`` is told what there is.

    ``minutes`` are spread over the days of the work, as billed minutes are; without them the question itself is drawn
    from an allowance of questions. ``code``: only from cards, blocks and allowances with it. The contender raises
    ``InvalidInput`` (``prepaid_short``) where that is not there.
    """
    day, minutes = business_date(question.closed_at), wish.get("minutes")
    wanted = [Wanted(day, 1)]
    if minutes is not None:
        entries = question.time_entries
        spent = [Wanted(one.day or day, one.raw if one.corrected is None else one.corrected) for one in entries]
        wanted = spread(minutes, spent) or [Wanted(day, minutes)]

    def decided(prepaid: Prepaid) -> Outcome:
        decision, drawn = drawn_by_person(
            wanted,
            "questions" if minutes is None else "minutes",
            wish.get("code"),
            prepaid,
            revenue_group=wish.get("revenue_group"),
            note=wish["reason"],
        )
        if drawn.rest:
            raise _short(drawn, minutes is not None)
        made = person_outcome(question, decision, agreement, person)
        made.contender, made.draws = contender, decision.draws
        return made

    contender = Contender(agreement.contract.id, question.place, decided)
    return Outcome(question.id, {}, [], contender)


def _short(drawn: Drawn, of_minutes: bool) -> InvalidInput:
    day = drawn.rest[0].day
    problem = f"{hours_and_minutes(drawn.missing)} of it is not there" if of_minutes else "no question is left"
    detail = f"There is too little to draw from for work of {day}: {problem}."
    pointer = "/minutes" if of_minutes else "/disposition"
    return InvalidInput(detail, code="prepaid_short", errors=[FieldError(pointer, problem)])
