"""What questions could draw in a replay: of every contract as it stands, without what the compared questions drew.

They draw in the order in which they really did: those of an earlier invoice first, then by their place among others.
Questions outside the period, and what persons decided, keep what they drew. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from billing_service.core.prepaid import Pot, PotKey
from billing_service.core.tariff import Prepaid, Tariff
from billing_service.rating.drawing import live_draws
from billing_service.rating.outcome import Outcome
from billing_service.rating.pots import load_books
from billing_service.rating.questions import ClosedQuestion
from billing_service.replay.rounding import Side
from billing_service.store.scope import Scope

Decide = Callable[[Side, Any, ClosedQuestion, Prepaid], Outcome | None]
"""One question, by its row, as one side decides it; None: that side does not decide it."""


def draws(tariff: Tariff) -> bool:
    """Whether a rule of this tariff draws."""
    return any(rule.draw_from is not None for rule in tariff.rules)


@dataclass(slots=True)
class Draws:
    """The pots that each question found on either side, of one contract at a time."""

    contract_id: UUID | None = None
    found: dict[tuple[Side, UUID], Sequence[Pot]] = field(default_factory=dict)

    def of(self, side: Side, question_id: UUID) -> Prepaid:
        """What there was when this question's turn came; nothing for one that did not take part."""
        pots = self.found.get((side, question_id), ())
        return lambda _days: pots


def play(
    scope: Scope, contract_id: UUID, rows: Iterable[Any], questions: Mapping[UUID, ClosedQuestion], decide: Decide
) -> Draws:
    """Let the questions of a contract draw anew, on the side of what really decided and on that of the replay.

    ``rows`` are their decisions; those whose question is not among ``questions`` keep what they drew.
    """
    taking_part = sorted((row for row in rows if row.question_id in questions), key=lambda row: _turn(row, questions))
    drawn = live_draws(scope, [row.question_id for row in taking_part])
    played = Draws(contract_id)
    sides: tuple[Side, ...] = ("again", "new")
    for side in sides:
        book = load_books(scope, [contract_id])[contract_id]
        for one in drawn:
            book.give_back(PotKey(one.hour_card_id or one.allowance_id, one.period_first), -one.quantity)
        for row in taking_part:
            found: list[Pot] = []

            def prepaid(days: Collection[date], found: list[Pot] = found) -> Iterable[Pot]:
                found += book.pots(days)  # noqa: B023 called within this turn
                return found

            outcome = decide(side, row, questions[row.question_id], prepaid)
            played.found[side, row.question_id] = found
            if outcome is not None:
                book.take(part.draw for part in outcome.draws)
    return played


def _turn(row: Any, questions: Mapping[UUID, ClosedQuestion]) -> tuple[Any, ...]:
    """By invoice in the order in which they were made (their ids are), what is not invoiced last."""
    invoiced = row.invoice_id
    return (invoiced is None, 0 if invoiced is None else invoiced.int, *questions[row.question_id].place)
